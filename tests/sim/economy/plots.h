// Score against time, one picture for each group of strategies. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/economy/simulate.h"

namespace assay::sim {

struct Plot {
  std::string name;  // of the file, without ".svg"
  std::string svg;
};

// Mean trust of each kind at the beginning of each day, honest providers in every picture. Kinds
// that did not live are left out, and pictures of none.
std::vector<Plot> plots_of(const Simulation& simulation);

}  // namespace assay::sim
