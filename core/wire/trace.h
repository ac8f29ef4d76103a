// The trace of a job: the digests of its N+1 steps, and the tree that commits to them.
// Values and pure functions; any thread. Bytes: FORMAT.md "Trace". Vectors: vectors/trace/.
//
// Step leaf data = "assay/step/v1\n" || job[32] || provider key[32] || index u64 BE || state[32] ||
// output[32]. Leaf 0 is the start state; output is zeros where a step has none.
// Trace file = "assay/trace/v1\n" || N+1 pairs of state[32] || output[32].
#pragma once

#include <vector>

#include "core/crypto/ed25519.h"
#include "core/merkle/tree.h"

namespace assay::wire {

struct StepDigests {
  Digest state;
  Digest output;
  bool operator==(const StepDigests&) const = default;
};
using Trace = std::vector<StepDigests>;  // N+1 of them

inline constexpr std::uint32_t kTraceStepsMax = 4096;

Digest step_leaf_hash(const Digest& job, const PublicKey& provider, std::uint64_t index,
                      const StepDigests& step);
Tree trace_tree(const Digest& job, const PublicKey& provider, const Trace& trace);

Bytes trace_file(const Trace& trace);
//   malformed    not a trace file, or not exactly steps+1 entries
Result<Trace> parse_trace_file(ByteView bytes, std::uint32_t steps);

}  // namespace assay::wire
