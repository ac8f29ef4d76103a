#include "verifier/replay.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <thread>

#include "prover/open.h"
#include "tests/bench/bench.h"
#include "tests/bench/jobs.h"
#include "tests/bench/replay_notes.h"
#include "tests/bench/report.h"
#include "tests/bench/text_models.h"
#include "tests/bench/timing.h"
#include "verifier/scope.h"

namespace assay::bench {
namespace {

using compute::Engine;
using compute::Plan;
using compute::Program;
using compute::Shape;
using verifier::Scope;
using wire::Depth;
using wire::Outcome;

// All states in memory: how long a prover takes to open them is not measured here.
class KeepsAll final : public prover::StateKeeper {
 public:
  bool wants(std::uint32_t) const override { return true; }
  void keep(std::uint32_t index, const compute::State& state) override { kept_[index] = state; }
  std::optional<Kept> nearest(std::uint32_t index) const override {
    const auto after = kept_.upper_bound(index);
    if (after == kept_.begin()) return {};
    return Kept{std::prev(after)->first, std::prev(after)->second};
  }

 private:
  std::map<std::uint32_t, compute::State> kept_;
};

// What is checked of a job. A depth of nothing leaves what every audit does: the start state is
// made again, trace and result are hashed.
struct Rung {
  std::string name;
  Depth depth;
};

constexpr Depth kNothing{};
constexpr std::uint32_t kPairs = 459;  // 1 - 0.99^459 = 99 %

// All that a verifier has in hand.
struct Claim {
  wire::Attestation attestation;
  PublicKey provider;
  wire::Trace trace;
  Bytes result;
  Scope scope;
  Bytes opening;  // the file, as received
};

// A job that was run, and what is timed of it.
struct Subject {
  std::string name;
  const Program& program;
  const Engine& engine;
  KeepsAll states;
  Claim claim;
};

Result<Claim> run(const Program& program, const Engine& engine, const Digest& seed,
                  KeepsAll& states) {
  prover::RunOptions options;
  options.keeper = &states;
  Result<prover::Execution> done = prover::run_job(program, engine, options);
  if (!done.ok()) return done.error();
  prover::Execution& run = done.value();
  Claim claim;
  claim.attestation.job = seed;
  claim.attestation.steps = program.plan().steps;
  claim.attestation.result = run.result_digest;
  claim.attestation.root = wire::trace_tree(seed, claim.provider, run.trace).root();
  claim.trace = std::move(run.trace);
  claim.result = std::move(run.result);
  return claim;
}

Status answer(const Subject& subject, Claim& claim) {
  wire::Opening opening;
  wire::Challenge challenge;
  challenge.job = claim.attestation.job;
  challenge.positions = claim.scope.positions;
  challenge.rows = claim.scope.rows;
  challenge.pairs = claim.scope.pairs;
  const prover::OwnClaim own{challenge.job, challenge.attestation, challenge.attestation_index};
  if (claim.scope.positions.size() + claim.scope.rows.size() + claim.scope.pairs.size() > 0) {
    Status good = prover::check_challenge(challenge, own, subject.program.plan());
    if (!good.ok()) return good;
    Result<wire::Opening> opened = prover::open_states(subject.program, subject.engine, claim.trace,
                                                       subject.states, challenge);
    if (!opened.ok()) return opened.error();
    opening = std::move(opened).value();
  }
  claim.opening = wire::opening_file(opening);
  return {};
}

// Everything between the received bytes and the outcome; the program is loaded already.
Result<Outcome> verify(const Program& program, const Engine& engine, const Claim& claim) {
  const Plan& plan = program.plan();
  const auto opening = wire::parse_opening_file(claim.opening, prover::kOpeningBytesMax);
  if (!opening.ok()) return opening.error();
  for (const Status& status :
       {verifier::check_trace(plan, claim.attestation, claim.provider, claim.trace),
        verifier::check_result(program, claim.attestation.result, claim.result),
        verifier::check_opening(plan, claim.trace, claim.scope, opening.value())}) {
    if (!status.ok()) return status.error();
  }
  return verifier::replay(program, claim.trace, claim.scope, opening.value(), engine).outcome;
}

bool all_differ(const std::vector<Outcome>& outcomes) {
  return std::ranges::all_of(outcomes, [](Outcome it) { return it == Outcome::mismatch; });
}

// Other numbers in all rows, which a state may hold: nothing is found by its form alone. Of a text
// that is so of the scales alone, its last tensor.
void spoil(const Plan& plan, wire::OpenedPart& part) {
  std::size_t first = 0;
  std::size_t by = 1;
  if (plan.shape == Shape::appended) {
    first = part.data.size() - plan.state_shape.back().bytes();
    by = sizeof(float);
  }
  for (std::size_t i = first; i < part.data.size(); i += by) part.data[i] ^= 1;
}

// A claim of other states and outputs wherever the scope looks. Such an opening would not prove, so
// the replay alone is asked: every part must say no.
bool finds_a_lie(const Program& program, const Engine& engine, const Claim& claim) {
  Result<wire::Opening> opening = wire::parse_opening_file(claim.opening, prover::kOpeningBytesMax);
  if (!opening.ok()) return false;
  wire::Trace trace = claim.trace;
  for (const std::uint32_t step : claim.scope.positions) {
    trace[step].state.bytes[0] ^= 1;
    trace[step].output.bytes[0] ^= 1;
  }
  for (wire::OpenedPart& part : opening.value().parts) {
    spoil(program.plan(), part);
  }
  const verifier::Report report =
      verifier::replay(program, trace, claim.scope, opening.value(), engine);
  return all_differ(report.positions) && all_differ(report.rows) && all_differ(report.pairs);
}

// One step of the job, over and over: with its digest, as a prover runs it.
class Steps {
 public:
  explicit Steps(const Subject& subject) : subject_(subject) {}

