#include "core/compute/generate/text_split.h"

#include <string>

#include "core/base/random.h"
#include "core/compute/generate/unicode_classes.h"
#include "tests/catch.h"

using namespace assay;
using namespace assay::compute::generate;

namespace {

std::vector<std::string> pieces(SplitRule rule, std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) out.emplace_back(take_piece(rule, text));
  return out;
}

using Pieces = std::vector<std::string>;

}  // namespace

TEST_CASE("text is cut as people who know the patterns expect") {
  struct Case {
    std::string text;
    Pieces gpt2, llama3, qwen2;
  };
  const Case cases[] = {
      {"Hello world", {"Hello", " world"}, {"Hello", " world"}, {"Hello", " world"}},
      {"it's IT'S", {"it", "'s", " IT", "'", "S"}, {"it", "'s", " IT", "'S"}, {}},
      {"12345", {"12345"}, {"123", "45"}, {"1", "2", "3", "4", "5"}},
      {"a 12", {"a", " 12"}, {"a", " ", "12"}, {"a", " ", "1", "2"}},
      {"a  b", {"a", " ", " b"}, {"a", " ", " b"}, {}},
      {"a \n b", {"a", " \n", " b"}, {"a", " \n", " b"}, {}},
      {"a \n  \n b", {"a", " \n  \n", " b"}, {"a", " \n  \n", " b"}, {}},
      {"ok!\n\nx", {"ok", "!", "\n", "\n", "x"}, {"ok", "!\n\n", "x"}, {}},
      {"(x)", {"(", "x", ")"}, {"(x", ")"}, {}},
      {"\tx", {"\t", "x"}, {"\tx"}, {}},
      {"a   ", {"a", "   "}, {"a", "   "}, {}},
      {"a\xff\xfe b", {"a", "\xff\xfe", " b"}, {"a", "\xff\xfe", " b"}, {}},
      {"\xc3\xa9t\xc3\xa9", {"\xc3\xa9t\xc3\xa9"}, {"\xc3\xa9t\xc3\xa9"}, {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(pieces(SplitRule::gpt2, c.text) == c.gpt2);
    CHECK(pieces(SplitRule::llama3, c.text) == c.llama3);
    CHECK(pieces(SplitRule::qwen2, c.text) == (c.qwen2.empty() ? c.llama3 : c.qwen2));
  }
}

TEST_CASE("pieces are never empty and together are the text, whatever its bytes") {
  SeededRandom random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random.below(64), ' ');
    for (char& c : text) {
      constexpr std::string_view kUsual = " \n\r\t'sST1x!\xe3\x80\x80\xc2\xa0\xff";
      c = round % 2 == 0 ? kUsual[random.below(kUsual.size())]
                         : static_cast<char>(random.below(256));
    }
    for (const SplitRule rule : {SplitRule::gpt2, SplitRule::llama3, SplitRule::qwen2}) {
      std::string all;
      for (const std::string& piece : pieces(rule, text)) {
        REQUIRE_FALSE(piece.empty());
        all += piece;
      }
      REQUIRE(all == text);
    }
  }
}

TEST_CASE("a rule is known by its exact pattern, and any other is named") {
  for (const SplitRule rule : {SplitRule::gpt2, SplitRule::llama3, SplitRule::qwen2}) {
    const Result<SplitRule> found = split_rule(split_pattern(rule));
    REQUIRE(found.ok());
    CHECK(found.value() == rule);
  }
  const Result<SplitRule> other = split_rule("[a-z]+");
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().what.find("\"[a-z]+\"") != std::string::npos);
}

TEST_CASE("code points have the classes that Unicode gives them") {
  for (const char32_t point :
       {U'a', U'Z', U'\u00e9', U'\u4e16', U'\u0430', U'\u02b0', U'\U00020000'}) {
    CHECK((is_letter(point) && !is_number(point) && !is_space(point)));
  }
  for (const char32_t point : {U'0', U'\u0663', U'\u2160', U'\u00bd', U'\U0001d7d8'}) {
    CHECK((is_number(point) && !is_letter(point) && !is_space(point)));
  }
  for (const char32_t point : {U' ', U'\t', U'\u0085', U'\u00a0', U'\u3000', U'\u2028'}) {
    CHECK((is_space(point) && !is_letter(point) && !is_number(point)));
  }
  // A joiner, a mark, an unassigned one, a separator of files, a zero-width space, the last one.
  for (const char32_t point :
       {U'\u200d', U'\u0301', U'\u0378', U'\u001c', U'\u200b', U'\U0010ffff', U'_'}) {
    CHECK((!is_space(point) && !is_letter(point) && !is_number(point)));
  }
}
