#include "core/compute/generate/tokenizer_parts.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/compute/generate/tokenizer.h"
#include "core/compute/generate/tokenizer_pipeline.h"
#include "core/wire/text.h"

namespace assay::compute::generate {
namespace {

using wire::Json;

constexpr std::size_t kValuesMax = std::size_t{1} << 22;  // 128k tokens need about 1M
constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kAddedBytesMax = 256;
constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581

Error bad(std::string what) {
  return fail(Code::malformed, std::move(what));
}

// GPT-2's byte_to_unicode: bytes that print stand for themselves, the others follow from U+0100 on
// in order. Here from code point to byte; -1 where none has it.
std::array<std::int16_t, 0x144> byte_of_code_point() {
  std::array<std::int16_t, 0x144> out{};
  out.fill(-1);
  std::size_t other = 0x100;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const bool prints = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
    out[prints ? byte : other++] = static_cast<std::int16_t>(byte);
  }
  return out;
}

// The bytes that a token of a byte-level vocabulary stands for, or nothing when it has a code point
// outside the alphabet.
std::optional<std::string> byte_level_bytes(std::string_view content) {
  static const std::array<std::int16_t, 0x144> kBytes = byte_of_code_point();
  std::string out;
  while (!content.empty()) {
    const std::optional<char32_t> point = wire::take_code_point(content);
    if (!point || *point >= kBytes.size() || kBytes[*point] < 0) return std::nullopt;
    out += static_cast<char>(kBytes[*point]);
  }
  return out;
}

// "<0x0A>" is 10.
std::optional<unsigned char> byte_token(std::string_view content) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (content.size() != 6 || !content.starts_with("<0x") || content[5] != '>') return std::nullopt;
  const std::size_t high = kHex.find(content[3]), low = kHex.find(content[4]);
  if (high == kHex.npos || low == kHex.npos) return std::nullopt;
  return static_cast<unsigned char>(high * 16 + low);
}

std::string with_spaces(std::string_view content) {
  std::string out;
  for (std::size_t at = 0; at < content.size();) {
    const bool mark = content.substr(at).starts_with(kSpaceMark);
    out += mark ? ' ' : content[at];
    at += mark ? kSpaceMark.size() : 1;
  }
  return out;
}

// Reads the parts of one file in order: added tokens, vocabulary, merges.
class PartsReader {
 public:
  PartsReader(const Json& root, const Pipeline& pipeline)
      : root_(root), model_(member(root, "model")), pipeline_(pipeline) {}

  Result<TokenizerParts> read() {
    parts_.split = pipeline_.split;
    parts_.space_before = pipeline_.space_before;
    for (const auto step :
         {&PartsReader::read_options, &PartsReader::read_added, &PartsReader::read_vocabulary,
          &PartsReader::sort_tokens, &PartsReader::read_merges}) {
      const Status status = (this->*step)();
      if (!status.ok()) return status.error();
    }
    if (pipeline_.begin_token.empty()) return std::move(parts_);
    parts_.begin_token = parts_.find(parts_.added_tokens, pipeline_.begin_token);
    if (!parts_.begin_token) {
      return bad("post_processor: " + wire::quoted(pipeline_.begin_token) + " is no added token");
    }
    return std::move(parts_);
  }

 private:
  using Named = std::pair<std::string_view, std::uint32_t>;

