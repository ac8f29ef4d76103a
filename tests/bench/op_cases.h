// Random cases of RX-1's tensor operations, for all who hold a CPU level or a number of threads to
// the definition. Values; one thread at a time.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/compute/engine.h"

namespace assay::bench {

struct OpCase {
  std::string what{};  // "rms_norm 3x77"
  // The bytes of all results, written into poisoned memory between guards. Nothing when a guard was
  // written. The same on every engine, or wrong.
  std::function<Bytes(const compute::Engine&)> run{};
};

struct Op {
  const char* name;
  // Odd sizes, rows of zeros, extremes, now and then infinities and NaN.
  OpCase (*make)(SeededRandom& random);
};
std::span<const Op> ops();

}  // namespace assay::bench
