#include <cctype>

#include "tests/tidy/rules.h"

namespace assay::tidy {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Blanks text[from, to) in out, keeping line ends.
void blank(std::string& out, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to && i < out.size(); ++i) {
    if (out[i] != '\n') out[i] = ' ';
  }
}

// The position after a quoted literal that opens at `at`. A newline ends it too, so that one bad
// literal does not hide the rest of the file.
std::size_t after_literal(std::string_view text, std::size_t at) {
  const char quote = text[at];
  std::size_t i = at + 1;
  while (i < text.size() && text[i] != quote && text[i] != '\n') i += text[i] == '\\' ? 2U : 1U;
  return i + 1;
}

std::size_t after(std::string_view text, std::string_view what, std::size_t from) {
  const std::size_t found = text.find(what, from);
  return found == std::string_view::npos ? text.size() : found + what.size();
}

}  // namespace

std::string code_only(std::string_view text) {
  std::string out(text);
  std::size_t i = 0;
  while (i < text.size()) {
    const std::string_view rest = text.substr(i);
    const char before = i > 0 ? text[i - 1] : ' ';
    std::size_t end = i + 1;
    if (rest.starts_with("//")) {
      end = text.find('\n', i);
      if (end == std::string_view::npos) end = text.size();
      blank(out, i, end);
    } else if (rest.starts_with("/*")) {
      end = after(text, "*/", i + 2);
      blank(out, i, end);
    } else if (rest.starts_with("R\"") && !is_word(before)) {
      const std::size_t open = text.find('(', i);
      if (open != std::string_view::npos) {
        std::string close = ")";
        close.append(text.substr(i + 2, open - i - 2)).push_back('"');
        end = after(text, close, open);
        blank(out, i, end);
      }
    } else if (text[i] == '"' || (text[i] == '\'' && !is_word(before))) {  // 1'000 is a number
      end = after_literal(text, i);
      blank(out, i + 1, end - 1);
    }
    i = end;
  }
  return out;
}

}  // namespace assay::tidy
