#include "api/cli/provider_watch.h"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>

#include "api/cli/provider_list.h"
#include "api/cli/units.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::int64_t kPauseMaxMs = 60'000;  // between tries at a verifier that does not answer
constexpr std::int64_t kLookForStopMs = 100;
constexpr std::uint32_t kRowsMax = 200;

struct ProviderWatchOptions {
  std::string provider;
  std::string interval = "2s";
  std::string length;
  std::uint32_t limit = 20;
};

// What is told of a provider, and again when it changes.
struct Standing {
  std::string id;
  std::string name;
  std::string trust;  // for people
  std::int64_t trust_ppm = 0;
  std::string jobs;
  std::string audited;
  std::string slashes;

  bool is_like(const Standing& other) const {
    return trust == other.trust && jobs == other.jobs && audited == other.audited &&
           slashes == other.slashes;
  }
};

Standing standing_of(const Json& row) {
  const Json& score = member_of(row, "score");
  return {text_of(row, "id"),
          text_of(row, "name"),
          trust_text(row),
          number_of(score, "trust_ppm"),
          text_of(member_of(row, "jobs"), "attested"),
          text_of(score, "audited"),
          text_of(row, "slashes_standing")};
}

Result<std::vector<Standing>> look(api::Port& port, const ProviderWatchOptions& options) {
  std::vector<Standing> out;
  if (!options.provider.empty()) {
    const Result<Json> found = find_provider(port, options.provider);
    if (!found.ok()) return found.error();
    out.push_back(standing_of(found.value()));
    return out;
  }
  const Result<Json> found = port.providers({"", kRowsMax});
  if (!found.ok()) return found.error();
  for (const Json& row : items_of(found.value(), "providers")) out.push_back(standing_of(row));
  std::stable_sort(out.begin(), out.end(),
                   [](const Standing& a, const Standing& b) { return a.trust_ppm > b.trust_ppm; });
  if (out.size() > options.limit) out.resize(options.limit);
  return out;
}

std::string delta_text(std::int64_t ppm) {
  return ppm == 0 ? "" : (ppm > 0 ? "+" : "") + percent_text(ppm);
}

// All of it in place, on a terminal.
void draw(Console& console, const std::vector<Standing>& all,
          const std::map<std::string, std::int64_t>& began) {
  Table table{{"PROVIDER", "TRUST", "SINCE START", "JOBS", "AUDITED", "SLASHES"}, {}};
  for (const Standing& it : all) {
    const auto first = began.find(it.id);
    table.rows.push_back({it.name, it.trust,
                          delta_text(it.trust_ppm - (first == began.end() ? 0 : first->second)),
                          it.jobs, it.audited, it.slashes});
  }
  std::vector<std::string> lines;
  std::string line;
  for (const char c : command::result_text(Format::table, {}, {}, table)) {
    if (c != '\n') {
      line += c;
      continue;
    }
    const bool heading = lines.empty();
    lines.push_back(heading ? console.paint_err(Color::bold, line) : line);
    line.clear();
  }
  const std::string at = to_rfc3339(system_clock().unix_now()).substr(11, 8);
  lines.push_back(console.paint_err(Color::dim, at + "; Ctrl-C ends it"));
  console.draw(lines);
}

// A number, or 0 where the verifier tells none yet.
Json count_json(const std::string& text) {
  const Result<std::uint64_t> count = wire::parse_u64(text);
  return count.ok() ? Json(count.value()) : Json(0);
}

