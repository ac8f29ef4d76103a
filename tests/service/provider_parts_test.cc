// The parts of a provider that have routes of their own say what its document says.
#include "tests/catch.h"
#include "tests/sim/world.h"

namespace assay::test {
namespace {

using api::ProviderPart;
using prover::Misbehave;
using wire::Json;

Json part(World& world, const std::string& name, ProviderPart part) {
  const Result<Json> said = world.service->provider_part(world.id_of(name), part);
  REQUIRE(said.ok());
  CHECK(said.value().find("provider")->as_string() == world.id_of(name));
  return said.value();
}

TEST_CASE("history ends with the trust of now, audits count what the score counts") {
  World world;
  world.add_provider("alder");
  REQUIRE(world.run_until([&] { return world.provider("alder").find("id") != nullptr; }));
  for (int i = 0; i < 4; ++i) {
    const Result<Digest> job = world.order(world.gemm_order(), "alder");
    REQUIRE(job.ok());
    REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  }
  const Json history = part(world, "alder", ProviderPart::history);
  const auto& points = history.find("points")->items();
  REQUIRE_FALSE(points.empty());
  CHECK(*points.back().find("trust_ppm")->as_u64() == world.trust_ppm("alder"));
  for (std::size_t i = 1; i < points.size(); ++i) {
    CHECK(*points[i - 1].find("epoch")->as_u64() < *points[i].find("epoch")->as_u64());
  }
  const Json audits = part(world, "alder", ProviderPart::audits);
  REQUIRE(audits.find("audits")->items().size() == 4);
  CHECK(*audits.find("total")->as_u64() == 4);
  std::uint64_t newer = ~std::uint64_t{0};
  for (const Json& it : audits.find("audits")->items()) {
    CHECK(it.find("event")->as_string() == "pass");
    CHECK(it.find("class")->as_string() == "cpu/gemm@1");
    CHECK(*it.find("leaf")->as_u64() < newer);
    newer = *it.find("leaf")->as_u64();
  }
}

TEST_CASE("devices and slashes are those of the provider's document, and nobody else's") {
  World world;
  world.add_provider("alder");
  world.add_provider("liar", Misbehave::random_output);
  REQUIRE(world.run_until([&] { return world.provider("alder").find("id") != nullptr; }));
  REQUIRE(world.jobs_until_caught("liar", 3) == 1);
  const Json slashes = part(world, "liar", ProviderPart::slashes);
  REQUIRE(slashes.find("slashes")->items().size() == 1);
  CHECK(slashes.find("slashes")->dump() == world.provider("liar").find("slashes")->dump());
  CHECK(part(world, "alder", ProviderPart::slashes).find("slashes")->items().empty());
  const Json devices = part(world, "liar", ProviderPart::devices);
  CHECK(devices.find("device_class")->as_string() == "cpu");
  CHECK(devices.find("claims")->dump() == world.provider("liar").find("claims")->dump());
  REQUIRE(devices.find("classes")->items().size() == 1);
  CHECK(devices.find("classes")->items()[0].find("performance_state")->as_string() == "unmeasured");
  // A fraud counts in every class, so that it names none.
  const Json audits = part(world, "liar", ProviderPart::audits);
  REQUIRE(audits.find("audits")->items().size() == 1);
  CHECK(audits.find("audits")->items()[0].find("event")->as_string() == "proven");
  CHECK(audits.find("audits")->items()[0].find("class") == nullptr);
  // Before anything was audited there is no history.
  CHECK(part(world, "alder", ProviderPart::history).find("points")->items().empty());
}

TEST_CASE("nobody of that id, or no id at all: said so, whatever part is asked for") {
  World world;
  for (const ProviderPart one : {ProviderPart::history, ProviderPart::audits, ProviderPart::devices,
                                 ProviderPart::slashes}) {
    INFO(api::part_path(one));
    CHECK(world.service->provider_part(std::string(64, 'a'), one).error().code == Code::not_found);
    CHECK(world.service->provider_part("x", one).error().code == Code::malformed);
  }
}

}  // namespace
}  // namespace assay::test
