#include "tests/sim/economy/kinds.h"

#include <algorithm>
#include <array>

namespace assay::sim {
namespace {

constexpr std::uint64_t kLargeBond = 400 * kDollar;
constexpr std::uint32_t kVetted = 20;
constexpr std::uint32_t kSlept = 500;

// A plan that cheats once it has done so many jobs.
constexpr Plan cheat(Conduct conduct, std::uint32_t after_jobs,
                     std::uint32_t share_ppm = kMillion) {
  Plan plan;
  plan.conduct = conduct;
  plan.after_jobs = after_jobs;
  plan.share_ppm = share_ppm;
  return plan;
}

template <class Change>
constexpr Plan with(Plan plan, Change change) {
  change(plan);
  return plan;
}

constexpr Plan aged(Conduct conduct, Tier from_tier) {
  Plan plan = cheat(conduct, kSlept);
  plan.bond = kLargeBond;
  plan.from_tier = from_tier;
  plan.from_day = 0;
  return plan;
}

constexpr Plan farming(Farm farm) {
  Plan plan = cheat(Conduct::forge, farm.days * farm.jobs_a_day);
  plan.farm = farm;
  return plan;
}

const std::array kKinds{
    Kind{"honest", Group::fresh, 36, {}, "does its work"},
    Kind{"honest-seasoned", Group::seasoned, 4, {}, "does its work"},
    Kind{"honest-aged", Group::aged, 6, with({}, [](Plan& it) { it.bond = kLargeBond; }),
         "does its work"},

    Kind{"new-key", Group::fresh, 1, cheat(Conduct::forge, 0), "cheats at once"},
    Kind{"vetted", Group::fresh, 1, cheat(Conduct::forge, kVetted), "cheats after 20 jobs"},
    Kind{"sleeper-100", Group::seasoned, 1, cheat(Conduct::forge, kSlept),
         "500 honest, then cheats in all"},
    Kind{"sleeper-50", Group::seasoned, 1, cheat(Conduct::forge, kSlept, 500'000),
         "500 honest, then cheats in half"},
    Kind{"sleeper-10", Group::seasoned, 1, cheat(Conduct::forge, kSlept, 100'000),
         "500 honest, then cheats in a tenth"},
    Kind{"sleeper-2", Group::seasoned, 1, cheat(Conduct::forge, kSlept, 20'000),
         "500 honest, then cheats in a fiftieth"},
    Kind{"tier-medium", Group::seasoned, 1,
         with(cheat(Conduct::forge, kVetted), [](Plan& it) { it.from_tier = Tier::medium; }),
         "cheats once it is Medium"},
    Kind{"tier-high", Group::aged, 1, aged(Conduct::forge, Tier::high), "cheats once it is High"},
    Kind{"tier-ultra", Group::aged, 1, aged(Conduct::forge, Tier::ultra_high),
         "cheats once it is Ultra-High"},
    Kind{"on-off", Group::seasoned, 1,
         with(cheat(Conduct::forge, 100, 200'000),
              [](Plan& it) { it.honest_days = 4, it.cheat_days = 1; }),
         "four honest days, then one in which it cheats in a fifth"},
    Kind{"exit-scam", Group::aged, 1,
         with(aged(Conduct::forge, Tier::high),
              [](Plan& it) {
                it.last_day_only = true;
                it.unbonds = INT_MAX;
              }),
         "cheats on its last day and unbonds"},
    Kind{"unbond-first", Group::aged, 1,
         with(aged(Conduct::forge, Tier::entry),
              [](Plan& it) {
                it.from_day = 5;
                it.unbonds = 5;
              }),
         "unbonds and cheats in what it is still given"},
    Kind{"aged-account", Group::aged, 1,
         with(aged(Conduct::forge, Tier::entry), [](Plan& it) { it.bought = true; }),
         "buys an old key for what its tier is worth, then cheats"},

    Kind{"splice", Group::fresh, 1,
         with(cheat(Conduct::forge, kVetted), [](Plan& it) { it.workload = ClassNo{0}; }),
         "splices states that audits meet 95 times in 100"},
    Kind{"zero-state", Group::fresh, 1,
         with(cheat(Conduct::forge, kVetted), [](Plan& it) { it.workload = ClassNo{1}; }),
         "zeroes a state, so that the rest of the chain is free"},
    Kind{"withhold", Group::fresh, 1, cheat(Conduct::withhold, kVetted),
         "cheats, and withholds what is sampled"},
    Kind{"never-attest", Group::fresh, 1, cheat(Conduct::skip, 50), "accepts jobs and drops them"},
    Kind{"answer-late", Group::fresh, 1, cheat(Conduct::late, kVetted, 20'000),
         "opens only when the slash is there"},
    Kind{"offline-when-sampled", Group::fresh, 1, cheat(Conduct::vanish, kVetted),
         "cheats, and is offline once it is sampled"},
    Kind{"equivocate", Group::fresh, 1, cheat(Conduct::equivocate, kVetted, 20'000),
         "attests a job twice"},
    Kind{"frivolous-appeal", Group::fresh, 1,
         with(cheat(Conduct::forge, kVetted), [](Plan& it) { it.appeals = true; }),
         "cheats after 20 jobs, and appeals against its slash"},
    Kind{"grinding", Group::fresh, 1,
         with(cheat(Conduct::forge, kVetted), [](Plan& it) { it.foresees = true; }),
         "cheats only where it expects no audit"},
    Kind{"breaker", Group::fresh, 3,
         with(cheat(Conduct::forge, kVetted), [](Plan& it) { it.at_hour = 12; }),
         "three that cheat in the same hour, to trip the breaker"},

    Kind{"self-jobs", Group::fresh, 1, farming({6, 20, kPrice, kPrice, 1}),
         "orders 120 jobs from itself, then cheats"},
    Kind{"cheap-jobs", Group::fresh, 1, farming({6, 20, 10'000, 10'000, 40}),
         "the same at a cent each, under 40 renters' keys"},
    Kind{"wash-ring", Group::fresh, 2, farming({6, 20, kPrice, kPrice, 40}),
         "orders from one another at full price, under 40 renters' keys"},
    Kind{"class-hop", Group::fresh, 1,
         with(cheat(Conduct::forge, 200),
              [](Plan& it) {
                it.hops_from = ClassNo{0};
                it.after = After::reform;
              }),
         "200 honest in two classes, cheats in one, then works in the other"},
    Kind{"whitewash", Group::fresh, 1,
         with(cheat(Conduct::forge, kVetted), [](Plan& it) { it.after = After::new_key; }),
         "a new key after each slash"},
    Kind{"reform", Group::fresh, 3,
         with(cheat(Conduct::forge, kVetted), [](Plan& it) { it.after = After::reform; }),
         "caught once, then honest under the slashed key"},
    Kind{"reborn", Group::fresh, 3,
         with(cheat(Conduct::forge, kVetted), [](Plan& it) { it.after = After::reborn; }),
         "caught once, then honest under a new key"},
    Kind{"sybil-ring", Group::fresh, 4, cheat(Conduct::forge, kVetted), "four keys of one owner"},

    Kind{"class-spoof", Group::fresh, 1,
         with({}, [](Plan& it) { it.cost = 3 * kDollar, it.measured_ppm = 450'000; }),
         "a cheaper card than it claims"},
    Kind{"relay", Group::fresh, 2,
         with({}, [](Plan& it) { it.cost = 4 * kDollar, it.measured_ppm = 520'000; }),
         "two keys that relay to one card"},
    Kind{"framed", Group::fresh, 1, with({}, [](Plan& it) { it.framed = true; }),
         "honest; the verifier frames it, it appeals"},
    Kind{"denial-of-service", Group::fresh, 1, with({}, [](Plan& it) { it.attacked = true; }),
         "honest; taken off the net for 30 h every tenth day"},
};

}  // namespace

std::int32_t joins_on(Group group) {
  constexpr std::array<std::int32_t, kGroups> kDays{0, -26, -118};
  return kDays[static_cast<std::size_t>(group)];
}

std::span<const Kind> kinds() {
  return kKinds;
}

std::size_t kind_number(std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(kKinds, name, &Kind::name) - kKinds.begin());
}

}  // namespace assay::sim
