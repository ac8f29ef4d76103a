// The SIMD twins of one CPU level, as a table. Each entry equals the scalar definition it names bit
// for bit. Internal to core/compute; pure; any thread.
//
// The files level_*.cc are compiled for their instruction set, so they (and the *_loops.h headers
// they share) must not instantiate anything with external linkage: the linker could hand the code
// of one level to a machine of another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/compute/engine.h"

namespace assay::compute::cpu {

inline constexpr std::size_t kPhiloxBatch = 16;  // blocks
inline constexpr std::size_t kPackGroups = 16;
inline constexpr std::size_t kFewRowsBytes = 64;
inline constexpr std::size_t kTileRowsMax = 16;
inline constexpr std::size_t kTileColumnsMax = 64;

struct Kernels {
  // igemm8 works on tiles of D, from panels packed as 32-bit groups (panels.h): a group is
  // 4 consecutive k as bytes, B offset by 128 (group 4: VNNI), or 2 consecutive k as s16 (group 2).
  std::size_t tile_rows;
  std::size_t tile_columns;
  std::size_t group;
  // d[i*stride + c] = start[i] + sum over groups g of dot(a[g*tile_rows + i], b[g*tile_columns +
  // c])
  void (*tile)(const std::int32_t* a, const std::int32_t* b, std::size_t groups,
               const std::int32_t* start, std::int32_t* d, std::size_t stride);
  // For few rows, unpacked: d[i*stride + n] = start[i] + sum over k of a[i*a_stride + k] *
  // b'[n*k_size
  // + k], where b' = b + 128 with group 4, else b. a is followed by zeros up to a_stride, a
  // multiple of kFewRowsBytes.
  void (*few_rows)(const std::int8_t* a, std::size_t a_stride, std::size_t rows,
                   const std::int8_t* b, std::size_t n_size, std::size_t k_size,
                   const std::int32_t* start, std::int32_t* d, std::size_t stride);
  // pack_panel (panels.h) for the first whole / kPackGroups * kPackGroups groups of each row, where
  // whole = k_size / group; null where a level has nothing better than panels.cc.
  void (*pack)(const std::int8_t* x, std::size_t rows, std::size_t k_size, std::size_t width,
               std::uint8_t flip, std::int32_t* out);

  // The two passes of requantize_row (requantize.h): the bits of max |y|, then q.
  std::uint32_t (*amax_bits)(const std::int32_t* acc, const float* sb, std::size_t count, float sa);
  void (*quantize)(const std::int32_t* acc, const float* sb, std::size_t count, float sa, float inv,
                   std::int8_t* q);

  // philox_s8 (philox.h) for whole blocks: element .. element+blocks-1, a multiple of kPhiloxBatch.
  void (*philox_s8)(const std::uint32_t* key, std::uint32_t tensor, std::uint32_t step,
                    std::uint64_t element, std::uint64_t blocks, std::int8_t* out);
};

extern const Kernels kSse2, kAvx2, kAvx512;

// Null for scalar, which has no twin. The machine must have the level.
const Kernels* kernels(CpuLevel level);

}  // namespace assay::compute::cpu
