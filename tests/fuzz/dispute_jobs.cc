#include "tests/fuzz/dispute_jobs.h"

#include <map>
#include <string>

#include "core/compute/generate/generate.h"
#include "tests/core_generate/random_model.h"

namespace assay::fuzz {
namespace {

using namespace compute;

constexpr std::string_view kScene =
    R"({"camera":{"position":[0,2,8],"look_at":[0,1,0]},"background":{"color":[1,1,1]},)"
    R"("materials":{"clay":{"type":"diffuse","color":[0.8,0.3,0.2]}},"objects":[)"
    R"({"type":"sphere","center":[0,1,0],"radius":1,"material":"clay"}]})";

const Engine& engine() {
  static const Engine one(CpuLevel::scalar, 1);
  return one;
}

std::shared_ptr<const Program> program_of(const std::string& workload,
                                          const std::string& parameters,
                                          std::string_view scene = {}) {
  wire::WorkloadSpec spec;
  spec.workload = workload;
  spec.parameters = wire::parse_json(parameters).value();
  if (!scene.empty()) spec.inputs = {{"scene", sha256(as_bytes(scene)), scene.size()}};
  return load_program(
             spec, [&](const wire::Input&) -> Result<Bytes> { return to_bytes(as_bytes(scene)); })
      .value();
}

std::shared_ptr<const Program> texts() {
  const auto model = std::make_shared<const test::RandomModel>(test::small_config(), 1);
  generate::GenerateJob job;
  job.parameters.max_tokens = 5;
  job.parameters.chunk = 4;
  job.parameters.sampling = {.temperature_ppm = 700'000, .top_k = 9, .top_p_ppm = 600'000};
  job.model = model->view();
  job.owner = model;
  job.prompts = {{1, 2, 3, 4, 5}, {7, 8}};
  job.key = {7, 11};
  return generate::make_generate_program(std::move(job), {}).value();
}

std::shared_ptr<const Program> program_named(std::string_view name) {
  if (name == "gemm") {
    return program_of("gemm", R"({"rows":3,"cols":40,"steps":2,"gemms_per_step":2,)"
                              R"("weights":"philox"})");
  }
  if (name == "render") {
    return program_of("render", R"({"width":20,"height":15,"samples":3})", kScene);
  }
  if (name == "lattice") {
    return program_of("simulate", R"({"system":"lattice","size":[8,4,4],"steps":4,)"
                                  R"("steps_per_commit":2,"viscosity_millionths":20000,)"
                                  R"("start":"vortices","speed_millionths":50000})");
  }
  if (name == "bodies") {
    return program_of("simulate", R"({"system":"bodies","bodies":64,"steps":2,"start":"ball",)"
                                  R"("gravity_trillionths":1000000,"softening_thousandths":2000,)"
                                  R"("radius_thousandths":50000})");
  }
  if (name == "train") {
    return program_of("train", R"({"model":"mlp","widths":[5,7,4],"task":"classify",)"
                               R"("examples":32,"steps":2,"batch":3,"optimizer":"adam",)"
                               R"("learning_rate_ppm":3000,"clip_norm_ppm":500000})");
  }
  return name == "texts" ? texts() : nullptr;
}

}  // namespace

DisputedJob* disputed_job(std::string_view name) {
  static std::map<std::string, DisputedJob, std::less<>> jobs;
  if (const auto found = jobs.find(name); found != jobs.end()) return &found->second;
  std::shared_ptr<const Program> program = program_named(name);
  if (program == nullptr) return nullptr;
  DisputedJob& job = jobs[std::string(name)];
  job.honest = test::run_honestly(std::move(program), engine());
  job.step = job.honest.program->plan().steps;
  job.tape = tape_of(*job.honest.program, job.step, engine()).value();
  job.run = std::make_unique<TapeRun>(job.tape, job.honest.source(), engine());
  return &job;
}

}  // namespace assay::fuzz
