// The igemm8 tile, once for every vector width. V is a type of the including file's own unnamed
// namespace, so that each level gets its own code (see kernels.h).
//   V::Reg, V::kLanes, zero-argument none; load, broadcast, dot(sum, a, b), store
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::compute::cpu {
namespace {

template <class V, std::size_t kRows, std::size_t kVectors>
void tile(const std::int32_t* a, const std::int32_t* b, std::size_t groups,
          const std::int32_t* start, std::int32_t* d, std::size_t stride) {
  typename V::Reg sum[kRows][kVectors];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) sum[i][v] = V::broadcast(start[i]);
  }
  for (std::size_t g = 0; g < groups; ++g) {
    typename V::Reg columns[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) columns[v] = V::load(b + v * V::kLanes);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kRows; ++i) {
      const typename V::Reg row = V::broadcast(a[i]);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) sum[i][v] = V::dot(sum[i][v], columns[v], row);
    }
    a += kRows;
    b += kVectors * V::kLanes;
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) V::store(d + i * stride + v * V::kLanes, sum[i][v]);
  }
}

}  // namespace
}  // namespace assay::compute::cpu
