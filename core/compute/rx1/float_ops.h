// The f32 arithmetic of RX-1: every operation rounded to nearest even, denormals kept, nothing
// fused or reordered behind our back. All of the contract's float code, on the CPU and in CUDA
// kernels, is spelled with these functions. Pure; any thread.
//
// An operation that makes a NaN may give it any sign and payload (x86 and PTX differ): what makes
// one passes its result through canonical() before anybody sees it. Everything else, including the
// signs of zeros and infinities, is IEEE 754's and the same everywhere.
//
// Internal linkage and no std: these compile for every instruction set (see cpu/kernels.h) and for
// devices.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define ASSAY_HD static __host__ __device__ __forceinline__
#else
#define ASSAY_HD [[maybe_unused, gnu::always_inline]] static inline
#endif

namespace assay::compute::rx1 {

inline constexpr std::uint32_t kSignBit = 0x80000000;
inline constexpr std::uint32_t kAbsMask = 0x7FFFFFFF;
inline constexpr std::uint32_t kInfinityBits = 0x7F800000;
inline constexpr std::uint32_t kNanBits = 0x7FC00000;  // the only NaN of RX-1

ASSAY_HD std::uint32_t bits(float x) {
#if defined(__CUDA_ARCH__)
  return __float_as_uint(x);
#else
  return __builtin_bit_cast(std::uint32_t, x);
#endif
}

ASSAY_HD float from_bits(std::uint32_t x) {
#if defined(__CUDA_ARCH__)
  return __uint_as_float(x);
#else
  return __builtin_bit_cast(float, x);
#endif
}

ASSAY_HD float add(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fadd_rn(a, b);
#else
  return a + b;
#endif
}

ASSAY_HD float sub(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fsub_rn(a, b);
#else
  return a - b;
#endif
}

ASSAY_HD float mul(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

ASSAY_HD float div(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fdiv_rn(a, b);
#else
  return a / b;
#endif
}

ASSAY_HD float sqrt(float x) {
#if defined(__CUDA_ARCH__)
  return __fsqrt_rn(x);
#else
  return __builtin_sqrtf(x);  // the instruction, not libm: -fno-math-errno
#endif
}

// fma where there is no instruction for it; equal to the instruction (NaN bits aside).
//
// The product of two f32 is exact in f64. The sum with c is made round-to-odd: where s = p + c is
// inexact and even, its last bit is moved towards the exact sum. 53 bits are more than twice 24, so
// the conversion to f32 then rounds as if the sum were exact, to denormals too.
ASSAY_HD float fma_by_double(float a, float b, float c) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  const double p = static_cast<double>(a) * static_cast<double>(b);
  const double addend = static_cast<double>(c);
  const double s = p + addend;
  const double p_part = s - addend;
  const double c_part = s - p_part;
  const double error = (p - p_part) + (addend - c_part);  // s + error is the exact sum (TwoSum)
  const std::uint64_t s_bits = __builtin_bit_cast(std::uint64_t, s);
  const std::uint64_t error_bits = __builtin_bit_cast(std::uint64_t, error);
  const std::uint64_t apart = (s_bits ^ error_bits) >> 63;
  // Integers instead of comparisons, which SSE2 has not for 64 bits. Infinities and NaN stay.
  const std::uint64_t inexact = (error_bits << 1 | (0 - (error_bits << 1))) >> 63;
  const std::uint64_t special = ((s_bits & ~kSign) + (std::uint64_t{1} << 52)) >> 63;
  const std::uint64_t nudge = inexact & ~s_bits & ~special & 1;
  return static_cast<float>(__builtin_bit_cast(double, s_bits + nudge - 2 * (nudge & apart)));
}

// a * b + c, rounded once.
ASSAY_HD float fma(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fmaf_rn(a, b, c);
#elif defined(__FMA__) || defined(__AVX512F__)
  return __builtin_fmaf(a, b, c);
#else
  return fma_by_double(a, b, c);
#endif
}

ASSAY_HD bool is_nan(float x) {
  return (bits(x) & kAbsMask) > kInfinityBits;
}

ASSAY_HD float canonical(float x) {
  return from_bits(is_nan(x) ? kNanBits : bits(x));
}

ASSAY_HD float abs(float x) {
  return from_bits(bits(x) & kAbsMask);
}
ASSAY_HD float negate(float x) {
  return from_bits(bits(x) ^ kSignBit);
}

// The order of max, argmax and sorting: integers that rise as the floats do, -0 just below +0.
// The map is its own inverse. Of equal keys the lowest index wins.
ASSAY_HD std::int32_t order_key(float x) {
  const std::int32_t key = static_cast<std::int32_t>(bits(x));
  return key ^ ((key >> 31) & 0x7FFFFFFF);
}
ASSAY_HD float from_order_key(std::int32_t key) {
  return from_bits(static_cast<std::uint32_t>(key ^ ((key >> 31) & 0x7FFFFFFF)));
}

// By order_key, so never minps or fminf, which take the second operand, or the first, of a NaN.
ASSAY_HD float max(float a, float b) {
  return order_key(a) >= order_key(b) ? a : b;
}
ASSAY_HD float min(float a, float b) {
  return order_key(a) <= order_key(b) ? a : b;
}

// low <= high, neither a NaN. A NaN stays one.
ASSAY_HD float clamp(float x, float low, float high) {
  return x < low ? low : x > high ? high : x;
}

// The nearest integer, ties to even, as a float: whatever is beyond 2^23 is one already.
ASSAY_HD float round_even(float x) {
  const std::uint32_t sign = bits(x) & kSignBit;
  const float shift = from_bits(sign | 0x4B000000);  // 2^23 with x's sign
  const float whole = from_bits(bits(sub(add(x, shift), shift)) | sign);
  return (bits(x) & kAbsMask) < 0x4B000000 ? whole : x;
}

// rne(clamp(x, low, high)) as an integer; -2^31 <= low <= high < 2^31, both integers. NaN gives 0.
ASSAY_HD std::int32_t round_clamped(float x, float low, float high) {
  const float number = is_nan(x) ? 0.0F : x;
  return static_cast<std::int32_t>(round_even(clamp(number, low, high)));
}

// The nearest f32, ties to even.
ASSAY_HD float from_s32(std::int32_t x) {
#if defined(__CUDA_ARCH__)
  return __int2float_rn(x);
#else
  return static_cast<float>(x);
#endif
}

}  // namespace assay::compute::rx1
