// Matches over a market: filters that say whom they removed, a draw that a stranger checks, and the
// plain matching of the policy as the measure of both.
#include <algorithm>

#include "tests/bench/market_samples.h"
#include "tests/catch.h"
#include "tests/service/market_scene.h"

namespace assay::test {
namespace {

using reputation::MatchAsk;
using reputation::Tier;
using verifier::Market;
using verifier::MarketEntry;
using wire::Json;
namespace query = reputation::query;

const SigningKey& vrf() {
  static const SigningKey key = SigningKey::from_seed(sha256(as_bytes("vrf")).view()).value();
  return key;
}

verifier::SignedHead head() {
  return {"the note", {.origin = kSceneOrigin, .size = 77, .root = sha256({}), .extension = ""}};
}

MatchAsk asking(const std::string& text = "") {
  MatchAsk ask;
  ask.query = text;
  ask.nonce = sha256(as_bytes("nonce"));
  ask.pool = true;
  return ask;
}

std::string body_of(const MatchAsk& ask) {
  Json json = wire::parse_json(reputation::match_request_text(ask)).value();
  json.set("explain", ask.explain).set("pool", ask.pool);
  return json.dump();
}

Json answer(const Market& market, const MatchAsk& ask) {
  const Result<Json> json =
      verifier::match_document(market, body_of(ask), kSampleTime, head(), vrf());
  INFO((json.ok() ? "" : json.error().what));
  REQUIRE(json.ok());
  return json.value();
}

std::vector<std::string> chosen(const Json& json) {
  std::vector<std::string> ids;
  for (const Json& it : json.find("chosen")->items()) ids.push_back(it.find("id")->as_string());
  return ids;
}

std::uint64_t removed_by(const Json& json, const std::string& filter) {
  for (const Json& step : json.find("filters")->items()) {
    if (step.find("filter")->as_string() == filter) return *step.find("removed")->as_u64();
  }
  FAIL("no filter " << filter);
  return 0;
}

// What the answer says, checked as a stranger would: from its bytes alone.
std::vector<std::string> checked(const Json& json) {
  const MatchAsk ask = reputation::parse_match_request(json.find("request")->dump()).value();
  const Json& said = *json.find("draw");
  const auto digest = [&](const char* key) {
    return Digest::parse_hex(said.find(key)->as_string()).value();
  };
  const reputation::MatchDraw draw{
      .origin = said.find("origin")->as_string(),
      .size = wire::parse_u64(said.find("size")->as_string()).value(),
      .root = digest("root"),
      .request = digest("request_sha256"),
      .pool = digest("pool_sha256"),
      .proof = VrfProof::parse_hex(said.find("proof")->as_string()).value()};
  const Bytes pool = from_base64(json.find("pool")->as_string()).value();
  const Result<std::vector<Digest>> drawn =
      reputation::check_match(draw, reputation::parse_pool(pool).value(), ask, vrf().public_key());
  REQUIRE(drawn.ok());
  std::vector<std::string> ids;
  for (const Digest& id : drawn.value()) ids.push_back(id.hex());
  return ids;
}

// One candidate for each provider, found by rows, and matched by the policy.
reputation::Match plainly(const Market& market, const MatchAsk& ask, const Digest& seed) {
  const query::Query filter = query::parse_query(ask.query, query::provider_fields()).value();
  std::map<Digest, std::size_t> places;
  for (std::size_t i = 0; i < market.table().size(); ++i) {
    const query::Row row = market.table().row(i);
    if (!std::get<bool>(row[verifier::kListed]) || !query::matches(filter, row)) continue;
    const Digest id = market.row(i).entry->id;
    const auto found = places.find(id);
    if (found == places.end() ||
        market.row(i).candidate.trust_ppm < market.row(found->second).candidate.trust_ppm) {
      places[id] = i;
    }
  }
  std::vector<reputation::Candidate> candidates;
  for (const auto& [id, place] : places) {
    candidates.push_back(market.row(place).candidate);
    candidates.back().price = reputation::job_price(candidates.back().price, ask);
  }
  return reputation::match(ask.request, candidates, ask.weights, seed);
}

}  // namespace

TEST_CASE("a match over a market is the policy's over the rows that pass") {
  const std::shared_ptr<const Market> market = sample_market(1, 400);
  for (const char* text : {"", "score>0.5 region in [eu-west,us-east]", "workload=gemm@1 price<=3",
                           "newcomer=true", "available=true tier>=low"}) {
    for (const bool limited : {false, true}) {
      INFO(text << " " << limited);
      MatchAsk ask = asking(text);
      if (limited) {
        ask.request = {.device_class = "h200",
                       .regions = {"us-east", "eu-west"},
                       .price_limit = 3'000'000,
                       .tier_min = Tier::low};
        ask.duration_seconds = 7200;
      }
      const Json json = answer(*market, ask);
      if (json.find("left")->as_u64() == 0U) continue;
      CHECK(checked(json) == chosen(json));
      // The pool again, entry by entry.
      const reputation::MatchPool pool =
          reputation::parse_pool(from_base64(json.find("pool")->as_string()).value()).value();
      const reputation::Match plain = plainly(*market, ask, {});
      const auto tickets = reputation::share_tickets(pool.entrants, ask.weights);
      std::size_t at = 0;
      for (const reputation::Considered& it : plain.candidates) {
        if (it.removed_by) continue;
        REQUIRE(at < pool.providers.size());
        CHECK(pool.providers[at] == it.provider);
        CHECK(pool.entrants[at].value_ppm == it.value_ppm);
        CHECK(tickets[at] == it.tickets);
        ++at;
      }
      CHECK(at == pool.providers.size());
    }
  }
}

TEST_CASE("every filter tells how many it removed, and all of them what was considered") {
  std::vector<MarketEntry> entries;
  for (std::uint64_t i = 0; i < 14; ++i) entries.push_back(able_entry(i));
  entries[0].score.classes[0].record.tombstoned = true;
  entries[1].jailed = true;
  entries[2].available = false;
  entries[3].state.device_class = "cpu";
  entries[3].score.classes[0].name = "cpu/gemm@1";
  entries[4].state.region = "mars";
  entries[5].score.classes[0].tier = Tier::entry;
  entries[6].price_micros = 9'000'000;
  entries[7].exposure.bonded_stake = 1;
  entries[8].score.classes[0].trust = 0;
  entries[9].score.classes[0].revoked = true;
  entries[10].state.maintenance = {{kSampleTime + 3'000'000, kSampleTime + 4'000'000}};
  entries[11].state.maintenance = {{kSampleTime + 3'600'000, kSampleTime + 4'000'000}};  // after it
  const std::shared_ptr<const Market> market = market_of(entries);
  MatchAsk ask = asking("score>0.1");
  ask.request = {.device_class = "h200",
                 .regions = {"eu-west"},
                 .price_limit = 2'000'000,
                 .tier_min = Tier::low};
  ask.explain = true;
  const Json json = answer(*market, ask);
  CHECK(json.find("considered")->as_u64() == 14U);
  CHECK(json.find("left")->as_u64() == 3U);
  for (const char* filter : {"score>0.1", "tombstoned", "jailed", "unavailable", "device class",
                             "region", "tier", "price", "exposure", "revoked", "maintenance"}) {
    INFO(filter);
    CHECK(removed_by(json, filter) == 1);
  }
  CHECK(removed_by(json, "another class") == 0);
  CHECK(json.find("emptied_by") == nullptr);
  // And whom.
  const Json::Array& removed = json.find("removed")->items();
  REQUIRE(removed.size() == 11);
  for (const Json& it : removed) {
    const std::string by = it.find("removed_by")->as_string();
    const auto which = static_cast<std::size_t>(
        std::ranges::find(entries, it.find("id")->as_string(),
                          [](const MarketEntry& entry) { return entry.id.hex(); }) -
        entries.begin());
    constexpr const char* kExpected[] = {"tombstoned", "jailed",  "unavailable", "device class",
                                         "region",     "tier",    "price",       "exposure",
                                         "score>0.1",  "revoked", "maintenance"};
    REQUIRE(which < 11);
    CHECK(by == kExpected[which]);
  }
  const Json::Array& left = json.find("candidates")->items();
  REQUIRE(left.size() == 3);
  std::uint64_t tickets = 0;
  for (const Json& it : left) {
    CHECK(it.find("terms")->members().size() == reputation::kTerms);
    tickets += wire::parse_u64(it.find("tickets")->as_string()).value();
  }
  CHECK(tickets == reputation::kTickets);
}

TEST_CASE("when nobody is left, the filter that removed the last is named, and nothing is drawn") {
  std::vector<MarketEntry> entries{able_entry(1), able_entry(2)};
  entries[0].score.classes[0].trust = 0;
  entries[1].available = false;
  const std::shared_ptr<const Market> market = market_of(entries);
  const Json both = answer(*market, asking("score>0.1"));
  CHECK(both.find("emptied_by")->as_string() == "unavailable");
  CHECK(both.find("chosen")->items().empty());
  CHECK(both.find("draw") == nullptr);
  const Json clause = answer(*market, asking("audits>=1 price<0.5 score>0.9"));
  CHECK(clause.find("emptied_by")->as_string() == "price<0.5");
  CHECK(removed_by(clause, "price<0.5") == 2);
  CHECK(removed_by(clause, "score>0.9") == 0);
  const Json nobody = answer(*market_of({}), asking());
  CHECK(nobody.find("emptied_by") == nullptr);
  CHECK(nobody.find("considered")->as_u64() == 0U);
}

TEST_CASE("who is not there counts only where the query asks for it") {
  MarketEntry away = able_entry(1);
  away.available = false;
  const std::shared_ptr<const Market> market = market_of({away});
  CHECK(answer(*market, asking()).find("left")->as_u64() == 0U);
  CHECK(answer(*market, asking("available=any")).find("left")->as_u64() == 1U);
  CHECK(answer(*market, asking("available=false")).find("left")->as_u64() == 1U);
}

TEST_CASE("a job for a workload takes the class that it is, or whoever is new to it") {
  MarketEntry good = able_entry(1);
  good.score.classes[0].trust = reputation::q30_from_ppm(900'000);
  good.score.classes.push_back(good.score.classes[0]);
  good.score.classes[1].name = "h200/render@1";
  good.score.classes[1].trust = reputation::q30_from_ppm(200'000);
  MarketEntry other = able_entry(2);
  other.score.classes[0].name = "h200/simulate@1";
  const std::shared_ptr<const Market> market = market_of({good, other});
  MatchAsk ask = asking();
  ask.explain = true;
  ask.workload = "gemm@1";
  const Json gemm = answer(*market, ask);
  CHECK(gemm.find("left")->as_u64() == 2U);
  for (const Json& it : gemm.find("candidates")->items()) {
    const bool is_good = it.find("id")->as_string() == good.id.hex();
    CHECK(it.find("newcomer")->as_bool() != is_good);
    CHECK(it.find("terms")->find("reputation_ppm")->as_u64() == (is_good ? 900'000U : 0U));
  }
  // A class of its own that fails is not got around by being new.
  ask.workload = "render@1";
  ask.query = "score<0.1";
  CHECK(answer(*market, ask).find("left")->as_u64() == 1U);
  // Without a workload the class that passes and is trusted least speaks for the provider.
  const Json any = answer(*market, asking("score>0.1 name=\"provider 1\""));
  CHECK(removed_by(any, "another class") == 1);
  CHECK(any.find("chosen")->items()[0].find("class")->as_string() == "h200/render@1");
}

TEST_CASE("tiers limit what may be open, at the price of the job and not of the hour") {
  MarketEntry entry = able_entry(1);
  entry.score.classes[0].tier = Tier::entry;
  entry.price_micros = 15'000'000;
  const std::shared_ptr<const Market> market = market_of({entry});
  MatchAsk ask = asking();
  CHECK(answer(*market, ask).find("left")->as_u64() == 1U);
  ask.duration_seconds = 7200;  // $30, above Entry's $20
  CHECK(answer(*market, ask).find("emptied_by")->as_string() == "exposure");
  entry.exposure.open_jobs = 1;
  ask.duration_seconds = 60;
  CHECK(answer(*market_of({entry}), ask).find("emptied_by")->as_string() == "exposure");
}

TEST_CASE("the draw is bound to the request, and another nonce draws anew") {
  std::vector<MarketEntry> entries;
  for (std::uint64_t i = 0; i < 30; ++i) entries.push_back(able_entry(i));
  const std::shared_ptr<const Market> market = market_of(entries);
  MatchAsk ask = asking();
  ask.count = 30;
  const Json first = answer(*market, ask);
  CHECK(checked(first) == chosen(first));
  CHECK(chosen(first).size() == 30);
  CHECK(chosen(answer(*market, ask)) == chosen(first));
  ask.explain = true;  // how to answer changes nothing
  CHECK(chosen(answer(*market, ask)) == chosen(first));
  ask.nonce = sha256(as_bytes("another"));
  const Json second = answer(*market, ask);
  CHECK(checked(second) == chosen(second));
  CHECK(chosen(second) != chosen(first));
}

TEST_CASE("a pool is shown to those who ask for it, and long explanations end") {
  const std::shared_ptr<const Market> market = sample_market(5, 3000);
  MatchAsk ask = asking();
  ask.pool = false;
  CHECK(answer(*market, ask).find("pool") == nullptr);
  ask.explain = true;
  const Json json = answer(*market, ask);
  CHECK(json.find("candidates")->items().size() <= verifier::kExplainedMax);
  CHECK(json.find("removed")->items().size() <= verifier::kExplainedMax);
  CHECK(*json.find("left")->as_u64() > verifier::kExplainedMax);
}

TEST_CASE("what is wrong with a match's body or query is said") {
  const std::shared_ptr<const Market> market = sample_market(6, 3);
  const auto refusal = [&](const std::string& body) {
    const Result<Json> json = verifier::match_document(*market, body, kSampleTime, head(), vrf());
    REQUIRE_FALSE(json.ok());
    CHECK(json.error().code == Code::malformed);
    return json.error().what;
  };
  CHECK(refusal("{}").find("match: nonce: is missing") == 0);
  CHECK(refusal(body_of(asking("gpu_nam=H200"))).find("query: at character 1: no field") == 0);
  // A query that is too long in its one spelling alone: "in[" is written "in [".
  std::string packed = "region in[" + std::string(21, 'x') + "]";
  for (int i = 1; i < 32; ++i) packed += " region in[" + std::string(20, 'x') + "]";
  REQUIRE(packed.size() == reputation::kMatchQueryBytesMax);
  CHECK(refusal(body_of(asking(packed))).find("query: longer than 1024") == 0);
}

}  // namespace assay::test
