// The files of language models: configurations, tokenizers, indexes, manifests and packs, and whole
// checkpoints that become packs.
#include <algorithm>

#include "core/compute/generate/manifest.h"
#include "core/compute/generate/pack.h"
#include "core/compute/generate/pack_writer.h"
#include "tests/fuzz/bundle.h"
#include "tests/fuzz/fuzz.h"

namespace assay::fuzz {
namespace {

using namespace compute;
using namespace compute::generate;

// Lists by token id, which reach up to kTokensMax whatever the size of the file.
constexpr std::size_t kByTokenBytes = std::size_t{32} * kTokensMax;
constexpr std::size_t kTextBytesMax = 2048;

std::size_t memory_for_model(std::size_t input_bytes) {
  return memory_for(input_bytes) + kByTokenBytes;
}

void check_tokenizer(const Tokenizer& tokenizer, std::string_view text) {
  text = text.substr(0, kTextBytesMax);
  for (const EncodeOptions options :
       {EncodeOptions{false, false}, EncodeOptions{true, false}, EncodeOptions{true, true}}) {
    const std::vector<std::uint32_t> ids = tokenizer.encode(text, options);
    require(ids.size() <= 2 * text.size(), "every token has bytes, but for a space before a text");
    const Result<std::string> back = tokenizer.decode(ids, options.continues);
    require(back.ok() && back.value() == text, "what was encoded is decoded as it was");
    require(std::ranges::all_of(ids, [&](auto id) { return id < tokenizer.vocabulary(); }),
            "a token is below the vocabulary");
  }
}

void check_config(const CheckpointConfig& config) {
  require(check_model_config(config.pack.model).ok(), "an accepted config is within the limits");
  const Result<PackConfig> again = parse_pack_config(write_pack_config(config.pack));
  require(again.ok() && again.value() == config.pack, "a written config reads as what was written");
  for (const double frequency : scaled_rope_frequencies(config)) {
    require(frequency >= 0 && frequency <= 1, "a rotary frequency lies in 0..1");
  }
}

void check_pack(const Pack& pack) {
  const ModelView& model = pack.model();
  require(model.layers.size() == model.config.layers && check_model_config(model.config).ok(),
          "an accepted pack is of a config within the limits");
  require(model.embedding.rows() == model.config.vocabulary &&
              model.head.width() == model.config.hidden &&
              model.rope_frequency.size() * 2 == model.config.head_size,
          "a view has the sizes of its config");
  for (const LayerView& layer : model.layers) {
    require(layer.down.weight.width() == model.config.intermediate &&
                layer.o.weight.rows() == model.config.hidden,
            "a layer has the sizes of its config");
    require(std::ranges::find(layer.q.weight.q, -128) == layer.q.weight.q.end(),
            "weights lie in -127..127");
  }
  accepted(pack.tokenizer());
}

void read_files(ByteView input) {
  const MemoryBound bound(memory_for_model(3 * input.size()));
  const Result<CheckpointConfig> config = parse_model_config(as_text(input));
  if (accepted(config)) check_config(config.value());
  const Result<Tokenizer> tokenizer = Tokenizer::parse(as_text(input));
  if (accepted(tokenizer)) check_tokenizer(tokenizer.value(), as_text(input));
  const Result<std::vector<std::string>> index = weight_files(as_text(input));
  if (accepted(index)) require(!index.value().empty(), "an index names files");
  const Result<Manifest> manifest = parse_manifest(input);
  if (accepted(manifest)) {
    require(std::ranges::equal(write_manifest(manifest.value()), input), "a manifest is its bytes");
  }
  const Result<Pack> pack = Pack::from_bytes(Engine(), to_bytes(input));
  if (accepted(pack)) check_pack(pack.value());
}

// What a bundle's file of this name has, if there is one.
std::optional<std::string_view> text_of(const std::vector<BundledFile>& files,
                                        std::string_view name) {
  const auto found = std::ranges::find(files, name, &BundledFile::name);
  if (found == files.end()) return std::nullopt;
  return as_text(found->bytes);
}

void convert(const std::vector<BundledFile>& files, std::size_t input_bytes) {
  const MemoryBound bound(memory_for_model(input_bytes));
  std::vector<WeightFile> weight_files;
  for (const BundledFile& file : files) {
    if (file.name.ends_with(".safetensors")) weight_files.push_back({file.name, file.bytes});
  }
  const Result<Weights> weights = Weights::parse(weight_files, text_of(files, "index"));
  if (!accepted(weights)) return;
  const Checkpoint checkpoint{text_of(files, "config").value_or(""), text_of(files, "generation"),
                              text_of(files, "tokenizer").value_or(""), &weights.value()};
  Bytes made;
  ManifestBuilder builder;
  const Result<PackConfig> config = write_pack(Engine(), checkpoint, [&](ByteView part) {
    append(made, part);
    builder.update(part);
    return Status();
  });
  if (!accepted(config)) return;
  require(builder.finish() == manifest_of(Engine(), made), "a manifest does not depend on parts");
  const Result<Pack> pack = Pack::from_bytes(Engine(), std::move(made));
  require(pack.ok(), "what is written is a pack", pack.ok() ? "" : pack.error().what);
  require(pack.value().tokenizer().ok(), "its tokenizer is one");
  check_pack(pack.value());
}

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  const assay::ByteView input(data, size);
  const std::vector<BundledFile> files = split_bundle(input);
  if (files.empty()) {
    read_files(input);
  } else {
    convert(files, size);
  }
  return 0;
}
