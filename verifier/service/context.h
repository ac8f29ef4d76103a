// What every part of the service works with. Built once, by a main or a test; borrowed by all.
#pragma once

#include <atomic>
#include <functional>

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/compute/program.h"
#include "core/wire/attestation.h"
#include "core/wire/policy.h"
#include "reputation/ledger/ledger.h"
#include "verifier/replay.h"
#include "verifier/service/blobs.h"
#include "verifier/service/notices.h"
#include "verifier/service/policy_book.h"
#include "verifier/service/publisher.h"

namespace assay::verifier {

// The service's three keys; none may stand in for another.
struct ServiceKeys {
  SigningKey verifier;  // DSSE: draws, verdicts, slashes, scores
  SigningKey vrf;       // ECVRF only
  SigningKey log;       // checkpoints only
};

// The identity of replays made in this process: derived from the verifier's key, so that a restored
// service is the same worker; it signs nothing, for its word is the verdict itself.
//   SHA-256("assay/worker/v1\n" || seed of the verifier's key) is the seed
SigningKey worker_key(const ServiceKeys& keys);

// One claim, ready to be replayed.
struct ReplayTask {
  std::uint64_t attestation_index = 0;
  wire::WorkloadSpec spec;
  wire::Trace trace;
  Scope scope;
  wire::Opening opening;
};

// Runs a replay and, after a mismatch, its confirmations. The seam at which tests let our own
// devices fail. Called from the replay threads.
struct ReplayAnswer {
  Report report;
  std::uint32_t runs = 1;
  std::string device;
  std::string driver{};                        // of a GPU; empty on the CPU
  std::vector<wire::VerdictWorker> workers{};  // whose word it is, filled in by who asked for it
};
using ReplayRunner =
    std::function<ReplayAnswer(const ReplayTask& task, const compute::InputSource& inputs)>;

// How replays are lent to workers elsewhere.
struct LeaseOptions {
  std::int64_t lease_ms = 30'000;  // without a heartbeat
  std::uint32_t attempts_max = 5;  // leases that came to nothing; then it is replayed here
  std::uint32_t of_one_worker_max = 8;
  std::uint32_t canary_ppm = 15'000;  // of all leases
  // Fresh replays are left to workers while one of them calls; what must be replayed here is not.
  bool workers_first = false;
};

// Jobs of the verifier's own, for providers that are audited too rarely to be judged.
struct TopUpOptions {
  std::uint64_t budget_micros = 0;  // in 24 hours; 0: none are ordered
  std::uint32_t audits_a_day = 2;   // that every provider is to have, expected
};

struct ServiceOptions {
  bool threaded = true;  // false: nothing happens but in tick() and run_replay()
  unsigned replay_threads = 1;
  std::size_t blob_bytes_max = std::size_t{256} << 20;  // of one blob
  compute::Caps caps;
  compute::ModelSource models;  // empty: models are put together in memory for each job
  std::string next_policy;      // to be announced at the start; empty: none
  WitnessSetup witnesses;       // by itself none, and the quorum "none"
  LeaseOptions leases{};
  TopUpOptions top_up{};
};

// What answers to reads are made from: all that a read replica has.
struct Reading {
  reputation::Store& store;
  const std::string log_origin;
  Blobs& blobs;
  Clock& clock;
  PolicyBook& policies;
  const ServiceOptions options;
  // The newest checkpoint that is shown.
  //   inconclusive there is none yet: try again later
  std::function<Result<SignedHead>()> published;

  const std::string& origin() const { return log_origin; }
  // In force now; what concerns a job goes by the job's own: policy_of().
  const wire::Policy& policy() const { return policies.now().policy; }
  const Digest& policy_digest() const { return policies.now().digest; }
  //   inconclusive our own view of the log lags behind
  Result<const reputation::LoggedPolicy*> policy_of(const reputation::JobState& job) const {
    return policies.logged(job.policy_index);
  }
  compute::InputSource inputs() const {
    return {[this](const wire::Input& input) { return blobs.get(input.sha256); }, options.models};
  }
  Result<std::unique_ptr<reputation::ReadTxn>> read() const { return store.read(); }
};

struct Context : Reading {
  reputation::Ledger& ledger;
  Writer& writer;
  Publisher& publisher;
  Random& random;
  const ServiceKeys& keys;
  ReplayRunner replay;
  Notices& notices;
  PublicKey own_worker;  // worker_key() of this service
};

// Signs a statement of the service's own and logs it.
Result<reputation::Appended> log_own(const Context& context, const wire::Statement& statement);
reputation::Submission sign_own(const Context& context, const wire::Statement& statement);

// The order behind a job, out of its leaf.
struct LoggedOrder {
  wire::Order order;
  std::string envelope;  // as its renter signed it
};
Result<LoggedOrder> read_order(const reputation::View& view, const reputation::JobState& job,
                               std::uint64_t log_size);

}  // namespace assay::verifier
