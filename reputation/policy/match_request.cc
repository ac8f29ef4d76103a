#include "reputation/policy/match_request.h"

#include <algorithm>
#include <limits>

#include "core/wire/json.h"

namespace assay::reputation {
namespace {

using wire::Fields;
using wire::Json;

constexpr const char* kWhere = "match";
constexpr std::size_t kNameBytesMax = 64;
constexpr std::uint64_t kSecondsPerHour = 3600;

// The members of "weights", in order of the terms.
constexpr std::array<const char*, kTerms - 1> kWeightNames{
    "region", "price_delta", "uptime", "reputation", "availability", "slash_rate", "stake"};

Json weights_json(const MatchWeights& weights) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kWeightNames.size(); ++i) {
    json.set(kWeightNames[i], weights.weights[i]);
  }
  json.set("temperature_ppm", weights.temperature_ppm);
  json.set("newcomer_floor_ppm", weights.newcomer_floor_ppm);
  return json;
}

// Members that are left out keep their default.
Result<MatchWeights> read_weights(const Json& json) {
  MatchWeights weights;
  Fields in(json, "match: weights");
  const auto read = [&](const char* name, std::uint32_t min, std::uint32_t max,
                        std::uint32_t& into) {
    if (in.has(name)) into = in.u32(name, min, max);
  };
  for (std::size_t i = 0; i < kWeightNames.size(); ++i) {
    read(kWeightNames[i], 0, kMatchWeightMax, weights.weights[i]);
  }
  read("temperature_ppm", 0, 1'000'000, weights.temperature_ppm);
  read("newcomer_floor_ppm", kNewcomerFloorMinPpm, kNewcomerFloorMaxPpm,
       weights.newcomer_floor_ppm);
  if (Status whole = in.close(); !whole.ok()) return whole.error();
  if (std::ranges::all_of(weights.weights, [](std::uint32_t weight) { return weight == 0; })) {
    return fail(Code::malformed, "match: weights: one of the terms must weigh something");
  }
  return weights;
}

std::vector<std::string> read_regions(Fields& in) {
  std::vector<std::string> regions;
  for (const Json& item : in.array("regions", kMatchRegionsMax)) {
    if (!item.is_string() || item.as_string().empty() || item.as_string().size() > kNameBytesMax) {
      in.note("regions", "each is a name of 1 to 64 bytes");
      return {};
    }
    if (std::ranges::find(regions, item.as_string()) != regions.end()) {
      in.note("regions", "one is there twice");
      return {};
    }
    regions.push_back(item.as_string());
  }
  return regions;
}

Tier read_tier(Fields& in) {
  const std::optional<Tier> tier = parse_tier(in.text("tier_min"));
  if (!tier) in.note("tier_min", "is none of entry, low, medium, high, ultra-high");
  return tier.value_or(Tier::entry);
}

// "gemm@1". A name alone is no class: it would meet nobody's, and draw them all as newcomers. Which
// names there are is not known here: a market may match workloads of others.
bool is_workload(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos) return false;
  const Result<std::uint64_t> version = wire::parse_u64(text.substr(at + 1));
  return version.ok() && version.value() > 0;
}

std::string read_workload(Fields& in) {
  std::string workload = in.text("workload", kNameBytesMax);
  if (in.ok() && !workload.empty() && !is_workload(workload)) {
    in.note("workload", "is a name with its version: gemm@1");
  }
  return workload;
}

// What is drawn for.
void read_request(Fields& in, MatchAsk& ask) {
  if (in.has("query")) ask.query = in.text("query", kMatchQueryBytesMax);
  if (in.has("workload")) ask.workload = read_workload(in);
  if (in.has("device_class")) ask.request.device_class = in.text("device_class", kNameBytesMax);
  if (in.has("regions")) ask.request.regions = read_regions(in);
  if (in.has("tier_min")) ask.request.tier_min = read_tier(in);
  if (in.has("price_limit_micros") && !in.value("price_limit_micros").is_null()) {
    ask.request.price_limit = in.u64("price_limit_micros");
  }
  if (in.has("duration_seconds"))
    ask.duration_seconds = in.u32("duration_seconds", 1, kMatchDurationMaxSeconds);
  if (in.has("count")) ask.count = in.u32("count", 1, kMatchCountMax);
  if (!in.has("nonce")) {
    in.note("nonce",
            "is missing: 64 hex digits of your own choosing, so that nobody else chooses "
            "the draw");
  }
  ask.nonce = in.fixed<Digest>("nonce");
}

}  // namespace

std::string match_request_text(const MatchAsk& ask) {
  Json regions = Json::array();
  for (const std::string& region : ask.request.regions) regions.push(region);
  Json json = Json::object({{"query", ask.query},
                            {"workload", ask.workload},
                            {"device_class", ask.request.device_class},
                            {"regions", std::move(regions)},
                            {"tier_min", tier_name(ask.request.tier_min)}});
  const std::optional<std::uint64_t>& limit = ask.request.price_limit;
  json.set("price_limit_micros", limit ? Json(wire::u64_text(*limit)) : Json());
  json.set("duration_seconds", ask.duration_seconds);
  json.set("count", ask.count);
  json.set("weights", weights_json(ask.weights));
  json.set("nonce", ask.nonce.hex());
  return json.dump();
}

Result<MatchAsk> parse_match_request(std::string_view body) {
  Result<Json> json = wire::parse_json(body, {.bytes_max = kMatchRequestBytesMax, .depth_max = 4});
  if (!json.ok()) return json.error().in(kWhere);
  MatchAsk ask;
  Fields in(json.value(), kWhere);
  if (in.ok()) read_request(in, ask);
  if (in.ok() && in.has("weights")) {
    Result<MatchWeights> weights = read_weights(in.value("weights"));
    if (!weights.ok()) return weights.error();
    ask.weights = weights.value();
  }
  if (in.ok() && in.has("explain")) ask.explain = in.boolean("explain");
  if (in.ok() && in.has("pool")) ask.pool = in.boolean("pool");
  if (Status whole = in.close(); !whole.ok()) return whole.error();
  return ask;
}

std::uint64_t job_price(std::uint64_t asked_per_hour, const MatchAsk& ask) {
  if (asked_per_hour == 0) return ask.request.price_limit.value_or(0);
  constexpr std::uint64_t kFits =
      (std::numeric_limits<std::uint64_t>::max() - kSecondsPerHour) / kMatchDurationMaxSeconds;
  if (asked_per_hour <= kFits) {
    return (asked_per_hour * ask.duration_seconds + kSecondsPerHour - 1) / kSecondsPerHour;
  }
  const Wide price =
      (Wide{asked_per_hour} * ask.duration_seconds + kSecondsPerHour - 1) / kSecondsPerHour;
  return static_cast<std::uint64_t>(
      std::min<Wide>(price, std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace assay::reputation
