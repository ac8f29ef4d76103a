// The part of a replay that is about single rows, and how a replay writes down what it finds.
// Internal to replay.cc. Functions of values; any thread, with an Engine of its own.
#pragma once

#include "verifier/opened_states.h"
#include "verifier/replay.h"

namespace assay::verifier {

// The first step shown wrong is the one to blame; of several in one step, the first to be found.
void blame(Report& report, std::uint32_t step, std::optional<std::uint64_t> row,
           std::string detail);
// A failure of ours, told unless there is something to tell already.
void excuse(Report& report, const std::string& detail);
// A committed state that holds what no honest run can produce is wrong; other errors are ours.
wire::Outcome outcome_of(const Error& error, std::uint32_t step, Report& report);

// Follows rows from the inputs to the result, comparing them with every committed state. Step by
// step, all rows together: what a step needs of its own (the weights of a GEMM) is made once.
std::vector<wire::Outcome> follow_rows(const compute::Program& program,
                                       std::span<const std::uint64_t> rows,
                                       const OpenedStates& states, const compute::Engine& engine,
                                       Report& report);

// Each pair by itself, in ascending order; those of one step together.
std::vector<wire::Outcome> check_pairs(const compute::Program& program,
                                       std::span<const compute::Pair> pairs, const Scope& scope,
                                       const OpenedStates& states, const compute::Engine& engine,
                                       Report& report);

}  // namespace assay::verifier
