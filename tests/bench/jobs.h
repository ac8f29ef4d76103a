// The jobs that assay-bench runs. Values; any thread.
#pragma once

#include <memory>
#include <vector>

#include "core/base/random.h"
#include "core/compute/program.h"

namespace assay::bench {

struct Job {
  std::string name;
  std::unique_ptr<compute::Program> program;
};

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

// The levels that this machine has, the definition first.
std::vector<compute::CpuLevel> cpu_levels();

}  // namespace assay::bench
