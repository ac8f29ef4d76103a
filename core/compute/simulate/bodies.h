// The bodies of the workload "simulate": gravity among n bodies, every pair, in integers that do
// not depend on the order of summing. This header is the arithmetic of a pair and of a body;
// bodies_run.h advances a state. For the CPU and for CUDA kernels.
//
// A body has a mass m of 1..2^16, a place x as s64 in units of 2^-40 and a momentum p as s64 in
// units of mass * 2^-44 per step; time is counted in steps, so that a step's length is part of the
// gravity. Sums are modulo 2^64 in two's complement: every state has one successor, so that a job
// whose bodies fly away ends like any other. Pairs see space close on itself every 2^52 (4096 in
// lengths): beyond |x| = 2^50 or so places mean nothing.
//
// One step is a leapfrog, drift-kick-drift:
//   x += drift(p, m);  p += sum over all bodies j of impulse(x, x_j);  x += drift(p, m)
// drift(p, m) = p / (2^5 m), of 64 bits, towards zero: half a step's way.
// impulse: with X = x >> 20 (arithmetic, the low 32 bits: ticks of 2^-20) and f32 operations of
// float_ops.h, each rounded once, nothing fused:
//   d = f32(s32(X_j - X)) of each axis
//   r2 = add(add(mul(dx, dx), mul(dy, dy)), add(mul(dz, dz), eps2))
//   w = mul(mul(f32(m), f32(m_j)), div(g, mul(r2, sqrt(r2))))
//   impulse = rne(mul(w, d)) of each axis, as s64; the order bounds it by 2^50 (bodies_run.h)
//
// What j does to i is exactly minus what i does to j: d changes its sign and w does not. So the
// total momentum is the same integer after every step, and no order of summing can matter. drift()
// is odd and the kick depends on places alone: with all momenta reversed the steps run backwards,
// to the bit. A body does nothing to itself, since d = 0.
#pragma once

#include <cstdint>

#include "core/compute/rx1/float_ops.h"

namespace assay::compute::simulate {

inline constexpr int kPlaceBits = 40, kTickBits = 20, kMomentumBits = 44;
inline constexpr std::uint32_t kMassMax = 1 << 16;

ASSAY_HD std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

ASSAY_HD std::int64_t drift(std::int64_t momentum, std::int64_t mass) {
  return momentum / (mass << (kMomentumBits - kPlaceBits + 1));
}

ASSAY_HD std::int32_t ticks(std::int64_t place) {
  return static_cast<std::int32_t>(place >> kTickBits);
}

ASSAY_HD std::int32_t ticks_apart(std::int32_t to, std::int32_t from) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(to) -
                                   static_cast<std::uint32_t>(from));
}

// The nearest integer, ties to even; |x| < 2^51. Adding 1.5 * 2^52 leaves an f64 no fraction, and
// its low bits are the integer.
ASSAY_HD std::int64_t nearest(float x) {
#if defined(__CUDA_ARCH__)
  return __float2ll_rn(x);
#else
  const double shifted = static_cast<double>(x) + 0x1.8p52;
  return __builtin_bit_cast(std::int64_t, shifted) - __builtin_bit_cast(std::int64_t, 0x1.8p52);
#endif
}

// What all pairs of a job have in common.
struct Gravity {
  float g = 0;     // gravity * 2^84: lengths as ticks, impulses in their unit
  float eps2 = 0;  // softening squared, ticks^2
};

struct Impulse {
  std::int64_t x, y, z;
};

// dx, dy, dz: X_j - X_i. product: mul(f32(m_i), f32(m_j)).
ASSAY_HD Impulse impulse(std::int32_t dx, std::int32_t dy, std::int32_t dz, float product,
                         const Gravity& gravity) {
  const float x = rx1::from_s32(dx), y = rx1::from_s32(dy), z = rx1::from_s32(dz);
  const float r2 =
      rx1::add(rx1::add(rx1::mul(x, x), rx1::mul(y, y)), rx1::add(rx1::mul(z, z), gravity.eps2));
  const float w = rx1::mul(product, rx1::div(gravity.g, rx1::mul(r2, rx1::sqrt(r2))));
  return {nearest(rx1::mul(w, x)), nearest(rx1::mul(w, y)), nearest(rx1::mul(w, z))};
}

}  // namespace assay::compute::simulate
