// Where the bytes of a Philox block go in a matrix whose rows are ld >= cols bytes apart. The
// kernel and its host test share it. Pure; any thread.
#pragma once

#include "core/compute/cuda/module_abi.h"
#include "core/compute/philox.h"

namespace assay::compute::cuda {

inline constexpr std::uint64_t kPhiloxBlockBytes = 16;

ASSAY_SHARED constexpr std::uint64_t philox_blocks(std::uint64_t rows, std::uint64_t cols) {
  return (rows * cols + kPhiloxBlockBytes - 1) / kPhiloxBlockBytes;
}

// Writes block number `number` of the stream to q; the last one is cut short.
ASSAY_SHARED inline void place_philox_block(const PhiloxArgs& args, std::uint64_t number,
                                            std::int8_t* q) {
  const PhiloxStream stream{{args.key[0], args.key[1]}, args.tensor, args.step};
  const PhiloxBlock words = stream.block(number);
  const std::uint64_t first = number * kPhiloxBlockBytes;
  std::uint64_t row = first / args.cols, column = first % args.cols;
  if (column + kPhiloxBlockBytes <= args.cols && (row * args.ld + column) % 16 == 0) {
    struct alignas(16) Line {
      std::uint32_t word[4];
    } line{};
    for (unsigned i = 0; i < 4; ++i) {  // max(byte, 1) - 128 in each byte
      std::uint32_t bytes = 0;
      for (unsigned byte = 0; byte < 4; ++byte) {
        const auto value =
            static_cast<std::uint8_t>(philox_s8_of_byte(words[i] >> (8 * byte) & 0xFF));
        bytes |= std::uint32_t{value} << (8 * byte);
      }
      line.word[i] = bytes;
    }
    *reinterpret_cast<Line*>(q + row * args.ld + column) = line;
    return;
  }
  for (unsigned i = 0; i < kPhiloxBlockBytes && row < args.rows; ++i) {
    q[row * args.ld + column] = philox_s8_of_byte(words[i / 4] >> (8 * (i % 4)) & 0xFF);
    if (++column == args.cols) {
      column = 0;
      ++row;
    }
  }
}

}  // namespace assay::compute::cuda
