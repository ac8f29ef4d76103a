#include "tests/service/market_scene.h"

#include <algorithm>

#include "core/wire/measurement.h"
#include "core/wire/stake.h"

namespace assay::test {

using verifier::Market;
using wire::Json;

namespace {

constexpr std::uint64_t kClaimed = 1000;  // of a GPU, by whoever claims anything

}  // namespace

IndexedStore::IndexedStore(reputation::Store& store, const wire::Policy& policy, UnixMillis now)
    : clock(now),
      policies(policy),
      reading{store,
              kSceneOrigin,
              *blobs,
              clock,
              policies,
              {},
              [] { return fail(Code::inconclusive, "nothing is published here"); }},
      index(reading, sha256(as_bytes("seal")), false, [this] { return available; }) {}

std::shared_ptr<const Market> IndexedStore::market() {
  Result<std::shared_ptr<const Market>> market = index.market();
  ASSAY_CHECK(market.ok(), market.ok() ? "" : market.error().what);
  return std::move(market).value();
}

Json IndexedStore::search(const std::string& query, const std::string& sort, std::uint32_t limit,
                          const std::string& cursor) {
  const Result<api::Found> found = verifier::search_market(
      *market(), reading, index.cursor_key(),
      {.query = query, .sort = sort, .page = {cursor, limit}, .if_none_match = ""});
  ASSAY_CHECK(found.ok(), found.ok() ? "" : found.error().what);
  return *found.value().document;
}

std::string all_of(IndexedStore& indexed) {
  const std::shared_ptr<const Market> market = indexed.market();
  std::string text;
  const Json page = indexed.search("", "id", 500);
  for (Json row : page.find("providers")->items()) {
    Json score = row.take("score");
    score.set("epoch", Json());  // of the moment that it was read at
    text += row.dump() + score.dump() + "\n";
  }
  for (const char* workload : {"", "gemm@1", "render@1", "nothing@1"}) {
    reputation::MatchAsk ask;
    ask.workload = workload;
    ask.request.price_limit = 30'000'000;
    const reputation::query::Query any =
        reputation::query::parse_query("available=any", reputation::query::provider_fields())
            .value();
    for (const auto& filter : {any, reputation::query::Query{}}) {
      const verifier::Sifted sifted =
          verifier::sift_market(*market, ask, filter, indexed.clock.unix_now());
      text += std::string(workload) + ": " + std::to_string(sifted.considered);
      for (const auto& step : sifted.steps) text += " " + std::to_string(step.removed);
      text += " " + to_hex(reputation::pool_bytes(sifted.pool)) + "\n";
    }
  }
  return text;
}

RandomHistory::RandomHistory(wire::Policy with, std::uint64_t seed, std::size_t count)
    : LedgerScene(std::move(with), Stage::policy), random(seed) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "provider " + std::to_string(i) + " of " + std::to_string(seed);
    providers.push_back(SigningKey::from_seed(sha256(as_bytes(name)).view()).value());
  }
}

std::vector<Digest> RandomHistory::some_providers() {
  std::vector<Digest> some;
  for (const SigningKey& key : providers) {
    if (random.below(2) == 0) some.push_back(reputation::provider_id(key.public_key()));
  }
  std::ranges::sort(some);
  return some;
}

void RandomHistory::step() {
  switch (random.below(18)) {
    case 0: return pass_time();
    case 1: return register_again();
    case 2:
    case 3:
    case 4: return order_job();
    case 5:
    case 6:
    case 7: return accept_job();
    case 8:
    case 9: return attest_job();
    case 10:
    case 11: return judge();
    case 12: return end_job();
    case 13: return pardon();
    case 14: return move_stake();
    case 15: return measure();
    case 16: return announce();
    default: return tell_uptime();
  }
}

void RandomHistory::pass_time() {
  constexpr std::int64_t kSteps[] = {10, 1'000, 60'000, 3'600'000, 7'200'000, 86'400'000};
  now.ms += static_cast<std::int64_t>(random.below(2) + 1) * kSteps[random.below(6)];
}

void RandomHistory::register_again() {
  wire::Registration it = registration(anybody());
  const SigningKey& key = *std::ranges::find(providers, it.provider, &SigningKey::public_key);
  it.name = "p" + std::to_string(random.below(3));
  it.region = random.below(2) == 0 ? "eu" : "";
  it.device_class = random.below(5) == 0 ? "h200" : "cpu";
  it.price_micros = random.below(3) * 1'000'000;
  if (random.below(2) == 0) it.claims = {{it.device_class + "/gemm@1", wire::Part::gpu, kClaimed}};
  it.devices.resize(random.below(3));
  for (wire::Device& device : it.devices) device.memory_bytes = random.below(3) << 33;
  try_to(key, wire::registration_statement(it));
}

