// What following a log turned up: values, each with the exit code that it ends a program with.
// Values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/crypto/sha256.h"

namespace assay::verifier::monitor {

enum class FindingKind : std::uint8_t {
  // The head.
  split_view,   // two signed heads that no one log can have
  rolled_back,  // a head smaller than one that was signed before
  bad_head,     // not signed by the log, or short of its quorum of witnesses
  stale_log,    // nothing new for longer than asked for
  // What the log holds.
  wrong_tiles,    // not what the head commits to, or not served at all
  altered_entry,  // an entry that is not what the log commits to
  bad_signature,  // a statement that its signer did not sign
  not_a_leaf,     // no leaf, no statement, or a kind that is never logged
  broken_rule,    // a statement that the log's own rules refuse: role, order, sequence, time, …
  other_policy,   // the log runs by another policy than is trusted
  // What the verifier did with it.
  wrong_draw,           // its proof, its checkpoint, its range or its time
  missing_draw,         // an attestation that no draw covered by its deadline
  wrong_steps,          // an attestation over another number of steps than its order has
  wrong_opening,        // a spot-check that opens other positions than were drawn
  wrong_verdict,        // a verdict that repeats other positions than were drawn
  unopened_verdict,     // a replay that matched or failed, of something that was never opened
  missing_verdict,      // an audit that was due, and nothing came of it
  wrong_summary,        // a summary that does not follow from its verdict
  wrong_slash,          // a slash without grounds, or harder than the policy's
  missing_slash,        // a fault that was found and not slashed
  wrong_dispute,        // an end that is not what the moves come to, or a move that is none
  missing_dispute_end,  // a dispute that is decided or that a side has let lapse, and goes on
  wrong_ruling,         // an appeal decided against what decides it, or by other positions
  missing_ruling,       // an appeal neither decided nor reversed, or a reversal that a ruling owes
  missing_snapshot,     // a leaf of a new period where the last one's snapshot had to stand
};
inline constexpr std::size_t kFindingKinds = 25;

// fault    shown by what was signed: anybody can recheck it for ever
// silence  something due has not come by its deadline; it may still come, late
enum class Severity : std::uint8_t { fault, silence };

struct Finding {
  FindingKind kind = FindingKind::broken_rule;
  std::optional<std::uint64_t> leaf;  // which it is about, where it is about one
  Digest statement;                   // that leaf's, where it could be read
  std::string text;                   // for people
  bool operator==(const Finding&) const = default;
};

std::string_view finding_name(FindingKind kind);  // "split_view", …
Severity severity_of(FindingKind kind);
std::string_view severity_name(Severity severity);
Code code_of(FindingKind kind);

// The exit code of the gravest of them: a fork first, then leaves that nothing can come after, then
// other faults, then silences. 0 of none.
int exit_code_of(const std::vector<Finding>& findings);

// Two signed notes of one origin that no one log can have, as a file for everybody:
// {"assay":"equivocation/v1","origin":…,"notes":[…,…]}
struct TwoHeads {
  std::string first;  // the one that was followed
  std::string second;
};
std::string two_heads_text(const std::string& origin, const TwoHeads& heads);

}  // namespace assay::verifier::monitor
