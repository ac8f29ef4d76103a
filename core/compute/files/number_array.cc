#include "core/compute/files/number_array.h"

#include <bit>

#include "core/compute/rx1/convert.h"

namespace assay::compute {
namespace {

// Each element is kBytes, little-endian. Nothing in the loop depends on the type any more, so that
// it becomes vector code: checkpoints of language models have billions of elements.
template <std::size_t kBytes, class Widen>
void read_each(const std::uint8_t* from, std::span<float> out, const Widen& widen) {
  for (std::size_t i = 0; i < out.size(); ++i, from += kBytes) {
    std::uint32_t bits = 0;
    for (std::size_t byte = 0; byte < kBytes; ++byte) {
      bits |= std::uint32_t{from[byte]} << (8 * byte);
    }
    out[i] = widen(bits);
  }
}

}  // namespace

std::size_t number_bytes(NumberType type) {
  switch (type) {
    case NumberType::s8: return 1;
    case NumberType::u16:
    case NumberType::f16:
    case NumberType::bf16: return 2;
    case NumberType::f32: return 4;
  }
  return 0;
}

std::uint64_t array_bytes(NumberType type, std::span<const std::uint64_t> dims) {
  std::uint64_t bytes = number_bytes(type);
  for (std::uint64_t dim : dims) {
    if (__builtin_mul_overflow(bytes, dim, &bytes)) return UINT64_MAX;
  }
  return bytes;
}

void read_numbers(const NumberArray& array, std::uint64_t first, std::span<float> out) {
  const std::size_t width = number_bytes(array.type);
  const std::uint64_t count = array.data.size() / width;
  ASSAY_CHECK(first <= count && out.size() <= count - first, "elements beyond the array");
  const std::uint8_t* from = array.data.data() + first * width;
  switch (array.type) {
    case NumberType::s8:
      return read_each<1>(from, out, [](std::uint32_t bits) {
        return static_cast<float>(static_cast<std::int8_t>(bits));
      });
    case NumberType::u16:
      return read_each<2>(from, out, [](std::uint32_t bits) { return static_cast<float>(bits); });
    case NumberType::f16:
      return read_each<2>(from, out, [](std::uint32_t bits) {
        return rx1::f32_of_f16(static_cast<std::uint16_t>(bits));
      });
    case NumberType::bf16:
      return read_each<2>(from, out, [](std::uint32_t bits) {
        return rx1::f32_of_bf16(static_cast<std::uint16_t>(bits));
      });
    case NumberType::f32:
      return read_each<4>(from, out, [](std::uint32_t bits) { return std::bit_cast<float>(bits); });
  }
}

}  // namespace assay::compute
