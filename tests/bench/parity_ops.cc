#include "tests/bench/parity_ops.h"

#include <algorithm>
#include <memory>

#include "tests/bench/jobs.h"
#include "tests/bench/op_cases.h"

namespace assay::bench {
namespace {

using compute::CpuLevel;
using compute::Engine;

constexpr unsigned kThreadsMax = 8;

// The engines of one number of threads, one for each level.
using Engines = std::vector<std::unique_ptr<Engine>>;

std::vector<Engines> all_engines() {
  std::vector<Engines> out(kThreadsMax);
  for (unsigned threads = 1; threads <= kThreadsMax; ++threads) {
    for (CpuLevel level : cpu_levels()) {
      out[threads - 1].push_back(std::make_unique<Engine>(level, threads));
    }
  }
  return out;
}

Row parity_of(const Op& op, const Options& options, const std::vector<Engines>& engines) {
  const Engine scalar(CpuLevel::scalar, 1);
  SeededRandom random(options.seed);
  std::uint64_t equal = 0;
  std::uint64_t all = 0;
  std::string first_wrong;
  const std::uint64_t rounds = std::max<std::uint64_t>(options.jobs, kThreadsMax);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const OpCase one = op.make(random);
    const Bytes want = one.run(scalar);
    for (const auto& engine : engines[round % kThreadsMax]) {
      ++all;
      if (!want.empty() && one.run(*engine) == want) {
        ++equal;
      } else if (first_wrong.empty()) {
        first_wrong = "case " + std::to_string(round) + ", " + one.what + ", " +
                      cpu_level_name(engine->level()) + ", " + std::to_string(engine->threads()) +
                      " threads";
      }
    }
  }
  Row row{.bench = "parity",
          .name = std::string(op.name) + ", all levels, 1-8 threads",
          .peer = "scalar, 1 thread",
          .unit = "runs"};
  row.correct = all > 0 && equal == all;
  row.ours = static_cast<double>(equal);
  row.theirs = static_cast<double>(all);
  if (equal != all) {
    row.note = std::to_string(all - equal) + " mismatches; first with other bits: " + first_wrong;
  }
  return row;
}

}  // namespace

Rows parity_ops(const Options& options) {
  const std::vector<Engines> engines = all_engines();
  Rows rows;
  for (const Op& op : ops()) {
    rows.push_back(parity_of(op, options, engines));
    options.say(std::string("parity: all cases of ") + op.name);
  }
  return rows;
}

}  // namespace assay::bench
