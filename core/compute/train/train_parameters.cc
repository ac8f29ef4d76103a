#include "core/compute/train/train_parameters.h"

#include <algorithm>
#include <array>

#include "core/compute/train/layout.h"
#include "core/wire/text.h"

namespace assay::compute::train {
namespace {

constexpr std::uint32_t kPpm = 1000000;
constexpr std::uint32_t kRowsMax = 65536;  // one segment of R128
constexpr std::uint32_t kVocabMax = 65536, kHiddenMax = 8192, kLayersMax = 64, kFfnMax = 32768;
constexpr std::uint32_t kSequenceMax = 512, kHeadSizeMax = 512;
constexpr std::uint32_t kWidthsMax = 16, kWidthMax = 8192, kExamplesMax = 1 << 20;
constexpr std::uint64_t kTeacherOpsMax = std::uint64_t{1} << 27;  // loading takes no long time
constexpr std::uint64_t kLimbProducts = 3;
constexpr std::uint64_t kOpsOfElement = 8;

// The index of the member's text among the names.
template <std::size_t N>
std::size_t choice(wire::Fields& in, std::string_view key,
                   const std::array<std::string_view, N>& names) {
  const std::string text = in.text(key);
  std::string known;
  for (std::size_t i = 0; i < N; ++i) {
    if (text == names[i]) return i;
    known += (i > 0 ? ", " : "") + std::string(names[i]);
  }
  in.note(key, wire::quoted(text) + " is not one of " + known);
  return 0;
}

std::uint32_t optional_u32(wire::Fields& in, std::string_view key, std::uint32_t otherwise,
                           std::uint32_t min, std::uint32_t max) {
  return in.has(key) ? in.u32(key, min, max) : otherwise;
}

OptimizerParameters read_optimizer(wire::Fields& in, std::uint32_t steps) {
  OptimizerParameters out;
  constexpr std::array<std::string_view, 3> kinds{"adam", "momentum", "sgd"};
  constexpr std::array<std::string_view, 3> decays{"none", "linear", "cosine"};
  out.kind = static_cast<Optimizer>(choice(in, "optimizer", kinds));
  out.learning_rate_ppm = in.u32("learning_rate_ppm", 1, kPpm);
  out.warmup_steps = optional_u32(in, "warmup_steps", 0, 0, steps);
  if (in.has("decay")) out.decay = static_cast<Decay>(choice(in, "decay", decays));
  if (out.decay != Decay::none) {
    out.final_rate_ppm = optional_u32(in, "final_rate_ppm", 0, 0, kPpm);
  }
  out.weight_decay_ppm = optional_u32(in, "weight_decay_ppm", 0, 0, kPpm);
  out.clip_norm_ppm = optional_u32(in, "clip_norm_ppm", 0, 1, 1000 * kPpm);
  if (out.kind == Optimizer::adam) {
    out.beta1_ppm = optional_u32(in, "beta1_ppm", out.beta1_ppm, 0, kPpm - 1);
    out.beta2_ppm = optional_u32(in, "beta2_ppm", out.beta2_ppm, 0, kPpm - 1);
  }
  if (out.kind == Optimizer::momentum) {
    out.momentum_ppm = optional_u32(in, "momentum_ppm", out.momentum_ppm, 0, kPpm - 1);
  }
  return out;
}

TransformerShape read_transformer(wire::Fields& in, std::uint32_t batch) {
  TransformerShape out;
  out.vocab = in.u32("vocab", 2, kVocabMax);
  out.hidden = in.u32("hidden", 2, kHiddenMax);
  out.layers = in.u32("layers", 1, kLayersMax);
  out.heads = in.u32("heads", 1, kHiddenMax);
  out.kv_heads = optional_u32(in, "kv_heads", out.heads, 1, kHiddenMax);
  out.ffn = in.u32("ffn", 1, kFfnMax);
  out.sequence = in.u32("sequence", 2, kSequenceMax);
  out.rope_base = optional_u32(in, "rope_base", out.rope_base, 1, 1U << 31);
  if (!in.ok()) return out;
  const std::string hidden = std::to_string(out.hidden);
  if (out.hidden % out.heads != 0 || out.head_size() % 2 != 0 || out.head_size() > kHeadSizeMax) {
    in.note("heads", std::to_string(out.heads) + " does not divide hidden " + hidden +
                         " into heads of an even size up to " + std::to_string(kHeadSizeMax));
  } else if (out.heads % out.kv_heads != 0) {
    in.note("kv_heads",
            std::to_string(out.kv_heads) + " does not divide heads " + std::to_string(out.heads));
  } else if (std::uint64_t{batch} * out.sequence > kRowsMax) {
    in.note("batch", std::to_string(batch) + " sequences of " + std::to_string(out.sequence) +
                         " are more than " + std::to_string(kRowsMax) + " tokens a step");
  }
  return out;
}

MlpShape read_mlp(wire::Fields& in) {
  MlpShape out;
  for (const wire::Json& item : in.array("widths", kWidthsMax)) {
    const std::uint64_t width = item.as_u64().value_or(0);
    if (width < 1 || width > kWidthMax) {
      in.note("widths", "each is an integer in 1.." + std::to_string(kWidthMax));
    }
    out.widths.push_back(static_cast<std::uint32_t>(width));
  }
  if (in.ok() && out.widths.size() < 2) {
    in.note("widths", "has fewer than 2: the inputs' and the outputs'");
  }
  constexpr std::array<std::string_view, 2> tasks{"classify", "regress"};
  out.classify = choice(in, "task", tasks) == 0;
  out.examples = optional_u32(in, "examples", 0, 1, kExamplesMax);
  if (in.ok() && out.classify && out.widths.back() < 2) {
    in.note("widths", "ends in fewer than 2 classes");
  }
  return out;
}

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out = 0;
  return __builtin_add_overflow(a, b, &out) ? UINT64_MAX : out;
}

// The elements of the activations of a row that a step keeps.
std::uint64_t activations_per_row(const TrainParameters& p) {
  if (p.model == ModelKind::mlp) {
    std::uint64_t sum = 0;
    for (const std::uint32_t width : p.mlp.widths) sum += 2 * std::uint64_t{width};
    return sum;
  }
  const TransformerShape& t = p.transformer;
  // x, its norm, attention's result, x after it, its norm; qkv; gate and up, and what they make.
  const std::uint64_t layer =
      5 * std::uint64_t{t.hidden} + t.qkv_width() + 3 * std::uint64_t{t.ffn};
  return (t.layers + 2) * layer + t.vocab;
}

}  // namespace

