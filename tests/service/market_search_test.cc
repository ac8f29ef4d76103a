// Pages of a market: what passes, in what order, and cursors that cannot be made up.
#include <algorithm>
#include <set>

#include "tests/catch.h"
#include "tests/market_samples.h"
#include "tests/service/market_scene.h"

namespace assay::test {
namespace {

using verifier::Market;
using verifier::MarketEntry;
using wire::Json;
namespace query = reputation::query;

struct Reader {
  explicit Reader(std::shared_ptr<const Market> of) : market(std::move(of)) {}

  std::shared_ptr<const Market> market;
  std::unique_ptr<reputation::Store> store =
      reputation::make_memory_store(reputation::tables::names());
  ManualClock clock{kSampleTime};
  std::unique_ptr<verifier::Blobs> blobs = verifier::make_memory_blobs();
  verifier::PolicyBook policies{wire::Policy{}};
  verifier::Reading reading{*store, kSceneOrigin, *blobs, clock, policies, {}, {}};
  Digest key = sha256(as_bytes("cursor key"));

  Result<api::Found> search(const api::Search& search) {
    return verifier::search_market(*market, reading, key, search);
  }
  Json document(const api::Search& asked) { return *search(asked).value().document; }
};

std::string id_of(const Json& row) {
  const Json* name = row.find("class");
  return row.find("id")->as_string() + " " + (name == nullptr ? "" : name->as_string());
}

// All pages, in order.
std::vector<std::string> pages(Reader& reader, api::Search search) {
  std::vector<std::string> ids;
  for (;;) {
    const Json page = reader.document(search);
    const Json::Array& rows = page.find("providers")->items();
    CHECK(rows.size() <= search.page.limit);
    for (const Json& row : rows) ids.push_back(id_of(row));
    search.page.cursor = page.find("next")->as_string();
    if (search.page.cursor.empty()) return ids;
    CHECK(rows.size() == search.page.limit);
  }
}

// The same by the rows of the table alone.
std::vector<std::string> by_rows(const Market& market, const std::string& text,
                                 const std::string& order) {
  const query::Query filter = query::parse_query(text, query::provider_fields()).value();
  const query::Sort sort = query::parse_sort(order, query::provider_fields()).value();
  std::vector<std::pair<query::Row, std::string>> rows;
  for (std::size_t i = 0; i < market.table().size(); ++i) {
    const query::Row row = market.table().row(i);
    if (!std::get<bool>(row[verifier::kListed]) || !query::matches(filter, row)) continue;
    const Market::Row& of = market.row(i);
    rows.emplace_back(row, of.entry->id.hex() + " " +
                               (of.of_class ? of.entry->score.classes[*of.of_class].name : ""));
  }
  std::ranges::sort(rows, [&](const auto& a, const auto& b) {
    if (query::comes_before(sort, a.first, b.first)) return true;
    if (query::comes_before(sort, b.first, a.first)) return false;
    return a.second < b.second;
  });
  std::vector<std::string> ids;
  for (const auto& row : rows) ids.push_back(row.second);
  return ids;
}

constexpr const char* kQueries[] = {"",
                                    "gpu_name=H200 score>0.6",
                                    "region in [eu-west,eu-north] price<=2.5 verified=true",
                                    "tier>=medium newcomer=false",
                                    "available=true workload=gemm@1",
                                    "score>0.99 score<0.1"};
constexpr const char* kSorts[] = {
    "", "id", "price,-score", "-tier,region", "name", "-verified,tier"};

}  // namespace

TEST_CASE("pages of any size, put together, are what the rows say, in their order") {
  Reader reader(sample_market(1, 300));
  for (const char* text : kQueries) {
    for (const char* order : kSorts) {
      INFO(text << " by " << order);
      const std::string sort = *order == '\0' ? verifier::kDefaultSort : order;
      const std::vector<std::string> expected = by_rows(*reader.market, text, sort);
      for (const std::uint32_t limit : {7U, 50U, 500U}) {
        CHECK(pages(reader, {.query = text, .sort = order, .page = {"", limit}}) == expected);
      }
      const Json page = reader.document({.query = text, .sort = order, .page = {"", 1}});
      CHECK(page.find("matched")->as_u64() == expected.size());
    }
  }
}

TEST_CASE("a row tells what was filtered and sorted by") {
  MarketEntry entry = able_entry(1);
  entry.state.name = "alder";
  entry.devices = 4;
  entry.device_memory_bytes = 80'000'000'000;
  entry.exposure = {.open_jobs = 2, .unsettled = 7, .bonded_stake = {}};
  Reader reader(market_of({entry}));
  const Json page = reader.document({.query = "gpu_ram>=80 num_gpus=4 price=1", .sort = "score"});
  REQUIRE(page.find("providers")->items().size() == 1);
  const Json& row = page.find("providers")->items()[0];
  CHECK(row.find("name")->as_string() == "alder");
  CHECK(row.find("class")->as_string() == "h200/gemm@1");
  CHECK(row.find("score")->find("class")->as_string() == "h200/gemm@1");
  CHECK(row.find("offer")->find("num_gpus")->as_u64() == 4U);
  CHECK(row.find("offer")->find("gpu_ram_bytes")->as_string() == "80000000000");
  CHECK(row.find("jobs")->find("open")->as_u64() == 2U);
  CHECK(row.find("available")->as_bool());
  CHECK(row.find("verified")->as_bool());
  CHECK(page.find("query")->as_string() == "gpu_ram>=80 num_gpus=4 price=1");
  CHECK(page.find("sort")->as_string() == "score");
}

TEST_CASE("a provider stands in every class of the devices that it has now, or once without one") {
  MarketEntry moved = able_entry(1);
  moved.state.device_class = "h100-sxm";  // and has done nothing with them yet
  MarketEntry fresh = able_entry(2);
  fresh.score.classes.clear();
  fresh.score.headline.reset();
  MarketEntry both = able_entry(3);
  both.score.classes.push_back(both.score.classes[0]);
  both.score.classes[1].name = "h200/render@1";
  Reader reader(market_of({moved, fresh, both}));
  CHECK(reader.document({}).find("matched")->as_u64() == 4U);
  CHECK(reader.document({.query = "newcomer=true"}).find("matched")->as_u64() == 2U);
  CHECK(reader.document({.query = "gpu_name=h100-sxm"}).find("matched")->as_u64() == 1U);
  CHECK(reader.document({.query = "workload=render@1"}).find("matched")->as_u64() == 1U);
}

TEST_CASE("what is wrong with a query or a sort is said, with the place") {
  Reader reader(sample_market(2, 5));
  const std::pair<api::Search, const char*> cases[] = {
      {{.query = "gpu_nam=H200"}, "query: at character 1: no field is called 'gpu_nam'; did you"},
      {{.query = "score>1.5"}, "query: at character 7: expected a number from 0 to 1 for score"},
      {{.query = "listed=true"}, "query: at character 1: no field is called 'listed'"},
      {{.sort = "score,,"}, "sort: at character 7"},
      {{.query = std::string(1025, ' ')}, "query: longer than 1024"},
  };
  for (const auto& [search, why] : cases) {
    INFO(why);
    const Result<api::Found> found = reader.search(search);
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().code == Code::malformed);
    CHECK(found.error().what.find(why) == 0);
  }
}

