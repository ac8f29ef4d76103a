#include "tests/bench/plain_text.h"

#ifdef ASSAY_HAS_OPENBLAS
#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <memory>
#endif

namespace assay::bench {

#ifdef ASSAY_HAS_OPENBLAS
namespace {

using compute::generate::LayerView;
using compute::generate::Linear;
using compute::generate::ModelConfig;
using compute::generate::ModelView;
using Floats = std::vector<float>;

struct Matrix {
  explicit Matrix(const Linear& linear)
      : rows(linear.weight.rows()),
        width(linear.weight.width()),
        w(linear.weight.q.begin(), linear.weight.q.end()),
        bias(linear.bias) {
    for (std::size_t i = 0; i < w.size(); ++i) w[i] *= linear.weight.scale[i / width];
  }

  // (m, width) to (m, rows)
  Floats operator()(const Floats& x) const {
    const std::size_t m = x.size() / width;
    Floats y(m * rows);
    for (std::size_t i = 0; i < m && !bias.empty(); ++i) {
      std::copy(bias.begin(), bias.end(), y.begin() + static_cast<std::ptrdiff_t>(i * rows));
    }
    const auto n = static_cast<blasint>(rows), k = static_cast<blasint>(width);
    if (m == 1) {
      cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, 1, w.data(), k, x.data(), 1, 1, y.data(), 1);
    } else {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<blasint>(m), n, k, 1,
                  x.data(), k, w.data(), k, 1, y.data(), n);
    }
    return y;
  }

  std::size_t rows, width;
  Floats w;
  std::span<const float> bias;
};

struct Layer {
  explicit Layer(const LayerView& l)
      : q(l.q), k(l.k), v(l.v), o(l.o), gate(l.gate), up(l.up), down(l.down) {}
  Matrix q, k, v, o, gate, up, down;
  Floats keys, values;  // (positions, kv_heads, head_size)
};

class Decoder {
 public:
  Decoder(const ModelView& model, std::size_t positions)
      : model_(model), c_(model_.config), embedding_({model.embedding, {}}) {
    for (const LayerView& layer : model.layers) {
      layers_.emplace_back(layer);
      layers_.back().keys.resize(positions * c_.kv_heads * c_.head_size);
      layers_.back().values.resize(layers_.back().keys.size());
    }
    if (!c_.tied) head_ = std::make_unique<Matrix>(Linear{model.head, {}});
    for (std::size_t p = 0; p < positions; ++p) {
      for (const double frequency : model.rope_frequency) {
        const double angle = frequency * static_cast<double>(p);
        cosine_.push_back(static_cast<float>(std::cos(angle)));
        sine_.push_back(static_cast<float>(std::sin(angle)));
      }
    }
  }

  Floats logits(std::size_t first, std::span<const std::uint32_t> tokens) {
    Floats x;
    for (const std::uint32_t token : tokens) {
      const auto row = embedding_.w.begin() + static_cast<std::ptrdiff_t>(token * c_.hidden);
      x.insert(x.end(), row, row + c_.hidden);
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      Layer& layer = layers_[i];
      const Floats n = normed(x, model_.layers[i].attention_norm);
      add(layer.o(attention(layer, first, n)), x);
      const Floats m = normed(x, model_.layers[i].mlp_norm);
      Floats gate = layer.gate(m);
      const Floats up = layer.up(m);
      for (std::size_t j = 0; j < gate.size(); ++j) {
        gate[j] = gate[j] / (1 + std::exp(-gate[j])) * up[j];
      }
      add(layer.down(gate), x);
    }
    x.erase(x.begin(), x.end() - c_.hidden);
    return (c_.tied ? embedding_ : *head_)(normed(x, model_.final_norm));
  }

 private:
  static void add(const Floats& y, Floats& x) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  Floats normed(const Floats& x, std::span<const float> gain) const {
    Floats out(x.size());
    for (std::size_t row = 0; row < x.size(); row += c_.hidden) {
      float squares = 0;
      for (std::size_t i = 0; i < c_.hidden; ++i) squares += x[row + i] * x[row + i];
      const float by = 1 / std::sqrt(squares / static_cast<float>(c_.hidden) + c_.norm_epsilon);
      for (std::size_t i = 0; i < c_.hidden; ++i) out[row + i] = x[row + i] * by * gain[i];
    }
    return out;
  }

