// Which pieces of a chain's states a challenge asks for. Prover and verifier derive the same list
// from the plan, so an opening has nothing to say about its own contents. Pure; any thread.
#pragma once

#include <compare>
#include <span>

#include "core/compute/program.h"

namespace assay::compute {

struct PartRef {
  std::uint32_t state = 0;  // 1..N: state 0 is rebuilt from the order, never asked for
  bool whole = false;
  std::uint64_t leaf = 0;  // when not whole
  bool operator==(const PartRef&) const = default;
};

// Steps i in `positions` (ascending, 1..N) need states i-1 and i whole. Followed rows need, of
// every state 1..N not already whole, the leaves that hold the row. Ascending by state, then leaf;
// none twice. Empty for independent units.
std::vector<PartRef> opening_parts(const Plan& plan, std::span<const std::uint32_t> positions,
                                   std::span<const std::uint64_t> rows);

}  // namespace assay::compute
