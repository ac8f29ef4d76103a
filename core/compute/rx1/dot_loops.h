// The integer products of attention, once for every vector width. V is a type of the including
// file's own unnamed namespace (see op_kernels.h).
//   V::Reg of V::kLanes s16, or half as many s32; zero, load, load_s8 (kLanes s8 widened to s16),
//   pairs (an s32 in every lane), madd (s16 by s16, the sums of neighbours as s32), add (s32),
//   low and high (unpack s16 of two registers within each 128 bits), sum (of all s32), store
#pragma once

#include "core/compute/rx1/op_kernels.h"

namespace assay::compute::rx1 {
namespace {

template <class V>
void dot(const std::int16_t* q_high, const std::int16_t* q_low, std::size_t head_size,
         const std::int16_t* k, std::size_t stride, std::size_t count, std::int32_t* high,
         std::int32_t* low) {
  const std::size_t whole = head_size - head_size % V::kLanes;
  for (std::size_t j = 0; j < count; ++j, k += stride) {
    typename V::Reg high_sum = V::zero(), low_sum = V::zero();
    for (std::size_t d = 0; d < whole; d += V::kLanes) {
      const typename V::Reg keys = V::load(k + d);
      high_sum = V::add(high_sum, V::madd(keys, V::load(q_high + d)));
      low_sum = V::add(low_sum, V::madd(keys, V::load(q_low + d)));
    }
    high[j] = V::sum(high_sum);
    low[j] = V::sum(low_sum);
    for (std::size_t d = whole; d < head_size; ++d) {
      high[j] += std::int32_t{k[d]} * q_high[d];
      low[j] += std::int32_t{k[d]} * q_low[d];
    }
  }
}

// kSets * kLanes columns of v from `v` on. Two rows at a time: their values are unpacked into
// neighbours, so that madd multiplies each by its own weight and adds the two.
template <class V, std::size_t kSets>
void gather_columns(const std::int16_t* weight, const std::int8_t* v, std::size_t stride,
                    std::size_t count, std::int32_t* acc) {
  typename V::Reg sum[kSets][2];
  for (auto& pair : sum) pair[0] = pair[1] = V::zero();
  for (std::size_t j = 0; j < count; j += 2) {
    const bool both = j + 1 < count;
    const std::int8_t* first = v + j * stride;
    const std::int8_t* second = both ? first + stride : first;
    const typename V::Reg weights = V::pairs(weight[j] | (both ? weight[j + 1] << 16 : 0));
#pragma GCC unroll 4
    for (std::size_t set = 0; set < kSets; ++set) {
      const typename V::Reg a = V::load_s8(first + set * V::kLanes);
      const typename V::Reg b = V::load_s8(second + set * V::kLanes);
      sum[set][0] = V::add(sum[set][0], V::madd(V::low(a, b), weights));
      sum[set][1] = V::add(sum[set][1], V::madd(V::high(a, b), weights));
    }
  }
  for (std::size_t set = 0; set < kSets; ++set) {
    std::int32_t halves[2][V::kLanes / 2];
    V::store(halves[0], sum[set][0]);
    V::store(halves[1], sum[set][1]);
    for (std::size_t i = 0; i < V::kLanes; ++i) {  // undoes the unpacking, 8 columns at a time
      acc[set * V::kLanes + i] = halves[i % 8 / 4][i / 8 * 4 + i % 4];
    }
  }
}

template <class V>
void gather(const std::int16_t* weight, const std::int8_t* v, std::size_t stride, std::size_t count,
            std::size_t head_size, std::int32_t* acc) {
  constexpr std::size_t kSets = 4;
  std::size_t d = 0;
  for (; d + kSets * V::kLanes <= head_size; d += kSets * V::kLanes) {
    gather_columns<V, kSets>(weight, v + d, stride, count, acc + d);
  }
  for (; d + V::kLanes <= head_size; d += V::kLanes) {
    gather_columns<V, 1>(weight, v + d, stride, count, acc + d);
  }
  for (; d < head_size; ++d) {
    acc[d] = 0;
    for (std::size_t j = 0; j < count; ++j) acc[d] += std::int32_t{weight[j]} * v[j * stride + d];
  }
}

}  // namespace
}  // namespace assay::compute::rx1
