// Holding the verifier to what its log says it owes: every attestation is drawn over in time; every
// audit that a coin made due is opened as drawn and judged, or said to be withheld; verdicts repeat
// what was drawn, summaries and slashes follow from verdicts. Fed leaf by leaf with what the replay
// has made of it (the rules themselves are the ledger's). Pure but for the plans; one thread.
//
// Time is the log's own: a deadline is over once a later leaf is past it, or, with
// check_deadlines(), the reader's clock. Deadlines that the policy gives:
//   draw         draw_deadline_ms after the first leaf that is reveal_window_ms younger than the
//                attestation's
//   asking       opening_deadline_ms + ask_again_after_ms + draw_deadline_ms, the last for the
//                verifier's own reaction. A provider that the log shows alive (it signs a leaf, or
//                an uptime statement counts an answer) openings_asked_max + 1 times, each time an
//                asking later, has been asked to the end
//   verdict      after the opening, openings_asked_max askings and job_deadline_max_ms: a replay
//                takes no longer than a job may
//   slash        likewise, after the verdict that found a fault or the dispute that was lost
//   end of a dispute   openings_asked_max askings after its conviction, or after the challenger's
//                deadline; on its provider's turn, once the provider has been asked to the end
//   ruling       by the time that the log gives an appeal (slashing.h, appeal_window_ms()); for
//   that
//                and for a reversal that a ruling owes as many askings besides
// Audits that somebody pays for, and those of an unbonding, are owed their draw from that leaf on;
// what a suspended worker said that is void is owed its verdict from then on, with the opening that
// is there.
// The snapshot of a period is owed before any other leaf of a later one (snapshots.h): what it says
// the rules decide, and that it is missing is told at once.
// Whoever never comes back is asked in vain, and nobody is at fault: that is no finding.
#pragma once

#include <deque>
#include <set>

#include "core/wire/appeal.h"
#include "core/wire/events.h"
#include "reputation/ledger/replay.h"
#include "verifier/monitor/dispute_replay.h"
#include "verifier/monitor/finding.h"
#include "verifier/monitor/plans.h"

namespace assay::verifier::monitor {

inline constexpr std::int64_t kClockGraceMs = 60'000;  // between our clock and the log's

// What was looked at. Kept with the state.
struct Totals {
  std::map<wire::Kind, std::uint64_t> statements;
  std::uint64_t passed_over = 0;  // attestations whose coin said no
  std::uint64_t audited = 0;      // verdicts that repeat what was drawn
  // Openings, verdicts and disputes that rest on inputs or bytes not at hand.
  std::uint64_t unchecked = 0;
  std::uint64_t replayed = 0;  // disputes whose end is what their moves come to
};

class Watch {
 public:
  Watch(reputation::Roles roles, std::vector<Digest> policies, PlanSource plans,
        DisputeSource disputes);

  // One leaf, after the replay of it. Errors: storage.
  Status see(const reputation::View& view, const reputation::Head& head, std::uint64_t index,
             const reputation::LoggedLeaf& leaf);
  // What is over its deadline at `now`; each is told once.
  void check_deadlines(UnixMillis now);

  std::vector<Finding> take_findings() { return std::exchange(findings_, {}); }
  const Totals& totals() const { return totals_; }
  std::uint64_t audits_due() const { return due_.size(); }
  bool is_overdue() const;  // something that was told to be missing still is
  UnixMillis last_time() const { return last_time_; }

  // All of the above as text, and back.
  //   malformed    not such a text
  std::string state_text() const;
  Status restore(std::string_view text);

