// The provider's side of a hardware round: runs the chain as fast as the machine can, keeps the
// last states of its links, and opens rows of them. run_benchmark() has its Engine to itself.
#pragma once

#include <atomic>
#include <memory>

#include "core/compute/benchmark.h"
#include "core/compute/cuda/backend.h"
#include "core/wire/challenge.h"

namespace assay::prover {

struct BenchmarkRun {
  Digest round;
  std::vector<compute::State> states;  // the last of each link
  std::vector<Digest> results;         // their digests
};

// device: null runs it on the CPU.
//   malformed    the challenge is none of the kind, or beyond the caps
//   interrupted  `cancelled` was set
//   others       those of the device or of the program
Result<BenchmarkRun> run_benchmark(const wire::Benchmark& benchmark, const PublicKey& provider,
                                   const compute::Engine& engine,
                                   const std::shared_ptr<const compute::cuda::Device>& device,
                                   const compute::Caps& caps,
                                   const std::atomic<bool>* cancelled = nullptr);

// The rows that benchmark.open asks for.
//   malformed    a link or row that there is not
Result<wire::Opening> open_benchmark(const wire::Benchmark& benchmark, const BenchmarkRun& run,
                                     const compute::Caps& caps);

}  // namespace assay::prover
