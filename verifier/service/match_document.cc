// The answer to a match, as a document.
#include <algorithm>
#include <array>

#include "verifier/service/market_match.h"
#include "verifier/service/market_row.h"

namespace assay::verifier {

using reputation::MatchAsk;
using reputation::MatchDraw;
using reputation::Terms;
using wire::Json;
namespace query = reputation::query;

namespace {

// As "weights" of a request names them.
constexpr std::array<const char*, reputation::kTerms> kTermMembers{
    "region_ppm",       "price_delta_ppm", "uptime_ppm", "reputation_ppm",
    "availability_ppm", "slash_rate_ppm",  "stake_ppm",  "randomness_ppm"};

Json provider_json(const Market::Row& row) {
  const MarketEntry& entry = *row.entry;
  Json json = Json::object({{"id", entry.id.hex()},
                            {"name", entry.state.name},
                            {"region", entry.state.region},
                            {"device_class", entry.state.device_class}});
  if (row.of_class) json.set("class", entry.score.classes[*row.of_class].name);
  return json;
}

class Answer {
 public:
  Answer(const Market& market, const MatchAsk& ask)
      : market_(market), ask_(ask), scales_(ask.request, ask.weights) {}

  Json run(const query::Query& filter, UnixMillis now, const SignedHead& head,
           const SigningKey& vrf) {
    Json removed = Json::array();
    const Removed tell = [&](std::uint32_t place, const std::string& by) {
      removed.push(provider_json(market_.row(place)).set("removed_by", by));
      return removed.items().size() < kExplainedMax;
    };
    sifted_ = sift_market(market_, ask_, filter, now, ask_.explain ? tell : Removed());
    Json json =
        Json::object({{"request", wire::parse_json(reputation::match_request_text(ask_)).value()},
                      {"considered", std::uint64_t{sifted_.considered}},
                      {"left", std::uint64_t{sifted_.rows.size()}},
                      {"filters", filters()}});
    if (const auto filter_name = sifted_.emptied_by()) json.set("emptied_by", *filter_name);
    json.set("log_size", market_.log_size());
    json.set("at", to_rfc3339(market_.at()));
    if (!sifted_.rows.empty()) {
      tickets_ = reputation::share_tickets(sifted_.pool.entrants, ask_.weights);
      draw(json, head, vrf);
    } else {
      json.set("chosen", Json::array());
    }
    if (!ask_.explain) return json;
    json.set("candidates", best());
    json.set("removed", std::move(removed));
    return json;
  }

 private:
  Json filters() const {
    Json steps = Json::array();
    for (const Sifted::Step& step : sifted_.steps) {
      steps.push(Json::object({{"filter", step.filter}, {"removed", std::uint64_t{step.removed}}}));
    }
    return steps;
  }

  void draw(Json& json, const SignedHead& head, const SigningKey& vrf) const {
    MatchDraw draw{.origin = head.checkpoint.origin,
                   .size = head.checkpoint.size,
                   .root = head.checkpoint.root,
                   .request = sha256(as_bytes(reputation::match_request_text(ask_))),
                   .pool = reputation::pool_digest(sifted_.pool),
                   .proof = {}};
    const VrfResult drawn = vrf_prove(vrf, reputation::match_alpha(draw).view());
    Json chosen = Json::array();
    for (const std::size_t place : reputation::draw_entrants(
             sifted_.pool.entrants, tickets_, reputation::match_seed(drawn.output), ask_.count)) {
      chosen.push(candidate(place));
    }
    json.set("chosen", std::move(chosen));
    json.set("draw", Json::object({{"origin", draw.origin},
                                   {"size", wire::u64_text(draw.size)},
                                   {"root", draw.root.hex()},
                                   {"checkpoint", head.note},
                                   {"request_sha256", draw.request.hex()},
                                   {"pool_sha256", draw.pool.hex()},
                                   {"vrf", vrf.public_key().hex()},
                                   {"proof", drawn.proof.hex()}}));
    if (ask_.pool) json.set("pool", to_base64(reputation::pool_bytes(sifted_.pool)));
  }

  // One of the pool, with what was weighed.
  Json candidate(std::size_t place) const {
    const Market::Row& row = market_.row(sifted_.rows[place]);
    const std::uint64_t price = reputation::job_price(row.candidate.price, ask_);
    Terms terms = scales_.terms(row.candidate, price);
    terms[static_cast<std::size_t>(reputation::Term::randomness)] =
        reputation::chance_ppm(tickets_[place]);
    Json of_terms = Json::object();
    for (std::size_t i = 0; i < terms.size(); ++i) of_terms.set(kTermMembers[i], terms[i]);
    Json json = provider_json(row);
    json.set("key", row.entry->state.key.hex());
    json.set("price_micros", std::to_string(price));
    json.set("asks_per_hour_micros", std::to_string(row.candidate.price));
    json.set("tier", std::string(reputation::tier_name(row.candidate.tier)));
    json.set("newcomer", row.candidate.newcomer);
    json.set("terms", std::move(of_terms));
    json.set("value_ppm", sifted_.pool.entrants[place].value_ppm);
    json.set("tickets", wire::u64_text(tickets_[place]));
    return json;
  }

  // The first of those left by their chance, as many as are explained.
  Json best() const {
    std::vector<std::size_t> places(sifted_.rows.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    const std::size_t shown = std::min(places.size(), kExplainedMax);
    const auto end = places.begin() + static_cast<std::ptrdiff_t>(shown);
    std::partial_sort(places.begin(), end, places.end(), [&](std::size_t a, std::size_t b) {
      return tickets_[a] != tickets_[b] ? tickets_[a] > tickets_[b] : a < b;
    });
    Json rows = Json::array();
    for (auto at = places.begin(); at != end; ++at) rows.push(candidate(*at));
    return rows;
  }

  const Market& market_;
  const MatchAsk& ask_;
  const reputation::MatchScales scales_;
  Sifted sifted_;
  std::vector<std::uint64_t> tickets_;
};

}  // namespace

Result<Json> match_document(const Market& market, const std::string& body, UnixMillis now,
                            const SignedHead& head, const SigningKey& vrf) {
  Result<MatchAsk> ask = reputation::parse_match_request(body);
  if (!ask.ok()) return ask.error();
  Result<query::Query> filter = query::parse_query(ask.value().query, query::provider_fields());
  if (!filter.ok()) return filter.error();
  ask.value().query = query::query_text(filter.value(), query::provider_fields());
  if (ask.value().query.size() > reputation::kMatchQueryBytesMax) {
    return fail(Code::malformed, "query: longer than " +
                                     std::to_string(reputation::kMatchQueryBytesMax) +
                                     " characters when it is written out");
  }
  return Answer(market, ask.value()).run(filter.value(), now, head, vrf);
}

}  // namespace assay::verifier
