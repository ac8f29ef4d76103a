// The converter: a Hugging Face checkpoint becomes a pack. It is part of the contract: the bytes
// depend on the values alone, not on how many files they lie in, in which order, or whether they
// are F32, F16 or BF16; nor on the engine's level or threads.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "core/compute/engine.h"
#include "core/compute/generate/pack_layout.h"
#include "core/compute/generate/weights.h"

namespace assay::compute::generate {

// Borrows.
struct Checkpoint {
  std::string_view config;                     // config.json
  std::optional<std::string_view> generation;  // generation_config.json
  std::string_view tokenizer;                  // tokenizer.json
  const Weights* weights = nullptr;
};

// Takes the next bytes of the pack; an error stops the writer and is returned as it is.
using ByteSink = std::function<Status(ByteView)>;

// Writes the pack from its first byte to its last and returns what it has written of. The begin
// token is that which tokenizer.json puts before texts, if it does; bos_token_id is not asked.
// Tensors are converted some rows at a time: memory is a few MiB, the scales of the largest matrix,
// and what parsing the tokenizer takes.
//   malformed    a config, tokenizer or tensor that is refused: says why. Beyond what the parsers
//                refuse: a tensor that the model needs is missing or one is there that is not known
//                (rotary inv_freq, and the head where it is the embedding, are passed over); a NaN
//                or infinite value; a token that is not in the vocabulary
Result<PackConfig> write_pack(const Engine& engine, const Checkpoint& checkpoint,
                              const ByteSink& sink);

}  // namespace assay::compute::generate
