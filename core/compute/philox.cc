#include "core/compute/philox.h"

#include <algorithm>

#include "core/compute/cpu/kernels.h"

namespace assay::compute {
namespace {

constexpr std::uint64_t kBlockBytes = 16;

// out.size() bytes of one block, from byte `skip` of it.
void part_of_block(const PhiloxStream& stream, std::uint64_t element, std::uint64_t skip,
                   std::span<std::int8_t> out) {
  const PhiloxBlock words = stream.block(element);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t at = skip + i;
    out[i] = philox_s8_of_byte(words[at / 4] >> (8 * (at % 4)) & 0xFF);
  }
}

}  // namespace

PhiloxKey philox_key(const Digest& job_seed) {
  Reader in(job_seed.view());
  const std::uint32_t first = in.u32_le();
  return {first, in.u32_le()};
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
