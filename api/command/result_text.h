// How a result is told, by every program alike: a table for people; JSON, JSON lines and CSV for
// programs.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/json.h"

namespace assay::command {

enum class Format { table, json, ndjson, csv };

// In the order of Format.
std::vector<std::string> format_names();
std::optional<Format> parse_format(std::string_view text);

// A result for people. Cells may hold anything a peer sent: control characters never reach the
// terminal.
struct Table {
  std::vector<std::string> columns;  // empty: no heading
  std::vector<std::vector<std::string>> rows;
};

// What a text takes on a terminal, in characters.
std::size_t width_of(std::string_view text);
// As wide as `width` asks for, filled up with spaces.
std::string padded(std::string text, std::size_t width);

// The rows as CSV (RFC 4180): one column per member, those of inner objects as "outer.inner", lists
// as JSON.
std::string csv_text(const wire::Json::Array& rows);

// `table` for people, `document` as json, `rows` one by one as ndjson and csv.
std::string result_text(Format format, const wire::Json& document, const wire::Json::Array& rows,
                        const Table& table);

}  // namespace assay::command
