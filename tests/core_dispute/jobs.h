// Small jobs of every workload whose steps can be disputed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/compute/program.h"

namespace assay::test {

struct NamedJob {
  std::string name;
  std::shared_ptr<const compute::Program> program;
};

const std::vector<NamedJob>& disputed_jobs();

// A program from a workload's parameters, which it accepts.
std::shared_ptr<const compute::Program> job_of(
    const std::string& workload, const std::string& parameters,
    const std::vector<std::pair<std::string, Bytes>>& inputs = {});

}  // namespace assay::test
