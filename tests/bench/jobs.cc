#include "tests/bench/jobs.h"

#include "core/compute/render/demo_scene.h"

namespace assay::bench {
namespace {

using compute::CpuLevel;
// Beyond the cap on orders, which keeps replays short: 8 GEMMs of 4096 a step are measured too.
constexpr std::uint64_t kStepOpsMax = std::uint64_t{1} << 40;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string counted(std::uint64_t count, const char* thing) {
  return number(count) + " " + thing + (count == 1 ? "" : "s");
}

Result<Job> load_gemm(const GemmSize& size, const Digest& nonce) {
  wire::WorkloadSpec spec;
  spec.workload = "gemm";
  spec.nonce = nonce;
  spec.parameters.set("rows", wire::Json(size.rows))
      .set("cols", wire::Json(size.cols))
      .set("steps", size.steps)
      .set("gemms_per_step", size.gemms_per_step)
      .set("weights", "philox");
  std::string name =
      "gemm " + number(size.rows) + "x" + number(size.cols) + ", " + counted(size.steps, "step");
  if (size.gemms_per_step > 1) name += " of " + number(size.gemms_per_step);
  return load_job(std::move(name), std::move(spec), {});
}

struct Picture {
  std::uint64_t width, height, samples, bounces;
};

Result<Job> load_render(const Picture& picture, const Digest& nonce, const Files& files) {
  wire::WorkloadSpec spec;
  spec.workload = "render";
  spec.nonce = nonce;
  spec.parameters.set("width", wire::Json(picture.width))
      .set("height", wire::Json(picture.height))
      .set("samples", wire::Json(picture.samples))
      .set("max_bounces", wire::Json(picture.bounces));
  return load_job("render " + number(picture.width) + "x" + number(picture.height) + ", " +
                      counted(picture.samples, "sample"),
                  std::move(spec), files);
}

Digest random_nonce(SeededRandom& random) {
  Digest nonce;
  random.fill(nonce.bytes);
  return nonce;
}

// A whole number of tenths in [low, low + span).
wire::Json tenths(SeededRandom& random, int low, std::uint64_t span) {
  return (static_cast<double>(random.below(10 * span)) + 10.0 * low) / 10;
}

wire::Json point(SeededRandom& random, int low, std::uint64_t span) {
  return wire::Json::array(
      {tenths(random, low, span), tenths(random, low, span), tenths(random, low, span)});
}

std::string random_obj(SeededRandom& random) {
  constexpr std::uint64_t kVertices = 12;
  std::string obj;
  for (std::uint64_t i = 0; i < kVertices; ++i) {
    obj += "v";
    for (int axis = 0; axis < 3; ++axis) obj += " " + tenths(random, -2, 4).dump();
    obj += "\n";
  }
  for (std::uint64_t i = 1 + random.below(20); i > 0; --i) {
    const std::uint64_t first = random.below(kVertices);
    obj += "f " + number(first + 1) + " " + number((first + 1 + random.below(5)) % kVertices + 1) +
           " " + number((first + 6 + random.below(5)) % kVertices + 1) + "\n";
  }
  return obj;
}

std::string random_scene(SeededRandom& random) {
  constexpr const char* kKinds[] = {"diffuse", "glossy", "metal", "glass", "emissive"};
  wire::Json materials = wire::Json::object();
  for (const char* kind : kKinds) {
    wire::Json material = wire::Json::object();
    material.set("type", kind).set("color", point(random, 0, 1));
    materials.set(kind, std::move(material));
  }
  const auto material = [&] { return kKinds[random.below(std::size(kKinds))]; };
  wire::Json objects = wire::Json::array();
  for (std::uint64_t i = 1 + random.below(12); i > 0; --i) {
    objects.push(wire::Json::object({{"type", "sphere"},
                                     {"center", point(random, -3, 6)},
                                     {"radius", 0.1 * static_cast<double>(1 + random.below(15))},
                                     {"material", material()}}));
  }
  objects.push(wire::Json::object({{"type", "quad"},
                                   {"corner", wire::Json::array({-9, -2, 9})},
                                   {"edge_u", wire::Json::array({18, 0, 0})},
                                   {"edge_v", wire::Json::array({0, 0, -18})},
                                   {"material", material()}}));
  objects.push(wire::Json::object(
      {{"type", "mesh"}, {"obj", "mesh.obj"}, {"material", material()}, {"smooth", true}}));
  wire::Json scene = wire::Json::object();
  scene
      .set("camera", wire::Json::object({{"position", wire::Json::array({0, 1, 9})},
                                         {"look_at", point(random, -1, 2)}}))
      .set("background", wire::Json::object({{"color", point(random, 0, 1)}}))
      .set("materials", std::move(materials))
      .set("objects", std::move(objects));
  return scene.dump();
}

}  // namespace

Result<Job> load_job(std::string name, wire::WorkloadSpec spec, const Files& files) {
  for (const auto& [file, text] : files) {
    spec.inputs.push_back({file, sha256(as_bytes(text)), text.size()});
  }
  const auto source = [&](const wire::Input& input) -> Result<Bytes> {
    return to_bytes(as_bytes(files.at(input.name)));
  };
  compute::Caps caps;
  caps.step_ops_max = kStepOpsMax;
  auto program = compute::load_program(spec, source, caps);
  if (!program.ok()) return program.error().in(name);
  return Job{std::move(name), std::move(program).value()};
}

Result<Job> gemm_job(const GemmSize& size) {
  return load_gemm(size, sha256(as_bytes("assay-bench")));
}

Result<Job> render_job(std::uint32_t width, std::uint32_t height, std::uint32_t samples) {
  constexpr std::uint64_t kBounces = 8;
  return load_render(
      {width, height, samples, kBounces}, sha256(as_bytes("assay-bench")),
      {{"scene", std::string(compute::render::demo_scene_json())},
       {std::string(compute::render::kDemoMeshName), compute::render::demo_mesh_obj()}});
}

Result<Job> random_gemm_job(SeededRandom& random) {
  GemmSize size;
  size.rows = 1 + random.below(40);
  size.cols = 1 + random.below(150);
  size.steps = 1 + static_cast<std::uint32_t>(random.below(4));
  size.gemms_per_step = 1 + static_cast<std::uint32_t>(random.below(3));
  return load_gemm(size, random_nonce(random));
}

Result<Job> random_render_job(SeededRandom& random) {
  const Picture picture{1 + random.below(90), 1 + random.below(70), 1 + random.below(2),
                        random.below(5)};
  return load_render(picture, random_nonce(random),
                     {{"mesh.obj", random_obj(random)}, {"scene", random_scene(random)}});
}

std::vector<CpuLevel> cpu_levels() {
  std::vector<CpuLevel> out;
  for (CpuLevel level : {CpuLevel::scalar, CpuLevel::sse2, CpuLevel::avx2, CpuLevel::avx512}) {
    if (compute::cpu_level_supported(level)) out.push_back(level);
  }
  return out;
}

}  // namespace assay::bench
