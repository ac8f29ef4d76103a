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
};
using ReplayRunner =
    std::function<ReplayAnswer(const ReplayTask& task, const compute::InputSource& inputs)>;

struct ServiceOptions {
  bool threaded = true;  // false: nothing happens but in tick() and run_replay()
  unsigned replay_threads = 1;
  std::size_t blob_bytes_max = std::size_t{256} << 20;  // of one blob
  compute::Caps caps;
  compute::ModelSource models;  // empty: models are put together in memory for each job
  std::string next_policy;      // to be announced at the start; empty: none
  WitnessSetup witnesses;       // by itself none, and the quorum "none"
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
