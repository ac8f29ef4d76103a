#include "reputation/policy/counts_file.h"

#include <algorithm>
#include <array>
#include <optional>

namespace assay::reputation {
namespace {

enum Column : std::size_t { kHours, kSoft, kPass, kProven, kSeverity, kEquivocations, kHistory };
constexpr std::array<std::string_view, 7> kNames{
    "hours", "soft", "pass", "proven", "severity_ppm", "equivocations", "history"};
constexpr std::size_t kRequired = 4;
constexpr std::size_t kHistoryCharactersMax = 64;
constexpr std::uint64_t kSeverityMax = 2'000'000;  // of one fault

std::string_view take_until(std::string_view& rest, char end) {
  const std::size_t at = std::min(rest.find(end), rest.size());
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return taken;
}

std::string_view take_line(std::string_view& rest) {
  std::string_view line = take_until(rest, '\n');
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (bool more = true; more;) {
    more = line.find(',') != std::string_view::npos;
    cells.push_back(take_until(line, ','));
  }
  return cells;
}

// At most `max`; no sign, no spaces.
std::optional<std::uint64_t> parse_count(std::string_view text, std::uint64_t max) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > max) return std::nullopt;
  }
  return value;
}

bool is_history_name(std::string_view text) {
  return !text.empty() && text.size() <= kHistoryCharactersMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Error at_line(std::size_t line, const std::string& problem) {
  return fail(Code::malformed, "counts: line " + std::to_string(line) + ": " + problem);
}

// Where each column stands in a line.
struct Layout {
  std::array<std::optional<std::size_t>, kNames.size()> place;
  std::size_t cells = 0;
};

Result<Layout> parse_header(std::string_view line) {
  Layout layout;
  for (const std::string_view cell : cells_of(line)) {
    const auto name = std::find(kNames.begin(), kNames.end(), cell);
    if (name == kNames.end()) {
      return at_line(1, "an unknown column; the first line is hours,soft,pass,proven");
    }
    auto& place = layout.place[static_cast<std::size_t>(name - kNames.begin())];
    if (place) return at_line(1, std::string(*name) + ": there twice");
    place = layout.cells++;
  }
  for (std::size_t i = 0; i < kRequired; ++i) {
    if (!layout.place[i]) return at_line(1, "column " + std::string(kNames[i]) + " is missing");
  }
  return layout;
}

class LineReader {
 public:
  LineReader(const Layout& layout, std::string_view line, std::size_t number)
      : layout_(layout), cells_(cells_of(line)), number_(number) {
    if (cells_.size() != layout.cells) {
      error_ = at_line(number, std::to_string(cells_.size()) + " cells where the first line has " +
                                   std::to_string(layout.cells));
    }
  }

  bool has(Column column) const { return layout_.place[column].has_value(); }

  std::uint64_t count(Column column, std::uint64_t max) {
    if (error_) return 0;
    const std::optional<std::uint64_t> value = parse_count(cells_[*layout_.place[column]], max);
    if (!value) note(column, "is not a number from 0 to " + std::to_string(max));
    return value.value_or(0);
  }

  std::string history() {
    if (error_) return {};
    const std::string_view name = cells_[*layout_.place[kHistory]];
    if (!is_history_name(name)) note(kHistory, "is not 1 to 64 printable characters");
    return std::string(name);
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  void note(Column column, const std::string& problem) {
    error_ = at_line(number_, std::string(kNames[column]) + " " + problem);
  }

  const Layout& layout_;
  std::vector<std::string_view> cells_;
  std::size_t number_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::vector<CountedLine>> parse_counts(std::string_view text) {
  const Result<Layout> layout = parse_header(take_line(text));
  if (!layout.ok()) return layout.error();
  std::vector<CountedLine> lines;
  for (std::size_t number = 2; !text.empty(); ++number) {
    if (lines.size() == kCountsLinesMax) {
      return at_line(number, "more than " + std::to_string(kCountsLinesMax) + " lines");
    }
    LineReader in(layout.value(), take_line(text), number);
    CountedLine& line = lines.emplace_back();
    line.hours = static_cast<std::uint32_t>(in.count(kHours, kCountsHoursMax));
    line.counts.soft = static_cast<std::uint32_t>(in.count(kSoft, kCountMax));
    line.counts.passes = static_cast<std::uint32_t>(in.count(kPass, kCountMax));
    line.counts.proven = static_cast<std::uint32_t>(in.count(kProven, kCountMax));
    const std::uint64_t proven = line.counts.proven;
    line.counts.severity_ppm =
        in.has(kSeverity) ? in.count(kSeverity, proven * kSeverityMax) : proven * 1'000'000;
    if (in.has(kEquivocations)) {
      line.counts.equivocations = static_cast<std::uint32_t>(in.count(kEquivocations, proven));
    }
    if (in.has(kHistory)) line.history = in.history();
    if (in.error()) return *in.error();
  }
  return lines;
}

std::vector<FoldedLine> fold_counts(const std::vector<CountedLine>& lines,
                                    const Components& components) {
  const auto millionths = [](Q30 value) {
    return static_cast<std::uint64_t>((Wide{value} * 1'000'000) >> 30);
  };
  std::vector<FoldedLine> folded;
  folded.reserve(lines.size());
  Record record;
  const std::string* history = nullptr;
  for (const CountedLine& line : lines) {
    if (history == nullptr || *history != line.history) record = {};
    history = &line.history;
    record = fold_epoch(record, line.counts, line.hours);
    folded.push_back({.hours = record.hours,
                      .r_ppm = millionths(record.r),
                      .s_ppm = millionths(record.s),
                      .integrity_ppm = ppm_from_q30(integrity(record)),
                      .trust_ppm = ppm_from_q30(trust(record, components.uptime,
                                                      components.performance, components.stake)),
                      .tombstoned = record.tombstoned});
  }
  return folded;
}

}  // namespace assay::reputation
