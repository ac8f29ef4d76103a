// The verifier's side of a hardware round: was the work done? A thin check: of every link some rows
// are followed from its first state, which follows from how the link before ended, to its last.
// Functions of values; any thread, with an Engine of its own.
#pragma once

#include <string>

#include "core/base/random.h"
#include "core/compute/benchmark.h"
#include "core/wire/challenge.h"
#include "core/wire/verdict.h"

namespace assay::verifier {

inline constexpr std::size_t kBenchmarkRows = 2;  // of each link
// More than any opening of so many rows has.
inline constexpr std::size_t kBenchmarkOpeningBytesMax = std::size_t{1} << 20;

// Draws what is to be opened, once the answer is there and not before.
//   malformed    the challenge is none of the kind
Result<std::vector<wire::LinkRows>> draw_benchmark_rows(const wire::Benchmark& benchmark,
                                                        const compute::Caps& caps, Random& random);

struct BenchmarkReport {
  // inconclusive: our own failure, which says nothing about the answer.
  wire::Outcome outcome = wire::Outcome::inconclusive;
  std::string detail;  // for people: what differs, or what of ours failed
};
BenchmarkReport check_benchmark(const wire::Benchmark& benchmark, const PublicKey& provider,
                                const std::vector<Digest>& results, const wire::Opening& opening,
                                const compute::Caps& caps, const compute::Engine& engine);

}  // namespace assay::verifier
