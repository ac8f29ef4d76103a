#include "reputation/policy/matching.h"

#include <algorithm>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/reputation/policy/cases.h"
#include "tests/vectors.h"

namespace assay::reputation {
namespace {

std::string underscored(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

MatchRequest read_request(const std::string& row) {
  std::istringstream in(row);
  MatchRequest request;
  std::uint64_t price_limit = 0;
  std::string tier;
  REQUIRE(in >> request.device_class >> price_limit >> tier);
  request.price_limit = price_limit;
  request.tier_min = parse_tier(tier).value();
  for (std::string region; in >> region;) request.regions.push_back(region);
  return request;
}

MatchWeights read_weights(const std::string& row) {
  RowReader in(row);
  MatchWeights weights;
  for (std::uint32_t& weight : weights.weights) weight = in.u32();
  weights.temperature_ppm = in.u32();
  weights.newcomer_floor_ppm = in.u32();
  return weights;
}

Candidate read_candidate(const std::string& row) {
  RowReader in(row);
  Candidate it;
  it.provider = Digest::parse_hex(in.word()).value();
  it.device_class = in.word();
  it.region = in.word();
  it.price = in.u64();
  it.trust_ppm = in.u32();
  it.uptime_ppm = in.u32();
  it.slash_ppm = in.u32();
  it.stake_ppm = in.u32();
  it.tier = in.tier();
  it.newcomer = in.flag();
  it.tombstoned = in.flag();
  it.jailed = in.flag();
  it.gave_up = in.flag();
  it.free_slots = in.u32();
  it.slots = in.u32();
  it.exposure.open_jobs = in.u32();
  it.exposure.unsettled = in.u64();
  const std::string bonded = in.word();
  if (bonded != "none") it.exposure.bonded_stake = std::stoull(bonded);
  if (!in.flag()) it.failed_condition = "score>0.8";
  return it;
}

void check_considered(const Considered& it, const std::string& row) {
  INFO(row);
  RowReader in(row);
  CHECK(it.provider.hex() == in.word());
  if (it.removed_by) {
    CHECK(underscored(filter_name(*it.removed_by)) == in.word());
    CHECK(it.tickets == 0);
    return;
  }
  for (const std::uint32_t term : it.terms) CHECK(term == in.u32());
  CHECK(it.value_ppm == in.u32());
  CHECK(it.tickets == in.u64());
}

Candidate candidate(std::uint8_t id) {
  Candidate it;
  it.provider.bytes[0] = id;
  it.device_class = "h200";
  it.region = "eu";
  it.price = 5'000'000;
  it.trust_ppm = 800'000;
  it.uptime_ppm = 990'000;
  it.tier = Tier::medium;
  it.free_slots = it.slots = 1;
  return it;
}

const MatchRequest kRequest{"h200", {}, 10'000'000, Tier::entry};

Digest seed_of(std::uint32_t n) {
  Bytes bytes;
  put_u32_be(bytes, n);
  return sha256(bytes);
}

}  // namespace

TEST_CASE("matches are those of the vectors: filters, terms, tickets and whom the draw chose") {
  const auto vectors = test::load_vectors(
      "matching",
      {"request", "weights", "randomness", "candidate", "considered", "chosen", "emptied_by"}, 20);
  for (const test::Vector& vector : vectors) {
    INFO(vector.name());
    std::vector<Candidate> candidates;
    for (const std::string& row : vector.all("candidate")) {
      candidates.push_back(read_candidate(row));
    }
    const Match result =
        match(read_request(vector.text("request")), candidates,
              read_weights(vector.text("weights")), vector.fixed<Digest>("randomness"));
    const std::vector<std::string> considered = vector.all("considered");
    REQUIRE(result.candidates.size() == considered.size());
    for (std::size_t i = 0; i < considered.size(); ++i) {
      check_considered(result.candidates[i], considered[i]);
    }
    const std::string chosen =
        result.chosen ? result.candidates[*result.chosen].provider.hex() : "none";
    CHECK(chosen == vector.text("chosen"));
    CHECK((result.emptied_by ? underscored(filter_name(*result.emptied_by)) : "none") ==
          vector.text("emptied_by"));
  }
}

TEST_CASE("a filter with more to say says it, and each removal is counted") {
  std::vector<Candidate> candidates{candidate(1), candidate(2), candidate(3), candidate(4)};
  candidates[0].failed_condition = "score>0.8";
  candidates[1].device_class = "h100";
  candidates[2].exposure.open_jobs = 16;
  const Match result = match(kRequest, candidates, {}, seed_of(0));
  CHECK(result.candidates[0].detail == "score>0.8");
  CHECK(result.candidates[1].detail == "h100");
  CHECK(result.candidates[2].detail == "open jobs");
  CHECK(result.removed[static_cast<std::size_t>(Filter::query)] == 1);
  CHECK(result.removed[static_cast<std::size_t>(Filter::exposure)] == 1);
  CHECK(result.removed[static_cast<std::size_t>(Filter::jailed)] == 0);
  CHECK(result.chosen == std::size_t{3});
  CHECK_FALSE(result.emptied_by);
  CHECK(std::string(term_name(Term::price_delta)) == "price delta");
}

TEST_CASE("the draw follows the tickets, and newcomers get their floor") {
  std::vector<Candidate> candidates{candidate(1), candidate(2), candidate(3)};
  candidates[1].trust_ppm = 700'000;
  candidates[2].newcomer = true;
  candidates[2].trust_ppm = 0;
  MatchWeights weights;
  weights.newcomer_floor_ppm = 50'000;
  constexpr std::uint32_t kDraws = 20'000;
  std::array<std::uint32_t, 3> drawn{};
  Match result;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    result = match(kRequest, candidates, weights, seed_of(i));
    ++drawn[result.chosen.value()];
  }
  std::uint64_t tickets = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::uint64_t expected = result.candidates[i].tickets * kDraws / kTickets;
    CHECK(drawn[i] + 300 > expected);  // within 4 sigma of at most 71
    CHECK(drawn[i] < expected + 300);
    tickets += result.candidates[i].tickets;
  }
  CHECK(tickets == kTickets);
  CHECK(result.candidates[2].tickets == kTickets / 20);
  CHECK(drawn[0] > drawn[1]);
  CHECK(drawn[1] > 100);
}

