// What any accepted job must keep, whatever the bytes it was made of. One thread.
#pragma once

#include "core/compute/program.h"

namespace assay::fuzz {

// So small that an accepted job runs in milliseconds.
inline constexpr compute::Caps kSmallCaps{.step_ops_max = std::uint64_t{1} << 20,
                                          .job_ops_max = std::uint64_t{1} << 22,
                                          .state_bytes_max = std::uint64_t{1} << 18,
                                          .result_bytes_max = std::uint64_t{1} << 18,
                                          .input_bytes_max = std::uint64_t{1} << 20};

// The plan is within the caps, and the start state has the shape that it promises.
void check_program(const compute::Program& program, const compute::Caps& caps);

// Step `step` of independent units, by the scalar code and by the best level: the same.
compute::Tensor same_unit(const compute::Program& program, std::uint32_t step);
// The state after it, of a chain: the same, or refused as malformed by both. From any state of the
// plan's shape.
Result<compute::State> same_advance(const compute::Program& program, std::uint32_t step,
                                    const compute::State& from);

}  // namespace assay::fuzz
