// Random numbers for the tests of the tensor operations. One thread.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "core/base/random.h"

namespace assay::test {

inline double uniform(SeededRandom& random) {
  return static_cast<double>(1 + random.below(1 << 24)) * 0x1p-24;
}

// Of a normal distribution (Box and Muller): what activations look like.
inline std::vector<float> normal(SeededRandom& random, std::size_t count, double deviation = 1) {
  std::vector<float> out(count);
  for (float& x : out) {
    const double radius = std::sqrt(-2 * std::log(uniform(random)));
    x = static_cast<float>(deviation * radius * std::cos(2 * std::numbers::pi * uniform(random)));
  }
  return out;
}

// |got - want| over |want|, both as vectors: NaN when anything is.
inline double relative_error(const std::vector<float>& got, const std::vector<double>& want) {
  double difference = 0;
  double whole = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double d = static_cast<double>(got.at(i)) - want[i];
    difference += d * d;
    whole += want[i] * want[i];
  }
  return std::sqrt(difference / whole);
}

}  // namespace assay::test
