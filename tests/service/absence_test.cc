// Providers that are away: by agreement, which costs nothing, and without, which ends in jail.
#include "tests/catch.h"
#include "tests/service/devices_scene.h"

namespace assay::test {
namespace {

using wire::Outcome;

wire::Policy policy() {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  return policy;
}

}  // namespace

TEST_CASE("maintenance is announced by its provider, a day ahead, and says what is left if not") {
  Devices scene(policy());
  const UnixMillis from = scene.now + 30 * kHourMs;
  const wire::Statement told =
      wire::maintenance_statement({scene.alice.public_key(), from, from + 2 * kHourMs});
  for (const SigningKey* key : {&scene.bob, &scene.verifier, &scene.renter}) {
    CHECK(scene.say(*key, told).error().code == Code::permission);
  }
  CHECK(scene
            .say(scene.stranger,
                 wire::maintenance_statement({scene.stranger.public_key(), from, from + kHourMs}))
            .error()
            .code == Code::not_found);
  CHECK(scene.announce(23, 1).error().code == Code::conflict);
  CHECK(scene.announce(30, 5).error().what.find("where 240 min are left") != std::string::npos);
  CHECK(scene.say(scene.alice, told).ok());
  CHECK(scene.announce(31, 1).error().what.find("announced already") != std::string::npos);
  CHECK(scene.announce(40, 3).error().what.find("where 120 min are left") != std::string::npos);
  CHECK(scene.announce(40, 2).ok());
  CHECK(scene.announce(60, 1).error().code == Code::conflict);
  CHECK(scene.announce(24 * 32, 4).ok());
  CHECK(scene.check().ok());
}

TEST_CASE("windows wholly inside are excused, the others are not") {
  Devices scene(policy());
  scene.hours(10, 10);
  // Two hours and a half, from the beginning of a window on.
  const UnixMillis from = scene.now + 30 * kHourMs;
  scene.log(scene.alice,
            wire::maintenance_statement({scene.alice.public_key(), from, from + 5 * kHourMs / 2}));
  scene.hours(30, 10);
  CHECK(scene.whole_score().uptime > reputation::q30_from_ppm(900'000));
  const auto uptime = [&] {
    return reputation::parse_uptime_bytes(scene.provider_row(scene.alice).uptime).value();
  };
  const reputation::UptimeHistory before = uptime();
  scene.hours(2, 0);  // excused
  CHECK(uptime() == before);
  scene.hour(0);  // half of it is not
  CHECK(uptime().windows.size() == before.windows.size() + 1);
  CHECK(uptime().windows.back().answered == 0);
  CHECK(scene.check().ok());
}

TEST_CASE("no job may be open when maintenance begins, whichever was first") {
  SECTION("the maintenance") {
    Devices scene(policy());
    REQUIRE(scene.announce(24, 1).ok());
    CHECK(scene.accept(24 * kHourMs).ok());  // over when it begins
    scene.now.ms += kHourMs;
    const Result<reputation::Appended> refused = scene.accept(24 * kHourMs);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Code::permission);
    CHECK(refused.error().what.find("maintenance is announced from") != std::string::npos);
    scene.now.ms += 23 * kHourMs + 60'000;
    CHECK_FALSE(scene.accept(1'000).ok());  // it is on
    scene.now.ms += kHourMs;
    CHECK(scene.accept(1'000).ok());
  }
  SECTION("the job") {
    wire::Policy long_jobs = policy();
    long_jobs.job_deadline_max_ms = 48 * kHourMs;
    Devices scene(long_jobs);
    REQUIRE(scene.accept(30 * kHourMs).ok());
    const Result<reputation::Appended> refused = scene.announce(26, 1);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().what.find("a job that was accepted may be open until") !=
          std::string::npos);
    CHECK(scene.announce(30, 1).ok());
    CHECK(scene.check().ok());
  }
}

TEST_CASE("who does not answer goes to jail: no new jobs, no penalty, and a way out") {
  Devices scene(policy());
  scene.jobs(3, Outcome::match);
  const Digest job = scene.order_one();
  scene.log(scene.alice, wire::acceptance_statement(scene.acceptance(job)));
  const std::uint64_t attested =
      scene.log(scene.alice, wire::attestation_statement(scene.attestation(job, scene.alice)));
  scene.log(scene.verifier, wire::draw_statement(scene.draw()));
  scene.hours(23, 2);
  CHECK_FALSE(scene.jail().has_value());
  CHECK(scene.accept().ok());
  scene.hour(2);
  REQUIRE(scene.jail().has_value());
  CHECK(scene.jail()->week == static_cast<reputation::Q30>(reputation::divide(2, 10)));
  const Result<reputation::Appended> refused = scene.accept();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::permission);
  CHECK(refused.error().what.find("in jail") != std::string::npos);
  CHECK(scene.provider_row(scene.alice).slashes_standing == 0);
  CHECK(scene.score(scene.alice).record.slash == 0);

  SECTION("an audit that was open passes") {
    scene.log(scene.verifier, wire::verdict_statement(scene.verdict(attested, Outcome::match)));
    CHECK(scene.jail()->shown);  // but an hour it is
    CHECK_FALSE(scene.accept().ok());
    scene.hour(0);
    CHECK_FALSE(scene.jail().has_value());
  }
  SECTION("three hours answered") {
    scene.hours(2, 10);
    CHECK(scene.jail()->answered == 2);
    CHECK_FALSE(scene.accept().ok());
    scene.hour(9);
    CHECK_FALSE(scene.jail().has_value());
  }
  SECTION("hours in which nobody asked do not count, and do not break the series") {
    scene.hours(2, 10);
    scene.now.ms += 50 * kHourMs;
    CHECK(scene.jail().has_value());
    scene.hour(10);
    CHECK_FALSE(scene.jail().has_value());
  }
  CHECK(scene.accept().ok());
  scene.hours(20, 3);  // what was counts no more
  CHECK_FALSE(scene.jail().has_value());
  CHECK(scene.check().ok());
}

TEST_CASE("excused hours put nobody into jail") {
  Devices scene(policy());
  REQUIRE(scene.announce(24, 4).ok());
  scene.hours(20, 10);
  scene.hours(4, 0);
  scene.hours(4, 0);
  CHECK(reputation::parse_uptime_bytes(scene.provider_row(scene.alice).uptime)
            .value()
            .windows.size() == 24);
  CHECK_FALSE(scene.jail().has_value());
}

}  // namespace assay::test