  void rotate(Floats& x, std::size_t first) const {
    const std::size_t half = c_.head_size / 2, heads = x.size() / c_.head_size;
    const std::size_t per_row = heads / rows_;
    for (std::size_t head = 0; head < heads; ++head) {
      float* const at = x.data() + head * c_.head_size;
      const std::size_t table = (first + head / per_row) * half;
      for (std::size_t i = 0; i < half; ++i) {
        const float a = at[i], b = at[i + half];
        at[i] = a * cosine_[table + i] - b * sine_[table + i];
        at[i + half] = b * cosine_[table + i] + a * sine_[table + i];
      }
    }
  }

  Floats attention(Layer& layer, std::size_t first, const Floats& n) {
    rows_ = n.size() / c_.hidden;
    Floats q = layer.q(n), k = layer.k(n);
    const Floats v = layer.v(n);
    rotate(q, first);
    rotate(k, first);
    const std::size_t kv = std::size_t{c_.kv_heads} * c_.head_size;
    std::ranges::copy(k, layer.keys.begin() + static_cast<std::ptrdiff_t>(first * kv));
    std::ranges::copy(v, layer.values.begin() + static_cast<std::ptrdiff_t>(first * kv));
    Floats y(q.size());
    for (std::size_t head = 0; head < c_.heads; ++head) attend(layer, head, first, q, y);
    return y;
  }

  void attend(const Layer& layer, std::size_t head, std::size_t first, const Floats& q, Floats& y) {
    const auto size = static_cast<blasint>(c_.head_size), m = static_cast<blasint>(rows_);
    const std::size_t all = first + rows_;
    const auto count = static_cast<blasint>(all);
    const blasint q_stride = static_cast<blasint>(c_.heads) * size;
    const blasint kv_stride = static_cast<blasint>(c_.kv_heads) * size;
    const std::size_t from = head / (c_.heads / c_.kv_heads) * c_.head_size;
    const float scale = 1 / std::sqrt(static_cast<float>(c_.head_size));
    scores_.resize(rows_ * all);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, count, size, scale,
                q.data() + head * c_.head_size, q_stride, layer.keys.data() + from, kv_stride, 0,
                scores_.data(), count);
    for (std::size_t row = 0; row < rows_; ++row) {
      float* const at = scores_.data() + row * all;
      const std::size_t seen = first + row + 1;
      const float most = *std::max_element(at, at + seen);
      float sum = 0;
      for (std::size_t i = 0; i < seen; ++i) sum += at[i] = std::exp(at[i] - most);
      for (std::size_t i = 0; i < seen; ++i) at[i] /= sum;
      std::fill(at + seen, at + all, 0.0F);
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, size, count, 1, scores_.data(), count,
                layer.values.data() + from, kv_stride, 0, y.data() + head * c_.head_size, q_stride);
  }

  ModelView model_;
  const ModelConfig& c_;
  Matrix embedding_;
  std::vector<Layer> layers_;
  std::unique_ptr<Matrix> head_;
  Floats cosine_, sine_;  // (positions, head_size / 2)
  Floats scores_;
  std::size_t rows_ = 0;
};

}  // namespace

PlainText plain_text(const ModelView& model, std::size_t positions) {
  openblas_set_num_threads(1);
  const auto made = std::make_shared<Decoder>(model, positions);
  const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 NO_LAPACKE …"
  return {"f32, " + config.substr(0, config.find(' ', config.find(' ') + 1)),
          [made](std::size_t first, std::span<const std::uint32_t> tokens) {
            return made->logits(first, tokens);
          }};
}
#else
PlainText plain_text(const compute::generate::ModelView&, std::size_t) {
  return {"f32, OpenBLAS"};
}
#endif

}  // namespace assay::bench
