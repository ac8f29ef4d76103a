#include "api/cli/provider_list.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "api/cli/units.h"
#include "reputation/query/provider_fields.h"

namespace assay::cli {
namespace {

using wire::Json;
namespace query = reputation::query;

constexpr std::size_t kIdShown = 12;
constexpr std::uint32_t kPageMax = 500;
constexpr std::uint32_t kRowsDefault = 50;
constexpr std::uint32_t kRowsMax = 1'000'000;

struct ListCommand {
  std::vector<std::string> words;
  std::string sort;
  std::uint32_t limit = 0;  // 0: not given
  bool all = false;

  // Without any of these every provider is listed, as ever.
  bool is_search() const { return !words.empty() || !sort.empty() || limit > 0 || all; }
};

std::int64_t trust_of(const Json& provider) {
  return number_of(member_of(provider, "score"), "trust_ppm");
}

int list_everybody(Session& session) {
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return session.console.error(client.error());
  Result<Json::Array> rows = all_pages(
      [&](const api::Page& page) { return client.value()->providers(page); }, "providers");
  if (!rows.ok()) return session.console.error(rows.error());
  std::stable_sort(rows.value().begin(), rows.value().end(),
                   [](const Json& a, const Json& b) { return trust_of(a) > trust_of(b); });
  Table table{{"PROVIDER", "NAME", "REGION", "CLASS", "TRUST", "JOBS", "AUDITED", "SLASHES"}, {}};
  for (const Json& row : rows.value()) {
    table.rows.push_back(
        {text_of(row, "id").substr(0, kIdShown), text_of(row, "name"), text_of(row, "region"),
         text_of(row, "device_class"), trust_text(row), text_of(member_of(row, "jobs"), "attested"),
         text_of(member_of(row, "score"), "audited"), text_of(row, "slashes_standing")});
  }
  if (rows.value().empty()) session.console.say("no provider is registered here yet");
  const Json document = Json::object({{"providers", Json::array(rows.value())}});
  session.console.result(document, rows.value(), table);
  return 0;
}

// What a row is of: its class, or the devices alone where it has none yet.
std::string class_text(const Json& row) {
  const std::string of_class = text_of(row, "class");
  return of_class.empty() ? text_of(row, "device_class") : of_class;
}

std::string price_of(const Json& row) {
  const Result<std::uint64_t> micros =
      wire::parse_u64(text_of(member_of(row, "offer"), "price_micros"));
  return micros.ok() ? price_text(micros.value()) : "";
}

Table table_of(const Json::Array& rows) {
  Table table{{"PROVIDER", "NAME", "REGION", "CLASS", "TRUST", "TIER", "UPTIME", "PRICE", "AUDITED",
               "SLASHES", "FREE"},
              {}};
  for (const Json& row : rows) {
    const Json& score = member_of(row, "score");
    const Json& available = member_of(row, "available");
    const std::string free = available.is_bool() ? (available.as_bool() ? "yes" : "no") : "";
    table.rows.push_back({text_of(row, "id").substr(0, kIdShown), text_of(row, "name"),
                          text_of(row, "region"), class_text(row), trust_text(row),
                          text_of(row, "tier"), percent_text(number_of(score, "uptime_ppm")),
                          price_of(row), text_of(score, "audited"),
                          text_of(row, "slashes_standing"), free});
  }
  return table;
}

// The first page's document, with the rows of those that follow it.
Result<Json> fetch(api::Port& port, const ListCommand& command, const std::string& filter) {
  const std::uint32_t wanted =
      command.all ? kRowsMax : (command.limit == 0 ? kRowsDefault : command.limit);
  api::Search search{.query = filter, .sort = command.sort};
  Json::Array rows;
  Json first;
  while (rows.size() < wanted) {
    search.page.limit =
        std::min<std::uint32_t>(kPageMax, wanted - static_cast<std::uint32_t>(rows.size()));
    Result<api::Found> found = port.search(search);
    if (!found.ok()) return found.error();
    if (!found.value().document) return fail(Code::network, "the verifier sent no list");
    Json page = std::move(*found.value().document);
    const Json::Array& more = items_of(page, "providers");
    rows.insert(rows.end(), more.begin(), more.end());
    const std::string next = text_of(page, "next");
    if (first.is_null()) first = std::move(page);
    first.set("next", next);
    if (next.empty() || next == search.page.cursor) break;
    search.page.cursor = next;
  }
  first.set("providers", Json::array(std::move(rows)));
  return first;
}

int list_found(Session& session, const ListCommand& command) {
  Console& console = session.console;
  const Result<std::string> filter = query_of(command.words);
  if (!filter.ok()) return console.error(filter.error());
  const Result<query::Sort> sort = query::parse_sort(command.sort, query::provider_fields());
  if (!sort.ok()) return console.error(sort.error().in("--sort"));
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<Json> found = fetch(*client.value(), command, filter.value());
  if (!found.ok()) return console.error(found.error());
  const Json::Array& rows = items_of(found.value(), "providers");
  console.result(found.value(), rows, table_of(rows));
  const std::string matched = text_of(found.value(), "matched");
  if (rows.empty()) {
    console.say("nobody passes, of " + text_of(found.value(), "total") + " providers");
  } else if (!text_of(found.value(), "next").empty()) {
    console.say(std::to_string(rows.size()) + " of " + matched +
                "; more with --limit N, or all with --all");
  }
  return 0;
}

}  // namespace

std::string trust_text(const Json& provider) {
  const Json& score = member_of(provider, "score");
  if (text_of(score, "state") == "unaudited") return "unaudited";
  return percent_text(number_of(score, "trust_ppm"));
}

Result<std::string> query_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  const Result<query::Query> parsed = query::parse_query(text, query::provider_fields());
  if (!parsed.ok()) return parsed.error();
  return query::query_text(parsed.value(), query::provider_fields());
}

void add_provider_list(CLI::App& provider, Chosen& chosen) {
  CLI::App* list =
      add_command(provider, chosen, "list", "Providers, the most trusted first, or those you want",
                  "assay provider list 'gpu_name=h200 score>0.8' --sort price --limit 10");
  const auto options =
      add_run<ListCommand>(*list, chosen, [](Session& session, const ListCommand& command) {
        return command.is_search() ? list_found(session, command) : list_everybody(session);
      });
  list->add_option("query", options->words,
                   "Whom: conditions such as tier>=medium or 'region in [eu,us]'\n"
                   "(reputation/query/GRAMMAR.md); without one, everybody");
  list->add_option("--sort", options->sort,
                   "By these fields, - for descending: -score,price (default: -score)");
  list->add_option("--limit", options->limit, "So many rows at most (default: 50)")
      ->check(CLI::Range(1U, kRowsMax));
  list->add_flag("--all", options->all, "All that pass")->excludes("--limit");
}

}  // namespace assay::cli
