// The gemm workload, engine version 1: a chain of RX-1 IGEMM8s, X <- requantize(X · W_j^T).
//
// Parameters: {"rows": M, "cols": N, "steps": S, "gemms_per_step": R (1..8, default 1),
//              "weights": "philox" | "inputs"}
// A step is R GEMMs; GEMM number j = 0 .. S*R-1 uses W_j, an N x N matrix [output][k]; N <= 131072.
//
// "philox": no inputs. With key = philox_key(job_seed(nonce)) (philox.h), row-major s8 values:
//   X    the stream of tensor 0, step 0; every row's scale is 1
//   W_j  the stream of tensor 1, step j; every column scale is
//        div(1, mul(74, sqrt(f32(N)))), which keeps magnitudes steady: 74 is the standard deviation
//        of a uniform s8
// "inputs": either one input "tensors", a safetensors file with tensors "x", "w0", "w1", …, or one
//   .npy file each. x is [M, N]; there are C = 1 .. S*R weights, each [N, N], and W_j is w(j mod
//   C). s8 values lie in [-127, 127] and have scale 1. f32, f16 and bf16 values are finite and are
//   quantised row by row (cpu/requantize.h quantize_row): x's scales go into the state, a weight's
//   are its column scales, must lie in [2^-40, 2^40], and are 1 for a row of zeros.
//
// State: {q s8 [M, N], scale s32 [M, 2]}. Row m is q[m] * v * 2^e with scale[m] = {IEEE bits of v,
// e}: v in [1, 2), |e| <= 2^22, or both 0 for a row of zeros. A state after step 0 also has
// max |q[m]| = 127 in every row that is not zero, else an inflated scale could hide a zeroed row.
// The exponent bound is never reached: S*R <= 2^15 GEMMs move it by less than 2^7 each.
#pragma once

#include "core/compute/program.h"

namespace assay::compute {

// `inputs` has checked size and digest. Errors: see load_program().
Result<std::unique_ptr<Program>> load_gemm(const wire::WorkloadSpec& spec,
                                           const InputSource& inputs, const Caps& caps);

}  // namespace assay::compute
