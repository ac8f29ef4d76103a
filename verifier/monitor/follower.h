// Following a log by what anybody can fetch of it: its checkpoint and its tiles. What is fetched is
// tied to a signed head, which continues every head that was seen before; then every leaf is
// checked and replayed, by the log's own rules, into a store of our own. So the store is the log as
// far as it was followed, and everything that follows from it; no signing key is needed.
// Used by the monitor and by read replicas. One thread.
#pragma once

#include <atomic>
#include <functional>

#include "core/wire/trust.h"
#include "reputation/ledger/replay.h"
#include "verifier/authentic_tiles.h"
#include "verifier/monitor/finding.h"

namespace assay::verifier::monitor {

// Where the newest signed head that was followed is kept, so that a log which is set back or forked
// is noticed after a restart too.
class KnownHead {
 public:
  virtual ~KnownHead() = default;
  virtual Result<std::optional<std::string>> load() = 0;  // the signed note
  virtual Status keep(const std::string& note) = 0;       // durable when it returns
};
std::unique_ptr<KnownHead> make_memory_known_head();
std::unique_ptr<KnownHead> make_file_known_head(std::string path);

struct FollowerPorts {
  reputation::Store& store;
  KnownHead& known;
  std::function<Result<std::string>()> checkpoint;
  wire::TileFetcher tiles;  // called from two threads, one at a time
};

struct FollowerOptions {
  unsigned threads = 0;               // for checking signatures; 0: one per processor
  std::uint64_t batch_leaves = 1024;  // of one transaction; bounds what is held in memory
  std::function<void(std::uint64_t done, std::uint64_t size)> progress;
  const std::atomic<bool>* stop = nullptr;  // ends an update after the batch it is at
};

struct Update {
  wire::CheckedCheckpoint head;  // the newest good one: what was fetched, or the one known before
  std::string note;              // likewise; empty before there was any
  std::uint64_t known_size = 0;  // of the head known before
  std::uint64_t old_size = 0;    // leaves that the store had before
  std::uint64_t size = 0;        // and has now
  std::vector<Finding> findings;
  std::optional<TwoHeads> evidence;  // with split_view
  bool good() const { return findings.empty() && size == head.checkpoint.size; }
};

// Whose log it is: the one that the trust file names.
//   malformed    not exactly one log with a verifier's and a VRF key
Result<reputation::Roles> roles_of(const wire::Trust& trust);

class Follower {
 public:
  Follower(FollowerPorts ports, wire::Trust trust, reputation::Roles roles, FollowerOptions options,
           reputation::ReplayHooks* hooks = nullptr);

  // Fetches the checkpoint and all that is new. What was good before a bad leaf is in the store;
  // another call begins there again.
  //   storage      the store or the known head failed
  //   interrupted  `stop` was set
  //   others       the fetchers': nothing is said about the log
  Result<Update> update();

 private:
  struct Position;

  Result<Position> position() const;
  Result<std::optional<Finding>> judge_head(const Position& at, const wire::Checkpoint& head) const;
  Result<std::optional<Finding>> judge_prefix(const Position& at, AuthenticTiles& tiles) const;
  Status take_leaves(AuthenticTiles& tiles, std::uint64_t from, Update& update);

  FollowerPorts ports_;
  const wire::Trust trust_;
  const reputation::Roles roles_;
  FollowerOptions options_;
  reputation::ReplayHooks* hooks_;
};

}  // namespace assay::verifier::monitor
