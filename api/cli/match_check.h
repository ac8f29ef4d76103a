// Does the answer to a match follow from what it shows? Checked by whoever asked, who takes the
// verifier's word for no choice. Pure; any thread.
#pragma once

#include "core/wire/json.h"
#include "core/wire/trust.h"
#include "reputation/policy/match_draw.h"

namespace assay::cli {

// What was checked, for people to read.
struct CheckedMatch {
  std::uint64_t head_size = 0;  // of the log's head that was drawn from
  std::size_t pool = 0;
};

// `asked`: as it was sent. The answer must show its pool, where anybody was left.
//   malformed    the answer is not one
//   unbound      it answers another request, or shows another pool than was drawn from
//   signature    the head that was drawn from is not the trusted log's
//   proof        the VRF proof does not hold, another provider was named than it draws, or a value
//                is not what its terms come to
Result<CheckedMatch> check_match_answer(const wire::Json& answer, const reputation::MatchAsk& asked,
                                        const wire::Trust& trust);

}  // namespace assay::cli
