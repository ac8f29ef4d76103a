// Keeps a Market in step with the ledger: reads come from it, and never wait for it. Only providers
// that new leaves touched are read anew; all of them when an hour, a day or an uptime window has
// passed, for then every score decays. What is read is one snapshot: a market is one state of the
// log at one moment, and equal to one built from nothing at the same.
// Thread-safe. With a thread of its own it follows by itself, and a market may be as old as one
// look takes; without, market() brings it up to date.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "verifier/service/context.h"
#include "verifier/service/ledger_changes.h"
#include "verifier/service/market.h"

namespace assay::verifier {

class ProviderIndex {
 public:
  // The providers that would take a job now, ascending; empty: not known here.
  using Available = std::function<std::vector<Digest>()>;

  // `seal`: secret; what cursors are bound by, together with the moment that this was made at.
  ProviderIndex(const Reading& reading, const Digest& seal, bool threaded, Available available);
  ~ProviderIndex();

  void start();  // begins to follow, where it has a thread

  // The newest there is.
  //   inconclusive none yet: it is being built
  //   storage      the ledger cannot be read
  Result<std::shared_ptr<const Market>> market();

  // Reads what is new and publishes it, if anything is.
  Status refresh();

  LedgerChanges& changes() { return changes_; }
  const Digest& cursor_key() const { return cursor_key_; }

 private:
  // Within one cell no score changes but by leaves.
  struct Cell {
    std::uint64_t hour = 0;
    std::uint64_t window = 0;
    std::uint64_t day = 0;
    std::uint64_t folded_day = 0;
    std::uint64_t policy = 0;  // the leaf of the one in force
    bool operator==(const Cell&) const = default;
  };
  Cell cell_of(UnixMillis time) const;

  void run();
  void note_available(std::set<Digest>& touched);
  Status read_one(const LedgerChanges::Changes& changes, std::uint64_t log_size, const Digest& id,
                  const reputation::ProviderState& state, UnixMillis at);
  Status read_touched(const LedgerChanges::Changes& changes, std::uint64_t log_size, UnixMillis at,
                      const std::set<Digest>& touched);
  Status read_all(const LedgerChanges::Changes& changes, std::uint64_t log_size, UnixMillis at);

  const Reading& reading_;
  const bool threaded_;
  const Available available_;
  const Digest cursor_key_;
  LedgerChanges changes_;

  std::mutex refresh_mutex_;  // one at a time; guards what follows
  MarketWriter writer_;
  std::optional<Cell> cell_;
  std::vector<Digest> were_available_;
  std::set<Digest> unread_;  // touched, and not read for an error
  bool all_unread_ = true;

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Market> market_;

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace assay::verifier
