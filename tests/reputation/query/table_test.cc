// A table of columns against the rows themselves: whatever is asked, the answer is the same.
#include "reputation/query/table.h"

#include <algorithm>
#include <numeric>

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
Table::Places by_rows(const Market& market, const Query& query, const Sort& sort) {
  Table::Places places;
  for (std::uint32_t i = 0; i < market.rows.size(); ++i) {
    if (matches(query, market.rows[i])) places.push_back(i);
  }
  std::stable_sort(places.begin(), places.end(), [&](std::uint32_t a, std::uint32_t b) {
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
      const Table::Places expected = by_rows(market, query, sort);
      Table::Places got;
      std::optional<Table::After> after;
      for (bool more = true; more;) {
        const Table::Page page = market.table.select(query, sort, 7, after);
        CHECK(page.matched == expected.size());
        CHECK(page.places.size() <= 7);
        got.insert(got.end(), page.places.begin(), page.places.end());
        more = page.more;
        if (more) after = {market.rows[page.places.back()], page.places.back()};
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

TEST_CASE("what each condition removes is counted, and some rows can be asked about alone") {
  const Market market = random_market(4, 600);
  Table::Places odd;
  for (std::uint32_t i = 1; i < market.rows.size(); i += 2) odd.push_back(i);
  for (const char* text : kQueries) {
    INFO(text);
    const Query query = parse_query(text, provider_fields()).value();
    Table::Places expected;
    std::vector<std::size_t> removed(query.conditions.size());
    for (const std::uint32_t place : odd) {
      const std::size_t failed = first_failed(query, market.rows[place]);
      if (failed == query.conditions.size()) {
        expected.push_back(place);
      } else {
        ++removed[failed];
      }
    }
    const Table::Sifted sifted = market.table.sift(query, odd);
    CHECK(sifted.places == expected);
    CHECK(sifted.removed == removed);
  }
}

TEST_CASE("lists longer than a few are searched as they are walked") {
  const Market market = random_market(5, 400);
  const Query query =
      parse_query(
          "audits in [9,8,7,0..1,6,3,2..3] name in [x,\"a b\",y,d,z,abcdefgh,abcdefghi] "
          "score notin [0.9..1,0..0.1,0.05..0.2,0.5,0.6,0.7]",
          provider_fields())
          .value();
  CHECK(market.table.select(query, {}, 1'000).places == by_rows(market, query, {}));
  CHECK_FALSE(by_rows(market, query, {}).empty());
}

TEST_CASE("texts that begin alike are told apart, whatever their case") {
  Table table(provider_fields());
  const char* names[] = {"geforce-4090", "GeForce-4080", "geforce", "geforce-4090-D", ""};
  for (const char* name : names) {
    Row row(kProviderFields);
    row[kName] = std::string(name);
    table.add(row);
  }
  const auto places = [&](const char* query, const char* sort) {
    return table
        .select(parse_query(query, provider_fields()).value(),
                parse_sort(sort, provider_fields()).value(), 10)
        .places;
  };
  CHECK(places("name=GEFORCE-4090", "") == Table::Places{0});
  CHECK(places("name in [geforce-4090,geforce-4080,geforce-40]", "") == Table::Places{0, 1});
  CHECK(places("name!=geforce-4090", "name") == Table::Places{4, 2, 1, 3});
  CHECK(places("name=\"\"", "") == Table::Places{4});
}

TEST_CASE("texts of every length about what a code holds are told apart, and nothing else") {
  const std::string zero(1, '\0');
  const std::vector<std::string> names{"",         "a",         "A",
                                       "ab",       "abcdef",    "abcdefg",
                                       "ABCDEFG",  "abcdefgh",  "b",
                                       "abcdefgi", "a" + zero,  "abcdefg" + zero,
                                       zero,       "abcdefghi", "abcdef" + zero};
  Table table(provider_fields());
  std::vector<Row> rows;
  for (const std::string& name : names) {
    rows.emplace_back(kProviderFields)[kName] = name;
    table.add(rows.back());
  }
  rows.emplace_back(kProviderFields);  // without a name
  table.add(rows.back());
  for (const std::string& one : names) {
    for (const std::string& other : names) {
      for (const Op op : {Op::in, Op::notin}) {
        Query query;
        query.conditions.push_back(
            {.field = kName, .op = op, .any = false, .items = {{one, one}, {other, other}}});
        Table::Places expected;
        for (std::uint32_t i = 0; i < rows.size(); ++i) {
          if (matches(query, rows[i])) expected.push_back(i);
        }
        CHECK(table.sift(query).places == expected);
      }
    }
  }
  Table::Places sorted(rows.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  const Sort sort{{kName, false}};
  std::ranges::stable_sort(sorted,
                           [&](auto a, auto b) { return comes_before(sort, rows[a], rows[b]); });
  CHECK(table.select({}, sort, rows.size()).places == sorted);
}

TEST_CASE("a shared table stays as it was, whatever is written afterwards") {
  Market market = random_market(6, 700);
  const Table before = market.table.share();
  const std::vector<Row> then = market.rows;
  SeededRandom random(7);
  for (std::size_t i = 0; i < 200; ++i) {
    const std::size_t place = random.below(market.rows.size());
    market.rows[place] = random_row(random);
    market.table.set(place, market.rows[place]);
  }
  for (std::size_t i = 0; i < 300; ++i) {
    market.rows.push_back(random_row(random));
    market.table.add(market.rows.back());
  }
  const Table after = market.table.share();
  REQUIRE(before.size() == then.size());
  REQUIRE(after.size() == market.rows.size());
  for (std::size_t i = 0; i < then.size(); ++i) CHECK(before.row(i) == then[i]);
  for (std::size_t i = 0; i < market.rows.size(); ++i) CHECK(after.row(i) == market.rows[i]);
}

TEST_CASE("a page goes on behind where it ended, though that row has moved since") {
  Table table(provider_fields());
  for (const std::int64_t score : {900'000, 800'000, 700'000}) {
    Row row(kProviderFields);
    row[kScore] = score;
    table.add(row);
  }
  const Sort sort = parse_sort("-score", provider_fields()).value();
  const Table::After after{table.row(1), 1};
  Row moved = table.row(1);
  moved[kScore] = std::int64_t{100'000};
  table.set(1, moved);
  CHECK(table.select({}, sort, 5, after).places == Table::Places{2, 1});
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
