#include "api/cli/units.h"

#include <array>
#include <cstdio>
#include <utility>

#include "core/wire/text.h"

namespace assay::cli {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kDurationMaxMs = 3650 * kDayMs;
constexpr std::uint64_t kPriceMax = kPriceMaxMicros / 1'000'000;

// Digits at the front of `text`, as long as they stay below 10^15.
bool take_number(std::string_view& text, std::uint64_t& number) {
  constexpr std::uint64_t kMax = 1'000'000'000'000'000;
  const std::size_t before = text.size();
  number = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    number = number * 10 + static_cast<std::uint64_t>(text[0] - '0');
    if (number >= kMax) return false;
    text.remove_prefix(1);
  }
  return text.size() < before;
}

}  // namespace

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits = {
      {{"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", kDayMs}}};
  std::string_view rest = text;
  std::uint64_t number = 0;
  if (take_number(rest, number)) {
    for (const auto& [unit, ms] : kUnits) {
      const auto max = static_cast<std::uint64_t>(kDurationMaxMs / ms);
      if (rest == unit && number > 0 && number <= max) {
        return static_cast<std::int64_t>(number) * ms;
      }
    }
  }
  return fail(Code::usage, "'" + wire::people_text(text, 80) +
                               "' is not a duration: write 500ms, 30s, 2m, 1h or 7d");
}

std::string duration_text(std::int64_t ms) {
  const std::int64_t seconds = ms / 1000;
  if (ms < 10'000) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1000);
    return text;
  }
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) {
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  }
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

Result<std::uint64_t> parse_price_micros(std::string_view text) {
  const Error wrong = fail(Code::usage, "'" + wire::people_text(text, 80) +
                                            "' is not a price: write 1 or 0.25, at most six "
                                            "decimals, up to 1000000000");
  std::string_view rest = text;
  std::uint64_t whole = 0;
  if (!take_number(rest, whole) || whole > kPriceMax) return wrong;
  std::uint64_t micros = whole * 1'000'000;
  if (rest.empty()) return micros;
  if (rest[0] != '.' || rest.size() < 2 || rest.size() > 7) return wrong;
  rest.remove_prefix(1);
  std::uint64_t unit = 100'000;
  for (const char c : rest) {
    if (c < '0' || c > '9') return wrong;
    micros += unit * static_cast<std::uint64_t>(c - '0');
    unit /= 10;
  }
  if (micros > kPriceMaxMicros) return wrong;
  return micros;
}

std::string price_text(std::uint64_t micros) {
  char text[48];
  std::snprintf(text, sizeof text, "%llu.%06llu",
                static_cast<unsigned long long>(micros / 1'000'000),
                static_cast<unsigned long long>(micros % 1'000'000));
  std::string out = text;
  while (out.ends_with('0') && out[out.size() - 3] != '.') out.pop_back();
  return out;
}

std::string percent_text(std::int64_t ppm) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", static_cast<double>(ppm) / 10'000);
  return text;
}

std::string bytes_text(std::uint64_t bytes) {
  char text[32];
  if (bytes < 1024) {
    std::snprintf(text, sizeof text, "%llu bytes", static_cast<unsigned long long>(bytes));
  } else if (bytes < (1U << 20)) {
    std::snprintf(text, sizeof text, "%.1f KiB", static_cast<double>(bytes) / 1024);
  } else {
    std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  }
  return text;
}

}  // namespace assay::cli
