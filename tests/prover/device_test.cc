// A provider's own GPU fails or lies: nothing wrong is ever signed, and the job is done all the
// same.
#include <algorithm>

#include "core/compute/cuda/backend.h"
#include "prover/self_check.h"
#include "tests/catch.h"
#include "tests/core_cuda/environment.h"
#include "tests/core_generate/jobs.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::prover;
using namespace assay::test;
namespace cuda = assay::compute::cuda;

namespace {

wire::WorkloadSpec small_gemm(std::uint64_t nonce) {
  wire::WorkloadSpec spec = gemm_spec(nonce, 5);
  spec.parameters.set("rows", 6).set("cols", 40);
  return spec;
}

wire::WorkloadSpec small_render(std::uint64_t nonce) {
  wire::WorkloadSpec spec = render_spec(nonce);
  spec.parameters.set("samples", 1);
  return spec;
}

// Walls around all of it, so that the first brick has links.
wire::WorkloadSpec small_lattice(std::uint64_t nonce) {
  wire::WorkloadSpec spec = gemm_spec(nonce);
  spec.workload = "simulate";
  spec.parameters =
      wire::parse_json(R"({"system":"lattice","size":[8,4,8],"steps":4,"steps_per_commit":4,)"
                       R"("viscosity_millionths":20000,"walls":["wall","wall","wall"],)"
                       R"("start":"vortices","speed_millionths":50000})")
          .value();
  return spec;
}

wire::WorkloadSpec small_bodies(std::uint64_t nonce) {
  wire::WorkloadSpec spec = gemm_spec(nonce);
  spec.workload = "simulate";
  spec.parameters =
      wire::parse_json(R"({"system":"bodies","bodies":64,"steps":4,"gravity_trillionths":50000,)"
                       R"("softening_thousandths":500,"start":"disc","centre_mass":1000,)"
                       R"("radius_thousandths":20000})")
          .value();
  return spec;
}

std::shared_ptr<const cuda::Device> fake_device() {
  return cuda::choose_device(cuda::Backend::cuda, ASSAY_FAKE_MODULE).value().device;
}

const wire::Device kGpu{"GPU-0", "a test's card", "1.0", std::uint64_t{1} << 33};

// What a claim of this backend must name: the card is there when it ran the job, and only then.
std::vector<wire::Device> devices_for(const Provider& provider, const std::string& backend) {
  std::vector<wire::Device> out = provider.options.profile.devices;
  if (backend.starts_with("cuda/")) out.push_back(kGpu);
  return out;
}

Digest honest_root(const wire::WorkloadSpec& spec, const Digest& job, const PublicKey& provider) {
  return wire::trace_tree(job, provider, honest_run(spec).trace).root();
}

// Jobs, as bits.
enum : unsigned { kGemm = 1, kRender = 2, kLattice = 4, kBodies = 8 };
constexpr unsigned kSystems = kLattice | kBodies, kAll = kGemm | kRender | kSystems;
struct SmallJob {
  unsigned bit;
  wire::WorkloadSpec (*spec)(std::uint64_t nonce);
};
const SmallJob kJobs[] = {{kGemm, small_gemm},
                          {kRender, small_render},
                          {kLattice, small_lattice},
                          {kBodies, small_bodies}};

// What the device does from the moment that it is open, and in which jobs it shows.
struct Fault {
  const char* what;
  const char* set;
  unsigned shows;
};
const Fault kFaults[] = {
    {"nothing", "", 0},
    {"a wrong bit in a matrix product", "bits:igemm8@2", kGemm},
    {"wrong weights", "bits:philox_s8@0", kGemm},
    {"a wrong bit in the first row", "bits:requantize", kGemm},
    {"a wrong bit in the last row", "bits:requantize@239", kGemm},
    {"a wrong bit in a packed row", "bits:pack_rows@0", kGemm},
    {"a wrong bit in a tile", "bits:render", kRender},
    {"a wrong bit in a cell", "bits:lattice", kLattice},
    {"a population beyond the contract", "bits:lattice@3", kLattice},
    {"a wrong bit of a body", "bits:bodies", kBodies},
    {"a place beyond the contract", "bits:bodies@7", kBodies},
    {"a wrong bit in what is uploaded", "bits:upload", kAll},
    {"a wrong bit in what is downloaded", "bits:download", kAll},
    {"too little memory", "memory", kAll},
    {"an error in an upload", "error:upload", kAll},
    {"an error in a matrix product", "error:igemm8", kGemm},
    {"an error in requantising", "error:requantize", kGemm},
    {"an error in a tile", "error:render", kRender},
    {"an error in a time step", "error:lattice", kLattice},
    {"an error in a step of bodies", "error:bodies", kBodies},
    {"an error in a download", "error:download", kAll},
    {"an error while waiting", "error:synchronize", kAll},
    {"a device lost at once", "lost:1", kAll},
    {"a device lost in the middle of the job", "lost:15", kAll},
};

// A chain that does not say that its rows are independent.
class Rowless final : public Program {
 public:
  explicit Rowless(std::unique_ptr<Program> program)
      : Program(without_rows(program->plan())), program_(std::move(program)) {}
  Result<compute::State> start(const Engine& engine) const override {
    return program_->start(engine);
  }
  Status advance(std::uint32_t step, compute::State& state, const Engine& engine) const override {
    const Status moved = program_->advance(step, state, engine);
    if (moved.ok() && step == wrong_step) state[0].data.back() ^= 1;
    return moved;
  }
  Result<compute::Artefact> artefact(ByteView result) const override {
    return program_->artefact(result);
  }

