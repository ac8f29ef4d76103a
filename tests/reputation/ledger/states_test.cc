#include "reputation/ledger/states.h"

#include "tests/catch.h"

namespace assay::reputation::test {

TEST_CASE("a row is decoded from its one byte form alone") {
  SlashState slash;
  slash.class_name = "cpu/render@1";
  slash.fault = wire::Fault::equivocation;
  slash.severity_ppm = UINT32_MAX;
  const Bytes good = encode(slash);
  REQUIRE(decode<SlashState>(good).ok());
  CHECK(encode(decode<SlashState>(good).value()) == good);

  // Big-endian u64s after the key, and the class behind its length.
  const std::size_t fault = PublicKey::kSize + 4 + slash.class_name.size();
  const std::size_t severity = fault + 3 * 8;
  const auto refused = [&good](std::size_t at, std::uint8_t value) {
    Bytes changed = good;
    changed[at] = value;
    const Result<SlashState> row = decode<SlashState>(changed);
    return !row.ok() && row.error().code == Code::storage;
  };
  CHECK(refused(fault + 7, 3));     // no such fault
  CHECK(refused(fault, 1));         // nor this
  CHECK(refused(severity + 3, 1));  // beyond 32 bits
  Bytes longer = good;
  longer.push_back(0);
  CHECK_FALSE(decode<SlashState>(longer).ok());

  JobState job;
  job.wanted = PublicKey{};
  const Bytes wanted = encode(job);
  REQUIRE(decode<JobState>(wanted).ok());
  // order_index, policy_index, ordered, renter, two empty texts, assurance, price, deadline: then
  // the flag.
  const std::size_t flag = 8 + 8 + 8 + 32 + 4 + 4 + 3 * 8;
  REQUIRE(wanted[flag] == 1);
  Bytes other = wanted;
  other[flag] = 2;
  CHECK_FALSE(decode<JobState>(other).ok());
}

}  // namespace assay::reputation::test