 private:
  struct Undrawn {
    std::uint64_t index = 0;  // that a draw must cover: the attestation, or what asks for it again
    std::int64_t logged_ms = 0;
    std::int64_t ready_ms = -1;  // when the reveal window was over
    bool told = false;
    std::uint64_t about = 0;  // the attestation
  };
  struct Due {
    PublicKey provider;
    std::int64_t opened_ms = -1;
    std::uint32_t asked = 0;  // times it was there to be asked
    std::int64_t next_ask_ms = 0;
    bool told = false;
  };
  struct Guilty {
    std::int64_t since_ms = 0;
    bool told = false;
  };
  struct Disputed {
    PublicKey provider;
    std::uint64_t attestation = 0;
    std::int64_t moved_ms = 0;  // the last move, or the opening
    bool provider_turn = true;
    bool decided = false;
    std::uint32_t asked = 0;  // times the provider was there to be asked, on its turn
    std::int64_t next_ask_ms = 0;
    bool told = false;
  };
  struct Appealed {
    std::uint64_t attestation = 0;
    std::int64_t until_ms = 0;  // for what is owed: a ruling or a reversal
    bool ruled = false;         // only the reversal is
    bool told = false;
  };
  struct Seen;  // the leaf at hand

  void tell(FindingKind kind, const Seen& seen, std::string text);
  void tell_missing(FindingKind kind, std::uint64_t attestation, std::string text);
  void check_draws(std::int64_t now_ms);
  void check_due(std::uint64_t attestation, Due& due, std::int64_t now_ms);
  void note_alive(const PublicKey& provider, std::int64_t time_ms);
  void check_dispute(std::uint64_t index, Disputed& dispute, std::int64_t now_ms);
  void note_asked(Disputed& dispute, std::int64_t time_ms);
  void check_appeal(std::uint64_t slash, Appealed& appeal, std::int64_t now_ms);
  std::int64_t asking_ms() const;
  std::int64_t ending_ms() const;
  std::int64_t verdict_ms() const;

  Status policy(const Seen& seen);
  Status attestation(const Seen& seen);
  Status draw(const Seen& seen);
  Status spotcheck(const Seen& seen);
  Status verdict(const Seen& seen);
  Status summary(const Seen& seen);
  Status slash(const Seen& seen);
  Status reversal(const Seen& seen);
  Status appeal(const Seen& seen);
  Status ruling(const Seen& seen);
  Status check_ruled_scope(const Seen& seen, const wire::Ruling& said,
                           const reputation::SlashState& slash);
  Status check_ruled_dispute(const Seen& seen, const wire::Ruling& said,
                             const reputation::SlashState& slash);
  Status check_ruled_delivery(const Seen& seen, const wire::Ruling& said);
  Status uptime(const Seen& seen);
  Status paid_challenge(const Seen& seen);
  Status stake(const Seen& seen);
  Status worker(const Seen& seen);
  void await_draw(const Seen& seen, std::uint64_t attestation);
  void due_from(std::uint64_t attestation, const PublicKey& provider, std::int64_t opened_ms,
                std::int64_t now_ms);
  Status dispute_moved(const Seen& seen, std::uint64_t index);
  Status dispute_move(const Seen& seen);
  Status dispute_end(const Seen& seen);
  Result<bool> was_slashed(const Seen& seen, std::uint64_t attestation) const;
  Status add_policy(std::uint64_t index, std::uint64_t from_epoch, std::string text);
  void enter(UnixMillis time);  // an epoch may bring another policy
  // What a job is judged by.
  Result<const reputation::LoggedPolicy*> policy_of(const reputation::JobState& job) const;
  template <class Said>
  Status check_scope(const Seen& seen, const Said& said, FindingKind kind);

  const reputation::Roles roles_;
  const std::vector<Digest> trusted_policies_;  // none: any
  Plans plans_;
  DisputeSource dispute_source_;
  std::deque<reputation::LoggedPolicy> policies_;  // in the order of their leaves and epochs
  const wire::Policy* policy_ = nullptr;  // in force at the last leaf; null before the first
  UnixMillis last_time_;
  std::deque<Undrawn> undrawn_;                          // ascending by index
  std::map<std::uint64_t, Due> due_;                     // by attestation
  std::map<PublicKey, std::set<std::uint64_t>> due_of_;  // and by provider
  std::map<std::uint64_t, Guilty> guilty_;  // attestations found wrong or withheld, not slashed yet
  std::map<std::uint64_t, Disputed> disputes_;  // open ones, by their leaf
  std::map<std::uint64_t, Appealed> appeals_;   // open ones, by the slash's leaf
  Totals totals_;
  std::vector<Finding> findings_;
};

}  // namespace assay::verifier::monitor
