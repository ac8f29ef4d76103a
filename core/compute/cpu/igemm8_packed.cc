#include <algorithm>
#include <cstring>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/cpu/kernels.h"

namespace assay::compute::cpu {
namespace {

// Four s8 as they are, or each plus 128 as u8.
std::int32_t group_of_4(const std::int8_t* from, std::size_t count, std::uint32_t offset) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, from, count);
  return static_cast<std::int32_t>(bits ^ offset);
}

std::int32_t group_of_2(const std::int8_t* from, std::size_t count) {
  const std::uint32_t low = static_cast<std::uint32_t>(from[0]) & 0xFFFF;
  const std::uint32_t high = count > 1 ? static_cast<std::uint32_t>(from[1]) : 0U;
  return static_cast<std::int32_t>(high << 16 | low);
}

// Writes the groups of `rows` rows of x side by side: out[g*width + i]. Rows beyond `rows` are
// zero.
void pack(const std::int8_t* x, std::size_t rows, std::size_t k_size, std::size_t width,
          std::size_t group, std::uint32_t offset, std::int32_t* out) {
  const std::size_t whole = k_size / group;
  const std::size_t rest = k_size % group;
  const std::size_t groups = whole + (rest > 0 ? 1 : 0);
  if (rows < width) std::memset(out, 0, groups * width * sizeof *out);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::int8_t* row = x + i * k_size;
    if (group == 4) {
      for (std::size_t g = 0; g < whole; ++g) {
        out[g * width + i] = group_of_4(row + 4 * g, 4, offset);
      }
      if (rest > 0) out[whole * width + i] = group_of_4(row + 4 * whole, rest, offset);
    } else {
      for (std::size_t g = 0; g < whole; ++g) out[g * width + i] = group_of_2(row + 2 * g, 2);
      if (rest > 0) out[whole * width + i] = group_of_2(row + 2 * whole, rest);
    }
  }
}

}  // namespace

const Kernels* kernels(CpuLevel level) {
  switch (level) {
    case CpuLevel::scalar: return nullptr;
    case CpuLevel::sse2: return &kSse2;
    case CpuLevel::avx2: return &kAvx2;
    case CpuLevel::avx512: return &kAvx512;
  }
  return nullptr;
}

PackedRows::PackedRows(const Engine& engine, std::span<const std::int8_t> a, std::size_t m_size,
                       std::size_t k_size)
    : kernels_(kernels(engine.level())), a_(a), m_size_(m_size), k_size_(k_size) {
  ASSAY_CHECK(k_size >= 1 && k_size <= kDotMax && a.size() == m_size * k_size, "igemm8 shape");
  if (kernels_ == nullptr) return;
  const Kernels& k = *kernels_;
  const std::size_t panels = (m_size + k.tile_rows - 1) / k.tile_rows;
  groups_ = (k_size + k.group - 1) / k.group;
  packed_.resize(panels * k.tile_rows * groups_);
  start_.assign(panels * k.tile_rows, 0);
  engine.parallel_for(panels, [&](std::uint64_t panel) {
    const std::size_t row = panel * k.tile_rows;
    const std::size_t rows = std::min(k.tile_rows, m_size - row);
    pack(a.data() + row * k_size, rows, k_size, k.tile_rows, k.group, 0,
         packed_.data() + row * groups_);
    if (k.group != 4) return;
    for (std::size_t i = row; i < row + rows; ++i) {
      std::int32_t sum = 0;
      for (std::size_t at = i * k_size; at < (i + 1) * k_size; ++at) sum += a[at];
      start_[i] = -128 * sum;
    }
  });
}

void PackedRows::multiply(const std::int8_t* b, std::size_t n_size, std::int32_t* d,
                          std::size_t stride) const {
  if (kernels_ == nullptr) {
    igemm8_scalar(a_.data(), b, m_size_, n_size, k_size_, d, stride);
    return;
  }
  const Kernels& k = *kernels_;
  std::vector<std::int32_t> panel(k.tile_columns * groups_);
  const std::uint32_t offset = k.group == 4 ? 0x80808080U : 0U;
  for (std::size_t n = 0; n < n_size; n += k.tile_columns) {
    const std::size_t columns = std::min(k.tile_columns, n_size - n);
    pack(b + n * k_size_, columns, k_size_, k.tile_columns, k.group, offset, panel.data());
    multiply_panel(panel.data(), columns, d + n, stride);
  }
}

void PackedRows::multiply_panel(const std::int32_t* panel, std::size_t columns, std::int32_t* d,
                                std::size_t stride) const {
  const Kernels& k = *kernels_;
  for (std::size_t row = 0; row < m_size_; row += k.tile_rows) {
    const std::size_t rows = std::min(k.tile_rows, m_size_ - row);
    const std::int32_t* a = packed_.data() + row * groups_;
    if (rows == k.tile_rows && columns == k.tile_columns) {
      k.tile(a, panel, groups_, start_.data() + row, d + row * stride, stride);
      continue;
    }
    std::int32_t edge[kTileRowsMax * kTileColumnsMax];
    k.tile(a, panel, groups_, start_.data() + row, edge, k.tile_columns);
    for (std::size_t i = 0; i < rows; ++i) {
      std::memcpy(d + (row + i) * stride, edge + i * k.tile_columns, columns * sizeof *d);
    }
  }
}

}  // namespace assay::compute::cpu
