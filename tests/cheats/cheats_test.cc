// The corpus: every way to cheat that binds a provider, played by the real agent against the real
// service, and what becomes of it. The table printed at the end is the README's.
#include <cstdio>

#include "tests/catch.h"
#include "tests/sim/challenger.h"
#include "tests/sim/workload_orders.h"
#include "verifier/scope.h"

namespace assay::test {
namespace {

using prover::Misbehave;

enum class Fate {
  slashed,  // a slash record with evidence, trust 0
  refused,  // never enters the log as an attestation: unpaid, and timed out
};

struct Row {
  Misbehave cheat;
  const char* workload;
  Fate fate;
  double bound_jobs;  // expected jobs until caught, from the policy's depth and the cheat's shape
  int worlds;         // repetitions with other seeds, where chance plays a part
  const char* why;
  const char* audit = "demo";  // or "micro", "dispute": see policy_of()
};

// Standard depth in the demo policy: 1 whole step, 3 rows and 8 row micro-checks of a chain; 3
// random units, the first and the last of independent ones. The first 20 jobs of a class are always
// audited. "micro" is the row micro-check alone: no step, no row, and kPairs pairs of 8 * 16, one
// of each step, in kColumns of 64 columns each. "dispute" is no audit at all, but somebody who runs
// the job again and disputes what comes out otherwise.
constexpr std::uint32_t kPairs = 8;
constexpr std::uint32_t kColumns = 4;

// What such an audit finds, when in `rows` of 1 the row is wrong, and of its columns `columns`.
double micro_bound(double rows, double columns) {
  const auto ppm = [](double part) { return static_cast<std::uint32_t>(part * 1e6); };
  return 1e6 / verifier::detection_ppm(ppm(rows), kPairs, ppm(columns), kColumns);
}

const Row kRows[] = {
    {Misbehave::skip_steps, "gemm", Fate::slashed, 1, 1, "followed rows meet every skipped step"},
    {Misbehave::repeat_first_step, "gemm", Fate::slashed, 1, 1, "rows differ from step 2 on"},
    {Misbehave::zero_state, "gemm", Fate::slashed, 1, 1, "the link into the zeroed state breaks"},
    {Misbehave::splice_cached_trajectory, "gemm", Fate::slashed, 2, 1,
     "the spliced link breaks on every row (the first job has nothing to splice)"},
    // One row of 16 at step 1 of 8: three rows followed, one whole step and eight of 128 pairs miss
    // it with probability 13/16 * 7/8 * 15/16 a job.
    {Misbehave::bad_rows_only, "gemm", Fate::slashed, 1 / (1 - 13.0 / 16 * 7 / 8 * 15 / 16), 160,
     "1-(13/16)(7/8)(15/16) a job"},
    {Misbehave::random_output, "gemm", Fate::slashed, 1, 1, "no row follows from its inputs"},
    {Misbehave::random_output, "render", Fate::slashed, 1, 1, "a recomputed tile differs"},
    {Misbehave::lower_precision, "gemm", Fate::slashed, 1, 1, "integers are exact"},
    {Misbehave::lower_precision, "render", Fate::slashed, 1, 1, "so are tiles"},
    {Misbehave::fewer_samples, "render", Fate::slashed, 1, 1, "a recomputed tile differs"},
    {Misbehave::inflated_scale, "gemm", Fate::slashed, 1, 1, "scales are part of the row"},
    {Misbehave::rank_2_forge, "gemm", Fate::slashed, 1, 1, "looking right is not being equal"},
    {Misbehave::forged_columns, "gemm", Fate::slashed, 1, 1, "a followed row is compared whole"},
    {Misbehave::one_row_in_a_hundred, "gemm", Fate::slashed, 1, 1, "every whole step has one"},
    {Misbehave::zero_state, "gemm", Fate::slashed, 1, 4, "no link is left out", "micro"},
    {Misbehave::splice_cached_trajectory, "gemm", Fate::slashed, 2, 4,
     "nor the spliced one (the first job has nothing to splice)", "micro"},
    {Misbehave::skip_steps, "gemm", Fate::slashed, 1, 4, "a pair of each skipped step", "micro"},
    {Misbehave::inflated_scale, "gemm", Fate::slashed, 1, 4, "no scale is taken on trust", "micro"},
    {Misbehave::rank_2_forge, "gemm", Fate::slashed, micro_bound(1, 1), 4,
     "every row's scale is another", "micro"},
    {Misbehave::forged_columns, "gemm", Fate::slashed, micro_bound(1, 4 / 64.0), 24,
     "1-(1-(1-(1-1/16)^4))^8: each row is wrong in 1/16 of its columns", "micro"},
    {Misbehave::one_row_in_a_hundred, "gemm", Fate::slashed, micro_bound(1 / 16.0, 1), 160,
     "1-(1-1/16)^8: one row of 16 in each step", "micro"},
    // Of a text every step has three of its 16 rows recomputed, token by token, and one step whole.
    {Misbehave::smaller_model, "text", Fate::slashed, 1, 1, "every token's keys are others"},
    {Misbehave::four_bit_weights, "text", Fate::slashed, 1, 1, "integers are exact"},
    {Misbehave::wrong_seed, "text", Fate::slashed, 1, 4, "most sampled tokens are others"},
    {Misbehave::truncated_text, "text", Fate::slashed, 1, 1, "an end must be shown"},
    {Misbehave::forged_early_end, "text", Fate::slashed, 1, 1,
     "the token that ends it is always drawn again"},
    {Misbehave::prefill_forge, "text", Fate::slashed, 1, 1, "no step of the prompt is left out"},
    {Misbehave::zero_state, "text", Fate::slashed, 1, 1, "rows of every step are recomputed"},
    {Misbehave::stale_result, "text", Fate::slashed, 2, 8,
     "another nonce, few tokens by chance the same"},
    // Of training there are whole steps alone: one of 4.
    {Misbehave::skip_steps, "train", Fate::slashed, 1 / (1 - 2.0 / 4), 256, "half of the steps"},
    {Misbehave::skip_one_step, "train", Fate::slashed, 4, 64, "one link of 4 is broken"},
    {Misbehave::repeat_one_step, "train", Fate::slashed, 4, 64, "one link of 4 is broken"},
    {Misbehave::wrong_seed, "train", Fate::slashed, 1, 1, "another data order: every step differs"},
    {Misbehave::zero_state, "train", Fate::slashed, 4, 64, "the link into the zeroed state breaks"},
    {Misbehave::fewer_time_steps, "lattice", Fate::slashed, 1, 1, "every brick differs"},
    {Misbehave::skip_one_step, "lattice", Fate::slashed, 1, 1, "no link is left out"},
    {Misbehave::zero_state, "lattice", Fate::slashed, 1, 1, "no link is left out"},
    {Misbehave::wild_state, "lattice", Fate::slashed, 1, 1, "any numbers have a state that follows",
     "micro"},
    {Misbehave::skip_one_step, "bodies", Fate::slashed, 1, 1, "no link is left out"},
    {Misbehave::splice_cached_trajectory, "bodies", Fate::slashed, 2, 1,
     "nor the spliced one (the first job has nothing to splice)"},
    {Misbehave::garbage_inputs, "gemm", Fate::slashed, 1, 1, "leaf 0 is rebuilt from the order"},
    {Misbehave::garbage_inputs, "render", Fate::slashed, 1, 1, "leaf 0 is rebuilt"},
    {Misbehave::wrong_seed, "gemm", Fate::slashed, 1, 1, "seeds follow from the order's nonce"},
    {Misbehave::wrong_seed, "render", Fate::slashed, 1, 1, "seeds follow from the order's nonce"},
    {Misbehave::stale_result, "gemm", Fate::slashed, 2, 1, "another nonce, another start state"},
    {Misbehave::withhold_when_sampled, "gemm", Fate::slashed, 1, 1, "priced like fraud"},
    {Misbehave::withhold_when_sampled, "render", Fate::slashed, 1, 1, "priced like fraud"},
    {Misbehave::empty_openings, "gemm", Fate::slashed, 1, 1, "refused, and the clock runs on"},
    {Misbehave::extra_openings, "gemm", Fate::slashed, 1, 1, "refused, and the clock runs on"},
    {Misbehave::wrong_path_length, "gemm", Fate::slashed, 1, 1, "refused, and the clock runs on"},
    {Misbehave::opening_of_another_job, "gemm", Fate::slashed, 2, 1,
     "does not hash to the trace (the first job has no other)"},
    {Misbehave::equivocate, "gemm", Fate::slashed, 1, 1, "two messages are the whole proof"},
    {Misbehave::poisoned_result_honest_trace, "gemm", Fate::refused, 1, 1,
     "the subject is a function of the trace"},
    {Misbehave::never_attest, "gemm", Fate::refused, 1, 1, "the deadline is a failure"},
    {Misbehave::replay_old, "gemm", Fate::refused, 2, 1, "an old attestation is of another job"},
    {Misbehave::sequence_gap, "gemm", Fate::refused, 1, 1, "seq is exactly +1"},
    {Misbehave::silent_in_dispute, "gemm", Fate::slashed, 1, 1,
     "silence after proven delivery is priced like fraud", "dispute"},
    {Misbehave::lying_in_dispute, "gemm", Fate::slashed, 1, 1,
     "some operation is the first that is wrong", "dispute"},
    {Misbehave::wild_state, "lattice", Fate::slashed, 1, 1, "a step from any state can be disputed",
     "dispute"},
};

wire::Policy policy_of(const Row& row) {
  wire::Policy policy = wire::demo_policy();
  if (std::string(row.audit) == "demo") return policy;
  policy.standard = {.units = 3, .steps = 0, .rows = 0, .micro = kPairs};
  policy.micro_columns = kColumns;
  return policy;
}

wire::Order order_for(World& world, const char* workload) {
  const std::string name = workload;
  wire::Order order = name == "render"    ? world.render_order(192, 128, 2)
                      : name == "text"    ? text_order(world)
                      : name == "train"   ? train_order(world)
                      : name == "lattice" ? lattice_order(world)
                      : name == "bodies"  ? bodies_order(world)
                                          : world.gemm_order(16, 64, 8);
  order.deadline_ms = 4'000;
  return order;
}

// Of jobs that no audit met, each disputed: until the provider is slashed.
int jobs_until_disputed(const Row& row) {
  const auto order = [&](World& world) { return order_for(world, row.workload); };
  Spared kept = spared(
      "cheat", [&] { return prover::make_cheat(row.cheat); }, order);
  World& world = *kept.world;
  CHECK(world.slashes_of("cheat") == 0);
  Challenger challenger(world, kept.job);
  REQUIRE(challenger.departs().has_value());
  const std::uint64_t dispute = challenger.open(*challenger.departs()).value();
  world.run_until([&] {
    challenger.move(dispute);
    return !challenger.text(dispute, "lost").empty();
  });
  CHECK(world.slashes_of("cheat") == 1);
  CHECK(world.trust_ppm("cheat") == 0);
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
  return 1;
}

// Jobs until the provider is slashed, or until one of its jobs is taken back unpaid.
int jobs_until_fate(const Row& row, std::uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.policy = policy_of(row);
  World world(options);
  world.add_provider("cheat", row.cheat);
  world.run_until([&] { return world.provider("cheat").find("id") != nullptr; });
  constexpr int kJobsMax = 40;
  for (int n = 1; n <= kJobsMax; ++n) {
    const Result<Digest> job = world.order(order_for(world, row.workload), "cheat");
    if (!job.ok()) return kJobsMax;
    const auto timeouts = [&] {
      return *world.provider("cheat").find("jobs")->find("timeouts")->as_u64();
    };
    const std::uint64_t before = timeouts();
    world.run_until([&] {
      return world.slashes_of("cheat") > 0 || world.job_status(job.value()) == "settled" ||
             timeouts() > before;
    });
    const bool fated =
        row.fate == Fate::slashed ? world.slashes_of("cheat") > 0 : timeouts() > before;
    if (!fated) continue;
    if (row.fate == Fate::slashed) CHECK(world.trust_ppm("cheat") == 0);
    const Status sound = world.check_everything();
    CHECK((sound.ok() ? "" : sound.error().what) == "");
    return n;
  }
  return kJobsMax;
}

void print_row(const std::string& name, const char* workload, const char* audit, const char* fate,
               double measured, double bound, const char* why) {
  std::printf("%-30s %-7s %-7s %-8s %9.1f %7.1f  %s\n", name.c_str(), workload, audit, fate,
              measured, bound, why);
}

TEST_CASE("every cheat of the corpus is caught or refused within its analytic bound") {
  std::printf("%-30s %-7s %-7s %-8s %9s %7s  %s\n", "cheat", "job", "audit", "fate", "measured",
              "bound", "why");
  for (const Row& row : kRows) {
    const std::string name(prover::misbehave_info(row.cheat).name);
    double total = 0;
    for (int i = 0; i < row.worlds; ++i) {
      total += std::string(row.audit) == "dispute"
                   ? jobs_until_disputed(row)
                   : jobs_until_fate(row, static_cast<std::uint64_t>(900 + i));
    }
    const double measured = total / row.worlds;
    print_row(name, row.workload, row.audit, row.fate == Fate::slashed ? "slashed" : "refused",
              measured, row.bound_jobs, row.why);
    INFO(name << " on " << row.workload);
    CHECK(measured <= 1.2 * row.bound_jobs);
  }
}

// The one cheat of a challenger: a dispute that costs the provider work and has no case.
TEST_CASE("a griefing challenger loses the deposit, and the provider nothing but some answers") {
  Spared kept = spared("honest", {}, [](World& world) { return order_for(world, "gemm"); });
  World& world = *kept.world;
  const std::uint32_t trust_ppm = world.trust_ppm("honest");
  Challenger challenger(world, kept.job);
  constexpr int kDisputes = 5;
  int forfeited = 0;
  for (int i = 0; i < kDisputes; ++i) {
    const std::uint32_t step = challenger.steps() - static_cast<std::uint32_t>(i);
    const std::uint64_t dispute = challenger.open(step).value();
    CHECK(challenger.open(1).error().code == Code::conflict);  // one at a time
    // As many moves as it has, none of which shows anything; then it has nothing more to say.
    const auto over = [&] { return !challenger.text(dispute, "lost").empty(); };
    const auto its_turn = [&] {
      return over() || challenger.text(dispute, "turn") == "challenger";
    };
    while (world.run_until(its_turn) && !over()) {
      const auto state = challenger.replayed(dispute);
      if (!state->dispute().data().empty()) {
        world.run_until(over);
        continue;
      }
      const bool chosen = state->dispute().tree_chosen();
      REQUIRE(challenger
                  .say(dispute, {chosen ? wire::MoveKind::child : wire::MoveKind::operation, 0, {}})
                  .ok());
    }
    CHECK(challenger.answers(dispute) <= compute::kAnswersMax);
    CHECK(challenger.text(dispute, "lost") == "challenger");
    forfeited += challenger.text(dispute, "deposit") == "forfeited" ? 1 : 0;
  }
  print_row("griefing-challenger", "gemm", "dispute", "forfeits",
            static_cast<double>(kDisputes) / forfeited, 1, "each dispute costs its deposit");
  CHECK(forfeited == kDisputes);
  CHECK(world.slashes_of("honest") == 0);
  CHECK(world.trust_ppm("honest") >= trust_ppm);
  CHECK(world.job_status(kept.job) == "settled");
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
}

TEST_CASE("backdating and device claims change nothing: claims are never evidence") {
  for (const Misbehave cheat : {Misbehave::backdate, Misbehave::wrong_device_uuid}) {
    World world;
    world.add_provider("claimant", cheat);
    world.run_until([&] { return world.provider("claimant").find("id") != nullptr; });
    const Result<Digest> job = world.order(world.gemm_order(), "claimant");
    REQUIRE(job.ok());
    REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
    CHECK(world.job_status(job.value()) == "settled");
    CHECK(world.slashes_of("claimant") == 0);
  }
}

TEST_CASE("answer-late: time to compute does not help, what was committed cannot change any more") {
  World world;
  world.add_provider("late", Misbehave::answer_late);
  world.run_until([&] { return world.provider("late").find("id") != nullptr; });
  const Result<Digest> job = world.order(world.gemm_order(), "late");
  REQUIRE(job.ok());
  // It is asked again, and again; an answer before the last asking is over is judged like any
  // other, and one that comes after the slash takes the slash back.
  REQUIRE(world.run_until([&] { return world.job_status(job.value()) == "settled"; }));
  const wire::Json document = world.provider("late");
  for (const wire::Json& slash : document.find("slashes")->items()) {
    CHECK(slash.find("status")->as_string() == "OVERTURNED");
  }
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
}

TEST_CASE("copying a peer's finished work does not bind to one's own job") {
  World world;
  world.add_provider("peer");
  world.run_until([&] { return world.provider("peer").find("id") != nullptr; });
  const Result<Digest> first = world.order(world.gemm_order(), "peer");
  REQUIRE(first.ok());
  REQUIRE(world.run_until([&] { return world.is_over(first.value()); }));
  world.add_provider("copycat", Misbehave::copy_from_peer,
                     prover::CheatOptions{.peer_folder = world.folder_of("peer")});
  world.run_until([&] { return world.provider("copycat").find("id") != nullptr; });
  wire::Order order = world.gemm_order();
  order.deadline_ms = 3'000;
  const Result<Digest> copied = world.order(order, "copycat");
  REQUIRE(copied.ok());
  world.run_for(6'000);
  // The step leaves name the provider and the job: with another's digests the root is another one,
  // the attestation is refused, and the deadline passes.
  CHECK(world.job_status(copied.value()) == "open");
  CHECK(*world.provider("copycat").find("jobs")->find("timeouts")->as_u64() == 1);
  CHECK(*world.provider("copycat").find("jobs")->find("attested")->as_u64() == 0);
  CHECK(world.slashes_of("peer") == 0);
}

}  // namespace
}  // namespace assay::test
