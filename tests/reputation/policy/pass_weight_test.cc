#include "reputation/policy/pass_weight.h"

#include <array>

#include "core/base/random.h"
#include "reputation/policy/fold.h"
#include "tests/catch.h"
#include "tests/reputation/policy/cases.h"
#include "tests/vectors.h"

namespace assay::reputation {

TEST_CASE("weights and caps are those of the vectors") {
  const auto vectors = test::load_vectors("pass_weight", {"kind", "case"}, 2);
  for (const test::Vector& vector : vectors) {
    const bool cap = vector.text("kind") == "cap";
    REQUIRE((cap || vector.text("kind") == "weight"));
    REQUIRE(vector.all("case").size() >= 100);
    for (const std::string& row : vector.all("case")) {
      INFO(row);
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
