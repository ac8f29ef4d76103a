#include "verifier/replay.h"

#include <algorithm>
#include <tuple>

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

// Parts ascend by state, then whole before leaves, then leaf: check_opening() has seen to that.
const wire::OpenedPart* find_part(const wire::Opening& opening, std::uint32_t state, bool whole,
                                  std::uint64_t leaf) {
  const auto place = [](const wire::OpenedPart& part) {
    return std::tuple(part.state, !part.whole, part.whole ? 0 : part.leaf);
  };
  const std::tuple wanted(state, !whole, whole ? 0 : leaf);
  const auto found = std::ranges::lower_bound(opening.parts, wanted, {}, place);
  return found != opening.parts.end() && place(*found) == wanted ? &*found : nullptr;
}

// State `index`, rebuilt (0) or opened whole. `inconclusive` is ours, `no_evidence` is not there.
Result<State> state_at(const Program& program, const wire::Opening& opening, std::uint32_t index,
                       const Engine& engine) {
  if (index == 0) return program.start(engine);
  const wire::OpenedPart* part = find_part(opening, index, true, 0);
  if (part == nullptr) return fail(Code::no_evidence, "state " + number(index) + " is not opened");
  return compute::state_from_bytes(program.plan().state_shape, part->data);
}

// One row of state `index`, out of a whole state or out of its opened leaves.
Result<Bytes> row_at(const Program& program, const wire::Opening& opening, std::uint32_t index,
                     std::uint64_t row) {
  if (index == 0) return program.start_row(row);
  const Plan& plan = program.plan();
  if (const wire::OpenedPart* whole = find_part(opening, index, true, 0)) {
    return compute::row_of_state_bytes(plan, whole->data, row);
  }
  std::vector<Bytes> leaves;
  for (const compute::LeafRun& run : compute::row_leaves(plan, row)) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      const wire::OpenedPart* part = find_part(opening, index, false, run.first + i);
      if (part == nullptr) {
        return fail(Code::no_evidence,
                    "row " + number(row) + " of state " + number(index) + " is not opened");
      }
      leaves.push_back(part->data);
    }
  }
  return compute::row_from_leaves(plan, row, leaves);
}

void blame(Report& report, std::uint32_t step, std::optional<std::uint64_t> row,
           std::string detail) {
  if (report.faulty_step && *report.faulty_step <= step) return;
  report.faulty_step = step;
  report.faulty_row = row;
  report.detail = std::move(detail);
}

void excuse(Report& report, const std::string& detail) {
  if (report.detail.empty()) report.detail = "our own failure: " + detail;
}

// Leaf 0 can be rebuilt by anyone. It carries the order's inputs into everything that follows.
Outcome check_start(const Program& program, const wire::Trace& trace, const Engine& engine,
                    Report& report) {
  const Result<State> start = program.start(engine);
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

Outcome replay_step(const Program& program, const wire::Trace& trace, std::uint32_t step,
                    const wire::Opening& opening, const Engine& engine, Report& report) {
  Result<State> state = state_at(program, opening, step - 1, engine);
  Result<State> claimed = state_at(program, opening, step, engine);
  if (!state.ok() || !claimed.ok()) {
    excuse(report, (state.ok() ? claimed : state).error().what);
    return Outcome::inconclusive;
  }
  const Status advanced = program.advance(step, state.value(), engine);
  if (!advanced.ok() && advanced.error().code != Code::malformed) {
    excuse(report, advanced.error().what);
    return Outcome::inconclusive;
  }
  if (!advanced.ok()) {
    // The committed state before this step holds what no honest run can produce.
    blame(report, step, {}, "step " + number(step) + ": " + advanced.error().what);
    return Outcome::mismatch;
  }
  const Outcome outcome = judge(trace[step].state, compute::state_digest(state.value()));
  if (outcome == Outcome::mismatch) {
    blame(report, step, differing_row(program.plan(), state.value(), claimed.value()),
          "step " + number(step) + ": the state recomputed is another one");
  }
  return outcome;
}

Outcome compare_row(const Program& program, const wire::Opening& opening, std::uint32_t step,
                    std::uint64_t row, const Bytes& expected, Report& report) {
  const Result<Bytes> claimed = row_at(program, opening, step, row);
  if (!claimed.ok()) {
    excuse(report, claimed.error().what);
    return Outcome::inconclusive;
  }
  if (claimed.value() == expected) {
    report.ops += program.plan().step_ops / program.plan().rows;
    return Outcome::match;
  }
  blame(report, step, row,
        "row " + number(row) + " of step " + number(step) + ": recomputed, it is another one");
  return Outcome::mismatch;
}

// Follows rows from the inputs to the result, comparing them with every committed state. Step by
// step, all rows together: what a step needs of its own (the weights of a GEMM) is made once.
std::vector<Outcome> follow_rows(const Program& program, std::span<const std::uint64_t> rows,
                                 const wire::Opening& opening, const Engine& engine,
                                 Report& report) {
  std::vector<Outcome> outcomes(rows.size(), Outcome::inconclusive);
  std::vector<std::size_t> live;  // rows that matched so far, and what each must be
  std::vector<Bytes> expected;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Result<Bytes> row = program.start_row(rows[i]);
    if (!row.ok()) {
      excuse(report, row.error().what);
      continue;
    }
    live.push_back(i);
    expected.push_back(std::move(row).value());
  }
  for (std::uint32_t step = 1; step <= program.plan().steps && !live.empty(); ++step) {
    Result<std::vector<Bytes>> next = program.advance_rows(step, expected, engine);
    if (!next.ok()) {
      excuse(report, next.error().what);
      return outcomes;
    }
    std::vector<std::size_t> matched;
    expected.clear();
    for (std::size_t k = 0; k < live.size(); ++k) {
      Bytes& row = next.value()[k];
      const Outcome outcome = compare_row(program, opening, step, rows[live[k]], row, report);
      // Until its last step a row that matches has no outcome yet.
      const bool goes_on = outcome == Outcome::match && step < program.plan().steps;
      outcomes[live[k]] = goes_on ? Outcome::inconclusive : outcome;
      if (!goes_on) continue;
      matched.push_back(live[k]);
      expected.push_back(std::move(row));
    }
    live = std::move(matched);
  }
  return outcomes;
}

