// Checking a final score statement offline, from one trusted policy file: signature, policy, the
// state it is made from, that state's proof against the snapshot's root, every number recomputed
// from it by the fold's formula, and, where the file has it, that this snapshot is in the log.
// Pure; any thread.
//
//   layer      asks                                                   fails with
//   file       a score statement, and a proof of the snapshot?        malformed
//   signature  this verifier's, the log's and its quorum's?           signature
//   proof      the state in the snapshot, the snapshot in the log?    proof
//   binding    this provider, class, log, policy and snapshot?        unbound, no_evidence
//   score      do the numbers follow from the state?                  mismatch
#pragma once

#include "core/wire/events.h"
#include "verifier/audit.h"

namespace assay::verifier {

inline constexpr std::size_t kScoreFileBytesMax = std::size_t{512} << 10;

struct ScoreReport {
  std::vector<Check> checks;              // in the order they were made
  std::optional<Code> code;               // of the first check that failed; nothing: none did
  std::optional<Error> failure;           // that check, as an error
  std::optional<wire::Score> score;       // where it was signed
  std::optional<wire::ScoreState> state;  // of a final one
  bool in_log = false;                    // the snapshot is proven to be in the log

  bool ok() const { return !code; }
};

// `text`: the DSSE envelope on one line, and after it, if the snapshot's place in the log is to be
// checked as well, the tlog-proof of its leaf. Needs the verifier line of `trust`, else `usage`.
// A preview fails with no_evidence: there is nothing yet that it could be proven against.
ScoreReport check_score(std::string_view text, const wire::Trust& trust);

}  // namespace assay::verifier
