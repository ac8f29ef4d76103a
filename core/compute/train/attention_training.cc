#include "core/compute/train/attention_training.h"

#include <cstring>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/train/products.h"
#include "core/compute/train/train_kernels.h"

namespace assay::compute::train {
namespace {

// What one thread works with: a sequence and a key head.
class Group {
 public:
  Group(CpuLevel level, const HeadShape& shape)
      : shape_(shape),
        alone_(level, 1),
        kernels_(train_kernels(level)),
        scale_(rx1::div(1.0F, rx1::sqrt(rx1::from_s32(static_cast<int>(shape.head_size))))) {}

  void forward(const float* qkv, std::size_t g, float* out) const;
  void backward(const float* qkv, const float* d_out, std::size_t g, float* d_qkv) const;

 private:
  std::size_t per_group() const { return shape_.heads / shape_.kv_heads; }
  std::size_t head_bytes() const { return shape_.head_size * sizeof(float); }
  const float* key(const float* qkv, std::size_t g) const {
    return qkv + (shape_.heads + g) * shape_.head_size;
  }
  const float* value(const float* qkv, std::size_t g) const {
    return key(qkv, g + shape_.kv_heads);
  }

  // [T, d] out of rows `stride` apart.
  Numbers gather(const float* from, std::size_t stride) const {
    Numbers out(shape_.sequence * shape_.head_size);
    for (std::size_t t = 0; t < shape_.sequence; ++t) {
      std::memcpy(out.data() + t * shape_.head_size, from + t * stride, head_bytes());
    }
    return out;
  }
  void scatter(const Numbers& x, std::size_t stride, float* to) const {
    for (std::size_t t = 0; t < shape_.sequence; ++t) {
      std::memcpy(to + t * stride, x.data() + t * shape_.head_size, head_bytes());
    }
  }
  Rows rows(const Numbers& x) const { return Rows(alone_, x, shape_.head_size); }
  Rows turned(const Numbers& x, std::size_t columns) const {
    Numbers y(x.size());
    transpose(x.data(), columns, x.size() / columns, columns, y.data());
    return Rows(alone_, y, x.size() / columns);
  }
  Rows turned(const Numbers& x) const { return turned(x, shape_.head_size); }

  // P [T, T]
  Numbers probabilities(const Rows& q, const Rows& k) const {
    const std::size_t size = shape_.sequence;
    Numbers p = multiply(alone_, q, k);
    for (std::size_t i = 0; i < size; ++i) {
      kernels_.softmax(p.data() + i * size, i + 1, size, scale_);
    }
    return p;
  }
  void accumulate(const Numbers& x, Numbers& to) const {
    kernels_.accumulate(x.data(), x.size(), to.data());
  }

  HeadShape shape_;
  Engine alone_;
  const TrainKernels& kernels_;
  float scale_;
};

void Group::forward(const float* qkv, std::size_t g, float* out) const {
  const std::size_t width = shape_.width(), out_width = shape_.heads * shape_.head_size;
  const Rows k = rows(gather(key(qkv, g), width));
  const Rows v = turned(gather(value(qkv, g), width));
  for (std::size_t h = g * per_group(); h < (g + 1) * per_group(); ++h) {
    const Rows q = rows(gather(qkv + h * shape_.head_size, width));
    const Rows p(alone_, probabilities(q, k), shape_.sequence);
    scatter(multiply(alone_, p, v), out_width, out + h * shape_.head_size);
  }
}

void Group::backward(const float* qkv, const float* d_out, std::size_t g, float* d_qkv) const {
  const std::size_t size = shape_.sequence, width = shape_.width();
  const Numbers keys = gather(key(qkv, g), width);
  const Rows k = rows(keys), k_turned = turned(keys);
  const Rows v = rows(gather(value(qkv, g), width));
  Numbers dk, dv;
  for (std::size_t h = g * per_group(); h < (g + 1) * per_group(); ++h) {
    const Numbers queries = gather(qkv + h * shape_.head_size, width);
    const Numbers d_head = gather(d_out + h * shape_.head_size, shape_.heads * shape_.head_size);
    const Numbers p = probabilities(rows(queries), k);
    Numbers ds = multiply(alone_, rows(d_head), v);
    for (std::size_t i = 0; i < size; ++i) {
      kernels_.softmax_gradient(p.data() + i * size, ds.data() + i * size, i + 1, size, scale_);
    }
    scatter(multiply(alone_, Rows(alone_, ds, size), k_turned), width,
            d_qkv + h * shape_.head_size);
    Numbers dk_head = multiply(alone_, turned(ds, size), turned(queries));
    Numbers dv_head = multiply(alone_, turned(p, size), turned(d_head));
    if (h == g * per_group()) {
      dk = std::move(dk_head);
      dv = std::move(dv_head);
    } else {
      accumulate(dk_head, dk);
      accumulate(dv_head, dv);
    }
  }
  scatter(dk, width, d_qkv + (shape_.heads + g) * shape_.head_size);
  scatter(dv, width, d_qkv + (shape_.heads + shape_.kv_heads + g) * shape_.head_size);
}

// body(group, first token, g) for every sequence and key head, on all threads.
template <class Body>
void for_groups(const Engine& engine, const HeadShape& shape, std::size_t tokens,
                const Body& body) {
  const std::size_t sequences = tokens / shape.sequence;
  engine.parallel_for(sequences * shape.kv_heads, [&](std::uint64_t i) {
    body(Group(engine.level(), shape), i / shape.kv_heads * shape.sequence, i % shape.kv_heads);
  });
}

}  // namespace

void attend(const Engine& engine, const HeadShape& shape, std::span<const float> qkv,
            std::span<float> out) {
  const std::size_t tokens = qkv.size() / shape.width();
  const std::size_t out_width = shape.heads * shape.head_size;
  ASSAY_CHECK(tokens % shape.sequence == 0 && out.size() == tokens * out_width,
              "attend: whole sequences of rows");
  for_groups(engine, shape, tokens, [&](const Group& group, std::size_t token, std::size_t g) {
    group.forward(qkv.data() + token * shape.width(), g, out.data() + token * out_width);
  });
}

void attend_gradient(const Engine& engine, const HeadShape& shape, std::span<const float> qkv,
                     std::span<const float> d_out, std::span<float> d_qkv) {
  const std::size_t tokens = qkv.size() / shape.width();
  const std::size_t out_width = shape.heads * shape.head_size;
  ASSAY_CHECK(tokens % shape.sequence == 0 && d_out.size() == tokens * out_width &&
                  d_qkv.size() == qkv.size(),
              "attend_gradient: whole sequences of rows");
  for_groups(engine, shape, tokens, [&](const Group& group, std::size_t token, std::size_t g) {
    group.backward(qkv.data() + token * shape.width(), d_out.data() + token * out_width, g,
                   d_qkv.data() + token * shape.width());
  });
}

}  // namespace assay::compute::train
