// The adversary table: what each strategy came to, and whether what the policy promises of it
// holds. Rows have fractions, for people: nothing is hashed here. Values; any thread.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/economy/simulate.h"

namespace assay::sim {

struct Row {
  std::string name;
  std::string what;
  std::uint64_t keys = 0;
  std::optional<double> cheats_until_caught;
  std::optional<double> bound;  // 1 / (p d): the same from the probabilities in force
  std::uint64_t delivered = 0;  // wrong results that were paid for
  std::optional<double> gain;   // dollars a cheated job was expected to bring over honest work
  std::optional<double> gain_with_rent;
  double profit = 0;            // dollars an owner, over the whole run
  double twin = 0;              // of an honest one who came on the same day
  double trust = 0;             // at the end, mean
  bool holds = true;
  std::string why;       // it does not hold: what was found; else what it rests on
  std::string residual;  // what is left to the cheat
};

std::vector<Row> rows_of(const Simulation& simulation, const Options& options);

}  // namespace assay::sim