// One line for one change.
void tell(Console& console, const Standing& it, const Standing* before, bool& has_heading) {
  const std::string at = to_rfc3339(system_clock().unix_now());
  const std::int64_t delta = before == nullptr ? 0 : it.trust_ppm - before->trust_ppm;
  if (console.format() == Format::table) {
    std::string text = at + "  " + it.name + "  trust " + it.trust;
    if (delta != 0) text += " (" + delta_text(delta) + ")";
    console.out(text + ", " + it.jobs + " jobs, " + it.audited + " audited, " + it.slashes +
                " slashes\n");
    return;
  }
  const Json row = Json::object({{"at", at},
                                 {"provider", it.id},
                                 {"name", it.name},
                                 {"trust_ppm", it.trust_ppm},
                                 {"trust_delta_ppm", delta},
                                 {"jobs", count_json(it.jobs)},
                                 {"audited", count_json(it.audited)},
                                 {"slashes", count_json(it.slashes)}});
  std::string text = row.dump() + "\n";
  if (console.format() == Format::csv) {
    text = command::csv_text({row});
    if (has_heading) text.erase(0, text.find('\n') + 1);
    has_heading = true;
  }
  console.out(text);
}

class ProviderWatch {
 public:
  explicit ProviderWatch(Console& console) : console_(console) {}

  void take(const std::vector<Standing>& all) {
    const bool live = console_.live() && console_.format() == Format::table;
    for (const Standing& it : all) {
      began_.emplace(it.id, it.trust_ppm);
      const auto before = last_.find(it.id);
      const bool is_known = before != last_.end();
      if (!live && !(is_known && it.is_like(before->second))) {
        tell(console_, it, is_known ? &before->second : nullptr, has_heading_);
      }
      last_[it.id] = it;
    }
    if (live) draw(console_, all, began_);
  }

 private:
  Console& console_;
  std::map<std::string, Standing> last_;
  std::map<std::string, std::int64_t> began_;  // trust_ppm when first seen
  bool has_heading_ = false;
};

int provider_watch(Session& session, const ProviderWatchOptions& options) {
  Console& console = session.console;
  const Result<std::int64_t> interval = parse_duration_ms(options.interval);
  if (!interval.ok()) return console.error(interval.error().in("--interval"));
  Result<std::int64_t> length =
      options.length.empty() ? Result<std::int64_t>(INT64_MAX) : parse_duration_ms(options.length);
  if (!length.ok()) return console.error(length.error().in("--for"));
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  ProviderWatch watch(console);
  const SteadyMillis began = system_clock().steady_now();
  bool first = true;
  std::int64_t pause_ms = interval.value();
  while (!session.stopped()) {
    const Result<std::vector<Standing>> all = look(*client.value(), options);
    if (all.ok()) {
      if (first && all.value().empty()) console.say("no provider is registered here yet");
      watch.take(all.value());
      pause_ms = interval.value();
    } else if (!first && all.error().code == Code::network) {
      pause_ms = std::max(interval.value(), std::min(kPauseMaxMs, pause_ms * 2));
      console.say(all.error().what + "; trying again in " + duration_text(pause_ms));
    } else {
      return console.error(all.error());
    }
    first = false;
    const std::int64_t left = length.value() - (system_clock().steady_now() - began);
    if (left <= 0) break;
    for (std::int64_t wait = std::min(pause_ms, left); wait > 0 && !session.stopped();
         wait -= kLookForStopMs) {
      system_clock().sleep(std::min(wait, kLookForStopMs));
    }
  }
  console.keep_drawing();
  return 0;
}

}  // namespace

void add_provider_watch(CLI::App& provider, Chosen& chosen) {
  CLI::App* command = add_command(
      provider, chosen, "watch", "Shows providers live: trust, jobs, audits, slashes",
      "assay provider watch\n  assay provider watch alder --for 1h -o ndjson\n\n"
      "On a terminal a table that is kept up to date; else a line for each change, in every form\n"
      "of output.");
  const auto options = add_run(*command, chosen, provider_watch);
  command->add_option("provider", options->provider,
                      "One: its id, the beginning of its id, or its name (default: the most "
                      "trusted)");
  command->add_option("--interval", options->interval, "Between two looks")->capture_default_str();
  command->add_option("--for", options->length, "How long (default: until it is stopped)");
  command->add_option("--limit", options->limit, "So many providers at most")
      ->check(CLI::Range(1U, kRowsMax))
      ->capture_default_str();
}

}  // namespace assay::cli
