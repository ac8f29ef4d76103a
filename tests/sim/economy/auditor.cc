#include "tests/sim/economy/auditor.h"

#include <algorithm>

namespace assay::sim {
namespace {

using wire::Outcome;

constexpr std::uint32_t kDeviceErrorPpm = 5'000;
constexpr std::uint32_t kTimeoutPpm = 5'000;
constexpr std::uint32_t kCanaryPpm = 20'000;  // of leases; half of them good, half bad
constexpr std::uint32_t kFramedPpm = 250'000;
constexpr std::uint32_t kBrokenPpm = 100'000;
constexpr std::uint32_t kTurncoatPpm = 125'000;  // a day
constexpr std::size_t kLiarsShare = 5;           // one fifth

std::size_t index_of(WorkerKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

const char* worker_kind_name(WorkerKind kind) {
  constexpr std::array<const char*, kWorkerKinds> kNames{"honest", "rubber-stamp-worker",
                                                         "framing-worker", "broken-device"};
  return kNames[index_of(kind)];
}

void AuditorStats::add(const AuditorStats& other) {
  replays += other.replays;
  device_errors += other.device_errors;
  timeouts += other.timeouts;
  canaries += other.canaries;
  false_mismatches += other.false_mismatches;
  false_matches += other.false_matches;
  voided += other.voided;
  for (std::size_t i = 0; i < kWorkerKinds; ++i) {
    suspended[i] += other.suspended[i];
    leases_until[i] += other.leases_until[i];
  }
}

Auditor::Auditor(const AuditorOptions& options, std::uint64_t seed)
    : options_(options), random_(seed), workers_(options.workers) {
  for (Worker& worker : workers_) worker.number = next_++;
  if (!options_.turncoats) return;
  for (std::size_t kind = 1; kind < kWorkerKinds; ++kind) {
    workers_[kind].kind = static_cast<WorkerKind>(kind);
  }
}

bool Auditor::says_differs(const Worker& worker, bool differs) {
  switch (worker.kind) {
    case WorkerKind::honest: return differs;
    case WorkerKind::rubber_stamp: return false;
    case WorkerKind::framer: return differs || chance(kFramedPpm);
    case WorkerKind::broken: return differs || chance(kBrokenPpm);
  }
  return differs;
}

// Somebody else takes its place.
void Auditor::suspend(Worker& worker) {
  ++stats_.suspended[index_of(worker.kind)];
  stats_.leases_until[index_of(worker.kind)] += worker.leases;
  findings_.push_back({worker.number, false, next_});
  worker = {};
  worker.number = next_++;
}

Replayed Auditor::replay(bool differs) {
  ++stats_.replays;
  if (options_.faults && chance(kDeviceErrorPpm)) {
    ++stats_.device_errors;
    return {};
  }
  if (options_.faults && chance(kTimeoutPpm)) {
    ++stats_.timeouts;
    return {};
  }
  Worker& worker = workers_[random_.below(workers_.size())];
  const WorkerNo number = worker.number;
  ++worker.leases;
  const bool said = says_differs(worker, differs);
  if (said && !differs) ++stats_.false_mismatches;
  if (!said && differs) ++stats_.false_matches;
  if (said) {
    // The scalar definition decides; whom it refutes is suspended as if by a canary.
    if (!options_.confirms || differs) return {Outcome::mismatch, number};
    suspend(worker);
    return {Outcome::match, {}};
  }
  // Whoever turned has a canary coming like everybody else; it cannot be told from a job.
  if (options_.turncoats && chance(kCanaryPpm)) {
    ++stats_.canaries;
    ++worker.leases;
    const bool bad = chance(kMillion / 2);
    if (says_differs(worker, bad) == bad) {
      findings_.push_back({number, true, 0});
    } else {
      suspend(worker);
    }
  }
  return {Outcome::match, number};
}

std::vector<Finding> Auditor::take_findings() {
  return std::exchange(findings_, {});
}

std::vector<JobNo> heed(Auditor& auditor, Book& book) {
  std::vector<JobNo> due;
  for (const Finding& it : auditor.take_findings()) {
    if (it.good) {
      book.proven(it.worker);
      continue;
    }
    const std::vector<JobNo> voided = book.suspend(it.worker);
    book.hire(it.next);
    auditor.count_voided(voided.size());
    due.insert(due.end(), voided.begin(), voided.end());
  }
  return due;
}

void Auditor::new_day() {
  if (!options_.turncoats || !chance(kTurncoatPpm)) return;
  const auto lying = static_cast<std::size_t>(std::ranges::count_if(
      workers_, [](const Worker& it) { return it.kind != WorkerKind::honest; }));
  if ((lying + 1) * kLiarsShare > workers_.size()) return;
  Worker& worker = workers_[random_.below(workers_.size())];
  if (worker.kind != WorkerKind::honest) return;
  worker.kind = static_cast<WorkerKind>(1 + random_.below(kWorkerKinds - 1));
  worker.leases = 0;
}

}  // namespace assay::sim