Result<compute::RowPair> row_pair(const Program& program, const wire::Opening& opening,
                                  const compute::Pair& pair) {
  Result<Bytes> before = row_at(program, opening, pair.step - 1, pair.row);
  if (!before.ok()) return before.error();
  Result<Bytes> after = row_at(program, opening, pair.step, pair.row);
  if (!after.ok()) return after.error();
  return compute::RowPair{std::move(before).value(), std::move(after).value()};
}

// The pairs of one step, together: they share their columns, whose weights are made once.
void check_pairs_of(const Program& program, std::uint32_t step,
                    std::span<const std::uint64_t> numbers, const Scope& scope,
                    const wire::Opening& opening, const Engine& engine, Report& report) {
  const Plan& plan = program.plan();
  std::vector<compute::RowPair> pairs;
  Status ours;
  for (const std::uint64_t it : numbers) {
    Result<compute::RowPair> pair = row_pair(program, opening, compute::pair_at(plan, it));
    if (!pair.ok()) {
      ours = pair.error();
      break;
    }
    pairs.push_back(std::move(pair).value());
  }
  const std::vector<std::uint64_t> columns = columns_of(scope, plan, step);
  const Result<std::vector<bool>> answers = ours.ok()
                                                ? program.check_rows(step, pairs, columns, engine)
                                                : Result<std::vector<bool>>(ours.error());
  if (!answers.ok()) {
    excuse(report, answers.error().what);
    report.pairs.insert(report.pairs.end(), numbers.size(), Outcome::inconclusive);
    return;
  }
  // At least: the columns that a row's scale needs come on top, and some rows are done whole.
  report.ops += plan.step_ops / plan.rows / plan.columns * columns.size() * numbers.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    report.pairs.push_back(answers.value()[i] ? Outcome::match : Outcome::mismatch);
    if (answers.value()[i]) continue;
    const std::uint64_t row = compute::pair_at(plan, numbers[i]).row;
    blame(report, step, row,
          "row " + number(row) + " of step " + number(step) +
              " does not follow from the row before it");
  }
}

void check_pairs(const Program& program, const Scope& scope, const wire::Opening& opening,
                 const Engine& engine, Report& report) {
  std::span<const std::uint64_t> rest = scope.pairs;
  while (!rest.empty()) {
    const std::uint32_t step = compute::pair_at(program.plan(), rest.front()).step;
    const auto end = std::ranges::find_if(
        rest, [&](std::uint64_t it) { return compute::pair_at(program.plan(), it).step != step; });
    const auto count = static_cast<std::size_t>(end - rest.begin());
    check_pairs_of(program, step, rest.first(count), scope, opening, engine, report);
    rest = rest.subspan(count);
  }
}

}  // namespace

Outcome judge(const Digest& claimed, const Result<Digest>& replayed) {
  if (!replayed.ok()) return Outcome::inconclusive;
  return replayed.value() == claimed ? Outcome::match : Outcome::mismatch;
}

