#include "reputation/policy/uptime_days.h"

#include <map>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/uptime_strip.h"
#include "tests/vectors.h"

namespace assay::reputation {
namespace {

// A day on which no test begins: windows of it are days 100 and so on.
constexpr std::uint64_t kFirst = 2400;

struct Both {
  UptimeHistory history;
  UptimeDays days;
  void add(std::uint64_t window, std::uint32_t answered, std::uint32_t asked) {
    enter(history, days, window, answered, asked);
  }
};

}  // namespace

TEST_CASE("uptime days hold what has left the month, and nothing else") {
  struct Entry {
    std::uint64_t window;
    std::uint32_t answered, asked;
  };
  const struct {
    const char* scenario;
    std::vector<Entry> entries;
    std::vector<UptimeDay> expect;
  } table[] = {
      {"nothing", {}, {}},
      {"nothing asked", {{kFirst, 0, 0}}, {}},
      {"all of it counts", {{kFirst, 3, 4}, {kFirst + 719, 4, 4}}, {}},
      {"one window has left", {{kFirst, 3, 4}, {kFirst + 720, 4, 4}}, {{100, 3, 4, 1}}},
      {"a day of them",
       {{kFirst, 3, 4}, {kFirst + 1, 0, 4}, {kFirst + 23, 4, 4}, {kFirst + 743, 1, 1}},
       {{100, 7, 12, 0x80'0003}}},
      {"half a day has left",
       {{kFirst, 3, 4}, {kFirst + 12, 2, 4}, {kFirst + 725, 1, 1}},
       {{100, 3, 4, 1}}},
      {"two days, one unobserved between",
       {{kFirst, 1, 1}, {kFirst + 48, 0, 1}, {kFirst + 800, 1, 1}},
       {{100, 1, 1, 1}, {102, 0, 1, 1}}},
      {"it comes too late to count", {{kFirst + 800, 1, 1}, {kFirst + 5, 2, 3}}, {{100, 2, 3, 32}}},
      {"twice, both too late",
       {{kFirst + 800, 1, 1}, {kFirst + 5, 2, 3}, {kFirst + 5, 1, 1}},
       {{100, 3, 4, 32}}},
      {"more answered than asked", {{kFirst, 9, 4}, {kFirst + 720, 1, 1}}, {{100, 4, 4, 1}}},
      {"89 days back", {{kFirst, 1, 1}, {kFirst + 89 * 24 + 23, 1, 1}}, {{100, 1, 1, 1}}},
      {"90 days back", {{kFirst + 23, 1, 1}, {kFirst + 90 * 24, 1, 1}}, {}},
      {"too late for any day", {{kFirst + 90 * 24, 1, 1}, {kFirst + 23, 1, 1}}, {}},
      {"the end of numbers",
       {{~std::uint64_t{0} - 720, 1, 2}, {~std::uint64_t{0}, 1, 1}},
       {{(~std::uint64_t{0} - 720) / 24, 1, 2,
         std::uint32_t{1} << ((~std::uint64_t{0} - 720) % 24)}}},
      {"sums beyond 32 bits",
       {{kFirst, 1, 0xffff'ffff}, {kFirst + 1, 1, 1}, {kFirst + 800, 1, 1}},
       {{100, 1, 0xffff'ffff, 1}}},
  };
  for (const auto& row : table) {
    INFO(row.scenario);
    Both it;
    UptimeHistory alone;
    for (const Entry& entry : row.entries) {
      it.add(entry.window, entry.answered, entry.asked);
      enter(alone, entry.window, entry.answered, entry.asked);
    }
    CHECK(it.days.days == row.expect);
    CHECK(it.history == alone);  // what scores are made of is as it was without days
    const Bytes bytes = uptime_days_bytes(it.days);
    const Result<UptimeDays> parsed = parse_uptime_days_bytes(bytes);
    REQUIRE(parsed.ok());
    CHECK(parsed.value() == it.days);
  }
}

TEST_CASE("uptime days: the order makes no difference, and a strip holds each window once") {
  SeededRandom random(15);
  for (int run = 0; run < 20; ++run) {
    std::vector<UptimeWindow> entries;
    std::map<std::uint64_t, UptimeWindow> all;
    for (int i = 0; i < 2000; ++i) {
      const auto asked = static_cast<std::uint32_t>(random.below(13));
      const auto answered = static_cast<std::uint32_t>(random.below(asked + std::uint64_t{1}));
      entries.push_back({kFirst + random.below(120 * 24), answered, asked});
      if (asked == 0) continue;
      UptimeWindow& window = all[entries.back().index];
      window.answered += answered;
      window.asked += asked;
    }
    Both forwards, backwards;
    for (const UptimeWindow& e : entries) forwards.add(e.index, e.answered, e.asked);
    for (auto e = entries.rbegin(); e != entries.rend(); ++e) {
      backwards.add(e->index, e->answered, e->asked);
    }
    CHECK(forwards.history == backwards.history);
    CHECK(forwards.days == backwards.days);
    CHECK(forwards.days.days.size() <= 60);
    const std::uint64_t newest = all.rbegin()->first;
    for (const std::uint64_t later : {std::uint64_t{1}, std::uint64_t{24}, std::uint64_t{700}}) {
      const std::vector<UptimeDay> strip =
          uptime_strip(forwards.history, forwards.days, newest + later);
      CHECK(strip == test::strip_of(all, newest + later));
      CHECK(strip.size() <= kStripDays);
    }
    CHECK(uptime_strip(forwards.history, forwards.days, newest + 100 * 24).empty());
  }
}

TEST_CASE("uptime days: bytes have one spelling and bad ones are refused") {
  const struct {
    const char* scenario;
    const char* bytes;
    const char* expect;
  } table[] = {
      {"empty", "", "ok"},
      {"one day", "00000000000000640c0001", "ok"},
      {"two days", "00000000000000640c0001590c03ffffff07", "ok"},
      {"90 days apart", "00000000000000640c00015a0c0001", "malformed"},
      {"90 days apart in three", "00000000000000640c0001580c0001020c0001", "malformed"},
      {"first day alone", "0000000000000064", "malformed"},
      {"first day cut short", "00000000", "malformed"},
      {"windows left out", "00000000000000640c00", "malformed"},
      {"nothing asked", "0000000000000064000001", "malformed"},
      {"more missed than asked", "00000000000000640c0d01", "malformed"},
      {"no window", "00000000000000640c0000", "malformed"},
      {"a window that no day has", "00000000000000640c0080808008", "malformed"},
      {"step of zero", "00000000000000640c0001000c0001", "malformed"},
      {"a number with a leading zero", "00000000000000648c000001", "malformed"},
      {"a number beyond 32 bits", "0000000000000064ffffffff1f0001", "malformed"},
      {"a day that no window is of", "ffffffffffffffff0c0001", "malformed"},
      {"half a day behind", "00000000000000640c000101", "malformed"},
  };
  for (const auto& row : table) {
    INFO(row.scenario);
    const Bytes bytes = from_hex(row.bytes).value();
    const Result<UptimeDays> parsed = parse_uptime_days_bytes(bytes);
    CHECK(test::answer(parsed) == row.expect);
    if (parsed.ok()) CHECK(uptime_days_bytes(parsed.value()) == bytes);
  }
}

TEST_CASE("uptime days: a full row is small") {
  Both it;
  for (std::uint64_t window = 0; window < 200 * 24; ++window) it.add(kFirst + window, 11, 12);
  CHECK(it.days.days.size() == 60);
  CHECK(it.history.windows.size() == kMonthWindows);
  CHECK(uptime_days_bytes(it.days).size() <= 8 + 60 * 8);
}

}  // namespace assay::reputation
