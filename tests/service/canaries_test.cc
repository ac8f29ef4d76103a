// Bent claims: what a worker is shown of one agrees with itself, and the mathematics does not.
#include "verifier/service/canaries.h"

#include "tests/catch.h"
#include "tests/sim/workload_orders.h"
#include "tests/sim/world.h"
#include "verifier/service/audits.h"

namespace assay::test {
namespace {

using verifier::ReplayTask;
using wire::Outcome;

// The first replay that a job of this kind is owed.
ReplayTask task_of(World& world, std::optional<ReplayTask>& seen, const wire::Order& order) {
  seen.reset();
  const Result<Digest> job = world.order(order);
  REQUIRE(job.ok());
  REQUIRE(world.run_until([&] { return seen.has_value(); }));
  return *seen;
}

}  // namespace

TEST_CASE("Canaries: a bent claim is whole to the eye, and wrong when it is computed") {
  std::optional<ReplayTask> seen;
  const verifier::ReplayRunner real = verifier::local_runner(wire::demo_policy(), {});
  wire::Policy by_rows = wire::demo_policy();
  by_rows.standard = {3, 0, 3, 64};  // leaves of states alone
  const struct {
    const char* name;
    wire::Order (*order)(World&);
    bool rows_alone;
  } rows[] = {
      {"gemm", [](World& w) { return w.gemm_order(); }, false},
      {"gemm, of which rows are opened alone", [](World& w) { return w.gemm_order(64, 256, 4); },
       true},
      {"render", [](World& w) { return w.render_order(); }, false},
      {"text", [](World& w) { return text_order(w); }, false},
      {"train", [](World& w) { return train_order(w); }, false},
      {"lattice", [](World& w) { return lattice_order(w); }, false},
      {"bodies", [](World& w) { return bodies_order(w); }, false},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    World world({.policy = row.rows_alone ? by_rows : wire::demo_policy(),
                 .replay = [&](const ReplayTask& task, const compute::InputSource& inputs) {
                   seen = task;
                   return real(task, inputs);
                 }});
    world.add_provider("alice");
    const ReplayTask task = task_of(world, seen, row.order(world));
    const compute::InputSource inputs = world.service->context().inputs();
    const auto program = compute::load_program(task.spec, inputs);
    REQUIRE(program.ok());
    const compute::Plan& plan = program.value()->plan();
    REQUIRE(real(task, inputs).report.outcome == Outcome::match);
    SeededRandom random(7);
    int wrong = 0;
    int leaves = 0;
    constexpr int kTries = 16;
    for (int i = 0; i < kTries; ++i) {
      const std::optional<ReplayTask> bent = verifier::bend(plan, task, random);
      REQUIRE(bent.has_value());
      const Status whole = verifier::check_opening(plan, bent->trace, bent->scope, bent->opening);
      CHECK((whole.ok() ? "" : whole.error().what) == "");
      CHECK(bent->scope == task.scope);
      int changed = 0;
      for (std::size_t step = 0; step < task.trace.size(); ++step) {
        changed += bent->trace[step] == task.trace[step] ? 0 : 1;
      }
      CHECK(changed == 1);
      for (const wire::OpenedPart& part : bent->opening.parts) leaves += part.whole ? 0 : 1;
      // A bent flow may run away, which shows nothing: such a one is no canary.
      const Outcome outcome = real(*bent, inputs).report.outcome;
      wrong += outcome == Outcome::mismatch ? 1 : 0;
    }
    if (row.rows_alone) CHECK(leaves > 0);
    // Most values that are opened are looked at; a canary is given out once one has been found.
    CHECK(wrong >= kTries / 4);
  }
}

}  // namespace assay::test
