// The train workload, engine version 1: a model is trained, by one or more steps of the optimiser
// to a step of the chain.
//
// Parameters common to both models (integers; a rate in ppm is value / 10^6):
//   "model"                "transformer" | "mlp"
//   "steps"    S           of the optimiser, a multiple of C, 1..4096 C
//   "steps_per_commit"  C  1..64 = 1: of which one step of the chain is made. A state is hashed
//   once
//                          in C steps: what that costs a small model, larger C saves; a replay of a
//                          step of the chain repeats all C of them
//   "batch"    B           sequences, or examples, of a step: 1..65536
//   "optimizer"            "adam" | "momentum" | "sgd"
//   "learning_rate_ppm"    1..1000000, the peak
//   "warmup_steps"  W      0..S, default 0: the rate rises linearly
//   "decay"                "none" (default) | "linear" | "cosine", after the warm-up
//   "final_rate_ppm"       0..1000000 of the peak, reached at step S; default 0; not with "none"
//   "weight_decay_ppm"     0..1000000, default 0; decoupled, matrices only
//   "clip_norm_ppm"        1..10^9, default no clipping
//   "beta1_ppm", "beta2_ppm"  0..999999, adam only, default 900000 and 999000
//   "momentum_ppm"         0..999999, momentum only, default 900000
//
// model "transformer": a Llama of vocabulary V ("vocab", 2..65536), width D ("hidden", 2..8192),
//   "layers" L (1..64), "heads" H (head size D / H even, 2..512), "kv_heads" G (divides H; default
//   H), "ffn" F (1..32768), "sequence" T (2..512), "rope_base" (1..2^31, default 10000); epsilon of
//   its norms 10^-5, head tied to the embedding. B * T <= 65536.
//   Inputs: "text" alone, whose bytes are the tokens; or "text" and "tokenizer", a tokenizer.json
//   of at most V tokens (generate/tokenizer.h; added tokens in the text are tokens); or "tokens"
//   (.npy, u16 of one dimension). There are N > T tokens, each below V. Optionally "checkpoint".
// model "mlp": "widths" [I, …, O] (2..16 of 1..8192), "task" "classify" | "regress"; ReLU between
//   the layers. Inputs: none, and "examples" N (1..2^20) are drawn (check_train_caps()); or "x"
//   (.npy f32 or f16, [N, I]) and "y" (.npy: u16 or s8 classes [N] below O, or f32 or f16 [N, O]).
//   Optionally "checkpoint".
// "checkpoint" is a safetensors file with exactly the tensors that artefact() writes, of f32, bf16
//   or f16, values finite and at most 2^64 in magnitude: so jobs can follow one another.
//
// State. P parameters lie flat, tensor after tensor, row-major (layout.h has names and order).
//   parameters f32 [P]
//   first moments m f32 [P]     (adam, momentum)
//   second moments v f32 [P]    (adam)
//   losses f32 [S]              step s writes number s - 1; those to come are +0
// All values are finite, v is not negative, losses are not negative; another state is refused.
// Start: moments and losses +0; parameters from the checkpoint or by Philox.
//
// Step i of the chain is the optimiser's steps s = (i-1) C + 1 .. i C, in order.
// Step s = 1..S of the optimiser, on tensors of f32, with the operations of rx1/float_ops.h, each
// rounded:
//   1. the batch: B places among the inputs by Philox (train_data.h)
//   2. loss and gradient, P values (transformer.h, mlp.h)
//   3. the update (optimiser.h)
// When the loss, or the sum of the gradient's squares, is NaN, or the former infinite or the latter
// above 2^120, the step changes no parameter and no moment. A loss that is no finite number is
// written as the largest f32. So a job that diverges ends like any other, and its losses say so.
//
// Every matrix product, forward and backward, is one function (products.h), here written
//   A [M,K] x B [N,K] = Y [M,N]
// the rows of A and of B quantised to s16 (rx1/quantize.h) and multiplied as A16W16
// (rx1/limb_gemm.h). The contraction runs along the last dimension of both: where it runs over
// tokens, as in the gradient of weights, both are transposed before their rows are quantised.
// Every other sum is R128 (rx1/sum.h). So no level, no number of threads changes a bit.
//
// Philox (philox.h), key of the job's nonce; counters (element, tensor, step):
//   tensor 0            batches: element b of step s
//   tensor 1, 2         drawn examples and their teacher (train_data.h), step 0
//   tensor 16 + i       start of parameter tensor i, step 0 (layout.h)
#pragma once

#include "core/compute/program.h"

namespace assay::compute {

// `inputs` has checked size and digest. Errors: see load_program().
Result<std::unique_ptr<Program>> load_train(const wire::WorkloadSpec& spec,
                                            const InputSource& inputs, const Caps& caps);

}  // namespace assay::compute
