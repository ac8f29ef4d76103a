// What an audit finds of what it looks at, in words: the notes of `assay-bench replay`. Pure; any
// thread.
//
// The forge ratio is the share of a job's work that the cheapest known cheat still does honestly if
// it is to pass one audit in a hundred, of which it knows the depth and not the draw. What a cheat
// gets for free decides it:
//   chains       rows, or a whole state, broken at one step and followed rightly from there: a
//   zeroed
//                row stays zero, a fluid at rest stays at rest. Of simulations that is a lower
//                bound: what meets the broken part costs work again
//   texts        nothing: each token is computed for itself, and a checked row shows all of it.
//                Rows are skipped in as many steps, and as thinly in each, as passes best
//   units        nothing: a share of them is forged
#pragma once

#include <string>

#include "core/compute/program.h"
#include "verifier/scope.h"

namespace assay::bench {

// `drawn` counts an independent job's units without the first and the last.
std::string note_of(const compute::Plan& plan, const verifier::Scope& scope, std::uint64_t drawn);

}  // namespace assay::bench
