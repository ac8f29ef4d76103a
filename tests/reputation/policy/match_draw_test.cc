// Draws of matches against an independent recomputation, and requests as strangers write them.
#include "reputation/policy/match_draw.h"

#include "core/base/random.h"
#include "reputation/policy/fixed.h"
#include "tests/catch.h"
#include "tests/vectors.h"

namespace assay::reputation {
namespace {

std::string hex_of(const std::vector<Digest>& ids) {
  std::string text;
  for (const Digest& id : ids) text += id.hex() + "\n";
  return text;
}

MatchDraw draw_of(const test::Vector& vector) {
  MatchDraw draw;
  draw.origin = vector.text("origin");
  draw.size = vector.number("size");
  draw.root = vector.fixed<Digest>("root");
  draw.request = vector.fixed<Digest>("request_sha256");
  draw.pool = vector.fixed<Digest>("pool_sha256");
  draw.proof = vector.fixed<VrfProof>("proof");
  return draw;
}

Result<std::vector<Digest>> check(const test::Vector& vector) {
  const Result<MatchAsk> ask = parse_match_request(vector.text("request"));
  if (!ask.ok()) return ask.error();
  const Result<MatchPool> pool = parse_pool(vector.bytes("pool"));
  if (!pool.ok()) return pool.error();
  CHECK(pool_bytes(pool.value()) == vector.bytes("pool"));
  return check_match(draw_of(vector), pool.value(), ask.value(), vector.fixed<PublicKey>("vrf"));
}

const std::string kNonce(64, '7');

std::string with_nonce(const std::string& members) {
  return "{" + members + (members.empty() ? "" : ",") + "\"nonce\":\"" + kNonce + "\"}";
}

}  // namespace

TEST_CASE("a draw is what the recipe gives, or is refused for what is wrong with it") {
  const auto vectors =
      test::load_vectors("match_draw",
                         {"request", "origin", "size", "root", "request_sha256", "pool_sha256",
                          "pool", "vrf", "proof", "alpha", "vrf_seed", "seed", "tickets", "drawn"},
                         20);
  for (const test::Vector& vector : vectors) {
    INFO(vector.name());
    const Result<std::vector<Digest>> drawn = check(vector);
    CHECK(test::answer(drawn) == vector.expect());
    if (!drawn.ok()) continue;
    CHECK(hex_of(drawn.value()) == hex_of(vector.all_fixed<Digest>("drawn")));
    const MatchDraw draw = draw_of(vector);
    CHECK(match_alpha(draw) == vector.fixed<Digest>("alpha"));
    const SigningKey key = SigningKey::from_seed(vector.bytes("vrf_seed")).value();
    const VrfResult made = vrf_prove(key, match_alpha(draw).view());
    CHECK(made.proof == draw.proof);
    CHECK(match_seed(made.output) == vector.fixed<Digest>("seed"));
    const MatchAsk ask = parse_match_request(vector.text("request")).value();
    CHECK(match_request_text(ask) == vector.text("request"));
    std::vector<std::string> tickets;
    const MatchPool pool = parse_pool(vector.bytes("pool")).value();
    for (const std::uint64_t each : share_tickets(pool.entrants, ask.weights)) {
      tickets.push_back(std::to_string(each));
    }
    CHECK(tickets == vector.all("tickets"));
  }
}

TEST_CASE("a workload is asked for by name and version, whatever its name") {
  for (const char* workload : {"", "gemm@1", "render@12", "of-others@3"}) {
    INFO(workload);
    const Result<MatchAsk> ask =
        parse_match_request(with_nonce("\"workload\":\"" + std::string(workload) + "\""));
    REQUIRE(ask.ok());
    CHECK(ask.value().workload == workload);
  }
  for (const char* workload : {"gemm", "gemm@", "@1", "gemm@0", "gemm@01", "gemm@-1", "gemm@1@1"}) {
    INFO(workload);
    const Result<MatchAsk> ask =
        parse_match_request(with_nonce("\"workload\":\"" + std::string(workload) + "\""));
    REQUIRE_FALSE(ask.ok());
    CHECK(ask.error().code == Code::malformed);
    CHECK(ask.error().what.find("gemm@1") != std::string::npos);
  }
}

TEST_CASE("the digest of a pool is that of its bytes, wherever they are cut") {
  SeededRandom random(9);
  for (const std::size_t size : {0U, 1U, 127U, 128U, 129U, 255U, 256U, 1000U}) {
    MatchPool pool;
    for (std::size_t i = 0; i < size; ++i) {
      random.fill(pool.providers.emplace_back().bytes);
      pool.entrants.push_back(
          {static_cast<std::uint32_t>(random.below(1'000'001)), random.below(2) == 0});
    }
    CHECK(pool_digest(pool) == sha256(pool_bytes(pool)));
  }
}

TEST_CASE("a divisor divides every number as division does") {
  SeededRandom random(10);
  const auto any = [&] { return random.below(UINT64_MAX) >> random.below(64); };
  const auto check = [](std::uint64_t by, std::uint64_t n) {
    INFO(n << " / " << by);
    CHECK(Divisor(by).divide(n) == n / by);
  };
  for (int run = 0; run < 5'000; ++run) check(std::max<std::uint64_t>(any(), 1), any());
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    for (const std::uint64_t by : {std::max<std::uint64_t>(power - 1, 1), power, power + 1}) {
      for (const std::uint64_t n : {std::uint64_t{0}, by - 1, by, by + 1, UINT64_MAX / by * by - 1,
                                    UINT64_MAX / by * by, UINT64_MAX}) {
        check(by, n);
      }
    }
  }
}

TEST_CASE("2^-e of many is that of each, and what the roots give bit by bit") {
  SeededRandom random(3);
  for (std::size_t count = 0; count < 70; ++count) {
    std::vector<Q30> exponents(count);
    for (Q30& e : exponents) e = random.below((std::uint64_t{1} << (1 + random.below(36))));
    std::vector<Q30> together = exponents;
    exp2_negative(together);
    for (std::size_t i = 0; i < count; ++i) {
      Wide product = kOne;
      for (unsigned bit = 1; bit <= 30; ++bit) {
        if (exponents[i] & (kOne >> bit)) product = multiply(product, kRoots[bit]);
      }
      const Q30 whole = exponents[i] >> 30;
      CHECK(together[i] == (whole < 31 ? static_cast<Q30>(product >> whole) : 0));
      CHECK(together[i] == exp2_negative(exponents[i]));
    }
  }
}

TEST_CASE("tickets are the shares of a softmax rounded down, and what is left is the best one's") {
  constexpr Q30 kLog2E = 1'549'082'005;
  SeededRandom random(2);
  for (int run = 0; run < 100; ++run) {
    std::vector<Entrant> entrants(1 + random.below(300));
    std::uint32_t best = 0;
    for (Entrant& it : entrants) {
      it = {static_cast<std::uint32_t>(random.below(1'000'001)), false};
      best = std::max(best, it.value_ppm);
    }
    MatchWeights by;
    by.temperature_ppm = static_cast<std::uint32_t>(1 + random.below(200'000));
    std::vector<Q30> weights;
    Wide whole = 0;
    for (const Entrant& it : entrants) {
      const Q30 below = Q30{best - it.value_ppm} * kOne / by.temperature_ppm;
      weights.push_back(exp2_negative(static_cast<Q30>(multiply(below, kLog2E))));
      whole += weights.back();
    }
    const std::vector<std::uint64_t> tickets = share_tickets(entrants, by);
    std::uint64_t left = kTickets;
    std::size_t first_best = entrants.size();
    for (std::size_t i = 0; i < entrants.size(); ++i) {
      const auto share = static_cast<std::uint64_t>(Wide{kTickets} * weights[i] / whole);
      left -= share;
      if (weights[i] == kOne && first_best == entrants.size()) {
        first_best = i;
      } else {
        CHECK(tickets[i] == share);
      }
    }
    const auto share = static_cast<std::uint64_t>(Wide{kTickets} * kOne / whole);
    CHECK(tickets[first_best] == share + left);
  }
}

TEST_CASE("draws of several are those of one after the other, and nobody is drawn twice") {
  SeededRandom random(1);
  for (int run = 0; run < 50; ++run) {
    std::vector<Entrant> entrants(1 + random.below(30));
    for (Entrant& it : entrants) {
      it = {static_cast<std::uint32_t>(random.below(1'000'001)), random.below(4) == 0};
    }
    MatchWeights weights;
    weights.temperature_ppm = static_cast<std::uint32_t>(random.below(3) * 20'000);
    const std::vector<std::uint64_t> tickets = share_tickets(entrants, weights);
    std::uint64_t sum = 0;
    for (const std::uint64_t each : tickets) sum += each;
    CHECK(sum == kTickets);
    Digest seed;
    random.fill(seed.bytes);
    const std::vector<std::size_t> all = draw_entrants(entrants, tickets, seed, 64);
    std::vector<bool> seen(entrants.size());
    for (const std::size_t place : all) {
      CHECK_FALSE(seen[place]);
      seen[place] = true;
    }
    CHECK(all.size() == entrants.size());
    for (std::size_t count = 0; count < all.size(); ++count) {
      const std::vector<std::size_t> some = draw_entrants(entrants, tickets, seed, count);
      CHECK(some.size() == count);
      CHECK(std::equal(some.begin(), some.end(), all.begin()));
    }
  }
}

TEST_CASE("a request needs a nonce alone; what is left out has its default") {
  const Result<MatchAsk> least = parse_match_request(with_nonce(""));
  REQUIRE(least.ok());
  MatchAsk defaults;
  defaults.nonce = Digest::parse_hex(kNonce).value();
  CHECK(least.value() == defaults);
  const Result<MatchAsk> some = parse_match_request(
      with_nonce(R"("count":3,"weights":{"stake":0},"price_limit_micros":null,"explain":true)"));
  REQUIRE(some.ok());
  CHECK(some.value().count == 3);
  CHECK(some.value().weights.weights[6] == 0);
  CHECK(some.value().weights.weights[3] == 40);
  CHECK(some.value().explain);
  // How to answer is no part of what is drawn for.
  MatchAsk plain = some.value();
  plain.explain = false;
  CHECK(match_request_text(plain) == match_request_text(some.value()));
  CHECK(parse_match_request(match_request_text(plain)).value() == plain);
}

TEST_CASE("a request that is not understood whole is refused, and says why") {
  const std::pair<std::string, const char*> cases[] = {
      {"", "match"},
      {"[]", "not a JSON object"},
      {"{}", "nonce: is missing"},
      {"{\"nonce\":\"7\"}", "64 lower-case hex digits"},
      {with_nonce("\"quary\":\"\""), "is not a member"},
      {with_nonce("\"query\":7"), "query: is not a string"},
      {with_nonce("\"query\":\"" + std::string(1025, 'x') + "\""), "at most 1024"},
      {with_nonce("\"query\":\"a\\u0007\""), "control character"},
      {with_nonce("\"count\":0"), "0 is outside 1..64"},
      {with_nonce("\"count\":65"), "65 is outside 1..64"},
      {with_nonce("\"count\":\"1\""), "is not an integer"},
      {with_nonce("\"count\":1.5"), "match"},
      {with_nonce("\"count\":1,\"count\":1"), "match"},
      {with_nonce("\"duration_seconds\":2678401"), "outside 1..2678400"},
      {with_nonce("\"price_limit_micros\":5"), "not a string"},
      {with_nonce("\"price_limit_micros\":\"-1\""), "decimal"},
      {with_nonce("\"tier_min\":\"gold\""), "none of entry, low"},
      {with_nonce("\"regions\":[\"eu\",\"eu\"]"), "twice"},
      {with_nonce("\"regions\":[7]"), "1 to 64 bytes"},
      {with_nonce("\"regions\":\"eu\""), "not an array"},
      {with_nonce("\"weights\":{\"luck\":1}"), "is not a member"},
      {with_nonce("\"weights\":{\"stake\":1001}"), "1001 is outside 0..1000"},
      {with_nonce("\"weights\":{\"newcomer_floor_ppm\":9999}"), "outside 10000..50000"},
      {with_nonce("\"weights\":{\"temperature_ppm\":1000001}"), "outside 0..1000000"},
      {with_nonce("\"weights\":{\"region\":0,\"price_delta\":0,\"uptime\":0,\"reputation\":0,"
                  "\"availability\":0,\"slash_rate\":0,\"stake\":0}"),
       "must weigh something"},
      {with_nonce("\"explain\":1"), "neither true nor false"},
      {with_nonce("\"pool\":null"), "neither true nor false"},
      {with_nonce("\"query\":\"" + std::string(20'000, ' ') + "\""), "match"},
      {with_nonce("\"weights\":[[[[1]]]]"), "match"},
  };
  for (const auto& [body, why] : cases) {
    INFO(body.substr(0, 100));
    const Result<MatchAsk> ask = parse_match_request(body);
    REQUIRE_FALSE(ask.ok());
    CHECK(ask.error().code == Code::malformed);
    CHECK(ask.error().what.find("match") != std::string::npos);
    CHECK(ask.error().what.find(why) != std::string::npos);
  }
}

TEST_CASE("prices per hour become prices of the job") {
  struct Case {
    std::uint64_t asked;
    std::uint32_t seconds;
    std::optional<std::uint64_t> limit;
    std::uint64_t price;
  };
  const Case cases[] = {{1'000'000, 3600, {}, 1'000'000},
                        {1'000'000, 60, {}, 16'667},
                        {1, 1, {}, 1},
                        {0, 3600, 5, 5},
                        {0, 3600, {}, 0},
                        {7, 7200, 5, 14},
                        {UINT64_MAX, 7200, {}, UINT64_MAX}};
  for (const Case& each : cases) {
    MatchAsk ask;
    ask.duration_seconds = each.seconds;
    ask.request.price_limit = each.limit;
    CHECK(job_price(each.asked, ask) == each.price);
  }
}

TEST_CASE("without a limit no price is too high, and the price makes no difference") {
  Candidate dear;
  dear.free_slots = dear.slots = 1;
  dear.tier = Tier::ultra_high;
  const MatchRequest any;
  CHECK_FALSE(removed_by(any, dear, UINT64_MAX));
  const MatchScales scales(any, {});
  CHECK(scales.terms(dear, UINT64_MAX) == scales.terms(dear, 0));
  MatchRequest limited;
  limited.price_limit = 10;
  CHECK(removed_by(limited, dear, 11) == Filter::price);
}

}  // namespace assay::reputation
