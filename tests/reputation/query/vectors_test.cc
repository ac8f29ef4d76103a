// The queries of vectors/query, which another implementation of the grammar wrote: what they are
// understood as, whom they let pass, and where a mistake is found.
#include "tests/vectors.h"
#include "core/wire/json.h"
#include "reputation/query/provider_fields.h"
#include "reputation/query/table.h"
#include "tests/catch.h"

namespace assay::reputation::query {
namespace {

Row read_row(const std::string& text) {
  const Result<wire::Json> json = wire::parse_json(text);
  REQUIRE(json.ok());
  Row row(kProviderFields);
  for (const auto& [name, value] : json.value().members()) {
    std::size_t place = 0;
    while (provider_fields()[place].name != name) ++place;
    if (value.is_bool()) {
      row[place] = value.as_bool();
    } else if (value.is_string()) {
      row[place] = value.as_string();
    } else {
      row[place] = value.as_i64().value();
    }
  }
  return row;
}

void check_accepted(const test::Vector& vector) {
  std::vector<Row> rows;
  Table table(provider_fields());
  for (const std::string& text : vector.all("row")) {
    rows.push_back(read_row(text));
    table.add(rows.back());
  }
  const std::vector<std::string> queries = vector.all("query");
  const std::vector<std::string> canonical = vector.all("canonical");
  const std::vector<std::string> passes = vector.all("passes");
  REQUIRE(queries.size() >= 10);
  REQUIRE(canonical.size() == queries.size());
  REQUIRE(passes.size() == queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    INFO(queries[i]);
    const Result<Query> query = parse_query(queries[i], provider_fields());
    REQUIRE(query.ok());
    CHECK(query_text(query.value(), provider_fields()) == canonical[i]);
    std::string passed(rows.size(), '0');
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (matches(query.value(), rows[r])) passed[r] = '1';
    }
    CHECK(passed == passes[i]);
    std::string selected(rows.size(), '0');
    for (const std::size_t place : table.select(query.value(), {}, rows.size()).places) {
      selected[place] = '1';
    }
    CHECK(selected == passes[i]);
  }
}

void check_refused(const test::Vector& vector) {
  const std::vector<std::string> queries = vector.all("query");
  const std::vector<std::string> places = vector.all("at");
  REQUIRE(queries.size() >= 30);
  REQUIRE(places.size() == queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const Result<Query> query = parse_query(queries[i], provider_fields());
    INFO(queries[i]);
    REQUIRE_FALSE(query.ok());
    CHECK(query.error().code == Code::malformed);
    INFO(query.error().what);
    CHECK(query.error().what.find("at character " + places[i] + ":") != std::string::npos);
  }
}

}  // namespace

TEST_CASE("queries mean what another implementation of the grammar says") {
  const auto vectors =
      test::load_vectors("query", {"row", "query", "canonical", "passes", "at"}, 6);
  for (const test::Vector& vector : vectors) {
    INFO(vector.name());
    if (vector.expect() == "ok") {
      check_accepted(vector);
    } else {
      REQUIRE(vector.expect() == "malformed");
      check_refused(vector);
    }
  }
}

}  // namespace assay::reputation::query
