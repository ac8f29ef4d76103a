#include "core/compute/render/render.h"

#include <algorithm>
#include <set>

#include "core/compute/render/film.h"
#include "core/compute/render/trace.h"

namespace assay::compute {
namespace {

using namespace render;

// One look at a node or a packet is eight lanes of about as many multiply-adds; the shadow rays,
// which are not counted, and the shading come to about as much again for a usual path.
constexpr std::uint64_t kOpsPerVisit = 64;
constexpr std::uint64_t kOpsPerPath = 256;
constexpr std::uint32_t kProbesPerSide = 4;  // 16 paths of every tile tell what it costs

struct Tile {
  std::uint32_t x = 0, y = 0, width = 0, height = 0;
  std::uint64_t pixels() const { return std::uint64_t{width} * height; }
};

class Tiling {
 public:
  explicit Tiling(const Picture& picture) : picture_(picture) {}
  std::uint32_t across() const { return (picture_.width + kTileSide - 1) / kTileSide; }
  std::uint32_t down() const { return (picture_.height + kTileSide - 1) / kTileSide; }
  std::uint32_t count() const { return across() * down(); }
  Tile tile(std::uint32_t step) const {
    const std::uint32_t x = (step - 1) % across() * kTileSide;
    const std::uint32_t y = (step - 1) / across() * kTileSide;
    return {x, y, std::min(kTileSide, picture_.width - x),
            std::min(kTileSide, picture_.height - y)};
  }

 private:
  Picture picture_;
};

struct Job {
  World world;
  Picture picture;
  PhiloxKey key{};
  Digest start;

  Path path(const Intersector& ask, std::uint32_t step, std::uint32_t x, std::uint32_t y,
            std::uint32_t sample) const {
    PathRandom random(key, step, std::uint64_t{y} * picture.width + x, sample);
    return trace_path(world, ask, picture, x, y, random);
  }
};

class RenderProgram : public Program {
 public:
  RenderProgram(Plan plan, Job job)
      : Program(std::move(plan)), job_(std::move(job)), tiling_(job_.picture) {}

  Result<State> start(const Engine&) const override {
    return State{Tensor{plan().state_shape[0], to_bytes(job_.start.view())}};
  }

  TensorShape unit_shape(std::uint32_t step) const override {
    const Tile tile = tiling_.tile(step);
    return {DType::s64, {tile.height, tile.width, 3}};
  }

  Result<Tensor> unit(std::uint32_t step, const Engine& engine) const override {
    const Tile tile = tiling_.tile(step);
    const Intersector ask = intersector(engine.level());
    Tensor out{unit_shape(step), Bytes(unit_shape(step).bytes())};
    const std::size_t row_bytes = std::size_t{tile.width} * 3 * sizeof(std::int64_t);
    engine.parallel_for(tile.height, [&](std::uint64_t row) {
      std::uint8_t* at = out.data.data() + row * row_bytes;
      const std::uint32_t y = tile.y + static_cast<std::uint32_t>(row);
      for (std::uint32_t x = tile.x; x < tile.x + tile.width; ++x) at = pixel(ask, step, x, y, at);
    });
    return out;
  }

  Result<Artefact> artefact(ByteView result) const override {
    const Picture& picture = job_.picture;
    if (result.size() != plan().result_bytes) {
      return fail(Code::malformed, "the film has " + std::to_string(result.size()) +
                                       " bytes where " + std::to_string(plan().result_bytes) +
                                       " are needed");
    }
    std::vector<std::int64_t> film(std::size_t{picture.width} * picture.height * 3);
    Reader in(result);
    for (std::uint32_t step = 1; step <= plan().steps; ++step) {
      const Tile tile = tiling_.tile(step);
      for (std::uint32_t y = tile.y; y < tile.y + tile.height; ++y) {
        std::int64_t* at = film.data() + (std::size_t{y} * picture.width + tile.x) * 3;
        for (std::uint32_t i = 0; i < tile.width * 3; ++i) {
          at[i] = static_cast<std::int64_t>(in.u64_le());
        }
      }
    }
    const Bytes rgb = develop(film, picture.samples, job_.world.scene.camera.exposure);
    Result<Bytes> png = write_png(rgb, picture.width, picture.height);
    if (!png.ok()) return png.error();
    return Artefact{"picture.png", std::move(png).value()};
  }

