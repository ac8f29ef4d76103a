// A step of a gemm chain as operations (dispute/tape.h). Of each of its GEMMs, X and scale being
// the rows before:
//
//   weights   s8  [N, N]  W_j, from the order
//   igemm8    s32 [M, N]  the exact sums of X and W_j: an element is N multiply-adds
//   maximum   s32 [M]     the bits of max |y| of a row (cpu/requantize.h): N elements
//   requant   s8  [M, N]  X after
//   scale     s32 [M, 2]  its scales
#pragma once

#include "core/compute/dispute/tape.h"
#include "core/compute/gemm/gemm_inputs.h"

namespace assay::compute {

// step 1..N. Borrows the tensors.
Tape gemm_tape(const Plan& plan, const GemmParameters& parameters, const GemmTensors& tensors,
               std::uint32_t step);

}  // namespace assay::compute
