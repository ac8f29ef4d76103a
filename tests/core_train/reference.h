// The losses of the two models in plain double arithmetic, written from train.h, transformer.h and
// mlp.h and sharing no code with them: what gradients are held to, by finite differences.
#pragma once

#include <cstdint>
#include <vector>

#include "core/compute/train/train_parameters.h"

namespace assay::test {

using Doubles = std::vector<double>;

// Windows of T + 1 tokens, one after the other; parameters in the order of layout.h.
double transformer_loss(const compute::train::TransformerShape& shape,
                        const std::vector<std::uint16_t>& windows, const Doubles& parameters);

// x (B, I); classes (B), or y (B, O).
double mlp_loss(const compute::train::MlpShape& shape, const Doubles& x,
                const std::vector<std::uint16_t>& classes, const Doubles& y,
                const Doubles& parameters);

}  // namespace assay::test
