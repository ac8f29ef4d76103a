// A change of policy in a whole Assay: jobs of both times, their receipts, and who watches.
#include "tests/catch.h"
#include "tests/sim/world.h"
#include "verifier/audit.h"
#include "verifier/monitor/monitor.h"

namespace assay::test {
namespace {

constexpr std::int64_t kSecondMs = 1'000;

wire::Policy another() {
  wire::Policy policy = wire::demo_policy();
  policy.name = "more rows";
  policy.standard.micro = 11;
  return policy;
}

Digest digest_of(const wire::Policy& policy) {
  return wire::policy_digest(wire::policy_text(policy));
}

// A job of "honest", to its end.
Digest job_done(World& world) {
  const Digest job = world.order(world.gemm_order()).value();
  REQUIRE(world.run_until([&] { return world.job_status(job) == "settled"; }));
  return job;
}

std::optional<Code> audited(World& world, const Digest& job, std::vector<Digest> policies) {
  const compute::Engine engine(compute::CpuLevel::scalar);
  wire::Trust trust = wire::parse_trust(world.service->trust().value()).value();
  trust.policies = std::move(policies);
  const verifier::AuditOptions options{.trust = std::move(trust),
                                       .engine = engine,
                                       .random = world.random,
                                       .inputs = {},
                                       .result = {},
                                       .known_head = {},
                                       .max_age_ms = {},
                                       .now = {},
                                       .caps = {}};
  return verifier::audit_receipt(world.service->receipt(job.hex()).value(), options).code;
}

// What a monitor of the whole log finds.
std::string finds(World& world, std::vector<Digest> policies) {
  TemporaryFolder folder;
  const auto store = verifier::monitor::open_state(folder / "monitor").value();
  wire::Trust trust = wire::parse_trust(world.service->trust().value()).value();
  trust.policies = std::move(policies);
  const auto monitor =
      verifier::monitor::Monitor::open({*store, [&] { return world.service->checkpoint(); },
                                        [&](const wire::TilePath& path) {
                                          return world.service->tile(wire::tile_path_text(path));
                                        },
                                        world.clock, verifier::monitor::plans_from({})},
                                       std::move(trust), {})
          .value();
  const auto look = monitor->look();
  REQUIRE(look.ok());
  std::string all;
  for (const auto& finding : look.value().fresh) {
    all += std::string(all.empty() ? "" : " ") +
           std::string(verifier::monitor::finding_name(finding.kind));
  }
  return all.empty() ? "none" : all;
}

TEST_CASE("a policy is announced, comes into force, and each job keeps its own") {
  World world;
  world.add_provider("honest");
  const Digest first = digest_of(wire::demo_policy()), second = digest_of(another());
  const Digest before = job_done(world);

  world.next_policy = wire::policy_text(another());
  world.restart_service();
  CHECK(world.service->context().policy_digest() == first);
  CHECK(world.service->context().policies.newest().digest == second);
  const Digest announced = job_done(world);  // not in force yet
  world.run_for(30 * kSecondMs);
  CHECK(world.service->context().policy_digest() == second);
  const Digest after = job_done(world);
  world.restart_service();  // the same is announced once
  CHECK(world.service->context().policies.digests() == std::vector{first, second});
  CHECK(world.service->policy(second.hex()).value() == wire::policy_text(another()));

  CHECK(audited(world, before, {first}) == std::nullopt);
  CHECK(audited(world, announced, {first}) == std::nullopt);
  CHECK(audited(world, after, {second}) == std::nullopt);
  CHECK(audited(world, before, {second}) == Code::unbound);
  CHECK(audited(world, after, {first}) == Code::unbound);
  CHECK(audited(world, after, {first, second}) == std::nullopt);

  CHECK(finds(world, {first, second}) == "none");
  CHECK(finds(world, {first}) == "other_policy");
  CHECK(world.check_everything().ok());
}

}  // namespace
}  // namespace assay::test
