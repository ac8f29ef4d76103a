#include "tests/bench/figures.h"

#include <algorithm>
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

Result<std::string> section(const ResultFile& file) {
  const Result<Rows> rows = rows_from_json(file.text);
  if (!rows.ok()) return rows.error().in(file.stem);
  if (!all_correct(rows.value())) {
    return fail(Code::malformed, file.stem + ": holds a result that is wrong");
  }
  const std::size_t machine = file.stem.size() - kDate.size();
  return "\n" + file.stem.substr(0, machine) + ", " + file.stem.substr(machine + 1) +
         " (`tests/bench/results/" + file.stem + ".json`):\n\n```text\n" + table(rows.value()) +
         "\n```\n";
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
