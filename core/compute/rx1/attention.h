// Causal softmax attention of RX-1 with grouped queries. What a query yields depends on the keys
// and values at positions up to its own and on nothing else: not on which queries come with it. So
// prefill equals decode bit for bit, and a decoded text is checked by one prefill.
//
// Queries and keys are s16, values s8, each with a scale per (token, head) (quantize_rows). The
// error of a score is exponentiated and keys have outlier channels, where 8 bits lose; the errors
// of values average out, and 8 bits let 512 of them be summed in s32 with 15-bit weights.
//
// One query at position p, with head h and the keys and values of head h / (heads / kv_heads):
//
//   a = mul(q_scale, score_scale)
//   m = -infinity, l = 0, o[d] = 0
//   for each block of 512 absolute positions (0..511, 512..1023, …), ascending; of it only j <= p:
//     dot_j   = sum over d of q[d] * k_j[d]                                 exact integer
//     s_j     = mul(mul(f32(dot_j), a), k_scale_j)                          NaN made canonical
//     m_block = max of s_j                                                  exact, by order_key
//     p_j     = exp(sub(s_j, m_block))                                      0..1
//     count   = sum of rne(mul(p_j, 2^22)); a p_j that is NaN counts 0      exact integer
//     w_j     = mul(p_j, v_scale_j)
//     W_j     = w_j quantised with limit 32,767 over the block's j <= p (the rule of quantize.h):
//               15 bits, and w_scale
//     acc[d]  = sum of W_j * v_j[d]                                         exact integer
//     m_new   = max(m, m_block)
//     keep    = exp(sub(m, m_new)), take = exp(sub(m_block, m_new))
//     l       = fma(f32(count), mul(take, 2^-22), mul(l, keep))
//     o[d]    = fma(f32(acc[d]), mul(w_scale, take), mul(o[d], keep))
//     m       = m_new
//   out[d] = div(o[d], l)                                                   NaN made canonical
//
// All else are the f32 operations of float_ops.h; f32() of an integer rounds to nearest even. The
// scale of a value enters its weight, so that a block's sum needs no scale of its own and positions
// may be added to a block that has been used. Scores that overflow make NaN, not wrong numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/compute/engine.h"

namespace assay::compute::rx1 {

inline constexpr std::size_t kAttentionBlock = 512;  // positions
inline constexpr std::size_t kHeadSizeMax = 512;     // so that no sum of q * k leaves its s32 limbs

// Keys and values by absolute position, grown at the end. Borrows; any number of positions.
//   k, v (positions, kv_heads, head_size), the scales (positions, kv_heads) as quantize_rows gives
//   them: k is s16 of two limbs, v in [-127, 127]
struct KvCache {
  std::span<const std::int16_t> k;
  std::span<const float> k_scale;
  std::span<const std::int8_t> v;
  std::span<const float> v_scale;
};

struct AttentionShape {
  std::size_t heads = 0;      // a multiple of kv_heads
  std::size_t kv_heads = 0;   // >= 1
  std::size_t head_size = 0;  // 1..kHeadSizeMax
  float score_scale = 1;      // of a transformer: div(1, sqrt(f32(head_size)))
};

// q (rows, heads, head_size) and q_scale (rows, heads), as quantize_rows gives them with a width of
// head_size; out (rows, heads, head_size). Row r is the token at position first + r, whose own keys
// and values are in the cache already: the cache has at least first + rows positions.
//
// One thread at a time per Engine; its level and threads change no bit. Allocates nothing. A size
// that does not fit is a bug of the caller and stops the program.
void attention(const Engine& engine, const AttentionShape& shape, std::uint64_t first,
               std::span<const std::int16_t> q, std::span<const float> q_scale,
               const KvCache& cache, std::span<float> out);

// Its parts, scalar, for whoever checks a single one.
//
// s_j of one position: q and k (head_size) of one head, a as above.
float attention_score(std::span<const std::int16_t> q, float a, std::span<const std::int16_t> k,
                      float k_scale);
// What the scores of one block, up to the query's own position, weigh: both (positions).
struct AttentionWeights {
  std::vector<std::int16_t> weight;  // W_j (positions)
  float max = 0;
  std::uint32_t count = 0;
  float w_scale = 0;
};
AttentionWeights attention_weights(std::span<const float> scores, std::span<const float> v_scale);
// acc[d]: v (positions, head_size), dense.
std::vector<std::int32_t> attention_sums(std::span<const std::int16_t> weight,
                                         std::span<const std::int8_t> v, std::size_t head_size);
// The blocks' parts, ascending, to what the query yields; of any range of sums, the numbers there.
struct AttentionPart {
  std::vector<std::int32_t> acc;
  float max = 0;
  std::uint32_t count = 0;
  float w_scale = 0;
};
std::vector<float> combine_parts(std::span<const AttentionPart> parts);

}  // namespace assay::compute::rx1
