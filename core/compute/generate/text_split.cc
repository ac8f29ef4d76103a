#include "core/compute/generate/text_split.h"

#include <string>

#include "core/compute/generate/unicode_classes.h"
#include "core/wire/text.h"

namespace assay::compute::generate {
namespace {

constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr std::size_t kNone = SIZE_MAX;

enum class Kind { letter, number, space, newline, other, end };

// Reads code points of the text from the front on.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) { look(); }

  Kind kind() const { return kind_; }
  char32_t point() const { return point_; }
  std::size_t at() const { return at_; }
  bool is_space() const { return kind_ == Kind::space || kind_ == Kind::newline; }

  void next() {
    at_ += width_;
    look();
  }
  // Takes as many code points of this kind as follow, at most `most`, and says whether any did.
  bool take(Kind kind, std::size_t most = kNone) {
    std::size_t taken = 0;
    for (; taken < most && kind_ == kind; ++taken) next();
    return taken > 0;
  }

 private:
  void look() {
    std::string_view rest = text_.substr(at_);
    const std::size_t left = rest.size();
    const std::optional<char32_t> point = wire::take_code_point(rest);
    width_ = point ? left - rest.size() : 1;
    point_ = point.value_or(0);
    kind_ = left == 0 ? Kind::end : point ? kind_of(*point) : Kind::other;
  }

  static Kind kind_of(char32_t point) {
    if (point == '\r' || point == '\n') return Kind::newline;
    if (generate::is_space(point)) return Kind::space;
    if (is_letter(point)) return Kind::letter;
    return is_number(point) ? Kind::number : Kind::other;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t width_ = 0;
  char32_t point_ = 0;
  Kind kind_ = Kind::end;
};

// The letter that (?i:) takes this for. U+017F is a small s by case folding.
char32_t folded(char32_t point) {
  if (point >= 'A' && point <= 'Z') return point - 'A' + 'a';
  return point == 0x17F ? U's' : point;
}

// 's|'t|'re|'ve|'m|'ll|'d, as bytes; 0 where it does not match.
std::size_t contraction(std::string_view text, bool any_case) {
  if (text[0] != '\'') return 0;
  Scan scan(text);
  scan.next();
  const char32_t first = any_case ? folded(scan.point()) : scan.point();
  if (scan.kind() != Kind::letter) return 0;
  scan.next();
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return scan.at();
  const char32_t second = any_case ? folded(scan.point()) : scan.point();
  if (scan.kind() != Kind::letter) return 0;
  scan.next();
  const bool both =
      ((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l');
  return both ? scan.at() : 0;
}

// \s+(?!\S)|\s+, or with `lines` \s*[\r\n]+|\s+(?!\S)|\s+, of a text that begins with a space.
std::size_t spaces(std::string_view text, bool lines) {
  std::size_t last = 0;           // where the last space begins
  std::size_t after_newline = 0;  // where the last newline ends
  Scan scan(text);
  while (scan.is_space()) {
    const bool newline = scan.kind() == Kind::newline;
    last = scan.at();
    scan.next();
    if (newline) after_newline = scan.at();
  }
  if (lines && after_newline > 0) return after_newline;
  // The last one is left to the word that follows, unless it is all there is.
  return scan.kind() == Kind::end || last == 0 ? scan.at() : last;
}

// | ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|
std::size_t gpt2_piece(std::string_view text) {
  if (const std::size_t size = contraction(text, false); size > 0) return size;
  Scan scan(text);
  if (scan.point() == ' ') scan.next();
  for (const Kind kind : {Kind::letter, Kind::number, Kind::other}) {
    if (scan.take(kind)) return scan.at();
  }
  return spaces(text, false);
}

std::size_t llama3_piece(std::string_view text, std::size_t digits) {
  if (const std::size_t size = contraction(text, true); size > 0) return size;
  // [^\r\n\p{L}\p{N}]?\p{L}+
  Scan word(text);
  if (word.kind() == Kind::space || word.kind() == Kind::other) word.next();
  if (word.take(Kind::letter)) return word.at();
  Scan scan(text);
  if (scan.take(Kind::number, digits)) return scan.at();
  // ` ?[^\s\p{L}\p{N}]+[\r\n]*`
  if (scan.point() == ' ') scan.next();
  if (scan.take(Kind::other)) {
    scan.take(Kind::newline);
    return scan.at();
  }
  return spaces(text, true);
}

}  // namespace

std::string_view split_pattern(SplitRule rule) {
  switch (rule) {
    case SplitRule::gpt2: return kGpt2;
    case SplitRule::llama3: return kLlama3;
    case SplitRule::qwen2: return kQwen2;
  }
  return {};
}

Result<SplitRule> split_rule(std::string_view pattern) {
  for (const SplitRule rule : {SplitRule::gpt2, SplitRule::llama3, SplitRule::qwen2}) {
    if (pattern == split_pattern(rule)) return rule;
  }
  return fail(Code::malformed, "the pattern \"" + wire::people_text(pattern, 256) +
                                   "\" is none of those of GPT-2, Llama 3 and Qwen2");
}

std::string_view take_piece(SplitRule rule, std::string_view& text) {
  ASSAY_CHECK(!text.empty(), "take_piece: no text");
  const std::size_t size = rule == SplitRule::gpt2
                               ? gpt2_piece(text)
                               : llama3_piece(text, rule == SplitRule::llama3 ? 3 : 1);
  const std::string_view piece = text.substr(0, size);
  text.remove_prefix(size);
  return piece;
}

}  // namespace assay::compute::generate
