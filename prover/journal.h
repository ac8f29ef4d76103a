// What an agent must not forget: its place in the attestation chain, the bytes it signed, and its
// jobs. A folder of files, every one written durably before what it records is sent.
// One thread at a time (job folders may be read and their `states` written by a worker).
//
//   lock                      held while an agent runs
//   chain.json                key, next seq, prev, and the pending attestation with its bytes
//   handed.json               what the last poll that mattered handed over
//   notices.json              the last things the verifier has told this provider
//   jobs/<job>/order.dsse, acceptance.dsse, status.json, trace, result, attestation.dsse
//   jobs/<job>/inputs/, states/, challenges/
//
// The rule behind chain.json: an attestation is written here, whole, before it is first sent, and
// only these bytes are ever sent for its seq. A seq is free for other content only after the
// verifier refused the pending one for good (release_pending()); crashes free nothing.
#pragma once

#include <map>
#include <optional>

#include "core/base/file_lock.h"
#include "core/base/time.h"
#include "core/wire/poll.h"
#include "prover/attest.h"

namespace assay::prover {

// How far a job has come, in this order; `closed` from anywhere. A job goes back only from
// `finished` to `accepted`, to be run again when the check of our own proof fails.
enum class Stage {
  accepting,  // the signed acceptance is on disk; the log may have it
  accepted,   // the log has it: to be run
  finished,   // trace and result are on disk: to be attested
  attested,   // the log has the attestation: openings are answered until retention ends
  closed,     // refused, timed out, cancelled or failed; `detail` says which
};
const char* stage_name(Stage stage);

struct JobStatus {
  Stage stage = Stage::accepting;
  UnixMillis accepted;  // by the log's clock
  UnixMillis started;
  UnixMillis finished;
  UnixMillis ended;             // attested or closed, by our clock: retention counts from here
  Digest attestation;           // attested: PAE digest
  std::uint64_t log_index = 0;  // attested: its leaf
  std::string backend;          // finished: what ran it, "cuda/sm_90"; empty in older journals
  std::vector<wire::Device> devices;  // finished: those it ran on; empty in older journals
  std::string detail;
};

struct PendingAttestation {
  Digest job;
  ChainPlace place;
  Digest digest;  // PAE digest
  std::string envelope;
};

// What the last poll left for the next heartbeat.
struct Handed {
  Digest nonce;
  Digest reply;  // SHA-256 of the reply's bytes
  std::uint64_t heartbeat_seq = 0;
};

// Something the verifier has told us, and when we heard it.
struct HeardNotice {
  wire::Notice notice;
  UnixMillis heard;
};
inline constexpr std::size_t kNoticesRemembered = 256;  // the newest
// The same news, though perhaps in other words.
bool same_notice(const wire::Notice& a, const wire::Notice& b);

// What makes two askings the same: all but the deadline.
Digest challenge_key(wire::Challenge challenge);

class Journal {
 public:
  // Opens or creates the folder and takes its lock.
  //   conflict     another agent has it, or it belongs to another key
  //   malformed    a file in it is damaged: says which
  //   storage
  static Result<std::unique_ptr<Journal>> open(const std::string& folder,
                                               const PublicKey& provider);

  // The place of the next attestation; a pending one still occupies it.
  const ChainPlace& next() const { return next_; }
  const std::optional<PendingAttestation>& pending() const { return pending_; }
  // True until the first attestation is recorded or a place is adopted.
  bool fresh() const { return next_.seq == 1 && !pending_; }

  Status record_pending(PendingAttestation attestation);
  // The log has the pending attestation: the job is `attested` and the chain moves on.
  Status settle_pending(std::uint64_t log_index, UnixMillis now);
  // The verifier refused it for good: its job is closed, its seq is free again.
  Status release_pending(const std::string& why, UnixMillis now);
  // Continues the chain where the log says it is (--adopt-chain, after a lost folder).
  Status adopt(const ChainPlace& place);

  const Handed& handed() const { return handed_; }
  // Durable when `durable`; a poll that handed over nothing need not survive a crash.
  Status record_handed(const Handed& handed, bool durable);

  const std::map<Digest, JobStatus>& jobs() const { return jobs_; }
  // Records the order and our acceptance of it, stage `accepting`.
  Status begin_job(const Digest& job, const std::string& order, const std::string& acceptance);
  Status set_status(const Digest& job, const JobStatus& status);
  // Deletes jobs that ended more than retention_ms ago.
  void forget_old(UnixMillis now, std::int64_t retention_ms);

  // Challenges that were handed to us and are not answered yet, by challenge_key(). Recorded before
  // the poll reply is, so that no heartbeat acknowledges one that a crash could lose.
  const std::map<Digest, wire::Challenge>& challenges() const { return challenges_; }
  Status add_challenge(const wire::Challenge& challenge);
  void drop_challenge(const Digest& key);

  // What was heard, oldest first. A notice is said again until a heartbeat has signed for it, and
  // once more when the verifier was started anew: remember_notice() answers false for one that is
  // known. Recorded before the poll reply is, like challenges.
  const std::vector<HeardNotice>& notices() const { return notices_; }
  Result<bool> remember_notice(const wire::Notice& notice, UnixMillis now);

  // A file of a job: "order.dsse", "trace", "inputs/<hex>", …
  std::string path(const Digest& job, const std::string& name) const;
  Result<Bytes> read(const Digest& job, const std::string& name, std::size_t bytes_max) const;
  Status write(const Digest& job, const std::string& name, ByteView bytes);

 private:
  Journal(std::string folder, const PublicKey& provider, std::unique_ptr<FileLock> lock)
      : folder_(std::move(folder)), provider_(provider), lock_(std::move(lock)) {}

  Status load();
  Status load_chain();
  Status load_handed();
  Status load_notices();
  Status load_jobs();
  void load_challenges(const Digest& job);
  Status write_chain(const ChainPlace& next, const std::optional<PendingAttestation>& pending);

  std::string folder_;
  PublicKey provider_;
  std::unique_ptr<FileLock> lock_;
  ChainPlace next_;
  std::optional<PendingAttestation> pending_;
  Handed handed_;
  std::map<Digest, JobStatus> jobs_;
  std::map<Digest, wire::Challenge> challenges_;
  std::vector<HeardNotice> notices_;
};

}  // namespace assay::prover
