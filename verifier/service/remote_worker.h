// A worker: asks a verifier for replays, makes them on this machine, and signs what they came to.
// It keeps nothing: what it was at when it ended goes to somebody else. One thread calls turn();
// while it replays, another may call keep_lease().
#pragma once

#include <mutex>

#include "api/port/port.h"
#include "core/wire/lease.h"
#include "core/wire/worker.h"
#include "verifier/service/context.h"

namespace assay::verifier {

struct RemoteWorkerPorts {
  api::Port& verifier;
  Clock& clock;
};

struct RemoteWorkerOptions {
  std::string origin;                                   // of the verifier's log
  std::size_t blob_bytes_max = std::size_t{256} << 20;  // of one blob
  compute::Caps caps{};
  compute::ModelSource models{};  // empty: put together in memory for each job
};

class RemoteWorker {
 public:
  RemoteWorker(RemoteWorkerPorts ports, const SigningKey& key, RemoteWorkerOptions options,
               ReplayRunner replay);

  // Asks once, and where there is something replays and answers it.
  struct Turn {
    bool replayed = false;
    wire::Outcome outcome = wire::Outcome::inconclusive;
    std::int64_t wait_ms = 0;  // before the next
  };
  //   network      the verifier cannot be reached; try again
  //   permission   suspended: an operator must enable this worker
  //   others       the verifier's; the lease is given up
  Result<Turn> turn();

  // Says that it is still at its lease, if it has one. Returns how long that may wait to be said
  // again.
  Result<std::int64_t> keep_lease();

 private:
  Result<wire::LeaseReply> call(const Digest& lease);
  ReplayAnswer replay(const wire::LeasedTask& task);
  Result<ReplayTask> fetch(const wire::LeasedTask& task);

  RemoteWorkerPorts ports_;
  const SigningKey& key_;
  const RemoteWorkerOptions options_;
  ReplayRunner replay_;
  std::mutex mutex_;  // guards both below
  Digest lease_;      // zeros: none
  UnixMillis last_sent_;
};

}  // namespace assay::verifier
