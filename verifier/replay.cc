#include "verifier/replay.h"

#include "verifier/replay_rows.h"

namespace assay::verifier {
namespace {

using compute::Engine;
using compute::Plan;
using compute::Program;
using compute::Shape;
using compute::State;
using wire::Outcome;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

// Leaf 0 can be rebuilt by anyone. It carries the order's inputs into everything that follows.
Outcome check_start(const Result<State>& start, const wire::Trace& trace, Report& report) {
  const Outcome outcome =
      judge(trace.front().state, start.ok() ? Result<Digest>(compute::state_digest(start.value()))
                                            : Result<Digest>(start.error()));
  if (outcome == Outcome::mismatch) {
    blame(report, 0, {}, "the start state is not the one that the order's inputs give");
  } else if (outcome == Outcome::inconclusive) {
    excuse(report, start.error().what);
  }
  return outcome;
}

Result<Digest> unit_digest(const Program& program, std::uint32_t step, const Engine& engine) {
  Result<compute::Tensor> output = program.unit(step, engine);
  if (!output.ok()) return output.error();
  return compute::state_digest({std::move(output).value()});
}

Outcome replay_unit(const Program& program, const wire::Trace& trace, std::uint32_t step,
                    const Engine& engine, Report& report) {
  if (trace[step].state != trace[0].state) {
    blame(report, step, {}, "unit " + number(step) + " claims another start state");
    return Outcome::mismatch;
  }
  const Result<Digest> output = unit_digest(program, step, engine);
  const Outcome outcome = judge(trace[step].output, output);
  if (outcome == Outcome::mismatch) {
    blame(report, step, {}, "unit " + number(step) + ": the output recomputed is another one");
  } else if (outcome == Outcome::inconclusive) {
    excuse(report, output.error().what);
  }
  return outcome;
}

// The row in which two states differ, if both have rows.
std::optional<std::uint64_t> differing_row(const Plan& plan, const State& a, const State& b) {
  for (std::uint64_t row = 0; row < plan.rows; ++row) {
    if (compute::row_of_state(a, row) != compute::row_of_state(b, row)) return row;
  }
  return {};
}

Outcome compare_step(const Program& program, const wire::StepDigests& claimed, const State& state,
                     const Digest& output, std::uint32_t step, const OpenedStates& states,
                     Report& report) {
  const Outcome outcome = judge(claimed.state, compute::state_digest(state));
  if (outcome == Outcome::match && claimed.output == output) return outcome;
  const Result<State> other = states.whole(step);
  blame(report, step,
        other.ok() ? differing_row(program.plan(), state, other.value()) : std::nullopt,
        "step " + number(step) + ": the state recomputed is another one");
  return Outcome::mismatch;
}

Outcome replay_step(const Program& program, const wire::Trace& trace, std::uint32_t step,
                    const OpenedStates& states, const Engine& engine, Report& report) {
  Result<State> state = states.whole(step - 1);
  if (!state.ok()) {
    excuse(report, state.error().what);
    return Outcome::inconclusive;
  }
  const Status advanced = program.advance(step, state.value(), engine);
  if (!advanced.ok()) return outcome_of(advanced.error(), step, report);
  return compare_step(program, trace[step], state.value(), Digest{}, step, states, report);
}

// States 1..N of an appended job. `inconclusive`: they are not all there.
Result<std::vector<State>> all_states(const Program& program, const OpenedStates& states) {
  std::vector<State> out;
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    Result<State> state = states.whole(step);
    if (!state.ok()) return state.error();
    out.push_back(std::move(state).value());
  }
  return out;
}

Outcome replay_added(const Program& program, const wire::Trace& trace, std::uint32_t step,
                     const OpenedStates& opened, const std::vector<State>& states,
                     const Engine& engine, Report& report) {
  const Result<compute::Added> added =
      program.append_step_again(step, std::span(states).first(step - 1), states[step - 1], engine);
  if (!added.ok()) return outcome_of(added.error(), step, report);
  return compare_step(program, trace[step], added.value().state,
                      compute::state_digest({added.value().output}), step, opened, report);
}

std::vector<compute::Pair> drawn_pairs(const Plan& plan, const Scope& scope) {
  std::vector<compute::Pair> out;
  for (const std::uint64_t it : scope.pairs) out.push_back(compute::pair_at(plan, it));
  return out;
}

// What an appended job must show whatever was drawn: that its outputs follow from its states, and
// the rows that the program names.
Outcome check_always(const Program& program, const wire::Trace& trace,
                     const std::vector<State>& states, const OpenedStates& opened,
                     const Scope& scope, const Engine& engine, Report& report) {
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    const Result<compute::Tensor> output = program.output_of(step, states[step - 1]);
    if (!output.ok()) return outcome_of(output.error(), step, report);
    if (compute::state_digest({output.value()}) == trace[step].output) continue;
    blame(report, step, {}, "the output of step " + number(step) + " is not that of its state");
    return Outcome::mismatch;
  }
  const Result<std::vector<compute::Pair>> rows = program.always(states);
  if (!rows.ok()) return outcome_of(rows.error(), program.plan().steps, report);
  const std::vector<Outcome> outcomes =
      check_pairs(program, rows.value(), scope, opened, engine, report);
  return outcomes.empty() ? Outcome::match : wire::worst(outcomes);
}

