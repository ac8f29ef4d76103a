#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/wire/dsse.h"

namespace assay::test {
namespace {

constexpr std::int64_t kTurnMs = 25;

SigningKey seeded_key(const std::string& text) {
  return SigningKey::from_seed(sha256(as_bytes("tests/sim " + text)).view()).value();
}

verifier::ServiceKeys service_keys() {
  return {seeded_key("verifier"), seeded_key("vrf"), seeded_key("log")};
}

// A scene small enough to be path-traced thousands of times.
constexpr std::string_view kScene = R"({
  "camera": {"position": [0, 1, 4], "look_at": [0, 0.5, 0]},
  "background": {"horizon": [1, 1, 1], "zenith": [0.4, 0.6, 1]},
  "materials": {
    "red": {"type": "diffuse", "color": [0.8, 0.2, 0.2]},
    "mirror": {"type": "metal", "color": [0.9, 0.9, 0.9], "fuzz": 0.1},
    "ground": {"type": "diffuse", "color": [0.5, 0.5, 0.5]}
  },
  "objects": [
    {"type": "sphere", "center": [-0.5, 0.5, 0], "radius": 0.5, "material": "red"},
    {"type": "sphere", "center": [0.6, 0.5, 0.3], "radius": 0.5, "material": "mirror"},
    {"type": "sphere", "center": [0, -100, 0], "radius": 100, "material": "ground"}
  ]
})";

}  // namespace

World::World(WorldOptions options)
    : random(options.seed),
      store(reputation::make_memory_store(reputation::tables::names())),
      blobs(verifier::make_memory_blobs()),
      heads(verifier::make_memory_head_keeper()),
      leases(reputation::make_memory_store(verifier::LeaseTable::names())),
      options_(std::move(options)),
      renter_(seeded_key("renter")) {
  if (options_.start_service) restart_service();
}

World::~World() = default;

void World::restart_service() {
  const Status started = try_start_service();
  ASSAY_CHECK(started.ok(), started.ok() ? "" : started.error().what);
}

Status World::try_start_service() {
  service.reset();
  verifier::ServiceOptions service_options;
  service_options.threaded = false;
  service_options.witnesses = witnesses;
  service_options.next_policy = next_policy;
  service_options.leases = options_.leases;
  service_options.top_up = options_.top_up;
  Result<std::unique_ptr<verifier::Service>> started = verifier::Service::start(
      {*store, *blobs, *heads, clock, random, leases.get()}, service_keys(), "sim.example/assay",
      wire::policy_text(options_.policy), service_options, options_.replay);
  if (!started.ok()) return started.error();
  service = std::move(started).value();
  for (const auto& [name, node] : nodes_) {
    if (node.agent) restart_agent(name);
  }
  return {};
}

SigningKey World::key_from(const std::string& name) const {
  return seeded_key("provider " + name);
}
PublicKey World::key_of(const std::string& name) const {
  return key_from(name).public_key();
}
std::string World::id_of(const std::string& name) const {
  return key_id(key_of(name));
}

void World::add_provider(const std::string& name, std::optional<prover::Misbehave> cheat,
                         prover::CheatOptions cheat_options) {
  nodes_[name].cheat = cheat;
  nodes_[name].cheat_options = std::move(cheat_options);
  restart_agent(name);
}

void World::add_cheat(const std::string& name, std::function<prover::Cheat()> make) {
  nodes_[name].make_cheat = std::move(make);
  restart_agent(name);
}

void World::add_adjusted(const std::string& name,
                         std::function<void(prover::AgentOptions&)> adjust) {
  nodes_[name].adjust = std::move(adjust);
  restart_agent(name);
}

void World::drop_agent(const std::string& name) {
  nodes_[name].agent.reset();
  nodes_[name].journal.reset();
}

void World::restart_agent(const std::string& name) {
  drop_agent(name);
  Node& node = nodes_[name];
  Result<std::unique_ptr<prover::Journal>> journal =
      prover::Journal::open(folder_of(name), key_of(name));
  ASSAY_CHECK(journal.ok(), journal.ok() ? "" : journal.error().what);
  node.journal = std::move(journal).value();
  prover::AgentOptions agent_options;
  agent_options.profile.name = name;
  agent_options.profile.device_class = "cpu";
  agent_options.background_jobs = false;
  agent_options.open_jobs_max = 1;
  if (std::getenv("ASSAY_SIM_TRACE") != nullptr) {
    agent_options.on_event = [this, name](const prover::AgentEvent& event) {
      std::fprintf(stderr, "%8lld %s: %s %s\n", static_cast<long long>(clock.steady_now().ms),
                   name.c_str(), prover::event_name(event.kind), event.text.c_str());
    };
  }
  if (node.cheat) agent_options.cheat = prover::make_cheat(*node.cheat, node.cheat_options);
  if (node.make_cheat) agent_options.cheat = node.make_cheat();
  if (node.adjust) node.adjust(agent_options);
  node.agent =
      std::make_unique<prover::Agent>(prover::AgentPorts{port(), clock, random}, key_from(name),
                                      engine_, *node.journal, std::move(agent_options));
  node.next_ms = 0;
}

