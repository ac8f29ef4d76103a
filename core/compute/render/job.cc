#include "core/compute/render/job.h"

#include <algorithm>
#include <set>

#include "core/compute/render/render.h"
#include "core/wire/text.h"

namespace assay::compute::render {
namespace {

// One look at a node or a packet is eight lanes of about as many multiply-adds; the shadow rays,
// which are not counted, and the shading come to about as much again for a usual path.
constexpr std::uint64_t kOpsPerVisit = 64;
constexpr std::uint64_t kOpsPerPath = 256;
constexpr std::uint32_t kProbesPerSide = 4;  // 16 paths of every tile tell what it costs

Result<Picture> parse_parameters(const wire::Json& json) {
  wire::Fields in(json, "parameters");
  Picture picture;
  picture.width = in.u32("width", 1, kPictureSideMax);
  picture.height = in.u32("height", 1, kPictureSideMax);
  picture.samples = in.u32("samples", 1, kSamplesMax);
  picture.max_bounces = in.has("max_bounces") ? in.u32("max_bounces", 0, kBouncesMax) : 8;
  const Status closed = in.close();
  if (!closed.ok()) return closed.error();
  return picture;
}

Digest start_digest(const Picture& picture, const std::vector<wire::Input>& inputs) {
  Bytes text = to_bytes(as_bytes("assay/render-start/v1\n"));
  put_u32_le(text, picture.width);
  put_u32_le(text, picture.height);
  put_u32_le(text, picture.samples);
  put_u32_le(text, picture.max_bounces);
  for (const wire::Input& input : inputs) {
    put_u32_le(text, static_cast<std::uint32_t>(input.name.size()));
    append(text, as_bytes(input.name));
    append(text, input.sha256.view());
  }
  return sha256(text);
}

const wire::Input* find_input(const wire::WorkloadSpec& spec, std::string_view name) {
  for (const wire::Input& input : spec.inputs) {
    if (input.name == name) return &input;
  }
  return nullptr;
}

Result<Scene> load_scene(const wire::WorkloadSpec& spec, const InputSource& inputs) {
  const wire::Input* input = find_input(spec, "scene");
  if (input == nullptr) {
    return fail(Code::malformed, "inputs: a render needs one named \"scene\"");
  }
  const Result<Bytes> text = inputs(*input);
  if (!text.ok()) return text.error();
  std::set<std::string> used{"scene"};
  std::optional<Error> not_had;  // keeps its code: it is not the scene that is wrong
  const MeshSource meshes = [&](const std::string& name) -> Result<Mesh> {
    const wire::Input* file = name == "scene" ? nullptr : find_input(spec, name);
    if (file == nullptr) {
      return fail(Code::malformed,
                  "there is no input named " + wire::quoted(name) + " in the order");
    }
    used.insert(name);
    const Result<Bytes> bytes = inputs(*file);
    if (!bytes.ok()) {
      not_had = bytes.error();
      return bytes.error();
    }
    Result<Mesh> mesh = parse_obj(as_text(bytes.value()));
    if (!mesh.ok()) return mesh.error().in("input \"" + name + "\"");
    return mesh;
  };
  Result<Scene> scene = parse_scene(as_text(text.value()), meshes);
  if (not_had) return *not_had;
  if (!scene.ok()) return scene.error().in("input \"scene\"");
  for (const wire::Input& file : spec.inputs) {
    if (!used.contains(file.name)) {
      return fail(Code::malformed, "inputs: the scene does not use \"" + file.name + "\"");
    }
  }
  return scene;
}

}  // namespace

std::uint32_t tile_count(const Picture& picture) {
  const std::uint32_t across = (picture.width + kTileSide - 1) / kTileSide;
  const std::uint32_t down = (picture.height + kTileSide - 1) / kTileSide;
  return across * down;
}

Tile tile_at(const Picture& picture, std::uint32_t step) {
  const std::uint32_t across = (picture.width + kTileSide - 1) / kTileSide;
  const std::uint32_t x = (step - 1) % across * kTileSide;
  const std::uint32_t y = (step - 1) / across * kTileSide;
  return {x, y, std::min(kTileSide, picture.width - x), std::min(kTileSide, picture.height - y)};
}

Path Job::path(const Intersector& ask, std::uint32_t step, std::uint32_t x, std::uint32_t y,
               std::uint32_t sample) const {
  PathRandom random(key, step, std::uint64_t{y} * picture.width + x, sample);
  return trace_path(world, ask, picture, x, y, random);
}

Result<Job> load_job(const wire::WorkloadSpec& spec, const InputSource& inputs) {
  const Result<Picture> picture = parse_parameters(spec.parameters);
  if (!picture.ok()) return picture.error();
  Result<Scene> scene = load_scene(spec, inputs);
  if (!scene.ok()) return scene.error();
  return Job{build_world(std::move(scene).value()), picture.value(),
             philox_key(job_seed(spec.nonce)), start_digest(picture.value(), spec.inputs)};
}

Cost probe_cost(const Job& job, const Caps& caps) {
  const Intersector ask = scalar_intersector();
  constexpr std::uint64_t kProbes = std::uint64_t{kProbesPerSide} * kProbesPerSide;
  Cost cost;
  for (std::uint32_t step = 1; step <= tile_count(job.picture) && cost.within(caps); ++step) {
    const Tile tile = tile_at(job.picture, step);
    const std::uint64_t paths = tile.pixels() * job.picture.samples;
    std::uint64_t visits = 0;
    std::uint64_t ops = 0;
    for (std::uint32_t i = 0; i < kProbes; ++i) {
      const std::uint32_t across = i % kProbesPerSide * 2 + 1, down = i / kProbesPerSide * 2 + 1;
      const std::uint32_t x = tile.x + tile.width * across / (2 * kProbesPerSide);
      const std::uint32_t y = tile.y + tile.height * down / (2 * kProbesPerSide);
      visits += job.path(ask, step, x, y, 0).visits;
      ops = paths * (kOpsPerPath + visits * kOpsPerVisit / kProbes);
      if (!Cost{ops, cost.all_tiles + ops}.within(caps)) break;
    }
    cost.dearest_tile = std::max(cost.dearest_tile, ops);
    cost.all_tiles += ops;
  }
  return cost;
}

}  // namespace assay::compute::render
