// assay.toml: TOML of tables, strings, numbers, true and false, and lists of these. Whatever else
// TOML knows (dates, inline tables, tables in lists, strings of several lines) is refused by name.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace assay::command {

struct ConfigEntry {
  std::vector<std::string> path;  // "job", "submit", "price": the table's names, then the key
  std::vector<std::string> values;
  bool is_list = false;
  std::size_t line = 0;  // from 1

  std::string name() const;  // "job.submit.price"
};

constexpr std::size_t kConfigBytesMax = std::size_t{256} << 10;

//   malformed    "line 7: …": what is wrong there, and what may be
Result<std::vector<ConfigEntry>> parse_config(std::string_view text);

}  // namespace assay::command
