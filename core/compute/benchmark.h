// The work of a hardware round: a chain of gemm jobs, each seeded by the last state of the one
// before, so that nothing of it can be made ahead, kept from another round or begun in the middle.
// Every link starts from rows of fresh random numbers, no two alike: there is no row to copy and
// no zero to hide in. Pure; any thread. Source: verification.md, "Hardware rounds".
//
// Both sides derive everything from the challenge (core/wire/measurement.h) and the provider's key.
#pragma once

#include "core/compute/opening_parts.h"
#include "core/wire/measurement.h"

namespace assay::compute {

inline constexpr std::uint32_t kBenchmarkLinks = 4;

// Fills in workload, parameters and links of a round that takes about a second of a machine which
// makes so many multiply-adds in one, or less where that is more than a round may have.
void size_benchmark(wire::Benchmark& benchmark, std::uint64_t ops_per_second);

// Multiply-adds of the whole round. Making the weights is not counted: it is how they are had.
//   malformed    the challenge is none of size_benchmark()'s kind
Result<std::uint64_t> benchmark_ops(const wire::Benchmark& benchmark);

// The job that a link is: `round` is the round's name, `last` the digest of the last state of the
// link before, zeros for the first.
//   malformed    as load_program()
Result<std::unique_ptr<Program>> benchmark_link(const wire::Benchmark& benchmark,
                                                const Digest& round, const Digest& last,
                                                const Caps& caps);

// What benchmark.open asks for, of states numbered by their links: the leaves that hold the rows.
// `plan` is any link's, and every row below plan.rows. Ascending; none twice.
std::vector<PartRef> benchmark_parts(const wire::Benchmark& benchmark, const Plan& plan);

}  // namespace assay::compute
