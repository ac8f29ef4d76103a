#include "core/compute/rx1/attention.h"

#include <algorithm>

#include "core/compute/rx1/op_kernels.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::rx1 {
namespace {

// One query's limbs, widened: what its keys are multiplied by.
struct Query {
  alignas(64) std::int16_t high[kHeadSizeMax];
  alignas(64) std::int16_t low[kHeadSizeMax];
  float a;  // q_scale * score_scale
};

Query make_query(const std::int16_t* q, std::size_t size, float a) {
  Query query;
  for (std::size_t d = 0; d < size; ++d) {
    const std::int32_t upper = 128 * split_limbs(q[d]).high;
    query.high[d] = static_cast<std::int16_t>(upper / 128);
    query.low[d] = static_cast<std::int16_t>(q[d] - upper);
  }
  query.a = a;
  return query;
}

// The keys and values of one head, from its first position on.
struct HeadCache {
  const std::int16_t* k;
  const std::int8_t* v;
  std::size_t stride;  // from one position to the next
  const float* k_scale;
  const float* v_scale;
  std::size_t scale_stride;
};

// What one block of positions yields, before it is combined with those before it.
struct Block {
  alignas(64) std::int32_t acc[kHeadSizeMax];
  float max;
  std::uint32_t count;
  float w_scale;
};

void attend_block(const OpKernels& ops, const Query& query, const HeadCache& cache,
                  std::size_t head_size, std::size_t first, std::size_t positions, Block& block) {
  alignas(64) std::int32_t high[kAttentionBlock], low[kAttentionBlock];
  alignas(64) float k_scale[kAttentionBlock], v_scale[kAttentionBlock], s[kAttentionBlock];
  alignas(64) std::int16_t weight[kAttentionBlock];
  for (std::size_t j = 0; j < positions; ++j) {
    k_scale[j] = cache.k_scale[(first + j) * cache.scale_stride];
    v_scale[j] = cache.v_scale[(first + j) * cache.scale_stride];
  }
  ops.dot(query.high, query.low, head_size, cache.k + first * cache.stride, cache.stride, positions,
          high, low);
  block.max = ops.scores(high, low, k_scale, positions, query.a, s);
  block.count = ops.weigh(s, v_scale, positions, block.max);
  const RowQuantum quantum = row_quantum(ops.amax_bits(s, positions), kWeightLimit);
  ops.quantize_s16(s, positions, quantum.inv, kWeightLimit, weight);
  block.w_scale = quantum.scale;
  ops.gather(weight, cache.v + first * cache.stride, cache.stride, positions, head_size, block.acc);
}

// What the blocks so far come to.
template <class Out>
struct RunningOf {
  Out out;
  float m = from_bits(kSignBit | kInfinityBits);
  float l = 0;

  void take(const OpKernels& ops, const std::int32_t* acc, float max_of_block, std::uint32_t count,
            float w_scale) {
    const float m_new = max(m, max_of_block);
    const float keep = exp_f32(sub(m, m_new));
    const float taken = exp_f32(sub(max_of_block, m_new));
    l = fma(static_cast<float>(count), mul(taken, 0x1p-22F), mul(l, keep));
    ops.blend(acc, out.size(), mul(w_scale, taken), keep, out.data());
    m = m_new;
  }
};
struct Running : RunningOf<std::vector<float>> {
  explicit Running(std::size_t size) { out.assign(size, 0.0F); }
};

// Attends to positions [0, positions), block by block.
void attend(const OpKernels& ops, const Query& query, const HeadCache& cache, std::size_t head_size,
            std::size_t positions, float* out) {
  RunningOf<std::span<float>> running{{out, head_size}};
  std::fill_n(out, head_size, 0.0F);
  Block block;
  for (std::size_t first = 0; first < positions; first += kAttentionBlock) {
    attend_block(ops, query, cache, head_size, first, std::min(kAttentionBlock, positions - first),
                 block);
    running.take(ops, block.acc, block.max, block.count, block.w_scale);
  }
  ops.divide(out, head_size, running.l);
}

}  // namespace

float attention_score(std::span<const std::int16_t> q, float a, std::span<const std::int16_t> k,
                      float k_scale) {
  ASSAY_CHECK(!q.empty() && q.size() <= kHeadSizeMax && k.size() == q.size(),
              "attention_score: one head's query and key");
  const OpKernels& ops = op_kernels(CpuLevel::scalar);
  const Query query = make_query(q.data(), q.size(), a);
  std::int32_t high = 0, low = 0;
  ops.dot(query.high, query.low, q.size(), k.data(), k.size(), 1, &high, &low);
  float s = 0;
  ops.scores(&high, &low, &k_scale, 1, query.a, &s);
  return s;
}

