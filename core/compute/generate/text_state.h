// A committed state of the workload `generate` as numbers, and back. Values; any thread.
//
// A state is what one step adds: the positions [(i-1) * C, i * C) of every text. Row b * C + j is
// position (i-1) * C + j of text b. With R = B * C rows, L layers, K heads of keys, size S:
//
//   token    s32 [R]           the token at that position, -1 where the text does not run
//   choice   s32 [R]           the token chosen to follow it, -1 inside the prompt
//   k        s16 [R, L*K*S]    by layer, then head (transformer.h)
//   k_scale  f32 [R, L*K]
//   v        s8  [R, L*K*S]
//   v_scale  f32 [R, L*K]
//
// A row that does not run has token and choice -1 and zeros.
#pragma once

#include "core/compute/generate/model.h"
#include "core/compute/tensor.h"

namespace assay::compute::generate {

struct TextState {
  std::vector<std::int32_t> token, choice;
  std::vector<std::int16_t> k;
  std::vector<float> k_scale;
  std::vector<std::int8_t> v;
  std::vector<float> v_scale;
};

StateShape text_state_shape(const ModelConfig& config, std::uint64_t rows);
// Bytes of one row of it.
std::uint64_t text_row_bytes(const ModelConfig& config);

//   malformed    another shape, or a value that no honest run commits: a token outside the
//                vocabulary, k outside two limbs, v of -128, a scale that is not zero or a positive
//                number
Result<TextState> read_text_state(const ModelConfig& config, std::uint64_t rows,
                                  const State& state);
//   malformed    a scale is NaN: the model's numbers overflow
Result<State> write_text_state(const ModelConfig& config, const TextState& text);

// The choices alone, [B, C] of them: the output of the step.
Tensor choice_tensor(const State& state, std::uint64_t texts);

// The state's numbers of one row, whether they are all zero.
bool is_blank(const TextState& state, std::uint64_t row);

}  // namespace assay::compute::generate
