// Reads PTX and finds instructions that RX-1 forbids. Pure; any thread.
//
//   approximate   .approx, .full
//   flushed       .ftz
//   contractible  add, sub, mul of f32 or f64 without a rounding: the assembler may fuse them
//   rounding      a float operation rounded otherwise than to nearest even; conversions to integers
//                 may truncate, from exact values
//   atomic        red or atom on floats
//   tensor        a product on tensor cores with float accumulators, unless the file is one that
//                 may (its sums are exact)
//   fused         fma without .rn, or mad on floats
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::test {

struct PtxFinding {
  std::size_t line = 0;
  std::string rule;
  std::string instruction;
};

std::vector<PtxFinding> lint_ptx(std::string_view ptx, bool float_tensors_allowed);

}  // namespace assay::test
