// The check of every option that holds a whole number: CLI11 reads "-1" into 64 unsigned bits as
// 18446744073709551615, and would have it signed and logged.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::command {

// Refuses all but digits (no sign, no dot, no leading zero) and what lies outside `min`..`max`:
//   --seq: '-1' is not a whole number from 1 to 9007199254740992
inline CLI::Validator whole_number(std::uint64_t min, std::uint64_t max) {
  const auto check = [min, max](const std::string& text) {
    const Result<std::uint64_t> number = wire::parse_u64(text);
    if (number.ok() && number.value() >= min && number.value() <= max) return std::string();
    return "'" + wire::people_text(text, 80) + "' is not a whole number from " +
           std::to_string(min) + " to " + std::to_string(max);
  };
  return CLI::Validator(check, "");  // no name: help shows the option as it was
}

}  // namespace assay::command
