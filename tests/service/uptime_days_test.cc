// A hundred days of hours in the log: what scores count, and what is kept of the rest to be shown.
#include "reputation/policy/uptime_days.h"

#include <map>

#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/tables.h"
#include "tests/catch.h"
#include "tests/service/devices_scene.h"
#include "tests/temporary_folder.h"
#include "tests/uptime_strip.h"

namespace assay::test {
namespace {

using reputation::UptimeDay;
using reputation::UptimeHistory;
using reputation::UptimeWindow;

wire::Policy policy() {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  return policy;
}

struct HundredDays {
  Devices scene{policy()};
  std::map<std::uint64_t, UptimeWindow> said;  // every window of alice's that was observed

  void say(std::uint64_t window, std::uint32_t answered, std::uint32_t asked) {
    wire::Uptime it = scene.uptime();
    it.window = window;
    it.rows = {{scene.alice.public_key(), answered, asked}};
    scene.log(scene.verifier, wire::uptime_statement(it));
    if (asked == 0) return;
    UptimeWindow& row = said[window];
    row.index = window;
    row.answered += answered;
    row.asked += asked;
  }
  std::uint64_t current() const { return reputation::window_of(scene.now, scene.policy); }

  // An hour of the hundred days: answered, missed in part, and a day in nine unobserved.
  void hour() {
    scene.now.ms += kHourMs;
    const std::uint64_t window = current() - 1;
    if (window / 24 % 9 != 4) say(window, window % 5 == 0 ? 7 : 12, 12);
  }
  std::vector<UptimeDay> strip() {
    const reputation::ProviderState row = scene.provider_row(scene.alice);
    return reputation::uptime_strip(reputation::parse_uptime_bytes(row.uptime).value(),
                                    reputation::parse_uptime_days_bytes(row.uptime_days).value(),
                                    current());
  }
  std::vector<UptimeDay> right_strip() const { return strip_of(said, current()); }
  // What counts is the month, whatever is shown besides.
  void scores_count_the_month() {
    UptimeHistory month;
    for (const auto& [index, it] : said) enter(month, index, it.answered, it.asked);
    CHECK(scene.provider_row(scene.alice).uptime == reputation::uptime_bytes(month));
    CHECK(scene.whole_score().uptime == reputation::uptime(month, current()));
  }
};

}  // namespace

TEST_CASE("a hundred days: thirty count, ninety are shown, and the log gives the same again") {
  HundredDays it;
  it.scene.jobs(3, wire::Outcome::match);
  for (std::uint64_t hour = 0; hour < 100 * 24; ++hour) {
    it.hour();
    if (hour % 233 != 0) continue;
    INFO(hour);
    CHECK(it.strip() == it.right_strip());
    it.scores_count_the_month();
  }
  CHECK(it.strip().size() == 80);  // of 90, ten were not observed
  const std::uint64_t days_ago = 24;
  // Said long after: within the ninety days it is shown, beyond them it is nothing, and no score
  // knows of either.
  const reputation::Q30 before = it.scene.whole_score().uptime;
  for (const auto back : std::vector<std::uint64_t>{40, 41, 60, 88, 95}) {
    it.say(it.current() - back * days_ago, 1, 3);
    CHECK(it.strip() == it.right_strip());
  }
  it.scores_count_the_month();
  CHECK(it.scene.whole_score().uptime == before);
  CHECK(it.scene.provider_row(it.scene.bob).uptime_days.empty());
  CHECK(it.scene.check().ok());

  // The same rows in the other store.
  const TemporaryFolder folder;
  const auto other = reputation::open_lmdb_store(
                         {.folder = folder / "store", .tables = reputation::tables::names()})
                         .value();
  const auto from = it.scene.store->read();
  REQUIRE(reputation::refold(*from.value(), it.scene.ledger.roles(), *other).ok());
  CHECK(reputation::compare_tables(*from.value(), *other->read().value(), reputation::tables::kAll)
            .ok());
}

}  // namespace assay::test
