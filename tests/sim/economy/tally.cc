#include "tests/sim/economy/tally.h"

#include <algorithm>

namespace assay::sim {
namespace {

void add_up(std::vector<std::uint64_t>& to, const std::vector<std::uint64_t>& more) {
  to.resize(std::max(to.size(), more.size()));
  for (std::size_t i = 0; i < more.size(); ++i) to[i] += more[i];
}

}  // namespace

void add(Tally& to, const Tally& more) {
  for (const auto sum :
       {&Tally::keys, &Tally::owners, &Tally::jobs, &Tally::cheated, &Tally::caught,
        &Tally::delivered, &Tally::timeouts, &Tally::slashes, &Tally::reversed,
        &Tally::false_slashes, &Tally::hazard_ppm, &Tally::hazard_variance_ppm,
        &Tally::trust_end_ppm, &Tally::trust_caught_ppm, &Tally::keys_caught,
        &Tally::slashed_micros, &Tally::tombstones, &Tally::after_days}) {
    to.*sum += more.*sum;
  }
  for (const auto sum : {&Tally::gain_micros, &Tally::rent_micros, &Tally::net_micros,
                         &Tally::profit_micros, &Tally::after_micros}) {
    to.*sum += more.*sum;
  }
  for (const auto most : {&Tally::trust_young_ppm, &Tally::trust_farmed_ppm, &Tally::tier_farmed}) {
    to.*most = std::max(to.*most, more.*most);
  }
  add_up(to.trust_by_day_ppm, more.trust_by_day_ppm);
  add_up(to.seen_by_day, more.seen_by_day);
}

void add(Totals& to, const Totals& more) {
  for (const auto sum :
       {&Totals::provider_days, &Totals::jobs, &Totals::audits, &Totals::verdicts,
        &Totals::retro_audits, &Totals::top_ups, &Totals::unmatched, &Totals::slashes,
        &Totals::false_slashes, &Totals::explained, &Totals::unexplained, &Totals::refolded,
        &Totals::not_refolded, &Totals::leaves, &Totals::compared}) {
    to.*sum += more.*sum;
  }
}

void add(MarketResult& to, const MarketResult& more) {
  to.kinds.resize(std::max(to.kinds.size(), more.kinds.size()));
  for (std::size_t i = 0; i < more.kinds.size(); ++i) add(to.kinds[i], more.kinds[i]);
  add(to.totals, more.totals);
  to.auditor.add(more.auditor);
}

}  // namespace assay::sim