 private:
  std::uint8_t* pixel(const Intersector& ask, std::uint32_t step, std::uint32_t x, std::uint32_t y,
                      std::uint8_t* at) const {
    std::int64_t sums[3]{};
    for (std::uint32_t sample = 0; sample < job_.picture.samples; ++sample) {
      const Vec3 radiance = job_.path(ask, step, x, y, sample).radiance;
      sums[0] += film_value(radiance.x);
      sums[1] += film_value(radiance.y);
      sums[2] += film_value(radiance.z);
    }
    for (const std::int64_t sum : sums) {
      for (unsigned shift = 0; shift < 64; shift += 8) {
        *at++ = static_cast<std::uint8_t>(static_cast<std::uint64_t>(sum) >> shift);
      }
    }
    return at;
  }

  Job job_;
  Tiling tiling_;
};

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
      return fail(Code::malformed, "there is no input of that name in the order");
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

struct Cost {
  std::uint64_t dearest_tile = 0;
  std::uint64_t all_tiles = 0;
};

// What the job takes, by a few paths of every tile with the scalar code: a scene can be made as
// dear as its author likes, and only tracing it shows. Stops as soon as a cap is passed, so that
// the probe is short whatever the scene.
Cost probe(const Job& job, const Caps& caps) {
  const Tiling tiling(job.picture);
  const Intersector ask = scalar_intersector();
  Cost cost;
  for (std::uint32_t step = 1; step <= tiling.count(); ++step) {
    const Tile tile = tiling.tile(step);
    constexpr std::uint64_t kProbes = std::uint64_t{kProbesPerSide} * kProbesPerSide;
    const std::uint64_t scale = tile.pixels() * job.picture.samples;
    std::uint64_t visits = 0;
    std::uint64_t ops = 0;
    for (std::uint32_t i = 0; i < kProbes; ++i) {
      const std::uint32_t across = i % kProbesPerSide * 2 + 1, down = i / kProbesPerSide * 2 + 1;
      const std::uint32_t x = tile.x + tile.width * across / (2 * kProbesPerSide);
      const std::uint32_t y = tile.y + tile.height * down / (2 * kProbesPerSide);
      visits += job.path(ask, step, x, y, 0).visits;
      ops = scale * (kOpsPerPath + visits * kOpsPerVisit / kProbes);
      if (ops > caps.step_ops_max || cost.all_tiles + ops > caps.job_ops_max) break;
    }
    cost.dearest_tile = std::max(cost.dearest_tile, ops);
    cost.all_tiles += ops;
    if (cost.dearest_tile > caps.step_ops_max || cost.all_tiles > caps.job_ops_max) break;
  }
  return cost;
}

Result<Plan> make_plan(const Job& job, const Caps& caps) {
  const Picture& picture = job.picture;
  const Tiling tiling(picture);
  Plan plan;
  plan.shape = Shape::independent;
  plan.steps = tiling.count();
  plan.result_bytes = std::uint64_t{picture.width} * picture.height * 3 * sizeof(std::int64_t);
  plan.state_shape = {{DType::u8, {Digest::kSize}}};
  if (plan.steps > kStepsMax) {
    return fail(Code::malformed, "parameters: width and height make " + std::to_string(plan.steps) +
                                     " tiles of 64x64; at most " + std::to_string(kStepsMax) +
                                     " are allowed");
  }
  if (plan.result_bytes > caps.result_bytes_max) {
    return fail(Code::malformed, "parameters: width x height is above " +
                                     std::to_string(caps.result_bytes_max / 24) +
                                     " pixels, the most allowed");
  }
  const Cost cost = probe(job, caps);
  if (cost.dearest_tile > caps.step_ops_max || cost.all_tiles > caps.job_ops_max) {
    return fail(Code::malformed, "parameters: too much work for one job: lower samples (now " +
                                     std::to_string(picture.samples) +
                                     "), max_bounces or the size; a tile may take " +
                                     std::to_string(caps.step_ops_max) + " operations, all tiles " +
                                     std::to_string(caps.job_ops_max));
  }
  plan.step_ops = cost.dearest_tile;
  plan.reference_cost = plan.step_ops * plan.steps;
  return plan;
}

}  // namespace

Result<std::unique_ptr<Program>> load_render(const wire::WorkloadSpec& spec,
                                             const InputSource& inputs, const Caps& caps) {
  const Result<Picture> picture = parse_parameters(spec.parameters);
  if (!picture.ok()) return picture.error();
  Result<Scene> scene = load_scene(spec, inputs);
  if (!scene.ok()) return scene.error();
  Job job{build_world(std::move(scene).value()), picture.value(), philox_key(job_seed(spec.nonce)),
          start_digest(picture.value(), spec.inputs)};
  Result<Plan> plan = make_plan(job, caps);
  if (!plan.ok()) return plan.error();
  return std::unique_ptr<Program>(
      std::make_unique<RenderProgram>(std::move(plan).value(), std::move(job)));
}

}  // namespace assay::compute
