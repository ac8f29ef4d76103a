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

  TensorRef add_paths(Tape& tape, std::uint32_t step, std::uint32_t first_sample) const;

  Job job_;
};

// Paths of a pixel that one operation follows: few enough that they are checked in a moment.
constexpr std::uint32_t kPathsAtOnce = 64;

// The film of some samples of a tile.
TensorRef RenderProgram::add_paths(Tape& tape, std::uint32_t step,
                                   std::uint32_t first_sample) const {
  const std::uint32_t end = std::min(first_sample + kPathsAtOnce, job_.picture.samples);
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

// Independent: the state stays that of the start. Many samples are a sum of several films.
Result<Tape> RenderProgram::step_tape(std::uint32_t step) const {
  Tape tape;
  tape.states[0] = tape.state_shape = plan().state_shape;
  tape.state = {{TensorRef::Of::state, 0, 0}};
  std::vector<TensorRef> films;
  for (std::uint32_t first = 0; first < job_.picture.samples; first += kPathsAtOnce) {
    films.push_back(add_paths(tape, step, first));
  }
  if (films.size() > 1) {
    const Compute add = [films](std::uint64_t first, std::uint64_t count, Operands& operands,
                                std::span<std::uint8_t> out) {
      std::vector<std::uint64_t> sums(count);
      for (const TensorRef& film : films) {
        const std::span<const std::uint64_t> part =
            operands.read<std::uint64_t>(film, first, count);
        for (std::uint64_t i = 0; i < count; ++i) sums[i] += part[i];
      }
      std::memcpy(out.data(), sums.data(), out.size());
    };
    tape.output = {tape.add("sum of films", unit_shape(step), 1, films, add)};
  } else {
    tape.output = films;
  }
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
