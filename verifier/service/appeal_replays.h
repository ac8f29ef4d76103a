// Deciding an appeal: what the slash rests on is looked at again, without asking whoever found it.
// Any thread.
#pragma once

#include "core/wire/appeal.h"
#include "verifier/service/intake.h"

namespace assay::verifier {

struct AppealDecision {
  std::vector<wire::AppealReplay> replays;
  Scope scope;  // of an audit; else empty
  std::string detail;
  // Of an audit: the whole scope was replayed, on a machine of ours, and matched.
  bool whole_match = false;
  std::uint64_t ops = 0;
};

// Of an audit's mismatch: its opening is replayed by the scalar definition at the unit that was
// found wrong, then whole at the levels this machine has, and by the service's own runner;
// whatever else any of them finds wrong is put to the definition too. Of a lost dispute: its moves.
// Of withheld openings and of two attestations: the signatures. The appeal must be drawn over.
// A failure of ours is told in `detail`, and decides nothing.
AppealDecision replay_appeal(const Context& context, std::uint64_t slash_index,
                             const reputation::SlashState& slash);

}  // namespace assay::verifier
