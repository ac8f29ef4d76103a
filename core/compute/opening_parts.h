// Which pieces of a chain's states a challenge asks for. Prover and verifier derive the same list
// from the plan, so an opening has nothing to say about its own contents. Pure; any thread.
#pragma once

#include <compare>
#include <span>

#include "core/compute/program.h"
#include "core/wire/policy.h"

namespace assay::compute {

struct PartRef {
  std::uint32_t state = 0;  // 1..N: state 0 is rebuilt from the order, never asked for
  bool whole = false;
  std::uint64_t leaf = 0;  // when not whole
  bool operator==(const PartRef&) const = default;
};

// Steps i in `positions` (ascending, 1..N) need states i-1 and i whole. Of states not already
// whole, followed rows need the leaves that hold the row in all of 1..N, and a pair (numbers,
// ascending) those of its row in state `step` and of what its plan's reach names in state step-1.
// Of appended jobs all of 1..N are needed whole, whatever is asked: every check reads back to the
// beginning, and Program::always() to the end. Where the neighbours of pairs are so many leaves
// that the state is smaller whole, it is opened whole. Ascending by state, then leaf; none twice.
// Empty for independent units.
std::vector<PartRef> opening_parts(const Plan& plan, std::span<const std::uint32_t> positions,
                                   std::span<const std::uint64_t> rows,
                                   std::span<const std::uint64_t> pairs);

// How many pairs an audit of this depth draws. Where rows can be followed, `micro` of them. Else
// `rows` (one at least) of every step, so that every link is looked at, up to as many as a
// challenge can name; none where there is no such check. Pairs with neighbours read at most a
// quarter of all states' rows, or 8 MiB if that is more (one pair at least): where each reaches far
// in large states, some links go unseen.
std::uint64_t pairs_at(const Plan& plan, const wire::Depth& depth);

// The most bytes that an opening file (core/wire/challenge.h) of so many whole steps, followed rows
// and pairs of this plan can have, whichever they are. Never falls when a count rises; saturates.
std::uint64_t opening_bytes_bound(const Plan& plan, std::uint64_t whole_steps, std::uint64_t rows,
                                  std::uint64_t pairs);

// Can whatever an audit at this assurance may draw be opened in `bytes_max`, and within the
// policy's deadline by anybody whose line and disk carry kOpeningBytesPerMilli? And can all of a
// job of assurance `full` be computed again? Nobody may take or log an order that fails this: its
// provider could be slashed for an opening that cannot be sent, or our replay would not end.
inline constexpr std::uint64_t kOpeningBytesPerMilli = 8192;  // 64 Mbit/s
inline constexpr std::uint64_t kFullOpsMax = std::uint64_t{1} << 42;
//   malformed    says what is too large, and what to reduce
Status check_openable(const Plan& plan, wire::Assurance assurance, const wire::Policy& policy,
                      std::uint64_t bytes_max);

}  // namespace assay::compute