AttentionWeights attention_weights(std::span<const float> scores, std::span<const float> v_scale) {
  ASSAY_CHECK(
      !scores.empty() && scores.size() <= kAttentionBlock && v_scale.size() == scores.size(),
      "attention_weights: the positions of one block");
  const OpKernels& ops = op_kernels(CpuLevel::scalar);
  AttentionWeights out;
  out.max = from_bits(kSignBit | kInfinityBits);
  for (const float score : scores) out.max = max(out.max, score);
  std::vector<float> w(scores.begin(), scores.end());
  out.count = ops.weigh(w.data(), v_scale.data(), w.size(), out.max);
  const RowQuantum quantum = row_quantum(ops.amax_bits(w.data(), w.size()), kWeightLimit);
  out.weight.resize(w.size());
  ops.quantize_s16(w.data(), w.size(), quantum.inv, kWeightLimit, out.weight.data());
  out.w_scale = quantum.scale;
  return out;
}

std::vector<std::int32_t> attention_sums(std::span<const std::int16_t> weight,
                                         std::span<const std::int8_t> v, std::size_t head_size) {
  ASSAY_CHECK(head_size >= 1 && head_size <= kHeadSizeMax && weight.size() <= kAttentionBlock &&
                  v.size() == weight.size() * head_size,
              "attention_sums: one head's values of one block");
  std::vector<std::int32_t> acc(head_size);
  op_kernels(CpuLevel::scalar)
      .gather(weight.data(), v.data(), head_size, weight.size(), head_size, acc.data());
  return acc;
}

std::vector<float> combine_parts(std::span<const AttentionPart> parts) {
  const OpKernels& ops = op_kernels(CpuLevel::scalar);
  Running running(parts.front().acc.size());
  for (const AttentionPart& part : parts) {
    running.take(ops, part.acc.data(), part.max, part.count, part.w_scale);
  }
  ops.divide(running.out.data(), running.out.size(), running.l);
  return std::move(running.out);
}

void attention(const Engine& engine, const AttentionShape& shape, std::uint64_t first,
               std::span<const std::int16_t> q, std::span<const float> q_scale,
               const KvCache& cache, std::span<float> out) {
  const std::size_t size = shape.head_size;
  ASSAY_CHECK(shape.kv_heads >= 1 && shape.heads >= 1 && shape.heads % shape.kv_heads == 0 &&
                  size >= 1 && size <= kHeadSizeMax,
              "attention: heads a multiple of kv_heads, head_size 1..512");
  ASSAY_CHECK(q_scale.size() % shape.heads == 0 && q.size() == q_scale.size() * size &&
                  out.size() == q.size(),
              "attention: q and out (rows, heads, head_size), q_scale (rows, heads)");
  const std::size_t rows = q_scale.size() / shape.heads;
  const std::size_t positions = cache.k_scale.size() / shape.kv_heads;
  ASSAY_CHECK(cache.k_scale.size() == positions * shape.kv_heads &&
                  cache.v_scale.size() == cache.k_scale.size() &&
                  cache.k.size() == cache.k_scale.size() * size && cache.v.size() == cache.k.size(),
              "attention: k and v (positions, kv_heads, head_size), their scales (…, kv_heads)");
  ASSAY_CHECK(first + rows <= positions, "attention: the cache lacks the queries' own positions");
  const OpKernels& ops = op_kernels(engine.level());
  const std::size_t group = shape.heads / shape.kv_heads;
  engine.parallel_for(q_scale.size(), [&](std::uint64_t item) {
    const std::size_t kv_head = item % shape.heads / group;
    const HeadCache head{cache.k.data() + kv_head * size, cache.v.data() + kv_head * size,
                         shape.kv_heads * size,           cache.k_scale.data() + kv_head,
                         cache.v_scale.data() + kv_head,  shape.kv_heads};
    const float a = mul(q_scale[item], shape.score_scale);
    attend(ops, make_query(q.data() + item * size, size, a), head, size,
           first + item / shape.heads + 1, out.data() + item * size);
  });
}

}  // namespace assay::compute::rx1
