#include "reputation/policy/maintenance.h"

#include "core/base/random.h"
#include "tests/catch.h"

namespace assay::reputation {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr UnixMillis kNow{1'780'000'000'000};

// From so many hours from now on, for so many minutes.
Maintenance in_hours(std::int64_t hours, std::int64_t minutes) {
  const UnixMillis from = kNow + hours * kHourMs;
  return {from, from + minutes * 60'000};
}

// The most that lies in any 30 days, by looking at every minute that they could begin with.
std::int64_t most_by_minutes(const std::vector<Maintenance>& all, std::int64_t hours) {
  const std::int64_t minute = 60'000;
  std::vector<std::int64_t> before{0};  // before[m]: minutes of maintenance in the first m
  for (std::int64_t m = 0; m < hours * 60; ++m) {
    const UnixMillis at = kNow + m * minute;
    const bool in = overlapping(all, at, at + minute) != nullptr;
    before.push_back(before.back() + (in ? 1 : 0));
  }
  const std::int64_t span = kMaintenanceSpanMs / minute;
  std::int64_t most = 0;
  for (std::size_t end = 0; end < before.size(); ++end) {
    const auto length = std::min<std::int64_t>(static_cast<std::int64_t>(end), span);
    most = std::max(most, before[end] - before[end - static_cast<std::size_t>(length)]);
  }
  return most * minute;
}

}  // namespace

TEST_CASE("maintenance is announced a day ahead, four hours of any 30 days, one at a time") {
  const std::vector<Maintenance> some{in_hours(48, 120), in_hours(24 * 20, 60)};
  const struct {
    const char* what;
    std::vector<Maintenance> announced;
    Maintenance wanted;
    const char* refused;  // empty: taken
  } rows[] = {
      {"a day ahead", {}, in_hours(24, 240), ""},
      {"a moment less", {}, {kNow + (24 * kHourMs - 1), kNow + 25 * kHourMs}, "24 hours ahead"},
      {"in the past", {}, in_hours(-5, 60), "24 hours ahead"},
      {"a minute too long", {}, in_hours(24, 241), "241 min of maintenance where 240 min are left"},
      {"what is left", some, in_hours(24 * 10, 60), ""},
      {"more than is left", some, in_hours(24 * 10, 61), "61 min of maintenance where 60 min"},
      {"beside one announced", some, in_hours(50, 60), ""},
      {"over one announced", some, in_hours(49, 30), "is announced already"},
      {"around one announced", some, in_hours(47, 200), "is announced already"},
      {"30 days after the first", some, in_hours(24 * 32 + 2, 180), ""},
      {"when the first is still counted", some, in_hours(24 * 31, 180), "of maintenance where"},
  };
  for (const auto& it : rows) {
    INFO(it.what);
    const Status may = may_announce(it.announced, it.wanted, kNow);
    CHECK(may.ok() == std::string(it.refused).empty());
    if (may.ok()) continue;
    INFO(may.error().what);
    CHECK(may.error().code == Code::conflict);
    CHECK(may.error().what.find(it.refused) != std::string::npos);
  }
}

TEST_CASE("whatever is announced in whatever order, no 30 days ever hold more than four hours") {
  SeededRandom random(1);
  constexpr std::int64_t kHours = 24 * 90;
  for (int run = 0; run < 60; ++run) {
    std::vector<Maintenance> announced;
    for (int i = 0; i < 40; ++i) {
      const Maintenance wanted = in_hours(24 + static_cast<std::int64_t>(random.below(kHours - 30)),
                                          1 + static_cast<std::int64_t>(random.below(240)));
      std::vector<Maintenance> all = announced;
      all.push_back(wanted);
      const bool fits = overlapping(announced, wanted.from, wanted.to) == nullptr &&
                        announced.size() < kMaintenancesMax &&
                        most_by_minutes(all, kHours) <= kMaintenanceMaxMs;
      CHECK(may_announce(announced, wanted, kNow).ok() == fits);
      if (fits) announced = all;
    }
  }
}

TEST_CASE("a window is excused when it lies wholly inside") {
  const std::vector<Maintenance> one{{UnixMillis{1'000}, UnixMillis{5'000}}};
  CHECK(is_excused(one, UnixMillis{1'000}, UnixMillis{5'000}));
  CHECK(is_excused(one, UnixMillis{2'000}, UnixMillis{3'000}));
  CHECK_FALSE(is_excused(one, UnixMillis{999}, UnixMillis{2'000}));
  CHECK_FALSE(is_excused(one, UnixMillis{4'000}, UnixMillis{5'001}));
  CHECK_FALSE(is_excused({}, UnixMillis{1'000}, UnixMillis{2'000}));
  CHECK(overlapping(one, UnixMillis{5'000}, UnixMillis{6'000}) == nullptr);
  CHECK(overlapping(one, UnixMillis{4'999}, UnixMillis{6'000}) == &one.front());
}

TEST_CASE("what nobody can ask about any more is forgotten, and nothing else") {
  std::vector<Maintenance> announced{in_hours(-24 * 61, 60), in_hours(-24 * 29, 60),
                                     in_hours(30, 60)};
  forget_past(announced, kNow);
  CHECK(announced == std::vector<Maintenance>{in_hours(-24 * 29, 60), in_hours(30, 60)});
}

}  // namespace assay::reputation
