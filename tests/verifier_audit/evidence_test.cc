// Fraud proofs: they show fraud to anybody, or they do not hold, or they show none.
#include "tests/catch.h"
#include "tests/verifier_audit/forge.h"

namespace assay::test {
namespace {

using prover::Misbehave;
using verifier::check_evidence;
using verifier::EvidenceReport;
using wire::Kind;

std::string evidence_of(Lab& lab) {
  const wire::Json slashes = lab.world.provider("alice");
  const std::string id = slashes.find("slashes")->items().front().find("id")->as_string();
  return lab.world.service->evidence(id).value();
}

struct Cheated {
  std::unique_ptr<Lab> lab;
  std::string evidence;
};

Cheated& zeroed() {
  static Cheated made = [] {
    Cheated cheated{run_job(Misbehave::zero_state), ""};
    cheated.evidence = evidence_of(*cheated.lab);
    return cheated;
  }();
  return made;
}

TEST_CASE("the evidence of a wrong result shows fraud on any CPU") {
  const Cheated& cheated = zeroed();
  const EvidenceReport report = check_evidence(cheated.evidence, options_for(*cheated.lab));
  CHECK(failed_check(report.checks) == "");
  CHECK(report.code == Code::mismatch);
  CHECK(report.exit_code() == 14);
  CHECK(report.fraud_shown());
  CHECK(report.shown == wire::Fault::wrong_result);
  CHECK(report.faulty_step);
}

TEST_CASE("the receipt of a slashed job fails with mismatch, and says why") {
  Cheated& cheated = zeroed();
  const verifier::AuditReport report =
      verifier::audit_receipt(cheated.lab->receipt, options_for(*cheated.lab));
  CHECK(report.code == Code::mismatch);
  CHECK(report.facts.verdict == wire::Outcome::mismatch);
  CHECK(report.facts.slash == wire::Fault::wrong_result);
  CHECK(report.facts.level == "FAILED");
}

TEST_CASE("a verifier cannot frame a provider: the scalar definition decides") {
  // An honest job, and a verifier that logs a mismatch all the same.
  Forge forge(gemm_lab());
  forge.file.kind = wire::CaseFileKind::evidence;
  forge.drop(Kind::summary);
  std::uint32_t step = 0;
  forge.restate<wire::Verdict>(Kind::verdict, wire::parse_verdict, wire::verdict_statement,
                               sim_key("verifier"), [&](wire::Verdict& v) {
                                 v.outcome = v.position_outcomes[0] = wire::Outcome::mismatch;
                                 step = v.positions[0];
                                 v.faulty_step = step;
                               });
  const EvidenceReport report = check_evidence(forge.text(), options_for(gemm_lab()));
  CHECK(failed_check(report.checks) == "");
  CHECK(report.exit_code() == 0);
  CHECK(!report.fraud_shown());
  const verifier::Check* check = find_check(report.checks, "fraud");
  REQUIRE(check != nullptr);
  CHECK(check->detail.find("step " + std::to_string(step)) != std::string::npos);

  SECTION("nor by naming a step that was not opened, or that does not exist") {
    const auto named = [&](std::uint32_t other_step) {
      forge.restate<wire::Verdict>(Kind::verdict, wire::parse_verdict, wire::verdict_statement,
                                   sim_key("verifier"),
                                   [&](wire::Verdict& v) { v.faulty_step = other_step; });
      const EvidenceReport other = check_evidence(forge.text(), options_for(gemm_lab()));
      CHECK(!other.fraud_shown());
      return other.code;
    };
    CHECK(named(99) == Code::unbound);
    // Of some steps a row was drawn besides: what is there shows nothing.
    int not_opened = 0;
    for (std::uint32_t other_step = 1; other_step <= 8; ++other_step) {
      const std::optional<Code> code = named(other_step);
      CHECK((!code || *code == Code::inconclusive));
      not_opened += code ? 1 : 0;
    }
    CHECK(not_opened > 0);
  }
}

TEST_CASE("evidence that was touched anywhere does not hold") {
  const Cheated& cheated = zeroed();
  SeededRandom random(5);
  for (int i = 0; i < 300; ++i) {
    std::string flipped = cheated.evidence;
    const std::size_t at = random.below(flipped.size());
    flipped[at] =
        static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << random.below(8)));
    const EvidenceReport report = check_evidence(flipped, options_for(*cheated.lab));
    INFO("byte " << at);
    REQUIRE(report.code);
    CHECK(!report.fraud_shown());
    CHECK(report.code != Code::mismatch);
  }
}

TEST_CASE("evidence is no receipt and a receipt is no evidence") {
  const Cheated& cheated = zeroed();
  CHECK(verifier::audit_receipt(cheated.evidence, options_for(*cheated.lab)).code ==
        Code::malformed);
  CHECK(check_evidence(gemm_lab().receipt, options_for(gemm_lab())).code == Code::malformed);
}

TEST_CASE("evidence about an honest job shows no fraud") {
  Forge forge(gemm_lab());
  forge.file.kind = wire::CaseFileKind::evidence;
  const EvidenceReport report = check_evidence(forge.text(), options_for(gemm_lab()));
  CHECK(failed_check(report.checks) == "");
  CHECK(report.exit_code() == 0);
}

// Evidence of equivocation with this second attestation, signed by that key.
std::string with_second(const Lab& lab, const SigningKey& key,
                        const std::function<void(wire::Attestation&)>& change) {
  Forge forge(lab);
  forge.file.kind = wire::CaseFileKind::evidence;
  wire::Attestation second = wire::parse_attestation(forge.leaf(Kind::attestation).payload).value();
  change(second);
  const std::string envelope =
      wire::seal(key, wire::statement_text(wire::attestation_statement(second)));
  forge.file.openings.push_back({sha256(as_bytes(envelope)).hex(), to_bytes(as_bytes(envelope))});
  return forge.text();
}

TEST_CASE("two attestations of one job are the whole proof of equivocation") {
  const Lab& lab = gemm_lab();
  const SigningKey alice = sim_key("provider alice");
  const auto check = [&](const SigningKey& key, auto change) {
    return check_evidence(with_second(lab, key, change), options_for(lab));
  };
  const EvidenceReport shown = check(alice, [](auto& a) { a.result.bytes[0] ^= 1; });
  CHECK(failed_check(shown.checks) == "");
  CHECK(shown.code == Code::equivocation);
  CHECK(shown.shown == wire::Fault::equivocation);
  CHECK(shown.exit_code() == 20);

  const EvidenceReport same = check(alice, [](auto&) {});
  CHECK(same.exit_code() == 0);
  CHECK(!same.fraud_shown());
  CHECK(check(sim_key("provider bob"), [](auto& a) { a.seq += 1; }).code == Code::signature);
  CHECK(check(alice, [](auto& a) { a.job.bytes[0] ^= 1; }).code == Code::unbound);
}

TEST_CASE("the service's own evidence of equivocation holds") {
  World world;
  world.add_provider("alice", Misbehave::equivocate);
  REQUIRE(world.jobs_until_caught("alice", 5) <= 5);
  REQUIRE(world.slashes_of("alice") == 1);
  const wire::Json document = world.provider("alice");
  const std::string id = document.find("slashes")->items().front().find("id")->as_string();
  const std::string evidence = world.service->evidence(id).value();
  verifier::AuditOptions options = options_for(gemm_lab());
  options.trust = wire::parse_trust(world.service->trust().value()).value();
  const EvidenceReport report = check_evidence(evidence, options);
  CHECK(failed_check(report.checks) == "");
  CHECK(report.code == Code::equivocation);
}

}  // namespace
}  // namespace assay::test
