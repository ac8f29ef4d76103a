#include "core/compute/train/transformer.h"

#include <algorithm>
#include <numeric>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/rope.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/attention_training.h"
#include "core/compute/train/train_kernels.h"

namespace assay::compute::train {
namespace {

using Input = std::span<const float>;
using Output = std::span<float>;

// The matrices and gains of a layer, or their gradients, in the order of layout.h.
template <class Span>
struct LayerOf {
  LayerOf(const TransformerShape& t, Span& rest) {
    const std::size_t hidden = t.hidden, ffn = t.ffn;
    const auto take = [&rest](std::size_t size) {
      const Span part = rest.first(size);
      rest = rest.subspan(size);
      return part;
    };
    gain1 = take(hidden);
    qkv = take(t.qkv_width() * hidden);
    out = take(hidden * hidden);
    gain2 = take(hidden);
    gate_up = take(2 * ffn * hidden);
    down = take(hidden * ffn);
  }

  Span gain1, qkv, out, gain2, gate_up, down;
};

template <class Span>
struct ModelOf {
  ModelOf(const TransformerShape& t, Span all)
      : embed(all.first(std::size_t{t.vocab} * t.hidden)), gain(all.last(t.hidden)) {
    Span rest = all.subspan(embed.size());
    for (std::uint32_t n = 0; n < t.layers; ++n) layers.emplace_back(t, rest);
  }

  Span embed;
  std::vector<LayerOf<Span>> layers;
  Span gain;
};

// What the backward pass needs of a layer's forward pass.
struct Kept {
  Numbers x, n1, qkv, a, h, n2, gate_up, y;
};

class Pass {
 public:
  Pass(const TransformerShape& t, std::span<const std::uint16_t> windows, Input parameters,
       Output gradient, const Engine& engine);
  float run();

 private:
  void embed();
  void forward(const LayerOf<Input>& w, Kept& kept);
  float head();
  void backward(const LayerOf<Input>& w, const LayerOf<Output>& dw, const Kept& kept);
  void embed_gradient();

  Numbers norm(Input x, Input gain) const {
    Numbers y(x.size());
    rx1::rms_norm(engine_, x, gain, kNormEpsilon, y);
    return y;
  }
  void norm_gradient(Input x, Input gain, const Numbers& dy, Output d_gain);
  // y = x x w, which has `inputs` columns.
  Numbers linear(Input x, Input w, std::size_t inputs) const {
    return multiply(engine_, Rows(engine_, x, inputs), Rows(engine_, w, inputs));
  }
  // dx = dy x w^T
  Numbers into(Input dy, Input w, std::size_t inputs) const {
    return multiply(engine_, Rows(engine_, dy, w.size() / inputs),
                    transposed_rows(engine_, w, inputs));
  }
  // dw = dy^T x x^T
  void of_weights(Input dy, Input x, std::size_t inputs, Output dw) const {
    multiply(engine_, transposed_rows(engine_, dy, dw.size() / inputs),
             transposed_rows(engine_, x, inputs), dw);
  }
  Numbers sum_of(const Numbers& x, const Numbers& residual) const {
    Numbers y(x.size());
    rx1::add_residual(engine_, x, residual, y);
    return y;
  }
  void turn(Numbers& qkv, const Numbers& sine) const;
  Numbers swiglu(const Numbers& gate_up) const;
  Numbers swiglu_gradient(const Numbers& gate_up, const Numbers& dy) const;

