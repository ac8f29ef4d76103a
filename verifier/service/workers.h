// Workers elsewhere: leases of replays, what they answer, and how far they are believed. A worker
// asks, so that it needs no address; it is told what is to be replayed, not whose it is. Its word
// for a match counts, under its name; its word for a mismatch is replayed here first. Some leases
// are canaries (canaries.h): who misses one, or claims a mismatch that is none, is suspended by a
// logged statement, and whatever rests on it since its last good canary of that kind is void.
//
// Leases and records are in the lease table and outlive a restart; which calls were heard last is
// memory alone. Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "core/wire/lease.h"
#include "core/wire/worker.h"
#include "verifier/service/audits.h"
#include "verifier/service/lease_table.h"

namespace assay::verifier {

class Workers {
 public:
  Workers(Context& context, Audits& audits, reputation::Store& leases)
      : context_(context), audits_(audits), table_(leases) {}

  // Takes up the leases that live. After Audits::load().
  Status load();

  // api::Port::worker_call and worker_result. Besides what those say:
  //   permission   suspended, or a lease that is not this worker's
  //   conflict     heard before, meant for another verifier, or too late; the lease is over
  //   rate_limited as many leases as one worker may have
  Result<std::string> call(const std::string& envelope);
  Status result(const std::string& envelope);
  Result<std::string> kept_result(const std::string& digest);

  void expire();
  // Makes one canary ready, where workers call and there are too few. Returns whether it tried.
  // Called by the replay threads: it replays.
  bool prepare_canary();
  bool are_calling() const;  // one at least, lately

  // A worker's word was refuted by ours.
  void refuted(const PublicKey& worker);
  // An operator's statement about a worker is in the log.
  void told(const wire::Worker& statement);

  struct Counts {
    std::size_t leased = 0;
    std::size_t ready_canaries = 0;
    std::uint64_t dead_letters = 0;  // since the start of this process
    std::uint64_t expired = 0;
    std::uint64_t canaries_passed = 0;
    std::uint64_t canaries_missed = 0;
  };
  Counts counts() const;

 private:
  struct Canary {
    LeaseOf of = LeaseOf::good_canary;
    std::uint64_t attestation = 0;
    wire::LeasedTask task;
    std::vector<PublicKey> known_to;  // who replayed the claim that it is made of
  };
  struct Heard {
    UnixMillis sent;
    SteadyMillis at;
  };

  template <class T>
  Result<T> open(const std::string& envelope, wire::Kind kind, Result<T> (*parse)(std::string_view),
                 Digest* statement);
  Status hear(const wire::WorkerCall& call);
  Result<wire::LeaseReply> grant(const PublicKey& worker);
  Result<wire::LeaseReply> extend(const wire::WorkerCall& call);
  Canary take_canary(const PublicKey& worker);
  Status lend(const PublicKey& worker, LeaseRow row, const wire::LeasedTask& task,
              wire::LeaseReply& reply);
  Result<LeaseRow> lease_of(const wire::WorkerResult& result);
  Status end(const LeaseRow& row);
  void came_to_nothing(const LeaseRow& row);
  void canary_answered(const LeaseRow& row, const wire::WorkerResult& result);
  void real_answered(const LeaseRow& row, const wire::WorkerResult& result,
                     const Digest& statement);
  // Why a worker is suspended; kept as a number.
  enum class SuspendedFor : std::uint8_t { missed_canary, refuted };
  void suspend(const PublicKey& worker, SuspendedFor cause, std::uint64_t void_from);
  void log_suspensions();
  bool log_suspension(const PublicKey& worker, const WorkerRecord& record);
  std::optional<Canary> make_canary(std::uint64_t attestation, bool good);
  void doubt(std::uint64_t attestation, std::uint64_t verdict_index);
  void end_leases_of(const PublicKey& worker);
  void change_record(const PublicKey& worker, const std::function<void(WorkerRecord&)>& change);

  Context& context_;
  Audits& audits_;
  mutable std::mutex mutex_;
  LeaseTable table_;
  std::map<Digest, LeaseRow> leases_;
  std::map<PublicKey, Heard> heard_;
  std::deque<Canary> canaries_;
  bool must_suspend_ = false;  // some record says so: until it is logged
  SteadyMillis next_try_;      // to make a canary, when the last could not be made
  SteadyMillis next_prune_;
  Counts counts_;
};

// GET /v1/workers: who replays, what it came to, and who is unlike the others.
Result<wire::Json> workers_document(const Reading& context);

}  // namespace assay::verifier
