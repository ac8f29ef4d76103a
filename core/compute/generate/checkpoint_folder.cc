#include "core/compute/generate/checkpoint_folder.h"

#include <vector>

#include "core/base/file.h"
#include "core/compute/generate/tokenizer.h"

namespace assay::compute::generate {
namespace {

constexpr std::size_t kJsonBytesMax = std::size_t{8} << 20;

// Nothing where there is no such file.
Result<std::optional<Bytes>> read_if_there(const std::string& path) {
  Result<Bytes> bytes = read_file(path, kJsonBytesMax);
  if (bytes.ok()) return std::optional<Bytes>(std::move(bytes.value()));
  if (bytes.error().code == Code::not_found) return std::optional<Bytes>();
  return bytes.error();
}

}  // namespace

struct CheckpointFolder::Files {
  Bytes config, tokenizer;
  std::optional<Bytes> generation, index;
  std::vector<MappedFile> mapped;
  std::optional<Weights> weights;

  // Maps the files of the index, or the only one.
  Status read_weights(const std::string& folder) {
    std::vector<std::string> names = {"model.safetensors"};
    if (index) {
      Result<std::vector<std::string>> listed = weight_files(as_text(*index));
      if (!listed.ok()) return listed.error();
      names = std::move(listed.value());
    }
    std::vector<WeightFile> files;
    for (const std::string& name : names) {
      Result<MappedFile> file = MappedFile::open(folder + name);
      if (!file.ok()) return file.error();
      files.push_back({name, file.value().view()});
      mapped.push_back(std::move(file.value()));
    }
    Result<Weights> parsed = index ? Weights::parse(files, as_text(*index)) : Weights::parse(files);
    if (!parsed.ok()) return parsed.error();
    weights = std::move(parsed.value());
    return {};
  }
};

Result<CheckpointFolder> CheckpointFolder::open(const std::string& path) {
  const std::string folder = path + "/";
  auto files = std::make_shared<Files>();
  Result<Bytes> config = read_file(folder + "config.json", kJsonBytesMax);
  if (!config.ok()) return config.error();
  Result<Bytes> tokenizer = read_file(folder + "tokenizer.json", kTokenizerBytesMax);
  if (!tokenizer.ok()) return tokenizer.error();
  Result<std::optional<Bytes>> generation = read_if_there(folder + "generation_config.json");
  if (!generation.ok()) return generation.error();
  Result<std::optional<Bytes>> index = read_if_there(folder + "model.safetensors.index.json");
  if (!index.ok()) return index.error();
  files->config = std::move(config.value());
  files->tokenizer = std::move(tokenizer.value());
  files->generation = std::move(generation.value());
  files->index = std::move(index.value());
  const Status status = files->read_weights(folder);
  if (!status.ok()) return status.error();
  auto checkpoint = std::make_shared<Checkpoint>();
  checkpoint->config = as_text(files->config);
  if (files->generation) checkpoint->generation = as_text(*files->generation);
  checkpoint->tokenizer = as_text(files->tokenizer);
  checkpoint->weights = &*files->weights;
  CheckpointFolder out;
  out.files_ = std::move(files);
  out.checkpoint_ = std::move(checkpoint);
  return out;
}

}  // namespace assay::compute::generate