  const TransformerShape& t_;
  const Engine& engine_;
  const TrainKernels& kernels_;
  std::span<const std::uint16_t> windows_;
  std::size_t rows_;
  HeadShape heads_;
  ModelOf<Input> w_;
  ModelOf<Output> dw_;
  Numbers cosine_, sine_, sine_back_;  // (T, d / 2)
  Numbers x_, dx_;                     // (R, D), where the pass stands
};

Pass::Pass(const TransformerShape& t, std::span<const std::uint16_t> windows, Input parameters,
           Output gradient, const Engine& engine)
    : t_(t),
      engine_(engine),
      kernels_(train_kernels(engine.level())),
      windows_(windows),
      rows_(windows.size() / (t.sequence + 1) * t.sequence),
      heads_{t.sequence, t.heads, t.kv_heads, t.head_size()},
      w_(t, parameters),
      dw_(t, gradient),
      cosine_(std::size_t{t.sequence} * (t.head_size() / 2)),
      sine_(cosine_.size()),
      sine_back_(cosine_.size()) {
  std::vector<double> frequency(t.head_size() / 2);
  rx1::rope_frequencies(t.rope_base, frequency);
  rx1::rope_table(engine, frequency, 0, cosine_, sine_);
  std::transform(sine_.data(), sine_.data() + sine_.size(), sine_back_.data(), rx1::negate);
}

void Pass::embed() {
  x_ = Numbers(rows_ * t_.hidden);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::size_t token = windows_[row / t_.sequence * (t_.sequence + 1) + row % t_.sequence];
    std::copy_n(w_.embed.data() + token * t_.hidden, t_.hidden, x_.data() + row * t_.hidden);
  }
}

void Pass::turn(Numbers& qkv, const Numbers& sine) const {
  const std::size_t half = heads_.head_size / 2;
  engine_.parallel_for(rows_, [&](std::uint64_t row) {
    const std::size_t at = row % t_.sequence * half;
    float* head = qkv.data() + row * heads_.width();
    for (std::size_t h = 0; h < heads_.heads + heads_.kv_heads; ++h, head += 2 * half) {
      kernels_.rotate(head, head + half, cosine_.data() + at, sine.data() + at, half);
    }
  });
}

Numbers Pass::swiglu(const Numbers& gate_up) const {
  const std::size_t ffn = t_.ffn;
  Numbers y(rows_ * ffn);
  engine_.parallel_for(rows_, [&](std::uint64_t row) {
    const Engine alone(engine_.level(), 1);
    const Input from = Input(gate_up).subspan(row * 2 * ffn, 2 * ffn);
    rx1::swiglu(alone, from.first(ffn), from.last(ffn), Output(y).subspan(row * ffn, ffn));
  });
  return y;
}

Numbers Pass::swiglu_gradient(const Numbers& gate_up, const Numbers& dy) const {
  const std::size_t ffn = t_.ffn;
  Numbers out(gate_up.size());
  engine_.parallel_for(rows_, [&](std::uint64_t row) {
    const float* gate = gate_up.data() + row * 2 * ffn;
    float* to = out.data() + row * 2 * ffn;
    kernels_.swiglu_gradient(gate, gate + ffn, dy.data() + row * ffn, ffn, to, to + ffn);
  });
  return out;
}

void Pass::forward(const LayerOf<Input>& w, Kept& kept) {
  kept.x = std::move(x_);
  kept.n1 = norm(kept.x, w.gain1);
  kept.qkv = linear(kept.n1, w.qkv, t_.hidden);
  turn(kept.qkv, sine_);
  kept.a = Numbers(rows_ * t_.hidden);
  attend(engine_, heads_, kept.qkv, kept.a);
  kept.h = sum_of(linear(kept.a, w.out, t_.hidden), kept.x);
  kept.n2 = norm(kept.h, w.gain2);
  kept.gate_up = linear(kept.n2, w.gate_up, t_.hidden);
  kept.y = swiglu(kept.gate_up);
  x_ = sum_of(linear(kept.y, w.down, t_.ffn), kept.h);
}

// Adds to dx_.
void Pass::norm_gradient(Input x, Input gain, const Numbers& dy, Output d_gain) {
  const std::size_t width = t_.hidden;
  const float elements = rx1::from_s32(static_cast<std::int32_t>(width));
  Numbers d_gains(x.size());
  engine_.parallel_for(rows_, [&](std::uint64_t row) {
    const Input from = x.subspan(row * width, width);
    const float mean = rx1::div(rx1::sum_of_squares(from, engine_.level()), elements);
    const float r = rx1::div(1.0F, rx1::sqrt(rx1::add(mean, kNormEpsilon)));
    kernels_.rms_gradient(from.data(), gain.data(), dy.data() + row * width, width, r,
                          dx_.data() + row * width, d_gains.data() + row * width);
  });
  column_sums(engine_, d_gains, d_gain);
}

// The loss; dx_, and the gradients of the head and the last norm.
float Pass::head() {
  const std::size_t vocab = t_.vocab;
  const Numbers f = norm(x_, w_.gain);
  Numbers logits = linear(f, w_.embed, t_.hidden);
  Numbers losses(rows_);
  const float count = rx1::from_s32(static_cast<std::int32_t>(rows_));
  const float factor = rx1::div(1.0F, count);
  engine_.parallel_for(rows_, [&](std::uint64_t row) {
    const std::size_t next =
        windows_[row / t_.sequence * (t_.sequence + 1) + row % t_.sequence + 1];
    losses.data()[row] = kernels_.cross_entropy(logits.data() + row * vocab, vocab, next, factor);
  });
  of_weights(logits, f, t_.hidden, dw_.embed);
  dx_ = Numbers(x_.size());
  std::fill_n(dx_.data(), dx_.size(), 0.0F);
  norm_gradient(x_, w_.gain, into(logits, w_.embed, t_.hidden), dw_.gain);
  return rx1::canonical(rx1::div(rx1::sum(losses, engine_.level()), count));
}

void Pass::backward(const LayerOf<Input>& w, const LayerOf<Output>& dw, const Kept& kept) {
  const Numbers d_gate_up = swiglu_gradient(kept.gate_up, into(dx_, w.down, t_.ffn));
  of_weights(dx_, kept.y, t_.ffn, dw.down);
  of_weights(d_gate_up, kept.n2, t_.hidden, dw.gate_up);
  norm_gradient(kept.h, w.gain2, into(d_gate_up, w.gate_up, t_.hidden), dw.gain2);

  of_weights(dx_, kept.a, t_.hidden, dw.out);
  Numbers d_qkv(kept.qkv.size());
  attend_gradient(engine_, heads_, kept.qkv, into(dx_, w.out, t_.hidden), d_qkv);
  turn(d_qkv, sine_back_);
  of_weights(d_qkv, kept.n1, t_.hidden, dw.qkv);
  norm_gradient(kept.x, w.gain1, into(d_qkv, w.qkv, t_.hidden), dw.gain1);
}

void Pass::embed_gradient() {
  const std::size_t hidden = t_.hidden;
  std::vector<std::vector<std::uint32_t>> rows_of(t_.vocab);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::size_t token = windows_[row / t_.sequence * (t_.sequence + 1) + row % t_.sequence];
    rows_of[token].push_back(static_cast<std::uint32_t>(row));
  }
  engine_.parallel_for(t_.vocab, [&](std::uint64_t token) {
    const std::vector<std::uint32_t>& rows = rows_of[token];
    if (rows.empty()) return;
    const Engine alone(engine_.level(), 1);
    Numbers x(rows.size() * hidden), sums(hidden);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(dx_.data() + rows[i] * hidden, hidden, x.data() + i * hidden);
    }
    column_sums(alone, x, sums);
    kernels_.accumulate(sums.data(), hidden, dw_.embed.data() + token * hidden);
  });
}

