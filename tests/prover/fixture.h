// Small jobs, and an agent on a folder of its own that can be thrown away and made again.
#pragma once

#include <memory>
#include <utility>

#include "core/compute/opening_parts.h"
#include "prover/agent.h"
#include "tests/prover/fake_port.h"
#include "tests/temporary_folder.h"

namespace assay::test {

using compute::Engine;
using compute::Program;

inline constexpr std::string_view kScene =
    R"({"camera":{"position":[0,1,4],"look_at":[0,0.5,0]},)"
    R"("background":{"color":[0.7,0.8,1]},)"
    R"("materials":{"clay":{"type":"diffuse","color":[0.8,0.3,0.2]}},)"
    R"("objects":[{"type":"sphere","center":[0,0.5,0],"radius":0.5,"material":"clay"},)"
    R"({"type":"quad","corner":[-9,0,9],"edge_u":[18,0,0],"edge_v":[0,0,-18],"material":"clay"}]})";

inline SigningKey key_of(std::uint64_t seed) {
  SeededRandom random(seed);
  return SigningKey::generate(random);
}

// Of all jobs here.
inline const SigningKey kRenter = key_of(100);

// A chain of 6 steps over 16 rows of 1,100 columns, so that a row lies across several leaves.
inline wire::WorkloadSpec gemm_spec(std::uint64_t nonce, std::uint32_t steps = 6) {
  wire::WorkloadSpec spec;
  spec.workload = "gemm";
  spec.parameters.set("rows", 16)
      .set("cols", 1100)
      .set("steps", steps)
      .set("gemms_per_step", 1)
      .set("weights", "philox");
  Bytes number;
  put_u64_be(number, nonce);
  spec.nonce = sha256(number);
  return spec;
}

// Two tiles and two half ones.
inline wire::WorkloadSpec render_spec(std::uint64_t nonce) {
  wire::WorkloadSpec spec = gemm_spec(nonce);
  spec.workload = "render";
  spec.parameters = wire::Json::object();
  spec.parameters.set("width", 96).set("height", 80).set("samples", 8).set("max_bounces", 3);
  spec.inputs = {{"scene", sha256(as_bytes(kScene)), kScene.size()}};
  return spec;
}

inline wire::Order order_for(wire::WorkloadSpec spec, const SigningKey& renter) {
  wire::Order order;
  order.spec = std::move(spec);
  order.device_class = "cpu";
  order.price_micros = 1000;
  order.deadline_ms = 600'000;
  order.renter = renter.public_key();
  return order;
}

inline compute::InputSource scene_source() {
  return [](const wire::Input&) -> Result<Bytes> { return to_bytes(as_bytes(kScene)); };
}

inline std::unique_ptr<Program> program_of(const wire::WorkloadSpec& spec) {
  return std::move(compute::load_program(spec, scene_source())).value();
}

// The provider's side: everything that a crash destroys, and the folder that survives it.
class Provider {
 public:
  explicit Provider(std::uint64_t seed = 7)
      : seed_(seed), clock({1'800'000'000'000}), port(clock, key_of(seed).public_key()) {
    options.profile.name = "test provider";
    options.profile.device_class = "cpu";
    options.profile.devices = {{"cpu-0", "a test's processor", "", 1 << 30}};
    options.background_jobs = false;
    options.on_event = [this](const prover::AgentEvent& event) { events.push_back(event); };
    port.blobs[sha256(as_bytes(kScene))] = to_bytes(as_bytes(kScene));
  }

  prover::Agent& start() {
    stop();
    auto opened = prover::Journal::open(folder.path(), port_key());
    journal = std::move(opened).value();
    agent = std::make_unique<prover::Agent>(prover::AgentPorts{port, clock, random}, key_of(seed_),
                                            engine, *journal, options);
    return *agent;
  }
  void stop() {
    agent.reset();
    journal.reset();
  }
  PublicKey port_key() const { return key_of(seed_).public_key(); }

  // Polls until nothing is open or `most` polls were made.
  Status settle(int most = 30) {
    for (int i = 0; i < most; ++i) {
      const auto step = agent->step();
      if (!step.ok()) return step.error();
      clock.advance(step.value().wait_ms);
      const bool handed = !port.challenges.empty();
      if (!step.value().trouble && !step.value().busy && !handed && i > 0) return {};
    }
    return {};
  }

  bool saw(prover::AgentEvent::Kind kind, std::string_view text = "") const {
    for (const prover::AgentEvent& event : events) {
      if (event.kind == kind && event.text.find(text) != std::string::npos) return true;
    }
    return false;
  }

 private:
  std::uint64_t seed_;

 public:
  ManualClock clock;
  FakePort port;
  SeededRandom random{11};
  Engine engine{compute::best_cpu_level(), 1};
  TemporaryFolder folder;
  prover::AgentOptions options;
  std::vector<prover::AgentEvent> events;
  std::unique_ptr<prover::Journal> journal;
  std::unique_ptr<prover::Agent> agent;
};

// The whole honest run of a spec, by the definition; each is made once.
inline const prover::Execution& honest_run(const wire::WorkloadSpec& spec) {
  static std::map<std::string, prover::Execution> made;
  const std::string name = spec.workload + spec.parameters.dump() + spec.nonce.hex();
  if (const auto found = made.find(name); found != made.end()) return found->second;
  const Engine engine(compute::CpuLevel::scalar, 1);
  return made[name] = std::move(prover::run_job(*program_of(spec), engine)).value();
}

// Does this opening hold exactly what was asked for, and does every part lead to the trace?
inline bool opening_holds(const wire::Opening& opening, const compute::Plan& plan,
                          const wire::Trace& trace, const std::vector<std::uint32_t>& positions,
                          const std::vector<std::uint64_t>& rows,
                          const std::vector<std::uint64_t>& pairs = {}) {
  const auto wanted = compute::opening_parts(plan, positions, rows, pairs);
  if (wanted.size() != opening.parts.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const wire::OpenedPart& part = opening.parts[i];
    if (compute::PartRef{part.state, part.whole, part.leaf} != wanted[i]) return false;
    const Digest& root = trace[part.state].state;
    if (part.whole) {
      const auto state = compute::state_from_bytes(plan.state_shape, part.data);
      if (!state.ok() || compute::state_digest(state.value()) != root) return false;
    } else if (!verify_inclusion(leaf_hash(part.data), part.leaf,
                                 compute::leaf_count(plan.state_shape), part.path, root)
                    .ok()) {
      return false;
    }
  }
  return true;
}

inline Digest offer_gemm(Provider& provider, std::uint64_t nonce) {
  return provider.port.offer(order_for(gemm_spec(nonce), kRenter), kRenter);
}

}  // namespace assay::test
