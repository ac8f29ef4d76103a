// What of an attested trace is checked: derived from the draw's seed, the plan and the policy, and
// from nothing that the audited party says. Pure; any thread. Source: formats.md "The draw".
#pragma once

#include <vector>

#include "core/compute/program.h"
#include "core/wire/draw.h"
#include "core/wire/policy.h"

namespace assay::verifier {

struct Scope {
  std::vector<std::uint32_t> positions;  // steps 1..N, ascending
  std::vector<std::uint64_t> rows;       // rows to follow through the chain, ascending
  bool operator==(const Scope&) const = default;
};

// Word 0 of the seed's stream was the coin; the words after it give, without replacement,
//   independent units: `units` random steps, to which the first and the last are added
//   chains:            `steps` random whole steps, then `rows` random rows where the plan has rows
// Assurance `full` takes every step. Counts are cut to what there is.
Scope derive_scope(const Digest& seed, const compute::Plan& plan, wire::Assurance assurance,
                   const wire::Policy& policy);

// The probability, in ppm, that a scope like this meets at least one of the wrong units when
// `wrong_ppm` of them are wrong: 1 - (1-f)^k, rounded down. k counts random picks only.
std::uint32_t detection_ppm(std::uint32_t wrong_ppm, std::uint64_t picks);

}  // namespace assay::verifier