TEST_CASE("a cursor is good for its query, its sort and this process, and for nothing else") {
  Reader reader(sample_market(3, 60));
  const api::Search first{.query = "score>0.3", .sort = "-score,name", .page = {"", 10}};
  const std::string cursor = reader.document(first).find("next")->as_string();
  REQUIRE_FALSE(cursor.empty());
  CHECK(cursor.size() <= 128);
  const auto with = [&](api::Search search, const std::string& given) {
    search.page.cursor = given;
    return reader.search(search);
  };
  CHECK(with(first, cursor).ok());
  api::Search longer = first;
  longer.page.limit = 50;  // a page may be of another size
  CHECK(with(longer, cursor).ok());
  api::Search spelled = first;
  spelled.query = "  score > 0.3";  // the same query
  CHECK(with(spelled, cursor).ok());

  api::Search other_query = first, other_sort = first;
  other_query.query = "score>0.31";
  other_sort.sort = "-score";
  std::vector<Result<api::Found>> refused;
  refused.push_back(with(other_query, cursor));
  refused.push_back(with(other_sort, cursor));
  for (const std::string& made_up : std::vector<std::string>{
           "x", "AAAA", std::string(64, 'A'), cursor.substr(1), cursor + "A", cursor + cursor}) {
    refused.push_back(with(first, made_up));
  }
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string bent = cursor;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    refused.push_back(with(first, bent));
  }
  reader.key = sha256(as_bytes("another process"));
  refused.push_back(with(first, cursor));
  for (const Result<api::Found>& each : refused) {
    REQUIRE_FALSE(each.ok());
    CHECK(each.error().code == Code::malformed);
    CHECK(each.error().what.find("cursor: ") == 0);
  }
}

