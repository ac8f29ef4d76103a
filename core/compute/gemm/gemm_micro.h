// The micro-check of a row of a gemm chain: was this row of state `step` made from that row of the
// state before, as far as a few of its columns show? |C| * N multiply-adds in place of N * N.
//
// Which columns: the given ones, and every one in which the claimed row has |q| = 127. Of a right
// row the greatest |y| is among the latter (rounding may bring others there too), so requantising
// just these columns gives the row's scale; it must be the claimed one, and so must each q. That no
// |y| looked at exceeds the greatest follows: a greater one would give another scale. A scale that
// is too large shows always, since the columns that would justify it are looked at: a row can only
// be wrong in columns that were not, in their values or by a scale that leaves them out.
//
// A row with too many such columns, and a step of several GEMMs, whose rows in between are not
// committed, are recomputed whole. Every level gives the same answers; scalar is the definition.
#pragma once

#include "core/compute/gemm/gemm_inputs.h"

namespace assay::compute {

inline constexpr std::size_t kScaleColumnsMax = 64;  // more of them: the whole row

// A row's bytes in the states before and after a step.
struct RowPair {
  Bytes before;
  Bytes after;
};

// One answer per pair, as Program::check_rows() describes them.
//   malformed    no such step or column, or bytes of another size
Result<std::vector<bool>> check_gemm_rows(const GemmParameters& parameters,
                                          const GemmTensors& tensors, std::uint32_t step,
                                          std::span<const RowPair> pairs,
                                          std::span<const std::uint64_t> columns,
                                          const Engine& engine);

}  // namespace assay::compute
