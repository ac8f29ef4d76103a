#include <mutex>

#include "verifier/service/audits.h"

namespace assay::verifier {
namespace {

using wire::Outcome;

ReplayAnswer& our_failure(ReplayAnswer& answer, const std::string& what) {
  answer.report = {};
  answer.report.detail = "our own failure: " + what;
  return answer;
}

// 1000 * major + 10 * minor, as CUDA has it.
std::string driver_text(const compute::cuda::Device& device) {
  const std::uint32_t version = device.info().driver_version;
  return "cuda " + std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// A mismatch is replayed by others before anything else: the scalar definition first, which alone
// convicts, then further runs from scratch at other instruction levels.
void confirm(const ReplayTask& task, const compute::InputSource& inputs, const compute::Caps& caps,
             std::uint32_t runs, ReplayAnswer& answer) {
  Result<std::unique_ptr<compute::Program>> fresh = compute::load_program(task.spec, inputs, caps);
  if (!fresh.ok() || !answer.report.faulty_step) {
    our_failure(answer, "a mismatch could not be confirmed");
    return;
  }
  const Outcome scalar = convict(*fresh.value(), task.trace, task.opening,
                                 *answer.report.faulty_step, answer.report.faulty_row);
  ++answer.runs;
  answer.device += "+cpu/scalar";
  if (scalar != Outcome::mismatch) {
    our_failure(answer, "the scalar definition does not confirm what " + answer.device + " found");
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

// Replays on one machine; any thread.
class LocalRunner {
 public:
  LocalRunner(std::uint32_t runs, const compute::Caps& caps, ReplayEngine engine)
      : runs_(runs), caps_(caps), engine_(std::move(engine)) {}

  ReplayAnswer run(const ReplayTask& task, const compute::InputSource& inputs) {
    const std::shared_ptr<const compute::cuda::Device> device = device_in_use();
    ReplayAnswer answer;
    answer.device = device_name(device.get());
    if (device != nullptr) answer.driver = driver_text(*device);
    Result<std::unique_ptr<compute::Program>> program =
        compute::load_program(task.spec, inputs, caps_);
    if (!program.ok()) return our_failure(answer, program.error().what);
    if (device != nullptr) {
      program = compute::cuda::on_device(std::move(program).value(), device);
      if (!program.ok()) return give_up_device(our_failure(answer, program.error().what));
    }
    answer.report = replay(*program.value(), task.trace, task.scope, task.opening,
                           compute::Engine(engine_.level, engine_.threads));
    if (answer.report.outcome == Outcome::mismatch) confirm(task, inputs, caps_, runs_, answer);
    const bool nothing = answer.report.outcome == Outcome::inconclusive;
    return device != nullptr && nothing ? give_up_device(answer) : answer;
  }

 private:
  std::string device_name(const compute::cuda::Device* device) const {
    if (device != nullptr) return compute::cuda::backend_name(*device);
    return std::string("cpu/") + compute::cpu_level_name(engine_.level);
  }

  std::shared_ptr<const compute::cuda::Device> device_in_use() {
    const std::scoped_lock lock(mutex_);
    return engine_.device;
  }

  ReplayAnswer give_up_device(const ReplayAnswer& answer) {
    const std::scoped_lock lock(mutex_);
    if (engine_.device != nullptr && engine_.tell) {
      engine_.tell(answer.report.detail + "; replays run on the CPU from now on");
    }
    engine_.device.reset();
    return answer;
  }

  const std::uint32_t runs_;
  const compute::Caps caps_;
  std::mutex mutex_;  // guards the device, and the order of what is told
  ReplayEngine engine_;
};

}  // namespace

ReplayRunner local_runner(const wire::Policy& policy, const compute::Caps& caps,
                          ReplayEngine engine) {
  const auto runner = std::make_shared<LocalRunner>(policy.confirm_runs, caps, std::move(engine));
  return [runner](const ReplayTask& task, const compute::InputSource& inputs) {
    return runner->run(task, inputs);
  };
}

}  // namespace assay::verifier
