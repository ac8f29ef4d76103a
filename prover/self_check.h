// What a prover computes again on the CPU while a device runs a job, so that a device that lies
// never makes it sign. Errors of a device show by themselves; wrong bits show only by comparison.
//
// Whole jobs of up to kSelfCheckOps multiply-adds are computed again: nothing wrong is signed. Of
// larger ones as much is drawn at random as costs that many, at least one row or step, and always
// the first and the last: there edge tiles lie, where a kernel can be wrong that is right
// elsewhere. What spoils every row or step (wrong weights, a broken kernel) is caught at once. What
// spoils some of many, a bit that flips once or one kind of tile in the middle, is caught only
// where one of them is drawn. The rest is signed, and a verifier that meets it calls it a wrong
// result and slashes for it: it cannot tell a broken device from a fraud.
#pragma once

#include <vector>

#include "core/base/random.h"
#include "core/compute/program.h"

namespace assay::prover {

// Some tens of milliseconds on one core, whatever the job's size, and the first and the last row or
// step besides; where weights are generated, a chain's rows cost making them too, once a step.
inline constexpr std::uint64_t kSelfCheckOps = std::uint64_t{1} << 32;

// A value; it borrows the definition.
struct SelfCheck {
  const compute::Program* definition = nullptr;  // the same job on the CPU
  std::vector<std::uint64_t> rows;   // ascending; followed through every step of a row-local chain
  std::vector<std::uint32_t> steps;  // ascending; whole steps of any other job
};

SelfCheck draw_self_check(const compute::Program& definition, Random& random,
                          std::uint64_t ops_max = kSelfCheckOps);

// Stands beside one run; its thread and its Engine are the run's.
class SelfChecker {
 public:
  SelfChecker(const SelfCheck& check, const compute::Engine& engine)
      : check_(check), engine_(engine) {}

  // Chains: before the first step, before each step, and after it.
  void start(const compute::State& state);
  void before(std::uint32_t step, const compute::State& state);
  //   inconclusive the device and the definition differ: says where
  //   others       the definition's own failure
  Status after(std::uint32_t step, const compute::State& state);

  // Appended: what a step added to `before`. Errors as above.
  Status added(std::uint32_t step, std::span<const compute::State> before,
               const compute::Added& added) const;

  // Independent units. Errors as above.
  Status unit(std::uint32_t step, const compute::Tensor& output) const;

 private:
  bool is_drawn(std::uint32_t step) const;

  const SelfCheck& check_;
  const compute::Engine& engine_;
  std::vector<Bytes> rows_;  // what check_.rows are by the definition, after the last step
  compute::State before_;    // of a drawn step
};

}  // namespace assay::prover
