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

// A row micro-check is about one row of one step; its number among all of a job's is
// (step - 1) * plan.rows + row.
struct Pair {
  std::uint32_t step = 0;  // 1..N
  std::uint64_t row = 0;
  bool operator==(const Pair&) const = default;
};
std::uint64_t pair_count(const Plan& plan);
Pair pair_at(const Plan& plan, std::uint64_t number);

// Steps i in `positions` (ascending, 1..N) need states i-1 and i whole. Of states not already
// whole, followed rows need the leaves that hold the row in all of 1..N, and a pair (numbers,
// ascending) those of its row in states step-1 and step. Ascending by state, then leaf; none twice.
// Empty for independent units.
std::vector<PartRef> opening_parts(const Plan& plan, std::span<const std::uint32_t> positions,
                                   std::span<const std::uint64_t> rows,
                                   std::span<const std::uint64_t> pairs);

// The most bytes that an opening file (core/wire/challenge.h) of so many whole steps, followed rows
// and pairs of this plan can have, whichever they are. Never falls when a count rises; saturates.
std::uint64_t opening_bytes_bound(const Plan& plan, std::uint64_t whole_steps, std::uint64_t rows,
                                  std::uint64_t pairs);

// Can whatever an audit at this assurance may draw be opened in `bytes_max`? Nobody may take or
// log an order that fails this: its provider could be slashed for an opening that cannot be sent.
//   malformed    says what is too large, and what to reduce
Status check_openable(const Plan& plan, wire::Assurance assurance, const wire::Policy& policy,
                      std::uint64_t bytes_max);

}  // namespace assay::compute
