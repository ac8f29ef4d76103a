#include "prover/main/console.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "core/wire/error_report.h"

namespace assay::prover {
namespace {

constexpr std::uint32_t kBarWidth = 28;
constexpr std::int64_t kRedrawMs = 100;
constexpr std::int64_t kPlainLineMs = 10'000;

}  // namespace

Console::Console(ConsoleOptions options) : options_(options), terminal_(::isatty(2) == 1) {
  const char* no_color = std::getenv("NO_COLOR");
  if (!terminal_ || (no_color != nullptr && *no_color != '\0')) options_.color = false;
}

void Console::say(const std::string& mark, const std::string& text) {
  if (options_.quiet) return;
  const std::lock_guard lock(mutex_);
  erase_bar();
  const std::string time = to_rfc3339(system_clock().unix_now()).substr(11, 8);
  if (options_.color) {
    std::fprintf(stderr, "%s \033[36m%-10s\033[0m %s\n", time.c_str(), mark.c_str(), text.c_str());
  } else {
    std::fprintf(stderr, "%s %-10s %s\n", time.c_str(), mark.c_str(), text.c_str());
  }
}

void Console::progress(const Digest& job, std::uint32_t step, std::uint32_t steps) {
  if (options_.quiet) return;
  const std::lock_guard lock(mutex_);
  const SteadyMillis now = system_clock().steady_now();
  if (job != bar_job_ || step == 1) {
    bar_job_ = job;
    bar_began_ = bar_drawn_ = now;
  }
  if (now - bar_drawn_ < (terminal_ ? kRedrawMs : kPlainLineMs)) return;
  bar_drawn_ = now;
  const double seconds = static_cast<double>(now - bar_began_) / 1000;
  const double rate = seconds > 0 ? step / seconds : 0;
  const double left = rate > 0 ? (steps - step) / rate : 0;
  const std::string name = job.hex().substr(0, 8);
  if (!terminal_) {
    std::fprintf(stderr, "job %s: step %u of %u, %.1f steps/s, %.0f s left\n", name.c_str(), step,
                 steps, rate, left);
    return;
  }
  const std::uint32_t filled =
      static_cast<std::uint32_t>(std::uint64_t{kBarWidth} * step / (steps == 0 ? 1 : steps));
  const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
  std::fprintf(stderr, "\r\033[K%s [%s] %u/%u  %.1f steps/s  %.0f s left", name.c_str(),
               bar.c_str(), step, steps, rate, left);
  std::fflush(stderr);
  bar_shown_ = true;
}

void Console::clear() {
  const std::lock_guard lock(mutex_);
  erase_bar();
}

void Console::erase_bar() {
  if (bar_shown_) std::fprintf(stderr, "\r\033[K");
  bar_shown_ = false;
}

int Console::error(const Error& error) {
  const std::lock_guard lock(mutex_);
  erase_bar();
  const std::string text = for_people() ? wire::error_line(error, options_.color)
                                        : wire::error_json(error, system_random()).dump();
  std::fprintf(stderr, "%s\n", text.c_str());
  return static_cast<int>(error.code);
}

void Console::result(const std::string& text, const wire::Json& document,
                     const wire::Json::Array& rows) {
  const std::lock_guard lock(mutex_);
  erase_bar();
  const std::string shown =
      for_people() ? text + "\n" : command::result_text(options_.format, document, rows, {});
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  std::fflush(stdout);
}

}  // namespace assay::prover
