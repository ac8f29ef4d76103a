#include "reputation/policy/breaker.h"

#include "tests/catch.h"

namespace assay::reputation {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr UnixMillis kNow{1'780'000'000'000};

Failure failing(const std::string& provider, std::vector<std::string> parts = {"kernel k"},
                std::int64_t minutes_ago = 0) {
  return {.time = kNow + -minutes_ago * kMinute,
          .provider = sha256(as_bytes(provider)),
          .bonded = true,
          .parts = std::move(parts),
          .devices = {"card of " + provider},
          .by_definition = false};
}

bool holds(const Failure& failure, const std::vector<Failure>& recent,
           std::optional<UnixMillis> held_since = {}) {
  return held_by_breaker(failure, recent, held_since).has_value();
}

}  // namespace

TEST_CASE("three bonded, unrelated providers with something in common within an hour trip it") {
  const Failure own = failing("a");
  CHECK_FALSE(holds(own, {}));
  CHECK_FALSE(holds(own, {failing("b")}));
  CHECK(held_by_breaker(own, std::vector{failing("b"), failing("c")}, {}) == "kernel k");
  CHECK(holds(own, {failing("b", {"kernel k"}, 59), failing("c", {"kernel k"}, 59)}));
  CHECK_FALSE(holds(own, {failing("b", {"kernel k"}, 59), failing("c", {"kernel k"}, 60)}));
  CHECK(holds(failing("a", {"kernel k"}, 59), {failing("b"), failing("c")}));  // whoever was first
  CHECK_FALSE(holds(failing("a", {"kernel k"}, 60), {failing("b"), failing("c")}));
}

TEST_CASE("one thing must be common to all: two pairs are not three") {
  const Failure own = failing("a", {"driver 1", "kernel k"});
  CHECK_FALSE(holds(own, {failing("b", {"driver 1"}), failing("c", {"kernel k"})}));
  CHECK(held_by_breaker(
            own, std::vector{failing("b", {"driver 1"}), failing("c", {"kernel l", "driver 1"})},
            {}) == "driver 1");
  CHECK_FALSE(holds(failing("a", {}), {failing("b", {}), failing("c", {})}));
}

TEST_CASE("the same provider, or relatives, count once") {
  const Failure own = failing("a");
  CHECK_FALSE(holds(own, {failing("b"), failing("b"), failing("a")}));
  Failure cousin = failing("c");
  cousin.devices = {"card of b"};
  CHECK_FALSE(holds(own, {failing("b"), cousin}));
  // Through others too: d shares with b and with a.
  Failure link = failing("d");
  link.devices = {"card of b", "card of a"};
  CHECK_FALSE(holds(own, {failing("b"), link}));
  CHECK_FALSE(holds(own, {link, failing("b"), cousin}));
  CHECK(holds(own, {failing("b"), cousin, failing("e")}));
}

TEST_CASE("what costs nothing trips nothing, and holds nothing") {
  const Failure own = failing("a");
  Failure poor = failing("b");
  poor.bonded = false;
  CHECK_FALSE(holds(own, {poor, failing("c")}));
  CHECK(holds(own, {poor, failing("c"), failing("d")}));
  Failure unbonded = own;
  unbonded.bonded = false;
  CHECK_FALSE(holds(unbonded, {failing("c"), failing("d")}));
}

TEST_CASE("the scalar definition overrides it, on both sides") {
  Failure convicted = failing("a");
  convicted.by_definition = true;
  CHECK_FALSE(holds(convicted, {failing("b"), failing("c")}));
  Failure other = failing("b");
  other.by_definition = true;
  CHECK_FALSE(holds(failing("a"), {other, failing("c")}));
}

TEST_CASE("a penalty is put off for a day at most") {
  const std::vector<Failure> recent{failing("b"), failing("c")};
  CHECK(holds(failing("a"), recent, kNow));
  CHECK(holds(failing("a"), recent, kNow + -(kBreakerHoldMaxMs - 1)));
  CHECK_FALSE(holds(failing("a"), recent, kNow + -kBreakerHoldMaxMs));
}

}  // namespace assay::reputation
