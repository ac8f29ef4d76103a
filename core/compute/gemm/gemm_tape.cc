#include "core/compute/gemm/gemm_tape.h"

#include <algorithm>
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

// The exact sums of some rows, in blocks of their columns.
struct Sums {
  std::vector<TensorRef> parts;
  std::uint64_t block = 0, cols = 0;

  std::uint64_t columns(std::uint64_t part) const { return std::min(block, cols - part * block); }
  std::int32_t at(Operands& operands, std::uint64_t row, std::uint64_t column) const {
    const std::uint64_t part = column / block;
    return operands.at<std::int32_t>(parts[part], row * columns(part) + column % block);
  }
  std::vector<std::int32_t> row(Operands& operands, std::uint64_t row) const {
    std::vector<std::int32_t> out;
    for (std::uint64_t part = 0; part < parts.size(); ++part) {
      const auto here =
          operands.read<std::int32_t>(parts[part], row * columns(part), columns(part));
      out.insert(out.end(), here.begin(), here.end());
    }
    return out;
  }
};

// Of W_j from row `begin` on, its values [first, first + count), which are made row by row.
Compute weights_of(const GemmTensors& tensors, std::uint32_t j, std::uint64_t begin,
                   std::uint64_t cols) {
  return [&tensors, j, begin, cols](std::uint64_t first, std::uint64_t count, Operands&,
                                    std::span<std::uint8_t> out) {
    std::vector<std::int8_t> scratch;
    for (std::uint64_t at = first; at < first + count;) {
      const std::uint64_t row = at / cols, from = at % cols;
      const std::uint64_t here = std::min(cols - from, first + count - at);
      const std::int8_t* w = tensors.w_rows(j, begin + row, 1, CpuLevel::scalar, scratch);
      std::memcpy(out.data() + (at - first), w + from, here);
      at += here;
    }
  };
}

Compute sums_of(const TensorRef& x, const TensorRef& w, std::uint64_t rows_of_w,
                std::uint64_t cols) {
  return each<std::uint32_t>([=](std::uint64_t at, Operands& operands) {
    const std::int8_t* a = operands.read<std::int8_t>(x, at / rows_of_w * cols, cols).data();
    const std::int8_t* b = operands.read<std::int8_t>(w, at % rows_of_w * cols, cols).data();
    // Modulo 2^32, so that even s8 -128 has one sum.
    std::uint32_t sum = 0;
    for (std::uint64_t k = 0; k < cols; ++k) sum += static_cast<std::uint32_t>(a[k] * b[k]);
    return sum;
  });
}

Sums add_sums(Tape& tape, const GemmParameters& p, const GemmTensors& tensors, std::uint32_t j,
              const TensorRef& x, std::uint64_t weight_bytes) {
  Sums out{{}, std::clamp<std::uint64_t>(weight_bytes / p.cols, 1, p.cols), p.cols};
  for (std::uint64_t begin = 0; begin < p.cols; begin += out.block) {
    const std::uint64_t count = std::min(out.block, p.cols - begin);
    const TensorRef w = tape.add("weights", {DType::s8, {count, p.cols}}, 1, {},
                                 weights_of(tensors, j, begin, p.cols));
    out.parts.push_back(
        tape.add("igemm8", {DType::s32, {p.rows, count}}, 1, {x, w}, sums_of(x, w, count, p.cols)));
  }
  return out;
}

Rows multiply(Tape& tape, const GemmParameters& p, const GemmTensors& tensors, std::uint32_t j,
              const Rows& x, std::uint64_t weight_bytes) {
  const std::uint64_t cols = p.cols;
  const std::span<const float> sb = tensors.w_scales(j);
  const Sums acc = add_sums(tape, p, tensors, j, x.q, weight_bytes);
  std::vector<TensorRef> reads = acc.parts;
  reads.push_back(x.scale);
  const TensorRef most = tape.add("maximum", {DType::s32, {p.rows}}, 1, reads,
                                  each<std::uint32_t>([=](std::uint64_t row, Operands& operands) {
                                    return cpu::amax_bits(acc.row(operands, row), sb,
                                                          scale_of(operands, x.scale, row));
                                  }));
  reads.push_back(most);
  const TensorRef q =
      tape.add("requant", {DType::s8, {p.rows, cols}}, 1, reads,
               each<std::int8_t>([=](std::uint64_t at, Operands& operands) {
                 return cpu::requantized(acc.at(operands, at / cols, at % cols), sb[at % cols],
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
               std::uint32_t step, std::uint64_t weight_bytes) {
  Tape tape;
  tape.state_shape = plan.state_shape;
  tape.states[step - 1] = plan.state_shape;
  Rows x{{TensorRef::Of::state, step - 1, 0}, {TensorRef::Of::state, step - 1, 1}};
  for (std::uint32_t r = 0; r < parameters.gemms_per_step; ++r) {
    x = multiply(tape, parameters, tensors, (step - 1) * parameters.gemms_per_step + r, x,
                 weight_bytes);
  }
  tape.state = {x.q, x.scale};
  return tape;
}

}  // namespace assay::compute
