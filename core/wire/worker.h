// Workers: who replays for a verifier, what they may ask of it, and what they answer.
// Values; any thread. Bytes: FORMAT.md "worker". Vectors: vectors/events/, vectors/worker/.
#pragma once

#include "core/wire/verdict.h"

namespace assay::wire {

inline constexpr std::size_t kWorkerNameMax = 64;
inline constexpr std::size_t kWorkerDeviceMax = 128;
inline constexpr std::size_t kWorkerDriverMax = 64;

// By the verifier or an operator that the policy names: from here on this key's replays count, or
// count no more. What a worker said that missed a canary is void from its last good one on: the
// fold takes out every match that rests on it, and those audits are due again.
struct Worker {
  PublicKey worker;
  std::string name;    // 1..64 bytes, for people
  std::string device;  // 1..128 bytes: what it says that it replays on
  std::string driver;  // 0..64 bytes
  bool enabled = true;
  std::string cause;            // suspended: 1..32 of a-z 0-9 -; enabled: empty
  std::uint64_t void_from = 0;  // suspended: the first leaf that is void; 0, the policy's: none is
  std::uint64_t after = 0;      // the leaf of the last statement about it; 0: this is the first. So
                                // none can be said again by whoever finds it in the log
};
Statement worker_statement(const Worker& worker);  // subject "worker", SHA-256 of its key
Result<Worker> parse_worker(std::string_view payload);

// By a worker, posted, not kept: asks for a lease, or says that it is still at one.
struct WorkerCall {
  PublicKey worker;
  std::string origin;  // of the log that it works for: a call for one verifier is none for another
  UnixMillis sent;     // later than that of any call before: each counts once
  Digest lease;        // zeros: asks for one
};
Statement worker_call_statement(const WorkerCall& call);  // subject "worker"
Result<WorkerCall> parse_worker_call(std::string_view payload);

// By a worker, kept, not logged; a verdict names it by its digest. What a remote replay came to.
struct WorkerResult {
  PublicKey worker;
  Digest lease;
  Digest task;  // task_digest() of what was leased
  Outcome outcome = Outcome::inconclusive;
  std::vector<Outcome> positions;  // one per part of the task; with `inconclusive` perhaps none
  std::vector<Outcome> rows;
  std::vector<Outcome> pairs;
  std::optional<std::uint32_t> faulty_step;  // told with a mismatch, and with nothing else
  std::optional<std::uint64_t> faulty_row;
  std::string device;
  std::string driver;
  std::uint64_t replay_ops = 0;
  std::string detail;  // for people; written as 512 bytes of ASCII at most
};
Statement worker_result_statement(const WorkerResult& result);  // subject "lease"
Result<WorkerResult> parse_worker_result(std::string_view payload);

}  // namespace assay::wire
