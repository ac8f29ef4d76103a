// Auditing honest receipts: what is checked, what is said, what is missing.
#include "core/wire/tlog_proof.h"
#include "tests/catch.h"
#include "tests/verifier_audit/forge.h"

namespace assay::test {
namespace {

using verifier::audit_receipt;
using verifier::AuditOptions;
using verifier::AuditReport;
using verifier::Check;
using verifier::CheckStatus;
using wire::Kind;

TEST_CASE("the receipt of an honest chain passes, and says what was done") {
  const AuditReport report = audit_receipt(gemm_lab().receipt, options_for(gemm_lab()));
  CHECK(failed_check(report.checks) == "");
  CHECK(report.ok());
  CHECK(report.exit_code() == 0);
  CHECK(report.facts.job == gemm_lab().job.hex());
  CHECK(report.facts.provider == gemm_lab().world.id_of("alice"));
  CHECK(report.facts.workload == "gemm@1");
  CHECK(report.facts.verdict == wire::Outcome::match);
  CHECK(report.facts.level ==
        "ASSAY_REPLAYED_1_OF_8 ASSAY_FOLLOWED_ROWS_3_OF_16 ASSAY_MICRO_ROWS_8_OF_128");
  REQUIRE(report.facts.bound);
  CHECK(report.facts.bound->unit == "rows");
  CHECK(report.facts.bound->picks == 3);
  CHECK(report.facts.bound->total == 16);
  CHECK(report.facts.bound->at_10_percent_ppm == 270'999);  // 1 - 0.9^3, rounded down
  CHECK(report.facts.rows_micro_checked == 8);
  REQUIRE(report.facts.micro_bound);
  CHECK(report.facts.micro_bound->unit == "pairs");
  CHECK(report.facts.micro_bound->picks == 8);
  CHECK(report.facts.micro_bound->total == 8 * 16);
  CHECK(report.facts.micro_bound->at_10_percent_ppm == 569'532);  // 1 - 0.9^8
  CHECK(report.facts.micro_bound->columns == 32);
  CHECK(report.facts.micro_bound->thin_at_1_percent_ppm == 923'684);  // 1 - (0.99^32)^8, down twice
}

TEST_CASE("every edge is a check in the list, and what was not done is said") {
  const AuditReport report = audit_receipt(gemm_lab().receipt, options_for(gemm_lab()));
  const std::vector<std::pair<std::string, CheckStatus>> expected = {
      {"order: checkpoint", CheckStatus::passed},
      {"order: in the log", CheckStatus::passed},
      {"order: statement", CheckStatus::passed},
      {"verdict: in the log", CheckStatus::passed},
      {"witnesses", CheckStatus::note},
      {"policy: one you trust", CheckStatus::passed},
      {"policy: as it was logged", CheckStatus::passed},
      {"order: by its renter", CheckStatus::passed},
      {"acceptance: of this order", CheckStatus::passed},
      {"attestation: of this job", CheckStatus::passed},
      {"attestation: by the provider that accepted", CheckStatus::passed},
      {"attestation: within the deadline", CheckStatus::passed},
      {"log order", CheckStatus::passed},
      {"trace: the attested file", CheckStatus::passed},
      {"trace: root and result follow", CheckStatus::passed},
      {"result: the bytes you hold", CheckStatus::skipped},
      {"draw: by the trusted verifier", CheckStatus::passed},
      {"draw: covers the attestation", CheckStatus::passed},
      {"draw: VRF proof", CheckStatus::passed},
      {"draw: positions derived", CheckStatus::passed},
      {"spotcheck: answers the draw", CheckStatus::passed},
      {"opening: the bytes that were signed", CheckStatus::passed},
      {"opening: proven against the trace", CheckStatus::passed},
      {"verdict: by the trusted verifier", CheckStatus::passed},
      {"verdict: of this attestation and these positions", CheckStatus::passed},
      {"verdict: the coin", CheckStatus::passed},
      {"verdict: rests on the opening", CheckStatus::passed},
      {"summary: follows from the verdict", CheckStatus::passed},
      {"verdict: outcome", CheckStatus::passed},
      {"positions of your own choosing", CheckStatus::skipped},
      {"head: age", CheckStatus::note},
      {"digest of the file", CheckStatus::passed},
  };
  for (const auto& [name, status] : expected) {
    INFO(name);
    const Check* check = find_check(report.checks, name);
    REQUIRE(check != nullptr);
    CHECK(check->status == status);
  }
}

TEST_CASE("units of one's own choosing are recomputed from the order alone") {
  AuditOptions options = options_for(render_lab());
  options.replay = 8;
  const AuditReport report = audit_receipt(render_lab().receipt, options);
  CHECK(failed_check(report.checks) == "");
  CHECK(report.facts.own_replayed == 8);
  REQUIRE(report.facts.own_bound);
  CHECK(report.facts.own_bound->unit == "units");
  CHECK(report.facts.own_bound->total == 20);
  CHECK(report.facts.own_bound->at_10_percent_ppm == 569'532);  // 1 - 0.9^8
  CHECK(find_check(report.checks, "the verifier's positions, again") != nullptr);

  options.replay = 1000;  // more than there are: all of them
  const AuditReport all = audit_receipt(render_lab().receipt, options);
  CHECK(failed_check(all.checks) == "");
  CHECK(all.facts.own_replayed == 20);
  CHECK(all.facts.own_bound->at_1_percent_ppm == 1'000'000);
}

TEST_CASE("rows of one's own choosing are followed into the result one holds") {
  AuditOptions options = options_for(gemm_lab());
  options.replay = 5;
  options.result = gemm_lab().result;
  const AuditReport report = audit_receipt(gemm_lab().receipt, options);
  CHECK(failed_check(report.checks) == "");
  CHECK(find_check(report.checks, "result: the bytes you hold")->status == CheckStatus::passed);
  CHECK(find_check(report.checks, "rows of your own choosing")->status == CheckStatus::passed);
  CHECK(report.facts.own_replayed == 5);
}

TEST_CASE("without the result and the last state, rows are not followed, and it says why") {
  // Step 8 is drawn in some runs only: take its opening away by forgetting the verdict.
  Forge forge(gemm_lab());
  forge.drop(Kind::spotcheck);
  forge.drop(Kind::verdict);
  forge.drop(Kind::summary);
  forge.file.openings.clear();
  AuditOptions options = options_for(gemm_lab());
  options.replay = 5;
  const AuditReport report = audit_receipt(forge.text(), options);
  CHECK(report.ok());
  const Check* rows = find_check(report.checks, "rows of your own choosing");
  REQUIRE(rows != nullptr);
  CHECK(rows->status == CheckStatus::skipped);
  CHECK(rows->detail.find("give the result file") != std::string::npos);
  CHECK(report.facts.own_replayed == 0);
}

TEST_CASE("another result than the attested one does not pass") {
  for (const int change : {0, 1}) {
    AuditOptions options = options_for(gemm_lab());
    options.result = gemm_lab().result;
    if (change == 0) options.result->back() ^= 1;
    if (change == 1) options.result->pop_back();
    const AuditReport report = audit_receipt(gemm_lab().receipt, options);
    CHECK(report.code == Code::unbound);
    CHECK(failed_check(report.checks) == "binding: result: the bytes you hold");
  }
}

TEST_CASE("a receipt without its inputs needs the caller's, and checks them") {
  Forge forge(render_lab());
  REQUIRE(forge.file.inputs.size() == 1);
  const Bytes scene = forge.file.inputs.front().data;
  forge.file.inputs.clear();
  const std::string text = forge.text();

  AuditOptions options = options_for(render_lab());
  CHECK(audit_receipt(text, options).code == Code::no_evidence);
  options.inputs = [&](const wire::Input&) -> Result<Bytes> { return scene; };
  CHECK(audit_receipt(text, options).ok());
  options.inputs = [](const wire::Input&) -> Result<Bytes> { return Bytes{1, 2, 3}; };
  CHECK(audit_receipt(text, options).code == Code::no_evidence);
}

TEST_CASE("what is only signed is no failure, but it is never said to be audited") {
  Forge forge(gemm_lab());
  for (const Kind kind : {Kind::draw, Kind::spotcheck, Kind::verdict, Kind::summary}) {
    forge.drop(kind);
  }
  forge.file.openings.clear();
  const AuditReport report = audit_receipt(forge.text(), options_for(gemm_lab()));
  CHECK(failed_check(report.checks) == "");
  CHECK(report.facts.level == "NOT_AUDITED");
  CHECK(!report.facts.verdict);
  CHECK(!report.facts.bound);
  const Check* note = find_check(report.checks, "not audited");
  REQUIRE(note != nullptr);
  CHECK(note->status == CheckStatus::note);

  AuditOptions strict = options_for(gemm_lab());
  strict.require_audit = true;
  const AuditReport refused = audit_receipt(forge.text(), strict);
  CHECK(refused.code == Code::no_evidence);
  CHECK(failed_check(refused.checks) == "verdict: verdict: required");
  CHECK(refused.facts.level == "NOT_AUDITED");
  CHECK(audit_receipt(gemm_lab().receipt, strict).ok());
}

TEST_CASE("a policy file that lacks a key judges nothing") {
  for (const char* lacks : {"verifier", "vrf", "policy", "log"}) {
    INFO(lacks);
    AuditOptions options = options_for(gemm_lab());
    if (lacks == std::string_view("verifier")) options.trust.verifier.reset();
    if (lacks == std::string_view("vrf")) options.trust.vrf.reset();
    if (lacks == std::string_view("policy")) options.trust.policies.clear();
    if (lacks == std::string_view("log")) options.trust.logs.clear();
    const AuditReport report = audit_receipt(gemm_lab().receipt, options);
    CHECK(report.code == Code::usage);
    CHECK(report.failure->what.find(lacks) != std::string::npos);
  }
}

TEST_CASE("a verifier, a VRF key, a policy or a log that is not trusted gives nothing") {
  const PublicKey stranger = sim_key("stranger").public_key();
  const auto audited_with = [](const std::function<void(wire::Trust&)>& change) {
    AuditOptions options = options_for(gemm_lab());
    change(options.trust);
    return audit_receipt(gemm_lab().receipt, options).code;
  };
  CHECK(audited_with([&](auto& t) { t.verifier = stranger; }) == Code::signature);
  CHECK(audited_with([&](auto& t) { t.vrf = stranger; }) == Code::proof);
  const Digest other = sha256(as_bytes("other"));
  CHECK(audited_with([&](auto& t) { t.policies = {other}; }) == Code::unbound);
  CHECK(audited_with([&](auto& t) { t.logs.front().key.key = stranger; }) == Code::signature);
}

TEST_CASE("of several trusted policies one must be the file's") {
  AuditOptions options = options_for(gemm_lab());
  options.trust.policies.insert(options.trust.policies.begin(), sha256(as_bytes("the one before")));
  CHECK_FALSE(audit_receipt(gemm_lab().receipt, options).failure);
}

std::string head_of(const std::string& receipt) {
  const wire::CaseFile file = wire::parse_case_file(receipt).value();
  return wire::parse_tlog_proof(file.entries.front().proof).value().checkpoint;
}

TEST_CASE("a quorum of witnesses is demanded where the policy file demands it") {
  const SigningKey key = sim_key("witness");
  AuditOptions options = options_for(gemm_lab());
  options.trust.witnesses.push_back(
      {"w1", {"witness.example/w1", wire::NoteKeyType::cosignature, key.public_key()}, ""});
  options.trust.quorum = "w1";
  CHECK(audit_receipt(gemm_lab().receipt, options).code == Code::signature);

  // With its cosignature it passes, and the head's age is the witness's to say.
  wire::Note note = wire::parse_note(head_of(gemm_lab().receipt)).value();
  note.signatures.push_back(wire::cosign_note("witness.example/w1", key, note.text, 1'800'000'000));
  wire::CaseFile file = wire::parse_case_file(gemm_lab().receipt).value();
  for (wire::LoggedEntry& entry : file.entries) {
    wire::TlogProof proof = wire::parse_tlog_proof(entry.proof).value();
    proof.checkpoint = wire::note_text(note);
    entry.proof = wire::tlog_proof_text(proof);
  }
  options.max_age_ms = 1'000;
  options.now = {1'800'000'000'500};
  const AuditReport report = audit_receipt(wire::case_file_text(file), options);
  CHECK(failed_check(report.checks) == "");
  CHECK(find_check(report.checks, "witnesses")->status == CheckStatus::passed);
}

TEST_CASE("a head older than allowed is stale, and so is one from the future") {
  AuditOptions options = options_for(gemm_lab());
  options.max_age_ms = 60'000;
  const Forge forge(gemm_lab());
  const UnixMillis newest = forge.leaf(Kind::summary).time;
  const std::vector<std::pair<std::int64_t, std::optional<Code>>> ages = {
      {0, {}}, {60'000, {}}, {60'001, Code::stale}, {-60'000, {}}, {-60'001, Code::stale}};
  for (const auto& [age_ms, code] : ages) {
    INFO(age_ms);
    options.now = newest + age_ms;
    CHECK(audit_receipt(gemm_lab().receipt, options).code == code);
  }
}

TEST_CASE("a head seen before must not contradict the receipt's") {
  AuditOptions options = options_for(gemm_lab());
  options.known_head = head_of(gemm_lab().receipt);
  CHECK(audit_receipt(gemm_lab().receipt, options).ok());

  const wire::Checkpoint head =
      wire::parse_checkpoint(wire::parse_note(*options.known_head).value().text).value();
  const auto signed_head = [](wire::Checkpoint checkpoint, const char* key) {
    return wire::note_text(wire::sign_checkpoint(checkpoint, sim_key(key)));
  };
  wire::Checkpoint other = head;
  other.root = sha256(as_bytes("another log"));
  options.known_head = signed_head(other, "log");
  CHECK(audit_receipt(gemm_lab().receipt, options).code == Code::equivocation);
  options.known_head = signed_head(head, "stranger");
  CHECK(audit_receipt(gemm_lab().receipt, options).code == Code::signature);
  other.size += 1;
  options.known_head = signed_head(other, "log");
  const AuditReport later = audit_receipt(gemm_lab().receipt, options);
  CHECK(later.ok());
  CHECK(find_check(later.checks, "head: what you saw before")->status == CheckStatus::note);
}

}  // namespace
}  // namespace assay::test
