#include "verifier/service/top_up.h"

#include <algorithm>

#include "reputation/policy/audit_rate.h"

namespace assay::verifier {

using reputation::JobState;
using reputation::JobStatus;
using reputation::View;

namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kLookMs = 10'000;
constexpr std::int64_t kJobMs = 600'000;
constexpr std::int64_t kLeftAloneMs = 3'600'000;  // who let an order pass: he costs others nothing
constexpr std::uint64_t kMillion = 1'000'000;
constexpr std::uint32_t kOrdersADayMax = 10'000;

// A picture of a kind that renters order, another each time: one that came again would be known.
std::string some_scene(Random& random) {
  const auto part = [&random](std::uint64_t tenths) {  // 0.0 up to that
    const std::uint64_t value = random.below(10 * tenths + 1);
    return std::to_string(value / 100) + "." + std::to_string(value % 100 / 10) +
           std::to_string(value % 10);
  };
  const auto color = [&part] { return "[" + part(10) + "," + part(10) + "," + part(10) + "]"; };
  std::string scene = R"({"camera":{"position":[)" + part(20) + "," + part(30) +
                      R"(,5],"look_at":[0,0.5,0]},"background":{"horizon":)" + color() +
                      R"(,"zenith":)" + color() +
                      R"(},"materials":{"plain":{"type":"diffuse","color":)" + color() +
                      R"(},"mirror":{"type":"metal","color":)" + color() + R"(,"fuzz":)" + part(9) +
                      R"(},"ground":{"type":"diffuse","color":)" + color() + R"(}},"objects":[)";
  const std::uint64_t spheres = 1 + random.below(4);
  for (std::uint64_t i = 0; i < spheres; ++i) {
    scene += R"({"type":"sphere","center":[)" + part(20) + ",0.5," + part(20) + R"(],"radius":0.)" +
             std::to_string(1 + random.below(8)) + R"(,"material":)" +
             (random.below(2) == 0 ? R"("plain"},)" : R"("mirror"},)");
  }
  return scene + R"({"type":"sphere","center":[0,-100,0],"radius":100,"material":"ground"}]})";
}

std::uint64_t day_of(UnixMillis time) {
  return static_cast<std::uint64_t>(time.ms / kDayMs);
}

reputation::Submission signed_by(const SigningKey& key, const wire::Statement& statement) {
  std::string payload = wire::statement_text(statement);
  const Bytes bytes = wire::pae(wire::kPayloadType, as_bytes(payload));
  return {.kind = statement.kind,
          .opened = {.payload = std::move(payload),
                     .pae_digest = sha256(bytes),
                     .signer = key.public_key(),
                     .signature = key.sign(bytes)}};
}

bool is_running(JobStatus status) {
  return status == JobStatus::open || status == JobStatus::accepted;
}

}  // namespace

bool is_top_up_due(const TopUpCase& it) {
  return it.audits_ppm < it.wanted * kMillion && it.price <= it.budget &&
         it.spent <= it.budget - it.price;
}

SigningKey TopUp::renter_key(std::uint64_t day, std::uint32_t number) const {
  Bytes which;
  put_u64_be(which, day);
  put_u32_be(which, number);
  const Digest seed = sha256({as_bytes("assay/top-up/v1\n"), context_.keys.verifier.seed(), which});
  return SigningKey::from_seed(seed.view()).value();
}

Status TopUp::load() {
  if (context_.options.top_up.budget_micros == 0) return {};
  const UnixMillis now = context_.clock.unix_now();
  day_ = day_of(now);
  std::map<PublicKey, std::pair<std::uint64_t, std::uint32_t>> keys;
  const std::uint64_t price = context_.policy().reference_value_micros;
  const std::uint64_t most = std::min<std::uint64_t>(
      context_.options.top_up.budget_micros / std::max<std::uint64_t>(price, 1) + 1,
      kOrdersADayMax);
  for (const std::uint64_t day : {day_ - std::min<std::uint64_t>(day_, 1), day_}) {
    for (std::uint32_t number = 0; number < most; ++number) {
      keys[renter_key(day, number).public_key()] = {day, number};
    }
  }
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  return View(*txn.value()).each_job([&](const Digest& id, const JobState& row) {
    const auto own = keys.find(row.renter);
    if (own == keys.end()) return true;
    const auto [day, number] = own->second;
    if (day == day_) next_number_ = std::max(next_number_, number + 1);
    if (row.status == JobStatus::cancelled) {
      if (row.wanted) left_alone_[reputation::provider_id(*row.wanted)] = row.ordered;
    } else if (now - row.ordered <= kDayMs) {
      spent_.push_back({row.ordered, id, row.price_micros});
      spent_sum_ += row.price_micros;
    }
    if (is_running(row.status) && row.wanted) {
      const Digest provider = reputation::provider_id(*row.wanted);
      running_[provider] = {provider, id, day, number, row.ordered};
    }
    return true;
  });
}

// What has been attested since we looked last.
Status TopUp::look() {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  return View(*txn.value())
      .each_attestation(seen_to_, [&](std::uint64_t at, const reputation::AttestationState& row) {
        seen_to_ = at + 1;
        if (context_.clock.unix_now() - row.logged > kDayMs) return true;
        const Digest provider = reputation::provider_id(row.provider);
        const std::uint32_t p_ppm = reputation::as_first_audited(row).p_ppm;
        expected_.push_back({row.logged, provider, p_ppm});
        audits_ppm_[provider] += p_ppm;
        return true;
      });
}

void TopUp::forget_old(UnixMillis now) {
  while (!expected_.empty() && now - expected_.front().logged > kDayMs) {
    audits_ppm_[expected_.front().provider] -= expected_.front().p_ppm;
    expected_.pop_front();
  }
  while (!spent_.empty() && now - spent_.front().ordered > kDayMs) {
    spent_sum_ -= spent_.front().micros;
    spent_.pop_front();
  }
}

