#include "api/cli/refold_report.h"

#include "api/cli/session.h"
#include "api/cli/units.h"
#include "core/wire/error_report.h"

namespace assay::cli {

using verifier::monitor::Difference;
using verifier::monitor::Refolded;
using verifier::monitor::RefoldedClass;
using wire::Json;

namespace {

constexpr std::size_t kIdShown = 12;

std::string count_of(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string who(const ShownScore& score) {
  const std::string id = score.provider.hex().substr(0, kIdShown);
  return score.name.empty() ? "provider " + id : "provider " + score.name + " (" + id + ")";
}

std::string difference_text(const Difference& it) {
  return (it.class_name.empty() ? "" : it.class_name + ": ") + it.number + " is " + it.refolded +
         " by the log, the " + (it.is_signed ? "signed statement" : "verifier's document") +
         " says " + it.said;
}

// Uptime is the provider's; all else is the class's, and where there is none, the headline's.
struct Side {
  const Json& score;
  const Json& of_class;
};

Json number(const Side& side, const char* key) {
  const Json& own = member_of(side.of_class, key);
  return own.is_null() ? member_of(side.score, key) : own;
}

constexpr const char* kShown[] = {"trust_ppm",       "tier",    "uptime_ppm",
                                  "performance_ppm", "audited", "slashes"};

std::string cell(const Side& side, const std::string& key) {
  const Json value = number(side, key.c_str());
  if (value.is_null()) return "";
  if (value.is_array()) return std::to_string(value.items().size());
  if (key.ends_with("_ppm")) return percent_text(value.as_i64().value_or(0));
  return value.is_string() ? value.as_string() : value.dump();
}

bool differs(const Refolded& found, const std::string& class_name) {
  for (const Difference& it : found.differences) {
    if (it.class_name == class_name || it.class_name.empty()) return true;
  }
  return found.failure.has_value();
}

// What there is to show of a score: each class, or the provider alone where it has none.
std::vector<RefoldedClass> classes_of(const Refolded& found) {
  return found.classes.empty() ? std::vector<RefoldedClass>{{}} : found.classes;
}

std::string class_of(const RefoldedClass& row) {
  const std::string name = text_of(row.refolded, "class");
  return name.empty() ? text_of(row.said, "class") : name;
}

void add_rows(const ShownScore& score, Table& table) {
  for (const RefoldedClass& row : classes_of(score.found)) {
    const std::string name = class_of(row);
    std::vector<std::string> log = {score.provider.hex().substr(0, kIdShown), score.name, name,
                                    "log"};
    std::vector<std::string> said = {"", "", "", "verifier"};
    for (const char* key : kShown) {
      log.push_back(cell({score.found.score, row.refolded}, key));
      said.push_back(cell({score.found.said_score, row.said}, key));
    }
    const bool wrong = differs(score.found, name);
    log.push_back("");
    said.push_back(wrong ? "DIFFERS" : "equal");
    table.rows.push_back(std::move(log));
    table.rows.push_back(std::move(said));
  }
}

void add_json(const ShownScore& score, Json::Array& rows, Json& differences) {
  for (const RefoldedClass& row : classes_of(score.found)) {
    const std::string name = class_of(row);
    Json json = Json::object({{"provider", score.provider.hex()},
                              {"name", score.name},
                              {"class", name},
                              {"size", score.found.size},
                              {"epoch", score.found.epoch}});
    for (const char* key : kShown) {
      json.set(key, number({score.found.score, row.refolded}, key));
      json.set(std::string("said_") + key, number({score.found.said_score, row.said}, key));
    }
    rows.push_back(json.set("equal", !differs(score.found, name)));
  }
  for (const Difference& it : score.found.differences) {
    differences.push(Json::object({{"provider", score.provider.hex()},
                                   {"class", it.class_name},
                                   {"number", it.number},
                                   {"refolded", it.refolded},
                                   {"said", it.said},
                                   {"signed", it.is_signed}}));
  }
}

}  // namespace

std::optional<Error> refold_error(const std::vector<ShownScore>& scores) {
  std::optional<Error> first;
  std::size_t others = 0;
  const auto add = [&](Error error) {
    if (first) ++others;
    if (!first) first = std::move(error);
  };
  for (const ShownScore& score : scores) {
    if (score.found.failure) {
      add(score.found.failure->in(who(score) + ": what the verifier says of it"));
    }
    for (const Difference& it : score.found.differences) {
      add(fail(Code::mismatch, who(score) + ", " + difference_text(it)));
    }
  }
  if (first && others > 0) first->what += "; and " + std::to_string(others) + " more";
  return first;
}

void show_refold(Console& console, const wire::Checkpoint& head,
                 const std::vector<ShownScore>& scores) {
  Table table{{"PROVIDER", "NAME", "CLASS", "BY", "TRUST", "TIER", "UPTIME", "PERFORMANCE",
               "AUDITED", "SLASHES", ""},
              {}};
  Json::Array rows;
  Json differences = Json::array();
  std::uint64_t numbers = 0, wrong = 0;
  for (const ShownScore& score : scores) {
    numbers += score.found.numbers;
    wrong += score.found.differences.size() + (score.found.failure ? 1 : 0);
    add_rows(score, table);
    add_json(score, rows, differences);
  }
  const bool equal = !refold_error(scores);
  const std::string verdict =
      equal ? "every score equals its refold" : "not every score equals its refold";
  if (console.format() == Format::table) {
    console.result({}, table);
    const std::string what = equal ? count_of(numbers, "number", "numbers")
                                   : count_of(wrong, "difference", "differences");
    console.out("\n" + verdict + ": " + count_of(scores.size(), "provider", "providers") + ", " +
                what + ", at size " + std::to_string(head.size) + " of " +
                wire::printable(head.origin) + "\n");
    return;
  }
  const Json document = Json::object({{"origin", head.origin},
                                      {"size", head.size},
                                      {"root", head.root.hex()},
                                      {"scores", Json::array(rows)},
                                      {"numbers", numbers},
                                      {"differences", std::move(differences)},
                                      {"equal", equal},
                                      {"result", verdict}});
  console.result(document, rows, table);
}

}  // namespace assay::cli
