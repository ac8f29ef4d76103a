// Small jobs of every workload, run once, with the tapes of their last steps. One thread.
#pragma once

#include <string_view>

#include "tests/core_dispute/honest.h"

namespace assay::fuzz {

struct DisputedJob {
  test::Honest honest;
  std::uint32_t step = 0;
  compute::Tape tape;
  std::unique_ptr<compute::TapeRun> run;  // of it
};

// By the workload's name: gemm, render, lattice, bodies, train, texts; null of another.
DisputedJob* disputed_job(std::string_view name);

}  // namespace assay::fuzz
