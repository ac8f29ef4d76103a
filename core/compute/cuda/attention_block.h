// Causal softmax attention by blocks of threads (block.h): each has one head of keys and values and
// kQueries of the queries that read it, so that what it loads serves them all. Defined by
// core/compute/rx1/attention.h; equal bit for bit: sums are of integers, and every f32 operation
// is the definition's, in its order.
#pragma once

#include <cstdint>

#include "core/compute/cuda/block.h"
#include "core/compute/cuda/module_abi.h"
#include "core/compute/host_device.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::cuda {

inline constexpr unsigned kAttentionThreads = 128;
inline constexpr unsigned kQueries = 8;               // of a block of threads
inline constexpr unsigned kPositions = 512;           // rx1::kAttentionBlock
inline constexpr unsigned kKeys = kAttentionThreads;  // of which dot products are made at once
inline constexpr unsigned kHeadMax = 512;             // rx1::kHeadSizeMax
inline constexpr unsigned kSlice = 32;                // elements of a head loaded at once
inline constexpr unsigned kExactProducts = 8;         // that fit s32
inline constexpr unsigned kColumns = kHeadMax / kAttentionThreads;  // of out, a thread
inline constexpr unsigned kSharers = kAttentionThreads / kQueries;  // threads a query
static_assert(kPositions % kKeys == 0 && kHeadMax % kSlice == 0 && kSlice % kExactProducts == 0);
static_assert(std::int64_t{kExactProducts} * rx1::kLimbsMax * rx1::kLimbsMax < INT32_MAX);

// The queries of one head of keys and values are numbered by row, then by head of the group.
ASSAY_SHARED constexpr std::uint64_t queries_a_head(const AttentionArgs& a) {
  return a.rows * (a.heads / a.kv_heads);
}
ASSAY_SHARED constexpr std::uint64_t attention_blocks(const AttentionArgs& a) {
  return (queries_a_head(a) + kQueries - 1) / kQueries * a.kv_heads;
}

// What one block of threads does.
struct AttentionPart {
  std::uint64_t kv_head;
  std::uint64_t first;  // query
  std::uint64_t count;  // of queries, 1..kQueries
};
ASSAY_SHARED constexpr AttentionPart attention_part(const AttentionArgs& a, std::uint64_t block) {
  const std::uint64_t first = block / a.kv_heads * kQueries;
  const std::uint64_t left = queries_a_head(a) - first;
  return {block % a.kv_heads, first, left < kQueries ? left : kQueries};
}
ASSAY_SHARED constexpr std::uint64_t query_row(const AttentionArgs& a, std::uint64_t query) {
  return query / (a.heads / a.kv_heads);
}
// Of the dense (rows, heads).
ASSAY_SHARED constexpr std::uint64_t query_place(const AttentionArgs& a, std::uint64_t kv_head,
                                                 std::uint64_t query) {
  const std::uint64_t group = a.heads / a.kv_heads;
  return query / group * a.heads + kv_head * group + query % group;
}

struct AttentionQuery {
  std::uint64_t positions;  // it attends to; 0: there is no such query
  float a;                  // q_scale * score_scale
  float m, l;               // so far
  float inv, take, keep;    // of the block of positions at hand
};

struct AttentionShared {
  alignas(16) std::int16_t q[kHeadMax][kQueries];
  // Bits of f32 scores, then weights; then the weights as integers.
  alignas(16) std::uint32_t cell[kPositions][kQueries];
  std::int16_t k[kKeys][kSlice + 2];  // rows begin in different banks
  std::int32_t key[kAttentionThreads];
  std::uint32_t count[kAttentionThreads];
  std::uint32_t amax[kAttentionThreads];
  AttentionQuery query[kQueries];
};

// A thread's own: sums of the key it is at, and the columns thread, thread + 128, … of out.
struct AttentionThread {
  std::int64_t dot[kQueries];
  float out[kColumns][kQueries];
};

template <class Block>
struct Attention {
  const AttentionArgs& args;
  const AttentionPart part;
  AttentionShared& s;
  typename Block::template PerThread<AttentionThread>& mine;

  template <class T>
  ASSAY_BLOCK static const T* at(DevicePtr from) {
    return reinterpret_cast<const T*>(from);
  }
  // Element (position, this head) of the scales; times head_size, of k and v.
  ASSAY_BLOCK std::uint64_t cached(std::uint64_t position) const {
    return position * args.kv_heads + part.kv_head;
  }
  // Positions of the block from `first` on that a query attends to.
  ASSAY_BLOCK unsigned positions_of(unsigned query, std::uint64_t first) const {
    const std::uint64_t positions = s.query[query].positions;
    if (positions <= first) return 0;
    return positions - first < kPositions ? static_cast<unsigned>(positions - first) : kPositions;
  }

