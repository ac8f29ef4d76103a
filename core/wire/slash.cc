// Slash, reversal and score of events.h.
#include <algorithm>
#include <array>

#include "core/wire/events.h"
#include "core/wire/poll.h"
#include "core/wire/predicate.h"

namespace assay::wire {

namespace {

constexpr std::array<std::string_view, 3> kFaults{"wrong-result", "withheld", "equivocation"};
constexpr std::array<std::string_view, 4> kReversalCauses{"delivered", "overturned", "drawn",
                                                          "expired"};
constexpr std::size_t kEvidenceMax = 16;
constexpr std::size_t kClassNameMax = 128;
constexpr std::size_t kDetailMax = 1024;

Json indices_to_json(const std::vector<std::uint64_t>& indices) {
  Json out = Json::array();
  for (const std::uint64_t index : indices) out.push(u64_text(index));
  return out;
}

std::vector<std::uint64_t> read_indices(Fields& in, std::string_view key) {
  std::vector<std::uint64_t> indices;
  for (const Json& json : in.array(key, kEvidenceMax)) {
    const Result<std::uint64_t> index = parse_u64(json.is_string() ? json.as_string() : "");
    if (!index.ok() || (!indices.empty() && index.value() <= indices.back())) {
      in.note(key, "must be ascending log indices, as decimal strings");
      return {};
    }
    indices.push_back(index.value());
  }
  if (indices.empty()) in.note(key, "is empty");
  return indices;
}

Fault read_fault(Fields& in, std::string_view key) {
  const std::optional<Fault> fault = parse_fault(in.text(key, 16));
  if (!fault) in.note(key, "is none of wrong-result, withheld, equivocation");
  return fault.value_or(Fault::wrong_result);
}

std::string read_cause(Fields& in, std::string_view key) {
  std::string cause = in.text(key, 16);
  if (std::find(kReversalCauses.begin(), kReversalCauses.end(), cause) == kReversalCauses.end()) {
    in.note(key, "is none of delivered, overturned, drawn, expired");
  }
  return cause;
}

}  // namespace

std::string_view fault_name(Fault fault) {
  return kFaults[static_cast<std::size_t>(fault)];
}

std::optional<Fault> parse_fault(std::string_view name) {
  const auto at = std::find(kFaults.begin(), kFaults.end(), name);
  if (at == kFaults.end()) return std::nullopt;
  return static_cast<Fault>(at - kFaults.begin());
}

Statement slash_statement(const Slash& slash) {
  Json json;
  json.set("provider", slash.provider.hex())
      .set("class", slash.class_name)
      .set("fault", fault_name(slash.fault))
      .set("job", slash.job.hex())
      .set("attestation", slash.attestation.hex())
      .set("attestation_index", u64_text(slash.attestation_index))
      .set("evidence_indices", indices_to_json(slash.evidence_indices))
      .set("evidence_blob", slash.evidence_blob.hex())
      .set("delivery_proof", slash.delivery_proof)
      .set("severity_ppm", slash.severity_ppm)
      .set("finality", time_text(slash.finality))
      .set("detail", people_text(slash.detail, kDetailMax));
  return {Kind::slash, "attestation", slash.attestation, std::move(json)};
}

Result<Slash> parse_slash(std::string_view payload) {
  return parse_predicate<Slash>(payload, Kind::slash, [](Fields& in, const Statement& statement) {
    Slash slash;
    slash.provider = in.fixed<PublicKey>("provider");
    slash.class_name = some_text(in, "class", kClassNameMax);
    slash.fault = read_fault(in, "fault");
    slash.job = in.fixed<Digest>("job");
    slash.attestation = in.fixed<Digest>("attestation");
    slash.attestation_index = in.u64("attestation_index");
    slash.evidence_indices = read_indices(in, "evidence_indices");
    slash.evidence_blob = in.fixed<Digest>("evidence_blob");
    slash.delivery_proof = opaque_text(in, "delivery_proof", kHeartbeatBytesMax);
    if ((slash.fault == Fault::withheld) != !slash.delivery_proof.empty()) {
      in.note("delivery_proof", "belongs to withheld, always, and to no other fault");
    }
    slash.severity_ppm = in.u32("severity_ppm", 1, 2 * kMillion);
    slash.finality = read_time(in, "finality");
    slash.detail = in.text("detail", kDetailMax);
    expect_subject(in, statement, "attestation", slash.attestation);
    return slash;
  });
}

Statement reversal_statement(const Reversal& reversal, const Digest& slash) {
  Json json;
  json.set("slash_index", u64_text(reversal.slash_index))
      .set("provider", reversal.provider.hex())
      .set("cause", reversal.cause);
  return {Kind::reversal, "slash", slash, std::move(json)};
}

Result<Reversal> parse_reversal(std::string_view payload) {
  return parse_predicate<Reversal>(payload, Kind::reversal,
                                   [](Fields& in, const Statement& statement) {
                                     Reversal reversal;
                                     reversal.slash_index = in.u64("slash_index");
                                     reversal.provider = in.fixed<PublicKey>("provider");
                                     reversal.cause = read_cause(in, "cause");
                                     expect_subject(in, statement, "slash", statement.subject);
                                     return reversal;
                                   });
}

Statement score_statement(const Score& score) {
  Json json;
  json.set("provider", score.provider.hex())
      .set("class", score.class_name)
      .set("origin", score.origin)
      .set("tree_size", u64_text(score.tree_size))
      .set("root", score.root.hex())
      .set("policy", score.policy.hex())
      .set("epoch", u64_text(score.epoch))
      .set("final", score.final)
      .set("trust_ppm", score.trust_ppm)
      .set("slash_ppm", score.slash_ppm)
      .set("integrity_ppm", score.integrity_ppm)
      .set("uptime_ppm", score.uptime_ppm)
      .set("performance_ppm", score.performance_ppm)
      .set("stake_ppm", score.stake_ppm)
      .set("audits", u64_text(score.audits))
      .set("uncertainty_ppm", score.uncertainty_ppm)
      .set("tombstoned", score.tombstoned);
  if (score.proof) json.set("snapshot", score_proof_json(*score.proof));
  return {Kind::score, "provider", provider_digest(score.provider), std::move(json)};
}

Result<Score> parse_score(std::string_view payload) {
  return parse_predicate<Score>(payload, Kind::score, [](Fields& in, const Statement& statement) {
    Score score;
    score.provider = in.fixed<PublicKey>("provider");
    score.class_name = in.text("class", kClassNameMax);
    score.origin = some_text(in, "origin", 256);
    score.tree_size = in.u64("tree_size");
    score.root = in.fixed<Digest>("root");
    score.policy = in.fixed<Digest>("policy");
    score.epoch = in.u64("epoch");
    score.final = in.boolean("final");
    score.trust_ppm = in.u32("trust_ppm", 0, kMillion);
    score.slash_ppm = in.u32("slash_ppm", 0, kMillion);
    score.integrity_ppm = in.u32("integrity_ppm", 0, kMillion);
    score.uptime_ppm = in.u32("uptime_ppm", 0, kMillion);
    score.performance_ppm = in.u32("performance_ppm", 0, kMillion);
    score.stake_ppm = in.u32("stake_ppm", 0, kMillion);
    score.audits = in.u64("audits");
    score.uncertainty_ppm = in.u32("uncertainty_ppm", 0, kMillion);
    score.tombstoned = in.boolean("tombstoned");
    if (score.final) score.proof = read_score_proof(in, "snapshot");
    expect_subject(in, statement, "provider", provider_digest(score.provider));
    return score;
  });
}

}  // namespace assay::wire
