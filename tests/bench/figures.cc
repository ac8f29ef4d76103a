#include "tests/bench/figures.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "tests/bench/report.h"

namespace assay::bench {
namespace {

constexpr std::string_view kBegin = "<!-- figures: begin";
constexpr std::string_view kEnd = "<!-- figures: end -->";
constexpr std::string_view kDate = "-dddd-dd-dd";  // d: a digit

bool ends_with_date(std::string_view stem) {
  if (stem.size() <= kDate.size()) return false;
  return std::ranges::equal(stem.substr(stem.size() - kDate.size()), kDate, [](char c, char form) {
    return form == 'd' ? c >= '0' && c <= '9' : c == form;
  });
}

// A row that counts what was equal: it has no place in a table of ratios.
bool is_count(const Row& row) {
  return row.unit == "tiles" || row.unit == "runs" || row.unit == "inputs";
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

// "- `parity`: 0 mismatches in 4,000,000 tiles and 80,000 runs (26 cases)"
std::string counts(const Rows& rows) {
  std::map<std::string, std::map<std::string, std::uint64_t>> sums;  // bench, unit
  std::map<std::string, std::size_t> cases;
  for (const Row& row : rows) {
    if (!is_count(row)) continue;
    sums[row.bench][row.unit] += static_cast<std::uint64_t>(row.theirs.value_or(0));
    ++cases[row.bench];
  }
  std::string out;
  for (const auto& [bench, units] : sums) {
    out += "- `" + bench + "`: 0 mismatches in";
    std::string joint = " ";
    for (const auto& [unit, sum] : units) {
      out += joint + grouped(sum) + " " + unit;
      joint = " and ";
    }
    out += " (" + std::to_string(cases[bench]) + " cases)\n";
  }
  return out.empty() ? out : "\n" + out;
}

// What each rung of the verification ladder costs, and what its note says that it finds.
std::string ladder(const Rows& rows) {
  std::string out;
  for (const Row& row : rows) {
    if (row.bench != "replay" || !row.ratio()) continue;
    char ratio[32];
    std::snprintf(ratio, sizeof ratio, "%.4f", *row.ratio());
    out += "| " + row.name + " | " + ratio + " | " + row.note + " |\n";
  }
  if (out.empty()) return out;
  return "\n| job: what is checked | of its cost | what that finds |\n|---|---|---|\n" + out;
}

std::string ratios(const Rows& rows) {
  Rows shown;
  for (const Row& row : rows) {
    if (is_count(row) || row.bench == "replay") continue;
    shown.push_back(row);
    shown.back().note.clear();
  }
  return shown.empty() ? "" : "\n```text\n" + table(shown) + "```\n";
}

Result<std::string> section(const ResultFile& file) {
  const Result<Rows> rows = rows_from_json(file.text);
  if (!rows.ok()) return rows.error().in(file.stem);
  if (!all_correct(rows.value())) {
    return fail(Code::malformed, file.stem + ": holds a result that is wrong");
  }
  const std::size_t machine = file.stem.size() - kDate.size();
  return "\n" + file.stem.substr(0, machine) + ", " + file.stem.substr(machine + 1) +
         " (`tests/bench/results/" + file.stem + ".json`):\n" + counts(rows.value()) +
         ratios(rows.value()) + ladder(rows.value());
}

}  // namespace

Result<std::string> with_figures(const std::string& readme, std::vector<ResultFile> files) {
  const std::size_t begin = readme.find(kBegin);
  const std::size_t body = begin == std::string::npos ? begin : readme.find('\n', begin);
  const std::size_t end = readme.find(kEnd);
  if (body == std::string::npos || end == std::string::npos || end < body ||
      readme.find(kBegin, body) != std::string::npos ||
      readme.find(kEnd, end + 1) != std::string::npos) {
    return fail(Code::malformed, "the README needs one line \"" + std::string(kBegin) +
                                     " -->\" and after it one line \"" + std::string(kEnd) + "\"");
  }
  std::map<std::string, ResultFile> newest;  // by machine
  std::ranges::sort(files, {}, &ResultFile::stem);
  for (ResultFile& file : files) {
    if (!ends_with_date(file.stem)) {
      return fail(Code::malformed, "\"" + file.stem + ".json\" is not called " +
                                       "<machine>-<year>-<month>-<day>.json");
    }
    newest[file.stem.substr(0, file.stem.size() - kDate.size())] = std::move(file);
  }
  std::string out = readme.substr(0, body + 1);
  for (const auto& [machine, file] : newest) {
    const Result<std::string> text = section(file);
    if (!text.ok()) return text.error();
    out += text.value();
  }
  return out + "\n" + readme.substr(end);
}

}  // namespace assay::bench