Status check_trace(const Plan& plan, const wire::Attestation& attestation,
                   const PublicKey& provider, const wire::Trace& trace) {
  if (attestation.steps != plan.steps || trace.size() != std::size_t{plan.steps} + 1) {
    return fail(Code::unbound, "the job has " + number(plan.steps) + " steps, the attestation " +
                                   number(attestation.steps));
  }
  if (wire::trace_tree(attestation.job, provider, trace).root() != attestation.root) {
    return fail(Code::unbound, "the trace file does not have the attested root");
  }
  Digest subject = trace.back().state;
  if (plan.shape == Shape::independent) {
    std::vector<Digest> outputs;
    for (std::size_t i = 1; i < trace.size(); ++i) outputs.push_back(trace[i].output);
    subject = compute::independent_result_digest(outputs);
  }
  if (subject != attestation.result) {
    return fail(Code::unbound, "the attested result does not follow from the attested trace");
  }
  return {};
}

Status check_result(const Program& program, const Digest& result, ByteView delivered) {
  Result<Digest> digest = compute::result_digest(program, delivered);
  if (!digest.ok()) return fail(Code::unbound, digest.error().in("the delivered result").what);
  if (digest.value() != result) {
    return fail(Code::unbound, "the delivered bytes are not the attested result");
  }
  return {};
}

Status check_opening(const Plan& plan, const wire::Trace& trace, const Scope& scope,
                     const wire::Opening& opening) {
  const std::vector<compute::PartRef> asked =
      compute::opening_parts(plan, scope.positions, scope.rows, scope.pairs);
  if (asked.size() != opening.parts.size()) {
    return fail(Code::malformed, "the challenge asks for " + number(asked.size()) +
                                     " parts, the opening has " + number(opening.parts.size()));
  }
  const std::uint64_t leaves = plan.state_shape.empty() ? 0 : compute::leaf_count(plan.state_shape);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const wire::OpenedPart& part = opening.parts[i];
    const std::string where = "part " + number(i) + " (state " + number(asked[i].state) + ")";
    if (compute::PartRef{part.state, part.whole, part.leaf} != asked[i]) {
      return fail(Code::malformed, where + " is another one than was asked for");
    }
    const Digest& committed = trace[part.state].state;
    if (part.whole) {
      Result<State> state = compute::state_from_bytes(plan.state_shape, part.data);
      if (!state.ok()) return state.error().in(where);
      if (compute::state_digest(state.value()) != committed) {
        return fail(Code::proof, where + " does not have the committed digest");
      }
      continue;
    }
    if (part.data.size() != compute::leaf_size(plan.state_shape, part.leaf)) {
      return fail(Code::malformed, where + " has " + number(part.data.size()) + " bytes where " +
                                       number(compute::leaf_size(plan.state_shape, part.leaf)) +
                                       " are needed");
    }
    if (Status proven =
            verify_inclusion(leaf_hash(part.data), part.leaf, leaves, part.path, committed);
        !proven.ok()) {
      return proven.error().in(where);
    }
  }
  return {};
}

Report replay(const Program& program, const wire::Trace& trace, const Scope& scope,
              const wire::Opening& opening, const Engine& engine) {
  Report report;
  std::vector<Outcome> all{check_start(program, trace, engine, report)};
  for (const std::uint32_t step : scope.positions) {
    const Outcome outcome = program.plan().shape == Shape::independent
                                ? replay_unit(program, trace, step, engine, report)
                                : replay_step(program, trace, step, opening, engine, report);
    report.ops += program.plan().step_ops;
    report.positions.push_back(outcome);
    all.push_back(outcome);
  }
  report.rows = follow_rows(program, scope.rows, opening, engine, report);
  all.insert(all.end(), report.rows.begin(), report.rows.end());
  check_pairs(program, scope, opening, engine, report);
  all.insert(all.end(), report.pairs.begin(), report.pairs.end());
  report.outcome = wire::worst(all);
  return report;
}

Outcome convict(const Program& program, const wire::Trace& trace, const wire::Opening& opening,
                std::uint32_t step, std::optional<std::uint64_t> row) {
  const Engine scalar(compute::CpuLevel::scalar, 1);
  Report report;
  if (step == 0) return check_start(program, trace, scalar, report);
  if (program.plan().shape == Shape::independent) {
    return replay_unit(program, trace, step, scalar, report);
  }
  if (!row) return replay_step(program, trace, step, opening, scalar, report);
  const Result<Bytes> before = row_at(program, opening, step - 1, *row);
  const Result<Bytes> claimed = row_at(program, opening, step, *row);
  if (!before.ok() || !claimed.ok()) return Outcome::inconclusive;
  const Result<Bytes> after = program.advance_row(step, before.value());
  if (!after.ok()) {
    return after.error().code == Code::malformed ? Outcome::mismatch : Outcome::inconclusive;
  }
  return after.value() == claimed.value() ? Outcome::match : Outcome::mismatch;
}

}  // namespace assay::verifier
