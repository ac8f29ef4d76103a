#include "reputation/policy/pass_weight.h"

#include <algorithm>
#include <array>

#include "core/base/random.h"
#include "reputation/policy/fold.h"
#include "tests/catch.h"
#include "tests/reputation/policy/cases.h"
#include "tests/vectors.h"

namespace assay::reputation {

namespace {

void check_renters(const std::string& row) {
  RowReader in(row);
  const std::uint64_t total = in.u64();
  std::vector<RenterPasses> renters(in.u64());
  for (RenterPasses& it : renters) {
    it.before = in.u64();
    it.weight = in.u64();
  }
  for (const std::uint64_t counted : capped_weights(renters, total)) CHECK(counted == in.u64());
}

}  // namespace

TEST_CASE("weights and caps are those of the vectors") {
  const auto vectors = test::load_vectors("pass_weight", {"kind", "case"}, 3);
  for (const test::Vector& vector : vectors) {
    const bool cap = vector.text("kind") == "cap";
    const bool renters = vector.text("kind") == "renters";
    REQUIRE((cap || renters || vector.text("kind") == "weight"));
    REQUIRE(vector.all("case").size() >= 100);
    for (const std::string& row : vector.all("case")) {
      INFO(row);
      if (renters) {
        check_renters(row);
        continue;
      }
      RowReader in(row);
      const std::uint64_t a = in.u64(), b = in.u64(), c = in.u64();
      const std::uint32_t weight =
          cap ? capped_weight(static_cast<std::uint32_t>(a), b, c) : pass_weight(a, b, c);
      CHECK(weight == in.u32());
    }
  }
}

TEST_CASE("up to the reference a pass weighs what it weighed before the square root") {
  for (std::uint64_t price = 0; price <= 1'000'000; price += 997) {
    CHECK(pass_weight(price, ~0ULL, 1'000'000) == price * 16 / 1'000'000);
  }
}

TEST_CASE("a dear price for no work weighs nothing, and a failure one at least") {
  CHECK(pass_weight(1'000'000'000, 0, 1'000'000) == 0);
  CHECK(pass_weight(0, 1'000'000'000, 1'000'000) == 0);
  CHECK(failure_weight(0, 0, 1'000'000) == kPassUnit);
  CHECK(failure_weight(9'000'000, 9'000'000, 1'000'000) == 3 * kPassUnit);
}

TEST_CASE("no renter holds more than a fifth of a grown mass, in whatever order jobs come") {
  SeededRandom random(1);
  std::array<std::uint64_t, 3> renters{};  // one of them pays far more than the others
  std::uint64_t total = 0;
  for (int job = 0; job < 20'000; ++job) {
    const std::size_t who = random.below(10) < 8 ? 0 : 1 + random.below(2);
    const std::uint32_t counted = capped_weight(kPassUnit, renters[who], total);
    renters[who] += counted;
    total += counted;
    CHECK(counted <= kPassUnit);
    CHECK((renters[who] <= kRenterFree || renters[who] * kRenterShare <= total || counted == 0));
  }
  // Three renters cannot fill five fifths: all of them stop.
  CHECK(total == 3 * kRenterFree);
}

TEST_CASE("of one renter, all at once or one by one is the same") {
  for (const std::uint32_t total : {0U, 64U, 300U, 320U, 700U, 5000U}) {
    for (std::uint64_t before = 0; before <= total && before < 200; before += 13) {
      for (const std::uint32_t weight : {0U, 5U, 16U, 64U}) {
        const RenterPasses one{before, weight};
        INFO(total << " " << before << " " << weight);
        CHECK(capped_weights({&one, 1}, total) ==
              std::vector<std::uint64_t>{capped_weight(weight, before, total)});
      }
    }
  }
}

TEST_CASE("what counts of an epoch does not depend on who comes first, and more never lowers it") {
  SeededRandom random(2);
  for (int run = 0; run < 2'000; ++run) {
    std::vector<RenterPasses> renters(1 + random.below(9));
    std::uint64_t total = random.below(900);
    for (RenterPasses& it : renters) {
      it = {random.below(300), random.below(5) == 0 ? random.below(2'000) : 16 * random.below(9)};
      total += it.before;
    }
    std::vector<std::uint64_t> counted = capped_weights(renters, total);
    std::vector<RenterPasses> reversed(renters.rbegin(), renters.rend());
    std::vector<std::uint64_t> other = capped_weights(reversed, total);
    std::ranges::reverse(other);
    CHECK(counted == other);
    std::uint64_t mass = total;
    for (const std::uint64_t it : counted) mass += it;
    for (std::size_t i = 0; i < renters.size(); ++i) {
      CHECK(counted[i] <= renters[i].weight);
      const std::uint64_t held = renters[i].before + counted[i];
      CHECK((counted[i] == 0 || held <= kRenterFree || held * kRenterShare <= mass));
    }
    const std::size_t more = random.below(renters.size());
    renters[more].weight += 16;
    const std::vector<std::uint64_t> then = capped_weights(renters, total);
    for (std::size_t i = 0; i < renters.size(); ++i) CHECK(then[i] >= counted[i]);
  }
}

TEST_CASE("twenty jobs paid by oneself buy four passes, not .819") {
  std::uint64_t own = 0;
  for (int job = 0; job < 20; ++job) own += capped_weight(kPassUnit, own, own);
  CHECK(own == kRenterFree);
  const auto passes = static_cast<std::uint32_t>(own / kPassUnit);
  const Record record = fold_epoch({}, {.passes = passes}, 0);
  const Q30 score = trust(record, q30_from_ppm(994'000), q30_from_ppm(970'000), kOne);
  CHECK(ppm_from_q30(score) < 600'000);
}

TEST_CASE("sixteenths wait until they are whole") {
  CHECK(carry_passes(0, 0) == WholePasses{0, 0});
  CHECK(carry_passes(15, 1) == WholePasses{1, 0});
  CHECK(carry_passes(15, 64) == WholePasses{4, 15});
  std::uint32_t carry = 0, passes = 0;
  for (int i = 0; i < 1000; ++i) {
    const WholePasses whole = carry_passes(carry, 5);
    passes += whole.passes;
    carry = whole.carry;
  }
  CHECK(passes * 16 + carry == 5000);
}

}  // namespace assay::reputation
