// A decoder as the textbook has it, in double precision: what the integer one is held against.
#pragma once

#include "tests/core_generate/random_model.h"

namespace assay::test {

enum class Weights { original, dequantised };

// The logits after each of `tokens`.
std::vector<std::vector<double>> float_logits(const RandomModel& model,
                                              const std::vector<std::uint32_t>& tokens,
                                              Weights weights);

}  // namespace assay::test
