// Who lives in an economy: the strategies of the adversary table, each as data. Values; any thread.
#pragma once

#include <climits>
#include <span>
#include <string_view>

#include "tests/sim/economy/book.h"

namespace assay::sim {

// When its keys joined: on day 0; 26 days before, which is 500 jobs; 118 days before, which is
// what Ultra-High takes.
enum class Group : std::uint8_t { fresh, seasoned, aged };
inline constexpr std::size_t kGroups = 3;
std::int32_t joins_on(Group group);

// What is done with one job.
enum class Conduct : std::uint8_t {
  honest,
  forge,       // a wrong result, made for nothing
  withhold,    // the same, and when it is sampled its openings never come
  vanish,      // the same, but offline as soon as it is sampled
  late,        // right, but opened only when the slash is there
  equivocate,  // right, and attested twice
  skip,        // accepted and never attested
};

// What a cheat does that has been caught.
enum class After : std::uint8_t {
  quit,
  reform,   // goes on with the slashed key, honestly
  new_key,  // and cheats again
  reborn,   // a new key, and honest from then on
};

// Jobs that a provider orders from itself, under renters' keys of its own.
struct Farm {
  std::uint32_t days = 0;  // from joining on; in that time it takes no other jobs
  std::uint32_t jobs_a_day = 0;
  std::uint64_t price = 0;
  std::uint64_t work = 0;
  std::uint32_t renters = 1;
};

struct Plan {
  Conduct conduct = Conduct::honest;
  // It cheats when all of these hold.
  std::uint32_t after_jobs = 0;  // with any, only in classes that it is vetted in
  Tier from_tier = Tier::entry;
  std::int32_t from_day = INT_MIN;
  bool last_day_only = false;
  std::uint32_t share_ppm = kMillion;
  std::uint32_t honest_days = 0, cheat_days = 0;  // in turn; 0: always
  std::optional<std::uint32_t> at_hour = {};      // of the day
  bool foresees = false;                          // only where the draw will not fall on it
  std::optional<ClassNo> workload = {};           // takes this kind of work alone
  std::optional<ClassNo> hops_from = {};  // works in both, cheats in this, goes on in the other

  After after = After::quit;
  std::uint64_t bond = 200 * kDollar;
  std::uint64_t cost = kHonestCost;          // of an honest job
  bool bought = false;                       // the key was, for what its tier is worth, on day 0
  std::optional<std::int32_t> unbonds = {};  // on this day; INT_MAX: after the last
  std::uint32_t measured_ppm = 990'000;      // by hardware rounds, of what it claims
  Farm farm = {};
  bool appeals = false;   // although it cheated
  bool framed = false;    // by a verifier that lies
  bool attacked = false;  // taken off the net while it is at work
};

struct Kind {
  std::string_view name;
  Group group = Group::fresh;
  unsigned keys = 1;  // in a market that has it
  Plan plan;
  std::string_view what;
};

// Every strategy; honest providers of each group come first, in the order of groups.
std::span<const Kind> kinds();
std::size_t kind_number(std::string_view name);  // kinds().size() where there is none

}  // namespace assay::sim
