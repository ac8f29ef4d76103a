#include "core/compute/gemm/gemm_tape.h"

#include <bit>
#include <cstring>

namespace assay::compute {
namespace {

struct Rows {
  TensorRef q, scale;
};

cpu::RowScale scale_of(Operands& operands, const TensorRef& scale, std::uint64_t row) {
  const std::span<const std::int32_t> numbers = operands.read<std::int32_t>(scale, 2 * row, 2);
  return {static_cast<std::uint32_t>(numbers[0]), numbers[1]};
}

// Values [first, first + count) of W_j, which is made row by row.
Compute weights_of(const GemmTensors& tensors, std::uint32_t j, std::uint64_t cols) {
  return [&tensors, j, cols](std::uint64_t first, std::uint64_t count, Operands&,
                             std::span<std::uint8_t> out) {
    std::vector<std::int8_t> scratch;
    for (std::uint64_t at = first; at < first + count;) {
      const std::uint64_t row = at / cols, from = at % cols;
      const std::uint64_t here = std::min(cols - from, first + count - at);
      const std::int8_t* w = tensors.w_rows(j, row, 1, CpuLevel::scalar, scratch);
      std::memcpy(out.data() + (at - first), w + from, here);
      at += here;
    }
  };
}

Compute sums_of(const TensorRef& x, const TensorRef& w, std::uint64_t cols) {
  return each<std::uint32_t>([=](std::uint64_t at, Operands& operands) {
    const std::int8_t* a = operands.read<std::int8_t>(x, at / cols * cols, cols).data();
    const std::int8_t* b = operands.read<std::int8_t>(w, at % cols * cols, cols).data();
    // Modulo 2^32, so that even s8 -128 has one sum.
    std::uint32_t sum = 0;
    for (std::uint64_t k = 0; k < cols; ++k) sum += static_cast<std::uint32_t>(a[k] * b[k]);
    return sum;
  });
}

Rows multiply(Tape& tape, const GemmParameters& p, const GemmTensors& tensors, std::uint32_t j,
              const Rows& x) {
  const std::uint64_t cols = p.cols;
  const std::span<const float> sb = tensors.w_scales(j);
  const TensorRef w =
      tape.add("weights", {DType::s8, {cols, cols}}, 1, {}, weights_of(tensors, j, cols));
  const TensorRef acc =
      tape.add("igemm8", {DType::s32, {p.rows, cols}}, 1, {x.q, w}, sums_of(x.q, w, cols));
  const TensorRef most =
      tape.add("maximum", {DType::s32, {p.rows}}, 1, {acc, x.scale},
               each<std::uint32_t>([=](std::uint64_t row, Operands& operands) {
                 return cpu::amax_bits(operands.read<std::int32_t>(acc, row * cols, cols), sb,
                                       scale_of(operands, x.scale, row));
               }));
  const TensorRef q =
      tape.add("requant", {DType::s8, {p.rows, cols}}, 1, {acc, most, x.scale},
               each<std::int8_t>([=](std::uint64_t at, Operands& operands) {
                 return cpu::requantized(operands.at<std::int32_t>(acc, at), sb[at % cols],
                                         scale_of(operands, x.scale, at / cols),
                                         operands.at<std::uint32_t>(most, at / cols));
               }));
  const TensorRef scale =
      tape.add("scale", {DType::s32, {p.rows, 2}}, 2, {most, x.scale},
               by_rows<std::int32_t>(
                   2, [=](std::uint64_t row, Operands& operands, std::span<std::int32_t> out) {
                     const cpu::RowScale after = cpu::scale_after(
                         scale_of(operands, x.scale, row), operands.at<std::uint32_t>(most, row));
                     out[0] = static_cast<std::int32_t>(after.bits);
                     out[1] = after.exponent;
                   }));
  return {q, scale};
}

}  // namespace

Tape gemm_tape(const Plan& plan, const GemmParameters& parameters, const GemmTensors& tensors,
               std::uint32_t step) {
  Tape tape;
  tape.state_shape = plan.state_shape;
  tape.states[step - 1] = plan.state_shape;
  Rows x{{TensorRef::Of::state, step - 1, 0}, {TensorRef::Of::state, step - 1, 1}};
  for (std::uint32_t r = 0; r < parameters.gemms_per_step; ++r) {
    x = multiply(tape, parameters, tensors, (step - 1) * parameters.gemms_per_step + r, x);
  }
  tape.state = {x.q, x.scale};
  return tape;
}

}  // namespace assay::compute
