// The elementary functions of RX-1: the same bits on every CPU level and every GPU, for all 2^32
// inputs. Nothing but the operations of float_ops.h, integers and fixed coefficients; no branch, so
// that a vector or a warp takes one road. Pure; any thread.
//
// NaN gives the one NaN of RX-1, and so does what has no value: log of less than zero, sine and
// cosine of an infinity. Errors are in units in the last place of the exact value, denormals
// included; `assay-bench elementary` measures them. The hashes of all outputs are frozen in
// vectors/rx1/.
#pragma once

#include <cstdint>

#include "core/compute/rx1/elementary_coefficients.h"
#include "core/compute/rx1/float_ops.h"

namespace assay::compute::rx1 {

// x * 2^n, -252 <= n <= 254. Exact but for one rounding, where 1/2 <= |x| < 2 or n >= -126.
ASSAY_HD float scale(float x, std::int32_t n) {
  const std::int32_t half = n >> 1;
  const float first = from_bits(static_cast<std::uint32_t>(half + 127) << 23);
  const float second = from_bits(static_cast<std::uint32_t>(n - half + 127) << 23);
  return mul(mul(x, first), second);
}

// e^x = fraction * 2^exponent, fraction in [0.7, 1.42].
struct Exponential {
  float fraction;
  std::int32_t exponent;
};

// |x| <= 128; what a NaN gives is left open, as in all helpers below.
ASSAY_HD Exponential split_exp(float x) {
  constexpr float kShift = 0x1.8p23F;  // leaves no fraction bits, so the sum is the rounding
  const float shifted = fma(x, kLog2E, kShift);
  const float n = sub(shifted, kShift);
  const float r = fma(n, -kLn2Low, fma(n, -kLn2High, x));
  float p = fma(kExp6, r, kExp5);
  p = fma(p, r, kExp4);
  p = fma(p, r, kExp3);
  p = fma(p, r, kExp2);
  const float sum = add(1.0F, r);
  const float lost = add(sub(1.0F, sum), r);  // exactly what the sum lost of r
  p = add(sum, fma(mul(r, r), p, lost));
  return {p, static_cast<std::int32_t>(bits(shifted) - bits(kShift))};
}

// e^x. Overflows to infinity from 88.72284 on, is denormal below -87.33655, 0 below -103.97208.
// 0.8 ulp.
ASSAY_HD float exp_f32(float x) {
  const Exponential e = split_exp(clamp(x, -120.0F, 90.0F));
  return from_bits(is_nan(x) ? kNanBits : bits(scale(e.fraction, e.exponent)));
}

// factor / (1 + e^-x), by e^-|x| so that neither end overflows. The quotient's rounding is put
// right by what the product, the sum and the division lost, times about 1 / denominator.
ASSAY_HD float times_sigmoid(float factor, float x) {
  const Exponential e = split_exp(clamp(negate(abs(x)), -120.0F, 0.0F));
  const bool left = (bits(x) & kSignBit) != 0;
  const float by = left ? e.fraction : 1.0F;
  const float numerator = mul(factor, by);
  const float small = scale(e.fraction, e.exponent);
  const float denominator = add(1.0F, small);
  const float quotient = div(numerator, denominator);
  const float sum_lost = sub(small, sub(denominator, 1.0F));
  const float product_lost = fma(factor, by, negate(numerator));
  const float rest = fma(negate(quotient), denominator, numerator);
  const float lost = add(fma(negate(quotient), sum_lost, product_lost), rest);
  const float corrected = fma(lost, fma(small, -0.5F, 0.95F), quotient);
  // Zeros keep their sign, and infinities have no rest.
  const bool number = (bits(quotient) & kAbsMask) - 1 < kInfinityBits - 1;
  const float y = number ? corrected : quotient;
  const float result = scale(y, left ? e.exponent : 0);
  return from_bits(is_nan(x) ? kNanBits : bits(result));
}

// 1 / (1 + e^-x). 1.6 ulp.
ASSAY_HD float sigmoid_f32(float x) {
  return times_sigmoid(1.0F, x);
}

// x / (1 + e^-x); its limit -0 at minus infinity. 1.6 ulp.
ASSAY_HD float silu_f32(float x) {
  return times_sigmoid(max(x, -120.0F), x);
}

// A polynomial where 1 - 2 / (e^2|x| + 1) would cancel. 1.4 ulp.
ASSAY_HD float tanh_f32(float x) {
  const float a = abs(x);
  const float z = mul(a, a);
  float p = fma(kTanh11, z, kTanh9);
  p = fma(p, z, kTanh7);
  p = fma(p, z, kTanh5);
  p = fma(p, z, kTanh3);
  const float near = fma(mul(z, a), p, a);
  const float cut = clamp(a, 0.0F, 10.0F);
  const Exponential e = split_exp(add(cut, cut));
  const float far = sub(1.0F, div(2.0F, add(scale(e.fraction, e.exponent), 1.0F)));
  const std::uint32_t y = a < 0.625F ? bits(near) : bits(far);
  return from_bits(is_nan(x) ? kNanBits : y | (bits(x) & kSignBit));
}

// The natural logarithm; minus infinity at both zeros. 0.9 ulp.
ASSAY_HD float log_f32(float x) {
  constexpr std::uint32_t kRootHalf = 0x3F3504F3;  // sqrt(1/2)
  const bool denormal = (bits(x) & kAbsMask) < 0x00800000;
  // x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2)
  const std::uint32_t raised = bits(denormal ? mul(x, 0x1p23F) : x) + (0x3F800000 - kRootHalf);
  const std::int32_t k = static_cast<std::int32_t>(raised >> 23) - (denormal ? 150 : 127);
  const float f = sub(from_bits((raised & 0x7FFFFF) + kRootHalf), 1.0F);
  const float n = from_s32(k);
  const float z = mul(f, f);
  float p = fma(kLog11, f, kLog10);
  p = fma(p, f, kLog9);
  p = fma(p, f, kLog8);
  p = fma(p, f, kLog7);
  p = fma(p, f, kLog6);
  p = fma(p, f, kLog5);
  p = fma(p, f, kLog4);
  p = fma(p, f, kLog3);
  const float tail = fma(-0.5F, z, fma(mul(z, f), p, mul(n, kLn2Low)));
  const float y = fma(n, kLn2High, add(f, tail));
  const std::uint32_t special = (bits(x) & kAbsMask) == 0  ? bits(x) | kSignBit | kInfinityBits
                                : bits(x) == kInfinityBits ? kInfinityBits
                                                           : kNanBits;
  // As integers: zero, denormals and numbers up to the largest; what has a sign is beyond.
  return from_bits(bits(x) - 1 < kInfinityBits - 1 ? bits(y) : special);
}

// |x| = quadrant * pi/2 + r + error, |r| <= pi/4; the quadrant modulo 4.
struct Angle {
  float r;
  float error;  // what r lost in rounding
  std::uint32_t quadrant;
};

// Bits `shift`.. of high:low, 0 <= shift < 32.
ASSAY_HD std::uint32_t funnel(std::uint32_t high, std::uint32_t low, std::uint32_t shift) {
  return high << shift | (low >> 1) >> (31 - shift);
}

// `set` where the mask has ones, `clear` where it has zeros: a choice that stays free of branches.
ASSAY_HD std::uint32_t choose(std::uint32_t mask, std::uint32_t set, std::uint32_t clear) {
  return clear ^ ((set ^ clear) & mask);
}

// Payne and Hanek's reduction: |x| is an integer times a power of two, so only 96 bits of 2/pi
// count: those above give whole turns, those below are less than 2^-70 quadrants. Of the product,
// 2 bits are the quadrant and 64 are kept of its fraction; no f32 comes nearer to a multiple of
// pi/2 than 2^-31, so at least 33 bits of r are right.
ASSAY_HD Angle reduce_angle(float x) {
  const std::uint32_t a = bits(x) & kAbsMask;
  const std::uint32_t biased = a >> 23;
  // From 1/2 (126) on; below, the angle is r itself.
  const std::uint32_t start = biased < 126 ? 0 : biased - 126;
  const std::uint32_t shift = start & 31;
  const std::uint32_t word = start >> 5;
  const std::uint32_t odd = 0 - (word & 1);
  const std::uint32_t upper = 0 - (word >> 1 & 1);
  const std::uint32_t fifth = 0 - (word >> 2);
  const auto pick = [=](std::uint32_t w0, std::uint32_t w1, std::uint32_t w2, std::uint32_t w3,
                        std::uint32_t w4) {
    const std::uint32_t four = choose(upper, choose(odd, w3, w2), choose(odd, w1, w0));
    return choose(fifth, w4, four);
  };
  const std::uint32_t t0 = pick(kTwoOverPi0, kTwoOverPi1, kTwoOverPi2, kTwoOverPi3, kTwoOverPi4);
  const std::uint32_t t1 = pick(kTwoOverPi1, kTwoOverPi2, kTwoOverPi3, kTwoOverPi4, kTwoOverPi5);
  const std::uint32_t t2 = pick(kTwoOverPi2, kTwoOverPi3, kTwoOverPi4, kTwoOverPi5, kTwoOverPi6);
  const std::uint32_t t3 = pick(kTwoOverPi3, kTwoOverPi4, kTwoOverPi5, kTwoOverPi6, 0);

  const std::uint32_t mantissa = (a & 0x7FFFFF) | 0x800000;
  const std::uint64_t wide = mantissa;
  const std::uint64_t lowest = wide * funnel(t2, t3, shift);
  const std::uint64_t middle = wide * funnel(t1, t2, shift) + (lowest >> 32);
  const std::uint32_t p1 = static_cast<std::uint32_t>(middle);
  const std::uint32_t p0 =
      mantissa * funnel(t0, t1, shift) + static_cast<std::uint32_t>(middle >> 32);

  // The product is p0 : p1 : (lowest), the point behind the second bit. Its fraction as a signed
  // number, cut into 24, 24 and 16 bits, each exact in f32.
  const std::int32_t f0 = static_cast<std::int32_t>(p0 << 2 | p1 >> 30);
  const std::uint32_t f1 = p1 << 2 | static_cast<std::uint32_t>(lowest) >> 30;
  const std::uint32_t middle_bits = (static_cast<std::uint32_t>(f0) & 0xFF) << 16 | f1 >> 16;
  const float top = mul(from_s32(f0 >> 8), 0x1p-24F);
  const float next = mul(from_s32(static_cast<std::int32_t>(middle_bits)), 0x1p-48F);
  const float last = mul(from_s32(static_cast<std::int32_t>(f1 & 0xFFFF)), 0x1p-64F);
  const float high = add(top, next);
  const float low = add(sub(next, sub(high, top)), last);
  const float tail = fma(high, kHalfPiLow, mul(low, kHalfPiHigh));
  const float r = fma(high, kHalfPiHigh, tail);
  const float error = add(fma(high, kHalfPiHigh, negate(r)), tail);

  const bool small = biased < 126;
  return {small ? from_bits(a) : r, small ? 0.0F : error, small ? 0 : (p0 + 0x20000000) >> 30};
}

// sin(quadrant * pi/2 + r + error), negated when `sign` is kSignBit.
ASSAY_HD std::uint32_t sine_bits(Angle angle, std::uint32_t sign) {
  const float r = angle.r;
  const float z = mul(r, r);
  const float s = fma(fma(kSin7, z, kSin5), z, kSin3);
  const float sine = add(r, fma(mul(z, r), s, angle.error));

  const float c = fma(fma(kCos8, z, kCos6), z, kCos4);
  const float most = fma(-0.5F, z, 1.0F);
  const float lost = fma(-0.5F, z, sub(1.0F, most));
  const float cosine = add(most, fma(mul(z, z), c, fma(negate(r), angle.error, lost)));
  return bits((angle.quadrant & 1) != 0 ? cosine : sine) ^ (angle.quadrant >> 1 << 31) ^ sign;
}

// x in radians, over the whole range of f32. 0.9 ulp.
ASSAY_HD float sin_f32(float x) {
  const std::uint32_t y = sine_bits(reduce_angle(x), bits(x) & kSignBit);
  return from_bits((bits(x) & kAbsMask) >= kInfinityBits ? kNanBits : y);
}

ASSAY_HD float cos_f32(float x) {
  Angle angle = reduce_angle(x);
  angle.quadrant += 1;
  const std::uint32_t y = sine_bits(angle, 0);
  return from_bits((bits(x) & kAbsMask) >= kInfinityBits ? kNanBits : y);
}

}  // namespace assay::compute::rx1
