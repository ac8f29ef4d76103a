// Many markets at once: an economy of thousands of providers, each market from a seed of its own,
// as many at a time as there are threads. The result does not depend on how many that are.
#pragma once

#include <functional>
#include <string>

#include "tests/sim/economy/tally.h"

namespace assay::sim {

// By whom scores are kept.
enum class Keeping { fast, ledger, both };

struct Options {
  Rules rules;
  Keeping keeping = Keeping::fast;  // of ledger and both: `rules` must be assay_rules()
  std::uint64_t seed = 1;
  unsigned providers = 5000;  // keys, those of cheats and of old ones among them
  std::int32_t days = 30;
  unsigned threads = 1;
  bool sign = false;              // with a ledger: real signatures
  std::string store;              // with a ledger: a folder for stores of LMDB; empty: in memory
  std::vector<std::string> only;  // kinds; honest ones are there in any case. Empty: all
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

struct Simulation {
  MarketResult sum;
  std::uint64_t markets = 0;
  Digest state;  // of all markets, in order
};

//   usage        a kind that does not exist, or too few providers for a market
Result<Simulation> simulate(const Options& options);

// Keys of each kind in market `number` of so many.
std::vector<unsigned> population(const Options& options, std::uint64_t number,
                                 std::uint64_t markets);
std::uint64_t markets_for(const Options& options);

}  // namespace assay::sim
