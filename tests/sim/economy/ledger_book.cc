// The life of a job up to its attestation, and what is read.
#include "tests/sim/economy/ledger_book.h"

#include <algorithm>

#include "core/wire/attestation.h"
#include "reputation/policy/audit_rate.h"
#include "reputation/policy/stake.h"
#include "reputation/policy/uptime.h"
#include "tests/sim/economy/ledger_parts.h"

namespace assay::sim {
namespace {

using reputation::View;

constexpr std::int64_t kDeadlineMs = 2 * kHourMs;

}  // namespace

LedgerBook::LedgerBook(Rules rules, UnixMillis start, bool sign,
                       std::unique_ptr<reputation::Store> store)
    : rules_(std::move(rules)),
      sign_(sign),
      verifier_(seeded("verifier")),
      vrf_(seeded("vrf")),
      store_(std::move(store)),
      ledger_(*store_, {kOrigin, verifier_.public_key(), vrf_.public_key()}),
      now_(start) {
  say(verifier_, wire::policy_change_statement(
                     {.document = wire::policy_text(rules_.policy), .activation_epoch = 0}));
}

Digest LedgerBook::say(const SigningKey& key, const wire::Statement& statement,
                       std::uint64_t JobRow::*index, JobNo job) {
  reputation::Submission one;
  one.kind = statement.kind;
  one.opened.payload = wire::statement_text(statement);
  one.opened.signer = key.public_key();
  const Bytes signed_bytes = wire::pae(wire::kPayloadType, as_bytes(one.opened.payload));
  one.opened.pae_digest = sha256(signed_bytes);
  if (sign_) one.opened.signature = key.sign(signed_bytes);
  one.said = std::make_shared<const wire::Statement>(statement);
  const Digest digest = one.opened.pae_digest;
  queue_.push_back(std::move(one));
  waiting_.push_back({index, job});
  return digest;
}

void LedgerBook::flush() {
  if (queue_.empty()) return;
  const auto answers = must(ledger_.append(queue_, now_));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Result<reputation::Appended>& answer = answers[i];
    ASSAY_CHECK(answer.ok(), answer.ok() ? "" : answer.error().what);
    if (waiting_[i].index != nullptr) {
      jobs_[waiting_[i].job].*waiting_[i].index = answer.value().index;
    }
  }
  queue_.clear();
  waiting_.clear();
}

void LedgerBook::at(UnixMillis now) {
  flush();
  now_ = now;
}

void LedgerBook::join(ProviderNo provider) {
  ASSAY_CHECK(provider == members_.size(), "providers are numbered as they join");
  SigningKey key = seeded("provider " + std::to_string(provider));
  const Digest id = reputation::provider_id(key.public_key());
  wire::Registration it;
  it.provider = key.public_key();
  it.name = "p" + std::to_string(provider);
  it.device_class = kDeviceClass;
  for (ClassNo workload = 0; workload < kWorkloads.size(); ++workload) {
    it.claims.push_back({class_name_of(workload), wire::Part::gpu, kClaimedRate});
  }
  say(key, wire::registration_statement(it));
  members_.push_back({std::move(key), id});
}

void LedgerBook::stake(ProviderNo provider, wire::StakeMove move, std::uint64_t micros) {
  say(verifier_, wire::stake_statement({.provider = members_.at(provider).key.public_key(),
                                        .move = move,
                                        .amount_micros = micros,
                                        .reference = "payment " + std::to_string(payments_++)}));
}

const SigningKey& LedgerBook::renter(std::uint32_t number) {
  const auto found = renters_.find(number);
  if (found != renters_.end()) return found->second;
  return renters_.emplace(number, seeded("renter " + std::to_string(number))).first->second;
}

void LedgerBook::order(JobNo job, const JobTerms& terms) {
  ASSAY_CHECK(job == jobs_.size(), "jobs are numbered as they are ordered");
  const SigningKey& by = renter(terms.renter);
  wire::Order it;
  it.spec.workload = kWorkloads[terms.workload];
  it.spec.parameters = wire::Json::object();
  it.spec.nonce = digest_of("nonce " + std::to_string(job));
  it.device_class = kDeviceClass;
  it.price_micros = terms.price;
  it.deadline_ms = kDeadlineMs;
  it.renter = by.public_key();
  if (terms.wanted) it.provider = members_.at(*terms.wanted).key.public_key();
  JobRow& row = jobs_.emplace_back();
  row.workload = terms.workload;
  row.id = say(by, wire::order_statement(it));
}

void LedgerBook::accept(JobNo job, ProviderNo provider) {
  JobRow& row = jobs_.at(job);
  row.provider = provider;
  say(members_.at(provider).key,
      wire::acceptance_statement({.job = row.id, .devices = {}, .expected_end = now_ + kHourMs}),
      &JobRow::acceptance, job);
}

void LedgerBook::attest(JobNo job) {
  const JobRow& row = jobs_.at(job);
  Member& member = members_.at(row.provider);
  wire::Attestation it;
  it.job = row.id;
  it.result = digest_of("result " + std::to_string(job));
  it.root = it.result_blob = it.trace_blob = it.result;
  it.steps = 8;
  it.seq = member.next_seq++;
  it.prev = member.prev;
  it.started = it.finished = now_;
  it.backend = "cpu/scalar";
  member.prev = say(member.key, wire::attestation_statement(it), &JobRow::attestation, job);
  undrawn_.push_back(job);
}

