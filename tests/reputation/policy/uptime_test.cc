#include "reputation/policy/uptime.h"

#include <sstream>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/vectors.h"

namespace assay::reputation {
namespace {

UptimeHistory history_of(const test::Vector& vector) {
  UptimeHistory history;
  for (const std::string& text : vector.all("run")) {
    std::uint64_t first = 0, many = 0;
    std::uint32_t answered = 0, asked = 0;
    std::istringstream in(text);
    in >> first >> many >> answered >> asked;
    REQUIRE(in);
    for (std::uint64_t i = 0; i < many; ++i) enter(history, first + i, answered, asked);
  }
  return history;
}

}  // namespace

TEST_CASE("uptime and its bytes are those of the vectors") {
  const auto vectors =
      test::load_vectors("uptime",
                         {"current", "run", "month_q30", "week_q30", "day_q30", "mean_q30",
                          "observed", "incidents", "uptime_q30", "uptime_ppm", "bytes"},
                         30);
  for (const test::Vector& vector : vectors) {
    INFO(vector.name());
    REQUIRE(vector.expect() == "ok");
    const UptimeHistory history = history_of(vector);
    const UptimeScore score = measure_uptime(history, vector.number("current"));
    CHECK(score.month == vector.number("month_q30"));
    CHECK(score.week == vector.number("week_q30"));
    CHECK(score.day == vector.number("day_q30"));
    CHECK(score.mean == vector.number("mean_q30"));
    CHECK(score.observed == vector.number("observed"));
    CHECK(score.incidents == vector.number("incidents"));
    CHECK(score.uptime == vector.number("uptime_q30"));
    CHECK((Wide{score.uptime} * 1'000'000) >> 30 == vector.number("uptime_ppm"));
    CHECK(uptime(history, vector.number("current")) == score.uptime);
    CHECK(to_hex(uptime_bytes(history)) == vector.text("bytes"));
    const Result<UptimeHistory> parsed = parse_uptime_bytes(vector.bytes("bytes"));
    REQUIRE(parsed.ok());
    CHECK(parsed.value() == history);
  }
}

TEST_CASE("the order in which windows are entered does not matter") {
  SeededRandom random(5);
  for (int run = 0; run < 20; ++run) {
    std::vector<UptimeWindow> entries;
    for (int i = 0; i < 400; ++i) {
      const auto asked = static_cast<std::uint32_t>(random.below(13));
      const auto answered = static_cast<std::uint32_t>(random.below(asked + std::uint64_t{1}));
      entries.push_back({1000 + random.below(1000), answered, asked});
    }
    UptimeHistory forwards, backwards;
    for (const UptimeWindow& e : entries) enter(forwards, e.index, e.answered, e.asked);
    for (auto e = entries.rbegin(); e != entries.rend(); ++e) {
      enter(backwards, e->index, e->answered, e->asked);
    }
    CHECK(forwards == backwards);
    CHECK(forwards.windows.size() <= kMonthWindows);
    for (std::uint64_t now = 900; now < 3000; now += 50) CHECK(uptime(forwards, now) <= kOne);
  }
}

TEST_CASE("an unobserved window changes nothing") {
  UptimeHistory history;
  for (std::uint64_t window = 0; window < 300; ++window) enter(history, window, 11, 12);
  const UptimeHistory before = history;
  enter(history, 300, 0, 0);
  CHECK(history == before);
}

TEST_CASE("a missed probe never raises uptime") {
  SeededRandom random(6);
  for (int run = 0; run < 300; ++run) {
    UptimeHistory better;
    for (std::uint64_t window = 0; window < 720; ++window) {
      if (random.below(3) == 0) continue;
      enter(better, window, random.below(8) == 0 ? 3 : 10, 12);
    }
    UptimeHistory worse = better;
    --worse.windows[random.below(worse.windows.size())].answered;
    CHECK(uptime(worse, 720) <= uptime(better, 720));
  }
}

TEST_CASE("counts that cannot be are entered as what can be") {
  UptimeHistory history;
  enter(history, 5, 20, 10);
  CHECK(history.windows == std::vector<UptimeWindow>{{5, 10, 10}});
  enter(history, 5, 1, 0xffff'ffff);  // beyond 32 bits together
  CHECK(history.windows == std::vector<UptimeWindow>{{5, 10, 10}});
  enter(history, ~std::uint64_t{0}, 1, 1);
  CHECK(history.windows == std::vector<UptimeWindow>{{~std::uint64_t{0}, 1, 1}});
  enter(history, 5, 1, 1);  // by now far in the past
  CHECK(history.windows.size() == 1);
}

TEST_CASE("uptime bytes have one spelling and bad ones are refused") {
  const struct {
    const char* scenario;
    const char* bytes;
    const char* expect;
  } table[] = {
      {"empty", "", "ok"},
      {"one window", "00000000000000050c00", "ok"},
      {"two windows", "00000000000000050c00010c03", "ok"},
      {"widest number", "0000000000000005ffffffff0f00", "ok"},
      {"719 windows apart", "00000000000000050c00cf050c00", "ok"},
      {"720 windows apart", "00000000000000050c00d0050c00", "malformed"},
      {"index cut short", "000000000000", "malformed"},
      {"index alone", "0000000000000005", "malformed"},
      {"missed left out", "00000000000000050c", "malformed"},
      {"nothing asked", "00000000000000050000", "malformed"},
      {"more missed than asked", "00000000000000050c0d", "malformed"},
      {"step of zero", "00000000000000050c00000c00", "malformed"},
      {"number with a leading zero", "00000000000000058c0000", "malformed"},
      {"number beyond 32 bits", "0000000000000005ffffffff1f00", "malformed"},
      {"number that does not end", "0000000000000005ffffffffff0f00", "malformed"},
      {"index wraps", "ffffffffffffffff0c00010c00", "malformed"},
      {"half a window behind", "00000000000000050c0001", "malformed"},
  };
  for (const auto& row : table) {
    INFO(row.scenario);
    const Bytes bytes = from_hex(row.bytes).value();
    const Result<UptimeHistory> parsed = parse_uptime_bytes(bytes);
    CHECK(test::answer(parsed) == row.expect);
    if (parsed.ok()) CHECK(uptime_bytes(parsed.value()) == bytes);
  }
}

TEST_CASE("whatever bytes parse are spelled the same again") {
  SeededRandom random(8);
  UptimeHistory history;
  for (std::uint64_t window = 100; window < 200; window += 1 + random.below(3)) {
    enter(history, window, static_cast<std::uint32_t>(random.below(200)), 200);
  }
  const Bytes good = uptime_bytes(history);
  std::size_t parsed_count = 0;
  for (int run = 0; run < 20'000; ++run) {
    Bytes bytes = good;
    bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
    bytes.resize(bytes.size() - random.below(3));
    const Result<UptimeHistory> parsed = parse_uptime_bytes(bytes);
    if (!parsed.ok()) continue;
    ++parsed_count;
    REQUIRE(uptime_bytes(parsed.value()) == bytes);
  }
  CHECK(parsed_count > 100);
}

}  // namespace assay::reputation
