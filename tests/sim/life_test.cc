// The life of a job, from order to receipt, in one process: the stops of the README's reading
// order.
#include "core/wire/receipt.h"
#include "tests/catch.h"
#include "tests/sim/world.h"

namespace assay::test {
namespace {

using prover::Misbehave;

TEST_CASE("an honest job goes from order to match, and the score rises") {
  World world;
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return world.provider("alice").find("id") != nullptr; }));
  CHECK(world.trust_ppm("alice") == 0);

  const Result<Digest> gemm = world.order(world.gemm_order());
  REQUIRE(gemm.ok());
  CHECK(world.job_status(gemm.value()) == "open");
  REQUIRE(world.run_until([&] { return world.is_over(gemm.value()); }));
  CHECK(world.job_status(gemm.value()) == "settled");

  const Result<Digest> render = world.order(world.render_order());
  REQUIRE(render.ok());
  REQUIRE(world.run_until([&] { return world.is_over(render.value()); }));
  CHECK(world.job_status(render.value()) == "settled");

  world.run_for(5'000);
  CHECK(world.slashes_of("alice") == 0);
  CHECK(world.trust_ppm("alice") > 0);
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");

  const Result<std::string> receipt = world.service->receipt(gemm.value().hex());
  REQUIRE(receipt.ok());
  CHECK(wire::parse_case_file(receipt.value()).ok());
  CHECK(wire::check_case_file_digest(receipt.value()).ok());
}

TEST_CASE("a lazy provider is caught, slashed with evidence, and its trust is zero") {
  World world;
  world.add_provider("lazy", Misbehave::skip_steps);
  CHECK(world.jobs_until_caught("lazy", 5) == 1);
  REQUIRE(world.slashes_of("lazy") == 1);
  CHECK(world.trust_ppm("lazy") == 0);
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
}

TEST_CASE("withheld openings cost as much as fraud, and late delivery takes it back") {
  World world;
  world.add_provider("silent", Misbehave::withhold_when_sampled);
  CHECK(world.jobs_until_caught("silent", 3) == 1);
  CHECK(world.trust_ppm("silent") == 0);
  CHECK(world.check_everything().ok());
}

TEST_CASE("a job whose provider dies is timed out and matched again") {
  World world;
  world.add_provider("dies", Misbehave::never_attest);
  REQUIRE(world.run_until([&] { return world.provider("dies").find("id") != nullptr; }));
  wire::Order order = world.gemm_order();
  order.deadline_ms = 2'000;
  const Result<Digest> job = world.order(order);
  REQUIRE(job.ok());
  REQUIRE(world.run_until([&] { return world.job_status(job.value()) == "accepted"; }));
  world.add_provider("helper");
  REQUIRE(world.run_until([&] { return world.job_status(job.value()) == "settled"; }));
  CHECK(world.check_everything().ok());
}

TEST_CASE("the same seed gives the same log") {
  const auto root_after = [](std::uint64_t seed) {
    World world({.seed = seed, .policy = wire::demo_policy(), .replay = {}, .start_service = true});
    world.add_provider("alice");
    world.add_provider("bob", Misbehave::zero_state);
    for (int i = 0; i < 3; ++i) {
      const Result<Digest> job = world.order(world.gemm_order());
      if (job.ok()) world.run_until([&] { return world.is_over(job.value()); }, 10'000);
    }
    return world.service->checkpoint().value();
  };
  const std::string once = root_after(7);
  CHECK(root_after(7) == once);
  CHECK(root_after(8) != once);
}

}  // namespace
}  // namespace assay::test