  ASSAY_BLOCK void begin(unsigned thread) const {
    const unsigned width = (args.head_size + kSlice - 1) / kSlice * kSlice;
    for (unsigned query = 0; query < kQueries; ++query) {
      const bool there = query < part.count;
      const std::uint64_t place =
          there ? query_place(args, part.kv_head, part.first + query) * args.head_size : 0;
      for (unsigned d = thread; d < width; d += kAttentionThreads) {
        const bool element = there && d < args.head_size;
        s.q[d][query] = element ? at<std::int16_t>(args.q)[place + d] : std::int16_t{0};
      }
    }
    if (thread < kQueries) {
      AttentionQuery query{0, 0, rx1::from_bits(rx1::kSignBit | rx1::kInfinityBits), 0, 0, 0, 0};
      if (thread < part.count) {
        const std::uint64_t number = part.first + thread;
        query.positions = args.first + query_row(args, number) + 1;
        query.a = rx1::mul(at<float>(args.q_scale)[query_place(args, part.kv_head, number)],
                           args.score_scale);
      }
      s.query[thread] = query;
    }
    ASSAY_UNROLL
    for (unsigned column = 0; column < kColumns; ++column) {
      ASSAY_UNROLL
      for (unsigned query = 0; query < kQueries; ++query) mine[thread].out[column][query] = 0;
    }
  }

  // Elements d0.. of the keys at positions first.., zero beyond `limit` and beyond the head.
  ASSAY_BLOCK void load_keys(unsigned thread, std::uint64_t first, std::uint64_t limit,
                             unsigned d0) const {
    const unsigned d = d0 + thread % kSlice;
    for (unsigned key = thread / kSlice; key < kKeys; key += kAttentionThreads / kSlice) {
      const bool there = first + key < limit && d < args.head_size;
      s.k[key][thread % kSlice] =
          there ? at<std::int16_t>(args.k)[cached(first + key) * args.head_size + d]
                : std::int16_t{0};
    }
    if (d0 != 0) return;
    ASSAY_UNROLL
    for (unsigned query = 0; query < kQueries; ++query) mine[thread].dot[query] = 0;
  }

  ASSAY_BLOCK void multiply_keys(unsigned thread, unsigned d0) const {
    for (unsigned part_of_slice = 0; part_of_slice < kSlice; part_of_slice += kExactProducts) {
      std::int32_t sum[kQueries] = {};
      ASSAY_UNROLL
      for (unsigned i = part_of_slice; i < part_of_slice + kExactProducts; ++i) {
        const std::int32_t k = s.k[thread][i];
        ASSAY_UNROLL
        for (unsigned query = 0; query < kQueries; ++query) sum[query] += k * s.q[d0 + i][query];
      }
      ASSAY_UNROLL
      for (unsigned query = 0; query < kQueries; ++query) mine[thread].dot[query] += sum[query];
    }
  }

  // The scores of the thread's key, number `key` of the block of positions from `first` on.
  ASSAY_BLOCK void score(unsigned thread, std::uint64_t first, unsigned key,
                         std::uint64_t limit) const {
    if (first + key >= limit) return;
    const float k_scale = at<float>(args.k_scale)[cached(first + key)];
    ASSAY_UNROLL
    for (unsigned query = 0; query < kQueries; ++query) {
      const float dot = static_cast<float>(mine[thread].dot[query]);
      const float score = rx1::canonical(rx1::mul(rx1::mul(dot, s.query[query].a), k_scale));
      s.cell[key][query] = rx1::bits(score);
    }
  }

  // From here on thread t works for query t % kQueries, on every kSharers-th position.
  ASSAY_BLOCK void find_max(unsigned thread, std::uint64_t first) const {
    const unsigned query = thread % kQueries, count = positions_of(query, first);
    std::int32_t most = rx1::order_key(rx1::from_bits(rx1::kSignBit | rx1::kInfinityBits));
    for (unsigned j = thread / kQueries; j < count; j += kSharers) {
      const std::int32_t key = rx1::order_key(rx1::from_bits(s.cell[j][query]));
      most = most > key ? most : key;
    }
    s.key[thread] = most;
  }
  ASSAY_BLOCK float block_max(unsigned query) const {
    std::int32_t most = s.key[query];
    for (unsigned i = query; i < kAttentionThreads; i += kQueries) {
      most = most > s.key[i] ? most : s.key[i];
    }
    return rx1::from_order_key(most);
  }

  ASSAY_BLOCK void weigh(unsigned thread, std::uint64_t first) const {
    const unsigned query = thread % kQueries, count = positions_of(query, first);
    const float max = block_max(query);
    std::uint32_t sum = 0, most = 0;
    for (unsigned j = thread / kQueries; j < count; j += kSharers) {
      const float p = rx1::exp_f32(rx1::sub(rx1::from_bits(s.cell[j][query]), max));
      sum += rx1::probability_count(p);
      const float w = rx1::mul(p, at<float>(args.v_scale)[cached(first + j)]);
      const std::uint32_t size = rx1::bits(w) & rx1::kAbsMask;
      most = most > size ? most : size;
      s.cell[j][query] = rx1::bits(w);
    }
    s.count[thread] = sum;
    s.amax[thread] = most;
  }

