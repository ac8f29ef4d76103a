#include "prover/misbehave_compute.h"

#include <algorithm>

#include "prover/bent_program.h"

namespace assay::prover {
namespace {

Tensor blank(const Program& program, std::uint32_t step) {
  const compute::TensorShape shape = program.unit_shape(step);
  return {shape, Bytes(shape.bytes())};
}

void change_s64(Tensor& tensor, const std::function<std::uint64_t(std::uint64_t)>& change) {
  Reader in(tensor.data);
  Bytes out;
  out.reserve(tensor.data.size());
  while (!in.at_end() && in.ok()) put_u64_le(out, change(in.u64_le()));
  if (in.ok()) tensor.data = std::move(out);
}

// The part of a range of n that a cheat of a tenth touches: in the middle, at least one.
bool in_bad_tenth(std::uint64_t i, std::uint64_t n) {
  return i >= n / 2 && i < n / 2 + std::max<std::uint64_t>(1, n / 10);
}

// The steps of `other` up to `last`, then honest ones. Here they are computed again; a real cheat
// would have kept them. What is claimed is the same.
Bend from_other(const Honest& honest, const Honest& other, std::uint32_t last) {
  if (other == nullptr) return {};
  return {[=](std::uint32_t step, State& state, const Engine& engine) -> Status {
            if (step > last) return honest->advance(step, state, engine);
            if (step == 1) {
              Result<State> start = other->start(engine);
              if (!start.ok()) return start.error();
              state = std::move(start).value();
            }
            return other->advance(step, state, engine);
          },
          [=](std::uint32_t step, const Engine& engine) {
            return (step > last ? honest : other)->unit(step, engine);
          },
          [=](std::uint32_t step, std::span<const State> before, const Engine& engine) {
            return (step > last ? honest : other)->append_step(step, before, engine);
          }};
}

// The first program of each shape that came by: what a cheat has lying about.
class Shelf {
 public:
  // None for the job that lies there itself.
  Honest earlier(const Digest& job, const Honest& program) {
    for (const auto& [owner, kept] : kept_) {
      const bool same = kept->plan().steps == program->plan().steps &&
                        kept->plan().result_bytes == program->plan().result_bytes &&
                        kept->plan().state_shape == program->plan().state_shape;
      if (same) return owner == job ? nullptr : kept;
    }
    kept_.emplace_back(job, program);
    return nullptr;
  }

 private:
  std::vector<std::pair<Digest, Honest>> kept_;
};

// 4 bits where there were 8: 127 and zeros stay, so that the state is still a valid one.
std::int8_t coarse(std::int8_t q) {
  if (q == 0 || q == 127 || q == -127) return q;
  const int size = std::max(16, (std::abs(int{q}) + 8) / 16 * 16);
  return static_cast<std::int8_t>(std::min(size, 112) * (q < 0 ? -1 : 1));
}

void put_scale(std::span<std::uint8_t> at, std::uint32_t bits, std::int32_t exponent) {
  Bytes bytes;
  put_u32_le(bytes, bits);
  put_u32_le(bytes, static_cast<std::uint32_t>(exponent));
  std::ranges::copy(bytes, at.begin());
}

// A state that passes every check of its form and has nothing to do with the job.
void fill_at_random(State& state, Random& random) {
  for (Tensor& tensor : state) {
    const std::uint64_t row_bytes = tensor.data.size() / tensor.shape.dims[0];
    for (std::uint64_t i = 0; i < tensor.data.size(); ++i) {
      tensor.data[i] = i % row_bytes == 0 ? 127 : static_cast<std::uint8_t>(random.below(128));
    }
    if (tensor.shape.dtype != compute::DType::s32) continue;
    for (std::uint64_t i = 0; i < tensor.data.size(); i += 8) {
      put_scale(std::span(tensor.data).subspan(i, 8), 0x3F800000, 0);  // 1 * 2^0
    }
  }
}

SeededRandom random_of(const Digest& job, std::uint32_t step) {
  Bytes number;
  put_u32_be(number, step);
  const Digest seed = sha256({job.view(), number});
  Reader in(seed.view());
  return SeededRandom(in.u64_be());
}

// The renter's scene, seen from half a unit further right.
std::optional<std::string> moved_scene(std::string_view text) {
  const Result<wire::Json> scene = wire::parse_json(
      text, {.bytes_max = std::size_t{64} << 20, .values_max = 1 << 24, .fractions = true});
  if (!scene.ok()) return std::nullopt;
  const wire::Json* camera = scene.value().find("camera");
  const wire::Json* position = camera == nullptr ? nullptr : camera->find("position");
  if (position == nullptr || !position->is_array() || position->items().size() != 3) {
    return std::nullopt;
  }
  wire::Json::Array moved = position->items();
  moved[0] = wire::Json(moved[0].as_double() + 0.5);
  wire::Json other_camera = *camera;
  other_camera.set("position", wire::Json::array(std::move(moved)));
  wire::Json other = scene.value();
  return other.set("camera", std::move(other_camera)).dump();
}

Honest with_garbage_inputs(const CheatJob& job, const Honest& honest) {
  wire::WorkloadSpec spec = job.spec;
  std::optional<std::string> garbage;
  for (wire::Input& input : spec.inputs) {
    if (input.name != "scene") continue;
    const Result<Bytes> bytes = job.inputs(input);
    if (bytes.ok()) garbage = moved_scene(as_text(bytes.value()));
    if (!garbage) return nullptr;
    input.sha256 = sha256(as_bytes(*garbage));
    input.size_bytes = garbage->size();
  }
  if (!garbage) return nullptr;
  return load_other(job, honest, spec, [&](const wire::Input& input) -> Result<Bytes> {
    if (input.name == "scene") return to_bytes(as_bytes(*garbage));
    return job.inputs(input);
  });
}

}  // namespace

Honest load_other(const CheatJob& job, const Honest& honest, const wire::WorkloadSpec& spec,
                  const compute::InputSource& inputs) {
  Result<std::unique_ptr<Program>> other = compute::load_program(spec, inputs, job.caps);
  if (!other.ok() || other.value()->plan().result_bytes != honest->plan().result_bytes) {
    return nullptr;
  }
  return std::move(other).value();
}

Bend like(const Honest& other) {
  if (other == nullptr) return {};
  return {[other](std::uint32_t step, State& state, const Engine& engine) {
            return other->advance(step, state, engine);
          },
          [other](std::uint32_t step, const Engine& engine) { return other->unit(step, engine); },
          [other](std::uint32_t step, std::span<const State> before, const Engine& engine) {
            return other->append_step(step, before, engine);
          }};
}

Cheat cheat_skip_steps() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    const std::uint32_t done = honest->plan().steps / 2;
    return {[=](std::uint32_t step, State& state, const Engine& engine) {
              return step <= done ? honest->advance(step, state, engine) : Status();
            },
            [=](std::uint32_t step, const Engine& engine) -> Result<Tensor> {
              return step <= done ? honest->unit(step, engine) : blank(*honest, step);
            }};
  });
}

