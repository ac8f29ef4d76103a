#include <algorithm>

#include "core/compute/generate/generate.h"
#include "core/compute/generate/model_source.h"
#include "core/wire/text.h"

namespace assay::compute::generate {
namespace {

// A prompt of more text than this for each token of the context is refused before it is taken
// apart.
constexpr std::uint64_t kTokenTextMax = 256;

// The order's prompts by number, and its manifest.
struct Inputs {
  const wire::Input* model = nullptr;
  std::vector<const wire::Input*> prompts;
};

Result<Inputs> sort_inputs(const std::vector<wire::Input>& inputs) {
  const auto find = [&](const std::string& name) -> const wire::Input* {
    const auto found = std::ranges::find(inputs, name, &wire::Input::name);
    return found == inputs.end() ? nullptr : &*found;
  };
  Inputs out;
  out.model = find("model");
  if (out.model == nullptr) return fail(Code::malformed, "inputs: there is no \"model\"");
  if (const wire::Input* only = find("prompt")) {
    out.prompts.push_back(only);
  } else {
    while (const wire::Input* next = find("prompt-" + std::to_string(out.prompts.size()))) {
      out.prompts.push_back(next);
    }
  }
  if (out.prompts.empty()) {
    return fail(Code::malformed, "inputs: there is neither \"prompt\" nor \"prompt-0\"");
  }
  if (inputs.size() != out.prompts.size() + 1) {
    return fail(Code::malformed, "inputs: besides \"model\" there must be \"prompt\" alone, or " +
                                     std::string("\"prompt-0\", \"prompt-1\", … without a gap"));
  }
  return out;
}

// Models may have more tokens than their tokenizer spells: those stand for nothing.
Result<std::string> spell(const Tokenizer& tokenizer, std::span<const std::uint32_t> tokens) {
  Result<std::string> all = tokenizer.decode(tokens, true);
  if (all.ok()) return all;
  std::vector<std::uint32_t> known;
  for (const std::uint32_t token : tokens) {
    if (tokenizer.decode(std::span(&token, 1), true).ok()) known.push_back(token);
  }
  return tokenizer.decode(known, true);
}

Result<std::shared_ptr<const Pack>> find_model(const GenerateParameters& parameters,
                                               const wire::Input& input,
                                               const InputSource& inputs) {
  const Result<Bytes> file = inputs(input);
  if (!file.ok()) return file.error();
  const Result<Manifest> manifest = parse_manifest(file.value());
  if (!manifest.ok()) return manifest.error().in("input \"model\"");
  const Digest root = manifest.value().root();
  if (root != parameters.model) {
    return fail(Code::malformed, "input \"model\" is the manifest of " + root.hex() +
                                     ", not of the model that the order names, " +
                                     parameters.model.hex());
  }
  if (manifest.value().size > kModelBytesMax) {
    return fail(Code::malformed, "the model's pack has " + std::to_string(manifest.value().size) +
                                     " bytes; at most " + std::to_string(kModelBytesMax) +
                                     " are allowed");
  }
  return inputs.models() ? inputs.models()(root, manifest.value(), inputs)
                         : assemble_model(root, manifest.value(), inputs);
}

}  // namespace

Result<std::shared_ptr<const Pack>> assemble_model(const Digest&, const Manifest& manifest,
                                                   const InputSource& chunks) {
  Bytes bytes;
  for (std::size_t i = 0; i < manifest.chunks.size(); ++i) {
    const wire::Input chunk = model_chunk(manifest, i);
    const Result<Bytes> part = chunks(chunk);
    if (!part.ok()) return part.error();
    if (part.value().size() != chunk.size_bytes || sha256(part.value()) != chunk.sha256) {
      return fail(Code::no_evidence, chunk.name + " is not the chunk that the manifest names");
    }
    // Only as chunks arrive: a manifest is no reason to take so much memory.
    append(bytes, part.value());
  }
  const Engine engine;
  Result<Pack> pack = Pack::from_bytes(engine, std::move(bytes));
  if (!pack.ok()) return pack.error().in("model");
  return std::make_shared<const Pack>(std::move(pack).value());
}

}  // namespace assay::compute::generate

namespace assay::compute {

Result<std::unique_ptr<Program>> load_generate(const wire::WorkloadSpec& spec,
                                               const InputSource& inputs, const Caps& caps) {
  using namespace generate;
  const Result<GenerateParameters> parameters = parse_generate_parameters(spec.parameters);
  if (!parameters.ok()) return parameters.error();
  const Result<Inputs> sorted = sort_inputs(spec.inputs);
  if (!sorted.ok()) return sorted.error();
  const Result<std::shared_ptr<const Pack>> model =
      find_model(parameters.value(), *sorted.value().model, inputs);
  if (!model.ok()) return model.error();
  const Pack& pack = *model.value();
  Result<Tokenizer> tokenizer = pack.tokenizer();
  if (!tokenizer.ok()) return tokenizer.error().in("model");

  GenerateJob job;
  job.parameters = parameters.value();
  job.model = pack.model();
  job.owner = model.value();
  job.key = philox_key(job_seed(spec.nonce));
  for (const wire::Input* input : sorted.value().prompts) {
    const Result<Bytes> text = inputs(*input);
    if (!text.ok()) return text.error();
    if (text.value().size() > pack.model().config.context * kTokenTextMax) {
      return fail(Code::malformed,
                  "input \"" + input->name + "\" has " + std::to_string(text.value().size()) +
                      " bytes: more than the model's context of " +
                      std::to_string(pack.model().config.context) + " tokens can hold");
    }
    std::vector<std::uint32_t>& prompt = job.prompts.emplace_back();
    if (pack.model().config.begin_token) prompt.push_back(*pack.model().config.begin_token);
    const std::vector<std::uint32_t> tokens = tokenizer.value().encode(as_text(text.value()));
    prompt.insert(prompt.end(), tokens.begin(), tokens.end());
  }
  job.decode = [spelling = std::move(tokenizer).value()](std::span<const std::uint32_t> tokens) {
    return spell(spelling, tokens);
  };
  return make_generate_program(std::move(job), caps);
}

}  // namespace assay::compute