  void next() {
    const Program& program = subject_.program;
    if (program.plan().shape != Shape::chained) {
      failed_ = failed_ || !prover::run_job(program, subject_.engine).ok();
      return;
    }
    if (step_ == 0 || step_ == program.plan().steps) {
      Result<compute::State> start = program.start(subject_.engine);
      failed_ = failed_ || !start.ok();
      if (start.ok()) state_ = std::move(start).value();
      step_ = 0;
    }
    failed_ = failed_ || !program.advance(++step_, state_, subject_.engine).ok();
    digest_ = compute::state_digest(state_);
  }
  bool failed() const { return failed_; }
  // How many calls of next() are the job.
  double per_job() const {
    const Plan& plan = subject_.program.plan();
    return plan.shape == Shape::chained ? plan.steps : 1;
  }

 private:
  const Subject& subject_;
  compute::State state_;
  Digest digest_;
  std::uint32_t step_ = 0;
  bool failed_ = false;
};

Result<Row> measure(const Options& options, const Subject& subject, const Rung& rung) {
  const Program& program = subject.program;
  const Plan& plan = program.plan();
  Row row{.bench = "replay",
          .name = subject.name + ": " + rung.name,
          .peer = "running the job",
          .unit = "ms"};
  options.say("replay: " + row.name);
  Claim claim = subject.claim;
  wire::Policy policy;
  policy.standard = rung.depth;
  if (rung.depth != kNothing) {
    claim.scope =
        verifier::derive_scope(claim.attestation.job, plan, wire::Assurance::standard, policy);
  }
  if (Status opened = answer(subject, claim); !opened.ok()) return opened.error().in(row.name);
  Result<Outcome> outcome = verify(program, subject.engine, claim);
  row.correct = outcome.ok() && outcome.value() == Outcome::match &&
                finds_a_lie(program, subject.engine, claim);
  if (!row.correct) {
    row.note = outcome.ok() ? "an honest claim or a lie was judged wrongly" : outcome.error().what;
    return row;
  }
  const std::uint64_t drawn = std::min(rung.depth.units, plan.steps);
  row.note = note_of(plan, claim.scope, drawn);
  Steps steps(subject);
  Seconds seconds = time_both(
      options, [&] { outcome = verify(program, subject.engine, claim); }, [&] { steps.next(); });
  if (steps.failed()) return fail(Code::inconclusive, row.name + ": a step failed");
  seconds.theirs *= steps.per_job();
  set_millis(row, seconds);
  return row;
}

// A square chain far beyond the caps of a service: what is measured here is how costs grow.
Result<std::unique_ptr<Program>> square_chain(std::uint64_t n, std::uint32_t steps) {
  wire::WorkloadSpec spec;
  spec.workload = "gemm";
  spec.nonce = sha256(as_bytes("assay-bench"));
  spec.parameters.set("rows", wire::Json(n))
      .set("cols", wire::Json(n))
      .set("steps", steps)
      .set("weights", "philox");
  const compute::Caps caps{.step_ops_max = std::uint64_t{1} << 44,
                           .job_ops_max = std::uint64_t{1} << 50,
                           .state_bytes_max = std::uint64_t{1} << 32,
                           .result_bytes_max = std::uint64_t{1} << 32};
  return compute::load_program(spec, {}, caps);
}

std::string size_text(std::uint64_t n, std::uint32_t steps) {
  return "gemm " + std::to_string(n) + "x" + std::to_string(n) + ", " + std::to_string(steps) +
         " steps";
}

// The rungs that the cost is put together from.
struct Ladder {
  Row fixed;        // start and result
  Row pair_a_step;  // with what each step makes once: its columns
  Row pairs;        // kPairs
};

// Start and result grow with n^2, the columns of all steps with n S, the pairs with n alone.
Row extrapolated(const Ladder& ladder, std::uint64_t n0, std::uint32_t s0) {
  constexpr std::uint64_t kRows = 16'384;
  constexpr std::uint32_t kSteps = 64;
  const double fixed = *ladder.fixed.ours;
  const double job = *ladder.fixed.theirs;
  const double columns = std::max(0.0, *ladder.pair_a_step.ours - fixed);
  const double pairs = std::max(0.0, *ladder.pairs.ours - fixed - columns);
  const double n = static_cast<double>(kRows) / static_cast<double>(n0);
  const double s = static_cast<double>(kSteps) / s0;
  Row row{.bench = "replay",
          .name = size_text(kRows, kSteps) + ": " + std::to_string(kPairs) + " pairs",
          .peer = "extrapolated",
          .unit = "ms",
          .note = {},
          .correct = true,
          .ours = fixed * n * n + columns * n * s + pairs * n,
          .theirs = job * n * n * n * s};
  char text[320];
  std::snprintf(
      text, sizeof text,
      "(F r^2 + C r s + P r) / (J r^3 s), r = n / %llu, s = S / %u, with start and result "
      "F = %.4g, one pair a step C = %.4g, the other pairs P = %.4g, the job J = %.4g ms",
      static_cast<unsigned long long>(n0), s0, fixed, columns, pairs, job);
  row.note = text;
  return row;
}

// Each rung of the ladder by itself.
Status add_ladder(const Options& options, const Digest& seed, const Engine& engine, Rows& rows) {
  const std::uint64_t n = options.quick ? 256 : 8192;
  const std::uint32_t steps = options.quick ? 8 : 16;
  const auto program = square_chain(n, steps);
  if (!program.ok()) return program.error();
  options.say("replay: running " + size_text(n, steps));
  Subject subject{size_text(n, steps), *program.value(), engine, {}, {}};
  const Engine all_cores(engine.level(), std::max(1U, std::thread::hardware_concurrency()));
  Result<Claim> claim = run(subject.program, all_cores, seed, subject.states);
  if (!claim.ok()) return claim.error();
  subject.claim = std::move(claim).value();
  const Rung rungs[] = {{"start and result", kNothing},
                        {"1 step", {0, 1, 0, 0}},
                        {"1 row followed", {0, 0, 1, 0}},
                        {"1 pair a step", {0, 0, 0, steps}},
                        {std::to_string(kPairs) + " pairs", {0, 0, 0, kPairs}}};
  Rows made;
  for (const Rung& rung : rungs) {
    Result<Row> row = measure(options, subject, rung);
    if (!row.ok()) return row.error();
    made.push_back(std::move(row).value());
  }
  if (all_correct(made)) made.push_back(extrapolated({made[0], made[3], made[4]}, n, steps));
  rows.insert(rows.end(), made.begin(), made.end());
  return {};
}

Status add_job(const Options& options, const Digest& seed, const Engine& engine,
               const Result<Job>& made, const std::vector<Rung>& rungs, Rows& rows) {
  if (!made.ok()) return made.error();
  Subject subject{made.value().name, *made.value().program, engine, {}, {}};
  Result<Claim> claim = run(subject.program, engine, seed, subject.states);
  if (!claim.ok()) return claim.error();
  subject.claim = std::move(claim).value();
  for (const Rung& rung : rungs) {
    Result<Row> row = measure(options, subject, rung);
    if (!row.ok()) return row.error();
    rows.push_back(std::move(row).value());
  }
  return {};
}

}  // namespace

Result<Rows> replay(const Options& options) {
  const Engine engine;
  const Digest seed = sha256(as_bytes("assay-bench draw " + std::to_string(options.seed)));
  const wire::Policy policy;
  const std::vector<Rung> standard = {{"standard", policy.standard}};
  const std::vector<Rung> both = {{"standard", policy.standard}, {"strict", policy.strict}};
  Rows rows;
  Status status;
  const auto add = [&](const Result<Job>& job, const std::vector<Rung>& rungs) {
    if (status.ok()) status = add_job(options, seed, engine, job, rungs, rows);
  };
  const Result<TextModel> model = folder_model(options);
  if (!model.ok()) return model.error();
  const TextModel large = random_model(large_config(options.quick), options.seed);
  if (options.quick) {
    add(gemm_job({64, 256, 8}), standard);
    add(render_job(256, 192, 1), both);
    add(text_job(model.value(), {.texts = 2, .tokens = 20, .chunk = 8}), both);
    add(text_job(large, {.tokens = 20, .chunk = 8}), standard);
    add(transformer_job(4, true), both);
    add(lattice_job({16, 16, 16}, 2, 2), both);
    add(bodies_job(256, 4), both);
  } else {
    add(gemm_job({1024, 1024, 32}), standard);
    add(gemm_job({2048, 2048, 16}), standard);
    add(render_job(512, 384, 1), both);
    add(text_job(model.value(), {.tokens = 128}), both);
    add(text_job(model.value(), {.texts = 4, .tokens = 128}), both);
    add(text_job(large, {.tokens = 128}), both);
    add(transformer_job(16, false), both);
    add(lattice_job({64, 64, 64}, 2, 48), both);
    add(lattice_job({64, 64, 64}, 8, 4), both);
    add(lattice_job({512, 256, 4}, 2, 48), both);
    add(bodies_job(2048, 8), both);
  }
  if (status.ok()) status = add_ladder(options, seed, engine, rows);
  if (!status.ok()) return status.error();
  return rows;
}

}  // namespace assay::bench
