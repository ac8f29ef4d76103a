// Receipts made by a forger who holds every key, the log's too: each lie is caught by the layer it
// is told in. And the attack of CVE-2026-22703: an entry that is in the log but is not about this.
#include <algorithm>

#include "core/wire/events.h"
#include "core/wire/tlog_proof.h"
#include "tests/catch.h"
#include "tests/verifier_audit/forge.h"

namespace assay::test {
namespace {

using verifier::audit_receipt;
using verifier::AuditReport;
using wire::Kind;

AuditReport audit(const std::string& text) {
  return audit_receipt(text, options_for(gemm_lab()));
}

struct Lie {
  const char* name;
  Code code;
  const char* check;  // "layer: name"
  std::function<void(Forge&)> tell;
};

void verdict(Forge& forge, const std::function<void(wire::Verdict&)>& change) {
  forge.restate<wire::Verdict>(Kind::verdict, wire::parse_verdict, wire::verdict_statement,
                               sim_key("verifier"), change);
}
void attestation(Forge& forge, const std::function<void(wire::Attestation&)>& change) {
  forge.restate<wire::Attestation>(Kind::attestation, wire::parse_attestation,
                                   wire::attestation_statement, sim_key("provider alice"), change);
}
void spotcheck(Forge& forge, const std::function<void(wire::Spotcheck&)>& change) {
  forge.restate<wire::Spotcheck>(Kind::spotcheck, wire::parse_spotcheck, wire::spotcheck_statement,
                                 sim_key("provider alice"), change);
}
void draw(Forge& forge, const std::function<void(wire::Draw&)>& change) {
  forge.restate<wire::Draw>(Kind::draw, wire::parse_draw, wire::draw_statement, sim_key("verifier"),
                            change);
}
void summary(Forge& forge, const std::function<void(wire::Summary&)>& change) {
  forge.restate<wire::Summary>(Kind::summary, wire::parse_summary, wire::summary_statement,
                               sim_key("verifier"), change);
}

// The same words, signed by another key.
void by(Forge& forge, Kind kind, const char* key) {
  forge.say(kind, forge.leaf(kind).payload, sim_key(key));
}

const std::vector<Lie>& lies() {
  static const std::vector<Lie> all = {
      {"no order", Code::no_evidence, "binding: entries", [](Forge& f) { f.drop(Kind::order); }},
      {"substituted policy: another document in the file", Code::unbound,
       "binding: policy: one you trust",
       [](Forge& f) {
         wire::Policy kinder = wire::demo_policy();
         kinder.standard = {1, 1, 1};
         f.file.policy = wire::policy_text(kinder);
       }},
      {"substituted policy: another document in the log", Code::unbound,
       "binding: policy: as it was logged",
       [](Forge& f) {
         f.restate<wire::PolicyChange>(Kind::policy, wire::parse_policy_change,
                                       wire::policy_change_statement, sim_key("verifier"),
                                       [](wire::PolicyChange& change) {
                                         wire::Policy kinder = wire::demo_policy();
                                         kinder.standard = {1, 1, 1};
                                         change.document = wire::policy_text(kinder);
                                       });
       }},
      {"a policy that comes into force after the order", Code::unbound,
       "binding: order: logged under that policy",
       [](Forge& f) {
         f.restate<wire::PolicyChange>(
             Kind::policy, wire::parse_policy_change, wire::policy_change_statement,
             sim_key("verifier"),
             [](wire::PolicyChange& change) { change.activation_epoch = std::uint64_t{1} << 40; });
       }},
      {"a policy by a stranger", Code::signature, "signature: policy: by the trusted verifier",
       [](Forge& f) { by(f, Kind::policy, "stranger"); }},
      {"an order by somebody else than its renter", Code::signature,
       "signature: order: by its renter", [](Forge& f) { by(f, Kind::order, "stranger"); }},
      {"another order than was accepted", Code::unbound, "binding: acceptance: of this order",
       [](Forge& f) {
         f.restate<wire::Order>(Kind::order, wire::parse_order, wire::order_statement,
                                sim_key("renter"), [](wire::Order& o) { o.price_micros += 1; });
       }},
      {"wrong provider: accepted by another one than was asked for", Code::unbound,
       "binding: acceptance: by the provider the order names",
       [](Forge& f) { by(f, Kind::acceptance, "provider bob"); }},
      {"wrong provider: attested by another one than accepted", Code::unbound,
       "binding: attestation: by the provider that accepted",
       [](Forge& f) { by(f, Kind::attestation, "provider bob"); }},
      {"an attestation of another job", Code::unbound, "binding: attestation: of this job",
       [](Forge& f) { attestation(f, [](auto& a) { a.job.bytes[0] ^= 1; }); }},
      {"another result than the trace gives", Code::unbound,
       "binding: trace: root and result follow",
       [](Forge& f) { attestation(f, [](auto& a) { a.result.bytes[0] ^= 1; }); }},
      {"another root than the trace has", Code::unbound, "binding: trace: root and result follow",
       [](Forge& f) { attestation(f, [](auto& a) { a.root.bytes[0] ^= 1; }); }},
      {"no trace", Code::no_evidence, "binding: trace: present",
       [](Forge& f) { f.file.trace.clear(); }},
      {"a trace of its own", Code::unbound, "binding: trace: the attested file",
       [](Forge& f) { f.file.trace.back() ^= 1; }},
      {"an input that the order does not have", Code::unbound, "binding: inputs: of the order",
       [](Forge& f) {
         f.file.inputs.push_back({"extra", {1}});
       }},
      {"a draw by a stranger", Code::signature, "signature: draw: by the trusted verifier",
       [](Forge& f) { by(f, Kind::draw, "stranger"); }},
      {"a draw over other leaves", Code::unbound, "draw: draw: covers the attestation",
       [](Forge& f) {
         const std::uint64_t attested = f.index(Kind::attestation);
         draw(f, [&](auto& d) {
           d.k = 1;
           d.from = attested + 1;
           d.to = std::max(d.to, d.from + 1);
           d.size = std::max(d.size, d.to);
         });
       }},
      {"a draw at a size that did not exist yet", Code::unbound,
       "draw: draw: covers the attestation",
       [](Forge& f) {
         const std::uint64_t at = f.index(Kind::draw);
         draw(f, [&](auto& d) { d.size = at + 1; });
       }},
      {"a draw over another root than was proven", Code::proof, "draw: draw: VRF proof",
       [](Forge& f) { draw(f, [](auto& d) { d.root.bytes[0] ^= 1; }); }},
      {"a beacon that it was not drawn with", Code::proof, "draw: draw: VRF proof",
       [](Forge& f) { draw(f, [](auto& d) { d.beacon = Bytes(56, 1); }); }},
      {"a spot-check by somebody else", Code::unbound, "opening: spotcheck: by the provider",
       [](Forge& f) { by(f, Kind::spotcheck, "stranger"); }},
      {"positions of the provider's choosing", Code::unbound,
       "opening: spotcheck: answers the draw",
       [](Forge& f) {
         spotcheck(f, [](auto& s) { s.positions[0] = s.positions[0] == 1 ? 2 : 1; });
       }},
      {"a spot-check for another draw", Code::unbound, "opening: spotcheck: answers the draw",
       [](Forge& f) { spotcheck(f, [](auto& s) { s.draw.bytes[0] ^= 1; }); }},
      {"an opening other than was signed", Code::unbound,
       "opening: opening: the bytes that were signed",
       [](Forge& f) { f.file.openings.front().data.back() ^= 1; }},
      {"no opening", Code::no_evidence, "opening: opening: the bytes that were signed",
       [](Forge& f) { f.file.openings.clear(); }},
      {"one opening more", Code::unbound, "opening: openings",
       [](Forge& f) {
         const Bytes more{1, 2, 3};
         f.file.openings.push_back({sha256(more).hex(), more});
       }},
      {"an opening that is not of the trace", Code::proof,
       "opening: opening: proven against the trace",
       [](Forge& f) {
         wire::Opening opening =
             wire::parse_opening_file(f.file.openings.front().data, 1U << 20).value();
         opening.parts.front().data.back() ^= 1;
         const Bytes forged = wire::opening_file(opening);
         f.file.openings.front() = {sha256(forged).hex(), forged};
         spotcheck(f, [&](auto& s) { s.opening_blob = sha256(forged); });
       }},
      {"an empty opening", Code::malformed, "opening: opening: proven against the trace",
       [](Forge& f) {
         const Bytes empty = wire::opening_file({});
         f.file.openings.front() = {sha256(empty).hex(), empty};
         spotcheck(f, [&](auto& s) {
           s.opening_blob = sha256(empty);
           s.opening_bytes = empty.size();
         });
       }},
      {"a verdict by a stranger", Code::signature, "signature: verdict: by the trusted verifier",
       [](Forge& f) { by(f, Kind::verdict, "stranger"); }},
      {"a verdict on another attestation", Code::unbound,
       "verdict: verdict: of this attestation and these positions",
       [](Forge& f) { verdict(f, [](auto& v) { v.attestation_index += 1; }); }},
      {"a verdict on other positions", Code::unbound,
       "verdict: verdict: of this attestation and these positions",
       [](Forge& f) { verdict(f, [](auto& v) { v.positions[0] = v.positions[0] == 1 ? 2 : 1; }); }},
      {"a verdict about another provider", Code::unbound,
       "verdict: verdict: of this attestation and these positions",
       [](Forge& f) {
         verdict(f, [](auto& v) { v.provider = sim_key("provider bob").public_key(); });
       }},
      {"a verdict on another opening", Code::unbound, "verdict: verdict: rests on the opening",
       [](Forge& f) { verdict(f, [](auto& v) { v.ordinal += 1; }); }},
      {"a probability below the policy's", Code::unbound, "verdict: verdict: the coin",
       [](Forge& f) { verdict(f, [](auto& v) { v.p_ppm = 1; }); }},
      {"rubber stamp: a match with nothing opened", Code::no_evidence,
       "verdict: verdict: rests on the opening",
       [](Forge& f) {
         f.drop(Kind::spotcheck);
         f.file.openings.clear();
       }},
      {"a verdict without a draw", Code::no_evidence, "verdict: verdict: rests on a draw",
       [](Forge& f) {
         f.drop(Kind::draw);
         f.drop(Kind::spotcheck);
         f.file.openings.clear();
       }},
      {"signed-only as passed", Code::unbound, "verdict: summary: follows from the verdict",
       [](Forge& f) { f.drop(Kind::verdict); }},
      {"a summary by a stranger", Code::signature, "signature: summary: by the trusted verifier",
       [](Forge& f) { by(f, Kind::summary, "stranger"); }},
      {"an overclaiming summary", Code::unbound, "verdict: summary: follows from the verdict",
       [](Forge& f) { summary(f, [](auto& s) { s.levels[0] = "ASSAY_REPLAYED_8_OF_8"; }); }},
      {"a summary that passes what failed", Code::unbound,
       "verdict: summary: follows from the verdict",
       [](Forge& f) {
         verdict(f, [](auto& v) {
           v.outcome = v.row_outcomes[0] = wire::Outcome::mismatch;
           v.faulty_step = 1;
         });
       }},
      {"a summary of another result", Code::unbound, "verdict: summary: follows from the verdict",
       [](Forge& f) { summary(f, [](auto& s) { s.result.bytes[0] ^= 1; }); }},
      {"a summary under another policy", Code::unbound,
       "verdict: summary: follows from the verdict",
       [](Forge& f) { summary(f, [](auto& s) { s.policy.bytes[0] ^= 1; }); }},
      {"an honest verdict of mismatch", Code::mismatch, "verdict: verdict: outcome",
       [](Forge& f) {
         f.drop(Kind::summary);
         verdict(f, [](auto& v) {
           v.outcome = v.row_outcomes[0] = wire::Outcome::mismatch;
           v.faulty_step = 1;
         });
       }},
      {"openings that never came", Code::no_evidence, "verdict: verdict: outcome",
       [](Forge& f) {
         f.drop(Kind::summary);
         verdict(f, [](auto& v) {
           v.outcome = wire::Outcome::unavailable;
           for (auto& o : v.position_outcomes) o = v.outcome;
           for (auto& o : v.row_outcomes) o = v.outcome;
         });
       }},
      {"a verifier that could not judge", Code::inconclusive, "verdict: verdict: outcome",
       [](Forge& f) {
         f.drop(Kind::summary);
         verdict(f, [](auto& v) {
           v.outcome = wire::Outcome::inconclusive;
           for (auto& o : v.position_outcomes) o = v.outcome;
           for (auto& o : v.row_outcomes) o = v.outcome;
         });
       }},
  };
  return all;
}

TEST_CASE("a file put together again without a lie passes") {
  const Forge forge(gemm_lab());
  CHECK(failed_check(audit(forge.text()).checks) == "");
}

TEST_CASE("each lie in a well-signed, well-logged receipt is caught in its layer") {
  for (const Lie& lie : lies()) {
    INFO(lie.name);
    Forge forge(gemm_lab());
    lie.tell(forge);
    const AuditReport report = audit(forge.text());
    CHECK(failed_check(report.checks) == lie.check);
    REQUIRE(report.code);
    CHECK(code_name(*report.code) == std::string(code_name(lie.code)));
    CHECK(report.exit_code() == static_cast<int>(lie.code));
  }
}

TEST_CASE("a slash in the file is told, whatever the verdict says") {
  const std::vector<std::pair<wire::Fault, Code>> faults = {
      {wire::Fault::wrong_result, Code::mismatch},
      {wire::Fault::withheld, Code::no_evidence},
      {wire::Fault::equivocation, Code::equivocation}};
  for (const auto& [fault, code] : faults) {
    Forge forge(gemm_lab());
    wire::Slash slash;
    slash.provider = forge.leaf(Kind::attestation).signer;
    slash.class_name = "cpu/gemm@1";
    slash.fault = fault;
    slash.job = gemm_lab().job;
    slash.attestation = forge.digest(Kind::attestation);
    slash.attestation_index = forge.index(Kind::attestation);
    slash.evidence_indices = {slash.attestation_index};
    if (fault == wire::Fault::withheld) slash.delivery_proof = "{}";
    if (fault != wire::Fault::withheld) slash.evidence_blob = sha256(as_bytes("evidence"));
    slash.finality = {2'000'000'000'000};
    slash.detail = "for the test";
    forge.add(Kind::slash, wire::statement_text(wire::slash_statement(slash)), sim_key("verifier"));
    const AuditReport report = audit(forge.text());
    CHECK(report.code == code);
    CHECK(report.facts.slash == fault);
    CHECK(report.facts.level == "FAILED");

    // About another attestation it is no part of this receipt.
    slash.attestation_index += 1;
    Forge other(gemm_lab());
    other.add(Kind::slash, wire::statement_text(wire::slash_statement(slash)), sim_key("verifier"));
    CHECK(audit(other.text()).code == Code::unbound);
  }
}

TEST_CASE("an entry that is in the log but is not about this artefact fails") {
  // Two jobs of one provider in one log: every entry of each is signed, logged and proven.
  const std::unique_ptr<Lab> lab = run_job();
  const Result<Digest> second = lab->world.order(lab->world.gemm_order(), "alice");
  REQUIRE(second.ok());
  REQUIRE(lab->world.run_until([&] { return lab->world.is_over(second.value()); }));
  lab->world.run_for(1'000);
  const std::string mine = lab->world.service->receipt(lab->job.hex()).value();
  const std::string other = lab->world.service->receipt(second.value().hex()).value();
  REQUIRE(audit_receipt(mine, options_for(*lab)).ok());
  REQUIRE(audit_receipt(other, options_for(*lab)).ok());

  const wire::CaseFile from = wire::parse_case_file(other).value();
  for (const wire::LoggedEntry& borrowed : from.entries) {
    if (borrowed.name == "policy") continue;
    INFO(borrowed.name);
    wire::CaseFile file = wire::parse_case_file(mine).value();
    for (wire::LoggedEntry& entry : file.entries) {
      if (entry.name == borrowed.name) entry = borrowed;
    }
    const AuditReport report = audit_receipt(wire::case_file_text(file), options_for(*lab));
    REQUIRE(report.code);
    CHECK((report.code == Code::unbound || report.code == Code::no_evidence));
  }
  SECTION("nor does another job's trace or opening") {
    wire::CaseFile file = wire::parse_case_file(mine).value();
    file.trace = from.trace;
    CHECK(audit_receipt(wire::case_file_text(file), options_for(*lab)).code == Code::unbound);
    file = wire::parse_case_file(mine).value();
    file.openings = from.openings;
    CHECK(audit_receipt(wire::case_file_text(file), options_for(*lab)).code == Code::no_evidence);
    file.openings.front().name = wire::parse_case_file(mine).value().openings.front().name;
    CHECK(audit_receipt(wire::case_file_text(file), options_for(*lab)).code == Code::unbound);
  }
  SECTION("nor does an entry under another's name, twice, or of a kind that has no place") {
    wire::CaseFile file = wire::parse_case_file(mine).value();
    file.entries[2].name = "order";
    CHECK(audit_receipt(wire::case_file_text(file), options_for(*lab)).code == Code::unbound);
    file = wire::parse_case_file(mine).value();
    file.entries.push_back(file.entries.back());
    CHECK(audit_receipt(wire::case_file_text(file), options_for(*lab)).code == Code::unbound);
    file = wire::parse_case_file(mine).value();
    file.entries.back().name = "uptime";
    CHECK(audit_receipt(wire::case_file_text(file), options_for(*lab)).code == Code::unbound);
  }
  SECTION("nor do entries of two heads, each of them signed") {
    wire::CaseFile file = wire::parse_case_file(mine).value();
    const wire::CaseFile before = wire::parse_case_file(lab->receipt).value();
    file.entries.back() = before.entries.back();
    CHECK(audit_receipt(wire::case_file_text(file), options_for(*lab)).code == Code::unbound);
  }
}

TEST_CASE("a path of another length, another index or no leaf is no proof") {
  const std::vector<std::pair<const char*, std::function<void(wire::TlogProof&)>>> changes = {
      {"longer", [](wire::TlogProof& p) { p.path.push_back(Digest{}); }},
      {"shorter", [](wire::TlogProof& p) { p.path.pop_back(); }},
      {"next index", [](wire::TlogProof& p) { p.index += 1; }},
      {"index beyond the log", [](wire::TlogProof& p) { p.index = 1U << 30; }},
  };
  for (const auto& [name, change] : changes) {
    INFO(name);
    wire::CaseFile file = wire::parse_case_file(gemm_lab().receipt).value();
    wire::TlogProof proof = wire::parse_tlog_proof(file.entries[1].proof).value();
    change(proof);
    file.entries[1].proof = wire::tlog_proof_text(proof);
    CHECK(audit(wire::case_file_text(file)).code == Code::proof);
  }
  wire::CaseFile file = wire::parse_case_file(gemm_lab().receipt).value();
  wire::TlogProof proof = wire::parse_tlog_proof(file.entries[1].proof).value();
  proof.extra.reset();
  file.entries[1].proof = wire::tlog_proof_text(proof);
  CHECK(audit(wire::case_file_text(file)).code == Code::no_evidence);
}

TEST_CASE("a statement whose signature is forged is named so, even in a log that took it") {
  Forge forge(gemm_lab());
  // A log that does not check: the leaf is logged and proven, but nobody signed it.
  wire::CaseFile file = wire::parse_case_file(forge.text()).value();
  const wire::TlogProof proof = wire::parse_tlog_proof(file.entries[1].proof).value();
  wire::LogLeaf leaf = wire::parse_leaf(*proof.extra).value();
  leaf.signature.bytes[3] ^= 1;
  Tree tree;
  tree.append(leaf_hash(as_bytes("policy")));
  tree.append(leaf_hash(wire::encode_leaf(leaf)));
  const std::string note = wire::note_text(wire::sign_checkpoint(
      {gemm_lab().trust.logs.front().key.name, 2, tree.root(), ""}, sim_key("log")));
  file.entries[1].proof = wire::tlog_proof_text({.extra = wire::encode_leaf(leaf),
                                                 .index = 1,
                                                 .path = tree.inclusion(1),
                                                 .checkpoint = note});
  const AuditReport report = audit(wire::case_file_text(file));
  CHECK(report.code == Code::signature);
  CHECK(failed_check(report.checks) == "signature: order: statement");
}

TEST_CASE("a verifier that lies about a replay is caught by replaying it") {
  // A cheat that zeroes states, and a verifier that holds its hand over it.
  const std::unique_ptr<Lab> lab = run_job(prover::Misbehave::zero_state);
  Forge forge(*lab);
  forge.drop(Kind::summary);
  forge.drop(Kind::slash);
  verdict(forge, [](wire::Verdict& v) {
    v.outcome = wire::Outcome::match;
    for (auto& o : v.position_outcomes) o = v.outcome;
    for (auto& o : v.row_outcomes) o = v.outcome;
    for (auto& o : v.pair_outcomes) o = v.outcome;
    v.faulty_step.reset();
    v.faulty_row.reset();
  });
  verifier::AuditOptions options = options_for(*lab);
  CHECK(audit_receipt(forge.text(), options).ok());  // nothing was recomputed: the lie stands
  options.replay = 3;
  const AuditReport again = audit_receipt(forge.text(), options);
  CHECK(again.code == Code::mismatch);
  CHECK(failed_check(again.checks) == "replay: the verifier's positions, again");

  // Without its openings the rows still do not lead to the result.
  forge.drop(Kind::draw);
  forge.drop(Kind::spotcheck);
  forge.drop(Kind::verdict);
  forge.file.openings.clear();
  options.result = lab->result;
  const AuditReport rows = audit_receipt(forge.text(), options);
  CHECK(rows.code == Code::mismatch);
  CHECK(failed_check(rows.checks) == "replay: rows of your own choosing");
}

}  // namespace
}  // namespace assay::test
