// Where every byte of the sm_90a IGEMM8 kernel lies (igemm8_wgmma.cu). Pure; any thread.
//
// A block of two warpgroups computes 128 x 256 of D from K-slices of 128 bytes, in four rotating
// stages: 128 rows of A, then 256 of B, 128 bytes each, in the 128-byte swizzle that the matrix
// descriptors name. Source: PTX ISA, "Matrix Descriptor" and "Shared Memory Matrix Layout" of
// wgmma.
#pragma once

#include "core/compute/cuda/igemm8_layout.h"

namespace assay::compute::cuda {

struct WgmmaTiling {
  static constexpr unsigned kM = 128, kN = 256, kStages = 4;
  static constexpr unsigned kThreads = 256;  // each warpgroup of 128 has 64 rows
  static constexpr unsigned kSliceBytes = 128, kChunks = 8;
  static constexpr unsigned kStageBytes = (kM + kN) * kSliceBytes;
  static constexpr unsigned kAlignment = 1024;  // of a swizzle atom: eight rows
  static constexpr unsigned kSharedBytes = kStages * kStageBytes + kAlignment;
  static constexpr unsigned kCopies = (kM + kN) * kChunks / kThreads;
  static constexpr unsigned kColumns = 128;  // of one wgmma
};
static_assert(WgmmaTiling::kSharedBytes <= 227 * 1024);

// Byte offset of a chunk in a stage.
ASSAY_SHARED constexpr unsigned wgmma_chunk_offset(unsigned row, unsigned chunk) {
  return row * WgmmaTiling::kSliceBytes + (chunk ^ (row & 7)) * kChunkK;
}
ASSAY_SHARED constexpr ChunkPlace wgmma_copied_chunk(unsigned thread, unsigned i) {
  const unsigned number = thread + i * WgmmaTiling::kThreads;
  return {number / WgmmaTiling::kChunks, number % WgmmaTiling::kChunks};
}

// The descriptor of a matrix whose rows (of K) begin at `address`: bits 0-13 the address, 32-45 the
// distance of eight rows, both in units of 16 bytes; 62-63 the swizzle, 1 for 128 bytes. K-slices
// of 32 bytes within the 128 are reached by moving the address.
ASSAY_SHARED constexpr std::uint64_t wgmma_descriptor(std::uint32_t address) {
  constexpr std::uint64_t kSwizzle128 = std::uint64_t{1} << 62;
  constexpr std::uint64_t kEightRows = std::uint64_t{1024 / 16} << 32;
  return kSwizzle128 | kEightRows | std::uint64_t{1} << 16 | (address & 0x3FFFF) >> 4;
}

}  // namespace assay::compute::cuda
