#include "api/cli/score_fold.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "core/base/file.h"
#include "reputation/policy/counts_file.h"

namespace assay::cli {
namespace {

using reputation::CountedLine;
using reputation::FoldedLine;
using wire::Json;

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;
constexpr std::uint32_t kMillion = 1'000'000;

struct FoldOptions {
  std::string counts;
  std::uint32_t uptime_ppm = kMillion;
  std::uint32_t performance_ppm = kMillion;
  std::uint32_t stake_ppm = kMillion;
  bool last = false;
};

std::string millionths_text(std::uint64_t millionths) {
  char text[48];
  std::snprintf(text, sizeof text, "%llu.%06llu",
                static_cast<unsigned long long>(millionths / kMillion),
                static_cast<unsigned long long>(millionths % kMillion));
  return text;
}

Json document_of(const CountedLine& line, const FoldedLine& folded) {
  Json row;
  if (!line.history.empty()) row.set("history", line.history);
  row.set("hours", folded.hours)
      .set("r_ppm", folded.r_ppm)
      .set("s_ppm", folded.s_ppm)
      .set("integrity_ppm", folded.integrity_ppm)
      .set("trust_ppm", folded.trust_ppm)
      .set("tombstoned", folded.tombstoned);
  return row;
}

std::vector<std::string> cells_of(const CountedLine& line, const FoldedLine& folded) {
  return {std::to_string(folded.hours),
          millionths_text(folded.r_ppm),
          millionths_text(folded.s_ppm),
          millionths_text(folded.integrity_ppm),
          millionths_text(folded.trust_ppm),
          folded.tombstoned ? line.history + " (tombstoned)" : line.history};
}

int score_fold(Session& session, const FoldOptions& options) {
  Console& console = session.console;
  const Result<Bytes> file = read_file(options.counts, kFileBytesMax);
  if (!file.ok()) return console.error(file.error());
  const auto lines = reputation::parse_counts(as_text(file.value()));
  if (!lines.ok()) return console.error(lines.error().in(options.counts));
  const std::vector<FoldedLine> folded =
      reputation::fold_counts(lines.value(), {reputation::q30_from_ppm(options.uptime_ppm),
                                              reputation::q30_from_ppm(options.performance_ppm),
                                              reputation::q30_from_ppm(options.stake_ppm)});

  Json::Array rows;
  Table table{{"HOURS", "R", "S", "INTEGRITY", "TRUST", "HISTORY"}, {}};
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const CountedLine& line = lines.value()[i];
    const bool ends = i + 1 == folded.size() || lines.value()[i + 1].history != line.history;
    if (options.last && !ends) continue;
    rows.push_back(document_of(line, folded[i]));
    table.rows.push_back(cells_of(line, folded[i]));
  }
  const Json document = Json::object({{"uptime_ppm", options.uptime_ppm},
                                      {"performance_ppm", options.performance_ppm},
                                      {"stake_ppm", options.stake_ppm},
                                      {"lines", Json::array(rows)}});
  console.result(document, rows, table);
  return 0;
}

}  // namespace

void add_score_fold(CLI::App& score, Chosen& chosen) {
  CLI::App* command = add_command(
      score, chosen, "fold", "Computes r, s, integrity and trust of any history, line by line",
      "assay score fold --counts counts.csv --u 994000 --p 970000 --k 800000 -o csv", Asks::nobody);
  const auto options = add_run(*command, chosen, score_fold);
  command
      ->add_option("--counts", options->counts,
                   "CSV with the columns hours,soft,pass,proven: one line per epoch, hours since "
                   "the one before; also severity_ppm, equivocations, history (a new name starts "
                   "from nothing)")
      ->required();
  const auto add = [&](const char* name, std::uint32_t& value, const char* what) {
    command->add_option(name, value, what)->check(CLI::Range(0U, kMillion))->capture_default_str();
  };
  add("--u", options->uptime_ppm, "Uptime in ppm");
  add("--p", options->performance_ppm, "Performance in ppm");
  add("--k", options->stake_ppm, "Stake factor K in ppm");
  command->add_flag("--last", options->last, "Only the last line of each history");
}

}  // namespace assay::cli
