// The draw: from the VRF proof to the positions, nothing of it chosen by whoever is audited.
#include <algorithm>

#include "core/crypto/ecvrf.h"
#include "core/wire/paid_challenge.h"
#include "core/wire/stake.h"
#include "verifier/audit_case.h"
#include "verifier/replay.h"

namespace assay::verifier::audit {

using wire::Kind;

namespace {

std::string range(std::uint64_t from, std::uint64_t to) {
  return "[" + std::to_string(from) + ", " + std::to_string(to) + ")";
}

const char* what_asks(wire::Reason reason) {
  switch (reason) {
    case wire::Reason::paid: return "the challenge";
    case wire::Reason::retro: return "the unbonding";
    default: return "the attestation";
  }
}

Status check_challenge(const ProvenEntry& entry, const BoundJob& job) {
  const Result<wire::PaidChallenge> said = wire::parse_paid_challenge(entry.leaf.payload);
  if (!said.ok()) return said.error();
  const wire::PaidChallenge& it = said.value();
  if (it.challenger != entry.leaf.signer) {
    return fail(Code::signature, "the challenge is signed by another key than it names");
  }
  if (it.attestation == job.attestation_digest && it.attestation_index == job.attestation_index &&
      it.job == job.job) {
    return {};
  }
  return fail(Code::unbound, "the challenge is about another attestation or job");
}

Status check_unbonding(const ProvenEntry& entry, const BoundJob& job, const wire::Trust& trust) {
  const Result<wire::Stake> said = wire::parse_stake(entry.leaf.payload);
  if (!said.ok()) return said.error();
  const std::vector<PublicKey>& operators = job.policy.operators;
  if (entry.leaf.signer != *trust.verifier &&
      std::ranges::find(operators, entry.leaf.signer) == operators.end()) {
    return fail(Code::signature, "the unbonding is told of by " + key_id(entry.leaf.signer) +
                                     ", who is no operator of the policy");
  }
  if (said.value().move == wire::StakeMove::unbond && said.value().provider == job.provider) {
    return {};
  }
  return fail(Code::unbound, "the stake's move is no unbonding of this provider");
}

Status check_range(const wire::Draw& draw, std::uint64_t draw_index, const DrawCause& cause) {
  if (cause.leaf < draw.from || cause.leaf >= draw.to) {
    return fail(Code::unbound, "it covers leaves " + range(draw.from, draw.to) + ", " +
                                   what_asks(cause.reason) + " is leaf " +
                                   std::to_string(cause.leaf));
  }
  if (draw.to > draw.size || draw.size > draw_index) {
    return fail(Code::unbound, "it was drawn at a size of " + std::to_string(draw.size) +
                                   ", which is not between its range and its own leaf");
  }
  return {};
}

// The renter's secret counts when its reveal lies below the checkpoint of the draw.
std::optional<Digest> renter_secret(const Case& file, const BoundJob& job, const wire::Draw& draw,
                                    CheckList& list) {
  const std::string name = "reveal: renter's secret";
  const ProvenEntry* entry = file.find(Kind::reveal);
  if (entry == nullptr) {
    if (job.order.renter_secret_commitment != Digest{}) {
      list.note(layer::kDraw, name, "committed in the order, but the file shows no reveal");
    }
    return Digest{};
  }
  const auto reveal = read_entry<wire::Reveal>(*entry, wire::parse_reveal, list);
  if (!reveal) return {};
  if (!list.check(layer::kSignature, "reveal: by the renter",
                  entry->leaf.signer == job.order.renter, Code::signature,
                  "it is signed by another key than the renter's")) {
    return {};
  }
  const bool opens =
      reveal->job == job.job && sha256(reveal->secret.view()) == job.order.renter_secret_commitment;
  if (!list.check(layer::kDraw, name, opens, Code::unbound,
                  "it does not open the commitment of this order")) {
    return {};
  }
  if (entry->index < draw.size) return reveal->secret;
  list.note(layer::kDraw, name, "revealed after the checkpoint of the draw: it does not count");
  return Digest{};
}

Status check_answer(const wire::Spotcheck& it, const BoundJob& job, const DrawnAudit& drawn) {
  if (it.draw != drawn.statement || it.attestation != job.attestation_digest ||
      it.attestation_index != job.attestation_index || it.reason != drawn.reason) {
    return fail(Code::unbound, "it answers another draw or is about another attestation");
  }
  if (!repeats(it, drawn.scope)) {
    return fail(Code::unbound, "it opens other positions than were drawn");
  }
  return {};
}

// The bytes that the provider signed as its opening, and no others.
Result<wire::Opening> named_opening(const Case& file, const wire::Spotcheck& spotcheck) {
  const wire::NamedBytes* found = nullptr;
  for (const wire::NamedBytes& blob : file.file.openings) {
    if (blob.name == spotcheck.opening_blob.hex()) found = &blob;
  }
  if (found == nullptr) {
    return fail(Code::no_evidence, "the file lacks " + spotcheck.opening_blob.hex());
  }
  if (found->data.size() != spotcheck.opening_bytes ||
      sha256(found->data) != spotcheck.opening_blob) {
    return fail(Code::unbound, "its bytes do not hash to what the spot-check names");
  }
  return wire::parse_opening_file(found->data, wire::kCaseFileBytesMax);
}

}  // namespace

Result<DrawCause> draw_cause(const Case& file, const BoundJob& job, const wire::Trust& trust) {
  const ProvenEntry* challenge = file.find(Kind::paid_challenge);
  const ProvenEntry* unbonding = file.find(Kind::stake);
  if (challenge == nullptr && unbonding == nullptr) {
    return DrawCause{wire::Reason::first, job.attestation_index};
  }
  if (file.file.kind == wire::CaseFileKind::receipt || (challenge != nullptr && unbonding)) {
    return fail(Code::unbound, "what asks for another audit stands in fraud proofs, alone");
  }
  const ProvenEntry& cause = challenge != nullptr ? *challenge : *unbonding;
  const Status about =
      challenge != nullptr ? check_challenge(cause, job) : check_unbonding(cause, job, trust);
  if (!about.ok()) return about.error();
  if (cause.index <= job.attestation_index) {
    return fail(Code::unbound, "it was logged before the attestation");
  }
  return DrawCause{challenge != nullptr ? wire::Reason::paid : wire::Reason::retro, cause.index};
}

std::string scope_text(const Scope& scope) {
  std::string text = std::to_string(scope.positions.size()) + " steps, " +
                     std::to_string(scope.rows.size()) + " rows";
  if (!scope.pairs.empty()) text += ", " + std::to_string(scope.pairs.size()) + " row micro-checks";
  return text;
}

std::optional<DrawnAudit> check_draw(const Case& file, const BoundJob& job,
                                     const compute::Plan& plan, const wire::Trust& trust,
                                     CheckList& list) {
  const ProvenEntry* entry = file.find(Kind::draw);
  if (entry == nullptr) {
    list.note(layer::kDraw, "draw", "none in this file: nothing was drawn when it was made");
    return {};
  }
  if (!check_verifier_signed(*entry, trust, list)) return {};
  const auto draw = read_entry<wire::Draw>(*entry, wire::parse_draw, list);
  if (!draw) return {};
  const Result<DrawCause> cause = draw_cause(file, job, trust);
  if (!cause.ok()) {
    list.fail(layer::kDraw, "draw: what asked for it", cause.error());
    return {};
  }
  const wire::Reason reason = cause.value().reason;
  if (!list.check(
          layer::kDraw,
          reason == wire::Reason::first ? "draw: covers the attestation"
                                        : "draw: covers what asked for it",
          check_range(*draw, entry->index, cause.value()),
          "leaf " + std::to_string(cause.value().leaf) + " in " + range(draw->from, draw->to))) {
    return {};
  }
  const Result<VrfOutput> beta = vrf_verify(
      *trust.vrf, wire::draw_alpha(file.head.checkpoint.origin, *draw).view(), draw->proof);
  if (!beta.ok()) {
    list.fail(layer::kDraw, "draw: VRF proof", assay::fail(Code::proof, beta.error().what));
    return {};
  }
  list.pass(layer::kDraw, "draw: VRF proof", "over the log at size " + std::to_string(draw->size));
  list.note(layer::kDraw, "draw: its checkpoint",
            "that the log had this root at size " + std::to_string(draw->size) +
                ", and that draws leave no gap, takes the log itself: assay log verify");
  const std::optional<Digest> secret = renter_secret(file, job, *draw, list);
  if (!secret) return {};
  const Digest seed =
      wire::draw_seed(beta.value(), job.attestation_index, job.attestation_leaf, reason, *secret);
  DrawnAudit drawn{reason, entry->leaf.pae_digest, entry->index, wire::DrawStream(seed).word(),
                   derive_scope(seed, plan, job.order.assurance, job.policy)};
  list.pass(layer::kDraw, "draw: positions derived", scope_text(drawn.scope));
  return drawn;
}

Status check_only_named(const Case& file) {
  std::string named;
  if (const ProvenEntry* entry = file.find(Kind::spotcheck)) {
    Result<wire::Spotcheck> spotcheck = wire::parse_spotcheck(entry->leaf.payload);
    if (!spotcheck.ok()) return spotcheck.error();
    named = spotcheck.value().opening_blob.hex();
  }
  for (const wire::NamedBytes& blob : file.file.openings) {
    if (blob.name != named) {
      return fail(Code::unbound, "no spot-check in the file names " + blob.name);
    }
  }
  return {};
}

std::optional<OpenedAudit> check_opened(const Case& file, const BoundJob& job,
                                        const BoundTrace& trace, const DrawnAudit& drawn,
                                        CheckList& list) {
  const ProvenEntry* entry = file.find(Kind::spotcheck);
  if (entry == nullptr) {
    list.skip(layer::kOpening, "spotcheck", "nothing was opened");
    return {};
  }
  const auto spotcheck = read_entry<wire::Spotcheck>(*entry, wire::parse_spotcheck, list);
  if (!spotcheck ||
      !list.check(layer::kOpening, "spotcheck: by the provider", entry->leaf.signer == job.provider,
                  Code::unbound, "it is signed by " + key_id(entry->leaf.signer)) ||
      !list.check(layer::kOpening, "spotcheck: answers the draw",
                  check_answer(*spotcheck, job, drawn)) ||
      !list.check(layer::kOpening, "spotcheck: after the draw", entry->index > drawn.index,
                  Code::unbound, "it was logged before the draw")) {
    return {};
  }
  Result<wire::Opening> opening = named_opening(file, *spotcheck);
  if (!opening.ok()) {
    list.fail(layer::kOpening, "opening: the bytes that were signed", opening.error());
    return {};
  }
  list.pass(layer::kOpening, "opening: the bytes that were signed",
            std::to_string(spotcheck->opening_bytes) + " bytes");
  if (!list.check(layer::kOpening, "opening: proven against the trace",
                  check_opening(trace.program->plan(), trace.trace, drawn.scope, opening.value()),
                  std::to_string(opening.value().parts.size()) + " parts")) {
    return {};
  }
  return OpenedAudit{std::move(opening).value(), entry->index, spotcheck->ordinal};
}

}  // namespace assay::verifier::audit
