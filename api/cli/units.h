// What people type and read: durations, prices, ppm. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace assay::cli {

// "500ms", "30s", "2m", "1h", "7d"; a number alone is seconds. Above 0, at most 3650 days.
//   usage        says what is allowed
Result<std::int64_t> parse_duration_ms(std::string_view text);
std::string duration_text(std::int64_t ms);  // "45 s", "3 min 20 s"

// What may be offered, or deposited, at most.
inline constexpr std::uint64_t kPriceMaxMicros = 1'000'000'000'000'000;

// "1", "0.25": at most six decimals, in millionths; up to kPriceMaxMicros.
//   usage        says what is allowed
Result<std::uint64_t> parse_price_micros(std::string_view text);
std::string price_text(std::uint64_t micros);  // "0.25"

std::string percent_text(std::int64_t ppm);   // "73.24 %"
std::string bytes_text(std::uint64_t bytes);  // "1.4 MiB"

}  // namespace assay::cli
