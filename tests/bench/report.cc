#include "tests/bench/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace assay::bench {
namespace {

using Cells = std::array<std::string, 7>;
constexpr std::size_t kFirstNumber = 3;  // columns from here to the unit are right-aligned
constexpr std::size_t kUnit = 5;

// Four digits are more than a measurement has; counts stay whole.
std::string figure(const std::optional<double>& value) {
  if (!value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, *value >= 1000 ? "%.0f" : "%.4g", *value);
  return text;
}

wire::Json json_figure(const std::optional<double>& value) {
  if (!value) return {};
  return std::strtod(figure(value).c_str(), nullptr);
}

Cells cells_of(const Row& row) {
  return {row.bench,
          row.name,
          row.peer,
          figure(row.ours),
          figure(row.theirs),
          row.unit,
          row.correct ? figure(row.ratio()) : "WRONG"};
}

}  // namespace

std::optional<double> Row::ratio() const {
  if (!ours || !theirs || !(*theirs > 0)) return {};
  return *ours / *theirs;
}

std::string table(const Rows& rows) {
  std::vector<Cells> lines = {{"bench", "case", "peer", "ours", "theirs", "unit", "ratio"}};
  for (const Row& row : rows) lines.push_back(cells_of(row));
  std::array<std::size_t, std::tuple_size_v<Cells>> widths{};
  for (const Cells& cells : lines) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string out;
  for (const Cells& cells : lines) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string gap(widths[i] - cells[i].size(), ' ');
      const bool right = i >= kFirstNumber && i != kUnit;
      line += (i == 0 ? "" : "  ") + (right ? gap + cells[i] : cells[i] + gap);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  for (const Row& row : rows) {
    if (!row.note.empty()) out += "\n" + row.bench + ", " + row.name + ": " + row.note;
  }
  return out;
}

wire::Json to_json(const Rows& rows) {
  wire::Json out = wire::Json::array();
  for (const Row& row : rows) {
    wire::Json item = wire::Json::object();
    item.set("bench", row.bench)
        .set("case", row.name)
        .set("peer", row.peer)
        .set("ours", json_figure(row.ours))
        .set("theirs", json_figure(row.theirs))
        .set("unit", row.unit)
        .set("ratio", json_figure(row.ratio()))
        .set("correct", row.correct)
        .set("note", row.note);
    out.push(std::move(item));
  }
  return out;
}

Result<Rows> rows_from_json(std::string_view text) {
  Result<wire::Json> parsed = wire::parse_json(text, {.fractions = true});
  if (!parsed.ok()) return parsed.error();
  if (!parsed.value().is_array()) return fail(Code::malformed, "not an array of results");
  Rows rows;
  for (const wire::Json& item : parsed.value().items()) {
    Row row;
    const std::pair<const char*, std::string*> texts[] = {{"bench", &row.bench},
                                                          {"case", &row.name},
                                                          {"peer", &row.peer},
                                                          {"unit", &row.unit},
                                                          {"note", &row.note}};
    for (const auto& [key, to] : texts) {
      const wire::Json* value = item.find(key);
      if (value == nullptr || !value->is_string()) {
        return fail(Code::malformed, "a result without the text \"" + std::string(key) + "\"");
      }
      *to = value->as_string();
    }
    const std::pair<const char*, std::optional<double>*> numbers[] = {{"ours", &row.ours},
                                                                      {"theirs", &row.theirs}};
    for (const auto& [key, to] : numbers) {
      const wire::Json* value = item.find(key);
      if (value != nullptr && value->is_number()) *to = value->as_double();
    }
    const wire::Json* correct = item.find("correct");
    row.correct = correct != nullptr && correct->is_bool() && correct->as_bool();
    rows.push_back(std::move(row));
  }
  return rows;
}

bool all_correct(const Rows& rows) {
  return std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.correct; });
}

}  // namespace assay::bench
