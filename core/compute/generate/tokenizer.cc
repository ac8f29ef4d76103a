#include "core/compute/generate/tokenizer.h"

#include <algorithm>

#include "core/compute/generate/tokenizer_parts.h"
#include "core/wire/text.h"

namespace assay::compute::generate {
namespace {

constexpr std::size_t kTextMax = std::size_t{1} << 31;

// The longest added token that `text` begins with. The candidates, sorted, are narrowed byte by
// byte.
std::optional<std::uint32_t> longest_added(const TokenizerParts& parts, std::string_view text) {
  std::optional<std::uint32_t> best;
  auto begin = parts.added_tokens.begin();
  auto end = parts.added_tokens.end();
  for (std::size_t i = 0; begin != end; ++i) {
    if (parts.text(*begin).size() == i) best = *begin++;
    if (i == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto at = [&](std::uint32_t id) { return static_cast<unsigned char>(parts.text(id)[i]); };
    begin = std::lower_bound(begin, end, byte,
                             [&](std::uint32_t id, unsigned char b) { return at(id) < b; });
    end = std::upper_bound(begin, end, byte,
                           [&](unsigned char b, std::uint32_t id) { return b < at(id); });
  }
  return best;
}

}  // namespace

std::optional<std::uint32_t> TokenizerParts::find(const std::vector<std::uint32_t>& list,
                                                  std::string_view content) const {
  const auto found = std::lower_bound(
      list.begin(), list.end(), content,
      [&](std::uint32_t id, std::string_view wanted) { return text(id) < wanted; });
  if (found == list.end() || text(*found) != content) return std::nullopt;
  return *found;
}

Result<Tokenizer> Tokenizer::parse(std::string_view json) {
  Result<TokenizerParts> parts = parse_tokenizer_parts(json);
  if (!parts.ok()) return parts.error().in("tokenizer.json");
  return Tokenizer(std::make_shared<const TokenizerParts>(std::move(parts.value())));
}

std::vector<std::uint32_t> Tokenizer::encode(std::string_view text,
                                             const EncodeOptions& options) const {
  ASSAY_CHECK(text.size() < kTextMax, "encode: text below 2 GiB");
  std::vector<std::uint32_t> ids;
  bool space_before = parts_->space_before != SpaceBefore::never && !options.continues;
  std::size_t begin = 0;
  for (std::size_t at = 0; options.added_tokens && at < text.size();) {
    const std::optional<std::uint32_t> added = longest_added(*parts_, text.substr(at));
    if (!added) {
      ++at;
      continue;
    }
    encode_text(text.substr(begin, at - begin), space_before, ids);
    ids.push_back(*added);
    at += parts_->text(*added).size();
    begin = at;
    space_before = parts_->space_before == SpaceBefore::each;
  }
  encode_text(text.substr(begin), space_before, ids);
  return ids;
}

void Tokenizer::encode_text(std::string_view text, bool space_before,
                            std::vector<std::uint32_t>& to) const {
  if (text.empty()) return;
  if (!parts_->split) {
    encode_piece(space_before ? " " + std::string(text) : std::string(text), to);
    return;
  }
  while (!text.empty()) encode_piece(take_piece(*parts_->split, text), to);
}

void Tokenizer::encode_piece(std::string_view piece, std::vector<std::uint32_t>& to) const {
  if (parts_->whole_pieces) {
    if (const std::optional<std::uint32_t> whole = parts_->find(parts_->text_tokens, piece)) {
      to.push_back(*whole);
      return;
    }
  }
  std::vector<std::uint32_t> tokens;
  tokens.reserve(piece.size());
  while (!piece.empty()) {
    std::string_view rest = piece;
    std::optional<std::uint32_t> known;
    if (!parts_->split && wire::take_code_point(rest)) {
      known = parts_->find(parts_->text_tokens, piece.substr(0, piece.size() - rest.size()));
    }
    // Of a code point that is no token the later bytes are not well-formed, so each gets here.
    tokens.push_back(known.value_or(parts_->byte_tokens[static_cast<unsigned char>(piece[0])]));
    piece = known ? rest : piece.substr(1);
  }
  parts_->merges.apply(tokens);
  to.insert(to.end(), tokens.begin(), tokens.end());
}

Result<std::string> Tokenizer::decode(std::span<const std::uint32_t> ids, bool continues) const {
  std::string out;
  bool space_before = parts_->space_before != SpaceBefore::never && !continues;
  for (const std::uint32_t id : ids) {
    if (id >= parts_->tokens.size() || parts_->tokens[id].kind == TokenKind::absent) {
      return fail(Code::malformed, std::to_string(id) + " is no token of this tokenizer");
    }
    std::string_view text = parts_->text(id);
    const bool added = parts_->tokens[id].kind == TokenKind::added;
    if (space_before && !added && text.starts_with(' ')) text.remove_prefix(1);
    out += text;
    space_before = added && parts_->space_before == SpaceBefore::each;
  }
  return out;
}

std::optional<std::uint32_t> Tokenizer::added_token(std::string_view content) const {
  return parts_->find(parts_->added_tokens, content);
}

std::optional<std::uint32_t> Tokenizer::begin_token() const {
  return parts_->begin_token;
}

std::uint32_t Tokenizer::vocabulary() const {
  return static_cast<std::uint32_t>(parts_->tokens.size());
}

}  // namespace assay::compute::generate
