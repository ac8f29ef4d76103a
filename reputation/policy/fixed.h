// Q30 fixed-point arithmetic: one = 2^30, products in 128 bits, every result truncated. Pure; any
// thread; the same on every machine. Operands are never negative.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace assay::reputation {

using Q30 = std::uint64_t;
inline constexpr Q30 kOne = Q30{1} << 30;

__extension__ typedef unsigned __int128 Wide;

// numerator/denominator to the nearest.
constexpr Q30 ratio(std::uint64_t numerator, std::uint64_t denominator) {
  return static_cast<Q30>((Wide{numerator} * kOne + denominator / 2) / denominator);
}

constexpr Wide multiply(Wide a, Wide b) {
  return (a * b) >> 30;
}  // a * b < 2^128
constexpr Wide divide(Wide a, Wide b) {
  return (a << 30) / b;
}  // a < 2^98, b > 0

// Division by the same number again and again: by multiplication, exact for every dividend. What is
// guessed is the quotient or one less, since of n / by it lacks n / 2^64 at most.
class Divisor {
 public:
  constexpr explicit Divisor(std::uint64_t by) : by_(by), inverse_(UINT64_MAX / by) {}  // by > 0

  constexpr std::uint64_t divide(std::uint64_t n) const {
    const auto guess = static_cast<std::uint64_t>((Wide{n} * inverse_) >> 64);
    return guess + (n - guess * by_ >= by_ ? 1 : 0);
  }

 private:
  std::uint64_t by_;
  std::uint64_t inverse_;
};

constexpr Wide square_root(Wide n) {
  Wide root = 0;
  Wide bit = Wide{1} << 126;
  while (bit > n) bit >>= 2;
  for (; bit != 0; bit >>= 2) {
    const bool take = n >= root + bit;
    if (take) n -= root + bit;
    root = (root >> 1) + (take ? bit : 0);
  }
  return root;
}

// base^n for a base of at most one, by squaring.
constexpr Q30 power(Q30 base, std::uint64_t n) {
  Wide result = kOne;
  Wide square = base;
  for (; n != 0; n >>= 1) {
    if (n & 1) result = multiply(result, square);
    square = multiply(square, square);
  }
  return static_cast<Q30>(result);
}

// 2^-(2^-i) for i in 0..30, each the square root of the one before.
inline constexpr std::array<Q30, 31> kRoots = [] {
  std::array<Q30, 31> roots{};
  Q30 value = kOne / 2;
  for (Q30& root : roots) {
    root = value;
    value = static_cast<Q30>(square_root(Wide{value} << 30));
  }
  return roots;
}();

// 2^-e, bit by bit. Factors of at most one: 64 bits hold their products, and no branch depends on
// the bits.
constexpr Q30 exp2_negative(Q30 e) {
  Q30 result = kOne;
  for (unsigned i = 1; i <= 30; ++i) {
    const Q30 next = (result * kRoots[i]) >> 30;
    result = (e & (kOne >> i)) != 0 ? next : result;
  }
  const Q30 whole = e >> 30;
  return whole < 31 ? result >> whole : 0;
}

// What the first bits of a fraction come to in exp2_negative(): 12 of its 30 steps at once.
inline constexpr unsigned kHeadBits = 12;
inline constexpr std::array<std::uint32_t, std::size_t{1} << kHeadBits> kHeads = [] {
  std::array<std::uint32_t, std::size_t{1} << kHeadBits> heads{};
  heads[0] = static_cast<std::uint32_t>(kOne);
  // The factor of the lowest bit is the last one.
  for (std::size_t bits = 1; bits < heads.size(); ++bits) {
    const Q30 root = kRoots[kHeadBits - static_cast<unsigned>(std::countr_zero(bits))];
    heads[bits] = static_cast<std::uint32_t>((heads[bits & (bits - 1)] * root) >> 30);
  }
  return heads;
}();

// 2^-e of many at once, in place: the same, with no step waiting for the one before it, and bits
// that choose by masks, so that there is no branch to guess wrongly.
inline void exp2_negative(std::span<Q30> exponents) {
  constexpr std::size_t kLanes = 16;
  std::size_t at = 0;
  for (; at + kLanes <= exponents.size(); at += kLanes) {
    std::array<std::uint32_t, kLanes> results;  // of at most one
    std::array<std::uint32_t, kLanes> fractions;
    Q30* const e = exponents.data() + at;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      fractions[lane] = static_cast<std::uint32_t>(e[lane] & (kOne - 1));
      results[lane] = kHeads[fractions[lane] >> (30 - kHeadBits)];
    }
    for (unsigned i = kHeadBits + 1; i <= 30; ++i) {
      const std::uint64_t root = kRoots[i];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const auto next = static_cast<std::uint32_t>((results[lane] * root) >> 30);
        const std::uint32_t taken = 0U - ((fractions[lane] >> (30 - i)) & 1U);
        results[lane] ^= (results[lane] ^ next) & taken;
      }
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Q30 whole = e[lane] >> 30;
      e[lane] = whole < 31 ? results[lane] >> whole : 0;
    }
  }
  for (; at < exponents.size(); ++at) exponents[at] = exp2_negative(exponents[at]);
}

// -log2(x) for x in (0, one], bit by bit.
constexpr Q30 log2_negative(Q30 x) {
  Q30 shift = 0;
  for (; x < kOne; x <<= 1) ++shift;
  Q30 fraction = 0;
  for (Q30 bit = kOne >> 1; bit != 0; bit >>= 1) {
    x = static_cast<Q30>(multiply(x, x));
    if (x >= 2 * kOne) {
      x >>= 1;
      fraction |= bit;
    }
  }
  return shift * kOne - fraction;
}

}  // namespace assay::reputation
