// The hardware rounds of an Agent: a challenge that is run at once, since its time is taken, and
// rows of what came of it.
#include <algorithm>

#include "prover/agent_parts.h"

namespace assay::prover {
namespace {

// A round is sized for a second of what is claimed.
constexpr std::uint64_t kSecondsMax = 4;

std::string class_of(const wire::Benchmark& task, const std::string& device_class) {
  return device_class + "/" + task.workload + "@" + std::to_string(task.version);
}

}  // namespace

// May this challenge cost us what it asks for?
Status Agent::may_measure(const wire::Benchmark& task) const {
  const std::string name = class_of(task, options_.profile.device_class);
  const auto claim = std::ranges::find_if(options_.profile.claims, [&](const wire::Claim& it) {
    return it.part == wire::Part::gpu && it.class_name == name;
  });
  if (claim == options_.profile.claims.end()) {
    return fail(Code::malformed, "benchmark: nothing is claimed in " + name);
  }
  const Result<std::uint64_t> ops = compute::benchmark_ops(task);
  if (!ops.ok()) return ops.error();
  if (ops.value() / kSecondsMax <= claim->rate) return {};
  return fail(Code::malformed, "benchmark: it asks for more than " + std::to_string(kSecondsMax) +
                                   " seconds of what is claimed");
}

Status Agent::answer_benchmark() {
  if (benchmark_task_.done()) collect_benchmark();
  if (!benchmark_) {
    if (benchmark_task_.active()) {
      benchmark_task_.cancel();
    } else {
      measuring_.reset();
    }
    return {};
  }
  const Digest round = wire::benchmark_round(*benchmark_, key_.public_key());
  if (benchmark_task_.active()) {
    const bool late = log_now() > benchmark_->deadline;
    if (late || measuring_->round != round) benchmark_task_.cancel();
    return {};
  }
  if (measuring_ && measuring_->round == round) return open_benchmark_rows();
  // It has the engine to itself; the verifier asks nobody who is at work, by what it knows.
  return open_jobs() > 0 ? Status() : start_benchmark(round);
}

Status Agent::start_benchmark(const Digest& round) {
  measuring_ = std::make_unique<Measuring>();
  measuring_->round = round;
  measuring_->task = *benchmark_;
  if (Status may = may_measure(*benchmark_); !may.ok()) {
    tell(AgentEvent::Kind::declined, {}, may.error().what);
    return {};  // known by its round: it is looked at once
  }
  tell(AgentEvent::Kind::started, {}, "a benchmark of " + measuring_->task.workload);
  const std::shared_ptr<const compute::cuda::Device> device =
      options_.cheat.active ? nullptr : options_.device;
  benchmark_task_.start(
      [this, device, work = measuring_.get()](const std::atomic<bool>& cancelled) {
        work->outcome = run_benchmark(work->task, key_.public_key(), engine_, device, options_.caps,
                                      &cancelled);
        if (work->outcome->ok() && options_.on_benchmark) {
          options_.on_benchmark(compute::benchmark_ops(work->task).value());
        }
      },
      options_.background_jobs);
  if (benchmark_task_.done()) collect_benchmark();
  return {};
}

void Agent::collect_benchmark() {
  benchmark_task_.collect();
  if (measuring_->outcome->ok()) return;
  const Error& error = measuring_->outcome->error();
  if (error.code != Code::interrupted && options_.device != nullptr) give_up_device({}, error);
  tell(AgentEvent::Kind::trouble, {}, error.in("benchmark").what);
}

// The answer is there; what of it is to be opened we hear with the reply to it.
Status Agent::open_benchmark_rows() {
  const bool answered = measuring_->outcome && measuring_->outcome->ok();
  if (!answered || benchmark_->open.empty() || measuring_->opening_blob != Digest{}) return {};
  const Result<wire::Opening> opening =
      open_benchmark(*benchmark_, measuring_->outcome->value(), options_.caps);
  if (!opening.ok()) return opening.error();
  const Bytes file = wire::opening_file(opening.value());
  const Digest blob = sha256(file);
  if (Status put = ports_.port.put_blob(blob, file); !put.ok()) return put.error().in("benchmark");
  measuring_->opening_blob = blob;
  return {};
}

std::optional<wire::BenchmarkAnswer> Agent::benchmark_answer() const {
  if (!measuring_ || benchmark_task_.active() || !measuring_->outcome ||
      !measuring_->outcome->ok()) {
    return std::nullopt;
  }
  return wire::BenchmarkAnswer{measuring_->round, measuring_->outcome->value().results,
                               measuring_->opening_blob};
}

// Something that the verifier waits for by the clock.
bool Agent::benchmark_waits() const {
  const std::optional<wire::BenchmarkAnswer> answer = benchmark_answer();
  return answer && benchmark_ && answer != benchmark_sent_;
}

}  // namespace assay::prover
