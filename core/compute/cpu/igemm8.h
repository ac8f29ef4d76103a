// igemm8: D[M,N] = A[M,K] · B[N,K]^T, s8 in [-127, 127] to exact s32, row-major.
// K <= kDotMax, so that no sum overflows. Pure; results do not depend on level or threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/compute/engine.h"

namespace assay::compute::cpu {

inline constexpr std::uint64_t kDotMax = 131072;
static_assert(kDotMax * 127 * 127 <= INT32_MAX);

// The definition: d[m*stride + n] = sum over k of a[m*k_size + k] * b[n*k_size + k].
void igemm8_scalar(const std::int8_t* a, const std::int8_t* b, std::size_t m_size,
                   std::size_t n_size, std::size_t k_size, std::int32_t* d, std::size_t stride);

struct Kernels;

// Rows of B, made ready once for many blocks of rows of A. Borrows them. See PackedRows.
class PackedColumns {
 private:
  friend class PackedRows;
  PackedColumns(const std::int8_t* b, std::size_t size) : b_(b), size_(size) {}

  const std::int8_t* b_;
  std::size_t size_;
  std::unique_ptr<std::int32_t[]> packed_;  // as PackedRows'; null where those are not packed
};

// A, made ready once for many blocks of columns. Borrows `a` (m_size * k_size values).
class PackedRows {
 public:
  PackedRows(const Engine& engine, std::span<const std::int8_t> a, std::size_t m_size,
             std::size_t k_size);

  // d[m*stride + n] for all m and for the n_size rows of b (each k_size long): equals
  // igemm8_scalar. Several threads may call it at once.
  void multiply(const std::int8_t* b, std::size_t n_size, std::int32_t* d,
                std::size_t stride) const;

  // The same in two parts. Rows first .. first + count - 1 of A go into d from its beginning;
  // `first` is a multiple of kRowsMultiple, and so is `count` unless it ends with the last row.
  static constexpr std::size_t kRowsMultiple = 48;
  PackedColumns pack_columns(const std::int8_t* b, std::size_t n_size) const;
  void multiply(const PackedColumns& columns, std::size_t first, std::size_t count, std::int32_t* d,
                std::size_t stride) const;

 private:
  void pad_rows();
  void pack_columns(const std::int8_t* b, std::size_t n_size, std::int32_t* out) const;
  // Rows [first, end); d is that of row `first`.
  void multiply_block(const std::int32_t* columns, std::size_t count, std::size_t first,
                      std::size_t end, std::int32_t* d, std::size_t stride) const;
  void multiply_tile(std::size_t row, const std::int32_t* panel, std::size_t columns,
                     std::int32_t* d, std::size_t stride) const;

  const Kernels* kernels_;  // null: scalar
  std::span<const std::int8_t> a_;
  std::size_t m_size_;
  std::size_t k_size_;
  std::size_t groups_ = 0;                  // per row, after padding k with zeros
  std::unique_ptr<std::int32_t[]> packed_;  // panel by panel of tile_rows rows, group by group
  std::vector<std::int8_t> padded_;         // few rows: A, each row padded with zeros to a_stride_
  std::size_t a_stride_ = 0;
  std::vector<std::int32_t> start_;  // per row: -128 * sum of a, where B is offset by 128
};

}  // namespace assay::compute::cpu
