#include "core/base/time.h"

#include "tests/catch.h"

using namespace assay;

TEST_CASE("Time is written as RFC 3339 in UTC with milliseconds") {
  const std::pair<std::int64_t, const char*> cases[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1, "1970-01-01T00:00:00.001Z"},
      {999, "1970-01-01T00:00:00.999Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
      {-1000, "1969-12-31T23:59:59.000Z"},
      {-1001, "1969-12-31T23:59:58.999Z"},
      {951782400000, "2000-02-29T00:00:00.000Z"},
      {1709164800123, "2024-02-29T00:00:00.123Z"},
      {2147483648000, "2038-01-19T03:14:08.000Z"},
      {253402300799999, "9999-12-31T23:59:59.999Z"},
      {-62135596800000, "0001-01-01T00:00:00.000Z"},
  };
  for (const auto& [ms, text] : cases) CHECK(to_rfc3339({ms}) == text);
}

TEST_CASE("A manual clock stands still, moves when told, and its wall may be set apart") {
  ManualClock clock({1000});
  CHECK(clock.unix_now() == UnixMillis{1000});
  clock.sleep(250);
  CHECK(clock.unix_now() == UnixMillis{1250});
  CHECK(clock.steady_now() - SteadyMillis{0} == 250);
  clock.sleep(0);
  clock.sleep(-5);
  CHECK(clock.steady_now() - SteadyMillis{0} == 250);
  clock.step_wall(-5000);
  CHECK(clock.unix_now() == UnixMillis{-3750});
  CHECK(clock.steady_now() - SteadyMillis{0} == 250);
}

TEST_CASE("The system clock is of this century, and its steady side passes with sleep") {
  Clock& clock = system_clock();
  CHECK(clock.unix_now() > UnixMillis{1704067200000});
  CHECK(clock.unix_now() < UnixMillis{4102444800000});
  const SteadyMillis before = clock.steady_now();
  clock.sleep(20);
  CHECK(clock.steady_now() - before >= 19);
  clock.sleep(-1'000'000);
  CHECK(clock.steady_now() - before < 60'000);
}