  std::uint32_t wrong_step = 0;

 private:
  static compute::Plan without_rows(compute::Plan plan) {
    plan.reach = compute::Reach::none;
    plan.rows = 0;
    return plan;
  }
  std::unique_ptr<Program> program_;
};

}  // namespace

TEST_CASE("Whatever the provider's device does, what is signed is what the definition computes") {
  for (const SmallJob& small : kJobs) {
    const wire::WorkloadSpec spec = small.spec(1);
    for (const Fault& fault : kFaults) {
      INFO("job " << small.bit << ": " << fault.what);
      Provider provider;
      provider.options.device = fake_device();
      provider.options.device_named = kGpu;
      const Environment set("ASSAY_FAKE_CUDA", fault.set);
      provider.start();
      const Digest job = provider.port.offer(order_for(spec, kRenter), kRenter);
      REQUIRE(provider.settle().ok());
      REQUIRE(provider.port.attested.contains(job));
      const wire::Attestation& claim = provider.port.attested.at(job).claim;
      CHECK(claim.root == honest_root(spec, job, provider.port_key()));
      CHECK(claim.result == honest_run(spec).result_digest);
      CHECK(provider.port.by_seq[1].size() == 1);
      const bool failed = (fault.shows & small.bit) != 0;
      CHECK(claim.backend.starts_with(failed ? "cpu/" : "cuda/sm_80"));
      CHECK(claim.devices == devices_for(provider, claim.backend));
      CHECK(provider.saw(AgentEvent::Kind::trouble, "run on the CPU") == failed);
    }
  }
}

TEST_CASE("Openings come from the CPU: a device lost after the attestation withholds nothing") {
  Provider provider;
  provider.options.device = fake_device();
  provider.options.checkpoint_bytes = 0;  // every state is computed again
  provider.start();
  const wire::WorkloadSpec spec = small_gemm(2);
  const Digest job = provider.port.offer(order_for(spec, kRenter), kRenter);
  REQUIRE(provider.settle().ok());
  REQUIRE(provider.port.attested.at(job).claim.backend == "cuda/sm_80");
  const Environment set("ASSAY_FAKE_CUDA", "lost:1");
  provider.port.challenge_job(job, {3}, {0, 5});
  REQUIRE(provider.settle().ok());
  REQUIRE(provider.port.answers[job].size() == 1);
  const Bytes& file = provider.port.blobs.at(provider.port.answers[job][0].opening_blob);
  const auto opening = wire::parse_opening_file(file, file.size());
  REQUIRE(opening.ok());
  CHECK(opening_holds(opening.value(), program_of(spec)->plan(), honest_run(spec).trace, {3},
                      {0, 5}));
}

TEST_CASE("A job that a device finished is attested as the device's after a restart too") {
  Provider provider;
  provider.options.device = fake_device();
  provider.options.device_named = kGpu;
  provider.port.fault = [](const std::string& call, Moment) -> std::optional<Error> {
    if (call != "put_blob") return {};
    return fail(Code::network, "no way through");
  };
  provider.start();
  const Digest job = provider.port.offer(order_for(small_gemm(3), kRenter), kRenter);
  REQUIRE(provider.settle(5).ok());
  REQUIRE(provider.journal->jobs().at(job).stage == Stage::finished);
  provider.port.fault = {};
  provider.options.device = nullptr;
  provider.start();
  const Digest later = provider.port.offer(order_for(small_gemm(4), kRenter), kRenter);
  REQUIRE(provider.settle().ok());
  CHECK(provider.port.attested.at(job).claim.backend == "cuda/sm_80");
  CHECK(provider.port.attested.at(job).claim.devices == devices_for(provider, "cuda/sm_80"));
  CHECK(provider.port.attested.at(later).claim.devices == devices_for(provider, "cpu/"));
}

