#include "verifier/replay.h"

#include <algorithm>
#include <cstdio>

#include "prover/open.h"
#include "tests/bench/bench.h"
#include "tests/bench/jobs.h"
#include "tests/bench/timing.h"
#include "verifier/scope.h"

namespace assay::bench {
namespace {

using compute::Engine;
using compute::Program;
using compute::Shape;
using verifier::Scope;
using wire::Outcome;

// Openings are computed again from the start: how long that takes is not measured here.
class KeepsNothing final : public prover::StateKeeper {
 public:
  bool wants(std::uint32_t) const override { return false; }
  void keep(std::uint32_t, const compute::State&) override {}
  std::optional<Kept> nearest(std::uint32_t) const override { return {}; }
};

// All that a verifier has in hand.
struct Claim {
  wire::Attestation attestation;
  PublicKey provider;
  wire::Trace trace;
  Bytes result;
  Scope scope;
  Bytes opening;  // the file, as received
};

Claim claim_of(const Program& program, const Digest& job, prover::Execution run) {
  Claim claim;
  claim.attestation.job = job;
  claim.attestation.steps = program.plan().steps;
  claim.attestation.result = run.result_digest;
  claim.attestation.root = wire::trace_tree(job, claim.provider, run.trace).root();
  claim.trace = std::move(run.trace);
  claim.result = std::move(run.result);
  return claim;
}

Status answer(const Program& program, const Engine& engine, Claim& claim) {
  wire::Challenge challenge;
  challenge.job = claim.attestation.job;
  challenge.positions = claim.scope.positions;
  challenge.rows = claim.scope.rows;
  const prover::OwnClaim own{challenge.job, challenge.attestation, challenge.attestation_index};
  if (Status good = prover::check_challenge(challenge, own, program.plan()); !good.ok()) {
    return good;
  }
  const auto opening = prover::open_states(program, engine, claim.trace, KeepsNothing(), challenge);
  if (!opening.ok()) return opening.error();
  claim.opening = wire::opening_file(opening.value());
  return {};
}

// Everything between the received bytes and the outcome.
Result<Outcome> verify(const Program& program, const Engine& engine, const Claim& claim) {
  const compute::Plan& plan = program.plan();
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

// A claim whose trace was changed where the scope looks, with the root that fits. Its opening no
// longer proves, so the replay alone is asked.
bool finds_a_lie(const Program& program, const Engine& engine, const Claim& claim) {
  const auto opening = wire::parse_opening_file(claim.opening, prover::kOpeningBytesMax);
  if (!opening.ok() || claim.scope.positions.empty()) return false;
  wire::Trace trace = claim.trace;
  wire::StepDigests& step = trace[claim.scope.positions.front()];
  Digest& digest = program.plan().shape == Shape::chained ? step.state : step.output;
  digest.bytes[0] ^= 1;
  return verifier::replay(program, trace, claim.scope, opening.value(), engine).outcome ==
         Outcome::mismatch;
}

std::string percent(std::uint32_t ppm) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", ppm / 1e4);
  return text;
}

// What such a scope finds, at least: a row that is followed crosses every step.
std::string detection(const compute::Plan& plan, const Scope& scope) {
  constexpr std::uint32_t kTenth = 100'000;
  constexpr std::uint32_t kHundredth = 10'000;
  const bool chained = plan.shape == Shape::chained;
  const wire::Policy policy;
  const std::uint64_t picks =
      chained ? scope.rows.size() : std::min(policy.standard.units, plan.steps);
  const std::string what = chained ? "rows" : "tiles";
  return "checks " + std::to_string(scope.positions.size()) + " of " + std::to_string(plan.steps) +
         (chained ? " steps and follows " + std::to_string(picks) + " of " +
                        std::to_string(plan.rows) + " rows"
                  : " tiles, " + std::to_string(picks) + " of them drawn") +
         "; with 10 % of the " + what + " wrong it finds that in " +
         percent(verifier::detection_ppm(kTenth, picks)) + " of audits or more, with 1 % in " +
         percent(verifier::detection_ppm(kHundredth, picks));
}

Result<Row> measure(const Options& options, const Result<Job>& made) {
  if (!made.ok()) return made.error();
  const Program& program = *made.value().program;
  Row row{.bench = "replay", .name = made.value().name, .peer = "running the job", .unit = "ms"};
  options.say("replay: " + row.name);
  const Engine engine;
  Result<prover::Execution> run = prover::run_job(program, engine);
  if (!run.ok()) return run.error().in(row.name);
  const Digest seed = sha256(as_bytes("assay-bench draw " + std::to_string(options.seed)));
  Claim claim = claim_of(program, seed, run.value());
  claim.scope = verifier::derive_scope(seed, program.plan(), wire::Assurance::standard, {});
  if (Status opened = answer(program, engine, claim); !opened.ok()) {
    return opened.error().in(row.name);
  }
  Result<Outcome> outcome = verify(program, engine, claim);
  row.correct =
      outcome.ok() && outcome.value() == Outcome::match && finds_a_lie(program, engine, claim);
  if (!row.correct) {
    row.note = outcome.ok() ? "an honest claim or a lie was judged wrongly" : outcome.error().what;
    return row;
  }
  row.note = detection(program.plan(), claim.scope);
  set_millis(row, time_both(
                      options, [&] { outcome = verify(program, engine, claim); },
                      [&] { run = prover::run_job(program, engine); }));
  return row;
}

}  // namespace

Result<Rows> replay(const Options& options) {
  std::vector<Result<Job>> jobs;
  if (options.quick) {
    jobs.push_back(gemm_job({64, 256, 8}));
    jobs.push_back(render_job(256, 192, 1));
  } else {
    jobs.push_back(gemm_job({256, 1024, 32}));
    jobs.push_back(gemm_job({1024, 1024, 32}));
    jobs.push_back(gemm_job({2048, 2048, 16}));
    jobs.push_back(render_job(512, 384, 1));
  }
  Rows rows;
  for (const Result<Job>& job : jobs) {
    Result<Row> row = measure(options, job);
    if (!row.ok()) return row.error();
    rows.push_back(std::move(row).value());
  }
  return rows;
}

}  // namespace assay::bench
