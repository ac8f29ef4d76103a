// Operations that make each element of a matrix by itself: which elements a thread makes, and what
// each is. Defined by core/compute/rx1/quantize.h, limb_gemm.h, layer_ops.h and rope.h; the values
// are those definitions' own functions. The kernels (cells.cu) and their host tests share it. Pure;
// any thread.
#pragma once

#include "core/compute/cuda/module_abi.h"
#include "core/compute/host_device.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::cuda {

// One thread of a grid whose blocks are a row high and kCellThreads columns wide. Sizes beyond the
// grid's are reached by steps of it.
inline constexpr unsigned kCellThreads = 256;
struct CellThread {
  std::uint64_t first_row, first_col;
  std::uint64_t row_step, col_step;
};
ASSAY_SHARED constexpr CellThread cell_thread(unsigned block_x, unsigned block_y, unsigned thread,
                                              unsigned blocks_x, unsigned blocks_y) {
  return {block_y, std::uint64_t{block_x} * kCellThreads + thread, blocks_y,
          std::uint64_t{blocks_x} * kCellThreads};
}
struct CellGrid {
  unsigned x, y;
};
constexpr CellGrid cell_grid(std::uint64_t rows, std::uint64_t cols) {
  constexpr std::uint64_t kAcrossMax = 1 << 12, kDownMax = 65535;
  const std::uint64_t across = (cols + kCellThreads - 1) / kCellThreads;
  return {static_cast<unsigned>(across < kAcrossMax ? across : kAcrossMax),
          static_cast<unsigned>(rows < kDownMax ? rows : kDownMax)};
}

// Each operation: its matrix (rows, cols), and what it does at one place of it.
struct SplitCells {
  SplitArgs args;
  ASSAY_SHARED std::uint64_t rows() const { return args.rows; }
  ASSAY_SHARED std::uint64_t cols() const { return args.ld; }
  ASSAY_SHARED void make(std::uint64_t row, std::uint64_t col) const {
    rx1::Limbs limbs{0, 0};
    if (col < args.cols) {
      limbs =
          rx1::split_limbs(reinterpret_cast<const std::int16_t*>(args.q)[row * args.cols + col]);
    }
    reinterpret_cast<std::int8_t*>(args.high)[row * args.ld + col] = limbs.high;
    reinterpret_cast<std::int8_t*>(args.low)[row * args.ld + col] = limbs.low;
  }
};

struct DequantizeCells {
  DequantizeArgs args;
  ASSAY_SHARED std::uint64_t rows() const { return args.rows; }
  ASSAY_SHARED std::uint64_t cols() const { return args.cols; }
  ASSAY_SHARED std::int32_t at(DevicePtr sums, std::uint64_t i) const {
    return reinterpret_cast<const std::int32_t*>(sums)[i];
  }
  ASSAY_SHARED float sum(std::uint64_t i) const {
    if (args.low == 0) return rx1::from_s32(at(args.high, i));
    if (args.mixed == 0) return rx1::from_limb_sums(at(args.high, i), at(args.low, i));
    // The factor 128 commutes with rounding to f32.
    return rx1::mul(rx1::from_limb_sums(at(args.high, i), at(args.low, i) + at(args.mixed, i)),
                    128.0F);
  }
  ASSAY_SHARED void make(std::uint64_t row, std::uint64_t col) const {
    const std::uint64_t i = row * args.cols + col;
    const float sa = reinterpret_cast<const float*>(args.sa)[row];
    const float sb = reinterpret_cast<const float*>(args.sb)[col];
    reinterpret_cast<float*>(args.y)[i] =
        args.bias == 0
            ? rx1::dequantized(sum(i), sa, sb)
            : rx1::dequantized(sum(i), sa, sb, reinterpret_cast<const float*>(args.bias)[col]);
  }
};

struct EmbedCells {
  EmbedArgs args;
  ASSAY_SHARED std::uint64_t rows() const { return args.rows; }
  ASSAY_SHARED std::uint64_t cols() const { return args.cols; }
  ASSAY_SHARED void make(std::uint64_t row, std::uint64_t col) const {
    const std::uint64_t token = reinterpret_cast<const std::uint32_t*>(args.tokens)[row];
    float value = rx1::from_bits(rx1::kNanBits);
    if (token < args.vocabulary) {
      const std::int8_t q = reinterpret_cast<const std::int8_t*>(args.q)[token * args.cols + col];
      value = rx1::canonical(
          rx1::mul(rx1::from_s32(q), reinterpret_cast<const float*>(args.scale)[token]));
    }
    reinterpret_cast<float*>(args.y)[row * args.cols + col] = value;
  }
};

// A row is a head of a token, a column a pair of its elements.
struct RotateCells {
  RotateArgs args;
  ASSAY_SHARED std::uint64_t rows() const { return args.rows * args.heads; }
  ASSAY_SHARED std::uint64_t cols() const { return args.half; }
  ASSAY_SHARED void make(std::uint64_t row, std::uint64_t col) const {
    const std::uint64_t angle = row / args.heads * args.half + col;
    float* x = reinterpret_cast<float*>(args.x) + row * args.head_size + col;
    const rx1::Rotated turned =
        rx1::rotated(x[0], x[args.half], reinterpret_cast<const float*>(args.cosine)[angle],
                     reinterpret_cast<const float*>(args.sine)[angle]);
    x[0] = turned.x;
    x[args.half] = turned.y;
  }
};

// All that one thread of the grid makes.
template <class Cells>
ASSAY_SHARED void make_cells(const Cells& cells, const CellThread& thread) {
  for (std::uint64_t row = thread.first_row; row < cells.rows(); row += thread.row_step) {
    for (std::uint64_t col = thread.first_col; col < cells.cols(); col += thread.col_step) {
      cells.make(row, col);
    }
  }
}

}  // namespace assay::compute::cuda
