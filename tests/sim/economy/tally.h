// What an economy counts: whole numbers only, so that markets add up to the same on every machine.
// Values; any thread.
#pragma once

#include <vector>

#include "tests/sim/economy/auditor.h"
#include "tests/sim/economy/kinds.h"

namespace assay::sim {

// Of one key, or of all keys of a kind in all markets.
struct Tally {
  std::uint64_t keys = 0;
  std::uint64_t owners = 0;
  std::uint64_t jobs = 0;           // attested
  std::uint64_t cheated = 0;        // of those; with `skip`, accepted and dropped
  std::uint64_t caught = 0;         // cheated jobs that were slashed
  std::uint64_t delivered = 0;      // wrong results that were paid for and stand
  std::uint64_t timeouts = 0;       // that counted
  std::uint64_t slashes = 0;        // ever
  std::uint64_t reversed = 0;       // of those
  std::uint64_t false_slashes = 0;  // audits' slashes of right results
  std::uint64_t hazard_ppm = 0;     // sum over cheated jobs of the chance to be caught
  std::uint64_t hazard_variance_ppm = 0;
  std::int64_t gain_micros = 0;        // expected from cheating, over doing the same jobs honestly
  std::int64_t rent_micros = 0;        // expected loss of what the tier is worth, besides
  std::int64_t net_micros = 0;         // what cheating came to, over doing the same jobs honestly
  std::int64_t profit_micros = 0;      // what everything came to
  std::uint64_t trust_end_ppm = 0;     // sum over owners, of the last key
  std::uint64_t trust_caught_ppm = 0;  // sum over keys that were caught, of the better class
  std::uint64_t keys_caught = 0;
  std::uint64_t slashed_micros = 0;    // stake taken that was not given back
  std::uint32_t trust_young_ppm = 0;   // highest of a key younger than 3 d
  std::uint32_t trust_farmed_ppm = 0;  // highest while it orders from itself
  std::uint32_t tier_farmed = 0;
  std::uint64_t tombstones = 0;
  // What came in after the first slash: under the slashed key, or under the next; and in how long.
  std::int64_t after_micros = 0;
  std::uint64_t after_days = 0;
  std::vector<std::uint64_t> trust_by_day_ppm;  // sums, from day 0 on
  std::vector<std::uint64_t> seen_by_day;
};
void add(Tally& to, const Tally& more);

struct Totals {
  std::uint64_t provider_days = 0;
  std::uint64_t jobs = 0;
  std::uint64_t audits = 0;
  std::uint64_t verdicts = 0;  // that counted
  std::uint64_t retro_audits = 0;
  std::uint64_t top_ups = 0;    // jobs of the verifier's own
  std::uint64_t unmatched = 0;  // orders that nobody was found for
  std::uint64_t slashes = 0;
  std::uint64_t false_slashes = 0;
  std::uint64_t explained = 0;  // scores whose explanation sums to them exactly
  std::uint64_t unexplained = 0;
  std::uint64_t refolded = 0;  // classes that a fold from nothing gives to the byte
  std::uint64_t not_refolded = 0;
  std::uint64_t leaves = 0;    // of real ledgers
  std::uint64_t compared = 0;  // values in which ledger and twin agreed
};
void add(Totals& to, const Totals& more);

struct MarketResult {
  std::vector<Tally> kinds;  // by kind_number()
  Totals totals;
  AuditorStats auditor;
  Digest state;  // of everything that the books hold at the end
};
void add(MarketResult& to, const MarketResult& more);  // all but the state

}  // namespace assay::sim