  Status read_options() {
    const Json& type = member(model_, "type");
    if (!type.is_null() && !(type.is_string() && type.as_string() == "BPE")) {
      return bad("model: its type is not \"BPE\", the only one supported");
    }
    for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!is_off(member(model_, key))) return bad(std::string("model: ") + key + " is set");
    }
    if (!parts_.split && is_off(member(model_, "byte_fallback"))) {
      return bad("model: without byte_fallback not every text has tokens");
    }
    parts_.whole_pieces = !is_off(member(model_, "ignore_merges"));
    return {};
  }

  Status put(std::uint64_t id, TokenKind kind, std::string_view bytes, std::string_view content) {
    if (id >= kTokensMax) {
      return bad("token " + wire::quoted(content) + " has id " + std::to_string(id) +
                 " where at most " + std::to_string(kTokensMax - 1) + " is allowed");
    }
    if (id >= parts_.tokens.size()) parts_.tokens.resize(id + 1);
    Token& token = parts_.tokens[id];
    if (token.kind != TokenKind::absent) return bad("two tokens have id " + std::to_string(id));
    token = {static_cast<std::uint32_t>(parts_.bytes.size()),
             static_cast<std::uint32_t>(bytes.size()), kind};
    parts_.bytes += bytes;
    return {};
  }

  Status read_added() {
    const Json& list = member(root_, "added_tokens");
    if (list.is_null()) return {};
    if (!list.is_array()) return bad("added_tokens is no list");
    for (const Json& item : list.items()) {
      const std::optional<std::uint64_t> id = member(item, "id").as_u64();
      const Json& content = member(item, "content");
      if (!id || !content.is_string()) return bad("added_tokens: one without an id or content");
      const std::string& text = content.as_string();
      if (text.empty() || text.size() > kAddedBytesMax) {
        return bad("added_tokens: content of 1.." + std::to_string(kAddedBytesMax) +
                   " bytes is allowed, id " + std::to_string(*id) + " has " +
                   std::to_string(text.size()));
      }
      for (const char* key : {"single_word", "lstrip", "rstrip"}) {
        if (!is_off(member(item, key))) {
          return bad("added_tokens: " + wire::quoted(text) + ": " + key + " is not supported");
        }
      }
      const Status status = put(*id, TokenKind::added, text, text);
      if (!status.ok()) return status.error().in("added_tokens");
    }
    return {};
  }

  Status read_vocabulary() {
    const Json& vocabulary = member(model_, "vocab");
    if (!vocabulary.is_object()) return bad("model: vocab is no object");
    for (const auto& [content, number] : vocabulary.members()) {
      const std::optional<std::uint64_t> id = number.as_u64();
      if (!id) return bad("vocab: " + wire::quoted(content) + " has no number");
      const Status status = put_content(*id, content);
      if (!status.ok()) return status.error().in("vocab");
      by_content_.emplace_back(content, static_cast<std::uint32_t>(*id));
    }
    std::ranges::sort(by_content_);
    return {};
  }

  Status put_content(std::uint64_t id, std::string_view content) {
    if (id < parts_.tokens.size() && parts_.tokens[id].kind == TokenKind::added) {
      // An added token may stand in the vocabulary as well: as itself.
      if (parts_.text(static_cast<std::uint32_t>(id)) == content) return {};
      return bad("two tokens have id " + std::to_string(id));
    }
    if (parts_.split) {
      const std::optional<std::string> bytes = byte_level_bytes(content);
      if (bytes && bytes->size() != 0) text_ids_.push_back(static_cast<std::uint32_t>(id));
      return put(id, TokenKind::text, bytes ? std::string_view(*bytes) : content, content);
    }
    if (const std::optional<unsigned char> byte = byte_token(content)) {
      const char value = static_cast<char>(*byte);
      byte_ids_.emplace_back(*byte, static_cast<std::uint32_t>(id));
      return put(id, TokenKind::byte, {&value, 1}, content);
    }
    // Text has no spaces where it meets the vocabulary: a token with one is never made.
    const bool made = !content.empty() && content.find(' ') == content.npos;
    if (made) text_ids_.push_back(static_cast<std::uint32_t>(id));
    return put(id, TokenKind::text, with_spaces(content), content);
  }

  Status sort_tokens() {
    for (std::uint32_t id = 0; id < parts_.tokens.size(); ++id) {
      if (parts_.tokens[id].kind == TokenKind::added) parts_.added_tokens.push_back(id);
    }
    parts_.text_tokens = text_ids_;
    const auto bytes = [&](std::uint32_t id) { return parts_.text(id); };
    std::ranges::sort(parts_.text_tokens, {}, bytes);
    std::ranges::sort(parts_.added_tokens, {}, bytes);
    const auto twice = std::ranges::adjacent_find(parts_.added_tokens, {}, bytes);
    if (twice != parts_.added_tokens.end()) {
      return bad("added_tokens: " + wire::quoted(parts_.text(*twice)) + " is there twice");
    }
    return find_bytes();
  }

  // The token of every single byte.
  Status find_bytes() {
    std::array<std::optional<std::uint32_t>, 256> found;
    for (const auto& [byte, id] : byte_ids_) found[byte] = id;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const char value = static_cast<char>(byte);
      if (parts_.split) found[byte] = parts_.find(parts_.text_tokens, {&value, 1});
      if (!found[byte]) return bad("vocab: no token for the byte " + std::to_string(byte));
      parts_.byte_tokens[byte] = *found[byte];
    }
    if (!parts_.split && !parts_.find(parts_.text_tokens, " ")) {
      return bad("vocab: no token U+2581, the space");
    }
    return {};
  }

  std::optional<std::uint32_t> id_of(std::string_view content) const {
    const auto found = std::lower_bound(
        by_content_.begin(), by_content_.end(), content,
        [](const Named& named, std::string_view wanted) { return named.first < wanted; });
    if (found == by_content_.end() || found->first != content) return std::nullopt;
    return found->second;
  }

  Status read_merges() {
    const Json& list = member(model_, "merges");
    if (!list.is_array()) return bad("model: merges is no list");
    std::vector<Merge> ranked;
    ranked.reserve(list.items().size());
    for (const Json& item : list.items()) {
      const Result<std::optional<Merge>> merge = read_merge(item);
      if (!merge.ok()) {
        const auto number = static_cast<std::size_t>(&item - list.items().data());
        return merge.error().in("merge " + std::to_string(number));
      }
      if (merge.value()) ranked.push_back(*merge.value());
    }
    Result<Merges> merges = Merges::make(ranked, static_cast<std::uint32_t>(parts_.tokens.size()));
    if (!merges.ok()) return merges.error();
    parts_.merges = std::move(merges.value());
    return {};
  }

  // "left right" or ["left", "right"]; nothing where an added token takes part.
  Result<std::optional<Merge>> read_merge(const Json& item) const {
    std::string_view left, right;
    if (item.is_string()) {
      const std::string_view both = item.as_string();
      const std::size_t space = both.find(' ');
      if (space == both.npos || both.find(' ', space + 1) != both.npos) {
        return bad(wire::quoted(both) + " is not two tokens with a space between");
      }
      left = both.substr(0, space);
      right = both.substr(space + 1);
    } else if (item.is_array() && item.items().size() == 2 && item.items()[0].is_string() &&
               item.items()[1].is_string()) {
      left = item.items()[0].as_string();
      right = item.items()[1].as_string();
    } else {
      return bad("neither a text nor a pair of texts");
    }
    const std::string made = std::string(left) + std::string(right);
    std::array<std::uint32_t, 3> ids{};
    std::size_t at = 0;
    bool added = false;
    for (const std::string_view content : {left, right, std::string_view(made)}) {
      const std::optional<std::uint32_t> id = id_of(content);
      if (!id) return bad(wire::quoted(content) + " is not in the vocabulary");
      const TokenKind kind = parts_.tokens[*id].kind;
      if (kind == TokenKind::byte) return bad(wire::quoted(content) + " stands for one byte");
      added = added || kind == TokenKind::added;
      ids[at++] = *id;
    }
    if (added) return std::optional<Merge>();
    return std::optional<Merge>({ids[0], ids[1], ids[2]});
  }

  const Json& root_;
  const Json& model_;
  const Pipeline& pipeline_;
  TokenizerParts parts_;
  std::vector<Named> by_content_;
  std::vector<std::uint32_t> text_ids_;
  std::vector<std::pair<unsigned char, std::uint32_t>> byte_ids_;
};

}  // namespace

Result<TokenizerParts> parse_tokenizer_parts(std::string_view json) {
  const Result<Json> root =
      wire::parse_json(json, {kTokenizerBytesMax, kDepthMax, kValuesMax, true});
  if (!root.ok()) return root.error();
  if (!root.value().is_object()) return bad("not an object");
  const Result<Pipeline> pipeline = parse_pipeline(root.value());
  if (!pipeline.ok()) return pipeline.error();
  return PartsReader(root.value(), pipeline.value()).read();
}

}  // namespace assay::compute::generate
