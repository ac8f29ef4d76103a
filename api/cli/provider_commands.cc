#include "api/cli/provider_commands.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "api/cli/maintenance_command.h"
#include "api/cli/provider_history.h"
#include "api/cli/provider_list.h"
#include "api/cli/provider_watch.h"
#include "api/cli/score_final.h"
#include "api/cli/score_fold.h"
#include "api/cli/score_refold.h"
#include "api/cli/units.h"

namespace assay::cli {
namespace {

using wire::Json;

void add_slashes(const Json& provider, Table& table) {
  for (const Json& slash : items_of(provider, "slashes")) {
    table.rows.push_back({"slash " + text_of(slash, "id"), text_of(slash, "fault") + ", " +
                                                               text_of(slash, "status") + ", " +
                                                               text_of(slash, "logged")});
  }
}

// "measured, 9.1e10 ops/s" and the like, of a class.
std::string performance_text(const Json& row) {
  const std::string state = text_of(row, "performance_state");
  const std::string rate = text_of(row, "measured_rate");
  const std::string shown = state + (state == "measured" ? ", " + rate + " ops/s" : "");
  return "performance " + percent_text(number_of(row, "performance_ppm")) + " (" + shown + ")";
}

std::string standing_text(const Json& standing) {
  std::string reached;
  for (const Json& it : items_of(standing, "milestones")) {
    if (it.find("reached") == nullptr || *it.find("reached") != Json(true)) continue;
    reached += (reached.empty() ? "" : ", ") + text_of(it, "name");
  }
  const Json& card = member_of(standing, "hardware");
  const std::string name = text_of(card, "card");
  return text_of(standing, "points") + " points" + (reached.empty() ? "" : ": " + reached) + "; " +
         text_of(standing, "reward_points") + " reward points, hardware tier " +
         text_of(card, "tier") + (name.empty() ? "" : " (" + name + ")");
}

void add_classes(const Json& provider, Table& table) {
  for (const Json& row : items_of(provider, "classes")) {
    table.rows.push_back({text_of(row, "class"), "trust " +
                                                     percent_text(number_of(row, "trust_ppm")) +
                                                     ", " + text_of(row, "passed") + " of " +
                                                     text_of(row, "audited") + " audits passed"});
    table.rows.push_back({"", performance_text(row)});
    table.rows.push_back({"", standing_text(member_of(row, "standing"))});
  }
}

void add_absences(const Json& provider, Table& table) {
  const Json& jail = member_of(provider, "jail");
  if (jail.is_object()) {
    table.rows.push_back({"in jail", "since " + text_of(jail, "since") + ": " +
                                         text_of(jail, "reason") + "; " +
                                         text_of(jail, "way_out")});
  }
  for (const Json& it : items_of(provider, "maintenance")) {
    table.rows.push_back({"maintenance", text_of(it, "from") + " to " + text_of(it, "to")});
  }
}

int provider_show(Session& session, const std::string& id) {
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return session.console.error(client.error());
  const Result<Json> found = find_provider(*client.value(), id);
  if (!found.ok()) return session.console.error(found.error());
  const Json& provider = found.value();
  const Json& jobs = member_of(provider, "jobs");
  Table table{{},
              {{"provider", text_of(provider, "id")},
               {"name", text_of(provider, "name")},
               {"key", text_of(provider, "key")},
               {"device class", text_of(provider, "device_class")},
               {"since", text_of(provider, "since")},
               {"trust", trust_text(provider)},
               {"jobs", text_of(jobs, "attested") + " attested of " + text_of(jobs, "accepted") +
                            " accepted, " + text_of(jobs, "timeouts") + " timed out"}}};
  const std::string region = text_of(provider, "region");
  if (!region.empty()) table.rows.push_back({"region", region});
  for (const Json& it : items_of(provider, "claims")) {
    table.rows.push_back({"claims", text_of(it, "class") + ", " + text_of(it, "part") + ": " +
                                        text_of(it, "rate") + " " + text_of(it, "unit")});
  }
  add_classes(provider, table);
  add_absences(provider, table);
  add_slashes(provider, table);
  session.console.result(provider, table);
  return 0;
}

// Every component of the product, and what the product is.
Table score_table(const Json& provider) {
  const Json& score = member_of(provider, "score");
  Table table{{}, {{"provider", text_of(provider, "id")}, {"trust", trust_text(provider)}}};
  const auto add = [&](const char* name, const char* key, const char* state) {
    if (score.find(key) == nullptr) return;
    const std::string note = text_of(score, state);
    table.rows.push_back(
        {name, percent_text(number_of(score, key)) + (note.empty() ? "" : " (" + note + ")")});
  };
  const std::string class_name = text_of(score, "class");
  if (!class_name.empty()) table.rows.push_back({"lowest class", class_name});
  add("slash factor", "slash_ppm", "");
  add("integrity", "integrity_ppm", "");
  add("uptime", "uptime_ppm", "");
  add("performance", "performance_ppm", "performance_state");
  add("stake", "stake_ppm", "stake_state");
  add("uncertainty", "uncertainty_ppm", "");
  const std::string audited = text_of(score, "audited");
  if (!audited.empty()) table.rows.push_back({"audits", audited});
  return table;
}

int score_show(Session& session, const std::string& id, bool statement) {
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return session.console.error(client.error());
  const Result<Json> provider = find_provider(*client.value(), id);
  if (!provider.ok()) return session.console.error(provider.error());
  if (statement) {
    const Result<std::string> envelope = client.value()->score(text_of(provider.value(), "id"));
    if (!envelope.ok()) return session.console.error(envelope.error());
    session.console.out(envelope.value() + "\n");
    return 0;
  }
  Json document = member_of(provider.value(), "score");
  document.set("provider", text_of(provider.value(), "id"));
  session.console.result(document, score_table(provider.value()));
  return 0;
}

std::string points_text(std::int64_t ppm) {
  return (ppm < 0 ? "" : "+") + percent_text(ppm);
}

std::string weight_text(const Json& line) {
  if (line.find("weight_sixteenths") != nullptr) {
    const std::int64_t sixteenths = number_of(line, "weight_sixteenths");
    return sixteenths == 16 ? "1" : std::to_string(sixteenths) + "/16";
  }
  if (line.find("hours") != nullptr) return text_of(line, "hours") + " h";
  return {};
}

Table explanation_table(const Json& explanation) {
  Table table{{"WHEN", "EVENT", "WEIGHT", "LEAF", "POINTS", "TRUST"}, {}};
  const std::int64_t earlier = number_of(explanation, "earlier_points_ppm");
  if (number_of(explanation, "earlier_events") > 0) {
    table.rows.push_back({"before", text_of(explanation, "earlier_events") + " events", "", "",
                          points_text(earlier), percent_text(earlier)});
  }
  for (const Json& line : items_of(explanation, "lines")) {
    table.rows.push_back({text_of(line, "at"), text_of(line, "event"), weight_text(line),
                          text_of(line, "leaf"), points_text(number_of(line, "points_ppm")),
                          percent_text(number_of(line, "trust_ppm"))});
  }
  return table;
}

Result<Json> explanation_of(Session& session, const std::string& id) {
  Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return client.error();
  Result<Json> provider = find_provider(*client.value(), id);
  if (!provider.ok()) return provider.error();
  return client.value()->explain(text_of(provider.value(), "id"));
}

int score_explain(Session& session, const std::string& id) {
  Console& console = session.console;
  const Result<Json> said = explanation_of(session, id);
  if (!said.ok()) return console.error(said.error());
  const Json& explanation = said.value();
  Table table = explanation_table(explanation);
  std::int64_t sum = number_of(explanation, "earlier_points_ppm");
  for (const Json& line : items_of(explanation, "lines")) sum += number_of(line, "points_ppm");
  const std::int64_t trust = number_of(member_of(explanation, "score"), "trust_ppm");
  table.rows.push_back({"sum", "", "", "", points_text(sum), percent_text(trust)});
  console.result(explanation, items_of(explanation, "lines"), table);
  if (sum != trust) {
    return console.error(fail(Code::proof, "the lines sum to " + std::to_string(sum) +
                                               " ppm, the score says " + std::to_string(trust) +
                                               ": the verifier explains another score"));
  }
  return 0;
}

struct Event {
  const char* member;
  const char* name;
};
constexpr Event kNextEvents[] = {{"pass", "an audit passed"},
                                 {"soft", "a deadline missed"},
                                 {"outage", "an uptime window unanswered"},
                                 {"day_idle", "a day without an audit"},
                                 {"proven", "a wrong result proven"}};

int score_what_if(Session& session, const std::string& id) {
  Console& console = session.console;
  const Result<Json> said = explanation_of(session, id);
  if (!said.ok()) return console.error(said.error());
  if (said.value().find("what_if") == nullptr) {
    return console.error(fail(Code::not_found,
                              "no class of this provider was audited yet: there "
                              "is no score to change"));
  }
  const std::int64_t now = number_of(member_of(said.value(), "score"), "trust_ppm");
  const Json& then = member_of(said.value(), "what_if");
  Table table{{"AFTER", "POINTS", "TRUST"}, {}};
  Json rows = Json::array();
  for (const Event& event : kNextEvents) {
    const std::int64_t trust = number_of(then, event.member);
    table.rows.push_back({event.name, points_text(trust - now), percent_text(trust)});
    rows.push(
        Json::object({{"event", event.member}, {"points_ppm", trust - now}, {"trust_ppm", trust}}));
  }
  Json document = Json::object({{"provider", text_of(said.value(), "provider")},
                                {"class", text_of(said.value(), "class")},
                                {"trust_ppm", now}});
  document.set("what_if", rows);
  console.result(document, rows.items(), table);
  return 0;
}

// A command about one provider.
CLI::App* add_about(CLI::App& parent, Chosen& chosen, const char* name, const char* description,
                    const char* example,
                    const std::function<int(Session&, const std::string&)>& run) {
  CLI::App* command = add_command(parent, chosen, name, description, example);
  const auto id = std::make_shared<std::string>();
  command->add_option("provider", *id, "Its id, the beginning of its id, or its name")->required();
  command->callback([&chosen, id, run] {
    chosen.run = [id, run](Session& session) { return run(session, *id); };
  });
  return command;
}

}  // namespace

void add_provider_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* provider = app.add_subcommand("provider", "Who offers work, and how far to trust them");
  provider->require_subcommand(1);
  provider->footer("Example:\n  assay provider list");
  add_provider_list(*provider, chosen);
  add_about(*provider, chosen, "show", "One provider with its classes and slashes",
            "assay provider show alder", provider_show);
  add_about(*provider, chosen, "history", "Its trust, epoch by epoch",
            "assay provider history alder -o csv", provider_history);
  add_about(*provider, chosen, "audits", "What its scores count: passes, failures and frauds",
            "assay provider audits alder", provider_audits);
  add_provider_watch(*provider, chosen);
  add_maintenance_command(*provider, chosen);
}

void add_score_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* score = app.add_subcommand("score", "Trust scores and what they are made of");
  score->require_subcommand(1);
  score->footer("Example:\n  assay score explain alder");
  const auto statement = std::make_shared<bool>(false);
  CLI::App* show =
      add_about(*score, chosen, "show", "A score and its components", "assay score show alder",
                [statement](Session& session, const std::string& id) {
                  return score_show(session, id, *statement);
                });
  show->add_flag("--statement", *statement, "The signed statement, as DSSE, to keep or hand on");
  add_about(*score, chosen, "explain", "What moved a score: lines that sum to it exactly",
            "assay score explain alder", score_explain);
  add_about(*score, chosen, "what-if", "What the next pass, failure or outage would do to a score",
            "assay score what-if alder", score_what_if);
  add_score_fold(*score, chosen);
  add_score_final(*score, chosen);
  add_score_refold(*score, chosen);
}

}  // namespace assay::cli
