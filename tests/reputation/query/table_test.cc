// A table of columns against the rows themselves: whatever is asked, the answer is the same.
#include "reputation/query/table.h"

#include <algorithm>

#include "core/base/random.h"
#include "reputation/query/provider_fields.h"
#include "tests/catch.h"

namespace assay::reputation::query {
namespace {

constexpr const char* kQueries[] = {
    "",
    "score>0.5",
    "score>=0.5 score<0.8",
    "score<=0.000002",
    "audits<3",
    "audits!=2..3 audits in [0..1,4]",
    "audits notin [1,3..4]",
    "tier>=medium",
    "tier=low..high verified=true",
    "verified!=true",
    "region=EU",
    "region!=eu name=any",
    "region in [us,Asia]",
    "region notin [us,nowhere]",
    "region=nowhere",
    "name in [\"A B\",c] score>0.1",
    "price=any tier<ultra-high newcomer=false",
};
constexpr const char* kSorts[] = {"",      "score", "-score,audits",      "region,-score",
                                  "-name", "-tier", "verified,name,price"};

Row random_row(Random& random) {
  Row row(kProviderFields);
  const auto known = [&] { return random.below(6) != 0; };
  const auto pick = [&](std::initializer_list<const char*> words) {
    return std::string(words.begin()[random.below(words.size())]);
  };
  if (known()) row[kRegion] = pick({"eu", "EU", "us", "asia"});
  if (known()) row[kName] = pick({"a b", "c", "C", "d", "\xc3\xa9t\xc3\xa9"});
  if (known()) row[kScore] = static_cast<std::int64_t>(random.below(1'000'001));
  if (known()) row[kAudits] = static_cast<std::int64_t>(random.below(5) * 1'000'000);
  if (known()) row[kTier] = static_cast<std::int64_t>(random.below(5));
  if (known()) row[kVerified] = random.below(2) == 0;
  if (known()) row[kNewcomer] = random.below(2) == 0;
  return row;
}

struct Market {
  Table table{provider_fields()};
  std::vector<Row> rows;
};

Market random_market(std::uint64_t seed, std::size_t size) {
  SeededRandom random(seed);
  Market market;
  for (std::size_t i = 0; i < size; ++i) {
    market.rows.push_back(random_row(random));
    REQUIRE(market.table.add(market.rows.back()) == i);
  }
  for (std::size_t i = 0; i < size / 4; ++i) {  // some change
    const std::size_t place = random.below(size);
    market.rows[place] = random_row(random);
    market.table.set(place, market.rows[place]);
  }
  return market;
}

// All that pass, in order, by the rows themselves.
std::vector<std::size_t> by_rows(const Market& market, const Query& query, const Sort& sort) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < market.rows.size(); ++i) {
    if (matches(query, market.rows[i])) places.push_back(i);
  }
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return comes_before(sort, market.rows[a], market.rows[b]);
  });
  return places;
}

}  // namespace

TEST_CASE("a table answers every query and sort as its rows do, page by page") {
  const Market market = random_market(1, 500);
  std::size_t most = 0, least = market.rows.size();
  for (const char* text : kQueries) {
    for (const char* order : kSorts) {
      INFO(text << " by " << order);
      const Query query = parse_query(text, provider_fields()).value();
      const Sort sort = parse_sort(order, provider_fields()).value();
      const std::vector<std::size_t> expected = by_rows(market, query, sort);
      std::vector<std::size_t> got;
      std::optional<std::size_t> after;
      for (bool more = true; more;) {
        const Table::Page page = market.table.select(query, sort, 7, after);
        CHECK(page.matched == expected.size());
        CHECK(page.places.size() <= 7);
        got.insert(got.end(), page.places.begin(), page.places.end());
        more = page.more;
        if (more) after = page.places.back();
      }
      CHECK(got == expected);
      CHECK(market.table.select(query, sort, 10'000).places == expected);
      most = std::max(most, expected.size());
      least = std::min(least, expected.size());
    }
  }
  CHECK(most == market.rows.size());
  CHECK(least == 0);
}

TEST_CASE("a table gives back the rows it got") {
  const Market market = random_market(2, 300);
  for (std::size_t i = 0; i < market.rows.size(); ++i) CHECK(market.table.row(i) == market.rows[i]);
  CHECK(market.table.size() == 300);
}

TEST_CASE("an empty table, and a page of nothing") {
  const Table empty(provider_fields());
  CHECK(empty.select({}, {}, 50).places.empty());
  CHECK_FALSE(empty.select({}, {}, 50).more);
  const Market market = random_market(3, 5);
  const Table::Page page = market.table.select({}, {}, 0);
  CHECK(page.places.empty());
  CHECK(page.matched == 5);
  CHECK(page.more);
}

}  // namespace assay::reputation::query
