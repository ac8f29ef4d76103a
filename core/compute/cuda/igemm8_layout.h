// Where every byte of the IGEMM8 tensor-core kernel lies: tiles, shared memory, fragments. The
// kernel (igemm8_tiles.cuh) computes no address but through these functions, and the host tests
// walk all of them. Pure; any thread.
//
// A block computes kM x kN of D from K-slices of kK = 64 bytes: kM rows of A, then kN rows of B, in
// kStages rotating stages of shared memory. A warp computes kWarpM x kWarpN by m16n8k32 products.
// Source of the fragment maps: PTX ISA, "Matrix Fragments for mma.m16n8k32" and "ldmatrix".
#pragma once

#include <cstdint>

#include "core/compute/host_device.h"

namespace assay::compute::cuda {

inline constexpr unsigned kSliceK = 64;       // bytes of a row in one stage
inline constexpr unsigned kChunkK = 16;       // bytes of one cp.async, and of one ldmatrix row
inline constexpr unsigned kProductK = 32;     // k of one product
inline constexpr unsigned kGroupedTiles = 8;  // rows of tiles that share B in the L2 cache

template <unsigned M, unsigned N, unsigned WarpM, unsigned WarpN, unsigned Stages>
struct Tiling {
  static constexpr unsigned kM = M, kN = N, kWarpM = WarpM, kWarpN = WarpN, kStages = Stages;
  static constexpr unsigned kWarps = (M / WarpM) * (N / WarpN);
  static constexpr unsigned kThreads = kWarps * 32;
  static constexpr unsigned kStageBytes = (M + N) * kSliceK;
  static constexpr unsigned kSharedBytes = kStages * kStageBytes;
  static constexpr unsigned kCopies =
      (M + N) * (kSliceK / kChunkK) / kThreads;  // a thread, a stage
  static_assert((M + N) * (kSliceK / kChunkK) % kThreads == 0);
  static_assert(M % WarpM == 0 && N % WarpN == 0 && WarpM % 16 == 0 && WarpN % 16 == 0);
  static_assert(kSharedBytes <= 99 * 1024, "sm_86, sm_89 and sm_120 have no more");
};
using WideTiling = Tiling<128, 256, 64, 64, 4>;    // the s8 kernel
using NarrowTiling = Tiling<128, 128, 64, 32, 4>;  // small outputs, and the bf16 kernel

// Byte offset of a chunk in a stage. The exclusive-or spreads the eight rows that an ldmatrix reads
// at once, and the eight chunks that neighbouring threads copy, over all 32 banks.
ASSAY_SHARED constexpr unsigned chunk_offset(unsigned row, unsigned chunk) {
  return row * kSliceK + ((chunk ^ (row >> 1)) & 3) * kChunkK;
}

// Copy number i of a thread: which row of the stage, which chunk of it.
struct ChunkPlace {
  unsigned row, chunk;
};
ASSAY_SHARED constexpr ChunkPlace copied_chunk(unsigned thread, unsigned i, unsigned threads) {
  const unsigned number = thread + i * threads;
  return {number / (kSliceK / kChunkK), number % (kSliceK / kChunkK)};
}

// The chunk whose address a lane hands to ldmatrix.x4, relative to the fragment's first row and
// chunk: for A one 16x32 fragment, for B two 8x32 fragments under each other.
ASSAY_SHARED constexpr ChunkPlace loaded_chunk_a(unsigned lane) {
  return {lane & 15, lane >> 4};
}
ASSAY_SHARED constexpr ChunkPlace loaded_chunk_b(unsigned lane) {
  return {(lane & 7) | ((lane >> 4) << 3), (lane >> 3) & 1};
}

// Which element byte `byte` of fragment register `reg` of a lane is: (row, k) of A, (column, k) of
// B; and which (row, column) accumulator i is.
struct Element {
  unsigned row, column;
};
ASSAY_SHARED constexpr Element element_of_a(unsigned lane, unsigned reg, unsigned byte) {
  return {lane / 4 + (reg & 1) * 8, (reg >> 1) * 16 + (lane % 4) * 4 + byte};
}
ASSAY_SHARED constexpr Element element_of_b(unsigned lane, unsigned reg, unsigned byte) {
  return {lane / 4, reg * 16 + (lane % 4) * 4 + byte};
}
ASSAY_SHARED constexpr Element element_of_d(unsigned lane, unsigned i) {
  return {lane / 4 + (i >> 1) * 8, (lane % 4) * 2 + (i & 1)};
}

// The warp's corner in the block's tile.
template <class T>
ASSAY_SHARED constexpr Element warp_corner(unsigned warp) {
  constexpr unsigned kAcross = T::kN / T::kWarpN;
  return {warp / kAcross * T::kWarpM, warp % kAcross * T::kWarpN};
}

// The tile of a block: columns of kGroupedTiles tiles, so that blocks in flight share their inputs.
struct TilePlace {
  std::uint64_t down, across;
};
ASSAY_SHARED constexpr TilePlace tile_of_block(std::uint64_t block, std::uint64_t tiles_down,
                                               std::uint64_t tiles_across) {
  const std::uint64_t group = block / (kGroupedTiles * tiles_across);
  const std::uint64_t first = group * kGroupedTiles;
  const std::uint64_t left = tiles_down - first;
  const std::uint64_t height = left < kGroupedTiles ? left : kGroupedTiles;
  const std::uint64_t rest = block - first * tiles_across;
  return {first + rest % height, rest / height};
}

}  // namespace assay::compute::cuda
