// Models of random weights, in memory: quantised for those who compute with them, and as they were
// before for the reference. Owns.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "core/compute/generate/model.h"
#include "core/compute/rx1/quantize.h"
#include "core/compute/rx1/rope.h"
#include "tests/core_rx1_ops/numbers.h"

namespace assay::test {

// Vocabulary 61, width 32, 2 layers, 4 heads of 8 on 2 of keys, F 48.
inline compute::generate::ModelConfig small_config() {
  compute::generate::ModelConfig c;
  c.vocabulary = 61;
  c.hidden = 32;
  c.layers = 2;
  c.heads = 4;
  c.kv_heads = 2;
  c.head_size = 8;
  c.intermediate = 48;
  c.context = 4096;
  c.norm_epsilon = 1e-5F;
  return c;
}

class RandomModel {
 public:
  struct Matrix {
    std::vector<float> x;  // (out, in), before quantising
    std::vector<std::int8_t> q;
    std::vector<float> scale;
    std::vector<float> bias;
    compute::generate::Linear linear() const { return {{q, scale}, bias}; }
  };
  struct Layer {
    std::vector<float> attention_norm, mlp_norm;
    Matrix q, k, v, o, gate, up, down;
  };

  // `sharpness` is about the deviation of the logits. A peaky model's head knows, besides, which
  // token likes to follow which: chance alone makes no favourites.
  RandomModel(const compute::generate::ModelConfig& config, std::uint64_t seed,
              double sharpness = 4, bool biases = false, bool peaky = false)
      : config_(config), random_(seed) {
    const std::size_t d = config.hidden, kv = std::size_t{config.kv_heads} * config.head_size;
    const std::size_t q = std::size_t{config.heads} * config.head_size, f = config.intermediate;
    embedding_ = matrix(config.vocabulary, d, std::sqrt(static_cast<double>(d)), false);
    for (std::uint32_t i = 0; i < config.layers; ++i) {
      Layer& layer = layers_.emplace_back();
      layer.attention_norm = gains(d);
      layer.q = matrix(q, d, 1.5, biases);
      layer.k = matrix(kv, d, 1.5, biases);
      layer.v = matrix(kv, d, 1, biases);
      layer.o = matrix(d, q, 0.7, false);
      layer.mlp_norm = gains(d);
      layer.gate = matrix(f, d, 1, false);
      layer.up = matrix(f, d, 1, false);
      layer.down = matrix(d, f, 1, false);
    }
    final_norm_ = gains(d);
    if (!config.tied) head_ = matrix(config.vocabulary, d, sharpness, false);
    if (peaky) favour(10 * sharpness / static_cast<double>(d));
    frequency_.resize(config.head_size / 2);
    compute::rx1::rope_frequencies(10'000, frequency_);
  }

  // A model of given weights, by their Hugging Face names; no biases, the head tied.
  RandomModel(const compute::generate::ModelConfig& config,
              const std::function<std::vector<float>(const std::string& name)>& tensor)
      : config_(config), random_(0) {
    const std::size_t d = config.hidden, kv = std::size_t{config.kv_heads} * config.head_size;
    const std::size_t q = std::size_t{config.heads} * config.head_size, f = config.intermediate;
    const auto named = [&](const std::string& name, std::size_t rows) {
      Matrix out;
      out.x = tensor(name + ".weight");
      out.q.resize(out.x.size());
      out.scale.resize(rows);
      compute::rx1::quantize_rows(compute::Engine(), out.x, out.x.size() / rows, out.q, out.scale);
      return out;
    };
    embedding_ = named("model.embed_tokens", config.vocabulary);
    for (std::uint32_t i = 0; i < config.layers; ++i) {
      const std::string at = "model.layers." + std::to_string(i) + ".";
      layers_.push_back({tensor(at + "input_layernorm.weight"),
                         tensor(at + "post_attention_layernorm.weight"),
                         named(at + "self_attn.q_proj", q), named(at + "self_attn.k_proj", kv),
                         named(at + "self_attn.v_proj", kv), named(at + "self_attn.o_proj", d),
                         named(at + "mlp.gate_proj", f), named(at + "mlp.up_proj", f),
                         named(at + "mlp.down_proj", d)});
    }
    final_norm_ = tensor("model.norm.weight");
    frequency_.resize(config.head_size / 2);
    compute::rx1::rope_frequencies(10'000, frequency_);
  }

  compute::generate::ModelView view() const {
    compute::generate::ModelView out;
    out.config = config_;
    out.embedding = embedding_.linear().weight;
    for (const Layer& l : layers_) {
      out.layers.push_back({l.attention_norm, l.q.linear(), l.k.linear(), l.v.linear(),
                            l.o.linear(), l.mlp_norm, l.gate.linear(), l.up.linear(),
                            l.down.linear()});
    }
    out.final_norm = final_norm_;
    out.head = head().linear().weight;
    out.rope_frequency = frequency_;
    return out;
  }

  const compute::generate::ModelConfig& config() const { return config_; }
  const Matrix& embedding() const { return embedding_; }
  const std::deque<Layer>& layers() const { return layers_; }
  const Matrix& head() const { return config_.tied ? embedding_ : head_; }
  const std::vector<float>& final_norm() const { return final_norm_; }
  const std::vector<double>& frequency() const { return frequency_; }

 private:
  Matrix matrix(std::size_t rows, std::size_t width, double gain, bool biased) {
    const compute::Engine engine;
    Matrix out;
    out.x = normal(random_, rows * width, gain / std::sqrt(static_cast<double>(width)));
    out.q.resize(out.x.size());
    out.scale.resize(rows);
    compute::rx1::quantize_rows(engine, out.x, width, out.q, out.scale);
    if (biased) out.bias = normal(random_, rows, 0.3);
    return out;
  }
  void favour(double by) {
    const std::size_t d = config_.hidden;
    for (std::size_t v = 0; v < config_.vocabulary; ++v) {
      const std::size_t before = (v * 37 + 11) % config_.vocabulary;
      for (std::size_t i = 0; i < d; ++i) {
        head_.x[v * d + i] += static_cast<float>(by) * embedding_.x[before * d + i];
      }
    }
    compute::rx1::quantize_rows(compute::Engine(), head_.x, d, head_.q, head_.scale);
  }
  std::vector<float> gains(std::size_t width) {
    std::vector<float> out = normal(random_, width, 0.1);
    for (float& x : out) x += 1;
    return out;
  }

  compute::generate::ModelConfig config_;
  SeededRandom random_;
  Matrix embedding_, head_;
  std::deque<Layer> layers_;
  std::vector<float> final_norm_;
  std::vector<double> frequency_;
};

inline std::vector<std::uint32_t> random_tokens(SeededRandom& random, std::size_t count,
                                                std::uint32_t vocabulary) {
  std::vector<std::uint32_t> out(count);
  for (std::uint32_t& token : out) token = static_cast<std::uint32_t>(random.below(vocabulary));
  return out;
}

}  // namespace assay::test
