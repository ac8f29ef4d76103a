// What the two sides of a dispute do when they are honest: from the dispute as it stands, and a run
// of the step of one's own, the next move. Pure but for the run; so a side that died goes on by
// replaying the moves and asking again. One thread.
#pragma once

#include <variant>

#include "core/compute/dispute/judge.h"

namespace assay::compute {

// The provider's answer. `claimed` gives the state that was committed to after the step, `output`
// the output, each as one side's tensors (output: one, or none).
//   conflict     not the provider's turn
//   others       those of the run and the sources
struct ClaimedStep {
  std::function<Result<State>()> state;
  std::function<Result<State>()> output;
};
Result<Bytes> next_answer(const Dispute& dispute, TapeRun& run, const ClaimedStep& claimed);

// The challenger's move: a choice, or the file of a conviction.
//   conflict     not the challenger's turn
//   no_evidence  nothing differs from the challenger's own run: the provider is right
//   others       those of the run
using ChallengerMove = std::variant<Choice, Bytes>;
Result<ChallengerMove> next_challenge(const Dispute& dispute, TapeRun& run);

}  // namespace assay::compute
