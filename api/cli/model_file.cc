#include "api/cli/model_file.h"

#include <filesystem>
#include <thread>

#include "core/compute/generate/checkpoint_folder.h"
#include "core/compute/generate/generate.h"
#include "core/compute/generate/model_source.h"

namespace assay::cli {
namespace {

using compute::Engine;
using compute::generate::CheckpointFolder;
using compute::generate::Pack;

// The chunks are read over and over, and a pack from elsewhere costs nothing to copy once.
Result<Pack> convert(const std::string& folder, const Engine& engine) {
  const Result<CheckpointFolder> files = CheckpointFolder::open(folder);
  if (!files.ok()) return files.error();
  Bytes bytes;
  const auto written =
      compute::generate::write_pack(engine, files.value().checkpoint(), [&](ByteView part) {
        append(bytes, part);
        return Status();
      });
  if (!written.ok()) return written.error();
  return Pack::from_bytes(engine, std::move(bytes));
}

Result<Pack> read_pack(const std::string& path, const Engine& engine) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file.ok()) return file.error();
  return Pack::from_file(engine, std::move(file).value());
}

}  // namespace

wire::Input ModelFile::chunk(std::uint64_t number) const {
  return compute::generate::model_chunk(manifest, number);
}

ByteView ModelFile::chunk_bytes(std::uint64_t number) const {
  return pack->bytes().subspan(number * compute::generate::kPackChunkBytes,
                               manifest.chunk_bytes(number));
}

Result<ModelFile> open_model(const std::string& path) {
  const Engine engine(compute::best_cpu_level(), std::thread::hardware_concurrency());
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  Result<Pack> pack = is_folder ? convert(path, engine) : read_pack(path, engine);
  if (!pack.ok()) return pack.error().in("model " + path);
  ModelFile out;
  out.pack = std::make_shared<const Pack>(std::move(pack).value());
  out.manifest = compute::generate::manifest_of(engine, out.pack->bytes());
  out.root = out.manifest.root();
  return out;
}

compute::InputSource with_model(compute::InputSource others,
                                std::shared_ptr<const ModelFile> model) {
  if (model == nullptr) return others;
  const auto files = [others, model](const wire::Input& input) -> Result<Bytes> {
    if (input.name == "model" && !compute::generate::is_model_chunk(input)) {
      Bytes manifest = compute::generate::write_manifest(model->manifest);
      if (sha256(manifest) == input.sha256) return manifest;
    }
    for (std::size_t i = 0; i < model->manifest.chunks.size(); ++i) {
      if (model->manifest.chunks[i] == input.sha256) return to_bytes(model->chunk_bytes(i));
    }
    if (others) return others(input);
    return fail(Code::no_evidence, input.name + " is not at hand");
  };
  const auto models = [model](const Digest& root, const compute::generate::Manifest& manifest,
                              const compute::InputSource& chunks) {
    return root == model->root ? Result<std::shared_ptr<const Pack>>(model->pack)
                               : compute::generate::assemble_model(root, manifest, chunks);
  };
  return {files, models};
}

}  // namespace assay::cli
