#include "api/cli/commits.h"

#include <algorithm>

namespace assay::cli {
namespace {

constexpr std::uint64_t kSmallStateBytes = std::uint64_t{64} << 10;  // hashed in no time
// Operations for each byte, by measurement (README, Figures).
constexpr std::uint64_t kTrainOps = 1'000;
constexpr std::uint64_t kGemmOps = 4'000;
constexpr std::uint32_t kStepsPerCommitMax = 64;
// The start state is hashed as well, so few commits are dearer; and a draw needs some to choose of.
constexpr std::uint32_t kCommitsMin = 8;

}  // namespace

std::uint64_t state_bytes(const compute::Plan& plan) {
  std::uint64_t bytes = 0;
  for (const compute::TensorShape& tensor : plan.state_shape) bytes += tensor.bytes();
  return bytes;
}

std::optional<CommitAdvice> advise_on_commits(const compute::Program& program,
                                              const wire::WorkloadSpec& spec) {
  const compute::Plan& plan = program.plan();
  const bool is_gemm = spec.workload == "gemm";
  if (!is_gemm && spec.workload != "train") return std::nullopt;
  const std::uint64_t bytes = state_bytes(plan);
  if (bytes < kSmallStateBytes) return std::nullopt;
  const std::uint64_t enough = is_gemm ? kGemmOps : kTrainOps;
  const std::uint64_t ops = std::max<std::uint64_t>(plan.step_ops / bytes, 1);
  if (ops >= enough) return std::nullopt;
  return CommitAdvice{ops, (enough + ops - 1) / ops,
                      is_gemm ? "--gemms-per-step" : "\"steps_per_commit\" of the parameters"};
}

std::uint32_t choose_steps_per_commit(const compute::Program& program,
                                      const wire::WorkloadSpec& spec) {
  const std::optional<CommitAdvice> advice = advise_on_commits(program, spec);
  if (!advice) return 1;
  const std::uint32_t steps = program.plan().steps;
  std::uint32_t chosen = 1;
  for (std::uint32_t c = 1; c <= std::min(kStepsPerCommitMax, steps / kCommitsMin); ++c) {
    if (steps % c != 0) continue;
    chosen = c;
    if (c >= advice->times) break;
  }
  return chosen;
}

}  // namespace assay::cli
