#include "core/compute/render/render.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/compute/dispute/tape.h"
#include "core/compute/render/film.h"
#include "core/compute/render/job.h"

namespace assay::compute {
namespace {

using namespace render;

class RenderProgram : public Program, public DisputedSteps {
 public:
  RenderProgram(Plan plan, Job job) : Program(std::move(plan)), job_(std::move(job)) {}

  Result<State> start(const Engine&) const override {
    return State{Tensor{plan().state_shape[0], to_bytes(job_.start.view())}};
  }

  TensorShape unit_shape(std::uint32_t step) const override {
    const Tile tile = tile_at(job_.picture, step);
    return {DType::s64, {tile.height, tile.width, 3}};
  }

  Result<Tensor> unit(std::uint32_t step, const Engine& engine) const override {
    const Tile tile = tile_at(job_.picture, step);
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
      const Tile tile = tile_at(job_.picture, step);
      for (std::uint32_t y = tile.y; y < tile.y + tile.height; ++y) {
        std::int64_t* at = film.data() + (std::size_t{y} * picture.width + tile.x) * 3;
        for (std::uint32_t i = 0; i < tile.width * 3; ++i) {
          at[i] = static_cast<std::int64_t>(in.u64_le());
        }
      }
    }
    const Bytes rgb = develop(film, picture.samples);
    Result<Bytes> png = write_png(rgb, picture.width, picture.height);
    if (!png.ok()) return png.error();
    return Artefact{"picture.png", std::move(png).value()};
  }

  DeviceJob device_job() const override { return {.render = &job_}; }

  Result<Tape> step_tape(std::uint32_t step) const override;

 private:
  std::uint8_t* pixel(const Intersector& ask, std::uint32_t step, std::uint32_t x, std::uint32_t y,
                      std::uint8_t* at) const {
    for (const std::int64_t sum : sums_of(ask, step, x, y, 0, job_.picture.samples)) {
      for (unsigned shift = 0; shift < 64; shift += 8) {
        *at++ = static_cast<std::uint8_t>(static_cast<std::uint64_t>(sum) >> shift);
      }
    }
    return at;
  }

  // Of samples [first, end) of a pixel.
  std::array<std::int64_t, 3> sums_of(const Intersector& ask, std::uint32_t step, std::uint32_t x,
                                      std::uint32_t y, std::uint32_t first,
                                      std::uint32_t end) const {
    std::array<std::int64_t, 3> sums{};
    for (std::uint32_t sample = first; sample < end; ++sample) {
      const Vec3 radiance = job_.path(ask, step, x, y, sample).radiance;
      sums[0] += film_value(radiance.x);
      sums[1] += film_value(radiance.y);
      sums[2] += film_value(radiance.z);
    }
    return sums;
  }

  std::uint32_t paths_at_once() const;
  TensorRef add_paths(Tape& tape, std::uint32_t step, std::uint32_t first_sample,
                      std::uint32_t end) const;
  TensorRef add_sum(Tape& tape, std::uint32_t step, const std::vector<TensorRef>& films) const;

  Job job_;
};

// What one operation follows of a pixel: few enough paths to be checked in a moment, by what the
// dearest tile's cost on the average. A pixel dearer than those around it takes longer.
constexpr std::uint64_t kPathsAtOnceMax = 64;
constexpr std::uint64_t kPathOpsAtOnce = std::uint64_t{1} << 19;
constexpr std::size_t kFilmsAtOnce = 256;  // that are added

std::uint32_t RenderProgram::paths_at_once() const {
  const Tile first = tile_at(job_.picture, 1);  // no tile is larger
  const std::uint64_t of_path =
      std::max<std::uint64_t>(1, plan().step_ops / (first.pixels() * job_.picture.samples));
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(kPathOpsAtOnce / of_path, 1, kPathsAtOnceMax));
}

// The film of some samples of a tile.
TensorRef RenderProgram::add_paths(Tape& tape, std::uint32_t step, std::uint32_t first_sample,
                                   std::uint32_t end) const {
  return tape.add("film tile", unit_shape(step), 3, {},
                  [this, step, first_sample, end](std::uint64_t first, std::uint64_t count,
                                                  Operands&, std::span<std::uint8_t> out) {
                    const Tile tile = tile_at(job_.picture, step);
                    const Intersector ask = intersector(CpuLevel::scalar);
                    for (std::uint64_t i = 0; i < count / 3; ++i) {
                      const auto pixel = static_cast<std::uint32_t>(first / 3 + i);
                      const std::array<std::int64_t, 3> sums =
                          sums_of(ask, step, tile.x + pixel % tile.width,
                                  tile.y + pixel / tile.width, first_sample, end);
                      std::memcpy(out.data() + i * sizeof sums, sums.data(), sizeof sums);
                    }
                  });
}

TensorRef RenderProgram::add_sum(Tape& tape, std::uint32_t step,
                                 const std::vector<TensorRef>& films) const {
  return tape.add("sum of films", unit_shape(step), 1, films,
                  [films](std::uint64_t first, std::uint64_t count, Operands& operands,
                          std::span<std::uint8_t> out) {
                    std::vector<std::uint64_t> sums(count);
                    for (const TensorRef& film : films) {
                      const auto part = operands.read<std::uint64_t>(film, first, count);
                      for (std::uint64_t i = 0; i < count; ++i) sums[i] += part[i];
                    }
                    std::memcpy(out.data(), sums.data(), out.size());
                  });
}

// Independent: the state stays that of the start. Many samples are a sum of several films, and many
// films one of several sums.
Result<Tape> RenderProgram::step_tape(std::uint32_t step) const {
  Tape tape;
  tape.states[0] = tape.state_shape = plan().state_shape;
  tape.state = {{TensorRef::Of::state, 0, 0}};
  std::vector<TensorRef> films;
  const std::uint32_t paths = paths_at_once(), samples = job_.picture.samples;
  for (std::uint32_t first = 0; first < samples; first += paths) {
    films.push_back(add_paths(tape, step, first, std::min(first + paths, samples)));
  }
  while (films.size() > 1) {
    std::vector<TensorRef> sums;
    for (std::size_t i = 0; i < films.size(); i += kFilmsAtOnce) {
      const std::size_t end = std::min(i + kFilmsAtOnce, films.size());
      sums.push_back(add_sum(tape, step,
                             {films.begin() + static_cast<std::ptrdiff_t>(i),
                              films.begin() + static_cast<std::ptrdiff_t>(end)}));
    }
    films = std::move(sums);
  }
  tape.output = films;
  return tape;
}

Result<Plan> make_plan(const Job& job, const Caps& caps) {
  const Picture& picture = job.picture;
  Plan plan;
  plan.shape = Shape::independent;
  plan.steps = tile_count(picture);
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
  const Cost cost = probe_cost(job, caps);
  if (!cost.within(caps)) {
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
  Result<Job> job = load_job(spec, inputs);
  if (!job.ok()) return job.error();
  Result<Plan> plan = make_plan(job.value(), caps);
  if (!plan.ok()) return plan.error();
  return std::unique_ptr<Program>(
      std::make_unique<RenderProgram>(std::move(plan).value(), std::move(job).value()));
}

}  // namespace assay::compute
