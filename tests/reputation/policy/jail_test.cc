#include "reputation/policy/jail.h"

#include <algorithm>

#include "core/base/random.h"
#include "tests/catch.h"

namespace assay::reputation {
namespace {

constexpr std::uint64_t kFirst = 500'000;

// One letter a window: 'u' answered, 'd' down, 'h' answered by half, '.' not observed.
UptimeHistory history_of(const std::string& windows) {
  UptimeHistory history;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (windows[i] == '.') continue;
    const std::uint32_t answered = windows[i] == 'u' ? 12 : windows[i] == 'h' ? 6 : 0;
    enter(history, kFirst + i, answered, 12);
  }
  return history;
}

std::string times(std::size_t count, const std::string& windows) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += windows;
  return all;
}

}  // namespace

TEST_CASE("who answers less than 60 % of seven days goes to jail, and comes out by what it shows") {
  const std::string day_down = times(24, "d");
  const std::string week = times(144, "u");
  const struct {
    const char* what;
    std::string windows;
    std::vector<std::uint64_t> passes;  // of the windows
    std::optional<std::uint64_t> since;
    bool shown;
  } rows[] = {
      {"nothing known", "", {}, {}, false},
      {"23 windows down: too few to judge", times(23, "d"), {}, {}, false},
      {"24 windows down", day_down, {}, 24, false},
      {"unobserved windows say nothing", times(23, "d.."), {}, {}, false},
      {"nor do they hide", times(24, "d."), {}, 47, false},
      {"exactly 60 %", times(12, "uuudd"), {}, {}, false},
      {"a little less", times(12, "uuudd") + "d", {}, 61, false},
      {"a day down after a good week", week + day_down, {}, {}, false},
      {"68 windows down after 144 that were not", week + times(3, day_down), {}, 212, false},
      {"three windows answered, the first hour over", day_down + "uuu", {}, {}, false},
      {"two answered", day_down + "uu", {}, 24, false},
      {"two, one down, two", day_down + "uuduu", {}, 24, false},
      {"half is not answered", day_down + times(9, "h"), {}, 24, false},
      {"an audit passed before", day_down + "d", {20, 23}, 24, false},
      {"an audit passed in its first hour: not over yet", day_down, {24}, 24, true},
      {"an audit passed, an hour later", day_down + ".", {24}, {}, false},
      {"what led there counts once", day_down + "uuu" + times(20, "d"), {}, {}, false},
      {"and then again", day_down + "uuu" + times(24, "d"), {}, 51, false},
  };
  for (const auto& it : rows) {
    INFO(it.what);
    std::vector<std::uint64_t> passes;
    for (const std::uint64_t pass : it.passes) passes.push_back(kFirst + pass);
    const UptimeHistory history = history_of(it.windows);
    const std::uint64_t now = kFirst + it.windows.size();
    const std::optional<Jail> jail = jailed(history, passes, now);
    CHECK(jail.has_value() == it.since.has_value());
    if (!jail || !it.since) continue;
    CHECK(jail->since == kFirst + *it.since);
    CHECK(jail->shown == it.shown);
    CHECK(may_be_jailed(history, now));
  }
}

TEST_CASE("jail follows from the windows and the passes, whatever order they came in") {
  SeededRandom random(1);
  for (int run = 0; run < 200; ++run) {
    std::string windows;
    char mode = 'u';
    for (int i = 0; i < 700; ++i) {
      if (random.below(40) == 0) mode = "udh."[random.below(4)];
      windows.push_back(random.below(5) == 0 ? 'u' : mode);
    }
    std::vector<std::uint64_t> passes;
    for (int i = 0; i < 6; ++i) passes.push_back(kFirst + random.below(700));
    std::ranges::sort(passes);
    const UptimeHistory history = history_of(windows);
    UptimeHistory shuffled;
    std::vector<UptimeWindow> order = history.windows;
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    for (const UptimeWindow& it : order) enter(shuffled, it.index, it.answered, it.asked);
    for (std::uint64_t now = kFirst; now <= kFirst + 700; now += 35) {
      const std::optional<Jail> jail = jailed(history, passes, now);
      CHECK(jail == jailed(shuffled, passes, now));
      if (!may_be_jailed(history, now)) CHECK_FALSE(jail.has_value());
      // What was logged later changes nothing about then.
      UptimeHistory until;
      for (const UptimeWindow& it : history.windows) {
        if (it.index < now) enter(until, it.index, it.answered, it.asked);
      }
      CHECK(jail == jailed(until, passes, now));
    }
  }
}

TEST_CASE("who is there again is free within four hours and stays so") {
  const UptimeHistory history = history_of(times(200, "d") + times(400, "u"));
  CHECK(jailed(history, {}, kFirst + 202).has_value());
  for (std::uint64_t now = kFirst + 203; now < kFirst + 600; ++now) {
    CHECK_FALSE(jailed(history, {}, now).has_value());
  }
}

}  // namespace assay::reputation
