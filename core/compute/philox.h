// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11):
// the random numbers of every job. Pure; any thread. Vectors: vectors/philox/.
//
// The 128-bit counter of block number `element` of a tensor at a step is the words
//   {low half of element, high half of element, tensor, step}
// and the key is the first 8 bytes of the job seed as two little-endian words. The four output
// words, each little-endian, are 16 bytes; bytes 16*element .. 16*element+15 of the stream of that
// (tensor, step) are block `element`.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/compute/engine.h"
#include "core/compute/host_device.h"
#include "core/crypto/sha256.h"

namespace assay::compute {

using PhiloxKey = std::array<std::uint32_t, 2>;
using PhiloxBlock = std::array<std::uint32_t, 4>;

PhiloxKey philox_key(const Digest& job_seed);

ASSAY_SHARED constexpr PhiloxBlock philox4x32_10(PhiloxBlock counter, PhiloxKey key) {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = kMultiplier0 * counter[0];
    const std::uint64_t p1 = kMultiplier1 * counter[2];
    counter = {
        static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

// The byte stream of one tensor at one step.
struct PhiloxStream {
  PhiloxKey key{};
  std::uint32_t tensor = 0;
  std::uint32_t step = 0;

  ASSAY_SHARED constexpr PhiloxBlock block(std::uint64_t element) const {
    return philox4x32_10({static_cast<std::uint32_t>(element),
                          static_cast<std::uint32_t>(element >> 32), tensor, step},
                         key);
  }
};

// A stream byte as s8: max(byte, 1) - 128.
ASSAY_SHARED constexpr std::int8_t philox_s8_of_byte(std::uint32_t byte) {
  return static_cast<std::int8_t>(static_cast<std::int32_t>(byte * 255 >> 8) - 127);
}

// Stream bytes offset .. offset+out.size()-1 as s8 in [-127, 127]: byte b is (b * 255 >> 8) - 127,
// that is max(b, 1) - 128. Every level gives the same values; scalar is the definition.
void philox_s8(const PhiloxStream& stream, std::uint64_t offset, std::span<std::int8_t> out,
               CpuLevel level = CpuLevel::scalar);

}  // namespace assay::compute