Outcome convict_row(const Program& program, const OpenedStates& states, std::uint32_t step,
                    std::uint64_t row, const Engine& scalar) {
  Report report;
  if (program.plan().reach != compute::Reach::same_row) {
    const compute::Pair pair{step, row};
    return check_pairs(program, std::span(&pair, 1), {}, states, scalar, report).front();
  }
  const Result<Bytes> before = states.row(step - 1, row);
  const Result<Bytes> claimed = states.row(step, row);
  if (!before.ok() || !claimed.ok()) return Outcome::inconclusive;
  const Result<Bytes> after = program.advance_row(step, before.value());
  if (!after.ok()) return outcome_of(after.error(), step, report);
  return after.value() == claimed.value() ? Outcome::match : Outcome::mismatch;
}

Outcome convict_added(const Program& program, const wire::Trace& trace, const OpenedStates& opened,
                      std::uint32_t step, const Engine& scalar) {
  Report report;
  const Result<std::vector<State>> states = all_states(program, opened);
  if (!states.ok()) return Outcome::inconclusive;
  const Outcome shown = check_always(program, trace, states.value(), opened, {}, scalar, report);
  if (shown != Outcome::match) return shown;
  return replay_added(program, trace, step, opened, states.value(), scalar, report);
}

// What depends on the shape of the job: its whole steps, and what must be shown at any rate.
void replay_positions(const Program& program, const wire::Trace& trace, const Scope& scope,
                      const OpenedStates& opened, const Engine& engine, Report& report,
                      std::vector<Outcome>& all) {
  const Shape shape = program.plan().shape;
  Result<std::vector<State>> states = std::vector<State>{};
  if (shape == Shape::appended) {
    states = all_states(program, opened);
    if (!states.ok()) excuse(report, states.error().what);
    all.push_back(states.ok()
                      ? check_always(program, trace, states.value(), opened, scope, engine, report)
                      : Outcome::inconclusive);
  }
  for (const std::uint32_t step : scope.positions) {
    Outcome outcome = Outcome::inconclusive;
    if (shape == Shape::independent) {
      outcome = replay_unit(program, trace, step, engine, report);
    } else if (shape == Shape::chained) {
      outcome = replay_step(program, trace, step, opened, engine, report);
    } else if (states.ok()) {
      outcome = replay_added(program, trace, step, opened, states.value(), engine, report);
    }
    report.ops += program.plan().step_ops;
    report.positions.push_back(outcome);
    all.push_back(outcome);
  }
}

}  // namespace

Outcome judge(const Digest& claimed, const Result<Digest>& replayed) {
  if (!replayed.ok()) return Outcome::inconclusive;
  return replayed.value() == claimed ? Outcome::match : Outcome::mismatch;
}

Report replay(const Program& program, const wire::Trace& trace, const Scope& scope,
              const wire::Opening& opening, const Engine& engine) {
  Report report;
  const Result<State> start = program.start(engine);
  std::vector<Outcome> all{check_start(start, trace, report)};
  const OpenedStates states(program, opening, start.ok() ? &start.value() : nullptr);
  replay_positions(program, trace, scope, states, engine, report, all);
  report.rows = follow_rows(program, scope.rows, states, engine, report);
  all.insert(all.end(), report.rows.begin(), report.rows.end());
  const std::vector<compute::Pair> pairs = drawn_pairs(program.plan(), scope);
  report.pairs = check_pairs(program, pairs, scope, states, engine, report);
  all.insert(all.end(), report.pairs.begin(), report.pairs.end());
  report.outcome = wire::worst(all);
  return report;
}

Outcome convict(const Program& program, const wire::Trace& trace, const wire::Opening& opening,
                std::uint32_t step, std::optional<std::uint64_t> row) {
  const Engine scalar(compute::CpuLevel::scalar, 1);
  Report report;
  const Plan& plan = program.plan();
  if (plan.shape == Shape::independent && step > 0) {
    return replay_unit(program, trace, step, scalar, report);
  }
  const Result<State> start = step <= 1 ? program.start(scalar) : Result<State>(State{});
  if (step == 0) return check_start(start, trace, report);
  if (!start.ok()) return Outcome::inconclusive;
  const OpenedStates states(program, opening, &start.value());
  if (row) return convict_row(program, states, step, *row, scalar);
  if (plan.shape == Shape::chained) {
    return replay_step(program, trace, step, states, scalar, report);
  }
  return convict_added(program, trace, states, step, scalar);
}

}  // namespace assay::verifier
