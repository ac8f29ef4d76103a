#include "prover/execute.h"
#include "tests/bench/bench.h"
#include "tests/bench/jobs.h"
#include "tests/bench/parity_ops.h"
#include "tests/bench/products.h"
#include "tests/bench/text_models.h"

namespace assay::bench {
namespace {

using compute::CpuLevel;
using compute::Engine;

constexpr unsigned kThreadsMax = 8;
constexpr std::uint64_t kReportEvery = 10'000;
constexpr std::uint64_t kReportJobsEvery = 25;

// What one engine agreed with, and the first thing it did not.
struct Tally {
  std::unique_ptr<Engine> engine{};
  std::uint64_t equal = 0;
  std::uint64_t all = 0;
  std::string first_wrong{};

  void add(bool same, const std::string& what) {
    ++all;
    if (same) {
      ++equal;
    } else if (first_wrong.empty()) {
      first_wrong = what;
    }
  }
};

// One row for the tallies of one level.
Row row_of(const std::string& name, const std::string& peer, const std::string& unit,
           const std::vector<const Tally*>& tallies) {
  Row row{.bench = "parity", .name = name, .peer = peer, .unit = unit};
  std::uint64_t equal = 0;
  std::uint64_t all = 0;
  for (const Tally* tally : tallies) {
    equal += tally->equal;
    all += tally->all;
    if (row.note.empty() && !tally->first_wrong.empty()) {
      row.note = "first with other bits: " + tally->first_wrong;
    }
  }
  if (equal != all) row.note = std::to_string(all - equal) + " mismatches; " + row.note;
  row.correct = all > 0 && equal == all;
  row.ours = static_cast<double>(equal);
  row.theirs = static_cast<double>(all);
  return row;
}

// Three of four are the tile that kernels are made of, the others of any small size.
Product next_product(SeededRandom& random, std::uint64_t round) {
  if (round % 4 != 3) return random_product(random, 16, 16, 64);
  const std::size_t m = 1 + random.below(40);
  const std::size_t n = 1 + random.below(70);
  return random_product(random, m, n, 1 + random.below(200));
}

Rows products(const Options& options) {
  std::vector<Tally> tallies;
  for (CpuLevel level : cpu_levels()) tallies.push_back({std::make_unique<Engine>(level)});
  SeededRandom random(options.seed);
  for (std::uint64_t round = 0; round < options.tiles; ++round) {
    const Product product = next_product(random, round);
    const std::vector<std::int32_t> want = multiply_scalar(product);
    for (Tally& tally : tallies) {
      tally.add(multiply(*tally.engine, product) == want,
                "product " + std::to_string(round) + ", " + size_name(product));
    }
    if ((round + 1) % kReportEvery == 0) {
      options.say("parity: " + std::to_string(round + 1) + " of " + std::to_string(options.tiles) +
                  " products");
    }
  }
  Rows rows;
  for (const Tally& tally : tallies) {
    rows.push_back(row_of(std::string("igemm8 ") + cpu_level_name(tally.engine->level()),
                          "scalar definition", "tiles", {&tally}));
  }
  return rows;
}

bool same(const prover::Execution& a, const prover::Execution& b) {
  return a.trace == b.trace && a.result == b.result && a.result_digest == b.result_digest;
}

// One job on every engine. Wrong bits are tallied; a job that does not run at all is an error.
Status compare(const Job& job, std::uint64_t round, std::vector<Tally>& tallies) {
  const Engine scalar(CpuLevel::scalar, 1);
  const auto want = prover::run_job(*job.program, scalar);
  if (!want.ok()) return want.error().in(job.name);
  for (Tally& tally : tallies) {
    const auto got = prover::run_job(*job.program, *tally.engine);
    if (!got.ok()) return got.error().in(job.name);
    tally.add(same(got.value(), want.value()),
              "job " + std::to_string(round) + ", " + job.name + ", on " +
                  std::to_string(tally.engine->threads()) + " threads");
  }
  return {};
}

Status jobs(const Options& options, const std::string& workload,
            const std::function<Result<Job>(SeededRandom&)>& next, std::vector<Tally>& tallies,
            Rows& rows) {
  SeededRandom random(options.seed);
  for (Tally& tally : tallies) tally.equal = tally.all = 0;
  for (std::uint64_t round = 0; round < options.jobs; ++round) {
    const Result<Job> job = next(random);
    if (!job.ok()) return job.error();
    if (Status compared = compare(job.value(), round, tallies); !compared.ok()) return compared;
    if ((round + 1) % kReportJobsEvery == 0) {
      options.say("parity: " + std::to_string(round + 1) + " of " + std::to_string(options.jobs) +
                  " " + workload + " jobs");
    }
  }
  for (CpuLevel level : cpu_levels()) {
    std::vector<const Tally*> of_level;
    for (const Tally& tally : tallies) {
      if (tally.engine->level() == level) of_level.push_back(&tally);
    }
    rows.push_back(row_of(workload + " jobs, " + cpu_level_name(level) + ", 1-8 threads",
                          "scalar, 1 thread", "runs", of_level));
  }
  for (Tally& tally : tallies) tally.first_wrong.clear();
  return {};
}

Result<Job> next_text_job(SeededRandom& random) {
  return random_text_job({.seed = random.u64()});
}

Result<std::vector<std::vector<std::int32_t>>> texts_of(const RandomTexts& which,
                                                        const Engine& engine) {
  const Result<Job> job = random_text_job(which);
  if (!job.ok()) return job.error();
  const auto run = prover::run_job(*job.value().program, engine);
  if (!run.ok()) return run.error().in(job.value().name);
  return choices(*job.value().program, run.value().result);
}

// Neither how a text is cut into steps nor what is generated beside it changes a token.
Status texts(const Options& options, Rows& rows) {
  constexpr std::uint32_t kChunks[] = {1, 3, 7, 64};
  const Engine engine;
  SeededRandom random(options.seed);
  Tally cut, alone;
  for (std::uint64_t round = 0; round < options.jobs; ++round) {
    const std::uint64_t seed = random.u64();
    const auto want = texts_of({.seed = seed}, engine);
    if (!want.ok()) return want.error();
    for (const std::uint32_t chunk : kChunks) {
      const auto all = texts_of({.seed = seed, .chunk = chunk}, engine);
      const auto first = texts_of({.seed = seed, .texts_max = 1, .chunk = chunk}, engine);
      if (!all.ok()) return all.error();
      if (!first.ok()) return first.error();
      const std::string what =
          "texts " + std::to_string(round) + ", chunks of " + std::to_string(chunk);
      cut.add(all.value() == want.value(), what);
      alone.add(first.value()[0] == want.value()[0], what);
    }
  }
  rows.push_back(row_of("texts in chunks of 1 to 64", "chunks of the order", "runs", {&cut}));
  rows.push_back(row_of("texts generated alone", "beside others", "runs", {&alone}));
  return {};
}

}  // namespace

Result<Rows> parity(const Options& options) {
  Rows rows = products(options);
  for (Row& row : parity_ops(options)) rows.push_back(std::move(row));
  std::vector<Tally> tallies;
  for (CpuLevel level : cpu_levels()) {
    for (unsigned threads = 1; threads <= kThreadsMax; ++threads) {
      tallies.push_back({std::make_unique<Engine>(level, threads)});
    }
  }
  using Next = Result<Job> (*)(SeededRandom&);
  const std::pair<const char*, Next> workloads[] = {{"gemm", random_gemm_job},
                                                    {"render", random_render_job},
                                                    {"generate", next_text_job},
                                                    {"train", random_train_job},
                                                    {"simulate", random_simulate_job}};
  for (const auto& [workload, next] : workloads) {
    const Status ran = jobs(options, workload, next, tallies, rows);
    if (!ran.ok()) return ran.error();
  }
  if (const Status ran = texts(options, rows); !ran.ok()) return ran.error();
  return rows;
}

}  // namespace assay::bench
