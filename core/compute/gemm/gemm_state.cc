#include "core/compute/gemm/gemm_state.h"

#include <algorithm>
#include <bit>

#include "core/compute/files/npy.h"
#include "core/compute/program.h"

namespace assay::compute {
namespace {

constexpr std::uint32_t kScaleBitsMin = 0x3F800000, kScaleBitsMax = 0x3FFFFFFF;

// q * m * 2^e. The product is exact in f64 (7 + 24 bits); 2^e is exact after the clamp, which only
// touches values far outside f32.
float dequantized(std::int8_t q, const cpu::RowScale& scale) {
  const std::int64_t exponent = std::clamp(scale.exponent, -400, 400);
  const double power = std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
  return static_cast<float>(double{static_cast<double>(q)} *
                            static_cast<double>(std::bit_cast<float>(scale.bits)) * power);
}

}  // namespace

StateShape gemm_state_shape(std::uint64_t rows, std::uint64_t cols) {
  return {{DType::s8, {rows, cols}}, {DType::s32, {rows, 2}}};
}

cpu::RowScale read_scale(ByteView scale_bytes) {
  Reader in(scale_bytes);
  const std::uint32_t bits = in.u32_le();
  return {bits, static_cast<std::int32_t>(in.u32_le())};
}

void write_scale(const cpu::RowScale& scale, std::span<std::uint8_t> to) {
  Bytes bytes;
  put_u32_le(bytes, scale.bits);
  put_u32_le(bytes, static_cast<std::uint32_t>(scale.exponent));
  std::copy(bytes.begin(), bytes.end(), to.begin());
}

std::span<const std::int8_t> as_s8(ByteView bytes) {
  return {reinterpret_cast<const std::int8_t*>(bytes.data()), bytes.size()};
}
std::span<std::int8_t> as_s8(std::span<std::uint8_t> bytes) {
  return {reinterpret_cast<std::int8_t*>(bytes.data()), bytes.size()};
}

Status check_gemm_row(std::span<const std::int8_t> q, const cpu::RowScale& scale, bool start) {
  // The least and the greatest, 0 among them. As bytes with the sign turned, in the same order:
  // every level of x86 compares sixteen of those at once. -128 shows as the least value.
  constexpr std::uint8_t kTurn = 0x80;
  std::uint8_t low = kTurn, high = kTurn;
  for (const std::int8_t value : q) {
    const auto turned = static_cast<std::uint8_t>(static_cast<std::uint8_t>(value) ^ kTurn);
    low = std::min(low, turned);
    high = std::max(high, turned);
  }
  const int least = low - kTurn, most = high - kTurn;
  if (least == -128) return fail(Code::malformed, "holds -128, which is outside -127..127");
  if (scale.bits == 0) {
    if (scale.exponent != 0) return fail(Code::malformed, "scale 0 with an exponent");
    if (least != 0 || most != 0) return fail(Code::malformed, "scale 0 with values that are not");
    return {};
  }
  if (scale.bits < kScaleBitsMin || scale.bits > kScaleBitsMax) {
    return fail(Code::malformed, "scale is neither 0 nor in [1, 2)");
  }
  if (scale.exponent < -kExponentMax || scale.exponent > kExponentMax) {
    return fail(Code::malformed, "scale exponent is outside -2^22..2^22");
  }
  if (least == 0 && most == 0) return fail(Code::malformed, "zeros with a scale that is not 0");
  if (!start && least != -127 && most != 127) {
    return fail(Code::malformed, "no value attains 127 or -127: its scale is inflated");
  }
  return {};
}

Status check_gemm_state(const Plan& plan, std::uint32_t step, const State& state) {
  if (step < 1 || step > plan.steps || shape_of(state) != plan.state_shape) {
    return fail(Code::malformed, "gemm: no such step, or a state of another shape");
  }
  const std::uint64_t cols = plan.state_shape[0].dims[1];
  const std::span<const std::int8_t> q = as_s8(ByteView(state[0].data));
  for (std::uint64_t row = 0; row < plan.rows; ++row) {
    const ByteView scale = ByteView(state[1].data).subspan(row * kScaleBytes, kScaleBytes);
    const Status status = check_gemm_row(q.subspan(row * cols, cols), read_scale(scale), step == 1);
    if (!status.ok()) return status.error().in("gemm: row " + std::to_string(row));
  }
  return {};
}

Bytes gemm_result_npy(const State& state) {
  const std::vector<std::uint64_t>& dims = state[0].shape.dims;
  const std::span<const std::int8_t> q = as_s8(ByteView(state[0].data));
  std::vector<float> values(q.size());
  for (std::uint64_t row = 0; row < dims[0]; ++row) {
    const cpu::RowScale scale =
        read_scale(ByteView(state[1].data).subspan(row * kScaleBytes, kScaleBytes));
    for (std::uint64_t i = row * dims[1]; i < (row + 1) * dims[1]; ++i) {
      values[i] = dequantized(q[i], scale);
    }
  }
  return write_npy(dims, values);
}

}  // namespace assay::compute
