#include "tests/sim/economy/rules.h"

#include <algorithm>
#include <array>

#include "tests/sim/economy/kinds.h"

namespace assay::sim {
namespace {

constexpr std::uint64_t kStakeRequired = 200 * kDollar;
// The most that matching.h allows. Slashed keys share it with new ones: at 2 % there is too little
// for them, and they are worth less than new ones.
constexpr std::uint32_t kNewcomerFloorPpm = reputation::kNewcomerFloorMaxPpm;

// Each with the row of the table that it makes fail.
constexpr std::array kControls{
    Control{"boinc", "p = 1 / consecutive valid results, as BOINC's adaptive replication",
            "p .12, $100: all",
            [](Rules& it) {
              it.rate = Rate::boinc;
              it.tops_up = false;
            }},
    Control{"storj", "an audit score that forgets by .95 and disqualifies below .6, and no stake",
            "sleeper-10", [](Rules& it) { it.conviction = Conviction::storj; }},
    Control{"no-slash", "a proven fault takes no stake", "vetted",
            [](Rules& it) { it.takes_stake = false; }},
    Control{"no-retro-audit", "who unbonds owes nothing", "exit-scam",
            [](Rules& it) { it.retro_audits = false; }},
    Control{"no-age", "nobody asks how old a key is", "whitewash",
            [](Rules& it) { it.asks_age = false; }},
    Control{"no-entry-bond", "a new key burns nothing", "whitewash",
            [](Rules& it) { it.entry_bond = 0; }},
    Control{"no-second-chance", "a slashed key is given work only where nobody else is left",
            "whitewash", [](Rules& it) { it.second_chance = false; }},
    Control{"unweighed", "every pass weighs 1, whatever the job was worth", "cheap-jobs",
            [](Rules& it) { it.weighs_passes = false; }},
    Control{"no-renter-cap", "one renter may be all of the evidence", "self-jobs",
            [](Rules& it) { it.caps_renters = false; }},
    Control{"class-by-class", "a proven fault counts in its own class alone", "class-hop",
            [](Rules& it) { it.faults_everywhere = false; }},
    Control{"free-timeouts", "a missed deadline counts for nothing", "never-attest",
            [](Rules& it) { it.counts_timeouts = false; }},
    Control{"cheap-withholding", "openings withheld are one soft failure a day", "withhold",
            [](Rules& it) { it.prices_withholding = false; }},
    Control{"no-exposure", "jobs may be given that no stake covers", "unbond-first",
            [](Rules& it) { it.limits_exposure = false; }},
    Control{"shallow-audits", "an audit meets one broken link of four, and is priced at 95 %",
            "zero-state", [](Rules& it) { it.meets_ppm[1] = 250'000; }},
    Control{"foreseen-draws", "the VRF key has leaked: a draw is known before it is made",
            "grinding", [](Rules& it) { it.hides_draws = false; }},
    Control{"unconfirmed", "a worker's word alone convicts", "honest",
            [](Rules& it) { it.confirms = false; }},
    Control{"unproven-delivery", "silence is fraud, delivered or not", "denial-of-service",
            [](Rules& it) { it.proves_delivery = false; }},
    Control{"unmeasured", "performance is a constant", "class-spoof",
            [](Rules& it) { it.measures = false; }},
};

}  // namespace

Rules assay_rules() {
  Rules rules;
  rules.policy.stake_required_micros = kStakeRequired;
  rules.policy.reference_value_micros = kPrice;
  rules.weights.newcomer_floor_ppm = kNewcomerFloorPpm;
  rules.entry_bond = rules.policy.first_jobs * rules.policy.reference_value_micros;
  return rules;
}

std::span<const Control> controls() {
  return kControls;
}

std::vector<std::string> kinds_for(const Control& control) {
  const std::string row(control.row);
  if (row == "whitewash") return {row, "reform", "reborn"};
  if (row == "honest") return {"vetted"};
  if (kind_number(row) == kinds().size()) return {"sleeper-100"};  // a setting's
  return {row};
}

const Control* find_control(std::string_view name) {
  const auto found = std::ranges::find(kControls, name, &Control::name);
  return found == kControls.end() ? nullptr : &*found;
}

}  // namespace assay::sim