TEST_CASE("the order of candidates does not matter") {
  SeededRandom random(1);
  for (std::uint32_t run = 0; run < 100; ++run) {
    std::vector<Candidate> candidates;
    for (std::uint8_t i = 0; i < 20; ++i) {
      candidates.push_back(candidate(i));
      candidates.back().trust_ppm = static_cast<std::uint32_t>(random.below(1'000'001));
      candidates.back().newcomer = random.below(5) == 0;
    }
    const Match before = match(kRequest, candidates, {}, seed_of(run));
    for (std::size_t i = candidates.size(); i > 1; --i) {
      std::swap(candidates[i - 1], candidates[random.below(i)]);
    }
    const Match after = match(kRequest, candidates, {}, seed_of(run));
    CHECK(after.chosen == before.chosen);
    CHECK(after.ticket == before.ticket);
  }
}

TEST_CASE("more trust or a lower price never lowers a candidate's chance") {
  SeededRandom random(2);
  for (std::uint32_t run = 0; run < 300; ++run) {
    std::vector<Candidate> candidates;
    for (std::uint8_t i = 0; i < 6; ++i) {
      candidates.push_back(candidate(i));
      candidates.back().trust_ppm = static_cast<std::uint32_t>(random.below(900'001));
      candidates.back().price = random.below(10'000'000);
    }
    const auto tickets = [&] {
      return match(kRequest, candidates, {}, seed_of(run)).candidates[3].tickets;
    };
    // What does not divide goes to the best, and weights are truncated: a few of 10^12 tickets.
    constexpr std::uint64_t kRounding = 10'000;
    const std::uint64_t before = tickets();
    candidates[3].trust_ppm += 50'000;
    const std::uint64_t trusted = tickets();
    CHECK(trusted + kRounding >= before);
    candidates[3].price /= 2;
    CHECK(tickets() + kRounding >= trusted);
  }
}

}  // namespace assay::reputation
