// Products for igemm8: random operands, and the result in a guarded place. Values; any thread.
#pragma once

#include <vector>

#include "core/base/random.h"
#include "core/compute/engine.h"

namespace assay::bench {

struct Product {
  std::size_t m = 0, n = 0, k = 0;
  std::vector<std::int8_t> a{};  // m rows of k
  std::vector<std::int8_t> b{};  // n rows of k
};

// Values in [-127, 127]; now and then extremes only.
Product random_product(SeededRandom& random, std::size_t m, std::size_t n, std::size_t k);
std::string size_name(const Product& product);

// D, m rows of n, by the definition (igemm8.h).
std::vector<std::int32_t> multiply_scalar(const Product& product);

// D by the engine's level. Every row is followed by values that must stay as they are: nothing is
// returned when one of them was written.
std::vector<std::int32_t> multiply(const compute::Engine& engine, const Product& product);

}  // namespace assay::bench
