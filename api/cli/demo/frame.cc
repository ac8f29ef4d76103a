#include "api/cli/demo/frame.h"

#include <cstdlib>

#include "api/cli/console.h"
#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

std::string repeated(const char* what, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += what;
  return text;
}

struct Corners {
  const char *top_left, *top_right, *bottom_left, *bottom_right, *across, *down;
};
constexpr Corners kRound = {"╭", "╮", "╰", "╯", "─", "│"};
constexpr Corners kPlain = {"+", "+", "+", "+", "-", "|"};

std::vector<std::string> lines_of(const std::vector<std::string>& words, std::size_t columns) {
  std::vector<std::string> lines(1);
  for (const std::string& word : words) {
    if (!lines.back().empty() && width_of(lines.back()) + 1 + width_of(word) > columns) {
      lines.emplace_back();
    }
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

// "38;2;r;g;b", or the nearest of the 6 * 6 * 6 colours that xterm has.
std::string colour_code(const char* ground, ByteView rgb, bool all_colours) {
  std::string code = ground;
  if (all_colours) {
    for (const std::uint8_t part : rgb) code += ";" + std::to_string(part);
    return code.insert(2, ";2");
  }
  int index = 16;
  constexpr int kWeights[] = {36, 6, 1};
  for (std::size_t i = 0; i < 3; ++i) index += kWeights[i] * ((rgb[i] * 5 + 127) / 255);
  return code + ";5;" + std::to_string(index);
}

bool terminal_has_all_colours() {
  const char* value = std::getenv("COLORTERM");
  const std::string_view said = value == nullptr ? "" : value;
  return said == "truecolor" || said == "24bit";
}

}  // namespace

bool terminal_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string locale(value);
    return locale.find("UTF-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

std::vector<std::string> words_of(std::string_view text, std::size_t max) {
  std::vector<std::string> words;
  std::size_t at = 0;
  for (;;) {
    at = text.find_first_not_of(" \t\r\n", at);
    if (at == std::string_view::npos) return words;
    if (words.size() == max) {
      words.back() += " ...";
      return words;
    }
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", at), text.size());
    words.push_back(wire::printable(text.substr(at, end - at)));
    at = end;
  }
}

std::string framed(const std::string& title, const std::vector<std::string>& words,
                   std::size_t columns) {
  static const Corners& c = terminal_is_utf8() ? kRound : kPlain;
  const std::size_t inner = columns - 4;
  const std::size_t after = inner - std::min(inner, width_of(title) + 1);
  std::string text = std::string(c.top_left) + c.across + " " + title + " " +
                     repeated(c.across, after) + c.top_right + "\n";
  for (const std::string& line : lines_of(words, inner)) {
    text += std::string(c.down) + " " + padded(line, inner) + " " + c.down + "\n";
  }
  return text + c.bottom_left + repeated(c.across, inner + 2) + c.bottom_right + "\n";
}

std::string half_blocks(ByteView rgb, std::uint32_t width) {
  static const bool all_colours = terminal_has_all_colours();
  const std::size_t line = std::size_t{width} * 3;
  std::string text;
  for (std::size_t row = 0; (row + 2) * line <= rgb.size(); row += 2) {
    for (std::size_t x = 0; x < line; x += 3) {
      text += "\033[" + colour_code("38", rgb.subspan(row * line + x, 3), all_colours) + ";" +
              colour_code("48", rgb.subspan((row + 1) * line + x, 3), all_colours) + "m▀";
    }
    text += "\033[0m\n";
  }
  return text;
}

}  // namespace assay::cli
