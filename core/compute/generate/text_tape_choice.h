// The choice of a token (sampler.h) as operations of a tape, a segment of the vocabulary at a time,
// so that none reads a whole row of logits. C rows, V tokens, S = ceil(V / 4096) segments:
//
//   largest         f32 [C * S], then [C]   with top_p_ppm below a million: the largest logit
//   masses          s64 [C * S, 256]        what the tokens that agree with the bits found so far
//   sum of masses   s64 [C, 256]            weigh, by the next 8 bits of their ranks
//   last kept       s64 [C, 3]              {bits so far, what weighs before them, what may}
//   best            s32 [C * S, 3]          {state, order_key of the best score, its token}
//   choice          s32 [C]                 the token; -1 where no text runs or numbers overflow
//
// A token's rank is the order of sampler.h as 56 bits, {order_key of its logit, 2^24 - 1 - token}.
// Those that stay are the ones down to a rank, which is found from its upper bits down in seven
// rounds of the three operations: once for top_k, where each token weighs 1 and k may come before,
// and once for top_p_ppm, where a token weighs count_v.
#pragma once

#include "core/compute/dispute/row_ops.h"
#include "core/compute/generate/sampler.h"

namespace assay::compute::generate {

// Where a row of logits belongs.
struct ChoicePlace {
  std::uint64_t slot = 0;  // of `token`
  std::uint32_t sequence = 0, position = 0;
};
// Borrows the sampler. One place for each row of logits.
TensorRef add_choices(Tape& tape, const Matrix& logits, const Sampler& sampler,
                      const TensorRef& token, std::vector<ChoicePlace> places);

}  // namespace assay::compute::generate
