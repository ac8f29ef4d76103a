#include "api/cli/commits.h"

#include <algorithm>

#include "core/compute/train/train_parameters.h"

namespace assay::cli {
namespace {

namespace train = compute::train;

constexpr std::uint64_t kSmallStateBytes = std::uint64_t{64} << 10;  // hashed in no time
// Operations for each byte, by measurement (README, Figures).
constexpr std::uint64_t kTrainOps = 2'000;
constexpr std::uint64_t kGemmOps = 4'000;
// The start state is hashed as well, so few commits are dearer; and a draw needs some to choose of.
constexpr std::uint64_t kCommitsMin = 8;

// How many times as much a step has to do; 1: it is enough.
std::uint64_t times_for(std::uint64_t enough, std::uint64_t ops, std::uint64_t bytes) {
  if (bytes < kSmallStateBytes) return 1;
  const std::uint64_t each = std::max<std::uint64_t>(ops / bytes, 1);
  return each >= enough ? 1 : (enough + each - 1) / each;
}

// The plan with so many optimiser steps a commit, if it can be had so.
std::optional<compute::Plan> plan_with(const wire::Json& parameters, std::uint32_t steps) {
  wire::Json with = parameters;
  with.set("steps_per_commit", steps);
  const Result<train::TrainParameters> read = train::parse_train_parameters(with);
  if (!read.ok()) return std::nullopt;
  compute::Plan plan = train::plan_of(read.value());
  if (plan.step_ops > compute::Caps{}.step_ops_max) return std::nullopt;
  return plan;
}

}  // namespace

std::uint64_t state_bytes(const compute::Plan& plan) {
  std::uint64_t bytes = 0;
  for (const compute::TensorShape& tensor : plan.state_shape) bytes += tensor.bytes();
  return bytes;
}

std::optional<CommitAdvice> advise_on_commits(const compute::Plan& plan,
                                              const wire::WorkloadSpec& spec) {
  const bool is_gemm = spec.workload == "gemm";
  if (!is_gemm && spec.workload != "train") return std::nullopt;
  if (plan.step_ops > compute::Caps{}.step_ops_max / 2) return std::nullopt;  // no room for more
  const std::uint64_t bytes = state_bytes(plan);
  const std::uint64_t times = times_for(is_gemm ? kGemmOps : kTrainOps, plan.step_ops, bytes);
  if (times == 1) return std::nullopt;
  return CommitAdvice{std::max<std::uint64_t>(plan.step_ops / bytes, 1), times,
                      is_gemm ? "--gemms-per-step" : "\"steps_per_commit\" of the parameters"};
}

std::optional<std::uint32_t> choose_steps_per_commit(const wire::Json& parameters) {
  if (!parameters.is_object()) return std::nullopt;
  std::optional<std::uint32_t> chosen;
  for (std::uint32_t c = 1; c <= train::kOptimizerStepsPerCommitMax; ++c) {
    const std::optional<compute::Plan> plan = plan_with(parameters, c);
    if (!plan) continue;
    const std::uint64_t times = times_for(kTrainOps, plan->step_ops / c, state_bytes(*plan));
    // The first is the least that can be had at all.
    if (chosen && (*chosen >= times || plan->steps < kCommitsMin || c > 2 * times)) break;
    chosen = c;
  }
  if (chosen == std::uint32_t{1}) return std::nullopt;
  return chosen;
}

}  // namespace assay::cli
