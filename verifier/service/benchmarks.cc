#include "verifier/service/benchmarks.h"

#include <algorithm>

#include "verifier/benchmark_check.h"

namespace assay::verifier {

using reputation::ClaimState;
using reputation::ProviderState;

namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::size_t kNoticesKept = 16;
constexpr std::uint32_t kWrongInARow = 2;
constexpr std::uint64_t kMillisPerSecond = 1000;

std::string gemm_class(const std::string& device_class) {
  return device_class + "/gemm@1";
}

// What there is a benchmark for: the rate of a class's gemm jobs.
const ClaimState* measurable_claim(const ProviderState& state) {
  const auto found = std::ranges::find_if(state.claims, [&](const ClaimState& it) {
    return it.part == wire::Part::gpu && it.class_name == gemm_class(state.device_class);
  });
  return found == state.claims.end() ? nullptr : &*found;
}

std::uint64_t rate_of(std::uint64_t ops, std::int64_t took_ms) {
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(took_ms, 1));
  return compute::saturating_mul(ops, kMillisPerSecond) / ms;
}

}  // namespace

void Benchmarks::tick(std::int64_t elapsed_ms) {
  if (elapsed_ms <= 0) return;
  const std::uint64_t mean_ms = context_.policy().probe_mean_ms * kProbesPerRound;
  const std::scoped_lock lock(mutex_);
  for (auto& [id, provider] : providers_) {
    if (provider.due || provider.round) continue;
    provider.due = context_.random.below(mean_ms) < static_cast<std::uint64_t>(elapsed_ms);
  }
}

bool Benchmarks::has_budget(Provider& provider) const {
  const SteadyMillis now = context_.clock.steady_now();
  while (!provider.spent.empty() && now - provider.spent.front().first > kHourMs) {
    provider.spent.pop_front();
  }
  std::int64_t spent = 0;
  for (const auto& [when, took_ms] : provider.spent) spent += took_ms;
  // A round is made for a second, and takes as long as the slowest of this hour, or more.
  return spent == 0 ||
         spent + spent / static_cast<std::int64_t>(provider.spent.size()) <= kBenchmarkBudgetMs;
}

std::size_t Benchmarks::running() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      providers_, [](const auto& entry) { return entry.second.round.has_value(); }));
}

std::optional<Benchmarks::Round> Benchmarks::begin(Provider& provider, const ProviderState& state) {
  const ClaimState* claim = measurable_claim(state);
  if (claim == nullptr) return std::nullopt;
  Round round;
  context_.random.fill(round.task.nonce.bytes);
  round.task.number = ++provider.number;
  compute::size_benchmark(round.task, claim->rate);
  round.task.deadline = context_.clock.unix_now() + kBenchmarkDeadlineMs;
  round.name = wire::benchmark_round(round.task, state.key);
  round.provider = state.key;
  round.class_name = claim->class_name;
  round.claimed = claim->rate;
  const Result<std::uint64_t> ops = compute::benchmark_ops(round.task);
  ASSAY_CHECK(ops.ok(), "a benchmark of our own");
  round.ops = ops.value();
  round.handed = context_.clock.steady_now();
  return round;
}

std::optional<wire::Benchmark> Benchmarks::task_for(const Digest& id, const ProviderState& state,
                                                    bool idle) {
  const std::scoped_lock lock(mutex_);
  if (measurable_claim(state) == nullptr) {
    providers_.erase(id);
    return std::nullopt;
  }
  Provider& provider = providers_[id];
  if (!provider.round && provider.due && idle && running() < kBenchmarksAtOnce &&
      has_budget(provider)) {
    provider.due = false;
    provider.round = begin(provider, state);
  }
  if (!provider.round || provider.round->checking) return std::nullopt;
  return provider.round->task;
}

void Benchmarks::heard(const Digest& id, const Digest& signed_round) {
  const std::scoped_lock lock(mutex_);
  const auto found = providers_.find(id);
  if (found == providers_.end() || !found->second.round) return;
  Round& round = *found->second.round;
  if (round.name == signed_round) {
    round.delivered = true;
  } else if (!round.delivered) {
    found->second.round.reset();
  }
}

void Benchmarks::answered(const Digest& id, const wire::BenchmarkAnswer& answer) {
  const std::scoped_lock lock(mutex_);
  const auto found = providers_.find(id);
  if (found == providers_.end() || !found->second.round) return;
  Round& round = *found->second.round;
  if (round.name != answer.round || round.checking) return;
  if (round.took_ms == 0) {
    const SteadyMillis now = context_.clock.steady_now();
    round.took_ms = std::max<std::int64_t>(now - round.handed, 1);
    round.results = answer.results;
    found->second.spent.emplace_back(now, round.took_ms);
    Result<std::vector<wire::LinkRows>> open =
        draw_benchmark_rows(round.task, context_.options.caps, context_.random);
    if (open.ok()) round.task.open = std::move(open).value();
    return;
  }
  if (answer.opening_blob == Digest{} || answer.results != round.results) return;
  round.opening_blob = answer.opening_blob;
  round.checking = true;
  to_check_.push_back(id);
}

