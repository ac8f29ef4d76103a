#include "verifier/replay_rows.h"

namespace assay::verifier {

using compute::Engine;
using compute::Plan;
using compute::Program;
using wire::Outcome;

namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

Outcome compare_row(const Program& program, const OpenedStates& states, std::uint32_t step,
                    std::uint64_t row, const Bytes& expected, Report& report) {
  const Result<Bytes> claimed = states.row(step, row);
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

// The least of a step's work that its rows stand for: where only some columns are looked at, those
// that a row's scale needs come on top.
std::uint64_t ops_of_rows(const Plan& plan, std::size_t rows, std::size_t columns) {
  const std::uint64_t of_row = plan.step_ops / plan.rows;
  return rows * (plan.columns > 0 ? of_row / plan.columns * columns : of_row);
}

// Rows of one step, together: what they share (the weights of a column) is made once.
std::vector<Outcome> check_rows_of(const Program& program, std::uint32_t step,
                                   std::span<const std::uint64_t> rows, const Scope& scope,
                                   const OpenedStates& states, const Engine& engine,
                                   Report& report) {
  const std::vector<std::uint64_t> columns = columns_of(scope, program.plan(), step);
  const Result<std::vector<bool>> answers = program.check_rows(step, rows, states, columns, engine);
  if (!answers.ok()) {
    return std::vector<Outcome>(rows.size(), outcome_of(answers.error(), step, report));
  }
  report.ops += ops_of_rows(program.plan(), rows.size(), columns.size());
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    outcomes.push_back(answers.value()[i] ? Outcome::match : Outcome::mismatch);
    if (answers.value()[i]) continue;
    blame(report, step, rows[i],
          "row " + number(rows[i]) + " of step " + number(step) +
              " does not follow from what came before it");
  }
  return outcomes;
}

}  // namespace

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

Outcome outcome_of(const Error& error, std::uint32_t step, Report& report) {
  if (error.code != Code::malformed) {
    excuse(report, error.what);
    return Outcome::inconclusive;
  }
  blame(report, step, {}, "step " + number(step) + ": " + error.what);
  return Outcome::mismatch;
}

std::vector<Outcome> follow_rows(const Program& program, std::span<const std::uint64_t> rows,
                                 const OpenedStates& states, const Engine& engine, Report& report) {
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
      const Outcome outcome = compare_row(program, states, step, rows[live[k]], row, report);
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

std::vector<Outcome> check_pairs(const Program& program, std::span<const compute::Pair> pairs,
                                 const Scope& scope, const OpenedStates& states,
                                 const Engine& engine, Report& report) {
  std::vector<Outcome> outcomes;
  while (!pairs.empty()) {
    const std::uint32_t step = pairs.front().step;
    std::vector<std::uint64_t> rows;
    while (rows.size() < pairs.size() && pairs[rows.size()].step == step) {
      rows.push_back(pairs[rows.size()].row);
    }
    pairs = pairs.subspan(rows.size());
    const std::vector<Outcome> of_step =
        check_rows_of(program, step, rows, scope, states, engine, report);
    outcomes.insert(outcomes.end(), of_step.begin(), of_step.end());
  }
  return outcomes;
}

}  // namespace assay::verifier
