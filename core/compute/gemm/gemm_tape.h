// A step of a gemm chain as operations (dispute/tape.h). Of each of its GEMMs, X and scale being
// the rows before:
//
//   weights   s8  [B, N]  rows of W_j, from the order: as many as 64 MiB hold, so that neither side
//                         needs memory that the job does not take; several operations
//   igemm8    s32 [M, B]  the exact sums of X and these: an element is N multiply-adds
//   maximum   s32 [M]     the bits of max |y| of a row (cpu/requantize.h): N elements
//   requant   s8  [M, N]  X after
//   scale     s32 [M, 2]  its scales
#pragma once

#include "core/compute/dispute/tape.h"
#include "core/compute/gemm/gemm_inputs.h"

namespace assay::compute {

inline constexpr std::uint64_t kWeightBytesAtOnce = std::uint64_t{64} << 20;

// step 1..N. Borrows the tensors. Both sides of a dispute have the same `weight_bytes`; another one
// is for tests.
Tape gemm_tape(const Plan& plan, const GemmParameters& parameters, const GemmTensors& tensors,
               std::uint32_t step, std::uint64_t weight_bytes = kWeightBytesAtOnce);

}  // namespace assay::compute
