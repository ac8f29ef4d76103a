#include "reputation/query/lexer.h"

#include <algorithm>

namespace assay::reputation::query {
namespace {

constexpr std::size_t kStringBytesMax = 128;
constexpr std::size_t kFoundBytesMax = 24;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_character(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}

}  // namespace

bool is_word_character(char c) {
  return is_name_character(c) || std::string_view("-./:@+").find(c) != std::string_view::npos;
}

void Lexer::skip_spaces() {
  while (!at_end() && text_[at_] == ' ') ++at_;
}

bool Lexer::take(std::string_view characters) {
  if (!text_.substr(at_).starts_with(characters)) return false;
  at_ += characters.size();
  return true;
}

std::string_view Lexer::take_name() {
  if (at_end() || !is_letter(text_[at_])) return {};
  const std::size_t from = at_;
  while (!at_end() && is_name_character(text_[at_])) ++at_;
  return text_.substr(from, at_ - from);
}

std::string_view Lexer::take_word() {
  const std::size_t from = at_;
  while (!at_end() && is_word_character(text_[at_])) ++at_;
  return text_.substr(from, at_ - from);
}

Result<std::string> Lexer::take_string() {
  const std::size_t from = at_++;
  std::string out;
  for (; !at_end(); ++at_) {
    char c = text_[at_];
    if (c == '"') {
      ++at_;
      return out;
    }
    if (c == '\\') {
      if (++at_ == text_.size()) break;
      c = text_[at_];
      if (c != '"' && c != '\\') return expected("\\\" or \\\\");
    }
    if (c < ' ' || c > '~') return expected("printable ASCII inside a string");
    out += c;
    if (out.size() > kStringBytesMax) {
      return problem_at(from,
                        "a string of more than " + std::to_string(kStringBytesMax) + " characters");
    }
  }
  return problem_at(from, "a string without its closing quote");
}

std::string Lexer::found_at(std::size_t position) const {
  if (position >= text_.size()) return "the end";
  std::string found;
  for (const char c : text_.substr(position, kFoundBytesMax)) {
    if (c == ' ' && !found.empty()) break;
    found += c < ' ' || c > '~' ? '?' : c;
  }
  return "'" + found + "'";
}

Error Lexer::expected_at(std::size_t position, const std::string& expected) const {
  return problem_at(position, "expected " + expected + ", found " + found_at(position));
}

Error Lexer::problem_at(std::size_t position, const std::string& problem) const {
  return fail(Code::malformed, std::string(what_) + ": at character " +
                                   std::to_string(position + 1) + ": " + problem);
}

}  // namespace assay::reputation::query
