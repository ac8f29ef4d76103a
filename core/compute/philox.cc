#include "core/compute/philox.h"

#include <algorithm>

#include "core/compute/cpu/kernels.h"

namespace assay::compute {
namespace {

constexpr std::uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
constexpr std::uint64_t kBlockBytes = 16;

std::int8_t s8_of_byte(std::uint32_t byte) {
  return static_cast<std::int8_t>(static_cast<std::int32_t>(byte * 255 >> 8) - 127);
}

// out.size() bytes of one block, from byte `skip` of it.
void part_of_block(const PhiloxStream& stream, std::uint64_t element, std::uint64_t skip,
                   std::span<std::int8_t> out) {
  const PhiloxBlock words = stream.block(element);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t at = skip + i;
    out[i] = s8_of_byte(words[at / 4] >> (8 * (at % 4)) & 0xFF);
  }
}

}  // namespace

PhiloxKey philox_key(const Digest& job_seed) {
  Reader in(job_seed.view());
  const std::uint32_t first = in.u32_le();
  return {first, in.u32_le()};
}

PhiloxBlock philox4x32_10(PhiloxBlock counter, PhiloxKey key) {
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

PhiloxBlock PhiloxStream::block(std::uint64_t element) const {
  return philox4x32_10({static_cast<std::uint32_t>(element),
                        static_cast<std::uint32_t>(element >> 32), tensor, step},
                       key);
}

void philox_s8(const PhiloxStream& stream, std::uint64_t offset, std::span<std::int8_t> out,
               CpuLevel level) {
  std::uint64_t element = offset / kBlockBytes;
  std::uint64_t skip = offset % kBlockBytes;
  const cpu::Kernels* kernels = cpu::kernels(level);
  while (!out.empty()) {
    if (kernels != nullptr && skip == 0) {
      const std::uint64_t blocks = out.size() / kBlockBytes / cpu::kPhiloxBatch * cpu::kPhiloxBatch;
      if (blocks > 0) {
        kernels->philox_s8(stream.key.data(), stream.tensor, stream.step, element, blocks,
                           out.data());
        out = out.subspan(blocks * kBlockBytes);
        element += blocks;
        continue;
      }
    }
    const std::size_t count = std::min<std::size_t>(kBlockBytes - skip, out.size());
    part_of_block(stream, element, skip, out.first(count));
    out = out.subspan(count);
    ++element;
    skip = 0;
  }
}

}  // namespace assay::compute
