#include "verifier/benchmark_check.h"

#include <algorithm>

#include "core/merkle/tree.h"
#include "verifier/opened_states.h"

namespace assay::verifier {
namespace {

using compute::Plan;
using compute::Program;
using wire::Outcome;

BenchmarkReport wrong(std::string detail) {
  return {Outcome::mismatch, std::move(detail)};
}
BenchmarkReport ours(const Error& error) {
  return {Outcome::inconclusive, "our own failure: " + error.what};
}

// Are these exactly the leaves that were asked for, each proven against its link's last state?
Status check_parts(const wire::Benchmark& benchmark, const Plan& plan,
                   const std::vector<Digest>& results, const wire::Opening& opening) {
  const std::vector<compute::PartRef> asked = compute::benchmark_parts(benchmark, plan);
  if (asked.size() != opening.parts.size()) {
    return fail(Code::malformed, std::to_string(asked.size()) + " leaves were asked for, " +
                                     std::to_string(opening.parts.size()) + " were opened");
  }
  const std::uint64_t leaves = compute::leaf_count(plan.state_shape);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const wire::OpenedPart& part = opening.parts[i];
    const std::string where =
        "link " + std::to_string(asked[i].state) + ", leaf " + std::to_string(asked[i].leaf);
    if (part.whole || part.state != asked[i].state || part.leaf != asked[i].leaf ||
        part.data.size() != compute::leaf_size(plan.state_shape, part.leaf)) {
      return fail(Code::malformed, where + " is not what was opened in its place");
    }
    const Status proven = verify_inclusion(leaf_hash(part.data), part.leaf, leaves, part.path,
                                           results[part.state - 1]);
    if (!proven.ok()) return proven.error().in(where);
  }
  return {};
}

// Follows rows of one link and compares how they end with what was opened.
BenchmarkReport follow(const Program& program, const wire::LinkRows& open,
                       const OpenedStates& opened, const compute::Engine& engine) {
  std::vector<Bytes> rows;
  for (const std::uint64_t row : open.rows) {
    Result<Bytes> start = program.start_row(row);
    if (!start.ok()) return ours(start.error());
    rows.push_back(std::move(start).value());
  }
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    Result<std::vector<Bytes>> moved = program.advance_rows(step, rows, engine);
    if (!moved.ok()) return ours(moved.error());
    rows = std::move(moved).value();
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Result<Bytes> claimed = opened.row(open.link, open.rows[i]);
    if (!claimed.ok()) return wrong(claimed.error().what);
    if (claimed.value() == rows[i]) continue;
    return wrong("row " + std::to_string(open.rows[i]) + " of link " + std::to_string(open.link) +
                 ": recomputed, it is another one");
  }
  return {Outcome::match, ""};
}

}  // namespace

Result<std::vector<wire::LinkRows>> draw_benchmark_rows(const wire::Benchmark& benchmark,
                                                        const compute::Caps& caps, Random& random) {
  const auto program = compute::benchmark_link(benchmark, {}, {}, caps);
  if (!program.ok()) return program.error();
  const std::uint64_t rows = program.value()->plan().rows;
  std::vector<wire::LinkRows> open;
  for (std::uint32_t link = 1; link <= benchmark.links; ++link) {
    wire::LinkRows it{link, {}};
    while (it.rows.size() < std::min<std::uint64_t>(kBenchmarkRows, rows)) {
      const std::uint64_t row = random.below(rows);
      if (std::ranges::find(it.rows, row) == it.rows.end()) it.rows.push_back(row);
    }
    std::ranges::sort(it.rows);
    open.push_back(std::move(it));
  }
  return open;
}

BenchmarkReport check_benchmark(const wire::Benchmark& benchmark, const PublicKey& provider,
                                const std::vector<Digest>& results, const wire::Opening& opening,
                                const compute::Caps& caps, const compute::Engine& engine) {
  if (results.size() != benchmark.links) return wrong("another number of links was answered");
  const Digest round = wire::benchmark_round(benchmark, provider);
  Digest last;
  for (std::uint32_t link = 1; link <= benchmark.links; ++link) {
    const auto program = compute::benchmark_link(benchmark, round, last, caps);
    if (!program.ok()) return ours(program.error());
    last = results[link - 1];
    if (link == 1) {
      const Status parts = check_parts(benchmark, program.value()->plan(), results, opening);
      if (!parts.ok()) return wrong(parts.error().what);
    }
    const auto open = std::ranges::find(benchmark.open, link, &wire::LinkRows::link);
    if (open == benchmark.open.end()) continue;
    const OpenedStates opened(*program.value(), opening, nullptr);
    BenchmarkReport report = follow(*program.value(), *open, opened, engine);
    if (report.outcome != Outcome::match) return report;
  }
  return {Outcome::match, ""};
}

}  // namespace assay::verifier
