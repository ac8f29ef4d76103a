// What of an attested trace is checked: derived from the draw's seed, the plan and the policy, and
// from nothing that the audited party says. Pure; any thread. Source: formats.md "The draw".
#pragma once

#include <vector>

#include "core/compute/opening_parts.h"
#include "core/wire/challenge.h"
#include "core/wire/policy.h"

namespace assay::verifier {

struct Scope {
  std::vector<std::uint32_t> positions;  // steps 1..N, ascending
  std::vector<std::uint64_t> rows;       // rows to follow through the chain, ascending
  std::vector<std::uint64_t> pairs;      // rows of single steps, micro-checked, ascending
                                         // (core/compute/opening_parts.h pair_at)
  Digest seed;                           // of the draw, for columns_of()
  std::uint32_t micro_columns = 0;       // of each pair's row, besides those that its scale needs
  bool operator==(const Scope&) const = default;
};

// Word 0 of the seed's stream was the coin; the words after it give, without replacement,
//   independent units: `units` random steps, to which the first and the last are added
//   other shapes:      `steps` random whole steps; where rows can be followed, `rows` of them; then
//                      compute::pairs_at() pairs of step and row, k say: of every step k / N random
//                      rows, and one more of k % N random steps (drawn first, then rows by step). A
//                      job that is to be checked by rows which it does not have gets one whole step
// With micro >= N every link of a chain is looked at, so that whatever breaks one throughout (a
// zeroed or spliced state) is met for certain; with less than that and no rows, one row is followed
// all the same. Of pairs wrong anywhere the bound below holds (Maclaurin's inequality: no spread
// over the steps is safer than an even one). But a row may be broken in one step only, and follow
// rightly from there: a zeroed row stays zero. A share g of all rows broken so, wherever, is met
// with 1 - (1-g)^(rows + micro/N).
// Assurance `full` takes every step. Counts are cut to what there is.
Scope derive_scope(const Digest& seed, const compute::Plan& plan, wire::Assurance assurance,
                   const wire::Policy& policy);

// What an appeal against an audit looks at again, by the seed that was drawn over the appeal. Units
// are computed from the order alone: those that this seed draws besides the audited ones and the
// one that was found wrong (0: none). Of chains there is what the audit had opened: all of it, but
// the pairs in other columns.
Scope appeal_scope(const Digest& seed, const Scope& audited, const compute::Plan& plan,
                   wire::Assurance assurance, const wire::Policy& policy,
                   std::uint32_t faulty_step);

// The columns in which the pairs of one step are checked, ascending: the same for all of them, so
// that the weights of a column are made once.
std::vector<std::uint64_t> columns_of(const Scope& scope, const compute::Plan& plan,
                                      std::uint32_t step);

// Does a spot-check or a verdict repeat exactly what was drawn?
template <class Statement>
bool repeats(const Statement& it, const Scope& scope) {
  return it.positions == scope.positions && it.rows == scope.rows &&
         it.pairs == wire::digest_of_pairs(scope.pairs);
}

// The probability, in ppm, that a scope like this meets at least one of the wrong units when
// `wrong_ppm` of them are wrong: 1 - (1-f)^k, rounded down. k counts random picks only.
std::uint32_t detection_ppm(std::uint32_t wrong_ppm, std::uint64_t picks);

// The same for row micro-checks in `columns` random columns, when in `rows_wrong_ppm` of all pairs
// the row is wrong, and of its values `columns_wrong_ppm`: 1 - (1 - f(1 - (1-w)^c))^k, rounded
// down. A row that is wrong as a whole: w = 1. What the columns that decide the scale show comes on
// top.
std::uint32_t detection_ppm(std::uint32_t rows_wrong_ppm, std::uint64_t pairs,
                            std::uint32_t columns_wrong_ppm, std::uint64_t columns);

}  // namespace assay::verifier
