#include "api/command/result_text.h"

#include <algorithm>

#include "core/wire/error_report.h"

namespace assay::command {
namespace {

using wire::Json;
using wire::printable;

constexpr const char* kFormatNames[] = {"table", "json", "ndjson", "csv"};

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

std::vector<std::string> format_names() {
  return {std::begin(kFormatNames), std::end(kFormatNames)};
}

std::optional<Format> parse_format(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kFormatNames); ++i) {
    if (text == kFormatNames[i]) return static_cast<Format>(i);
  }
  return std::nullopt;
}

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

std::string result_text(Format format, const Json& document, const Json::Array& rows,
                        const Table& table) {
  if (format == Format::table) return table_text(table);
  if (format == Format::json) return document.pretty() + "\n";
  if (format == Format::csv) return csv_text(rows);
  std::string text;
  for (const Json& row : rows) text += row.dump() + "\n";
  return text;
}

}  // namespace assay::command
