// Who replays: a pool of workers on machines that fail, some of which lie, and what is made of what
// they say. Rules: verification.md, "Outcomes" and "Replay at scale". One thread.
//
// A mismatch is decided by the scalar definition, whoever reports it; a match is believed, and a
// worker that misses a canary is suspended and what it said since its last good one is void.
#pragma once

#include <vector>

#include "core/base/random.h"
#include "tests/sim/economy/book.h"

namespace assay::sim {

enum class WorkerKind : std::uint8_t {
  honest,
  rubber_stamp,  // says match without looking: every forgery it is given passes
  framer,        // says mismatch of every fourth right result
  broken,        // a device that miscomputes one replay in ten
};
inline constexpr std::size_t kWorkerKinds = 4;
const char* worker_kind_name(WorkerKind kind);

struct AuditorOptions {
  unsigned workers = 20;
  bool faults = true;     // devices fail, replays time out
  bool turncoats = true;  // now and then an honest worker begins to lie
  bool confirms = true;   // Rules::confirms
};

struct AuditorStats {
  std::uint64_t replays = 0;
  std::uint64_t device_errors = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t canaries = 0;
  std::uint64_t false_mismatches = 0;                   // said of right results
  std::uint64_t false_matches = 0;                      // said of results that a replay finds wrong
  std::uint64_t voided = 0;                             // verdicts
  std::array<std::uint64_t, kWorkerKinds> suspended{};  // by kind
  std::array<std::uint64_t, kWorkerKinds> leases_until{};  // of those, together
  void add(const AuditorStats& other);
};

class Auditor {
 public:
  Auditor(const AuditorOptions& options, std::uint64_t seed);

  // Replays one audit. differs: what an honest replay would find. Every worker's word is kept until
  // its next good canary.
  wire::Outcome replay(JobNo job, bool differs);
  // Verdicts that are void since this was last asked: audited again by somebody else.
  std::vector<JobNo> take_voided();
  void new_day();  // somebody may begin to lie; at most a fifth of the pool does at any time

  const AuditorStats& stats() const { return stats_; }

 private:
  struct Worker {
    WorkerKind kind = WorkerKind::honest;
    std::uint64_t leases = 0;     // since it became what it is
    std::vector<JobNo> unproven;  // matches it reported since its last good canary
  };
  bool says_differs(const Worker& worker, bool differs);
  void suspend(Worker& worker);
  bool chance(std::uint32_t ppm) { return random_.below(kMillion) < ppm; }

  const AuditorOptions options_;
  SeededRandom random_;
  std::vector<Worker> workers_;
  std::vector<JobNo> voided_;
  AuditorStats stats_;
};

}  // namespace assay::sim