bool Benchmarks::is_measuring(const Digest& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = providers_.find(id);
  return found != providers_.end() && found->second.round && !found->second.round->checking;
}

void Benchmarks::drop() {
  const std::scoped_lock lock(mutex_);
  for (auto& [id, provider] : providers_) {
    if (provider.round && !provider.round->checking) provider.round.reset();
  }
}

void Benchmarks::check_deadlines() {
  std::vector<std::pair<Digest, Round>> over;
  {
    const std::scoped_lock lock(mutex_);
    const SteadyMillis now = context_.clock.steady_now();
    for (auto& [id, provider] : providers_) {
      if (!provider.round || provider.round->checking) continue;
      Round& round = *provider.round;
      const std::int64_t since = now - round.handed;
      // To open rows it has as long again.
      const std::int64_t limit =
          round.took_ms > 0 ? round.took_ms + kBenchmarkDeadlineMs : kBenchmarkDeadlineMs;
      if (since <= limit) continue;
      if (round.took_ms > 0 || round.delivered) {
        round.checking = true;
        over.emplace_back(id, round);
      } else if (since > 2 * kBenchmarkDeadlineMs) {
        provider.round.reset();  // it never came back: nothing is known
      }
    }
  }
  for (auto& [id, round] : over) {
    if (round.took_ms > 0) {
      judged_wrong(id, round, "its rows were not opened");
    } else {
      {
        const std::scoped_lock lock(mutex_);
        providers_[id].spent.emplace_back(context_.clock.steady_now(), kBenchmarkDeadlineMs);
      }
      end(id, round.name, round, kBenchmarkDeadlineMs, "no answer by the deadline");
    }
  }
}

bool Benchmarks::run_check() {
  Digest id;
  Round round;
  {
    const std::scoped_lock lock(mutex_);
    if (to_check_.empty()) return false;
    id = to_check_.front();
    to_check_.pop_front();
    const auto found = providers_.find(id);
    if (found == providers_.end() || !found->second.round) return true;
    round = *found->second.round;
  }
  BenchmarkReport report;
  const Result<Bytes> blob = context_.blobs.get(round.opening_blob);
  if (blob.ok()) {
    const Result<wire::Opening> opening =
        wire::parse_opening_file(blob.value(), kBenchmarkOpeningBytesMax);
    if (opening.ok()) {
      report = check_benchmark(round.task, round.provider, round.results, opening.value(),
                               context_.options.caps, compute::Engine());
    } else {
      report = {wire::Outcome::mismatch, opening.error().what};
    }
  } else if (blob.error().code == Code::not_found) {
    report = {wire::Outcome::mismatch, "the opening it names was not put"};
  }
  if (report.outcome == wire::Outcome::mismatch) {
    judged_wrong(id, round, report.detail);
  } else if (report.outcome == wire::Outcome::match) {
    {
      const std::scoped_lock lock(mutex_);
      providers_[id].wrong = 0;
    }
    end(id, round.name, round, round.took_ms, "rows of every link followed");
  } else {
    forget(id, round.name);
  }
  return true;
}

void Benchmarks::judged_wrong(const Digest& id, const Round& round, const std::string& detail) {
  bool again = false;
  {
    const std::scoped_lock lock(mutex_);
    again = ++providers_[id].wrong >= kWrongInARow;
  }
  context_.notices.add(
      id, {"benchmark",
           "the answer to a hardware round of " + round.class_name + " is wrong: " + detail +
               (again ? "; the second in a row counts as no answer in time"
                      : "; nothing was measured. Test this machine's memory"),
           0});
  if (!again) return forget(id, round.name);
  end(id, round.name, round, kBenchmarkDeadlineMs, "wrong answers in a row: as if there were none");
}

void Benchmarks::end(const Digest& id, const Digest& name, const Round& round, std::int64_t took_ms,
                     std::string how) {
  wire::Measurement measurement;
  measurement.provider = round.provider;
  measurement.class_name = round.class_name;
  measurement.round = name;
  measurement.parts = {{wire::Part::gpu, round.claimed, rate_of(round.ops, took_ms)}};
  measurement.took_ms = static_cast<std::uint64_t>(took_ms);
  measurement.how = std::move(how);
  const Result<reputation::Appended> logged =
      log_own(context_, wire::measurement_statement(measurement));
  forget(id, name);
  if (!logged.ok()) return;  // it claims something else by now, or nothing can be logged
  context_.notices.add(
      id, {"measurement",
           round.class_name + ": " + std::to_string(measurement.parts.front().measured) + " of " +
               std::to_string(round.claimed) + " ops/s claimed; " + measurement.how,
           logged.value().index});
}

void Benchmarks::forget(const Digest& id, const Digest& round) {
  const std::scoped_lock lock(mutex_);
  const auto found = providers_.find(id);
  if (found == providers_.end() || !found->second.round) return;
  if (found->second.round->name == round) found->second.round.reset();
}

}  // namespace assay::verifier