  ASSAY_BLOCK void combine(unsigned thread, std::uint64_t first) const {
    if (thread >= kQueries || positions_of(thread, first) == 0) return;
    std::uint32_t count = 0, amax = 0;
    for (unsigned i = thread; i < kAttentionThreads; i += kQueries) {
      count += s.count[i];
      amax = amax > s.amax[i] ? amax : s.amax[i];
    }
    AttentionQuery& query = s.query[thread];
    const rx1::RowQuantum quantum = rx1::row_quantum(amax, rx1::kWeightLimit);
    const float max = block_max(thread);
    const float m_new = rx1::max(query.m, max);
    const float take = rx1::exp_f32(rx1::sub(max, m_new));
    query.keep = rx1::exp_f32(rx1::sub(query.m, m_new));
    query.l = rx1::fma(static_cast<float>(count), rx1::mul(take, 0x1p-22F),
                       rx1::mul(query.l, query.keep));
    query.take = rx1::mul(quantum.scale, take);
    query.inv = quantum.inv;
    query.m = m_new;
  }

  // Zero where the query does not attend, so that gather() sums over all.
  ASSAY_BLOCK void quantize(unsigned thread, std::uint64_t first, unsigned keys) const {
    const unsigned query = thread % kQueries, count = positions_of(query, first);
    for (unsigned j = thread / kQueries; j < keys; j += kSharers) {
      const float w = rx1::from_bits(j < count ? s.cell[j][query] : 0);
      s.cell[j][query] = static_cast<std::uint32_t>(
          j < count ? rx1::quantized(w, s.query[query].inv, rx1::kWeightLimit) : 0);
    }
  }

  ASSAY_BLOCK void gather(unsigned thread, std::uint64_t first, unsigned keys) const {
    const std::uint64_t step = std::uint64_t{args.kv_heads} * args.head_size;
    ASSAY_UNROLL
    for (unsigned column = 0; column < kColumns; ++column) {
      const unsigned d = thread + column * kAttentionThreads;
      if (d >= args.head_size) break;
      const std::int8_t* v = at<std::int8_t>(args.v) + cached(first) * args.head_size + d;
      std::int32_t acc[kQueries] = {};
      for (unsigned j = 0; j < keys; ++j) {
        const std::int8_t value = v[j * step];
        ASSAY_UNROLL
        for (unsigned query = 0; query < kQueries; ++query) {
          acc[query] += static_cast<std::int32_t>(s.cell[j][query]) * value;
        }
      }
      ASSAY_UNROLL
      for (unsigned query = 0; query < kQueries; ++query) {
        if (positions_of(query, first) == 0) continue;
        const AttentionQuery& q = s.query[query];
        float& out = mine[thread].out[column][query];
        out = rx1::fma(rx1::from_s32(acc[query]), q.take, rx1::mul(out, q.keep));
      }
    }
  }

  ASSAY_BLOCK void finish(unsigned thread) const {
    ASSAY_UNROLL
    for (unsigned column = 0; column < kColumns; ++column) {
      const unsigned d = thread + column * kAttentionThreads;
      if (d >= args.head_size) break;
      ASSAY_UNROLL
      for (unsigned query = 0; query < kQueries; ++query) {
        if (query >= part.count) break;
        const std::uint64_t place = query_place(args, part.kv_head, part.first + query);
        reinterpret_cast<float*>(args.out)[place * args.head_size + d] =
            rx1::canonical(rx1::div(mine[thread].out[column][query], s.query[query].l));
      }
    }
  }
};

// All that block number `number` of attention_blocks() does.
template <class Block>
ASSAY_BLOCK void attend(const Block& block, const AttentionArgs& args, std::uint64_t number,
                        AttentionShared& s) {
  typename Block::template PerThread<AttentionThread> mine;
  const Attention<Block> work{args, attention_part(args, number), s, mine};
  // What the last query attends to, and so the most.
  const std::uint64_t limit =
      args.first + query_row(args, work.part.first + work.part.count - 1) + 1;
  block.phase([&](unsigned thread) { work.begin(thread); });
  for (std::uint64_t first = 0; first < limit; first += kPositions) {
    const unsigned keys =
        limit - first < kPositions ? static_cast<unsigned>(limit - first) : kPositions;
    for (unsigned key = 0; key < keys; key += kKeys) {
      for (unsigned d = 0; d < args.head_size; d += kSlice) {
        block.phase([&](unsigned thread) { work.load_keys(thread, first + key, limit, d); });
        block.phase([&](unsigned thread) { work.multiply_keys(thread, d); });
      }
      block.phase([&](unsigned thread) { work.score(thread, first, key + thread, limit); });
    }
    block.phase([&](unsigned thread) { work.find_max(thread, first); });
    block.phase([&](unsigned thread) { work.weigh(thread, first); });
    block.phase([&](unsigned thread) { work.combine(thread, first); });
    block.phase([&](unsigned thread) { work.quantize(thread, first, keys); });
    block.phase([&](unsigned thread) { work.gather(thread, first, keys); });
  }
  block.phase([&](unsigned thread) { work.finish(thread); });
}

}  // namespace assay::compute::cuda
