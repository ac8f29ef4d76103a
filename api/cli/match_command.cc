#include "api/cli/match_command.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "api/cli/match_check.h"
#include "api/cli/order_options.h"
#include "api/cli/provider_list.h"
#include "api/cli/units.h"
#include "core/base/random.h"
#include "core/wire/text.h"

namespace assay::cli {
namespace {

using reputation::MatchAsk;
using wire::Json;

constexpr std::size_t kIdShown = 12;

struct MatchCommand {
  std::vector<std::string> words;
  std::string workload;
  std::string device_class;
  std::vector<std::string> regions;
  std::string tier = "entry";
  std::string price;
  std::string duration = "1h";
  std::uint32_t count = 1;
  std::vector<std::string> weights;
  std::string nonce;
  std::string policy;
  bool explain = false;
};

// "reputation=100": read like the body's members, so that both say the same about a mistake.
Result<Json> weights_json(const std::vector<std::string>& given) {
  Json weights = Json::object();
  for (const std::string& text : given) {
    const std::size_t equals = text.find('=');
    const Result<std::uint64_t> weight =
        wire::parse_u64(equals == std::string::npos ? "" : text.substr(equals + 1));
    if (!weight.ok()) {
      return fail(Code::usage, "--weight: write it as reputation=100, not '" + text + "'");
    }
    weights.set(text.substr(0, equals), weight.value());
  }
  return weights;
}

// "gemm" is completed, and what nobody here could have meant is refused. A name that this build
// does not know may be one that the market does, if it comes with its version.
Result<std::string> workload_of(const std::string& text) {
  if (text.empty()) return text;
  const std::string name = text.substr(0, text.find('@'));
  std::string known;
  bool is_known = false;
  for (const std::string& workload : workload_classes()) {
    if (workload == text || workload == text + "@1") return workload;
    is_known = is_known || workload.starts_with(name + "@");
    known += (known.empty() ? "" : ", ") + workload;
  }
  if (!is_known && name.size() < text.size()) return text;
  return fail(Code::usage,
              "--workload: no workload is called " + wire::quoted(text) + ": " + known);
}

Digest nonce_drawn() {
  Digest nonce;
  system_random().fill(nonce.bytes);
  return nonce;
}

Result<MatchAsk> ask_of(const MatchCommand& command) {
  Result<std::string> query = query_of(command.words);
  if (!query.ok()) return query.error();
  const Result<std::int64_t> duration_ms = parse_duration_ms(command.duration);
  if (!duration_ms.ok()) return duration_ms.error().in("--duration");
  const Result<std::string> workload = workload_of(command.workload);
  if (!workload.ok()) return workload.error();
  Result<Json> weights = weights_json(command.weights);
  if (!weights.ok()) return weights.error();
  Json regions = Json::array();
  for (const std::string& region : command.regions) regions.push(region);
  Json body =
      Json::object({{"query", query.value()},
                    {"workload", workload.value()},
                    {"device_class", command.device_class},
                    {"regions", std::move(regions)},
                    {"tier_min", command.tier},
                    {"duration_seconds", std::max<std::int64_t>(1, duration_ms.value() / 1000)},
                    {"count", command.count},
                    {"weights", std::move(weights).value()},
                    {"nonce", command.nonce.empty() ? nonce_drawn().hex() : command.nonce},
                    {"explain", command.explain},
                    {"pool", true}});
  if (!command.price.empty()) {
    const Result<std::uint64_t> price = parse_price_micros(command.price);
    if (!price.ok()) return price.error().in("--price");
    body.set("price_limit_micros", wire::u64_text(price.value()));
  }
  Result<MatchAsk> ask = reputation::parse_match_request(body.dump());
  if (!ask.ok()) return fail(Code::usage, ask.error().what);
  return ask;
}

std::string body_of(const MatchAsk& ask) {
  Json body = wire::parse_json(reputation::match_request_text(ask)).value();
  return body.set("explain", ask.explain).set("pool", ask.pool).dump();
}

// The file given, or what the verifier says of itself: then a draw is checked against its own keys.
Result<wire::Trust> trust_of(const MatchCommand& command, api::Client& client) {
  if (!command.policy.empty()) return read_trust(command.policy);
  Result<std::string> text = client.trust();
  if (!text.ok()) return text.error();
  Result<wire::Trust> trust = wire::parse_trust(text.value());
  if (!trust.ok()) return trust.error().in("the verifier's policy.txt");
  return trust;
}

std::string class_text(const Json& row) {
  const std::string of_class = text_of(row, "class");
  return of_class.empty() ? text_of(row, "device_class") : of_class;
}

std::string money_of(const Json& row, const char* key) {
  const Result<std::uint64_t> micros = wire::parse_u64(text_of(row, key));
  return micros.ok() ? price_text(micros.value()) : "";
}

Table chosen_table(const Json& answer) {
  Table table{{"PROVIDER", "NAME", "REGION", "CLASS", "PRICE", "TIER", "TRUST", "VALUE", "CHANCE"},
              {}};
  for (const Json& row : items_of(answer, "chosen")) {
    const Json& terms = member_of(row, "terms");
    table.rows.push_back({text_of(row, "id").substr(0, kIdShown), text_of(row, "name"),
                          text_of(row, "region"), class_text(row), money_of(row, "price_micros"),
                          text_of(row, "tier"), percent_text(number_of(terms, "reputation_ppm")),
                          percent_text(number_of(row, "value_ppm")),
                          percent_text(number_of(terms, "randomness_ppm"))});
  }
  return table;
}

// Where in the draw a provider was chosen, from 1; empty: it was not.
std::string drawn_as(const Json& answer, const std::string& id) {
  const Json::Array& chosen = items_of(answer, "chosen");
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (text_of(chosen[i], "id") == id) return std::to_string(i + 1);
  }
  return "";
}

// Every term of every candidate; behind them whom a filter removed, and which.
Table explained_table(const Json& answer) {
  constexpr const char* kTerms[] = {"region_ppm",     "price_delta_ppm",  "uptime_ppm",
                                    "reputation_ppm", "availability_ppm", "slash_rate_ppm",
                                    "stake_ppm"};
  Table table{{"PROVIDER", "NAME", "CLASS", "REGION", "PRICE", "UPTIME", "REPUTATION", "FREE",
               "SLASH", "STAKE", "VALUE", "CHANCE", "DRAWN", "REMOVED BY"},
              {}};
  for (const Json& row : items_of(answer, "candidates")) {
    const Json& terms = member_of(row, "terms");
    std::vector<std::string> cells{text_of(row, "id").substr(0, kIdShown), text_of(row, "name"),
                                   class_text(row)};
    for (const char* term : kTerms) cells.push_back(percent_text(number_of(terms, term)));
    cells.push_back(percent_text(number_of(row, "value_ppm")));
    cells.push_back(percent_text(number_of(terms, "randomness_ppm")));
    cells.push_back(drawn_as(answer, text_of(row, "id")));
    cells.emplace_back("");
    table.rows.push_back(std::move(cells));
  }
  for (const Json& row : items_of(answer, "removed")) {
    std::vector<std::string> cells(table.columns.size());
    cells[0] = text_of(row, "id").substr(0, kIdShown);
    cells[1] = text_of(row, "name");
    cells[2] = class_text(row);
    cells.back() = text_of(row, "removed_by");
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// "score>0.8 removed 12, unavailable 3": those that removed somebody.
std::string removals(const Json& answer) {
  std::string text;
  for (const Json& step : items_of(answer, "filters")) {
    if (number_of(step, "removed") == 0) continue;
    text += (text.empty() ? "" : ", ") + text_of(step, "filter") + " removed " +
            text_of(step, "removed");
  }
  return text.empty() ? "no filter removed anybody" : text;
}

int nobody(Console& console, const Json& answer) {
  const std::string last = text_of(answer, "emptied_by");
  if (last.empty()) {
    return console.error(fail(Code::not_found, "no provider is registered here yet"));
  }
  return console.error(
      fail(Code::not_found, "nobody is left of " + text_of(answer, "considered") + ": " +
                                removals(answer) + "; '" + last +
                                "' removed the last: relax it, or see whom with --explain"));
}

int match(Session& session, const MatchCommand& given) {
  Console& console = session.console;
  MatchCommand command = given;
  command.explain = session.shared.explain;
  const Result<MatchAsk> ask = ask_of(command);
  if (!ask.ok()) return console.error(ask.error());
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<wire::Trust> trust = trust_of(command, *client.value());
  if (!trust.ok()) return console.error(trust.error());
  const Result<Json> answer = client.value()->match(body_of(ask.value()));
  if (!answer.ok()) return console.error(answer.error());
  const Result<CheckedMatch> checked =
      check_match_answer(answer.value(), ask.value(), trust.value());
  if (!checked.ok()) return console.error(checked.error());

  const bool is_empty = items_of(answer.value(), "chosen").empty();
  const char* rows = command.explain ? "candidates" : "chosen";
  if (!is_empty || command.explain || console.format() != Format::table) {
    console.result(
        answer.value(), items_of(answer.value(), rows),
        command.explain ? explained_table(answer.value()) : chosen_table(answer.value()));
  }
  if (is_empty) return nobody(console, answer.value());
  if (command.explain) console.say(removals(answer.value()));
  console.say("drawn among " + std::to_string(checked.value().pool) + " of " +
              text_of(answer.value(), "considered") + ", from the log's head at " +
              std::to_string(checked.value().head_size) +
              (command.policy.empty() ? "; checked by the verifier's own policy.txt"
                                      : "; checked by " + command.policy));
  return 0;
}

}  // namespace

void add_match_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      add_command(app, chosen, "match", "Whom to send a job to, by a draw that is checked here",
                  "assay match 'gpu_name=h200 score>0.8' --price 2.50 --count 3");
  const auto options = add_run<MatchCommand>(*command, chosen, match);
  command->add_option("query", options->words,
                      "Whom: conditions such as tier>=medium or 'region in [eu,us]'\n"
                      "(reputation/query/GRAMMAR.md); without one, everybody");
  command->add_option("--workload", options->workload,
                      "The class that counts: gemm@1; newcomers to it take part");
  command->add_option("--device-class", options->device_class, "Of the provider: h200");
  command->add_option("--region", options->regions,
                      "Where, the most wanted first; give it again for the next");
  command->add_option("--tier", options->tier, "The least trust tier (default: entry)")
      ->check(CLI::IsMember({"entry", "low", "medium", "high", "ultra-high"}));
  command->add_option("--price", options->price, "At most so much for the whole job: 2.50");
  command->add_option("--duration", options->duration, "Of the job (default: 1h)");
  command->add_option("--count", options->count, "So many providers (default: 1)")
      ->check(CLI::Range(1U, reputation::kMatchCountMax));
  command->add_option("--weight", options->weights,
                      "Of a term: region, price_delta, uptime, reputation, availability,\n"
                      "slash_rate, stake (0 to 1000), temperature_ppm, newcomer_floor_ppm:\n"
                      "reputation=100");
  command->add_option("--nonce", options->nonce,
                      "64 hex digits, to draw the same again (default: drawn here)");
  command->add_option("--policy", options->policy,
                      "The policy.txt whose keys the draw is checked by (default: the verifier's)");
  command->get_option("--explain")
      ->description("Every term of every candidate, and what removed whom; and each HTTP call");
}

}  // namespace assay::cli
