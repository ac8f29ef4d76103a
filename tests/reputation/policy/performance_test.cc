#include "reputation/policy/performance.h"

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/reputation/policy/cases.h"
#include "tests/vectors.h"

namespace assay::reputation {
namespace {

constexpr PerformanceRound all_at(std::uint64_t percent) {
  PerformanceRound round;
  round.fill({percent, 100});
  return round;
}

PerformanceState fold_run(const std::string& row, PerformanceState state) {
  RowReader in(row);
  PerformanceRound round;
  for (Measurement& it : round) {
    it.measured = in.u64();
    it.claimed = in.u64();
  }
  for (std::uint64_t times = in.u64(); times > 0; --times) state = fold_round(state, round);
  return state;
}

}  // namespace

TEST_CASE("performance is that of the vectors to the last bit") {
  const auto vectors =
      test::load_vectors("performance",
                         {"round", "mean_q30", "variance_q30", "rounds", "bound_q30",
                          "performance_q30", "revoked", "counted_q30"},
                         24);
  for (const test::Vector& vector : vectors) {
    INFO(vector.name());
    PerformanceState state;
    for (const std::string& row : vector.all("round")) state = fold_run(row, state);
    RowReader means(vector.text("mean_q30"));
    RowReader variances(vector.text("variance_q30"));
    RowReader rounds(vector.text("rounds"));
    RowReader bounds(vector.text("bound_q30"));
    for (const ComponentState& component : state.components) {
      CHECK(component.mean == means.u64());
      CHECK(component.variance == variances.u64());
      CHECK(component.rounds == rounds.u64());
      CHECK(component_bound(component) == bounds.u64());
    }
    CHECK(performance(state) == vector.number("performance_q30"));
    CHECK(class_revoked(state) == (vector.number("revoked") == 1));
    RowReader counted(vector.text("counted_q30"));
    CHECK(counted_performance(state, ratio(1, 2)) == counted.u64());
    CHECK(counted_performance(state, kOne) == counted.u64());
    if (!class_revoked(state)) CHECK(counted_performance(state, 0) == performance(state));
    CHECK(is_unmeasured(state) == (vector.text("rounds") == "0 0 0 0 0"));
  }
}

TEST_CASE(
    "performance lies between nothing and what was measured best, and one reading is little") {
  SeededRandom random(1);
  for (int run = 0; run < 300; ++run) {
    PerformanceState state;
    std::uint64_t best = 0;
    for (int i = 0; i < 30; ++i) {
      const std::uint64_t percent = random.below(101);
      best = std::max(best, percent);
      state = fold_round(state, all_at(percent));
      CHECK(performance(state) <= divide(best, 100) + 1);
    }
  }
  const PerformanceState once = fold_round({}, all_at(100));
  CHECK(performance(once) < ratio(84, 100));
  PerformanceState often = once;
  for (int i = 0; i < 50; ++i) often = fold_round(often, all_at(100));
  CHECK(performance(often) > ratio(99, 100));
}

TEST_CASE("a slower round never raises performance") {
  SeededRandom random(2);
  for (int run = 0; run < 300; ++run) {
    PerformanceState state;
    for (int i = 0; i < 40; ++i) state = fold_round(state, all_at(90 + random.below(11)));
    const std::uint64_t steady = 80;  // below all that came before
    CHECK(performance(fold_round(state, all_at(steady))) <= performance(state));
  }
}

TEST_CASE("every component has its name") {
  CHECK(std::string(component_name(Component::gpu)) == "gpu");
  CHECK(std::string(component_name(Component::network)) == "network");
}

}  // namespace assay::reputation
