#include "tests/sim/economy/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace assay::sim {
namespace {

using Cells = std::array<std::string, 12>;

std::string fixed(const std::optional<double>& value, int digits) {
  if (!value) return "-";
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, *value + 0.0);
  return text;
}

std::string dollars(const std::optional<double>& value, int digits) {
  if (!value) return "-";
  return (*value < 0 ? "-$" : "$") + fixed(std::abs(*value), digits);
}

std::string count(const std::optional<std::uint64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

Cells cells_of(const Row& row) {
  return {row.name,
          std::to_string(row.keys),
          fixed(row.after, 1),
          fixed(row.bound, 1),
          count(row.delivered),
          dollars(row.gain, 2),
          dollars(row.gain_with_rent, 2),
          dollars(row.net, 0),
          dollars(row.profit, 0),
          dollars(row.twin, 0),
          fixed(row.trust, 3),
          !row.shown  ? "not shown"
          : row.holds ? "yes"
                      : "NO"};
}

wire::Json number(const std::optional<double>& value) {
  if (!value) return {};
  return std::round(*value * 1e6) / 1e6;
}

std::string with_commas(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

struct Fact {
  const char* name;
  std::uint64_t value;
};

std::vector<Fact> facts_of(const Simulation& simulation) {
  const Totals& totals = simulation.sum.totals;
  const AuditorStats& auditor = simulation.sum.auditor;
  return {{"markets", simulation.markets},
          {"provider_days", totals.provider_days},
          {"jobs", totals.jobs},
          {"audits", totals.audits},
          {"retro_audits", totals.retro_audits},
          {"top_ups", totals.top_ups},
          {"unmatched_orders", totals.unmatched},
          {"replays", auditor.replays},
          {"device_errors", auditor.device_errors},
          {"timeouts", auditor.timeouts},
          {"false_mismatches", auditor.false_mismatches},
          {"false_matches", auditor.false_matches},
          {"voided_verdicts", auditor.voided},
          {"slashes", totals.slashes},
          {"false_slashes", totals.false_slashes},
          {"scores_explained", totals.explained},
          {"scores_unexplained", totals.unexplained},
          {"classes_refolded", totals.refolded},
          {"classes_not_refolded", totals.not_refolded},
          {"ledger_leaves", totals.leaves},
          {"ledger_values_compared", totals.compared}};
}

std::vector<Fact> facts_of(const AuditsResult& result) {
  return {{"providers", result.providers},
          {"verdicts", result.verdicts},
          {"replays", result.auditor.replays},
          {"device_errors", result.auditor.device_errors},
          {"timeouts", result.auditor.timeouts},
          {"worker_canaries", result.auditor.canaries},
          {"false_mismatches", result.auditor.false_mismatches},
          {"workers_suspended",
           result.auditor.suspended[1] + result.auditor.suspended[2] + result.auditor.suspended[3]},
          {"voided_verdicts", result.auditor.voided},
          {"false_slashes", result.false_slashes},
          {"scores_compared", result.scores},
          {"scores_inexact", result.inexact}};
}

std::string facts_text(const std::vector<Fact>& facts, std::int64_t ms, const Digest& state) {
  std::string out;
  for (const Fact& fact : facts) {
    std::string name = fact.name;
    std::ranges::replace(name, '_', ' ');
    const std::string value = with_commas(fact.value);
    out += name + std::string(26 - std::min<std::size_t>(name.size(), 25), ' ') +
           std::string(14 - std::min<std::size_t>(value.size(), 14), ' ') + value + "\n";
  }
  char text[64];
  std::snprintf(text, sizeof text, "%-26s%14.1f\n", "seconds", static_cast<double>(ms) / 1e3);
  return out + text + "state                     " + state.hex() + "\n";
}

wire::Json facts_json(const std::vector<Fact>& facts, std::int64_t ms, const Digest& state) {
  wire::Json out = wire::Json::object();
  for (const Fact& fact : facts) out.set(fact.name, fact.value);
  out.set("milliseconds", ms).set("state", state.hex());
  return out;
}

}  // namespace

std::string table(const std::vector<Row>& rows) {
  std::vector<Cells> lines = {{"strategy", "keys", "caught after", "bound", "wrong paid", "a cheat",
                               "with rent", "net", "profit", "honest", "trust", "holds"}};
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
      line +=
          (i == 0 ? "" : "  ") + (i > 0 && i + 1 < cells.size() ? gap + cells[i] : cells[i] + gap);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  out += "\nwhat is left:\n";
  for (const Row& row : rows) {
    out +=
        "  " + row.name + std::string(widths[0] - row.name.size() + 2, ' ') + row.residual + "\n";
  }
  for (const Row& row : rows) {
    if (!row.holds) out += "\nDOES NOT HOLD: " + row.name + ": " + row.broken + "\n";
    if (!row.shown) out += "\nnot shown: " + row.name + ": " + row.broken + "\n";
  }
  return out;
}

std::string totals_text(const Simulation& simulation, std::int64_t ms) {
  return facts_text(facts_of(simulation), ms, simulation.state);
}

std::string audits_text(const AuditsResult& result, std::int64_t ms) {
  return facts_text(facts_of(result), ms, result.state);
}

wire::Json to_json(const std::vector<Row>& rows) {
  wire::Json out = wire::Json::array();
  for (const Row& row : rows) {
    wire::Json item = wire::Json::object();
    item.set("strategy", row.name)
        .set("what", row.what)
        .set("keys", row.keys)
        .set("cheats_until_caught", number(row.after))
        .set("bound", number(row.bound))
        .set("wrong_paid", row.delivered ? wire::Json(*row.delivered) : wire::Json())
        .set("gain_per_cheat", number(row.gain))
        .set("gain_with_rent", number(row.gain_with_rent))
        .set("net", number(row.net))
        .set("profit", number(row.profit))
        .set("honest_profit", number(row.twin))
        .set("trust_at_end", number(row.trust))
        .set("holds", row.holds)
        .set("shown", row.shown)
        .set("broken", row.broken)
        .set("residual", row.residual);
    out.push(std::move(item));
  }
  return out;
}

wire::Json to_json(const Simulation& simulation, std::int64_t ms) {
  return facts_json(facts_of(simulation), ms, simulation.state);
}

wire::Json to_json(const AuditsResult& result, std::int64_t ms) {
  return facts_json(facts_of(result), ms, result.state);
}

bool is_exact(const AuditsResult& result) {
  return result.false_slashes == 0 && result.inexact == 0 && result.auditor.voided > 0;
}

}  // namespace assay::sim