// An order that its provider never took is taken back.
void TopUp::end_running(UnixMillis now) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return;
  std::vector<Running> untaken;
  for (auto at = running_.begin(); at != running_.end();) {
    const Result<std::optional<JobState>> row = View(*txn.value()).job(at->second.job);
    if (!row.ok()) return;
    const bool runs = row.value() && is_running(row.value()->status);
    const bool open = runs && row.value()->status == JobStatus::open;
    if (open && now - at->second.ordered > 2 * std::int64_t{context_.policy().accept_within_ms}) {
      untaken.push_back(at->second);
    }
    at = runs ? std::next(at) : running_.erase(at);
  }
  txn.value().reset();
  for (const Running& it : untaken) {
    const SigningKey renter = renter_key(it.day, it.number);
    const auto cancelled =
        context_.writer.submit(signed_by(renter, wire::cancel_statement({it.job})));
    if (!cancelled.ok()) continue;
    jobs_.refresh(it.job);
    left_alone_[it.provider] = it.ordered;
    const auto paid =
        std::ranges::find_if(spent_, [&](const Spent& one) { return one.job == it.job; });
    if (paid == spent_.end()) continue;
    spent_sum_ -= paid->micros;  // nobody was paid
    spent_.erase(paid);
  }
}

Result<wire::Order> TopUp::make_order(const reputation::ProviderState& provider,
                                      const SigningKey& renter) {
  Random& random = context_.random;
  wire::Order order;
  if (random.below(2) == 0) {
    order.spec.workload = "gemm";
    order.spec.parameters = wire::Json::object({{"rows", 16 * (1 + random.below(8))},
                                                {"cols", 64 * (1 + random.below(4))},
                                                {"steps", 4 * (1 + random.below(8))},
                                                {"weights", "philox"}});
  } else {
    const std::string text = some_scene(random);
    const Digest scene = sha256(as_bytes(text));
    if (Status put = context_.blobs.put(scene, as_bytes(text)); !put.ok()) return put.error();
    order.spec.workload = "render";
    order.spec.parameters = wire::Json::object({{"width", 64 * (1 + random.below(3))},
                                                {"height", 64 * (1 + random.below(2))},
                                                {"samples", 1 + random.below(4)}});
    order.spec.inputs = {{"scene", scene, text.size()}};
  }
  random.fill(order.spec.nonce.bytes);
  order.device_class = provider.device_class;
  order.provider = provider.key;
  order.price_micros = context_.policy().reference_value_micros;
  order.deadline_ms = std::min<std::int64_t>(
      kJobMs, static_cast<std::int64_t>(context_.policy().job_deadline_max_ms));
  order.renter = renter.public_key();
  return order;
}

Status TopUp::order_for(const Digest& id, UnixMillis now) {
  if (next_number_ >= kOrdersADayMax) return {};
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  Result<std::optional<reputation::ProviderState>> who = view.provider(id);
  if (!who.ok()) return who.error();
  if (!who.value()) return {};
  const auto jail = view.jail(id, *who.value(), now, context_.policy());
  if (!jail.ok()) return jail.error();
  if (jail.value()) return {};  // it is given no jobs
  const Result<reputation::StakeState> stake = view.stake(id);
  if (!stake.ok()) return stake.error();
  // Nor any that no stake covers, by the least that a tier asks for: it would cost nothing to cheat
  // in them.
  const wire::Policy& policy = context_.policy();
  const reputation::Exposure exposure{
      .open_jobs = 0, .unsettled = 0, .bonded_stake = stake.value().bonded()};
  if (policy.stake_required_micros > 0 &&
      reputation::exposure_limit(exposure, policy.reference_value_micros,
                                 reputation::Tier::entry)) {
    return {};
  }
  txn.value().reset();
  const SigningKey renter = renter_key(day_, next_number_);
  Result<wire::Order> order = make_order(*who.value(), renter);
  if (!order.ok()) return order.error();
  Result<reputation::Appended> logged =
      context_.writer.submit(signed_by(renter, wire::order_statement(order.value())));
  if (!logged.ok()) return logged.error();
  running_[id] = {id, logged.value().statement, day_, next_number_, now};
  spent_.push_back({now, logged.value().statement, order.value().price_micros});
  spent_sum_ += order.value().price_micros;
  ++next_number_;
  ++ordered_;
  jobs_.refresh(logged.value().statement);
  return {};
}

void TopUp::tick() {
  const TopUpOptions& options = context_.options.top_up;
  const SteadyMillis steady = context_.clock.steady_now();
  if (options.budget_micros == 0 || steady < next_look_) return;
  next_look_ = steady + kLookMs;
  const UnixMillis now = context_.clock.unix_now();
  if (day_of(now) != day_) {
    day_ = day_of(now);
    next_number_ = 0;
  }
  end_running(now);
  if (!look().ok()) return;
  forget_old(now);
  for (const Digest& id : agents_.available()) {
    if (running_.contains(id)) continue;
    const auto alone = left_alone_.find(id);
    if (alone != left_alone_.end()) {
      if (now - alone->second < kLeftAloneMs) continue;
      left_alone_.erase(alone);
    }
    const TopUpCase it{.audits_ppm = audits_ppm_[id],
                       .wanted = options.audits_a_day,
                       .spent = spent_sum_,
                       .budget = options.budget_micros,
                       .price = context_.policy().reference_value_micros};
    if (is_top_up_due(it) && !order_for(id, now).ok()) return;  // the next look tries again
  }
}

}  // namespace assay::verifier