Result<TrainParameters> parse_train_parameters(const wire::Json& parameters) {
  wire::Fields in(parameters, "parameters");
  TrainParameters out;
  constexpr std::array<std::string_view, 2> models{"transformer", "mlp"};
  out.model = static_cast<ModelKind>(choice(in, "model", models));
  out.steps_per_commit = optional_u32(in, "steps_per_commit", 1, 1, kOptimizerStepsPerCommitMax);
  out.steps = in.u32("steps", 1, kStepsMax * out.steps_per_commit);
  if (in.ok() && out.steps % out.steps_per_commit != 0) {
    in.note("steps", std::to_string(out.steps) + " is no multiple of steps_per_commit " +
                         std::to_string(out.steps_per_commit));
  }
  out.batch = in.u32("batch", 1, kRowsMax);
  out.optimizer = read_optimizer(in, out.steps);
  if (in.ok() && out.model == ModelKind::transformer) {
    out.transformer = read_transformer(in, out.batch);
  } else if (in.ok()) {
    out.mlp = read_mlp(in);
  }
  const Status status = in.close();
  if (!status.ok()) return status.error();
  return out;
}

std::uint64_t step_ops(const TrainParameters& p) {
  const std::uint64_t rows = p.rows();
  // Forward, the inputs' gradient and the weights': three products of each matrix with the rows.
  std::uint64_t products = saturating_mul(3 * rows, parameter_count(p));
  if (p.model == ModelKind::transformer) {
    const TransformerShape& t = p.transformer;
    // Forward 2, once more 1 and backward 4, of T by T by the head size for every head.
    const std::uint64_t of_layer = saturating_mul(7 * rows, std::uint64_t{t.sequence} * t.hidden);
    products = saturating_add(products, saturating_mul(of_layer, t.layers));
  }
  std::uint64_t elements = saturating_add(parameter_count(p), rows * activations_per_row(p));
  if (p.model == ModelKind::transformer) {
    const TransformerShape& t = p.transformer;
    elements = saturating_add(elements, rows * t.sequence * t.heads * t.layers);
  }
  return saturating_add(saturating_mul(kLimbProducts, products),
                        saturating_mul(kOpsOfElement, elements));
}

std::uint64_t activation_bytes(const TrainParameters& p) {
  return saturating_mul(p.rows() * sizeof(float), activations_per_row(p));
}

Status check_train_caps(const TrainParameters& p, const Caps& caps) {
  const std::uint64_t kept = activation_bytes(p);
  if (kept > kActivationBytesMax) {
    return fail(Code::malformed,
                "a step keeps " + std::to_string(kept) + " bytes of activations where at most " +
                    std::to_string(kActivationBytesMax) + " are allowed: make the batch smaller");
  }
  if (p.model != ModelKind::mlp || p.mlp.examples == 0) return {};
  const std::uint64_t first = p.mlp.widths.front(), last = p.mlp.widths.back();
  const std::uint64_t bytes = p.mlp.examples * (first + last) * sizeof(float);
  const std::uint64_t ops = p.mlp.examples * first * last;
  const std::uint64_t ops_max = std::min(kTeacherOpsMax, caps.step_ops_max);
  if (bytes > caps.input_bytes_max || ops > ops_max) {
    return fail(Code::malformed,
                "examples: to draw them makes " + std::to_string(bytes) + " bytes where at most " +
                    std::to_string(caps.input_bytes_max) + " are allowed, by " +
                    std::to_string(ops) + " multiply-adds of at most " + std::to_string(ops_max));
  }
  return {};
}

Plan plan_of(const TrainParameters& p) {
  Plan plan;
  plan.shape = Shape::chained;
  plan.steps = p.steps / p.steps_per_commit;
  plan.step_ops = saturating_mul(step_ops(p), p.steps_per_commit);
  plan.reference_cost = saturating_mul(plan.step_ops, plan.steps);
  const std::uint64_t count = parameter_count(p);
  const std::size_t arrays = p.optimizer.kind == Optimizer::adam       ? 3
                             : p.optimizer.kind == Optimizer::momentum ? 2
                                                                       : 1;
  plan.state_shape.assign(arrays, TensorShape{DType::f32, {count}});
  plan.state_shape.push_back(TensorShape{DType::f32, {p.steps}});
  plan.result_bytes = saturating_add(saturating_mul(arrays * sizeof(float), count),
                                     sizeof(float) * std::uint64_t{p.steps});
  return plan;
}

}  // namespace assay::compute::train
