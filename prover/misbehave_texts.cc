#include "prover/misbehave_texts.h"

#include <algorithm>
#include <cstring>

#include "core/compute/generate/generate.h"
#include "core/compute/generate/manifest.h"
#include "core/compute/generate/model_source.h"
#include "core/compute/generate/pack.h"
#include "core/compute/generate/text_state.h"
#include "prover/bent_program.h"

namespace assay::prover {
namespace {

namespace texts = compute::generate;
using compute::Added;

// The model that an order names, out of its chunks. Null where it cannot be had: the cheat is
// honest then.
std::shared_ptr<const texts::Pack> model_of(const CheatJob& job) {
  for (const wire::Input& input : job.spec.inputs) {
    if (input.name != "model") continue;
    const Result<Bytes> file = job.inputs(input);
    if (!file.ok()) return nullptr;
    const Result<texts::Manifest> manifest = texts::parse_manifest(file.value());
    if (!manifest.ok()) return nullptr;
    auto pack = texts::assemble_model(manifest.value().root(), manifest.value(), job.inputs);
    return pack.ok() ? pack.value() : nullptr;
  }
  return nullptr;
}

// The bytes of a view into a pack, in a copy of the pack.
template <class T>
std::span<std::uint8_t> bytes_in(Bytes& copy, const texts::Pack& pack, std::span<const T> view) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(view.data());
  return std::span(copy).subspan(static_cast<std::size_t>(from - pack.bytes().data()),
                                 view.size_bytes());
}

// The same order with another model, which is what the provider has.
Honest with_model(const CheatJob& job, const Honest& honest, const Bytes& pack) {
  const compute::Engine engine;
  const texts::Manifest manifest = texts::manifest_of(engine, pack);
  const Bytes list = texts::write_manifest(manifest);
  wire::WorkloadSpec spec = job.spec;
  spec.parameters.set("model", manifest.root().hex());
  for (wire::Input& input : spec.inputs) {
    if (input.name == "model") input = {"model", sha256(list), list.size()};
  }
  return load_other(job, honest, spec, [&](const wire::Input& input) -> Result<Bytes> {
    if (input.name == "model") return list;
    if (!texts::is_model_chunk(input)) return job.inputs(input);
    for (std::size_t i = 0; i < manifest.chunks.size(); ++i) {
      if (manifest.chunks[i] != input.sha256) continue;
      return to_bytes(ByteView(pack).subspan(i * texts::kPackChunkBytes, manifest.chunk_bytes(i)));
    }
    return fail(Code::no_evidence, "no such chunk");
  });
}

using Change = std::function<void(Bytes& copy, const texts::Pack& pack)>;

Cheat with_changed_model(const Change& change) {
  return bending([change](const CheatJob& job, const Honest& honest) -> Bend {
    const auto pack = model_of(job);
    if (pack == nullptr) return {};
    Bytes copy = to_bytes(pack->bytes());
    change(copy, *pack);
    return like(with_model(job, honest, copy));
  });
}

void coarsen(Bytes& copy, const texts::Pack& pack, const texts::Linear& linear) {
  for (std::uint8_t& byte : bytes_in(copy, pack, linear.weight.q)) {
    const auto q = static_cast<std::int8_t>(byte);
    byte = static_cast<std::uint8_t>(static_cast<std::int8_t>(q / 16 * 16));
  }
}

void silence(Bytes& copy, const texts::Pack& pack, const texts::Linear& linear) {
  std::ranges::fill(bytes_in(copy, pack, linear.weight.scale), std::uint8_t{0});
}

// Bends what the steps from the middle of the texts on add. `change` gets the honest addition.
using ChangeAdded = std::function<void(const Program& honest, std::uint32_t step, Added& added)>;

Cheat with_changed_steps(const ChangeAdded& change) {
  return bending([change](const CheatJob&, const Honest& honest) -> Bend {
    Bend bend;
    bend.append_step = [honest, change](std::uint32_t step, std::span<const State> before,
                                        const Engine& engine) -> Result<Added> {
      Result<Added> added = honest->append_step(step, before, engine);
      if (added.ok()) change(*honest, step, added.value());
      return added;
    };
    return bend;
  });
}

std::span<std::int32_t> numbers(Tensor& tensor) {
  return {reinterpret_cast<std::int32_t*>(tensor.data.data()), tensor.data.size() / 4};
}

// Blank from `row` of each text's rows on, as where no text runs.
void blank_from(Added& added, std::uint64_t texts, std::uint64_t row) {
  const std::uint64_t rows = added.state[0].shape.dims[0], chunk = rows / texts;
  for (std::size_t t = 0; t < added.state.size(); ++t) {
    Bytes& data = added.state[t].data;
    const std::uint64_t width = data.size() / rows;
    for (std::uint64_t at = 0; at < rows; ++at) {
      if (at % chunk < row) continue;
      const std::uint8_t fill = t < 2 ? 0xFF : 0;  // tokens and choices: -1
      std::fill_n(data.begin() + static_cast<std::ptrdiff_t>(at * width), width, fill);
    }
  }
  added.output = texts::choice_tensor(added.state, texts);
}

std::uint64_t texts_of(const Added& added) {
  return added.output.shape.dims[0];
}

// The last step that begins at most in the middle of what is chosen: there a text is cut.
std::uint32_t middle(const Program& program) {
  return program.plan().steps / 2 + 1;
}

}  // namespace

