// What an order says about a train job, read strictly. Values; any thread.
#pragma once

#include <vector>

#include "core/compute/program.h"

namespace assay::compute::train {

enum class ModelKind { transformer, mlp };
enum class Optimizer { adam, momentum, sgd };
enum class Decay { none, linear, cosine };

struct TransformerShape {
  std::uint32_t vocab = 0, hidden = 0, layers = 0, heads = 0, kv_heads = 0, ffn = 0, sequence = 0;
  std::uint32_t rope_base = 10000;

  std::uint32_t head_size() const { return hidden / heads; }
  std::uint64_t qkv_width() const { return std::uint64_t{heads + 2 * kv_heads} * head_size(); }
};

struct MlpShape {
  std::vector<std::uint32_t> widths;
  bool classify = true;
  std::uint32_t examples = 0;  // drawn ones; 0 where they are inputs
};

struct OptimizerParameters {
  Optimizer kind = Optimizer::adam;
  std::uint32_t learning_rate_ppm = 0, final_rate_ppm = 0, weight_decay_ppm = 0;
  std::uint32_t clip_norm_ppm = 0;  // 0: none
  std::uint32_t beta1_ppm = 900000, beta2_ppm = 999000, momentum_ppm = 900000;
  std::uint32_t warmup_steps = 0;
  Decay decay = Decay::none;
};

struct TrainParameters {
  ModelKind model = ModelKind::transformer;
  std::uint32_t steps = 0;             // of the optimiser; a multiple of
  std::uint32_t steps_per_commit = 1;  // which are one step of the chain
  std::uint32_t batch = 0;
  OptimizerParameters optimizer;
  TransformerShape transformer;
  MlpShape mlp;

  // Rows of activations of a step: tokens, or examples.
  std::uint64_t rows() const {
    return model == ModelKind::transformer ? std::uint64_t{batch} * transformer.sequence : batch;
  }
};

//   malformed    not the schema of train.h
Result<TrainParameters> parse_train_parameters(const wire::Json& parameters);

inline constexpr std::uint32_t kOptimizerStepsPerCommitMax = 64;

// Multiply-adds of an optimiser's step: 3 (A16W16) of every product's M * N * K, and of the rest 8
// for every parameter, element of the activations and attention weight. Saturates.
std::uint64_t step_ops(const TrainParameters& parameters);
// What such a step keeps of the forward pass, in bytes, at most. Saturates.
std::uint64_t activation_bytes(const TrainParameters& parameters);
inline constexpr std::uint64_t kActivationBytesMax = std::uint64_t{1} << 30;

// What check_caps() does not know of: activations, and examples to be drawn, which count as inputs.
//   malformed    says which number, and what is allowed
Status check_train_caps(const TrainParameters& parameters, const Caps& caps);

Plan plan_of(const TrainParameters& parameters);

}  // namespace assay::compute::train
