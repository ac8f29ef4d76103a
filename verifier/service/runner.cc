#include <algorithm>

#include "verifier/service/audits.h"

namespace assay::verifier {
namespace {

using wire::Outcome;

// A mismatch is replayed by others before anything else: the scalar definition first, which alone
// convicts, then further runs from scratch at other instruction levels.
void confirm(const ReplayTask& task, const compute::InputSource& inputs, const compute::Caps& caps,
             std::uint32_t runs, ReplayAnswer& answer) {
  Result<std::unique_ptr<compute::Program>> fresh = compute::load_program(task.spec, inputs, caps);
  if (!fresh.ok() || !answer.report.faulty_step) {
    answer.report.outcome = Outcome::inconclusive;
    answer.report.detail = "our own failure: a mismatch could not be confirmed";
    return;
  }
  const Outcome scalar = convict(*fresh.value(), task.trace, task.opening,
                                 *answer.report.faulty_step, answer.report.faulty_row);
  ++answer.runs;
  answer.device += "+cpu/scalar";
  if (scalar != Outcome::mismatch) {
    answer.report.outcome = Outcome::inconclusive;
    answer.report.detail =
        "our own failure: the scalar definition does not confirm what " + answer.device + " found";
    return;
  }
  for (const compute::CpuLevel level : {compute::CpuLevel::avx2, compute::CpuLevel::sse2}) {
    if (answer.runs >= runs || !compute::cpu_level_supported(level)) continue;
    // What these say is recorded; they can neither convict nor acquit.
    const Report again =
        replay(*fresh.value(), task.trace, task.scope, task.opening, compute::Engine(level, 1));
    ++answer.runs;
    answer.device += std::string("+cpu/") + compute::cpu_level_name(level);
    if (again.outcome != Outcome::mismatch) answer.device += "(disagrees)";
  }
}

}  // namespace

ReplayRunner local_runner(const wire::Policy& policy, const compute::Caps& caps,
                          compute::CpuLevel level, unsigned threads) {
  return
      [=, runs = policy.confirm_runs](const ReplayTask& task, const compute::InputSource& inputs) {
        ReplayAnswer answer;
        answer.device = std::string("cpu/") + compute::cpu_level_name(level);
        Result<std::unique_ptr<compute::Program>> program =
            compute::load_program(task.spec, inputs, caps);
        if (!program.ok()) {
          answer.report.detail = "our own failure: " + program.error().what;
          return answer;
        }
        answer.report = replay(*program.value(), task.trace, task.scope, task.opening,
                               compute::Engine(level, threads));
        if (answer.report.outcome == Outcome::mismatch) confirm(task, inputs, caps, runs, answer);
        return answer;
      };
}

}  // namespace assay::verifier
