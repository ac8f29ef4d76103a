// A language model on this machine: a Hugging Face folder, converted, or a pack as `assay model
// pack` writes it. Values; any thread.
#pragma once

#include <memory>
#include <string>

#include "core/compute/generate/manifest.h"
#include "core/compute/generate/pack.h"
#include "core/compute/inputs.h"

namespace assay::cli {

struct ModelFile {
  std::shared_ptr<const compute::generate::Pack> pack;
  compute::generate::Manifest manifest;
  Digest root;

  wire::Input chunk(std::uint64_t number) const;
  ByteView chunk_bytes(std::uint64_t number) const;  // borrows
};

// `path` is the folder, or the file of a pack.
//   not_found, permission   the files
//   malformed               no such model: says why
Result<ModelFile> open_model(const std::string& path);

// The chunks of this model, and all else from `others`; programs get the pack itself. An empty
// model gives `others`.
compute::InputSource with_model(compute::InputSource others,
                                std::shared_ptr<const ModelFile> model);

}  // namespace assay::cli
