#include "core/compute/generate/transformer.h"

#include <algorithm>
#include <cstring>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/quantize.h"
#include "core/compute/rx1/rope.h"

namespace assay::compute::generate {
namespace {

// Quantised rows of either precision.
class Activations {
 public:
  Activations(const Engine& engine, Precision precision, std::span<const float> x,
              std::size_t width)
      : scale_(x.size() / width) {
    if (precision == Precision::w8a8) {
      s8_.resize(x.size());
      rx1::quantize_rows(engine, x, width, s8_, scale_);
    } else {
      s16_.resize(x.size());
      rx1::quantize_rows(engine, x, width, s16_, scale_);
    }
  }

  std::vector<float> linear(const Engine& engine, const Linear& layer) const {
    std::vector<float> y(scale_.size() * layer.weight.rows());
    if (s16_.empty()) {
      rx1::gemm_a8w8(engine, {s8_, scale_}, layer.weight, layer.bias, y);
    } else {
      rx1::gemm_a16w8(engine, {s16_, scale_}, layer.weight, layer.bias, y);
    }
    return y;
  }

 private:
  std::vector<std::int8_t> s8_;
  std::vector<std::int16_t> s16_;
  std::vector<float> scale_;
};

template <class T>
bool same_bytes(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

template <class T>
struct Heads {
  std::vector<T> q;
  std::vector<float> scale;

  Heads(const Engine& engine, std::span<const float> x, std::size_t head_size)
      : q(x.size()), scale(x.size() / head_size) {
    rx1::quantize_rows(engine, x, head_size, q, scale);
  }
};

// One pass of all rows through all layers.
class Pass {
 public:
  Pass(const Engine& engine, const ModelView& model, Precision precision, std::span<const Run> runs,
       CacheUse use)
      : engine_(engine), model_(model), c_(model.config), precision_(precision), runs_(runs) {
    std::vector<std::uint32_t> tokens;
    const std::size_t frequencies = model.rope_frequency.size();
    for (const Run& run : runs) {
      ASSAY_CHECK(run.cache != nullptr && run.first + run.tokens.size() <= run.cache->capacity(),
                  "forward: a run beyond its cache");
      const std::size_t at = cosine_.size();
      cosine_.resize(at + run.tokens.size() * frequencies);
      sine_.resize(cosine_.size());
      rx1::rope_table(engine, model.rope_frequency, run.first, std::span(cosine_).subspan(at),
                      std::span(sine_).subspan(at));
      tokens.insert(tokens.end(), run.tokens.begin(), run.tokens.end());
    }
    rows_ = tokens.size();
    if (use == CacheUse::compare) same_.assign(rows_, true);
    x_.resize(rows_ * c_.hidden);
    rx1::embed(engine, model.embedding.q, model.embedding.scale, tokens, x_);
  }

  Transformer::Rows result() && { return {std::move(x_), std::move(same_)}; }

  void layer(std::size_t number) {
    const LayerView& layer = model_.layers[number];
    std::vector<float> y = attend(number, layer, normalize(layer.attention_norm));
    add(act(y, std::size_t{c_.heads} * c_.head_size).linear(engine_, layer.o));
    const Activations n = normalize(layer.mlp_norm);
    y = n.linear(engine_, layer.gate);
    rx1::swiglu(engine_, y, n.linear(engine_, layer.up), y);
    add(act(y, c_.intermediate).linear(engine_, layer.down));
  }

 private:
  Activations act(std::span<const float> x, std::size_t width) const {
    return Activations(engine_, precision_, x, width);
  }

  Activations normalize(std::span<const float> gain) const {
    std::vector<float> y(x_.size());
    rx1::rms_norm(engine_, x_, gain, c_.norm_epsilon, y);
    return act(y, c_.hidden);
  }

  void add(std::span<const float> y) { rx1::add_residual(engine_, y, x_, x_); }

  std::vector<float> attend(std::size_t number, const LayerView& layer, const Activations& n) {
    std::vector<float> q = n.linear(engine_, layer.q), k = n.linear(engine_, layer.k);
    rx1::rotate(engine_, q, c_.heads, c_.head_size, cosine_, sine_);
    rx1::rotate(engine_, k, c_.kv_heads, c_.head_size, cosine_, sine_);
    const Heads<std::int16_t> queries(engine_, q, c_.head_size), keys(engine_, k, c_.head_size);
    const Heads<std::int8_t> values(engine_, n.linear(engine_, layer.v), c_.head_size);
    const rx1::AttentionShape shape{
        c_.heads, c_.kv_heads, c_.head_size,
        rx1::div(1.0F, rx1::sqrt(rx1::from_s32(static_cast<std::int32_t>(c_.head_size))))};
    std::size_t row = 0;
    for (const Run& run : runs_) {
      const std::size_t count = run.tokens.size();
      keep(number, run, row, keys, values);
      const std::size_t width = std::size_t{c_.heads} * c_.head_size;
      rx1::attention(engine_, shape, run.first,
                     std::span(queries.q).subspan(row * width, count * width),
                     std::span(queries.scale).subspan(row * c_.heads, count * c_.heads),
                     run.cache->view(number, 0, run.first + count),
                     std::span(q).subspan(row * width, count * width));
      row += count;
    }
    return q;
  }

  // The run's keys and values, from row `row` on, into its cache or against it.
  void keep(std::size_t number, const Run& run, std::size_t row, const Heads<std::int16_t>& keys,
            const Heads<std::int8_t>& values) {
    const std::size_t heads = c_.kv_heads, width = heads * c_.head_size;
    for (std::size_t i = 0; i < run.tokens.size(); ++i, ++row) {
      const KeyValues::Part to = run.cache->part(number, run.first + i, 1);
      const auto k = std::span(keys.q).subspan(row * width, width);
      const auto v = std::span(values.q).subspan(row * width, width);
      const auto k_scale = std::span(keys.scale).subspan(row * heads, heads);
      const auto v_scale = std::span(values.scale).subspan(row * heads, heads);
      if (same_.empty()) {
        std::ranges::copy(k, to.k.begin());
        std::ranges::copy(v, to.v.begin());
        std::ranges::copy(k_scale, to.k_scale.begin());
        std::ranges::copy(v_scale, to.v_scale.begin());
      } else if (!same_bytes<std::int16_t>(k, to.k) || !same_bytes<std::int8_t>(v, to.v) ||
                 !same_bytes<float>(k_scale, to.k_scale) ||
                 !same_bytes<float>(v_scale, to.v_scale)) {
        same_[row] = false;
      }
    }
  }

  const Engine& engine_;
  const ModelView& model_;
  const ModelConfig& c_;
  Precision precision_;
  std::span<const Run> runs_;
  std::size_t rows_ = 0;
  std::vector<float> x_;              // (rows, D)
  std::vector<float> cosine_, sine_;  // (rows, S/2)
  std::vector<bool> same_;            // empty where caches are filled
};

void check_model(const ModelView& m) {
  const ModelConfig& c = m.config;
  const std::size_t d = c.hidden, q = std::size_t{c.heads} * c.head_size;
  const std::size_t kv = std::size_t{c.kv_heads} * c.head_size, f = c.intermediate;
  const auto is = [](const Linear& l, std::size_t out, std::size_t in) {
    return l.weight.rows() == out && l.weight.q.size() == out * in &&
           (l.bias.empty() || l.bias.size() == out);
  };
  bool fits = m.layers.size() == c.layers && is({m.embedding, {}}, c.vocabulary, d) &&
              is({m.head, {}}, c.vocabulary, d) && m.final_norm.size() == d &&
              m.rope_frequency.size() * 2 == c.head_size;
  for (const LayerView& l : m.layers) {
    fits = fits && l.attention_norm.size() == d && l.mlp_norm.size() == d && is(l.q, q, d) &&
           is(l.k, kv, d) && is(l.v, kv, d) && is(l.o, d, q) && is(l.gate, f, d) &&
           is(l.up, f, d) && is(l.down, d, f);
  }
  ASSAY_CHECK(fits, "a model whose tensors are not of its configuration's sizes");
}

}  // namespace

KeyValues::KeyValues(const ModelConfig& config, std::uint64_t capacity)
    : capacity_(capacity),
      heads_(config.kv_heads),
      width_(std::size_t{config.kv_heads} * config.head_size),
      k_(config.layers * capacity * width_),
      k_scale_(config.layers * capacity * heads_),
      v_(k_.size()),
      v_scale_(k_scale_.size()) {}

std::uint64_t KeyValues::bytes(const ModelConfig& config, std::uint64_t positions) {
  const std::uint64_t heads = std::uint64_t{config.layers} * config.kv_heads;
  return positions * heads * (std::uint64_t{config.head_size} * 3 + 2 * sizeof(float));
}

rx1::KvCache KeyValues::view(std::size_t layer, std::uint64_t first, std::uint64_t count) const {
  ASSAY_CHECK(first + count <= capacity_, "positions beyond the cache");
  const std::size_t at = layer * capacity_ + first;
  return {std::span(k_).subspan(at * width_, count * width_),
          std::span(k_scale_).subspan(at * heads_, count * heads_),
          std::span(v_).subspan(at * width_, count * width_),
          std::span(v_scale_).subspan(at * heads_, count * heads_)};
}

KeyValues::Part KeyValues::part(std::size_t layer, std::uint64_t first, std::uint64_t count) {
  ASSAY_CHECK(first + count <= capacity_, "positions beyond the cache");
  const std::size_t at = layer * capacity_ + first;
  return {std::span(k_).subspan(at * width_, count * width_),
          std::span(k_scale_).subspan(at * heads_, count * heads_),
          std::span(v_).subspan(at * width_, count * width_),
          std::span(v_scale_).subspan(at * heads_, count * heads_)};
}

KeyValues::Part KeyValues::from(std::uint64_t first) {
  ASSAY_CHECK(first <= capacity_, "positions beyond the cache");
  return {std::span(k_).subspan(first * width_), std::span(k_scale_).subspan(first * heads_),
          std::span(v_).subspan(first * width_), std::span(v_scale_).subspan(first * heads_)};
}

Transformer::Transformer(const ModelView& model, Precision precision)
    : model_(model), precision_(precision) {
  check_model(model);
}

Transformer::Rows Transformer::forward(const Engine& engine, std::span<const Run> runs,
                                       CacheUse use) const {
  Pass pass(engine, model_, precision_, runs, use);
  for (std::size_t layer = 0; layer < model_.layers.size(); ++layer) pass.layer(layer);
  return std::move(pass).result();
}

std::vector<float> Transformer::logits(const Engine& engine, std::span<const float> hidden) const {
  std::vector<float> n(hidden.size());
  rx1::rms_norm(engine, hidden, model_.final_norm, model_.config.norm_epsilon, n);
  return Activations(engine, precision_, n, model_.config.hidden)
      .linear(engine, Linear{model_.head, {}});
}

std::uint64_t Transformer::token_ops(std::uint64_t position) const {
  const ModelConfig& c = model_.config;
  const std::uint64_t q = std::uint64_t{c.heads} * c.head_size;
  const std::uint64_t kv = std::uint64_t{c.kv_heads} * c.head_size;
  const std::uint64_t weights = c.hidden * (2 * q + 2 * kv + std::uint64_t{3} * c.intermediate);
  const std::uint64_t limbs = precision_ == Precision::a16w8 ? 2 : 1;
  return c.layers * (weights * limbs + 4 * q * (position + 1));  // 2 limbs by 16 bits, 15 by 8 bits
}

std::uint64_t Transformer::head_ops() const {
  const std::uint64_t limbs = precision_ == Precision::a16w8 ? 2 : 1;
  return limbs * model_.config.vocabulary * model_.config.hidden;
}

}  // namespace assay::compute::generate