Cheat cheat_repeat_first_step() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    return {[=](std::uint32_t step, State& state, const Engine& engine) {
              return step == 1 ? honest->advance(step, state, engine) : Status();
            },
            [=](std::uint32_t step, const Engine& engine) -> Result<Tensor> {
              Result<Tensor> first = honest->unit(1, engine);
              if (!first.ok()) return first;
              Tensor out = blank(*honest, step);
              const std::size_t size = std::min(out.data.size(), first.value().data.size());
              std::copy_n(first.value().data.begin(), size, out.data.begin());
              return out;
            }};
  });
}

Cheat cheat_zero_state() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    const std::uint32_t at = (honest->plan().steps + 1) / 2;
    return {[=](std::uint32_t step, State& state, const Engine& engine) {
              if (step != at) return honest->advance(step, state, engine);
              for (Tensor& tensor : state) std::ranges::fill(tensor.data, std::uint8_t{0});
              return Status();
            },
            [=](std::uint32_t step, const Engine& engine) -> Result<Tensor> {
              return step < at ? honest->unit(step, engine) : blank(*honest, step);
            },
            [=](std::uint32_t step, std::span<const State> before,
                const Engine& engine) -> Result<compute::Added> {
              Result<compute::Added> added = honest->append_step(step, before, engine);
              if (!added.ok() || step != at) return added;
              for (std::size_t t = 2; t < added.value().state.size(); ++t) {  // keys and values
                std::ranges::fill(added.value().state[t].data, std::uint8_t{0});
              }
              return added;
            }};
  });
}

// Whoever refuses to compute with such numbers cannot say what is wrong with the rows near them.
Cheat cheat_wild_state() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    const std::uint32_t at = (honest->plan().steps + 1) / 2;
    return {[=](std::uint32_t step, State& state, const Engine& engine) {
              if (step > at) return Status();
              const Status moved = honest->advance(step, state, engine);
              if (!moved.ok() || step < at) return moved;
              for (Tensor& tensor : state) {
                const std::size_t row = tensor.data.size() / tensor.shape.dims[0];
                for (std::uint64_t i = 0; i < tensor.shape.dims[0]; i += 3) {
                  std::fill_n(tensor.data.begin() + static_cast<std::ptrdiff_t>(i * row), row,
                              std::uint8_t{0x7F});
                }
              }
              return Status();
            },
            [=](std::uint32_t step, const Engine& engine) -> Result<Tensor> {
              return step < at ? honest->unit(step, engine) : blank(*honest, step);
            }};
  });
}

Cheat cheat_splice_cached_trajectory() {
  auto shelf = std::make_shared<Shelf>();
  return bending([shelf](const CheatJob& job, const Honest& honest) {
    const std::uint32_t half = std::max(1u, honest->plan().steps / 2);
    return from_other(honest, shelf->earlier(job.job, honest), half);
  });
}

