// The circuit breaker in the service: when several providers with something at stake fail alike,
// penalties for withheld openings wait; convictions by the scalar definition never do.
#include "tests/catch.h"
#include "tests/service/wronged.h"

namespace assay::test {
namespace {

using prover::Misbehave;

// Three who withhold, one after the other; how many of them are slashed.
std::size_t slashed_of_three(World& world, Misbehave cheat, std::uint64_t bond_micros) {
  const std::vector<std::string> names{"one", "two", "three"};
  for (const std::string& name : names) {
    world.add_provider(name, cheat);
    REQUIRE(world.run_until([&] { return is_registered(world, name); }));
    if (bond_micros > 0) bond(world, name, bond_micros);
    REQUIRE(world.order(world.gemm_order(), name).ok());
    world.run_for(25'000);
  }
  std::size_t slashed = 0;
  for (const std::string& name : names) slashed += world.slashes_of(name);
  return slashed;
}

}  // namespace

TEST_CASE("the third of three bonded providers that withhold within an hour is not slashed yet") {
  World world({.seed = 12, .policy = policy_with_stake(), .replay = {}, .start_service = true});
  CHECK(slashed_of_three(world, Misbehave::withhold_when_sampled, 10'000'000) == 2);
  CHECK(world.slashes_of("three") == 0);
  std::vector<prover::HeardNotice> warnings = heard(world, "three", "warning");
  REQUIRE_FALSE(warnings.empty());
  CHECK(warnings.back().notice.detail.find("put off for a day at most") != std::string::npos);
  // An hour on nobody fails alike any more.
  world.clock.advance(3'600'000);
  CHECK(world.run_until([&] { return world.slashes_of("three") == 1; }));
  CHECK(world.check_everything().ok());
}

TEST_CASE("who has nothing bonded is not spared, and convictions never wait") {
  const bool convicted = GENERATE(true, false);
  World world({.seed = 13, .policy = policy_with_stake(), .replay = {}, .start_service = true});
  CHECK(slashed_of_three(world,
                         convicted ? Misbehave::skip_steps : Misbehave::withhold_when_sampled,
                         convicted ? 10'000'000 : 9'999'999) == 3);
  CHECK(world.check_everything().ok());
}

}  // namespace assay::test
