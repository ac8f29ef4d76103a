// A model's folder as Hugging Face has them: config.json, tokenizer.json, perhaps
// generation_config.json, and model.safetensors or model.safetensors.index.json with the files that
// it names. Weights are mapped, so that a folder may be larger than memory; nobody may cut them
// while it is open. Immutable; any thread.
#pragma once

#include <memory>
#include <string>

#include "core/base/mapped_file.h"
#include "core/compute/generate/pack_writer.h"

namespace assay::compute::generate {

class CheckpointFolder {
 public:
  //   not_found    one of the files is missing
  //   malformed    one is too large or not what it should be (Weights::parse); config.json and
  //                tokenizer.json are only read
  //   permission, storage   as MappedFile::open()
  static Result<CheckpointFolder> open(const std::string& folder);

  // Borrows from this, which may be moved meanwhile.
  const Checkpoint& checkpoint() const { return *checkpoint_; }

 private:
  struct Files;

  CheckpointFolder() = default;

  std::shared_ptr<const Files> files_;
  std::shared_ptr<const Checkpoint> checkpoint_;
};

}  // namespace assay::compute::generate
