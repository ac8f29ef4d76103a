#include "core/compute/dispute/row_ops.h"

#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/op_kernels.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute {
namespace {

// The limbs of any s16: those that two limbs do not hold have some, the same everywhere.
struct Halves {
  std::int32_t high, low;
};
Halves halves(std::int16_t x) {
  const std::int32_t high = (x + 64) >> 7;
  return {high, x - high * 128};
}

// What an A16W16 dot product comes to in f32, before the scales.
float limb_dot(std::span<const std::int16_t> a, std::span<const std::int16_t> b) {
  std::uint32_t high = 0, mixed = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const Halves x = halves(a[k]), y = halves(b[k]);
    high += static_cast<std::uint32_t>(x.high * y.high);
    mixed += static_cast<std::uint32_t>(x.high * y.low + x.low * y.high);
  }
  return rx1::mul(
      rx1::from_limb_sums(static_cast<std::int32_t>(high), static_cast<std::int32_t>(mixed)),
      128.0F);
}

}  // namespace

float Quantised::scale(Operands& operands, std::uint64_t row) const {
  return rx1::row_quantum(operands.at<std::uint32_t>(most, row), limit).scale;
}

Quantised quantise(Tape& tape, const Matrix& x, DType to) {
  Quantised out{{}, {}, x.rows, x.width, to == DType::s8 ? rx1::kS8Limit : rx1::kS16Limit};
  out.most = tape.add(
      "maximum", {DType::s32, {x.rows}}, 1, {x.ref},
      each<std::uint32_t>([x](std::uint64_t row, Operands& operands) {
        return rx1::op_kernels(CpuLevel::scalar).amax_bits(x.row(operands, row).data(), x.width);
      }));
  const auto quantised = [x, most = out.most, limit = out.limit](std::uint64_t at,
                                                                 Operands& operands) {
    const std::uint32_t bits = operands.at<std::uint32_t>(most, at / x.width);
    return rx1::quantized(x.at(operands, at), rx1::row_quantum(bits, limit).inv, limit);
  };
  const TensorShape shape{to, {x.rows, x.width}};
  out.q = to == DType::s8
              ? tape.add("quantise", shape, 1, {x.ref, out.most},
                         each<std::int8_t>([quantised](std::uint64_t at, Operands& operands) {
                           return static_cast<std::int8_t>(quantised(at, operands));
                         }))
              : tape.add("quantise", shape, 1, {x.ref, out.most},
                         each<std::int16_t>([quantised](std::uint64_t at, Operands& operands) {
                           return static_cast<std::int16_t>(quantised(at, operands));
                         }));
  return out;
}

Matrix product(Tape& tape, const Quantised& a, const Quantised& b, const Batches& batches,
               const Matrix* bias) {
  const std::uint64_t of_b = batches.a_rows == 0 ? b.rows : batches.b_rows;
  std::vector<TensorRef> reads{a.q, a.most, b.q, b.most};
  if (bias != nullptr) reads.push_back(bias->ref);
  const Matrix plus = bias != nullptr ? *bias : Matrix{};
  return add_each(tape, "limb gemm", a.rows, of_b, std::move(reads),
                  [a, b, batches, plus, of_b](std::uint64_t at, Operands& operands) {
                    const std::uint64_t m = at / of_b, n = at % of_b;
                    const std::uint64_t first =
                        batches.a_rows == 0 ? 0 : batches.b_of(m / batches.a_rows) * of_b;
                    const float acc =
                        limb_dot(operands.read<std::int16_t>(a.q, m * a.width, a.width),
                                 operands.read<std::int16_t>(b.q, (first + n) * b.width, b.width));
                    const float sa = a.scale(operands, m), sb = b.scale(operands, first + n);
                    return plus.rows == 0 ? rx1::dequantized(acc, sa, sb)
                                          : rx1::dequantized(acc, sa, sb, plus.at(operands, n));
                  });
}

Matrix transposed(Tape& tape, const Matrix& x, std::uint64_t rows) {
  const std::uint64_t batch = rows * x.width;
  return add_each(tape, "transpose", x.rows / rows * x.width, rows, {x.ref},
                  [x, rows, batch](std::uint64_t at, Operands& operands) {
                    const std::uint64_t within = at % batch;
                    return x.at(operands, at - within + within % rows * x.width + within / rows);
                  });
}

Matrix rms_norm(Tape& tape, const Matrix& x, const Matrix& gain, float epsilon) {
  return add_rows(tape, "rms norm", x.rows, x.width, {x.ref, gain.ref},
                  [x, gain, epsilon](std::uint64_t row, Operands& operands, std::span<float> out) {
                    rx1::rms_norm(Engine(CpuLevel::scalar), x.row(operands, row),
                                  gain.row(operands, 0), epsilon, out);
                  });
}

Matrix sum_of(Tape& tape, const Matrix& x, const Matrix& residual) {
  return add_each(tape, "add", x.rows, x.width, {x.ref, residual.ref},
                  [x, residual](std::uint64_t at, Operands& operands) {
                    return rx1::canonical(rx1::add(x.at(operands, at), residual.at(operands, at)));
                  });
}

}  // namespace assay::compute