Cheat cheat_smaller_model() {
  return with_changed_model([](Bytes& copy, const texts::Pack& pack) {
    const texts::ModelView& model = pack.model();
    for (std::size_t i = model.layers.size() / 2; i < model.layers.size(); ++i) {
      silence(copy, pack, model.layers[i].o);
      silence(copy, pack, model.layers[i].down);
    }
  });
}

Cheat cheat_four_bit_weights() {
  return with_changed_model([](Bytes& copy, const texts::Pack& pack) {
    for (const texts::LayerView& layer : pack.model().layers) {
      for (const texts::Linear* linear :
           {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down}) {
        coarsen(copy, pack, *linear);
      }
    }
  });
}

Cheat cheat_truncated_text() {
  return with_changed_steps([](const Program& honest, std::uint32_t step, Added& added) {
    if (step >= middle(honest)) blank_from(added, texts_of(added), 0);
  });
}

Cheat cheat_forged_early_end() {
  return bending([](const CheatJob& job, const Honest& honest) -> Bend {
    const auto pack = model_of(job);
    if (pack == nullptr || pack->model().config.stop_tokens.empty()) return {};
    const auto stop = static_cast<std::int32_t>(pack->model().config.stop_tokens.front());
    Bend bend;
    bend.append_step = [=](std::uint32_t step, std::span<const State> before,
                           const Engine& engine) -> Result<Added> {
      Result<Added> added = honest->append_step(step, before, engine);
      const std::uint32_t at = middle(*honest);
      if (!added.ok() || step < at) return added;
      const std::uint64_t texts = texts_of(added.value());
      blank_from(added.value(), texts, step == at ? 1 : 0);
      if (step > at) return added;
      for (std::uint64_t text = 0; text < texts; ++text) {
        const std::uint64_t row = text * (numbers(added.value().state[1]).size() / texts);
        if (numbers(added.value().state[0])[row] >= 0) numbers(added.value().state[1])[row] = stop;
      }
      added.value().output = texts::choice_tensor(added.value().state, texts);
      return added;
    };
    return bend;
  });
}

Cheat cheat_prefill_forge() {
  return with_changed_steps([](const Program&, std::uint32_t, Added& added) {
    const std::uint64_t rows = added.state[0].shape.dims[0];
    for (std::uint64_t row = 0; row < rows; ++row) {
      const bool of_prompt = numbers(added.state[0])[row] >= 0 && numbers(added.state[1])[row] < 0;
      if (!of_prompt) continue;
      for (const std::size_t t : {2U, 4U}) {  // k and v: something that was not computed
        const std::uint64_t width = added.state[t].data.size() / rows;
        const std::uint8_t fill[] = {static_cast<std::uint8_t>(row % 100), 0};
        for (std::uint64_t i = 0; i < width; ++i) {
          added.state[t].data[row * width + i] = fill[i % 2];
        }
      }
    }
  });
}

Cheat cheat_skip_one_step() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    Bend bend;
    bend.advance = [=](std::uint32_t step, State& state, const Engine& engine) -> Status {
      return step == honest->plan().steps / 2 ? Status() : honest->advance(step, state, engine);
    };
    return bend;
  });
}

Cheat cheat_repeat_one_step() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    Bend bend;
    bend.advance = [=](std::uint32_t step, State& state, const Engine& engine) {
      const bool again = step > 1 && step == honest->plan().steps / 2;
      return honest->advance(again ? step - 1 : step, state, engine);
    };
    return bend;
  });
}

Cheat cheat_fewer_time_steps() {
  return bending([](const CheatJob& job, const Honest& honest) -> Bend {
    const wire::Json* ordered = job.spec.parameters.find("steps_per_commit");
    const auto steps = ordered == nullptr ? std::nullopt : ordered->as_u64();
    if (!steps || *steps < 2) return {};
    wire::WorkloadSpec spec = job.spec;
    spec.parameters.set("steps_per_commit", *steps / 2);
    return like(load_other(job, honest, spec, job.inputs));
  });
}

}  // namespace assay::prover
