// Replaying on the caller's own machine: what the verifier replayed, and positions nobody else
// chose.
#include <algorithm>
#include <set>

#include "verifier/audit_case.h"

namespace assay::verifier::audit {

using compute::Plan;
using wire::Outcome;

namespace {

std::string percent(std::uint32_t ppm) {
  const std::uint32_t tenths = ppm / 1000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

void replay_again(const BoundTrace& trace, const DrawnAudit& drawn, const OpenedAudit& opened,
                  const wire::Verdict& verdict, const AuditOptions& options, CheckList& list) {
  if (verdict.outcome != Outcome::match) return;
  const Report report =
      replay(*trace.program, trace.trace, drawn.scope, opened.opening, options.engine);
  list.check(layer::kReplay, "the verifier's positions, again",
             settle(trace, opened.opening, report), scope_text(drawn.scope));
}

void replay_units(const BoundTrace& trace, const AuditOptions& options, CheckList& list,
                  AuditFacts& facts) {
  const std::uint32_t steps = trace.program->plan().steps;
  Scope scope;
  for (const std::uint64_t step : choose(options.replay, steps, options.random)) {
    scope.positions.push_back(static_cast<std::uint32_t>(step + 1));
  }
  const Report report = replay(*trace.program, trace.trace, scope, {}, options.engine);
  const Bound bound = bound_of("units", scope.positions.size(), steps);
  if (list.check(layer::kReplay, "units of your own choosing", settle(trace, {}, report),
                 bound_text(bound))) {
    facts.own_replayed = bound.picks;
    facts.own_bound = bound;
  }
}

// The last state, from the result bytes (already bound to it) or from the opening.
std::optional<compute::State> last_state(const Plan& plan, const std::optional<Bytes>& result,
                                         const std::optional<OpenedAudit>& opened) {
  if (result) {
    Result<compute::State> state = compute::state_from_bytes(plan.state_shape, *result);
    if (state.ok()) return std::move(state).value();
  }
  if (!opened) return {};
  for (const wire::OpenedPart& part : opened->opening.parts) {
    if (!part.whole || part.state != plan.steps) continue;
    Result<compute::State> state = compute::state_from_bytes(plan.state_shape, part.data);
    if (state.ok()) return std::move(state).value();
  }
  return {};
}

// One row through every step by the scalar definition.
Result<Bytes> follow_alone(const compute::Program& program, std::uint64_t row) {
  Result<Bytes> bytes = program.start_row(row);
  for (std::uint32_t step = 1; bytes.ok() && step <= program.plan().steps; ++step) {
    bytes = program.advance_row(step, bytes.value());
  }
  return bytes;
}

// Rows through every step, then against the result. All rows together: what a step needs of its own
// (the weights of a GEMM) is made once. A row that differs is followed again, by the definition.
Status follow(const compute::Program& program, const std::vector<std::uint64_t>& rows,
              const compute::State& last, const compute::Engine& engine) {
  Result<std::vector<Bytes>> bytes = std::vector<Bytes>{};
  for (const std::uint64_t row : rows) {
    Result<Bytes> start = program.start_row(row);
    if (!start.ok()) return fail(Code::inconclusive, start.error().what);
    bytes.value().push_back(std::move(start).value());
  }
  const std::uint32_t steps = program.plan().steps;
  for (std::uint32_t step = 1; step <= steps; ++step) {
    bytes = program.advance_rows(step, bytes.value(), engine);
    if (!bytes.ok()) {
      return fail(Code::inconclusive, "step " + std::to_string(step) + ": " + bytes.error().what);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Bytes claimed = compute::row_of_state(last, rows[i]);
    if (bytes.value()[i] == claimed) continue;
    const std::string where = "row " + std::to_string(rows[i]) + " after step ";
    const Result<Bytes> defined = follow_alone(program, rows[i]);
    if (!defined.ok() || defined.value() == claimed) {
      return fail(Code::inconclusive, where + std::to_string(steps) +
                                          ": this machine's fast code gives another row " +
                                          "than the definition");
    }
    return fail(Code::mismatch, where + std::to_string(steps) +
                                    ": recomputed, it is another one than in the result");
  }
  return {};
}

// The result's bytes from wherever the caller has it, if they are the attested ones.
Result<Bytes> fetched_result(const BoundJob& job, const BoundTrace& trace,
                             const AuditOptions& options) {
  if (!options.sources.result) {
    return fail(Code::no_evidence,
                "following rows to the result needs its bytes: give the result file");
  }
  Result<Bytes> result = options.sources.result(job.job);
  if (!result.ok()) return result;
  if (Status same = check_result(*trace.program, job.attestation.result, result.value());
      !same.ok()) {
    return same.error().in("what was fetched");
  }
  return result;
}

void replay_rows(const BoundJob& job, const BoundTrace& trace,
                 const std::optional<OpenedAudit>& opened, const AuditOptions& options,
                 CheckList& list, AuditFacts& facts) {
  const std::string name = "rows of your own choosing";
  const Plan& plan = trace.program->plan();
  const std::vector<std::uint64_t> rows = choose(options.replay, plan.rows, options.random);
  std::optional<compute::State> last = last_state(plan, options.result, opened);
  if (!last) {
    const Result<Bytes> result = fetched_result(job, trace, options);
    if (result.ok()) last = last_state(plan, result.value(), {});
    if (!last) {
      const Error error =
          result.ok() ? fail(Code::malformed, "the result is no state") : result.error();
      const bool asked = static_cast<bool>(options.sources.result);
      if (asked) facts.own_error = error;
      list.skip(layer::kReplay, name, (asked ? "unavailable: " : "") + error.what);
      for (const std::uint64_t row : rows) {
        facts.own_unavailable.push_back("row " + std::to_string(row));
      }
      return;
    }
  }
  const Status followed = follow(*trace.program, rows, *last, options.engine);
  if (!followed.ok()) {
    list.fail(layer::kReplay, name, followed.error());
    return;
  }
  facts.own_replayed = rows.size();
  facts.own_bound = bound_of("rows", rows.size(), plan.rows);
  list.pass(layer::kReplay, name, bound_text(*facts.own_bound));
}

// Single rows of single steps, out of states that the verifier had opened.
void replay_pairs(const BoundTrace& trace, const OpenedAudit& opened, const AuditOptions& options,
                  CheckList& list, AuditFacts& facts) {
  const std::uint64_t count = compute::pair_count(trace.program->plan());
  Scope scope;
  scope.pairs = choose(options.replay, count, options.random);
  const Report report = replay(*trace.program, trace.trace, scope, opened.opening, options.engine);
  const Bound bound = bound_of("pairs", scope.pairs.size(), count);
  if (list.check(layer::kReplay, "rows of your own choosing", settle(trace, opened.opening, report),
                 bound_text(bound))) {
    facts.own_replayed = bound.picks;
    facts.own_bound = bound;
  }
}

// A run of the job's first steps from the order alone, against the trace. It needs nothing that
// anybody opened.
Result<std::uint32_t> first_difference(const BoundTrace& trace, std::uint32_t steps,
                                       const compute::Engine& engine) {
  const compute::Program& program = *trace.program;
  Result<compute::State> state = program.start(engine);
  if (!state.ok()) return state.error();
  std::vector<compute::State> added;
  for (std::uint32_t step = 1; step <= steps; ++step) {
    Digest output;
    if (program.plan().shape == compute::Shape::appended) {
      Result<compute::Added> next = program.append_step(step, added, engine);
      if (!next.ok()) return next.error();
      output = compute::state_digest({std::move(next.value().output)});
      added.push_back(std::move(next.value().state));
    } else if (Status moved = program.advance(step, state.value(), engine); !moved.ok()) {
      return moved.error();
    }
    const compute::State& now = added.empty() ? state.value() : added.back();
    const wire::StepDigests& claimed = trace.trace[step];
    if (compute::state_digest(now) != claimed.state || output != claimed.output) return step;
  }
  return 0;
}

void replay_first_steps(const BoundTrace& trace, const AuditOptions& options, CheckList& list,
                        AuditFacts& facts) {
  const std::string name = "the first steps, from the order";
  const std::uint32_t all = trace.program->plan().steps;
  const std::uint32_t steps = std::min(options.replay, all);
  Result<std::uint32_t> differs = first_difference(trace, steps, options.engine);
  if (differs.ok() && differs.value() != 0) {
    const compute::Engine scalar(compute::CpuLevel::scalar, 1);
    const Result<std::uint32_t> defined = first_difference(trace, differs.value(), scalar);
    const std::string where = "step " + std::to_string(differs.value());
    list.fail(layer::kReplay, name,
              defined.ok() && defined.value() == differs.value()
                  ? fail(Code::mismatch, where + ": the state recomputed is another one")
                  : fail(Code::inconclusive, where + ": this machine's fast code gives another "
                                                     "state than the definition"));
    return;
  }
  if (!differs.ok()) {
    list.fail(layer::kReplay, name, fail(Code::inconclusive, differs.error().what));
    return;
  }
  facts.own_replayed = steps;
  facts.own_bound = Bound{.unit = "first steps", .picks = steps, .total = all};
  list.pass(layer::kReplay, name, std::to_string(steps) + " of " + std::to_string(all));
}

}  // namespace

std::string bound_text(const Bound& bound) {
  return std::to_string(bound.picks) + " of " + std::to_string(bound.total) + " " + bound.unit +
         "; if 1, 5 or 10 % of them were wrong, this would show it with " +
         percent(bound.at_1_percent_ppm) + ", " + percent(bound.at_5_percent_ppm) + ", " +
         percent(bound.at_10_percent_ppm);
}

std::vector<std::uint64_t> choose(std::uint64_t count, std::uint64_t n, Random& random) {
  std::set<std::uint64_t> chosen;
  while (chosen.size() < std::min(count, n)) chosen.insert(random.below(n));
  return {chosen.begin(), chosen.end()};
}

Status settle(const BoundTrace& trace, const wire::Opening& opening, const Report& report) {
  if (report.outcome == Outcome::match) return {};
  if (report.outcome != Outcome::mismatch || !report.faulty_step) {
    return fail(Code::inconclusive, report.detail);
  }
  const Outcome scalar =
      convict(*trace.program, trace.trace, opening, *report.faulty_step, report.faulty_row);
  if (scalar == Outcome::mismatch) return fail(Code::mismatch, report.detail);
  return fail(Code::inconclusive, report.detail +
                                      "; but the scalar definition does not confirm it: this "
                                      "machine computes wrongly");
}

void replay_own(const BoundJob& job, const BoundTrace& trace,
                const std::optional<DrawnAudit>& drawn, const std::optional<OpenedAudit>& opened,
                const std::optional<wire::Verdict>& verdict, const AuditOptions& options,
                CheckList& list, AuditFacts& facts) {
  if (options.replay == 0) {
    list.skip(layer::kReplay, "positions of your own choosing", "none were asked for");
    return;
  }
  const Plan& plan = trace.program->plan();
  if (drawn && opened && verdict) replay_again(trace, *drawn, *opened, *verdict, options, list);
  if (plan.shape == compute::Shape::independent) {
    replay_units(trace, options, list, facts);
  } else if (plan.reach == compute::Reach::same_row) {
    replay_rows(job, trace, opened, options, list, facts);
  } else if (plan.shape == compute::Shape::appended && opened) {
    replay_pairs(trace, *opened, options, list, facts);
  } else if (options.sources.opening) {
    replay_fetched(job, trace, options, list, facts);
  } else {
    replay_first_steps(trace, options, list, facts);
  }
}

}  // namespace assay::verifier::audit
