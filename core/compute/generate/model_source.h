// Models for programs out of a folder of packs: fetched into it once, chunk by chunk, mapped and
// checked when first used, and shared by all programs that need one at the same time.
#pragma once

#include "core/compute/generate/model_store.h"
#include "core/compute/inputs.h"

namespace assay::compute::generate {

// A chunk of a model as an input: "model/<number>", a name that no order can give its own.
wire::Input model_chunk(const Manifest& manifest, std::uint64_t number);
bool is_model_chunk(const wire::Input& input);

// Any thread. A model stays mapped as long as some program uses it.
//   malformed    larger than the store takes, or no pack
//   no_evidence  a chunk could not be had, or is not what the manifest says
//   inconclusive the folder fails: our own trouble
ModelSource stored_models(const ModelStore& store);

}  // namespace assay::compute::generate
