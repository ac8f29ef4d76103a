// The verifier's GPU lies, fails or is not there. Whatever it does, an honest provider stands where
// it stands without a GPU, and one that cheats is convicted: a device can neither frame nor shield.
#include "core/wire/verdict.h"
#include "tests/catch.h"
#include "tests/core_cuda/environment.h"
#include "tests/service/standing.h"
#include "verifier/service/audits.h"

namespace assay::test {
namespace {

namespace cuda = compute::cuda;
using prover::Misbehave;
using wire::Outcome;
using wire::Verdict;

// Workloads, as bits.
enum : unsigned { kGemm = 1, kRender = 2, kLattice = 4, kBodies = 8 };
constexpr unsigned kSystems = kLattice | kBodies, kAll = kGemm | kRender | kSystems;

// What the device does while jobs are audited, as ASSAY_FAKE_CUDA has it, and which replays meet
// it.
struct Fault {
  const char* what;
  const char* set;
  unsigned met_by;
};
const Fault kFaults[] = {
    {"nothing", "", 0},
    {"a wrong bit in a matrix product", "bits:igemm8@2", kGemm},
    {"wrong weights", "bits:philox_s8@0", kGemm},
    {"a wrong bit in a requantised state", "bits:requantize", kGemm},
    {"a wrong bit in packed rows", "bits:pack_rows@0", kGemm},
    {"a wrong bit in a tile", "bits:render", kRender},
    {"a wrong bit in a cell", "bits:lattice", kLattice},
    {"a population beyond the contract", "bits:lattice@3", kLattice},
    {"a wrong bit of a body", "bits:bodies", kBodies},
    {"a place beyond the contract", "bits:bodies@7", kBodies},
    {"a wrong bit on the way to the device", "bits:upload", kAll},
    {"a wrong bit on the way back", "bits:download", kAll},
    {"a wrong state hash", "bits:hash_end", 0},
    {"an error in a hash", "error:hash_end", 0},
    {"too little memory", "memory", kAll},
    {"an error in an allocation", "error:allocate", kAll},
    {"an error in an upload", "error:upload", kAll},
    {"an error in a matrix product", "error:igemm8", kGemm},
    {"an error in making weights", "error:philox_s8", kGemm},
    {"an error in requantising", "error:requantize", kGemm},
    {"an error in packing rows", "error:pack_rows", kGemm},
    {"an error in a tile", "error:render", kRender},
    {"an error in a time step", "error:lattice", kLattice},
    {"an error in a step of bodies", "error:bodies", kBodies},
    {"an error in a download", "error:download", kAll},
    {"an error while waiting", "error:synchronize", kAll},
    {"a device lost at once", "lost:1", kAll},
    {"a device lost while the job is put on it", "lost:5", kAll},
    {"a device lost in the middle of a step", "lost:16", kAll},
};

wire::Order simulate_order(World& world, const char* parameters) {
  wire::Order order = world.gemm_order();
  order.spec.workload = "simulate";
  order.spec.parameters = wire::parse_json(parameters).value();
  return order;
}

struct Workload {
  const char* name;
  unsigned bit;
  wire::Order (*order)(World& world);
};
const Workload kWorkloads[] = {
    // 60 columns: the device has to pad its rows.
    {"gemm", kGemm, [](World& world) { return world.gemm_order(16, 60, 6); }},
    {"render", kRender, [](World& world) { return world.render_order(80, 64, 1); }},
    // Walls around all of it, so that the first brick has links.
    {"lattice", kLattice,
     [](World& world) {
       return simulate_order(world,
                             R"({"system":"lattice","size":[8,8,4],"steps":6,"steps_per_commit":4,)"
                             R"("viscosity_millionths":20000,"walls":["wall","wall","wall"],)"
                             R"("start":"vortices","speed_millionths":50000})");
     }},
    {"bodies", kBodies,
     [](World& world) {
       return simulate_order(
           world, R"({"system":"bodies","bodies":128,"steps":6,"gravity_trillionths":50000,)"
                  R"("softening_thousandths":500,"start":"disc","centre_mass":1000,)"
                  R"("radius_thousandths":20000})");
     }},
};

// A service whose replays run on the device that `module` gives, told to do what `fault` says once
// it is open.
struct Audited {
  explicit Audited(const char* fault, const std::string& module = ASSAY_FAKE_MODULE,
                   const char* fault_at_opening = "") {
    set = std::make_unique<Environment>("ASSAY_FAKE_CUDA", fault_at_opening);
    cuda::ChosenDevice chosen = cuda::choose_device(cuda::Backend::automatic, module).value();
    set.reset();
    why = chosen.why;
    verifier::ReplayEngine engine;
    engine.device = std::move(chosen).device;
    engine.tell = [this](const std::string& text) { told.push_back(text); };
    wire::Policy policy = wire::demo_policy();
    policy.standard.steps = 6;  // all: what a device did wrong is met whatever is drawn
    world = std::make_unique<World>(
        WorldOptions{.seed = 1,
                     .policy = policy,
                     .replay = verifier::local_runner(policy, {}, std::move(engine)),
                     .start_service = true});
    set = std::make_unique<Environment>("ASSAY_FAKE_CUDA", fault);
  }

