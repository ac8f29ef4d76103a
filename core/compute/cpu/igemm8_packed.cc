#include <algorithm>
#include <cstring>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/cpu/kernels.h"
#include "core/compute/cpu/panels.h"

namespace assay::compute::cpu {
namespace {

// A block of packed columns, and of rows that meet it, stay in the second-level cache.
constexpr std::size_t kColumnBlockBytes = std::size_t{1} << 20;
constexpr std::size_t kRowBlockBytes = 384 << 10;
static_assert(PackedRows::kRowsMultiple % 12 == 0);  // every level's tile_rows

// Up to as many rows, reading B unpacked is faster than packing it.
constexpr std::size_t kFewRows = 8;

// How many rows or columns fit, as whole panels; one panel at least.
std::size_t whole_panels(std::size_t bytes, std::size_t width, std::size_t groups) {
  return std::max<std::size_t>(1, bytes / (width * groups * sizeof(std::int32_t))) * width;
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
  if (m_size <= kFewRows) {
    pad_rows();
    return;
  }
  const std::size_t panels = (m_size + k.tile_rows - 1) / k.tile_rows;
  groups_ = (k_size + k.group - 1) / k.group;
  packed_ = std::make_unique_for_overwrite<std::int32_t[]>(panels * k.tile_rows * groups_);
  start_.assign(panels * k.tile_rows, 0);
  engine.parallel_for(panels, [&](std::uint64_t panel) {
    const std::size_t row = panel * k.tile_rows;
    const std::size_t rows = std::min(k.tile_rows, m_size - row);
    pack_panel(k, a.data() + row * k_size, rows, k_size, k.tile_rows, 0,
               packed_.get() + row * groups_);
    if (k.group != 4) return;
    for (std::size_t i = row; i < row + rows; ++i) {
      start_[i] = -128 * sum_of_row(a.data() + i * k_size, k_size);
    }
  });
}

void PackedRows::pad_rows() {
  a_stride_ = (k_size_ + kFewRowsBytes - 1) / kFewRowsBytes * kFewRowsBytes;
  padded_.assign(m_size_ * a_stride_, 0);
  start_.assign(m_size_, 0);
  for (std::size_t row = 0; row < m_size_; ++row) {
    const std::int8_t* from = a_.data() + row * k_size_;
    std::copy_n(from, k_size_, padded_.data() + row * a_stride_);
    if (kernels_->group == 4) start_[row] = -128 * sum_of_row(from, k_size_);
  }
}

void PackedRows::multiply(const std::int8_t* b, std::size_t n_size, std::int32_t* d,
                          std::size_t stride) const {
  if (kernels_ == nullptr) {
    igemm8_scalar(a_.data(), b, m_size_, n_size, k_size_, d, stride);
    return;
  }
  const Kernels& k = *kernels_;
  if (!padded_.empty() || m_size_ == 0) {
    k.few_rows(padded_.data(), a_stride_, m_size_, b, n_size, k_size_, start_.data(), d, stride);
    return;
  }
  const std::size_t block =
      std::min(whole_panels(kColumnBlockBytes, k.tile_columns, groups_),
               (n_size + k.tile_columns - 1) / k.tile_columns * k.tile_columns);
  const auto columns = std::make_unique_for_overwrite<std::int32_t[]>(block * groups_);
  for (std::size_t first = 0; first < n_size; first += block) {
    const std::size_t count = std::min(block, n_size - first);
    pack_columns(b + first * k_size_, count, columns.get());
    multiply_block(columns.get(), count, 0, m_size_, d + first, stride);
  }
}

PackedColumns PackedRows::pack_columns(const std::int8_t* b, std::size_t n_size) const {
  PackedColumns out(b, n_size);
  if (packed_ == nullptr) return out;
  const std::size_t width = kernels_->tile_columns;
  const std::size_t whole = (n_size + width - 1) / width * width;
  out.packed_ = std::make_unique_for_overwrite<std::int32_t[]>(whole * groups_);
  pack_columns(b, n_size, out.packed_.get());
  return out;
}

void PackedRows::multiply(const PackedColumns& columns, std::size_t first, std::size_t count,
                          std::int32_t* d, std::size_t stride) const {
  ASSAY_CHECK(first % kRowsMultiple == 0 && first + count <= m_size_ &&
                  (count % kRowsMultiple == 0 || first + count == m_size_),
              "igemm8: whole panels of rows");
  if (kernels_ == nullptr) {
    igemm8_scalar(a_.data() + first * k_size_, columns.b_, count, columns.size_, k_size_, d,
                  stride);
    return;
  }
  if (packed_ == nullptr) {  // few rows: all of them
    multiply(columns.b_, columns.size_, d, stride);
    return;
  }
  multiply_block(columns.packed_.get(), columns.size_, first, first + count, d, stride);
}

void PackedRows::pack_columns(const std::int8_t* b, std::size_t n_size, std::int32_t* out) const {
  const Kernels& k = *kernels_;
  const std::uint8_t flip = k.group == 4 ? 0x80 : 0;
  for (std::size_t n = 0; n < n_size; n += k.tile_columns) {
    pack_panel(k, b + n * k_size_, std::min(k.tile_columns, n_size - n), k_size_, k.tile_columns,
               flip, out + n * groups_);
  }
}

void PackedRows::multiply_block(const std::int32_t* columns, std::size_t count,
                                std::size_t first_row, std::size_t end_row, std::int32_t* d,
                                std::size_t stride) const {
  const Kernels& k = *kernels_;
  const std::size_t block = whole_panels(kRowBlockBytes, k.tile_rows, groups_);
  for (std::size_t first = first_row; first < end_row; first += block) {
    const std::size_t end = std::min(first + block, end_row);
    for (std::size_t n = 0; n < count; n += k.tile_columns) {
      for (std::size_t row = first; row < end; row += k.tile_rows) {
        multiply_tile(row, columns + n * groups_, std::min(k.tile_columns, count - n),
                      d + (row - first_row) * stride + n, stride);
      }
    }
  }
}

void PackedRows::multiply_tile(std::size_t row, const std::int32_t* panel, std::size_t columns,
                               std::int32_t* d, std::size_t stride) const {
  const Kernels& k = *kernels_;
  const std::size_t rows = std::min(k.tile_rows, m_size_ - row);
  const std::int32_t* a = packed_.get() + row * groups_;
  if (rows == k.tile_rows && columns == k.tile_columns) {
    k.tile(a, panel, groups_, start_.data() + row, d, stride);
    return;
  }
  std::int32_t edge[kTileRowsMax * kTileColumnsMax];
  k.tile(a, panel, groups_, start_.data() + row, edge, k.tile_columns);
  for (std::size_t i = 0; i < rows; ++i) {
    std::memcpy(d + i * stride, edge + i * k.tile_columns, columns * sizeof *d);
  }
}

}  // namespace assay::compute::cpu