float Pass::run() {
  std::vector<Kept> kept(t_.layers);
  embed();
  for (std::uint32_t n = 0; n < t_.layers; ++n) forward(w_.layers[n], kept[n]);
  const float loss = head();
  for (std::uint32_t n = t_.layers; n-- > 0;) {
    backward(w_.layers[n], dw_.layers[n], kept[n]);
    kept[n] = Kept{};
  }
  embed_gradient();
  return loss;
}

class Transformer final : public Model {
 public:
  Transformer(const TrainParameters& parameters, PhiloxKey key, const TrainData& data)
      : parameters_(parameters), key_(key), data_(data) {}

  float gradient(std::uint32_t step, Input parameters, Output gradient,
                 const Engine& engine) const override {
    const std::size_t window = parameters_.transformer.sequence + 1;
    std::vector<std::uint16_t> windows;
    windows.reserve(parameters_.batch * window);
    const std::uint64_t limit = data_.tokens.size() - parameters_.transformer.sequence;
    for (const std::uint64_t place : batch_places(key_, step, parameters_.batch, limit)) {
      const auto first = data_.tokens.begin() + static_cast<std::ptrdiff_t>(place);
      windows.insert(windows.end(), first, first + static_cast<std::ptrdiff_t>(window));
    }
    return transformer_gradient(parameters_.transformer, windows, parameters, gradient, engine);
  }

 private:
  const TrainParameters parameters_;
  const PhiloxKey key_;
  const TrainData& data_;
};

}  // namespace

float transformer_gradient(const TransformerShape& shape, std::span<const std::uint16_t> windows,
                           Input parameters, Output gradient, const Engine& engine) {
  return Pass(shape, windows, parameters, gradient, engine).run();
}

std::unique_ptr<Model> make_transformer(const TrainParameters& parameters, PhiloxKey key,
                                        const TrainData& data) {
  return std::make_unique<Transformer>(parameters, key, data);
}

}  // namespace assay::compute::train
