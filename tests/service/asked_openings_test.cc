// A renter who wants to see positions of his own choosing: asked of the service, opened by the
// provider, computed again by the audit, for every workload that has states to open.
#include "verifier/service/asked_openings.h"
#include "tests/catch.h"
#include "tests/sim/workload_orders.h"
#include "verifier/audit.h"

namespace assay::test {
namespace {

using verifier::AuditOptions;
using verifier::AuditReport;
using verifier::CheckStatus;
using wire::Json;

const compute::Engine& engine() {
  static const compute::Engine one(compute::best_cpu_level(), 1);
  return one;
}

std::string text_of(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  return value == nullptr ? "" : value->as_string();
}

// As `assay audit --verifier` does it, in the world's time.
verifier::AuditSources sources_in(World& world, std::int64_t wait_ms = 20'000) {
  verifier::AuditSources sources;
  sources.opening = [&world, wait_ms](const Digest& job,
                                      const wire::OpeningRequest& request) -> Result<Bytes> {
    Json document;
    Status failed;
    const auto ask = [&] {
      const Result<Json> asked =
          world.service->ask_opening(job.hex(), wire::opening_request_text(request));
      if (!asked.ok()) failed = asked.error();
      if (asked.ok()) document = asked.value();
      return !failed.ok() || text_of(document, "status") == "opened";
    };
    if (!world.run_until(ask, wait_ms)) return fail(Code::inconclusive, "nobody opened it");
    if (!failed.ok()) return failed.error();
    return world.service->get_blob(Digest::parse_hex(text_of(document, "blob")).value());
  };
  sources.result = [&world](const Digest& job) { return world.service->result(job.hex()); };
  return sources;
}

struct Held {
  wire::Trust trust;
  std::string receipt;
  compute::InputSource inputs;
};

Held held_of(World& world, const Digest& job) {
  return {wire::parse_trust(world.service->trust().value()).value(),
          world.service->receipt(job.hex()).value(), world.service->context().inputs()};
}

AuditReport audit(World& world, const Held& held, std::uint32_t replay,
                  verifier::AuditSources sources) {
  AuditOptions options{.trust = held.trust,
                       .engine = engine(),
                       .random = world.random,
                       .inputs = held.inputs,
                       .result = {},
                       .replay = replay,
                       .sources = std::move(sources),
                       .known_head = {},
                       .max_age_ms = {},
                       .now = {},
                       .caps = {}};
  return verifier::audit_receipt(held.receipt, options);
}

// Registers alice, whose job of this order runs to its end.
Digest run(World& world, const std::function<wire::Order(World&)>& make,
           std::optional<prover::Misbehave> cheat = {}) {
  world.add_provider("alice", cheat);
  REQUIRE(world.run_until([&] { return world.provider("alice").find("id") != nullptr; }));
  const Result<Digest> job = world.order(make(world), "alice");
  REQUIRE(job.ok());
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  world.run_for(1'000);
  return job.value();
}

std::string failure_of(const AuditReport& report) {
  return report.failure ? report.failure->what : "";
}

struct Workload {
  const char* name;
  std::function<wire::Order(World&)> make;
  std::uint32_t replay;
  const char* unit;  // of the bound that it gives
  std::uint64_t picks;
};

const Workload kWorkloads[] = {
    {"gemm", [](World& world) { return world.gemm_order(); }, 4, "rows", 4},
    {"render", [](World& world) { return world.render_order(); }, 2, "units", 2},
    {"text", [](World& world) { return text_order(world); }, 5, "pairs", 5},
    {"train", [](World& world) { return train_order(world); }, 3, "steps", 3},
    {"lattice", [](World& world) { return lattice_order(world); }, 6, "pairs", 6},
    {"bodies", [](World& world) { return bodies_order(world); }, 4, "pairs", 4},
};

TEST_CASE("positions of one's own choosing are computed again, whatever the workload") {
  for (const Workload& it : kWorkloads) {
    INFO(it.name);
    World world;
    const Digest job = run(world, it.make);
    const Held held = held_of(world, job);
    const AuditReport report = audit(world, held, it.replay, sources_in(world));
    CHECK(failure_of(report) == "");
    CHECK(report.facts.own_unavailable.empty());
    CHECK(report.facts.own_replayed == it.picks);
    REQUIRE(report.facts.own_bound);
    CHECK(report.facts.own_bound->unit == it.unit);
    CHECK(report.facts.own_bound->picks == it.picks);
    CHECK(world.check_everything().ok());
  }
}

TEST_CASE("what nobody opens is unavailable, and no fault of anybody") {
  World world;
  const Digest job = run(world, [](World& w) { return train_order(w); });
  const Held held = held_of(world, job);
  world.drop_agent("alice");
  const AuditReport report = audit(world, held, 3, sources_in(world, 2'000));
  CHECK(failure_of(report) == "");
  CHECK(report.exit_code() == 0);
  CHECK(report.facts.own_unavailable.size() == 3);
  CHECK(report.facts.own_unavailable[0].starts_with("step "));
  CHECK(report.facts.own_replayed == 0);
  CHECK_FALSE(report.facts.own_bound);
  bool said = false;
  for (const verifier::Check& check : report.checks) {
    said = said || (check.status == CheckStatus::skipped &&
                    check.detail.find("unavailable: 3 of 3") != std::string::npos);
  }
  CHECK(said);
  CHECK(world.slashes_of("alice") == 0);

  // It is back: what was asked for is opened at once.
  world.restart_agent("alice");
  const AuditReport later = audit(world, held, 4, sources_in(world));
  CHECK(failure_of(later) == "");
  REQUIRE(later.facts.own_bound);
  CHECK(later.facts.own_bound->picks == 4);
}

TEST_CASE("a source that lies about an opening or a result is unavailable too") {
  World world;
  const Digest train = run(world, [](World& w) { return train_order(w); });
  verifier::AuditSources lying = sources_in(world);
  const auto honest = lying.opening;
  const Held held = held_of(world, train);
  const std::pair<const char*, std::function<Result<Bytes>(Bytes)>> lies[] = {
      {"nothing", [](Bytes) -> Result<Bytes> { return Bytes{}; }},
      {"a flipped bit",
       [](Bytes bytes) -> Result<Bytes> {
         bytes[bytes.size() / 2] ^= 1;
         return bytes;
       }},
      {"an error", [](Bytes) -> Result<Bytes> { return fail(Code::network, "no answer"); }},
  };
  for (const auto& [name, lie] : lies) {
    INFO(name);
    lying.opening = [&](const Digest& job, const wire::OpeningRequest& request) -> Result<Bytes> {
      Result<Bytes> file = honest(job, request);
      if (!file.ok()) return file;
      return lie(std::move(file).value());
    };
    const AuditReport report = audit(world, held, 2, lying);
    CHECK(failure_of(report) == "");
    CHECK(report.facts.own_unavailable.size() == 2);
    CHECK_FALSE(report.facts.own_bound);
  }
}

TEST_CASE("a wrong step that the verifier's draw missed is met by one's own") {
  // One link of four is broken, and a draw looks at one step: some job of these passes.
  World world;
  Digest job = run(
      world, [](World& w) { return train_order(w); }, prover::Misbehave::skip_one_step);
  for (int tries = 0; tries < 8 && world.job_status(job) != "settled"; ++tries) {
    const std::string name = "other" + std::to_string(tries);
    world.add_provider(name, prover::Misbehave::skip_one_step);
    REQUIRE(world.run_until([&] { return world.provider(name).find("id") != nullptr; }));
    const Result<Digest> next = world.order(train_order(world), name);
    REQUIRE(next.ok());
    job = next.value();
    REQUIRE(world.run_until([&] { return world.is_over(job); }));
    world.run_for(1'000);
  }
  REQUIRE(world.job_status(job) == "settled");
  const Held held = held_of(world, job);
  CHECK(audit(world, held, 0, {}).ok());
  const AuditReport report = audit(world, held, 4, sources_in(world));
  CHECK(report.code == Code::mismatch);
  CHECK_FALSE(report.facts.own_bound);
}

TEST_CASE("what may be asked for is bounded, and what cannot be is refused in words") {
  World world;
  const Digest job = run(world, [](World& w) { return train_order(w); });
  verifier::Service& service = *world.service;
  const auto code_of = [&](const std::string& id, const std::string& request) {
    const Result<Json> asked = service.ask_opening(id, request);
    return asked.ok() ? std::string("ok") : code_name(asked.error().code);
  };
  const std::pair<const char*, const char*> requests[] = {
      {R"({"positions":[1],"rows":[],"pairs":[]})", "ok"},
      {R"({"positions":[[1,4]],"rows":[],"pairs":[]})", "ok"},
      {R"({"positions":[5],"rows":[],"pairs":[]})", "malformed"},
      {R"({"positions":[0],"rows":[],"pairs":[]})", "malformed"},
      {R"({"positions":[2,1],"rows":[],"pairs":[]})", "malformed"},
      {R"({"positions":[],"rows":[1],"pairs":[]})", "malformed"},
      {R"({"positions":[],"rows":[],"pairs":[1]})", "malformed"},
      {R"({"positions":[],"rows":[],"pairs":[]})", "malformed"},
      {R"({"positions":[1],"rows":[],"pairs":[],"more":1})", "malformed"},
      {R"({"positions":[1]})", "malformed"},
      {"[]", "malformed"},
  };
  for (const auto& [request, code] : requests) {
    INFO(request);
    CHECK(code_of(job.hex(), request) == code);
  }
  CHECK(code_of("abc", requests[0].first) == "malformed");
  CHECK(code_of(sha256(as_bytes("no job")).hex(), requests[0].first) == "not_found");

  CHECK(code_of(job.hex(), requests[0].first) == "ok");  // again: how it stands
  const Status given = service.give_opening(sha256(as_bytes("unknown")), as_bytes("x"));
  CHECK(given.error().code == Code::not_found);
  const Digest id =
      wire::opening_request_id(job, wire::parse_opening_request(requests[0].first).value());
  CHECK_FALSE(service.give_opening(id, as_bytes("x")).ok());

  // Forgotten when nobody asks any more.
  world.run_for(verifier::kAskedKeptMs + 1'000);
  CHECK(service.give_opening(id, as_bytes("x")).error().code == Code::not_found);
  // And opened anew when somebody does.
  CHECK(world.run_until([&] {
    return text_of(service.ask_opening(job.hex(), requests[0].first).value(), "status") == "opened";
  }));

  const Result<Digest> tiles = world.order(world.render_order(), "alice");
  REQUIRE(tiles.ok());
  CHECK(code_of(tiles.value().hex(), requests[0].first) == "not_found");  // not attested yet
  REQUIRE(world.run_until([&] { return world.is_over(tiles.value()); }));
  CHECK(code_of(tiles.value().hex(), requests[0].first) == "malformed");  // nothing to open
}

TEST_CASE("one job's requests are limited in number") {
  World world;
  const Digest job = run(world, [](World& w) { return lattice_order(w); });
  world.drop_agent("alice");
  std::size_t taken = 0;
  for (std::uint64_t pair = 0; pair < verifier::kAskedOfOneJobMax + 4; ++pair) {
    const std::string text = wire::opening_request_text({{}, {}, {pair}});
    const Result<Json> asked = world.service->ask_opening(job.hex(), text);
    if (asked.ok()) ++taken;
    if (!asked.ok()) CHECK(asked.error().code == Code::rate_limited);
  }
  CHECK(taken == verifier::kAskedOfOneJobMax);
}

}  // namespace
}  // namespace assay::test
