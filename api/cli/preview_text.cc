#include "api/cli/preview_text.h"

#include "core/wire/text.h"

namespace assay::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kTokenBytes = 4;

bool is_shown(char32_t c) {
  const bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0);
  const bool turns = c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
                     (c >= 0x2066 && c <= 0x2069);
  return !control && !turns;
}

// Could this become a character when more bytes follow?
bool is_begun(std::string_view rest) {
  const auto lead = static_cast<unsigned char>(rest[0]);
  const std::size_t size = lead >= 0xF0 && lead <= 0xF4  ? 4
                           : lead >= 0xE0 && lead < 0xF0 ? 3
                           : lead >= 0xC2 && lead < 0xE0 ? 2
                                                         : 1;
  if (rest.size() >= size) return false;
  for (const char c : rest.substr(1)) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) return false;
  }
  return true;
}

}  // namespace

std::string take_printable(std::string& bytes, bool end) {
  std::string out;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::string_view before = rest;
    if (const std::optional<char32_t> c = wire::take_code_point(rest)) {
      out += is_shown(*c) ? before.substr(0, before.size() - rest.size()) : kReplacement;
      continue;
    }
    if (!end && is_begun(rest)) break;
    out += kReplacement;
    rest.remove_prefix(1);
  }
  bytes = std::string(rest);
  return out;
}

PreviewText::PreviewText(std::optional<compute::generate::Tokenizer> tokenizer, std::uint32_t texts)
    : tokenizer_(std::move(tokenizer)), held_(texts) {
  ASSAY_CHECK(texts > 0, "a preview of no texts");
}

// Tokens that the tokenizer does not know stand for nothing, as in the result.
std::string PreviewText::spell(std::span<const std::uint32_t> tokens) const {
  std::string out;
  for (const std::uint32_t token : tokens) {
    if (!tokenizer_) {
      out += std::to_string(token) + " ";
    } else if (const Result<std::string> spelt = tokenizer_->decode(std::span(&token, 1), true);
               spelt.ok()) {
      out += spelt.value();
    }
  }
  return out;
}

std::string PreviewText::line_of(std::size_t text, bool end) {
  std::string shown = take_printable(held_[text], end);
  if (shown.empty() || held_.size() == 1) return shown;
  return "[" + std::to_string(text + 1) + "] " + shown + "\n";
}

Result<std::string> PreviewText::take(ByteView output) {
  const std::size_t row_bytes = output.size() / held_.size();
  if (output.empty() || output.size() % (held_.size() * kTokenBytes) != 0) {
    return fail(Code::malformed, "an output of " + std::to_string(output.size()) +
                                     " bytes is not one of " + std::to_string(held_.size()) +
                                     " texts");
  }
  std::string out;
  for (std::size_t text = 0; text < held_.size(); ++text) {
    std::vector<std::uint32_t> tokens;
    for (Reader row(output.subspan(text * row_bytes, row_bytes)); !row.at_end();) {
      const std::uint32_t token = row.u32_le();
      if (token <= INT32_MAX) tokens.push_back(token);  // -1: no token is chosen here
    }
    held_[text] += spell(tokens);
    out += line_of(text, false);
  }
  return out;
}

std::string PreviewText::finish() {
  std::string out;
  for (std::size_t text = 0; text < held_.size(); ++text) out += line_of(text, true);
  return out;
}

}  // namespace assay::cli
