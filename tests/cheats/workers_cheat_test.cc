// The cheats of those who replay: a worker that calls honest work wrong, and one that stamps
// whatever it is given. Jobs are leases here.
#include <cmath>
#include <cstdio>

#include "tests/catch.h"
#include "tests/sim/elsewhere.h"

namespace assay::test {
namespace {

using verifier::ReplayAnswer;
using verifier::ReplayTask;
using wire::Outcome;

ReplayAnswer lie(ReplayAnswer answer, const ReplayTask&) {
  if (answer.report.outcome != Outcome::match) return answer;
  answer.report.outcome = Outcome::mismatch;
  answer.report.faulty_step = 1;
  return answer;
}

ReplayAnswer stamp(ReplayAnswer, const ReplayTask& task) {
  ReplayAnswer answer;
  answer.report.outcome = Outcome::match;
  answer.report.positions.assign(task.scope.positions.size(), Outcome::match);
  answer.report.rows.assign(task.scope.rows.size(), Outcome::match);
  answer.report.pairs.assign(task.scope.pairs.size(), Outcome::match);
  answer.device = "cpu";
  return answer;
}

constexpr std::uint32_t kCanaryPpm = 200'000;
constexpr int kLeasesMax = 120;

// How many leases it answered until nothing that it says counted any more.
int leases_until_suspended(std::uint64_t seed, Elsewhere::Bend bend) {
  verifier::LeaseOptions leases = first_to_workers();
  leases.canary_ppm = kCanaryPpm;
  World world({.seed = seed, .leases = leases});
  world.add_provider("alice");
  Elsewhere worker(world, "w", std::move(bend));
  world.run_until([&] { return world.provider("alice").find("id") != nullptr; });
  const auto answered = [&] {
    return worker.outcomes[Outcome::match] + worker.outcomes[Outcome::mismatch];
  };
  while (worker.is_enabled() && answered() < kLeasesMax) {
    const Result<Digest> job = world.order(world.gemm_order());
    if (!job.ok()) break;
    worker.work_until([&] { return world.is_over(job.value()); }, 10'000);
  }
  CHECK_FALSE(worker.is_enabled());
  CHECK(world.slashes_of("alice") == 0);
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
  return answered();
}

TEST_CASE("lying-worker and rubber-stamp-worker are found out within their analytic bounds") {
  const struct {
    const char* name;
    Elsewhere::Bend bend;
    double bound;
    int worlds;
    const char* why;
  } rows[] = {
      {"lying-worker", lie, 1, 3, "the scalar definition, run by ourselves, decides"},
      // The first lease makes what canaries are made of; from then on one comes with p = .2, a good
      // one first, and the second is bad.
      {"rubber-stamp-worker", stamp, 1 + 2 / 0.2, 32, "the first canary that is wrong"},
  };
  for (const auto& row : rows) {
    double total = 0;
    for (int i = 0; i < row.worlds; ++i) {
      total += leases_until_suspended(700 + static_cast<std::uint64_t>(i), row.bend);
    }
    const double measured = total / row.worlds;
    std::printf("%-30s %-7s %-7s %-8s %9.1f %7.1f  %s\n", row.name, "leases", "canary", "suspended",
                measured, row.bound, row.why);
    INFO(row.name);
    // The wait for two canaries strays by sqrt(2 (1 - p)) / p = 6.3, so the mean of 32 by 1.1.
    CHECK(measured <= 1.2 * row.bound + 2 * 6.3 / std::sqrt(row.worlds));
  }
}

}  // namespace
}  // namespace assay::test
