// A monitor of one log: follows it by its checkpoint and tiles alone (follower.h), holds the
// verifier to what its log says it owes (watch.h), and keeps where it stands, so that it goes on
// after a restart without fetching anything again. One thread.
#pragma once

#include "core/base/time.h"
#include "verifier/monitor/follower.h"
#include "verifier/monitor/watch.h"

namespace assay::verifier::monitor {

// A store for a monitor: the ledger's tables, and one of its own.
std::unique_ptr<reputation::Store> make_memory_state();
// In a folder, which is made if it is missing. Everything that is there is read and checked.
//   conflict     another monitor uses it
//   storage      cannot be opened, or is damaged
Result<std::unique_ptr<reputation::Store>> open_state(const std::string& folder);

struct MonitorPorts {
  reputation::Store& store;  // of this file's making
  std::function<Result<std::string>()> checkpoint;
  wire::TileFetcher tiles;
  Clock& clock;
  PlanSource plans;
  DisputeSource disputes = {};  // empty: the ends of disputes are not replayed
  // Told after each leaf, within the transaction that it is part of: what the fold has come to.
  std::function<Status(const reputation::View&, const reputation::Head&)> folded = {};
};

struct MonitorOptions {
  FollowerOptions follow;
  std::int64_t max_age_ms = 0;  // 0: nothing is too old
};

struct Look {
  Update update;
  std::vector<Finding> fresh;    // of log and verifier, that were not told before
  std::int64_t age_ms = 0;       // of the newest thing in log or cosignatures, by our clock
  std::uint64_t audits_due = 0;  // not finished yet
  int exit_code = 0;             // of what stands: every fault so far, and what is overdue now
};

class Monitor final : private reputation::ReplayHooks {
 public:
  // known_head: a signed note seen elsewhere before, or empty; the log must continue it.
  //   malformed    the trust file does not name one log and its keys; the known head is no note
  //   signature    the known head is not of that log
  //   unbound      the state is of another log
  //   storage      the state is damaged
  static Result<std::unique_ptr<Monitor>> open(MonitorPorts ports, wire::Trust trust,
                                               MonitorOptions options,
                                               const std::string& known_head = "");

  // Fetches and checks what is new. Errors as Follower::update().
  Result<Look> look();

  const Totals& totals() const { return watch_.totals(); }
  // Every finding since the state was made; the first kFindingsMax of them are kept.
  const std::vector<Finding>& findings() const { return findings_; }

 private:
  class StoredHead;
  Monitor(MonitorPorts ports, wire::Trust trust, reputation::Roles roles, MonitorOptions options);

  Status applied(const reputation::View& view, const reputation::Head& head, std::uint64_t index,
                 const reputation::LoggedLeaf& leaf) override;
  Status closing(reputation::WriteTxn& txn, const reputation::Head& head) override;
  Status load(const std::string& known_head);
  void take(std::vector<Finding> findings, std::vector<Finding>& fresh);
  std::string state_text(std::uint64_t size) const;
  int exit_code(const Update& update) const;

  MonitorPorts ports_;
  const std::string origin_;
  const std::int64_t max_age_ms_;
  Watch watch_;
  std::unique_ptr<KnownHead> known_;
  Follower follower_;
  std::vector<Finding> findings_;
  std::vector<Finding> fresh_;
};
inline constexpr std::size_t kFindingsMax = 1000;

}  // namespace assay::verifier::monitor
