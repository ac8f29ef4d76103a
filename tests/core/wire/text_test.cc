#include "core/wire/text.h"

#include "tests/catch.h"

using namespace assay::wire;

TEST_CASE("UTF-8: every code point has its one spelling") {
  for (char32_t point = 0; point <= 0x10FFFF; ++point) {
    std::string text;
    const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0 | point >> 6), put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      put(0xE0 | point >> 12), put(0x80 | (point >> 6 & 0x3F)), put(0x80 | (point & 0x3F));
    } else {
      put(0xF0 | point >> 18), put(0x80 | (point >> 12 & 0x3F));
      put(0x80 | (point >> 6 & 0x3F)), put(0x80 | (point & 0x3F));
    }
    std::string_view rest = text;
    const auto taken = take_code_point(rest);
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (surrogate ? taken.has_value() : (taken != point || !rest.empty())) {
      FAIL("code point " << static_cast<unsigned>(point));
    }
    if (!surrogate && text.size() > 1 && is_utf8(text.substr(0, text.size() - 1))) {
      FAIL("truncated code point " << static_cast<unsigned>(point));
    }
  }
}

TEST_CASE("UTF-8: three bytes are accepted exactly when they are code points, shortest forms") {
  std::size_t accepted = 0;
  for (unsigned bytes = 0; bytes < 1U << 24; ++bytes) {
    const char text[] = {static_cast<char>(bytes >> 16), static_cast<char>(bytes >> 8),
                         static_cast<char>(bytes)};
    if (is_utf8({text, 3})) ++accepted;
  }
  constexpr std::size_t kOne = 0x80;
  constexpr std::size_t kTwo = 0x800 - 0x80;
  constexpr std::size_t kThree = 0x10000 - 0x800 - 0x800;  // without the surrogates
  CHECK(accepted == kOne * kOne * kOne + 2 * kOne * kTwo + kThree);
}

TEST_CASE("UTF-8: four bytes begin at U+10000 and end at U+10FFFF") {
  CHECK_FALSE(is_utf8("\xF0\x8F\xBF\xBF"));
  CHECK(is_utf8("\xF0\x90\x80\x80"));
  CHECK(is_utf8("\xF4\x8F\xBF\xBF"));
  CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));
  CHECK_FALSE(is_utf8("\xF5\x80\x80\x80"));
}

TEST_CASE("Key names: not empty, no Unicode space, no control character, no plus") {
  for (const char* name : {"a", "log.example/assay", "\u00fcber", "a\u2014b", "\U0001F600"}) {
    CHECK(is_key_name(name));
  }
  for (const char* name : {"", "a b", "a+b", "a\tb", "a\x7f", "a\u0085", "a\u00a0b", "\u1680",
                           "\u2003", "\u2028", "\u202f", "\u205f", "\u3000", "\xff"}) {
    INFO(name);
    CHECK_FALSE(is_key_name(name));
  }
}

TEST_CASE("Lines: only what a newline ends is a line") {
  std::string_view rest = "a\n\nb";
  CHECK(take_line(rest) == "a");
  CHECK(take_line(rest) == "");
  CHECK_FALSE(take_line(rest).has_value());
  CHECK(rest == "b");
}
