#include "tests/sim/economy/rows.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace assay::sim {
namespace {

constexpr double kMicros = 1e6;
constexpr double kPpm = 1e6;
constexpr std::uint64_t kLowTrustPpm = 700'000;  // below, Entry is all that is left
constexpr double kSigmas = 5;
constexpr std::uint64_t kManyOwners = 10;

// What a row is judged by.
struct Evidence {
  const Kind& kind;
  const Tally& it;
  const Tally& twin;
  const std::vector<Tally>& all;
  const AuditorStats& auditor;
};

double mean(std::int64_t micros, std::uint64_t of) {
  return of == 0 ? 0 : static_cast<double>(micros) / kMicros / static_cast<double>(of);
}
double mean(std::uint64_t sum, std::uint64_t of) {
  return mean(static_cast<std::int64_t>(sum), of);
}

// Each of these answers what is broken; nothing: it holds.
std::string broken_if(bool broken, const char* how) {
  return broken ? how : "";
}

std::string first_of(std::initializer_list<std::string> all) {
  for (const std::string& it : all) {
    if (!it.empty()) return it;
  }
  return "";
}

// No fewer than the probabilities in force say, by chance or by workers who looked away.
std::string is_caught(const Evidence& e) {
  const double expected = static_cast<double>(e.it.hazard_ppm) / kPpm;
  const double deviation = std::sqrt(static_cast<double>(e.it.hazard_variance_ppm) / kPpm);
  const double shielded = static_cast<double>(e.auditor.false_matches);
  return broken_if(static_cast<double>(e.it.caught) + shielded + 1 < expected - kSigmas * deviation,
                   "it was caught less often than the audits in force should");
}

// What these say shows nothing, neither way.
constexpr const char* kNoneCheated = "none of them came to cheat";
constexpr const char* kNoneCaught = "none of them was caught yet";
constexpr const char* kNothingHappened = "nothing happened to it";

std::string cheated_at_all(const Evidence& e) {
  return broken_if(e.it.cheated == 0, kNoneCheated);
}

std::string was_caught(const Evidence& e) {
  return broken_if(e.it.keys_caught == 0, kNoneCaught);
}

std::string loses_to_twin(const Evidence& e) {
  return broken_if(
      mean(e.it.profit_micros, e.it.owners) >= mean(e.twin.profit_micros, e.twin.owners),
      "it earned no less than an honest one");
}

std::string is_useless_once_caught(const Evidence& e) {
  return broken_if(e.it.trust_caught_ppm >= kLowTrustPpm * e.it.keys_caught && e.it.keys_caught > 0,
                   "caught, its trust is still good for more than Entry");
}

std::string does_not_pay(const Evidence& e) {
  return first_of({cheated_at_all(e), is_caught(e),
                   broken_if(e.it.gain_micros >= 0, "a cheated job pays"), was_caught(e),
                   loses_to_twin(e), is_useless_once_caught(e)});
}

// In the tiers of little audit it is the tier that a cheat has to lose. What it loses by that comes
// to more than what a few lucky ones take only over many.
std::string does_not_pay_with_rent(const Evidence& e) {
  return first_of({cheated_at_all(e), is_caught(e),
                   broken_if(e.it.gain_micros + e.it.rent_micros >= 0, "a cheated job pays"),
                   e.it.owners < kManyOwners ? "" : loses_to_twin(e), is_useless_once_caught(e)});
}

// One bad day or job, which what the others brought would drown.
std::string does_not_pay_once(const Evidence& e) {
  return first_of({cheated_at_all(e), is_caught(e),
                   broken_if(e.it.gain_micros >= 0, "a cheated job pays"),
                   is_useless_once_caught(e)});
}

std::string is_never_slashed(const Evidence& e) {
  return broken_if(e.it.slashes > 0 || e.it.false_slashes > 0, "honest work was slashed");
}

std::string is_given_nothing(const Evidence& e) {
  if (e.it.cheated == 0) return "";  // as promised; the control shows it otherwise
  return first_of({broken_if(e.it.gain_micros >= 0, "a cheated job pays"), is_caught(e)});
}

std::string sinks(const Evidence& e) {
  return first_of({cheated_at_all(e), loses_to_twin(e),
                   broken_if(e.it.trust_end_ppm >= kLowTrustPpm * e.it.owners,
                             "its trust is still good for more than Entry")});
}

std::string is_given_back(const Evidence& e) {
  const double trust = mean(e.it.trust_end_ppm, e.it.owners);
  return first_of({broken_if(e.it.slashes == 0, kNothingHappened),
                   broken_if(e.it.reversed != e.it.slashes, "a slash stands that should not"),
                   broken_if(e.it.slashed_micros > 0, "stake was not given back"),
                   broken_if(trust < 0.95 * mean(e.twin.trust_end_ppm, e.twin.owners),
                             "its trust did not come back")});
}

std::string recovers(const Evidence& e) {
  return first_of({is_never_slashed(e), broken_if(e.it.trust_end_ppm < kLowTrustPpm * e.it.owners,
                                                  "its trust fell below Low")});
}

std::string loses_all(const Evidence& e) {
  return first_of(
      {cheated_at_all(e), loses_to_twin(e),
       broken_if(e.it.tombstones < e.it.keys_caught || e.it.keys_caught == 0, "its key lives on")});
}

std::string buys_no_trust(const Evidence& e) {
  return first_of({broken_if(e.it.trust_farmed_ppm >= kLowTrustPpm, "jobs of its own bought trust"),
                   broken_if(e.it.tier_farmed > 0, "jobs of its own bought a tier"),
                   does_not_pay(e)});
}

std::string starts_over(const Evidence& e) {
  const Tally& slashed = e.all[kind_number("reform")];
  const Tally& fresh = e.all[kind_number("reborn")];
  const bool compared = slashed.after_days > 0 && fresh.after_days > 0;
  return first_of(
      {broken_if(e.it.trust_young_ppm >= kLowTrustPpm, "a key of a day has the trust of Low"),
       does_not_pay(e),
       broken_if(compared && mean(slashed.after_micros, slashed.after_days) <
                                 mean(fresh.after_micros, fresh.after_days),
                 "a slashed key is worth less than a new one")});
}

std::string is_measured(const Evidence& e) {
  return loses_to_twin(e);
}

struct Promise {
  std::string_view kind;
  std::string (*broken)(const Evidence&);
  const char* residual;
};

const Promise kPromises[] = {
    {"honest", is_never_slashed, "none"},
    {"honest-seasoned", is_never_slashed, "none"},
    {"honest-aged", is_never_slashed, "none"},
    {"new-key", does_not_pay, "one job in twenty passes its first audit"},
    {"vetted", does_not_pay, "about one wrong result a key, for a stake of two prices"},
    {"sleeper-100", does_not_pay, "about nine wrong results, once"},
    {"sleeper-50", does_not_pay, "the same, over twice as many jobs"},
    {"sleeper-10", does_not_pay_with_rent, "the same, over ten times as many jobs"},
    {"sleeper-2", does_not_pay_with_rent, "the same, over months"},
    {"tier-medium", does_not_pay_with_rent, "about nine wrong results, once in three weeks"},
    {"tier-high", does_not_pay_with_rent, "about ten wrong results, once in six weeks"},
    {"tier-ultra", does_not_pay_with_rent, "about thirty wrong results, once in four months"},
    {"on-off", does_not_pay_with_rent, "as the sleepers: audits forget nothing between days"},
    {"exit-scam", does_not_pay_once, "what the second coins miss: nine of ten, at a loss"},
    {"unbond-first", is_given_nothing, "no job is given that no stake covers"},
    {"aged-account", does_not_pay_with_rent, "what the buyer pays is what a cheat would lose"},
    {"splice", does_not_pay, "about one wrong result a key"},
    {"zero-state", does_not_pay, "about one wrong result a key, where audits are deep enough"},
    {"withhold", does_not_pay, "one unpaid day for the renter, whose job is given out again"},
    {"never-attest", sinks, "renters wait for a deadline; no more than an idle card costs"},
    {"answer-late", is_given_back, "a day's delay; the score is what it would have been"},
    {"offline-when-sampled", does_not_pay,
     "the job waits unpaid, its stake locked, until it is back"},
    {"equivocate", loses_all, "none: two signatures are the proof"},
    {"frivolous-appeal", does_not_pay, "the deposit is lost besides"},
    {"grinding", does_not_pay, "none while the VRF key is secret"},
    {"breaker", does_not_pay, "none: the scalar definition convicts whatever trips"},
    {"self-jobs", buys_no_trust, "four passes from one renter, at what the work costs"},
    {"cheap-jobs", buys_no_trust, "none: a cent weighs nothing"},
    {"wash-ring", does_not_pay, "trust and a tier, at the full cost of each job of its own"},
    {"class-hop", does_not_pay, "none: a fault counts in every class"},
    {"whitewash", starts_over,
     "one wrong result a key, each for a stake of two prices and 20 honest jobs"},
    {"reform", does_not_pay_once, "the stake of a job; it is given work as a newcomer is"},
    {"reborn", does_not_pay, "the same under a new key, which is vetted anew"},
    {"sybil-ring", does_not_pay, "as one key, times the keys: each has its own bond and stake"},
    {"class-spoof", is_measured, "the rounds until three of five came under: 18 hours"},
    {"relay", is_measured,
     "one key that relays to one equal card is not seen: its results are right"},
    {"framed", is_given_back,
     "the price of the job that was judged wrongly, for the day of an appeal"},
    {"denial-of-service", recovers, "uptime while it lasts; no slash, and the job's audit waits"},
};

double ratio_of(std::uint64_t a, std::uint64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

Row row_of(const Promise& promise, const Evidence& e) {
  Row row;
  row.name = e.kind.name;
  row.what = e.kind.what;
  row.residual = promise.residual;
  row.keys = e.it.keys;
  if (e.it.caught > 0) row.after = ratio_of(e.it.cheated, e.it.caught);
  if (e.it.hazard_ppm > 0) row.bound = ratio_of(e.it.cheated * kMillion, e.it.hazard_ppm);
  if (e.it.cheated > 0) {
    row.gain = mean(e.it.gain_micros, e.it.cheated);
    row.gain_with_rent = mean(e.it.gain_micros + e.it.rent_micros, e.it.cheated);
    row.delivered = e.it.delivered;
    row.net = mean(e.it.net_micros, e.it.owners);
  }
  row.profit = mean(e.it.profit_micros, e.it.owners);
  row.twin = mean(e.twin.profit_micros, e.twin.owners);
  row.trust = mean(e.it.trust_end_ppm, e.it.owners);
  row.broken = promise.broken(e);
  row.shown =
      row.broken != kNoneCheated && row.broken != kNoneCaught && row.broken != kNothingHappened;
  row.holds = row.broken.empty() || !row.shown;
  return row;
}

// Leases until a worker that lies is suspended, against what its lies and its canaries say.
Row worker_row(WorkerKind kind, double bound, const char* residual, const Simulation& simulation) {
  const AuditorStats& stats = simulation.sum.auditor;
  const auto at = static_cast<std::size_t>(kind);
  Row row;
  row.name = worker_kind_name(kind);
  row.what = "a worker of the verifier";
  row.keys = stats.suspended[at];
  row.bound = bound;
  row.residual = residual;
  if (row.keys > 0) row.after = ratio_of(stats.leases_until[at], stats.suspended[at]);
  const double n = std::max<double>(1, static_cast<double>(row.keys));
  const bool late = row.after && *row.after > bound * (1 + kSigmas / std::sqrt(n));
  row.broken = first_of(
      {broken_if(late, "it was suspended late"),
       broken_if(simulation.sum.totals.false_slashes > 0, "somebody was slashed on its word")});
  row.holds = row.broken.empty();
  return row;
}

Row totals_row(const Totals& totals) {
  Row row;
  row.name = "scores";
  row.what = "every one explained, and folded again from nothing";
  row.keys = totals.explained;
  row.broken =
      first_of({broken_if(totals.explained == 0, "nothing was explained"),
                broken_if(totals.unexplained > 0, "an explanation does not sum to its score"),
                broken_if(totals.not_refolded > 0, "a fold from nothing gives another row")});
  row.holds = row.broken.empty();
  row.residual = "none";
  return row;
}

}  // namespace

std::vector<Row> rows_of(const Simulation& simulation) {
  std::vector<Row> rows;
  const MarketResult& sum = simulation.sum;
  for (std::size_t i = 0; i < kinds().size(); ++i) {
    const Kind& kind = kinds()[i];
    if (sum.kinds[i].keys == 0) continue;
    const auto promise = std::ranges::find(kPromises, kind.name, &Promise::kind);
    ASSAY_CHECK(promise != std::end(kPromises), "every kind has its promise");
    const Tally& twin = sum.kinds[static_cast<std::size_t>(kind.group)];
    rows.push_back(row_of(*promise, {kind, sum.kinds[i], twin, sum.kinds, sum.auditor}));
  }
  if (sum.auditor.canaries > 0) {
    rows.push_back(worker_row(WorkerKind::rubber_stamp, 100,
                              "what it let pass is replayed by others", simulation));
    rows.push_back(worker_row(WorkerKind::framer, 4,
                              "one replay of the scalar definition for each lie", simulation));
    rows.push_back(worker_row(WorkerKind::broken, 10, "the same", simulation));
  }
  rows.push_back(totals_row(sum.totals));
  return rows;
}

std::vector<Row> rows_of(const std::vector<SettingResult>& settings) {
  std::vector<Row> rows;
  for (const SettingResult& it : settings) {
    Row row;
    row.name = it.name;
    row.what = "fixed p and stake, 500 honest jobs before; by hand: " + std::string(it.designed);
    row.residual = "by hand: " + std::string(it.designed);
    row.keys = it.owners;
    if (it.caught > 0) row.after = ratio_of(it.cheated, it.caught);
    row.bound = ratio_of(it.cheated * kMillion, it.hazard_ppm);
    row.delivered = it.delivered / it.owners;
    row.gain = mean(it.net_micros, it.cheated);
    row.net = mean(it.net_micros, it.owners);
    row.trust = mean(it.trust_end_ppm, it.owners);
    row.broken = broken_if(it.must_lose == (it.net_micros >= 0), "the net has the wrong sign");
    row.holds = row.broken.empty();
    rows.push_back(row);
  }
  return rows;
}

bool all_hold(const std::vector<Row>& rows) {
  return std::ranges::all_of(rows, &Row::holds);
}

const Row* find_row(const std::vector<Row>& rows, std::string_view name) {
  const auto found = std::ranges::find(rows, name, &Row::name);
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace assay::sim
