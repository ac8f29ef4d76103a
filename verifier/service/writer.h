// The single writer: every statement passes here on its way into the log. With a thread of its own
// it commits in groups (what waits, up to 256 statements, is one transaction); without one the
// caller commits its own statement, which is what simulations want.
// Thread-safe. An answer means: it is on the disk, and a checkpoint that this log has signed covers
// it. Whether witnesses have seen that checkpoint is the Publisher's business: no answer waits for
// them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/time.h"
#include "core/wire/checkpoint.h"
#include "reputation/ledger/ledger.h"

namespace assay::verifier {

// Where the newest signed head is kept besides the store, so that a store that was set back is
// noticed: starting on less than was ever signed would mean signing two logs.
class HeadKeeper {
 public:
  virtual ~HeadKeeper() = default;

  virtual Result<std::optional<std::string>> load() = 0;  // the signed note; nothing: none yet

  // Replaces what load() gave, or the last keep() of this keeper left, by a head that grew out of
  // it, durably when it returns.
  //   conflict     another head is there by now, or another process keeps heads here: two services
  //                would sign with one key
  //   storage      it was not kept
  virtual Status keep(const std::optional<std::string>& expected, const std::string& next) = 0;
};
std::unique_ptr<HeadKeeper> make_memory_head_keeper();
// The first keep() takes a lock on `<path>.lock` for as long as the keeper lives.
std::unique_ptr<HeadKeeper> make_file_head_keeper(std::string path);

// A checkpoint and the note that says it.
struct SignedHead {
  std::string note;
  wire::Checkpoint checkpoint;
};

// How its commits go.
struct WriterState {
  std::uint64_t commits = 0;
  std::uint64_t statements = 0;         // that were logged by them
  std::int64_t commit_ms_total = 0;     // with the signature of the head and its keeping
  std::int64_t last_commit_ms = 0;      // how long the last one took
  std::int64_t last_commit_ms_ago = 0;  // meaningless while there was none
  std::int64_t under_way_ms = 0;        // of the one that is being made; 0: none is
  std::int64_t clock_back_ms = 0;       // behind the latest moment that this process has seen
};

class Writer {
 public:
  // The key must be the log's. Call start() before anything else.
  Writer(reputation::Ledger& ledger, const SigningKey& log_key, HeadKeeper& heads, Clock& clock,
         bool threaded);
  ~Writer();  // commits what waits
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Compares the store with the kept head and signs the checkpoint of what is there.
  //   stale        the store has less than was signed before, or another tree
  Status start();

  // Logs one statement, or several that must follow each other in one transaction. Blocks until
  // the commit. Errors: Ledger::append's, and `storage` once any commit has failed.
  Result<reputation::Appended> submit(reputation::Submission submission);
  std::vector<Result<reputation::Appended>> submit_all(
      std::vector<reputation::Submission> submissions);

  // The newest signed checkpoint. Not for publication: see Publisher.
  SignedHead head() const;
  wire::Checkpoint checkpoint() const;

  WriterState state() const;

  // From now on nothing is committed or signed, for this reason.
  void refuse(Error why);

  // Set once a commit or a signature has failed, or after refuse(): the service must stop
  // acknowledging.
  std::optional<Error> failed() const;

 private:
  struct Waiting;
  using Batch = std::deque<std::shared_ptr<Waiting>>;

  void run();
  void commit(Batch& batch);
  void note_commit(SteadyMillis began, std::size_t statements);
  Status publish();

  reputation::Ledger& ledger_;
  const SigningKey& log_key_;
  HeadKeeper& heads_;
  Clock& clock_;
  const bool threaded_;

  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable wake_;
  Batch queue_;
  bool stop_ = false;
  std::optional<Error> failed_;
  UnixMillis last_now_;
  WriterState made_;  // commits and statements, and the last one's time
  std::optional<SteadyMillis> under_way_;
  SteadyMillis last_commit_;
  SignedHead head_;
  std::optional<std::string> kept_;  // in `heads_`; touched by who commits only
  std::mutex inline_mutex_;          // one committing caller at a time when there is no thread
  std::thread thread_;
};

}  // namespace assay::verifier
