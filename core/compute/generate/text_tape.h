// A step of texts as operations (dispute/tape.h): the forward pass of transformer.h, one by one,
// and what texts.h does around it.
//
// Rows of a step go through in groups, as they depend on each other: first all of its prompts'
// positions at once, then position by position those where tokens are chosen, all texts together.
// A group's operations, G rows:
//
//   token        s32 [G]            the prompt's, or what was chosen before; -1 where no text runs
//   embed, …     f32, s8, s16       each layer, a linear element being one dot product
//   attention    of B blocks of 512 positions: scores f32 [G*H, 512 B]; weights s32
//                [G*H, (512 + 3) B] and sums s32 [G*H, (S + 3) B], a block's last three its max,
//                count and scale
//   logits       f32 [G, V]; then the choices: text_tape_choice.h
//
// The last operations put the rows' tensors together as the state has them. Keys and values of
// earlier states are first laid out head by head ("history"), so that a block is a run of leaves.
// What a row that does not run would yield is computed, and left out of the state.
#pragma once

#include "core/compute/dispute/row_ops.h"
#include "core/compute/generate/sampler.h"
#include "core/compute/generate/texts.h"
#include "core/compute/generate/transformer.h"

namespace assay::compute::generate {

// What a job's tapes are made from; borrowed by them.
struct TextTapeJob {
  const TextPlan& plan;
  const ModelView& model;
  Precision precision;
  const Sampler& sampler;
};

// step 1..N.
Tape text_tape(const TextTapeJob& job, std::uint32_t step);

}  // namespace assay::compute::generate