TEST_CASE("pages go on where they ended though scores move in between") {
  std::vector<MarketEntry> entries;
  for (std::uint64_t i = 0; i < 40; ++i) {
    entries.push_back(able_entry(i));
    entries.back().score.classes[0].trust =
        reputation::q30_from_ppm(900'000 - 10'000 * static_cast<std::uint32_t>(i));
  }
  verifier::MarketWriter writer{wire::Policy{}};
  const auto put = [&](const MarketEntry& entry) {
    writer.put(std::make_shared<const MarketEntry>(entry), kSampleTime);
  };
  for (const MarketEntry& entry : entries) put(entry);
  Reader reader(writer.publish(1, kSampleTime));
  const Json page = reader.document({.page = {"", 10}});
  // The last of the page falls to the very end, and one that was shown falls behind it.
  for (const std::size_t moved : {std::size_t{9}, std::size_t{3}}) {
    entries[moved].score.classes[0].trust =
        reputation::q30_from_ppm(10'000 + static_cast<std::uint32_t>(moved));
    put(entries[moved]);
  }
  reader.market = writer.publish(2, kSampleTime);
  api::Search next{.page = {page.find("next")->as_string(), 10}};
  const Json second = reader.document(next);
  REQUIRE(second.find("providers")->items().size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(second.find("providers")->items()[i].find("id")->as_string() == entries[10 + i].id.hex());
  }
}

TEST_CASE("a tag stands for one page of one market, and who has it is sent nothing") {
  Reader reader(sample_market(4, 60));
  const api::Search search{.query = "score>0.4", .page = {"", 10}};
  const api::Found first = reader.search(search).value();
  REQUIRE(first.document);
  CHECK(first.etag.size() == 32);
  api::Search again = search;
  again.if_none_match = "\"nonsense\", W/\"" + first.etag + "\"";
  CHECK_FALSE(reader.search(again).value().document);
  CHECK(reader.search(again).value().etag == first.etag);
  again.query = "score > 0.4";  // the same
  CHECK_FALSE(reader.search(again).value().document);

  std::set<std::string> tags{first.etag};
  api::Search other = search;
  other.query = "score>0.5";
  tags.insert(reader.search(other).value().etag);
  other = search;
  other.sort = "name";
  tags.insert(reader.search(other).value().etag);
  other = search;
  other.page.limit = 11;
  tags.insert(reader.search(other).value().etag);
  other = search;
  other.page.cursor = first.document->find("next")->as_string();
  tags.insert(reader.search(other).value().etag);
  verifier::MarketWriter writer{wire::Policy{}};
  (void)writer.publish(1, kSampleTime);
  reader.market = writer.publish(1, kSampleTime);
  tags.insert(reader.search(search).value().etag);
  CHECK(tags.size() == 6);
}

}  // namespace assay::test
