#include "api/cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

using wire::Json;
using wire::printable;

constexpr std::int64_t kPlainLineMs = 10'000;

const char* escape_of(Color color) {
  switch (color) {
    case Color::none: return "";
    case Color::red: return "\033[1;31m";
    case Color::green: return "\033[32m";
    case Color::yellow: return "\033[33m";
    case Color::cyan: return "\033[36m";
    case Color::bold: return "\033[1m";
    case Color::dim: return "\033[2m";
  }
  return "";
}

std::string painted(bool on, Color color, const std::string& text) {
  return on && color != Color::none ? escape_of(color) + text + "\033[0m" : text;
}

void print(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

// Members of inner objects beside those of the outer one.
void flatten(const Json& row, const std::string& prefix, std::vector<Json::Member>& out) {
  for (const auto& [key, value] : row.members()) {
    if (value.is_object()) {
      flatten(value, prefix + key + ".", out);
    } else {
      out.emplace_back(prefix + key, value);
    }
  }
}

std::string csv_cell(const Json& value) {
  if (value.is_null()) return "";
  const std::string text = value.is_string() ? value.as_string() : value.dump();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string table_text(const Table& table) {
  std::vector<std::vector<std::string>> rows;
  if (!table.columns.empty()) rows.push_back(table.columns);
  for (const auto& row : table.rows) rows.push_back(row);
  std::vector<std::size_t> widths;
  for (auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = printable(row[i]);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += padded(row[i], widths[i]) + "  ";
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  bool escape = false;
  for (const char c : text) {
    if (c == '\033') escape = true;
    const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    if (!escape && !continues) ++width;
    if (escape && c == 'm') escape = false;
  }
  return width;
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t has = width_of(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

std::string csv_text(const Json::Array& rows) {
  std::vector<std::string> columns;
  std::vector<std::vector<Json::Member>> flat;
  for (const Json& row : rows) {
    std::vector<Json::Member>& cells = flat.emplace_back();
    flatten(row, "", cells);
    for (const auto& [key, value] : cells) {
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
  }
  std::string text;
  for (const std::string& column : columns) {
    text += (text.empty() ? "" : ",") + csv_cell(Json(column));
  }
  text += "\r\n";
  for (const auto& cells : flat) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i != 0) line += ',';
      for (const auto& [key, value] : cells) {
        if (key == columns[i]) line += csv_cell(value);
      }
    }
    text += line + "\r\n";
  }
  return text;
}

Console::Console(ConsoleOptions options)
    : options_(options),
      err_terminal_(::isatty(STDERR_FILENO) == 1),
      out_terminal_(::isatty(STDOUT_FILENO) == 1) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool color = options.color && (no_color == nullptr || *no_color == '\0');
  out_color_ = color && ::isatty(STDOUT_FILENO) == 1;
  err_color_ = color && err_terminal_;
}

std::string Console::paint(Color color, const std::string& text) const {
  return painted(out_color_, color, text);
}

std::string Console::paint_err(Color color, const std::string& text) const {
  return painted(err_color_, color, text);
}

void Console::erase() {
  if (progress_shown_) print(stderr, "\r\033[K");
  if (drawn_lines_ > 0) print(stderr, "\033[" + std::to_string(drawn_lines_) + "A\033[J");
  if (line_open_) print(stream_to(), "\n");
  progress_shown_ = false;
  drawn_lines_ = 0;
  line_open_ = false;
}

void Console::say(const std::string& text) {
  if (options_.quiet) return;
  erase();
  print(stderr, text + "\n");
}

std::FILE* Console::stream_to() const {
  return out_terminal_ && options_.format == Format::table ? stdout : stderr;
}

void Console::stream(const std::string& text) {
  if (text.empty() || (options_.quiet && stream_to() == stderr)) return;
  if (!line_open_) erase();
  print(stream_to(), text);
  line_open_ = text.back() != '\n';
}

void Console::progress(const std::string& text) {
  if (options_.quiet || line_open_) return;
  if (err_terminal_) {
    erase();
    print(stderr, "\r\033[K" + text);
    progress_shown_ = true;
    return;
  }
  const SteadyMillis now = system_clock().steady_now();
  if (now - progress_at_ < kPlainLineMs) return;
  progress_at_ = now;
  print(stderr, text + "\n");
}

void Console::draw(const std::vector<std::string>& lines) {
  if (!live()) return;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1;
  const std::size_t fits = known ? size.ws_row - 1U : 24;
  // In one write, so that nothing flickers; each line is cleared behind its text.
  std::string text = "\r";
  if (drawn_lines_ > 0) text += "\033[" + std::to_string(drawn_lines_) + "A";
  std::size_t shown = 0;
  for (const std::string& line : lines) {
    if (shown == fits) break;
    const bool wide = known && width_of(line) >= size.ws_col;
    text += (wide ? "\033[?7l" + line + "\033[?7h" : line) + "\033[0m\033[K\n";
    ++shown;
  }
  print(stderr, text + "\033[J");
  drawn_lines_ = shown;
}

void Console::keep_drawing() {
  drawn_lines_ = 0;
}

void Console::out(const std::string& text) {
  erase();
  print(stdout, text);
}

void Console::result(const Json& document, const Json::Array& rows, const Table& table) {
  erase();
  switch (options_.format) {
    case Format::table: print(stdout, table_text(table)); break;
    case Format::json: print(stdout, document.pretty() + "\n"); break;
    case Format::csv: print(stdout, csv_text(rows)); break;
    case Format::ndjson:
      for (const Json& row : rows) print(stdout, row.dump() + "\n");
      break;
  }
}

int Console::error(const Error& error) {
  erase();
  const bool plain = options_.format == Format::table;
  print(stderr, (plain ? wire::error_line(error, err_color_)
                       : wire::error_json(error, system_random()).dump()) +
                    "\n");
  return static_cast<int>(error.code);
}

}  // namespace assay::cli
