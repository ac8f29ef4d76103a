// The jobs that assay-bench runs. Values; any thread.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "core/base/random.h"
#include "core/compute/program.h"

namespace assay::bench {

struct Job {
  std::string name;
  std::unique_ptr<compute::Program> program;
};

using Files = std::map<std::string, std::string, std::less<>>;

// A job of these inputs, which are added to the order.
Result<Job> load_job(std::string name, wire::WorkloadSpec spec, const Files& files);

struct GemmSize {
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::uint32_t steps = 0;
  std::uint32_t gemms_per_step = 1;
};

// With weights from Philox.
Result<Job> gemm_job(const GemmSize& size);
// A picture of the scene of `assay demo`.
Result<Job> render_job(std::uint32_t width, std::uint32_t height, std::uint32_t samples);

// Small jobs of odd sizes; the scenes have objects and materials of every kind.
Result<Job> random_gemm_job(SeededRandom& random);
Result<Job> random_render_job(SeededRandom& random);

// One optimiser step after another: of a transformer of the shape of vectors/models/stories in as
// large batches, or of a small one to be quick; of a perceptron of 784, 512, 512, 10.
Result<Job> transformer_job(std::uint32_t steps, bool quick);
Result<Job> mlp_job(std::uint32_t steps, std::uint32_t steps_per_commit, std::uint32_t batch);
// Vortices in a periodic box of so many cells.
Result<Job> lattice_job(const std::array<std::uint32_t, 3>& size, std::uint32_t steps,
                        std::uint32_t steps_per_commit);
// A disc.
Result<Job> bodies_job(std::uint32_t bodies, std::uint32_t steps);
Result<Job> random_train_job(SeededRandom& random);
Result<Job> random_simulate_job(SeededRandom& random);

// The levels that this machine has, the definition first.
std::vector<compute::CpuLevel> cpu_levels();

}  // namespace assay::bench
