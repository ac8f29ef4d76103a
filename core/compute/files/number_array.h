// An array of numbers as it lies in a file that a renter wrote, seen but not copied.
// Values; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace assay::compute {

enum class NumberType { s8, u16, f16, bf16, f32 };
std::size_t number_bytes(NumberType type);

struct NumberArray {
  NumberType type = NumberType::s8;
  std::vector<std::uint64_t> dims;
  ByteView data;  // dense, row-major, little-endian: exactly as many bytes as dims say; borrows
};

struct NamedArray {
  std::string name;
  NumberArray array;
};

inline constexpr std::size_t kRankMax = 8;

// Bytes of an array, or UINT64_MAX when that overflows.
std::uint64_t array_bytes(NumberType type, std::span<const std::uint64_t> dims);

// Elements first .. first+out.size()-1 as f32, exactly; f16 and bf16 are storage formats, widened
// by integer operations on their bits (core/compute/rx1/convert.h).
void read_numbers(const NumberArray& array, std::uint64_t first, std::span<float> out);

}  // namespace assay::compute
