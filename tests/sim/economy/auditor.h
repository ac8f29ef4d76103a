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

// What a replay came to, and on whose word; nobody's: the scalar definition's.
struct Replayed {
  wire::Outcome outcome = wire::Outcome::inconclusive;
  std::optional<WorkerNo> by = {};
};

// What was found out about a worker: it is proven, or suspended and `next` is hired in its place.
struct Finding {
  WorkerNo worker = 0;
  bool good = true;
  WorkerNo next = 0;
};

class Auditor {
 public:
  // Its workers are 0 .. options.workers - 1 at first.
  Auditor(const AuditorOptions& options, std::uint64_t seed);

  // Replays one audit. differs: what an honest replay would find.
  Replayed replay(bool differs);
  // Since this was last asked; to be heeded once the verdict is told.
  std::vector<Finding> take_findings();
  void new_day();  // somebody may begin to lie; at most a fifth of the pool does at any time

  void count_voided(std::size_t verdicts) { stats_.voided += verdicts; }
  const AuditorStats& stats() const { return stats_; }

 private:
  struct Worker {
    WorkerNo number = 0;
    WorkerKind kind = WorkerKind::honest;
    std::uint64_t leases = 0;  // since it became what it is
  };
  bool says_differs(const Worker& worker, bool differs);
  void suspend(Worker& worker);
  bool chance(std::uint32_t ppm) { return random_.below(kMillion) < ppm; }

  const AuditorOptions options_;
  SeededRandom random_;
  std::vector<Worker> workers_;
  WorkerNo next_ = 0;
  std::vector<Finding> findings_;
  AuditorStats stats_;
};

// Tells the book what was found out, and returns the jobs whose audits are due again by it.
std::vector<JobNo> heed(Auditor& auditor, Book& book);

}  // namespace assay::sim