Cheat cheat_stale_result() {
  auto shelf = std::make_shared<Shelf>();
  return bending([shelf](const CheatJob& job, const Honest& honest) {
    return from_other(honest, shelf->earlier(job.job, honest), honest->plan().steps);
  });
}

Cheat cheat_bad_rows_only() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    const std::uint32_t steps = honest->plan().steps;
    return {[=](std::uint32_t step, State& state, const Engine& engine) {
              const Status moved = honest->advance(step, state, engine);
              if (!moved.ok() || step != 1) return moved;
              for (Tensor& tensor : state) {
                const std::uint64_t rows = tensor.shape.dims[0];
                const std::uint64_t width = tensor.data.size() / rows;
                for (std::uint64_t i = 0; i < tensor.data.size(); ++i) {
                  if (in_bad_tenth(i / width, rows)) tensor.data[i] = 0;
                }
              }
              return moved;
            },
            [=](std::uint32_t step, const Engine& engine) -> Result<Tensor> {
              return in_bad_tenth(step - 1, steps) ? blank(*honest, step)
                                                   : honest->unit(step, engine);
            }};
  });
}

Cheat cheat_random_output() {
  return bending([](const CheatJob& job, const Honest& honest) -> Bend {
    return {[id = job.job](std::uint32_t step, State& state, const Engine&) {
              SeededRandom random = random_of(id, step);
              fill_at_random(state, random);
              return Status();
            },
            [=, id = job.job](std::uint32_t step, const Engine&) -> Result<Tensor> {
              SeededRandom random = random_of(id, step);
              Tensor out = blank(*honest, step);
              change_s64(out, [&](std::uint64_t) { return random.below(1 << 20); });
              return out;
            }};
  });
}

Cheat cheat_lower_precision() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    return {[=](std::uint32_t step, State& state, const Engine& engine) {
              for (std::uint8_t& byte : state[0].data) {
                byte = static_cast<std::uint8_t>(coarse(static_cast<std::int8_t>(byte)));
              }
              return honest->advance(step, state, engine);
            },
            [=](std::uint32_t step, const Engine& engine) {
              Result<Tensor> out = honest->unit(step, engine);
              if (out.ok()) change_s64(out.value(), [](std::uint64_t v) { return v & ~0xFFFFull; });
              return out;
            }};
  });
}

Cheat cheat_fewer_samples() {
  return bending([](const CheatJob& job, const Honest& honest) -> Bend {
    const wire::Json* ordered = job.spec.parameters.find("samples");
    const auto samples = ordered == nullptr ? std::nullopt : ordered->as_u64();
    if (!samples || *samples < 2) return {};
    const std::uint64_t fewer = std::max<std::uint64_t>(1, *samples / 4);
    wire::WorkloadSpec spec = job.spec;
    spec.parameters.set("samples", fewer);
    const Honest other = load_other(job, honest, spec, job.inputs);
    if (other == nullptr) return {};
    return {nullptr, [=](std::uint32_t step, const Engine& engine) {
              Result<Tensor> out = other->unit(step, engine);
              if (out.ok()) {
                change_s64(out.value(), [&](std::uint64_t v) { return v * *samples / fewer; });
              }
              return out;
            }};
  });
}

Cheat cheat_inflated_scale() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    if (honest->plan().state_shape.size() != 2) return {};
    return {[=](std::uint32_t step, State& state, const Engine& engine) {
              const Status moved = honest->advance(step, state, engine);
              if (!moved.ok() || step != honest->plan().steps) return moved;
              for (std::uint8_t& byte : state[0].data) {
                byte = static_cast<std::uint8_t>(static_cast<std::int8_t>(byte) / 8);
              }
              Bytes& scales = state[1].data;
              for (std::uint64_t i = 0; i < scales.size(); i += 8) {
                Reader in(ByteView(scales).subspan(i, 8));
                const std::uint32_t bits = in.u32_le();
                const auto exponent = static_cast<std::int32_t>(in.u32_le());
                if (bits != 0) put_scale(std::span(scales).subspan(i, 8), bits, exponent + 3);
              }
              return moved;
            },
            nullptr};
  });
}

Cheat cheat_garbage_inputs() {
  return bending([](const CheatJob& job, const Honest& honest) -> Bend {
    if (honest->plan().shape == compute::Shape::independent) {
      return like(with_garbage_inputs(job, honest));
    }
    return {[=](std::uint32_t step, State& state, const Engine& engine) {
              Bytes& q = state[0].data;
              const auto width = static_cast<std::ptrdiff_t>(q.size() / state[0].shape.dims[0]);
              for (auto row = q.begin(); step == 1 && row != q.end(); row += width) {
                std::reverse(row, row + width);
              }
              return honest->advance(step, state, engine);
            },
            nullptr};
  });
}

Cheat cheat_wrong_seed() {
  return bending([](const CheatJob& job, const Honest& honest) {
    wire::WorkloadSpec spec = job.spec;
    spec.nonce = sha256(job.spec.nonce.view());
    return like(load_other(job, honest, spec, job.inputs));
  });
}

}  // namespace assay::prover
