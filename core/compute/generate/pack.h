// A model's pack (pack_layout.h), checked and ready to compute with.
#pragma once

#include <string>
#include <string_view>

#include "core/base/mapped_file.h"
#include "core/compute/engine.h"
#include "core/compute/generate/pack_layout.h"
#include "core/compute/generate/tokenizer.h"

namespace assay::compute::generate {

// Immutable; any thread. Views into it stay valid when it is moved, and as long as it or what it
// was moved to lives.
class Pack {
 public:
  // Every size, offset, zero and number is checked: s8 in [-127, 127], scales finite and not below
  // +0, norms and biases finite, rotary frequencies in [0, 1]; reads all of it once, on the
  // engine's threads. The tokenizer is parsed by tokenizer() alone.
  //   malformed    not such a pack: says where
  static Result<Pack> from_bytes(const Engine& engine, Bytes bytes);
  static Result<Pack> from_file(const Engine& engine, MappedFile file);

  const ModelView& model() const { return model_; }
  const PackConfig& config() const { return config_; }
  ByteView bytes() const { return bytes_; }
  std::string_view tokenizer_json() const;
  //   malformed    not a tokenizer (tokenizer.h), or one with more tokens than the vocabulary, or
  //                that begins texts with another token than the config says
  Result<Tokenizer> tokenizer() const;

 private:
  Pack() = default;
  Status read(const Engine& engine);
  Status check_values(const Engine& engine) const;

  Bytes owned_;
  std::optional<MappedFile> file_;
  ByteView bytes_;
  PackConfig config_;
  PackLayout layout_;
  ModelView model_;
};

}  // namespace assay::compute::generate
