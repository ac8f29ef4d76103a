// The adversary table: what each strategy came to, and whether what the policy promises of it
// holds. Rows have fractions, for people: nothing here is hashed. Values; any thread.
#pragma once

#include "tests/sim/economy/settings.h"
#include "tests/sim/economy/simulate.h"

namespace assay::sim {

struct Row {
  std::string name;
  std::string what;  // the strategy
  std::uint64_t keys = 0;
  std::optional<double> after;             // cheated jobs for each that was caught
  std::optional<double> bound;             // 1 / (p d): the same from the probabilities in force
  std::optional<std::uint64_t> delivered;  // wrong results that were paid for
  std::optional<double> gain;  // dollars that a cheated job is expected to bring over honest work
  std::optional<double> gain_with_rent;  // less what the tier is worth, where it is lost
  std::optional<double> net;     // dollars an owner, over doing the same jobs honestly: as it came
  std::optional<double> profit;  // dollars an owner, over the whole run
  std::optional<double> twin;    // of an honest one who came on the same day
  std::optional<double> trust;   // at the end, mean
  bool holds = true;
  bool shown = true;     // false: what it is about did not happen, in a run so short or so small
  std::string broken;    // what does not hold, or is not shown
  std::string residual;  // what is left to the cheat, and what it costs
};

// One for each kind that lived; the workers; what all scores were held to.
std::vector<Row> rows_of(const Simulation& simulation);
std::vector<Row> rows_of(const std::vector<SettingResult>& settings);

bool all_hold(const std::vector<Row>& rows);
const Row* find_row(const std::vector<Row>& rows, std::string_view name);

}  // namespace assay::sim