  // One job of the provider "alice", until it is over.
  void run(const Workload& workload, std::optional<Misbehave> cheat = {}) const {
    world->add_provider("alice", cheat);
    REQUIRE(world->run_until([&] { return is_registered(*world, "alice"); }));
    const Result<Digest> job = world->order(workload.order(*world));
    REQUIRE(job.ok());
    REQUIRE(world->run_until(
        [&] { return world->is_over(job.value()) || world->slashes_of("alice") > 0; }));
    CHECK((world->job_status(job.value()) == "settled") == !cheat);
  }

  std::vector<Verdict> verdicts() const {
    std::vector<Verdict> out;
    Result<std::unique_ptr<reputation::ReadTxn>> txn = world->store->read();
    const reputation::View view(*txn.value());
    const std::uint64_t size = view.head().value().size;
    for (std::uint64_t i = 0; i < size; ++i) {
      Result<Verdict> verdict = wire::parse_verdict(view.log(size).leaf(i).value().payload);
      if (verdict.ok()) out.push_back(std::move(verdict).value());
    }
    return out;
  }

  std::string why;
  std::vector<std::string> told;
  std::unique_ptr<World> world;
  std::unique_ptr<Environment> set;
};

Standing without_a_gpu(const Workload& workload) {
  wire::Policy policy = wire::demo_policy();
  policy.standard.steps = 6;
  World world({.seed = 1, .policy = policy, .replay = {}, .start_service = true});
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  const Result<Digest> job = world.order(workload.order(world));
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  return standing(world, "alice");
}

TEST_CASE("whatever the verifier's device does, an honest provider loses nothing by it") {
  for (const Workload& workload : kWorkloads) {
    const Standing clean = without_a_gpu(workload);
    REQUIRE(clean.passes == 1);
    for (const Fault& fault : kFaults) {
      INFO(workload.name << ": " << fault.what);
      Audited audited(fault.set);
      audited.run(workload);
      CHECK(standing(*audited.world, "alice") == clean);
      CHECK(audited.world->slashes_of("alice") == 0);
      for (const Verdict& verdict : audited.verdicts()) {
        CHECK((verdict.outcome == Outcome::match || verdict.outcome == Outcome::inconclusive));
        CHECK(wire::worst(verdict.position_outcomes) != Outcome::mismatch);
      }
      const bool failed = (fault.met_by & workload.bit) != 0;
      CHECK(audited.told.size() == (failed ? 1 : 0));
      const std::string ran = audited.verdicts().back().device;
      CHECK(ran.starts_with(failed ? "cpu/" : "cuda/sm_80"));
      CHECK(audited.world->check_everything().ok());
    }
  }
}

TEST_CASE("whatever the verifier's device does, a provider that cheats is convicted") {
  const struct {
    const Workload& workload;
    Misbehave cheat;
  } rows[] = {{kWorkloads[0], Misbehave::zero_state},
              {kWorkloads[0], Misbehave::skip_steps},
              {kWorkloads[1], Misbehave::random_output},
              {kWorkloads[2], Misbehave::zero_state},
              {kWorkloads[3], Misbehave::skip_steps}};
  for (const auto& row : rows) {
    for (const Fault& fault : kFaults) {
      INFO(prover::misbehave_info(row.cheat).name << ": " << fault.what);
      Audited audited(fault.set);
      audited.run(row.workload, row.cheat);
      REQUIRE(audited.world->slashes_of("alice") == 1);
      CHECK(audited.world->trust_ppm("alice") == 0);
      const Verdict verdict = audited.verdicts().back();
      CHECK(verdict.outcome == Outcome::mismatch);
      CHECK(verdict.device.find("+cpu/scalar") != std::string::npos);
      if ((fault.met_by & row.workload.bit) == 0)
        CHECK(verdict.device.starts_with("cuda/sm_80+cpu/scalar"));
      CHECK(audited.world->check_everything().ok());
    }
  }
}

TEST_CASE("a device that cannot be had leaves the replays to the CPU, and says what is missing") {
  const struct {
    const char* what;
    const char* module;
    const char* fault;
    const char* says;
  } rows[] = {
      {"no module", "/no/such/libassay_cuda.so", "", "there is no /no/such"},
      {"a module of another version", ASSAY_OTHER_VERSION_MODULE, "", "of the table"},
      {"no driver", ASSAY_FAKE_MODULE, "no_driver", "is the NVIDIA driver installed"},
      {"no GPU", ASSAY_FAKE_MODULE, "no_gpu", "it shows no GPU"},
      {"a GPU that cannot be opened", ASSAY_FAKE_MODULE, "error:open", "Fake GPU): open"},
  };
  for (const Workload& workload : kWorkloads) {
    const Standing clean = without_a_gpu(workload);
    for (const auto& row : rows) {
      INFO(workload.name << ": " << row.what);
      Audited audited("", row.module, row.fault);
      CHECK(audited.why.find(row.says) != std::string::npos);
      audited.run(workload);
      CHECK(standing(*audited.world, "alice") == clean);
      CHECK(audited.verdicts().back().device.starts_with("cpu/"));
    }
  }
}

}  // namespace
}  // namespace assay::test
