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

// What the device does while jobs are audited, as ASSAY_FAKE_CUDA has it, and which replays meet
// it: those of chains, of pictures, both or neither.
struct Fault {
  const char* what;
  const char* set;
  bool in_gemm;
  bool in_render;
};
const Fault kFaults[] = {
    {"nothing", "", false, false},
    {"a wrong bit in a matrix product", "bits:igemm8@2", true, false},
    {"wrong weights", "bits:philox_s8@0", true, false},
    {"a wrong bit in a requantised state", "bits:requantize", true, false},
    {"a wrong bit in packed rows", "bits:pack_rows@0", true, false},
    {"a wrong bit in a tile", "bits:render", false, true},
    {"a wrong bit on the way to the device", "bits:upload", true, true},
    {"a wrong bit on the way back", "bits:download", true, true},
    {"a wrong state hash", "bits:hash_end", false, false},
    {"an error in a hash", "error:hash_end", false, false},
    {"too little memory", "memory", true, true},
    {"an error in an allocation", "error:allocate", true, true},
    {"an error in an upload", "error:upload", true, true},
    {"an error in a matrix product", "error:igemm8", true, false},
    {"an error in making weights", "error:philox_s8", true, false},
    {"an error in requantising", "error:requantize", true, false},
    {"an error in packing rows", "error:pack_rows", true, false},
    {"an error in a tile", "error:render", false, true},
    {"an error in a download", "error:download", true, true},
    {"an error while waiting", "error:synchronize", true, true},
    {"a device lost at once", "lost:1", true, true},
    {"a device lost while the job is put on it", "lost:5", true, true},
    {"a device lost in the middle of a step", "lost:16", true, true},
};

struct Workload {
  const char* name;
  bool Fault::*meets;
  wire::Order (*order)(World& world);
};
const Workload kWorkloads[] = {
    // 60 columns: the device has to pad its rows.
    {"gemm", &Fault::in_gemm, [](World& world) { return world.gemm_order(16, 60, 6); }},
    {"render", &Fault::in_render, [](World& world) { return world.render_order(80, 64, 1); }},
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
    const wire::Policy policy = wire::demo_policy();
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
  World world;
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
      const bool failed = fault.*workload.meets;
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
              {kWorkloads[1], Misbehave::random_output}};
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
      if (!(fault.*row.workload.meets)) CHECK(verdict.device.starts_with("cuda/sm_80+cpu/scalar"));
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
