// States of one chain on disk, every so many steps, within a budget of bytes.
// One thread at a time. Files are not synced: what a crash destroys is computed again.
#pragma once

#include <string>

#include "prover/execute.h"

namespace assay::prover {

class Checkpoints final : public StateKeeper {
 public:
  // Keeps every c-th state in `folder`, c the smallest interval that stays below budget_bytes.
  // Nothing is kept of independent units.
  Checkpoints(std::string folder, const compute::Plan& plan, std::uint64_t budget_bytes);

  std::uint32_t interval() const { return interval_; }  // 0: keeps nothing

  bool wants(std::uint32_t index) const override;
  void keep(std::uint32_t index, const compute::State& state) override;
  std::optional<Kept> nearest(std::uint32_t index) const override;

 private:
  std::string path(std::uint32_t index) const;

  std::string folder_;
  compute::StateShape shape_;
  std::uint64_t state_bytes_ = 0;
  std::uint32_t interval_ = 0;
};

}  // namespace assay::prover
