// The tokenizer of a model: text to token ids and back, as the model's Hugging Face tokenizer.json
// says. Immutable after parse(); any thread.
//
// Two families are known, both byte pair encoding (merges.h), and every byte string can be encoded
// in either, well-formed UTF-8 or not:
//   byte-level     GPT-2, Llama 3, Qwen2: the text is cut by a known pattern (text_split.h), and
//                  each piece begins as its bytes
//   SentencePiece  Llama 2, Mistral: the text begins as its code points, a space before it; those
//                  that are no token become byte tokens (<0x00>..<0xFF>)
//
// decode(encode(text)) is text, always. For that, and to have one meaning for all bytes, four
// things differ from the library `tokenizers`:
//   - Unicode normalisation (NFC, of Qwen2) is not applied. Text in NFC, as nearly all is, gives
//     the same ids
//   - SentencePiece: a U+2581 in the text becomes byte tokens, since the token stands for a space
//   - SentencePiece: the space before the text is put there even if the text begins with one, as
//     the original SentencePiece does; after an added token, too, where the file says so
//   - a merge that would make an added token is left out: no text becomes one by its spelling
// What a file asks for beyond this (other patterns, other normalisers, stripping tokens) is
// refused.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace assay::compute::generate {

inline constexpr std::size_t kTokenizerBytesMax = std::size_t{32} << 20;
inline constexpr std::uint32_t kTokensMax = std::uint32_t{1} << 20;  // ids are below

struct TokenizerParts;  // tokenizer_parts.h

struct EncodeOptions {
  // Whether the spelling of an added token in the text ("<|eot_id|>") becomes that token, the
  // longest at the leftmost place first; otherwise it is text like any other. For templates that
  // the caller wrote, never for text of somebody else.
  bool added_tokens = false;
  // The text goes on after other text: SentencePiece's space is not put before it.
  bool continues = false;
};

class Tokenizer {
 public:
  // Memory: a small multiple of the file and of kTokensMax.
  //   malformed    beyond the limits, not of the schema, a family, pattern or option not known
  //                (named), or some byte that no token stands for
  static Result<Tokenizer> parse(std::string_view json);

  // Time O(n log n). Text of less than 2 GiB (a check of the caller). Adds no begin token.
  std::vector<std::uint32_t> encode(std::string_view text, const EncodeOptions& options = {}) const;

  // The bytes of these tokens; they need not be UTF-8. Added tokens are spelt out. `continues` as
  // in EncodeOptions: otherwise SentencePiece's space at the beginning is taken away again.
  //   malformed    an id that is no token: models may have a larger vocabulary than its tokenizer
  Result<std::string> decode(std::span<const std::uint32_t> ids, bool continues = false) const;

  // The added token of this content ("<|eot_id|>"), special or not.
  std::optional<std::uint32_t> added_token(std::string_view content) const;
  // The token that goes before every prompt, where the file's post-processor puts one.
  std::optional<std::uint32_t> begin_token() const;
  // One more than the greatest id.
  std::uint32_t vocabulary() const;

 private:
  explicit Tokenizer(std::shared_ptr<const TokenizerParts> parts) : parts_(std::move(parts)) {}

  void encode_text(std::string_view text, bool space_before, std::vector<std::uint32_t>& to) const;
  void encode_piece(std::string_view piece, std::vector<std::uint32_t>& to) const;

  std::shared_ptr<const TokenizerParts> parts_;
};

}  // namespace assay::compute::generate
