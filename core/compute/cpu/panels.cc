#include "core/compute/cpu/panels.h"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>

namespace assay::compute::cpu {
namespace {

using Reg = __m128i;

constexpr std::size_t kQuad = 4;           // rows, and groups, that are transposed together
constexpr std::size_t kGroupsAtOnce = 16;  // of every row before the next: whole cache lines

struct Bytes4 {
  static constexpr std::size_t kSize = 4;
  std::uint32_t flip;

  std::int32_t group(const std::int8_t* from, std::size_t count) const {
    std::uint32_t bits = 0;
    std::memcpy(&bits, from, count);
    return static_cast<std::int32_t>(bits ^ flip);
  }
  Reg quad(const std::int8_t* from) const {
    return _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const Reg*>(from)),
                         _mm_set1_epi32(static_cast<std::int32_t>(flip)));
  }
};

struct Words2 {
  static constexpr std::size_t kSize = 2;

  std::int32_t group(const std::int8_t* from, std::size_t count) const {
    const std::uint32_t low = static_cast<std::uint32_t>(from[0]) & 0xFFFF;
    const std::uint32_t high = count > 1 ? static_cast<std::uint32_t>(from[1]) : 0U;
    return static_cast<std::int32_t>(high << 16 | low);
  }
  Reg quad(const std::int8_t* from) const {
    const Reg bytes = _mm_loadl_epi64(reinterpret_cast<const Reg*>(from));
    return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
  }
};

void store(std::int32_t* to, Reg value) {
  _mm_storeu_si128(reinterpret_cast<Reg*>(to), value);
}

// Four groups of four rows.
template <class Kind>
void pack_quad(const Kind& kind, const std::int8_t* x, std::size_t k_size, std::size_t width,
               std::int32_t* out) {
  const Reg r0 = kind.quad(x), r1 = kind.quad(x + k_size);
  const Reg r2 = kind.quad(x + 2 * k_size), r3 = kind.quad(x + 3 * k_size);
  const Reg low01 = _mm_unpacklo_epi32(r0, r1), high01 = _mm_unpackhi_epi32(r0, r1);
  const Reg low23 = _mm_unpacklo_epi32(r2, r3), high23 = _mm_unpackhi_epi32(r2, r3);
  store(out, _mm_unpacklo_epi64(low01, low23));
  store(out + width, _mm_unpackhi_epi64(low01, low23));
  store(out + 2 * width, _mm_unpacklo_epi64(high01, high23));
  store(out + 3 * width, _mm_unpackhi_epi64(high01, high23));
}

template <class Kind>
void pack_slowly(const Kind& kind, const std::int8_t* row, std::size_t k_size, std::size_t width,
                 std::size_t first_group, std::int32_t* out) {
  for (std::size_t k = first_group * Kind::kSize; k < k_size; k += Kind::kSize) {
    out[k / Kind::kSize * width] = kind.group(row + k, std::min(Kind::kSize, k_size - k));
  }
}

// From group `first` on. Quads overlap at the end of the rows and of k: what is written twice is
// the same.
template <class Kind>
void pack(const Kind& kind, const std::int8_t* x, std::size_t rows, std::size_t k_size,
          std::size_t width, std::size_t first, std::int32_t* out) {
  const std::size_t whole = k_size / Kind::kSize;
  const bool quads = rows >= kQuad && whole >= kQuad;
  for (std::size_t g = first; quads && g < whole; g += kGroupsAtOnce) {
    const std::size_t end = std::min(g + kGroupsAtOnce, whole);
    for (std::size_t i = 0; i < rows; i += kQuad) {
      const std::size_t row = std::min(i, rows - kQuad);
      for (std::size_t at = g; at < end; at += kQuad) {
        const std::size_t from = std::min(at, whole - kQuad);
        pack_quad(kind, x + row * k_size + from * Kind::kSize, k_size, width,
                  out + from * width + row);
      }
    }
  }
  for (std::size_t i = 0; i < rows; ++i) {
    pack_slowly(kind, x + i * k_size, k_size, width, quads ? whole : first, out + i);
  }
}

}  // namespace

void pack_panel(const Kernels& level, const std::int8_t* x, std::size_t rows, std::size_t k_size,
                std::size_t width, std::uint8_t flip, std::int32_t* out) {
  const std::size_t groups = (k_size + level.group - 1) / level.group;
  if (rows < width) std::memset(out, 0, groups * width * sizeof *out);
  std::size_t first = 0;
  if (level.pack != nullptr) {
    level.pack(x, rows, k_size, width, flip, out);
    first = k_size / level.group / kPackGroups * kPackGroups;
  }
  if (level.group == Bytes4::kSize) {
    pack(Bytes4{flip * 0x01010101U}, x, rows, k_size, width, first, out);
  } else {
    pack(Words2{}, x, rows, k_size, width, first, out);
  }
}

std::int32_t sum_of_row(const std::int8_t* row, std::size_t k_size) {
  std::size_t k = 0;
  Reg sums = _mm_setzero_si128();
  const Reg flip = _mm_set1_epi8(-128);
  for (; k + sizeof(Reg) <= k_size; k += sizeof(Reg)) {
    const Reg bytes = _mm_loadu_si128(reinterpret_cast<const Reg*>(row + k));
    sums = _mm_add_epi32(sums, _mm_sad_epu8(_mm_xor_si128(bytes, flip), _mm_setzero_si128()));
  }
  std::int32_t sum = _mm_cvtsi128_si32(sums) + _mm_cvtsi128_si32(_mm_unpackhi_epi64(sums, sums)) -
                     128 * static_cast<std::int32_t>(k);
  for (; k < k_size; ++k) sum += row[k];
  return sum;
}

}  // namespace assay::compute::cpu
