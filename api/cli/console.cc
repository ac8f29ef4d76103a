#include "api/cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "api/cli/units.h"
#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::int64_t kPlainLineMs = 10'000;
constexpr std::uint64_t kBarWidth = 24;

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

}  // namespace

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
  if (hushed_) return;
  erase();
  print(stdout, text);
}

void Console::result(const Json& document, const Json::Array& rows, const Table& table) {
  if (hushed_) return;
  erase();
  print(stdout, command::result_text(options_.format, document, rows, table));
}

int Console::error(const Error& error) {
  if (hushed_) return static_cast<int>(error.code);
  erase();
  const bool plain = options_.format == Format::table;
  print(stderr, (plain ? wire::error_line(error, err_color_)
                       : wire::error_json(error, system_random()).dump()) +
                    "\n");
  return static_cast<int>(error.code);
}

Progress::Progress(Console& console, std::string what, std::string (*amount_text)(std::uint64_t))
    : console_(console), what_(std::move(what)), amount_text_(amount_text) {}

void Progress::at(std::uint64_t done, std::uint64_t total) {
  const SteadyMillis now = system_clock().steady_now();
  if (total_ != total) {
    began_ = now;
    first_ = done;
    total_ = total;
  }
  std::string text = what_ + ": ";
  if (console_.live() && total > 0) {
    const auto filled = static_cast<std::size_t>(kBarWidth * std::min(done, total) / total);
    text += "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
  }
  text += amount_text_(done) + " of " + amount_text_(total);
  const auto took_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(now - began_, 0));
  if (took_ms > 0 && done > first_) {
    const std::uint64_t rate = (done - first_) * 1000 / took_ms;
    text += ", " + amount_text_(rate) + "/s";
    if (rate > 0 && total > done) {
      text +=
          ", " + duration_text(static_cast<std::int64_t>((total - done) * 1000 / rate)) + " left";
    }
  }
  console_.progress(text);
}

}  // namespace assay::cli
