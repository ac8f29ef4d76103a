#include "tests/core_train/reference.h"

#include <algorithm>
#include <cmath>

namespace assay::test {
namespace {

using compute::train::MlpShape;
using compute::train::TransformerShape;

// Parameters in the order in which the model uses their tensors.
struct Cursor {
  const double* at;
  const double* take(std::size_t size) {
    const double* out = at;
    at += size;
    return out;
  }
};

// y[r, o] = sum over i of x[r, i] * w[o, i]
Doubles linear(const Doubles& x, const double* w, std::size_t inputs, std::size_t outputs) {
  const std::size_t rows = x.size() / inputs;
  Doubles y(rows * outputs);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < inputs; ++i) {
        y[r * outputs + o] += x[r * inputs + i] * w[o * inputs + i];
      }
    }
  }
  return y;
}

Doubles rms_norm(const Doubles& x, const double* gain, std::size_t width) {
  Doubles y(x.size());
  for (std::size_t r = 0; r < x.size() / width; ++r) {
    double square = 0;
    for (std::size_t i = 0; i < width; ++i) square += x[r * width + i] * x[r * width + i];
    const double inverse = 1 / std::sqrt(square / static_cast<double>(width) + 1e-5);
    for (std::size_t i = 0; i < width; ++i) {
      y[r * width + i] = x[r * width + i] * inverse * gain[i];
    }
  }
  return y;
}

void turn(Doubles& x, const TransformerShape& t) {
  const std::size_t size = t.head_size(), half = size / 2, heads = x.size() / size;
  const std::size_t per_row = x.size() / t.sequence / size;
  for (std::size_t h = 0; h < heads; ++h) {
    const double position = static_cast<double>(h / per_row);
    for (std::size_t i = 0; i < half; ++i) {
      const double part = static_cast<double>(i) / static_cast<double>(half);
      const double angle = position * std::pow(static_cast<double>(t.rope_base), -part);
      double& a = x[h * size + i];
      double& b = x[h * size + i + half];
      const double turned = a * std::cos(angle) - b * std::sin(angle);
      b = b * std::cos(angle) + a * std::sin(angle);
      a = turned;
    }
  }
}

// One sequence: q (T, H, d), k and v (T, G, d).
Doubles attention(const Doubles& q, const Doubles& k, const Doubles& v, const TransformerShape& t) {
  const std::size_t size = t.head_size();
  Doubles out(q.size());
  for (std::size_t h = 0; h < t.heads; ++h) {
    const std::size_t g = h / (t.heads / t.kv_heads);
    for (std::size_t i = 0; i < t.sequence; ++i) {
      const double* query = &q[(i * t.heads + h) * size];
      Doubles p;
      double sum = 0;
      for (std::size_t j = 0; j <= i; ++j) {
        double dot = 0;
        for (std::size_t d = 0; d < size; ++d) dot += query[d] * k[(j * t.kv_heads + g) * size + d];
        p.push_back(std::exp(dot / std::sqrt(static_cast<double>(size))));
        sum += p.back();
      }
      for (std::size_t j = 0; j <= i; ++j) {
        for (std::size_t d = 0; d < size; ++d) {
          out[(i * t.heads + h) * size + d] += p[j] / sum * v[(j * t.kv_heads + g) * size + d];
        }
      }
    }
  }
  return out;
}

double cross_entropy(const double* logits, std::size_t count, std::size_t target) {
  const double max = *std::max_element(logits, logits + count);
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += std::exp(logits[i] - max);
  return std::log(sum) + max - logits[target];
}

void add(Doubles& to, const Doubles& x) {
  for (std::size_t i = 0; i < x.size(); ++i) to[i] += x[i];
}

// The loss of one window, summed over its tokens.
double window_loss(const TransformerShape& t, const std::uint16_t* tokens, Cursor w) {
  const std::size_t hidden = t.hidden, kv = std::size_t{t.kv_heads} * t.head_size();
  const double* embed = w.take(t.vocab * hidden);
  Doubles x;
  for (std::size_t i = 0; i < t.sequence; ++i) {
    x.insert(x.end(), embed + tokens[i] * hidden, embed + (tokens[i] + 1U) * hidden);
  }
  for (std::uint32_t n = 0; n < t.layers; ++n) {
    const Doubles n1 = rms_norm(x, w.take(hidden), hidden);
    Doubles q = linear(n1, w.take(hidden * hidden), hidden, hidden);
    Doubles k = linear(n1, w.take(kv * hidden), hidden, kv);
    const Doubles v = linear(n1, w.take(kv * hidden), hidden, kv);
    turn(q, t);
    turn(k, t);
    add(x, linear(attention(q, k, v, t), w.take(hidden * hidden), hidden, hidden));
    const Doubles n2 = rms_norm(x, w.take(hidden), hidden);
    const Doubles gate = linear(n2, w.take(t.ffn * hidden), hidden, t.ffn);
    Doubles y = linear(n2, w.take(t.ffn * hidden), hidden, t.ffn);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] *= gate[i] / (1 + std::exp(-gate[i]));
    add(x, linear(y, w.take(hidden * t.ffn), t.ffn, hidden));
  }
  const Doubles logits = linear(rms_norm(x, w.take(hidden), hidden), embed, hidden, t.vocab);
  double loss = 0;
  for (std::size_t i = 0; i < t.sequence; ++i) {
    loss += cross_entropy(&logits[i * t.vocab], t.vocab, tokens[i + 1]);
  }
  return loss;
}

}  // namespace

double transformer_loss(const TransformerShape& shape, const std::vector<std::uint16_t>& windows,
                        const Doubles& parameters) {
  double loss = 0;
  for (std::size_t at = 0; at < windows.size(); at += shape.sequence + 1) {
    loss += window_loss(shape, &windows[at], Cursor{parameters.data()});
  }
  return loss / static_cast<double>(windows.size() / (shape.sequence + 1) * shape.sequence);
}

double mlp_loss(const MlpShape& shape, const Doubles& x, const std::vector<std::uint16_t>& classes,
                const Doubles& y, const Doubles& parameters) {
  Cursor w{parameters.data()};
  Doubles h = x;
  for (std::size_t n = 0; n + 1 < shape.widths.size(); ++n) {
    const std::size_t inputs = shape.widths[n], outputs = shape.widths[n + 1];
    const double* weight = w.take(inputs * outputs);
    const double* bias = w.take(outputs);
    h = linear(h, weight, inputs, outputs);
    for (std::size_t i = 0; i < h.size(); ++i) {
      h[i] += bias[i % outputs];
      if (n + 2 < shape.widths.size()) h[i] = std::max(h[i], 0.0);
    }
  }
  double loss = 0;
  if (shape.classify) {
    const std::size_t width = shape.widths.back();
    for (std::size_t r = 0; r < classes.size(); ++r) {
      loss += cross_entropy(&h[r * width], width, classes[r]);
    }
    return loss / static_cast<double>(classes.size());
  }
  for (std::size_t i = 0; i < h.size(); ++i) loss += (h[i] - y[i]) * (h[i] - y[i]);
  return loss / static_cast<double>(h.size());
}

}  // namespace assay::test
