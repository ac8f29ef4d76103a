// What a tokenizer.json says, checked and laid out for tokenizer.cc. A value; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/compute/generate/merges.h"
#include "core/compute/generate/text_split.h"

namespace assay::compute::generate {

enum class TokenKind : std::uint8_t {
  absent,  // no token has this id
  text,    // text becomes it
  byte,    // SentencePiece: it stands for one byte that has no token of its own
  added,   // text becomes it only where the caller asks for that
};

struct Token {
  std::uint32_t offset = 0;  // into TokenizerParts::bytes
  std::uint32_t size = 0;
  TokenKind kind = TokenKind::absent;
};

// Where SentencePiece puts a space: nowhere, before the text, before every stretch of text between
// added tokens.
enum class SpaceBefore { never, first, each };

struct TokenizerParts {
  std::string bytes;  // what the tokens decode to, one after the other
  std::vector<Token> tokens;
  std::vector<std::uint32_t> text_tokens;   // those that text can become, by their bytes
  std::vector<std::uint32_t> added_tokens;  // by their bytes
  std::array<std::uint32_t, 256> byte_tokens{};
  Merges merges;
  bool whole_pieces = false;       // a piece that is a token becomes it without merges
  std::optional<SplitRule> split;  // byte-level; SentencePiece has none
  SpaceBefore space_before = SpaceBefore::never;
  std::optional<std::uint32_t> begin_token;

  std::string_view text(std::uint32_t id) const {
    return std::string_view(bytes).substr(tokens[id].offset, tokens[id].size);
  }
  // The member of a list sorted by bytes with exactly these.
  std::optional<std::uint32_t> find(const std::vector<std::uint32_t>& list,
                                    std::string_view content) const;
};

//   malformed    as Tokenizer::parse()
Result<TokenizerParts> parse_tokenizer_parts(std::string_view json);

}  // namespace assay::compute::generate
