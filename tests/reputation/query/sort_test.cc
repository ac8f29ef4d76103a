#include <algorithm>

#include "core/base/random.h"
#include "reputation/query/provider_fields.h"
#include "reputation/query/query.h"
#include "tests/catch.h"

namespace assay::reputation::query {
namespace {

Sort sort_of(const char* text) {
  const Result<Sort> sort = parse_sort(text, provider_fields());
  INFO(text);
  REQUIRE(sort.ok());
  return sort.value();
}

Row priced(std::optional<std::int64_t> score, std::optional<std::int64_t> price) {
  Row row(kProviderFields);
  if (score) row[kScore] = *score;
  if (price) row[kPrice] = *price;
  return row;
}

}  // namespace

TEST_CASE("a sort has one spelling") {
  CHECK(sort_text(sort_of("-score,price"), provider_fields()) == "-score,price");
  CHECK(sort_text(sort_of("+score,-tier"), provider_fields()) == "score,-tier");
  CHECK(sort_of("").empty());
}

TEST_CASE("mistakes in a sort are named") {
  struct Case {
    const char* text;
    const char* message;
  };
  constexpr Case kCases[] = {
      {"scor", "sort: at character 1: no field is called 'scor'; did you mean score?"},
      {"-score,", "sort: at character 8: expected the name of a field, found the end"},
      {"score price", "sort: at character 6: expected \",\" or the end, found ' price'"},
      {"score,-score", "sort: at character 8: a field that is there twice"},
      {"--score", "sort: at character 2: expected the name of a field"},
      {"id,name,region,price,score,uptime,tier,audits,slashes", "more than 8 keys"},
  };
  for (const Case& it : kCases) {
    const Result<Sort> sort = parse_sort(it.text, provider_fields());
    INFO(it.text);
    REQUIRE_FALSE(sort.ok());
    CHECK(sort.error().what.find(it.message) != std::string::npos);
  }
}

TEST_CASE("the first key decides, the next ones among equals, and the unknown come last") {
  const Sort sort = sort_of("-score,price");
  const std::vector<Row> ordered{priced(900'000, 1), priced(900'000, 2), priced(900'000, {}),
                                 priced(800'000, 1), priced({}, 1),      priced({}, {})};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      INFO(i << " " << j);
      CHECK(comes_before(sort, ordered[i], ordered[j]) == (i < j));
    }
  }
  // The other way round, what is not known is still last.
  CHECK(comes_before(sort_of("score"), priced(1, 1), priced({}, 1)));
  CHECK(comes_before(sort_of("-score"), priced(1, 1), priced({}, 1)));
}

TEST_CASE("any sort is a strict weak order over any rows") {
  SeededRandom random(1);
  const Sort sort = sort_of("tier,-score,region,newcomer");
  std::vector<Row> rows;
  for (int i = 0; i < 40; ++i) {
    Row row(kProviderFields);
    if (random.below(4) != 0) row[kTier] = static_cast<std::int64_t>(random.below(3));
    if (random.below(4) != 0) row[kScore] = static_cast<std::int64_t>(random.below(3));
    if (random.below(4) != 0) row[kRegion] = std::string(1, "aAb"[random.below(3)]);
    if (random.below(4) != 0) row[kNewcomer] = random.below(2) == 0;
    rows.push_back(std::move(row));
  }
  for (const Row& a : rows) {
    CHECK_FALSE(comes_before(sort, a, a));
    for (const Row& b : rows) {
      if (!comes_before(sort, a, b)) continue;
      CHECK_FALSE(comes_before(sort, b, a));
      for (const Row& c : rows) {
        if (comes_before(sort, b, c)) CHECK(comes_before(sort, a, c));
      }
    }
  }
  std::sort(rows.begin(), rows.end(),
            [&](const Row& a, const Row& b) { return comes_before(sort, a, b); });
  for (std::size_t i = 1; i < rows.size(); ++i)
    CHECK_FALSE(comes_before(sort, rows[i], rows[i - 1]));
}

}  // namespace assay::reputation::query