void RandomHistory::order_job() {
  wire::Order it = order();
  it.spec.workload = random.below(3) == 0 ? "render" : "gemm";
  it.device_class = random.below(5) == 0 ? "h200" : "cpu";
  it.price_micros = random.below(4) * 7'000'000;
  const Result<reputation::Appended> said = say(renter, wire::order_statement(it));
  if (said.ok()) jobs_.push_back(said.value().statement);
}

void RandomHistory::accept_job() {
  if (jobs_.empty()) return;
  try_to(anybody(), wire::acceptance_statement(acceptance(jobs_[random.below(jobs_.size())])));
}

// By its renter, or because its deadline passed.
void RandomHistory::end_job() {
  if (jobs_.empty()) return;
  const Digest id = jobs_[random.below(jobs_.size())];
  if (random.below(3) == 0) return try_to(renter, wire::cancel_statement({id}));
  const reputation::JobState row = job_row(id);
  if (!row.provider) return;
  now.ms += row.deadline_ms + 1;
  try_to(verifier, wire::timeout_statement({.job = id,
                                            .provider = *row.provider,
                                            .acceptance_index = row.acceptance_index,
                                            .verifier_at_fault = random.below(2) == 0}));
}

void RandomHistory::attest_job() {
  for (const Digest& id : jobs_) {
    const reputation::JobState row = job_row(id);
    if (row.status != reputation::JobStatus::accepted || random.below(3) == 0) continue;
    const SigningKey& key = *std::ranges::find(providers, *row.provider, &SigningKey::public_key);
    const auto said = say(key, wire::attestation_statement(attestation(id, key)));
    if (said.ok()) attestations_.push_back(said.value().index);
  }
}

void RandomHistory::judge() {
  using wire::Outcome;
  if (head().size > head().drawn_to) try_to(verifier, wire::draw_statement(draw()));
  for (const std::uint64_t index : attestations_) {
    if (attestation_row(index).audit != reputation::AuditStatus::due) continue;
    constexpr Outcome kOutcomes[] = {Outcome::match,       Outcome::match,
                                     Outcome::match,       Outcome::mismatch,
                                     Outcome::unavailable, Outcome::inconclusive};
    const Outcome outcome = kOutcomes[random.below(6)];
    try_to(verifier, wire::verdict_statement(verdict(index, outcome)));
    if (outcome != Outcome::mismatch && outcome != Outcome::unavailable) continue;
    const auto said = say(
        verifier,
        wire::slash_statement(slash(index, outcome == Outcome::mismatch ? wire::Fault::wrong_result
                                                                        : wire::Fault::withheld)));
    if (said.ok()) slashes_.push_back(said.value().index);
  }
}

void RandomHistory::pardon() {
  if (slashes_.empty()) return;
  const std::uint64_t index = slashes_[random.below(slashes_.size())];
  const auto txn = store->read().value();
  const reputation::View view(*txn);
  const reputation::SlashState row = *view.slash(index).value();
  const Digest statement = view.log(head().size).leaf(index).value().pae_digest;
  try_to(verifier, wire::reversal_statement({index, row.provider, "delivered"}, statement));
}

void RandomHistory::move_stake() {
  constexpr wire::StakeMove kMoves[] = {wire::StakeMove::bond, wire::StakeMove::delegate,
                                        wire::StakeMove::unbond, wire::StakeMove::undelegate};
  try_to(verifier, wire::stake_statement({.provider = anybody().public_key(),
                                          .move = kMoves[random.below(4)],
                                          .amount_micros = (random.below(5) + 1) * 10'000'000,
                                          .reference = std::to_string(++payments_)}));
}

void RandomHistory::tell_uptime() {
  wire::Uptime it = uptime();
  it.rows.clear();
  for (const SigningKey& key : providers) {
    if (random.below(3) == 0) continue;
    const auto asked = static_cast<std::uint32_t>(random.below(4));
    it.rows.push_back(
        {key.public_key(), static_cast<std::uint32_t>(random.below(asked + 1)), asked});
  }
  std::ranges::sort(it.rows, {}, &wire::UptimeRow::provider);
  try_to(verifier, wire::uptime_statement(it));
}

void RandomHistory::measure() {
  wire::Measurement it;
  it.provider = anybody().public_key();
  it.class_name = random.below(5) == 0 ? "h200/gemm@1" : "cpu/gemm@1";
  random.fill(it.round.bytes);
  it.parts = {{wire::Part::gpu, kClaimed, 500 + random.below(700)}};
  try_to(verifier, wire::measurement_statement(it));
}

void RandomHistory::announce() {
  constexpr std::int64_t kHourMs = 3'600'000;
  const SigningKey& key = anybody();
  const UnixMillis from = now + static_cast<std::int64_t>(24 + random.below(48)) * kHourMs;
  const UnixMillis to = from + static_cast<std::int64_t>(1 + random.below(3)) * kHourMs;
  try_to(key, wire::maintenance_statement({key.public_key(), from, to}));
}

}  // namespace assay::test
