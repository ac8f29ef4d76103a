// Replays whose outcome is known, handed to workers among the others: good ones are claims that
// were replayed and matched, bad ones the same with one value bent, in every place where a worker
// can look: opening, paths and trace agree with each other, and the mathematics alone does not.
//
// What a worker cannot see here it may still learn elsewhere: who follows the log can look up which
// claims were judged already, and that a bent trace is none that was ever attested. And one that
// works alone, and remembers what it replayed, has seen the nonces that canaries are made of
// before; where several call, a canary goes to one that has not. Pure; any thread.
#pragma once

#include <optional>

#include "core/base/random.h"
#include "verifier/service/context.h"

namespace assay::verifier {

// The task with one value changed that its scope looks at, or may; whether it does, a replay says.
// Nothing where there is nothing to change.
std::optional<ReplayTask> bend(const compute::Plan& plan, ReplayTask task, Random& random);

}  // namespace assay::verifier
