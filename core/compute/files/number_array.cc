#include "core/compute/files/number_array.h"

#include <bit>

#include "core/compute/rx1/convert.h"

namespace assay::compute {

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
  Reader in(array.data.subspan(first * width, out.size() * width));
  for (float& value : out) {
    switch (array.type) {
      case NumberType::s8: value = static_cast<float>(static_cast<std::int8_t>(in.u8())); break;
      case NumberType::f32: value = std::bit_cast<float>(in.u32_le()); break;
      default: {
        const std::uint32_t low = in.u8();
        const std::uint16_t bits = static_cast<std::uint16_t>(low | in.u8() * 256U);
        value = array.type == NumberType::u16   ? static_cast<float>(bits)
                : array.type == NumberType::f16 ? rx1::f32_of_f16(bits)
                                                : rx1::f32_of_bf16(bits);
      }
    }
  }
  ASSAY_CHECK(in.ok(), "elements beyond the array");
}

}  // namespace assay::compute
