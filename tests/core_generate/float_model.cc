#include "tests/core_generate/float_model.h"

#include <cmath>

namespace assay::test {
namespace {

using Vector = std::vector<double>;

class FloatModel {
 public:
  FloatModel(const RandomModel& model, Weights weights)
      : m_(model), c_(model.config()), weights_(weights), k_(c_.layers), v_(c_.layers) {}

  Vector next(std::uint32_t token) {
    Vector x = row(m_.embedding(), token, c_.hidden);
    for (std::size_t i = 0; i < c_.layers; ++i) {
      const RandomModel::Layer& layer = m_.layers()[i];
      add(x, product(layer.o, attend(i, layer, norm(x, layer.attention_norm))));
      const Vector n = norm(x, layer.mlp_norm);
      Vector g = product(layer.gate, n);
      const Vector u = product(layer.up, n);
      for (std::size_t j = 0; j < g.size(); ++j) g[j] = g[j] / (1 + std::exp(-g[j])) * u[j];
      add(x, product(layer.down, g));
    }
    ++position_;
    return product(m_.head(), norm(x, m_.final_norm()));
  }

 private:
  double weight(const RandomModel::Matrix& w, std::size_t row, std::size_t at) const {
    if (weights_ == Weights::original) return static_cast<double>(w.x[at]);
    return w.q[at] * static_cast<double>(w.scale[row]);
  }
  Vector row(const RandomModel::Matrix& w, std::size_t row, std::size_t width) const {
    Vector out(width);
    for (std::size_t i = 0; i < width; ++i) out[i] = weight(w, row, row * width + i);
    return out;
  }
  Vector product(const RandomModel::Matrix& w, const Vector& x) const {
    Vector out(w.scale.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      double sum = w.bias.empty() ? 0 : static_cast<double>(w.bias[i]);
      for (std::size_t j = 0; j < x.size(); ++j) sum += weight(w, i, i * x.size() + j) * x[j];
      out[i] = sum;
    }
    return out;
  }
  Vector norm(const Vector& x, const std::vector<float>& gain) const {
    double square = 0;
    for (const double value : x) square += value * value;
    const double by = 1 / std::sqrt(square / static_cast<double>(x.size()) +
                                    static_cast<double>(c_.norm_epsilon));
    Vector out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = x[i] * by * static_cast<double>(gain[i]);
    return out;
  }
  static void add(Vector& x, const Vector& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }
  void rotate(Vector& x) const {
    const std::size_t size = c_.head_size, half = size / 2;
    for (std::size_t head = 0; head < x.size(); head += size) {
      for (std::size_t i = 0; i < half; ++i) {
        const double angle = m_.frequency()[i] * static_cast<double>(position_);
        const double a = x[head + i], b = x[head + i + half];
        x[head + i] = a * std::cos(angle) - b * std::sin(angle);
        x[head + i + half] = b * std::cos(angle) + a * std::sin(angle);
      }
    }
  }
  Vector attend(std::size_t number, const RandomModel::Layer& layer, const Vector& n) {
    Vector q = product(layer.q, n), k = product(layer.k, n);
    rotate(q);
    rotate(k);
    k_[number].push_back(k);
    v_[number].push_back(product(layer.v, n));
    const std::size_t size = c_.head_size;
    Vector out(q.size(), 0.0);
    for (std::size_t head = 0; head < c_.heads; ++head) {
      const std::size_t kv = head / (c_.heads / c_.kv_heads) * size;
      Vector w(k_[number].size());
      double sum = 0;
      for (std::size_t j = 0; j < w.size(); ++j) {
        double score = 0;
        for (std::size_t d = 0; d < size; ++d) score += q[head * size + d] * k_[number][j][kv + d];
        sum += w[j] = std::exp(score / std::sqrt(static_cast<double>(size)));
      }
      for (std::size_t j = 0; j < w.size(); ++j) {
        for (std::size_t d = 0; d < size; ++d) {
          out[head * size + d] += w[j] / sum * v_[number][j][kv + d];
        }
      }
    }
    return out;
  }

  const RandomModel& m_;
  const compute::generate::ModelConfig& c_;
  Weights weights_;
  std::size_t position_ = 0;
  std::vector<std::vector<Vector>> k_, v_;  // by layer, then position
};

}  // namespace

std::vector<std::vector<double>> float_logits(const RandomModel& model,
                                              const std::vector<std::uint32_t>& tokens,
                                              Weights weights) {
  FloatModel reference(model, weights);
  std::vector<std::vector<double>> out;
  for (const std::uint32_t token : tokens) out.push_back(reference.next(token));
  return out;
}

}  // namespace assay::test
