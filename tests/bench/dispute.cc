#include <algorithm>
#include <map>
#include <set>

#include "tests/bench/dispute_game.h"
#include "tests/bench/dispute_jobs.h"
#include "tests/bench/timing.h"

namespace assay::bench {
namespace {

using namespace compute;

constexpr double kPromisedMs = 5;

Seconds time_alone(const Options& options, const AtConviction& end, bool& sound) {
  return time_both(
      options, [&] { sound = judged(end).ok() && sound; }, [] {});
}

// Of every kind of operation the first, the middle and the last; of each its first and its last
// element.
std::vector<Element> candidates(const Tape& tape) {
  std::map<std::string, std::vector<std::uint32_t>> kinds;
  for (std::uint32_t i = 0; i < tape.operations.size(); ++i) {
    kinds[tape.operations[i].name].push_back(i);
  }
  std::vector<Element> out;
  for (const auto& [name, numbers] : kinds) {
    for (const std::uint32_t operation :
         std::set{numbers.front(), numbers[numbers.size() / 2], numbers.back()}) {
      const std::uint64_t last = tape.operations[operation].shape.elements() - 1;
      for (const std::uint64_t element : std::set<std::uint64_t>{0, last}) {
        out.push_back({operation, element});
      }
    }
  }
  return out;
}

struct Dearest {
  Element element;
  double ms = 0;
};

Dearest dearest(const Tape& tape, std::uint32_t steps, std::uint32_t step, bool& sound) {
  Options once;
  once.quick = true;
  Dearest out;
  for (const Element& element : candidates(tape)) {
    const AtConviction end = at_conviction(tape, steps, step, element, false);
    const double ms = time_alone(once, end, sound).ours * 1e3;
    if (ms > out.ms) out = {element, ms};
  }
  return out;
}

// An honest element acquits the provider, a forged one convicts it.
bool is_right(const Result<bool>& acquits, const Result<bool>& convicts) {
  return acquits.ok() && !acquits.value() && convicts.ok() && convicts.value();
}

std::uint32_t most_answers(const Tape& tape) {
  std::uint32_t most = answers_for(leaf_count(tape.state_shape));
  for (const Operation& operation : tape.operations) {
    most = std::max(most, answers_for(leaf_count({operation.shape})));
  }
  return most;
}

Result<Rows> measure(const Options& options, const Job& job) {
  const std::uint32_t steps = job.program->plan().steps;
  options.say("dispute: " + job.name);
  const Result<Tape> tape = tape_of(*job.program, steps, Engine());
  if (!tape.ok()) return tape.error().in(job.name);
  bool sound = true;
  const Element element = dearest(tape.value(), steps, steps, sound).element;
  const AtConviction honest = at_conviction(tape.value(), steps, steps, element, false);
  const AtConviction forged = at_conviction(tape.value(), steps, steps, element, true);
  const Operation& operation = tape.value().operations[element.operation];
  Row row{.bench = "dispute",
          .name = job.name + ": " + operation.name,
          .peer = "promise 5 ms",
          .unit = "ms",
          .note = "a conviction of " + std::to_string(honest.file.size()) +
                  " bytes; the dearest of " + std::to_string(tape.value().operations.size()) +
                  " operations"};
  row.correct = is_right(judged(honest), judged(forged));
  if (row.correct) {
    row.ours = time_alone(options, honest, sound).ours * 1e3;
    row.theirs = kPromisedMs;
    row.correct = sound;
  }
  Row answers{.bench = "dispute",
              .name = job.name + ", " + std::to_string(steps) + " steps",
              .peer = "promise 8 answers",
              .unit = "answers"};
  answers.correct = most_answers(tape.value()) <= kAnswersMax;
  answers.ours = most_answers(tape.value());
  answers.theirs = kAnswersMax;
  return Rows{row, answers};
}

}  // namespace

Result<Rows> dispute(const Options& options) {
  options.say("dispute: looking for the largest jobs");
  const Result<std::vector<Job>> jobs = largest_jobs(options.quick);
  if (!jobs.ok()) return jobs.error();
  Rows rows;
  for (const Job& job : jobs.value()) {
    const Result<Rows> measured = measure(options, job);
    if (!measured.ok()) return measured.error();
    rows.insert(rows.end(), measured.value().begin(), measured.value().end());
  }
  return rows;
}

}  // namespace assay::bench
