// A random case of attention, and what the definition makes of it. For the tests of the CUDA
// kernel, with a GPU and without.
#pragma once

#include <string>

#include "core/compute/cuda/module_abi.h"
#include "core/compute/rx1/attention.h"
#include "tests/gpu/dice.h"

namespace assay::gpu {

struct AttentionCase {
  using Place = compute::cuda::DevicePtr;

  compute::rx1::AttentionShape shape;
  std::uint64_t rows = 0, first = 0;
  std::vector<std::int16_t> q;
  std::vector<float> q_scale;
  std::vector<std::int16_t> k;
  std::vector<float> k_scale;
  std::vector<std::int8_t> v;
  std::vector<float> v_scale;

  // Where its tensors lie.
  compute::cuda::AttentionArgs args(Place at_q, Place at_q_scale, Place at_k, Place at_k_scale,
                                    Place at_v, Place at_v_scale, Place at_out) const {
    return {at_q,
            at_q_scale,
            at_k,
            at_k_scale,
            at_v,
            at_v_scale,
            at_out,
            rows,
            first,
            static_cast<std::uint32_t>(shape.heads),
            static_cast<std::uint32_t>(shape.kv_heads),
            static_cast<std::uint32_t>(shape.head_size),
            shape.score_scale};
  }
  std::string what() const {
    return "attention " + std::to_string(rows) + " rows from " + std::to_string(first) + ", " +
           std::to_string(shape.heads) + "/" + std::to_string(shape.kv_heads) + " heads of " +
           std::to_string(shape.head_size);
  }
  std::vector<float> want(const compute::Engine& engine) const {
    std::vector<float> out(q.size());
    compute::rx1::attention(engine, shape, first, q, q_scale, {k, k_scale, v, v_scale}, out);
    return out;
  }
};

// The cache holds first + rows positions and no more.
inline AttentionCase attention_case(Dice& dice, std::uint64_t rows, std::uint64_t first,
                                    std::size_t group, std::size_t kv_heads,
                                    std::size_t head_size) {
  // Scores of some tens, so that a softmax neither picks one position nor averages them all.
  AttentionCase c{
      {group * kv_heads, kv_heads, head_size, 0x1p-14F}, rows, first, {}, {}, {}, {}, {}, {}};
  const std::uint64_t queries = rows * group * kv_heads, cached = (first + rows) * kv_heads;
  c.q = integers<std::int16_t>(dice, queries * head_size, 16319);
  c.q_scale = scale_values(dice, queries);
  c.k = integers<std::int16_t>(dice, cached * head_size, 16319);
  c.k_scale = scale_values(dice, cached);
  c.v = integers<std::int8_t>(dice, cached * head_size, 127);
  c.v_scale = scale_values(dice, cached);
  return c;
}

// Of any shape; the cache crosses block boundaries now and then.
inline AttentionCase random_attention_case(Dice& dice) {
  const std::uint64_t first = dice.below(4) == 0 ? 400 + dice.below(1400) : dice.below(60);
  const std::size_t head_size = dice.below(8) == 0 ? 129 + dice.below(384) : 1 + dice.below(140);
  return attention_case(dice, 1 + dice.below(12), first, 1 + dice.below(4), 1 + dice.below(3),
                        head_size);
}

}  // namespace assay::gpu
