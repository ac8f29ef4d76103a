// philox_s8 once for every vector width. V is a type of the including file's own unnamed namespace
// (see kernels.h). Each 64-bit lane works on one block; only its low half counts, which is what the
// widening multiplication reads.
//   V::kLanes64, broadcast64, add64, multiply32 (low halves to 64 bits), high (lane >> 32),
//   exclusive_or, join (low half of a, then of b), pair_low and pair_high (lanes 0, 2, … or 1, 3, …
//   of a and b in turn), max_u8, lane_numbers (which block each lane works on, so that the pairs
//   come out in order), store
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/compute/cpu/kernels.h"

namespace assay::compute::cpu {
namespace {

template <class V>
void philox_s8(const std::uint32_t* key, std::uint32_t tensor, std::uint32_t step,
               std::uint64_t element, std::uint64_t blocks, std::int8_t* out) {
  using Reg = typename V::Reg;
  constexpr std::size_t kSets = 2;  // two at a time hide the latency of the multiplications
  static_assert(kPhiloxBatch % (kSets * V::kLanes64) == 0);
  const Reg m0 = V::broadcast64(0xD2511F53), m1 = V::broadcast64(0xCD9E8D57);
  const Reg ones = V::broadcast64(0x0101010101010101), flip = V::broadcast64(0x8080808080808080);
  for (std::uint64_t done = 0; done < blocks; done += kSets * V::kLanes64) {
    Reg x[kSets][4];
#pragma GCC unroll 2
    for (std::size_t set = 0; set < kSets; ++set) {
      x[set][0] = V::add64(V::broadcast64(element + done + set * V::kLanes64), V::lane_numbers());
      x[set][1] = V::high(x[set][0]);
      x[set][2] = V::broadcast64(tensor);
      x[set][3] = V::broadcast64(step);
    }
    std::uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9, k1 += 0xBB67AE85) {
      const Reg round_k0 = V::broadcast64(k0), round_k1 = V::broadcast64(k1);
#pragma GCC unroll 2
      for (std::size_t set = 0; set < kSets; ++set) {
        Reg* w = x[set];
        const Reg p0 = V::multiply32(w[0], m0), p1 = V::multiply32(w[2], m1);
        w[0] = V::exclusive_or(V::exclusive_or(V::high(p1), w[1]), round_k0);
        w[2] = V::exclusive_or(V::exclusive_or(V::high(p0), w[3]), round_k1);
        w[1] = p1;
        w[3] = p0;
      }
    }
#pragma GCC unroll 2
    for (std::size_t set = 0; set < kSets; ++set) {
      const Reg front = V::join(x[set][0], x[set][1]), back = V::join(x[set][2], x[set][3]);
      const Reg low = V::max_u8(V::pair_low(front, back), ones);
      const Reg high = V::max_u8(V::pair_high(front, back), ones);
      V::store(reinterpret_cast<std::int32_t*>(out), V::exclusive_or(low, flip));
      V::store(reinterpret_cast<std::int32_t*>(out + sizeof(Reg)), V::exclusive_or(high, flip));
      out += 2 * sizeof(Reg);
    }
  }
}

}  // namespace
}  // namespace assay::compute::cpu
