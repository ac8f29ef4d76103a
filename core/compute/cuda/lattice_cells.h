// A lattice (core/compute/simulate/lattice_run.h) on one device: its state stays there over the
// time steps of a commit, its walls from the beginning. One thread. Every error is `inconclusive`.
#pragma once

#include "core/compute/cuda/two_states.h"
#include "core/compute/simulate/lattice_run.h"

namespace assay::compute::cuda {

class LatticeCells {
 public:
  // Borrows the device.
  static Result<std::unique_ptr<LatticeCells>> open(const Device& device,
                                                    const simulate::Lattice& lattice);

  // A state of the lattice, and its digest. load() and digests as TwoStates has them.
  TwoStates& state() { return state_; }

  // Enqueues one commit: all its time steps.
  Status advance();

 private:
  LatticeCells(const Device& device, TwoStates state) : device_(device), state_(std::move(state)) {}
  Status upload_walls(const simulate::Lattice& lattice);

  const Device& device_;
  TwoStates state_;
  LatticeArgs args_{};
  std::uint32_t steps_per_commit_ = 0;
  Buffer linked_, links_, terms_;
};

}  // namespace assay::compute::cuda