TEST_CASE("A self-check draws all of a small job, and of a large one both ends and more") {
  const auto gemm = program_of(small_gemm(1));
  const auto render = program_of(small_render(1));
  SeededRandom random(1);
  CHECK(draw_self_check(*gemm, random).rows == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5});
  CHECK(draw_self_check(*gemm, random).steps.empty());
  CHECK(draw_self_check(*render, random).steps == std::vector<std::uint32_t>{1, 2, 3, 4});
  const std::uint64_t row_ops = gemm->plan().reference_cost / gemm->plan().rows;
  const std::uint64_t step_ops = render->plan().step_ops;
  std::set<std::uint64_t> rows;
  std::set<std::uint32_t> steps;
  for (int i = 0; i < 200; ++i) {
    const SelfCheck two = draw_self_check(*gemm, random, 2 * row_ops);
    REQUIRE(two.rows.size() >= 2);
    REQUIRE(two.rows.size() <= 4);
    CHECK(std::ranges::is_sorted(two.rows));
    CHECK(two.rows.front() == 0);
    CHECK(two.rows.back() == 5);
    rows.insert(two.rows.begin(), two.rows.end());
    const SelfCheck one = draw_self_check(*render, random, 0);
    REQUIRE(one.steps.size() <= 3);
    CHECK(one.steps.front() == 1);
    CHECK(one.steps.back() == 4);
    steps.insert(one.steps.begin(), one.steps.end());
    CHECK(draw_self_check(*render, random, 3 * step_ops).steps.size() >= 3);
  }
  CHECK(rows == std::set<std::uint64_t>{0, 1, 2, 3, 4, 5});
  CHECK(steps == std::set<std::uint32_t>{1, 2, 3, 4});
}

TEST_CASE("One row shows wrong weights; a flipped bit shows in its own row alone") {
  const std::shared_ptr<const Program> cpu = program_of(small_gemm(1));
  const auto device = cuda::on_device(cpu, fake_device());
  REQUIRE(device.ok());
  const Engine engine(compute::CpuLevel::scalar, 1);
  for (std::uint64_t row = 0; row < 6; ++row) {
    INFO("row " << row);
    RunOptions options;
    options.self_check = {cpu.get(), {row}, {}};
    CHECK(run_job(*device.value(), engine, options).ok());
    for (const auto& [set, shows] : {std::pair<const char*, bool>{"bits:philox_s8@0", true},
                                     {"bits:requantize@120", row == 3}}) {
      INFO(set);
      const Environment wrong("ASSAY_FAKE_CUDA", set);
      const Result<Execution> ran = run_job(*device.value(), engine, options);
      REQUIRE(ran.ok() == !shows);
      if (!shows) continue;
      CHECK(ran.error().code == Code::inconclusive);
      CHECK(ran.error().what.find("row " + std::to_string(row) + " of step") != std::string::npos);
    }
  }
}

TEST_CASE("A chain without rows is checked by whole steps, at those that were drawn") {
  const std::unique_ptr<Program> honest = std::make_unique<Rowless>(program_of(small_gemm(1)));
  Rowless lying(program_of(small_gemm(1)));
  lying.wrong_step = 3;
  const Engine engine(compute::CpuLevel::scalar, 1);
  SeededRandom random(1);
  RunOptions options;
  options.self_check = draw_self_check(*honest, random);
  REQUIRE(options.self_check.steps.size() == 5);
  CHECK(run_job(*honest, engine, options).ok());
  const Result<Execution> ran = run_job(lying, engine, options);
  REQUIRE_FALSE(ran.ok());
  CHECK(ran.error().code == Code::inconclusive);
  CHECK(ran.error().what.find("the state of step 3") != std::string::npos);
  options.self_check.steps = {2, 4};
  CHECK(run_job(lying, engine, options).ok());
}

TEST_CASE("Wrong bits in a text's step are found by the self-check, errors by themselves") {
  JobSpec spec;
  spec.prompts = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {10}};
  spec.parameters.max_tokens = 6;
  spec.parameters.chunk = 5;
  const std::shared_ptr<const Program> definition = generate_program(spec);
  const auto device = cuda::on_device(definition, fake_device());
  REQUIRE(device.ok());
  const Engine engine(compute::CpuLevel::scalar, 1);
  SeededRandom random(1);
  RunOptions options;
  options.self_check = draw_self_check(*definition, random);
  const Result<Execution> honest = run_job(*device.value(), engine, options);
  REQUIRE(honest.ok());
  CHECK(honest.value().trace == run_job(*definition, engine).value().trace);
  for (const char* fault :
       {"bits:embed@2", "bits:rms_norm@2", "bits:quantize@0", "bits:igemm8@2", "bits:dequantize@2",
        "bits:rotate@2", "bits:attention@2", "bits:elementwise@2", "bits:upload_rows@1",
        "bits:download_rows", "bits:download@3", "error:attention", "error:upload_rows",
        "error:download_rows", "lost:1", "lost:40"}) {
    INFO(fault);
    const Environment set("ASSAY_FAKE_CUDA", fault);
    const Result<Execution> ran = run_job(*device.value(), engine, options);
    REQUIRE_FALSE(ran.ok());
    CHECK(ran.error().code == Code::inconclusive);
  }
}
