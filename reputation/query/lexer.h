// Reads a query character by character and says where it stands. Borrows the text; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace assay::reputation::query {

class Lexer {
 public:
  Lexer(std::string_view what, std::string_view text) : what_(what), text_(text) {}

  void skip_spaces();
  bool at_end() const { return at_ == text_.size(); }
  std::size_t position() const { return at_; }
  void back_to(std::size_t position) { at_ = position; }

  // Takes the characters if they stand here.
  bool take(std::string_view characters);
  // The longest run of letters, digits and "_" that starts with a letter; empty: none.
  std::string_view take_name();
  // The longest run of word characters; empty: none.
  std::string_view take_word();
  // A quoted string that starts here, without its quotes.
  Result<std::string> take_string();
  bool at_string() const { return !at_end() && text_[at_] == '"'; }

  // "query: at character 7: expected a number, found "x"": `expected` at the current position or
  // at another.
  Error expected(const std::string& expected) const { return expected_at(at_, expected); }
  Error expected_at(std::size_t position, const std::string& expected) const;
  Error problem_at(std::size_t position, const std::string& problem) const;

 private:
  std::string found_at(std::size_t position) const;

  std::string_view what_;
  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_word_character(char c);

}  // namespace assay::reputation::query
