#include "tests/service/ledger_scene.h"

#include "core/wire/dsse.h"
#include "reputation/ledger/memory_store.h"
#include "reputation/policy/slashing.h"

namespace assay::test {
namespace {

SigningKey seeded(const std::string& text) {
  return SigningKey::from_seed(sha256(as_bytes("scene " + text)).view()).value();
}

Digest digest_of(const std::string& text) {
  return sha256(as_bytes(text));
}

}  // namespace

Digest scene_secret() {
  return digest_of("the renter's secret");
}

LedgerScene::LedgerScene(wire::Policy with, Stage until)
    : verifier(seeded("verifier")),
      vrf(seeded("vrf")),
      renter(seeded("renter")),
      alice(seeded("alice")),
      bob(seeded("bob")),
      stranger(seeded("stranger")),
      policy(std::move(with)),
      store(reputation::make_memory_store(reputation::tables::names())),
      ledger(*store, {kSceneOrigin, verifier.public_key(), vrf.public_key()}) {
  if (until >= Stage::policy) {
    log(verifier, wire::policy_change_statement(
                      {.document = wire::policy_text(policy), .activation_epoch = 0}));
  }
  if (until >= Stage::registered) {
    log(alice, wire::registration_statement(registration(alice)));
    log(bob, wire::registration_statement(registration(bob)));
  }
  if (until >= Stage::ordered) {
    const std::uint64_t at = log(renter, wire::order_statement(order()));
    Result<std::unique_ptr<reputation::ReadTxn>> txn = store->read();
    job = reputation::View(*txn.value()).log(at + 1).leaf(at).value().pae_digest;
  }
  if (until >= Stage::accepted) {
    acceptance_index = log(alice, wire::acceptance_statement(acceptance(job)));
  }
  if (until >= Stage::attested) {
    attestation_index = log(alice, wire::attestation_statement(attestation(job, alice)));
  }
  if (until >= Stage::drawn) log(verifier, wire::draw_statement(draw()));
  if (until >= Stage::opened) log(alice, wire::spotcheck_statement(spotcheck(attestation_index)));
}

wire::Registration LedgerScene::registration(const SigningKey& provider) const {
  wire::Registration it;
  it.provider = provider.public_key();
  it.name = "p";
  it.device_class = "cpu";
  return it;
}

wire::Order LedgerScene::order() {
  wire::Order it;
  it.spec.workload = "gemm";
  it.spec.parameters = wire::Json::object();
  it.spec.nonce = digest_of("nonce " + std::to_string(orders_++));
  it.device_class = "cpu";
  it.price_micros = policy.reference_value_micros;
  it.deadline_ms = 10'000;
  it.renter = renter.public_key();
  it.renter_secret_commitment = sha256(scene_secret().view());
  return it;
}

wire::Acceptance LedgerScene::acceptance(const Digest& id) const {
  return {.job = id, .devices = {}, .expected_end = now + 1'000};
}

wire::Attestation LedgerScene::attestation(const Digest& id, const SigningKey& provider) {
  const reputation::ProviderState row = provider_row(provider);
  wire::Attestation it;
  it.job = id;
  it.result = digest_of("result");
  it.root = digest_of("root");
  it.steps = 8;
  it.seq = row.next_seq;
  it.prev = row.prev;
  it.started = now;
  it.finished = now;
  it.backend = "cpu/scalar";
  it.result_blob = digest_of("result blob");
  it.trace_blob = digest_of("trace blob");
  return it;
}

wire::Draw LedgerScene::draw() {
  const reputation::Head at = head();
  wire::Draw it;
  it.k = at.draws;
  it.from = at.drawn_to;
  it.to = at.size;
  it.size = at.size;
  it.root = at.root;
  it.proof = vrf_prove(vrf, wire::draw_alpha(kSceneOrigin, it).view()).proof;
  return it;
}

wire::Spotcheck LedgerScene::spotcheck(std::uint64_t attestation) {
  const reputation::AttestationState row = attestation_row(attestation);
  wire::Spotcheck it;
  it.draw = row.draw;
  it.attestation_index = attestation;
  it.attestation = row.statement;
  it.reason = row.reason;
  it.ordinal = row.redraws;
  it.positions = {1};
  it.opening_blob = digest_of("opening");
  it.opening_bytes = 7;
  return it;
}

wire::Verdict LedgerScene::verdict(std::uint64_t attestation, wire::Outcome outcome) {
  const reputation::AttestationState row = attestation_row(attestation);
  wire::Verdict it;
  it.draw = row.draw;
  it.attestation_index = attestation;
  it.attestation = row.statement;
  it.job = row.job;
  it.provider = row.provider;
  it.reason = row.reason;
  it.ordinal = row.redraws;
  it.p_ppm = row.p_ppm;
  it.positions = {1};
  it.position_outcomes = {outcome};
  it.outcome = outcome;
  if (outcome == wire::Outcome::mismatch) it.faulty_step = 1;
  it.device = "cpu/scalar";
  if (row.void_index != 0) it.detail = "in place of leaf " + std::to_string(row.void_index);
  return it;
}

wire::Summary LedgerScene::summary(const wire::Verdict& verdict) {
  const reputation::AttestationState row = attestation_row(verdict.attestation_index);
  return wire::summarise(verdict, row.steps, 16, row.result,
                         wire::policy_digest(wire::policy_text(policy)), kSceneOrigin, now);
}

wire::Slash LedgerScene::slash(std::uint64_t attestation, wire::Fault fault) {
  const reputation::AttestationState row = attestation_row(attestation);
  wire::Slash it;
  it.provider = row.provider;
  it.class_name = row.class_name;
  it.fault = fault;
  it.job = row.job;
  it.attestation = row.statement;
  it.attestation_index = attestation;
  it.evidence_indices = {attestation};
  if (fault == wire::Fault::withheld) {
    it.delivery_proof = "the heartbeat that signed the challenge";
  } else {
    it.evidence_blob = digest_of("evidence");
  }
  it.severity_ppm = fault == wire::Fault::equivocation ? policy.severity_equivocation_ppm
                                                       : policy.severity_wrong_ppm;
  it.finality = now + static_cast<std::int64_t>(policy.finality_ms);
  it.detail = "because";
  return it;
}

wire::Statement LedgerScene::appeal(std::uint64_t index) {
  const reputation::SlashState row = slash_row(index);
  const bool asked_for = policy.stake_required_micros > 0;
  return wire::appeal_statement(
      {.slash_index = index,
       .provider = row.provider,
       .deposit_micros = asked_for ? reputation::appeal_deposit(row.amount_micros()) : 0,
       .nonce = digest_of("nonce of an appeal"),
       .remark = "look again"},
      row.statement);
}

wire::Ruling LedgerScene::ruling(std::uint64_t index, wire::Outcome found) {
  const reputation::SlashState row = slash_row(index);
  wire::Ruling it;
  it.slash_index = index;
  it.appeal_index = row.appeal_index;
  it.provider = row.provider;
  it.draw = row.appeal_draw;
  if (row.fault != wire::Fault::wrong_result) {
    it.replays = {{std::string(wire::kSignaturesDevice), found}};
  } else if (row.dispute_index != 0) {
    it.replays = {{std::string(wire::kScalarDevice), found}};
  } else {
    it.positions = {1};
    it.replays.assign(reputation::kAppealReplays, {std::string(wire::kScalarDevice), found});
  }
  it.outcome = wire::ruling_of(it.replays);
  return it;
}

wire::Statement LedgerScene::ruling_statement(const wire::Ruling& ruling) {
  return wire::ruling_statement(ruling, slash_row(ruling.slash_index).statement);
}

wire::Statement LedgerScene::reversal(std::uint64_t index, const char* cause) {
  const reputation::SlashState row = slash_row(index);
  return wire::reversal_statement({index, row.provider, cause}, row.statement);
}

wire::Timeout LedgerScene::timeout() const {
  return {.job = job,
          .provider = alice.public_key(),
          .acceptance_index = acceptance_index,
          .verifier_at_fault = false};
}

wire::Uptime LedgerScene::uptime() const {
  wire::Uptime it;
  it.window_seconds = policy.uptime_window_seconds;
  it.window = static_cast<std::uint64_t>(now.ms / 1000) / policy.uptime_window_seconds - 1;
  it.answers = digest_of("answers");
  it.rows = {{alice.public_key(), 1, 2}};
  return it;
}

namespace {

Result<reputation::Submission> signed_by(const SigningKey& key, const wire::Statement& statement) {
  Result<wire::Envelope> envelope =
      wire::parse_envelope(wire::seal(key, wire::statement_text(statement)));
  if (!envelope.ok()) return envelope.error();
  Result<wire::OpenedEnvelope> opened = wire::open_envelope(envelope.value(), key.public_key());
  if (!opened.ok()) return opened.error();
  return reputation::Submission{statement.kind, std::move(opened).value()};
}

}  // namespace

void LedgerScene::sign_snapshots() {
  ledger.sign_snapshots([this](const wire::Snapshot& snapshot) {
    return signed_by(verifier, wire::snapshot_statement(snapshot)).value();
  });
}

std::optional<reputation::MadeSnapshot> LedgerScene::due_snapshot() {
  const auto txn = store->read();
  reputation::PoliciesInForce policies;
  Result<reputation::MadeSnapshot> made = reputation::make_snapshot(
      *txn.value(), ledger.roles(), policies, reputation::View(*txn.value()).head().value(), now);
  if (!made.ok()) return std::nullopt;
  return std::move(made).value();
}

Result<reputation::Appended> LedgerScene::say(const SigningKey& key,
                                              const wire::Statement& statement) {
  Result<reputation::Submission> signed_one = signed_by(key, statement);
  if (!signed_one.ok()) return signed_one.error();
  const reputation::Submission one = std::move(signed_one).value();
  Result<std::vector<Result<reputation::Appended>>> answers = ledger.append({&one, 1}, now);
  if (!answers.ok()) return answers.error();
  return answers.value().front();
}

std::uint64_t LedgerScene::log(const SigningKey& key, const wire::Statement& statement) {
  const Result<reputation::Appended> answer = say(key, statement);
  ASSAY_CHECK(answer.ok(), answer.ok() ? "" : answer.error().what);
  return answer.value().index;
}

Digest LedgerScene::order_one() {
  constexpr std::uint64_t kRenters = 8;
  const SigningKey payer = seeded("renter " + std::to_string(payers_++ % kRenters));
  wire::Order it = order();
  it.renter = payer.public_key();
  const Result<reputation::Appended> ordered = say(payer, wire::order_statement(it));
  ASSAY_CHECK(ordered.ok(), "an order was refused");
  return ordered.value().statement;
}

std::vector<std::uint64_t> LedgerScene::jobs(std::size_t count, wire::Outcome outcome) {
  std::vector<std::uint64_t> attestations;
  for (std::size_t i = 0; i < count; ++i) {
    const Digest id = order_one();
    log(alice, wire::acceptance_statement(acceptance(id)));
    attestations.push_back(log(alice, wire::attestation_statement(attestation(id, alice))));
  }
  log(verifier, wire::draw_statement(draw()));
  for (const std::uint64_t attestation : attestations) {
    log(verifier, wire::verdict_statement(verdict(attestation, outcome)));
  }
  return attestations;
}

reputation::Head LedgerScene::head() {
  return reputation::View(*store->read().value()).head().value();
}
reputation::AttestationState LedgerScene::attestation_row(std::uint64_t index) {
  return *reputation::View(*store->read().value()).attestation(index).value();
}
reputation::JobState LedgerScene::job_row(const Digest& id) {
  return *reputation::View(*store->read().value()).job(id).value();
}
reputation::SlashState LedgerScene::slash_row(std::uint64_t index) {
  return *reputation::View(*store->read().value()).slash(index).value();
}
reputation::StakeState LedgerScene::stake_row(const SigningKey& key) {
  return reputation::View(*store->read().value())
      .stake(reputation::provider_id(key.public_key()))
      .value();
}
reputation::ProviderState LedgerScene::provider_row(const SigningKey& key) {
  const Digest id = reputation::provider_id(key.public_key());
  return *reputation::View(*store->read().value()).provider(id).value();
}

reputation::ClassScore LedgerScene::score(const SigningKey& key) {
  const Digest id = reputation::provider_id(key.public_key());
  const reputation::ProviderState row = provider_row(key);
  Result<reputation::ProviderScore> score =
      reputation::View(*store->read().value()).score(id, row, now, policy);
  ASSAY_CHECK(score.ok() && score.value().classes.size() == 1, "a provider of one class");
  return score.value().classes.front();
}

Status LedgerScene::check() {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = store->read();
  if (!txn.ok()) return txn.error();
  if (Status log = reputation::check_log(*txn.value()); !log.ok()) return log;
  const Result<std::uint64_t> events = reputation::check_scores(*txn.value());
  if (!events.ok()) return events.error();
  std::unique_ptr<reputation::Store> rebuilt =
      reputation::make_memory_store(reputation::tables::names());
  if (Status folded = reputation::refold(*txn.value(), ledger.roles(), *rebuilt); !folded.ok()) {
    return folded;
  }
  return reputation::compare_tables(*txn.value(), *rebuilt->read().value(),
                                    reputation::tables::kAll);
}

}  // namespace assay::test
