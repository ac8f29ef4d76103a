#include "tests/core_dispute/jobs.h"

#include "core/compute/render/demo_scene.h"
#include "tests/catch.h"
#include "tests/core_generate/jobs.h"

namespace assay::test {
namespace {

Bytes bytes_of(std::string_view text) {
  return to_bytes(as_bytes(text));
}

std::string lattice(const std::string& more) {
  return R"({"system":"lattice","steps":2,"viscosity_millionths":20000,"start":"vortices",)"
         R"("speed_millionths":50000,"noise_millionths":1000,)" +
         more + "}";
}

std::string training(const std::string& optimizer, const std::string& more) {
  return R"({"steps":4,"steps_per_commit":2,"batch":3,"learning_rate_ppm":3000,)"
         R"("weight_decay_ppm":10000,)"
         R"("clip_norm_ppm":500000,"optimizer":")" +
         optimizer + "\"," + more + "}";
}

std::shared_ptr<const compute::Program> rendered(int samples) {
  return job_of(
      "render", R"({"width":9,"height":7,"samples":)" + std::to_string(samples) + "}",
      {{"scene", bytes_of(compute::render::demo_scene_json())},
       {std::string(compute::render::kDemoMeshName), bytes_of(compute::render::demo_mesh_obj())}});
}

std::shared_ptr<const compute::Program> texts(compute::generate::Precision precision,
                                              const compute::generate::Sampling& sampling) {
  JobSpec spec;
  spec.parameters.max_tokens = 7;
  spec.parameters.chunk = 4;
  spec.parameters.precision = precision;
  spec.parameters.sampling = sampling;
  spec.prompts = {{1, 2, 3, 4, 5}, {7, 8}};
  return generate_program(spec);
}

}  // namespace

std::shared_ptr<const compute::Program> job_of(
    const std::string& workload, const std::string& parameters,
    const std::vector<std::pair<std::string, Bytes>>& inputs) {
  wire::WorkloadSpec spec;
  spec.workload = workload;
  const Result<wire::Json> json = wire::parse_json(parameters);
  INFO(parameters);
  REQUIRE(json.ok());
  spec.parameters = json.value();
  for (const auto& [name, bytes] : inputs) {
    spec.inputs.push_back({name, sha256(bytes), bytes.size()});
  }
  for (std::size_t i = 0; i < 32; ++i) spec.nonce.bytes[i] = static_cast<std::uint8_t>(i * 5);
  const auto source = [&](const wire::Input& input) -> Result<Bytes> {
    for (const auto& [name, bytes] : inputs) {
      if (name == input.name) return bytes;
    }
    return fail(Code::no_evidence, "no input " + input.name);
  };
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(spec, compute::InputSource(source));
  INFO((program.ok() ? "" : program.error().what));
  REQUIRE(program.ok());
  return std::move(program).value();
}

const std::vector<NamedJob>& disputed_jobs() {
  static const std::vector<NamedJob> jobs{
      {"gemm", job_of("gemm", R"({"rows":5,"cols":70,"steps":3,"gemms_per_step":2,)"
                              R"("weights":"philox"})")},
      {"render", rendered(3)},
      {"render with many samples", rendered(70)},
      {"lattice", job_of("simulate", lattice(R"("size":[16,8,4],"steps_per_commit":3)"))},
      {"lattice with walls", job_of("simulate", lattice(R"("size":[8,8,8],"steps_per_commit":2,)"
                                                        R"("walls":["wall","periodic","wall"],)"
                                                        R"("obstacles":[{"sphere":[4,4,4,2]}])"))},
      {"bodies", job_of("simulate", R"({"system":"bodies","bodies":128,"steps":2,"start":"disc",)"
                                    R"("gravity_trillionths":1000000,"softening_thousandths":2000,)"
                                    R"("radius_thousandths":50000,"centre_mass":0})")},
      {"classifier", job_of("train", training("adam", R"("model":"mlp","widths":[5,7,6,4],)"
                                                      R"("task":"classify","examples":32)"))},
      {"regression", job_of("train", training("momentum", R"("model":"mlp","widths":[5,9,3],)"
                                                          R"("task":"regress","examples":32)"))},
      {"transformer",
       job_of("train",
              training("adam", R"("model":"transformer","vocab":128,"hidden":16,"layers":2,)"
                               R"("heads":4,"kv_heads":2,"ffn":24,"sequence":6)"),
              {{"text", bytes_of("it was the best of times, it was the worst of times")}})},
      {"texts", texts(compute::generate::Precision::w8a8, {})},
      {"texts by 16 bits",
       texts(compute::generate::Precision::a16w8, {.temperature_ppm = 1'000'000})},
      {"texts of likely tokens",
       texts(compute::generate::Precision::w8a8,
             {.temperature_ppm = 700'000, .top_k = 9, .top_p_ppm = 600'000})},
  };
  return jobs;
}

}  // namespace assay::test