void LedgerBook::time_out(JobNo job, bool verifier_at_fault) {
  flush();
  const JobRow& row = jobs_.at(job);
  say(verifier_, wire::timeout_statement({.job = row.id,
                                          .provider = members_.at(row.provider).key.public_key(),
                                          .acceptance_index = row.acceptance,
                                          .verifier_at_fault = verifier_at_fault}));
}

void LedgerBook::uptime(std::uint64_t window, const std::vector<Probes>& probes) {
  wire::Uptime it;
  it.window = window;
  it.window_seconds = rules_.policy.uptime_window_seconds;
  it.answers = digest_of("answers " + std::to_string(window));
  for (const Probes& row : probes) {
    it.rows.push_back({members_.at(row.provider).key.public_key(), row.answered, row.asked});
  }
  std::ranges::sort(it.rows, {}, &wire::UptimeRow::provider);
  ASSAY_CHECK(it.rows.size() <= wire::kUptimeRowsMax, "more providers than one statement takes");
  say(verifier_, wire::uptime_statement(it));
}

// Days that no leaf has closed yet are read as if one did now.
std::uint64_t LedgerBook::income_of(const reputation::ReadTxn& txn, const Digest& id,
                                    std::uint64_t since, std::uint64_t days) const {
  const std::uint64_t today = reputation::day_of(now_);
  std::uint64_t sum = 0;
  for (std::uint64_t day = std::max(since, today - std::min(today, days)); day < today; ++day) {
    sum += must(reputation::day_state(txn, id, day, rules_.policy)).income_micros;
  }
  return sum;
}

Score LedgerBook::score(ProviderNo provider, ClassNo workload) {
  flush();
  const Digest id = members_.at(provider).id;
  const auto txn = must(store_->read());
  const View view(*txn);
  const reputation::ProviderState who = *must(view.provider(id));
  const reputation::ProviderScore all = must(view.score(id, who, now_, rules_.policy));
  Score score;
  score.uptime = all.uptime;
  score.stake = all.stake;
  score.slash = reputation::kOne;
  score.performance = reputation::q30_from_ppm(rules_.policy.performance_ppm);
  const auto of_class =
      std::ranges::find(all.classes, class_name_of(workload), &reputation::ClassScore::name);
  if (of_class == all.classes.end()) return score;
  score.record = of_class->record;
  score.trust = of_class->trust;
  score.performance = of_class->performance;
  score.revoked = of_class->revoked;
  auto row = must(view.class_of(id, class_name_of(workload)));
  const Status closed = reputation::close_epochs(*txn, id, *row, all.epoch, rules_.policy);
  ASSAY_CHECK(closed.ok(), closed.ok() ? "" : closed.error().what);
  score.tier = row->tier.tier;  // of days that are over
  score.audited = of_class->audited;
  score.slash = reputation::slash_factor(score.record);
  const std::uint64_t since = reputation::day_of(who.since);
  score.rent = reputation::conservative_rent(income_of(*txn, id, since, 7),
                                             income_of(*txn, id, since, 30), score.tier);
  return score;
}

bool LedgerBook::jailed(ProviderNo provider) {
  flush();
  const Digest id = members_.at(provider).id;
  const auto txn = must(store_->read());
  const View view(*txn);
  return must(view.jail(id, *must(view.provider(id)), now_, rules_.policy)).has_value();
}

reputation::StakeState LedgerBook::stake_of(ProviderNo provider) {
  flush();
  return must(View(*must(store_->read())).stake(members_.at(provider).id));
}

Bytes LedgerBook::class_bytes(ProviderNo provider, ClassNo workload) {
  flush();
  const Digest id = members_.at(provider).id;
  const auto txn = must(store_->read());
  auto row = must(View(*txn).class_of(id, class_name_of(workload)));
  if (!row) return {};
  const std::uint64_t epoch = reputation::epoch_of(now_, rules_.policy);
  const Status closed = reputation::close_epochs(*txn, id, *row, epoch, rules_.policy);
  ASSAY_CHECK(closed.ok(), "a store in memory cannot fail");
  return encode(*row);
}

Bytes LedgerBook::day_bytes(ProviderNo provider, std::uint64_t day) {
  flush();
  const auto txn = must(store_->read());
  const Digest id = members_.at(provider).id;
  return encode(must(reputation::day_state(*txn, id, day, rules_.policy)));
}

bool LedgerBook::explains(ProviderNo provider, ClassNo workload) {
  const Score score = this->score(provider, workload);
  const auto txn = must(store_->read());
  const View view(*txn);
  const Digest id = members_.at(provider).id;
  if (!must(view.class_of(id, class_name_of(workload)))) return true;
  const auto since = reputation::day_of(must(view.provider(id))->since);
  const reputation::Factors factors{
      .uptime = score.uptime,
      .performance = score.performance,
      .stake = score.stake,
      .age_days = static_cast<std::uint32_t>(reputation::day_of(now_) - since)};
  return sums_to(must(reputation::explain(view, id, class_name_of(workload), factors,
                                          reputation::epoch_of(now_, rules_.policy), rules_.policy,
                                          kLinesMax)),
                 reputation::ppm_from_q30(score.trust));
}

std::uint64_t LedgerBook::leaves() {
  flush();
  return must(View(*must(store_->read())).head()).size;
}

}  // namespace assay::sim