wire::Order World::gemm_order(std::uint32_t rows, std::uint32_t cols, std::uint32_t steps) const {
  wire::Order order;
  order.spec.workload = "gemm";
  order.spec.parameters =
      wire::Json::object({{"rows", rows}, {"cols", cols}, {"steps", steps}, {"weights", "philox"}});
  order.spec.nonce = sha256(
      as_bytes("nonce " + std::to_string(options_.seed) + " " + std::to_string(orders_made_++)));
  order.device_class = "cpu";
  order.price_micros = options_.policy.reference_value_micros;
  order.deadline_ms = 30'000;
  order.renter = renter_.public_key();
  return order;
}

wire::Order World::render_order(std::uint32_t width, std::uint32_t height, std::uint32_t samples) {
  const Digest scene = sha256(as_bytes(kScene));
  ASSAY_CHECK(port().put_blob(scene, as_bytes(kScene)).ok(), "the scene cannot be stored");
  wire::Order order = gemm_order();
  order.spec.workload = "render";
  order.spec.parameters =
      wire::Json::object({{"width", width}, {"height", height}, {"samples", samples}});
  order.spec.inputs = {{"scene", scene, kScene.size()}};
  return order;
}

Result<Digest> World::order(wire::Order order, const std::string& provider) {
  if (!provider.empty()) order.provider = key_of(provider);
  Result<api::Accepted> accepted = say(renter_, wire::order_statement(order));
  if (!accepted.ok()) return accepted.error();
  return accepted.value().statement;
}

Result<api::Accepted> World::say(const SigningKey& key, const wire::Statement& statement) {
  return port().submit(statement.kind, wire::seal(key, wire::statement_text(statement)));
}

void World::turn() {
  for (auto& [name, node] : nodes_) {
    if (!node.agent || !service || clock.steady_now().ms < node.next_ms) continue;
    const Result<prover::Step> step = node.agent->step();
    node.next_ms = clock.steady_now().ms + (step.ok() ? step.value().wait_ms : 1'000'000);
  }
  if (service) {
    service->tick();
    while (service->run_replay()) {
    }
  }
  clock.advance(kTurnMs);
}

bool World::run_until(const std::function<bool()>& done, std::int64_t max_ms) {
  const SteadyMillis end = clock.steady_now() + max_ms;
  while (!done()) {
    if (clock.steady_now() > end) return false;
    turn();
  }
  return true;
}

void World::run_for(std::int64_t ms) {
  run_until([] { return false; }, ms);
}

void World::pass_time(std::int64_t ms) {
  const SteadyMillis end = clock.steady_now() + ms;
  while (clock.steady_now() < end) {
    service->tick();
    clock.advance(std::min(kTurnMs, end - clock.steady_now()));
  }
}

std::string World::job_status(const Digest& job) {
  Result<wire::Json> document = service->job(job.hex());
  return document.ok() ? document.value().find("status")->as_string() : document.error().what;
}

bool World::is_over(const Digest& job) {
  const std::string status = job_status(job);
  return status == "settled" || status == "failed" || status == "cancelled";
}

wire::Json World::provider(const std::string& name) {
  Result<wire::Json> document = service->provider(id_of(name));
  return document.ok() ? document.value() : wire::Json::object();
}

std::uint32_t World::trust_ppm(const std::string& name) {
  const wire::Json document = provider(name);
  const wire::Json* score = document.find("score");
  return score == nullptr ? 0 : static_cast<std::uint32_t>(*score->find("trust_ppm")->as_i64());
}

std::size_t World::slashes_of(const std::string& name) {
  const wire::Json document = provider(name);
  const wire::Json* slashes = document.find("slashes");
  return slashes == nullptr ? 0 : slashes->items().size();
}

int World::jobs_until_caught(const std::string& name, int count,
                             const std::function<wire::Order(World&)>& make) {
  run_until([&] { return provider(name).find("id") != nullptr; });
  for (int n = 1; n <= count; ++n) {
    Result<Digest> job = order(make ? make(*this) : gemm_order(), name);
    if (!job.ok()) return n;
    run_until([&] { return is_over(job.value()) || slashes_of(name) > 0; });
    if (slashes_of(name) > 0) return n;
  }
  return count;
}

Status World::check_everything() {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = store->read();
  if (!txn.ok()) return txn.error();
  if (Result<std::vector<std::uint64_t>> seals = reputation::verify_all(*txn.value());
      !seals.ok()) {
    return seals.error();
  }
  if (Status log = reputation::check_log(*txn.value()); !log.ok()) return log;
  const verifier::ServiceKeys keys = service_keys();
  std::unique_ptr<reputation::Store> rebuilt =
      reputation::make_memory_store(reputation::tables::names());
  if (Status folded = reputation::refold(
          *txn.value(), {"sim.example/assay", keys.verifier.public_key(), keys.vrf.public_key()},
          *rebuilt);
      !folded.ok()) {
    return folded;
  }
  Result<std::unique_ptr<reputation::ReadTxn>> other = rebuilt->read();
  if (!other.ok()) return other.error();
  return reputation::compare_tables(*txn.value(), *other.value(), reputation::tables::kAll);
}

}  // namespace assay::test
