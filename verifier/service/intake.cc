#include "verifier/service/intake.h"

#include <algorithm>

#include "core/compute/opening_parts.h"
#include "core/wire/events.h"
#include "core/wire/receipt.h"
#include "verifier/service/disputes.h"

namespace assay::verifier {
namespace {

using reputation::View;
using wire::Kind;

constexpr std::size_t kTraceBytesMax = 64 + std::size_t{64} * (compute::kStepsMax + 1);

Result<PublicKey> key_in(const wire::Json& predicate, std::string_view member) {
  const wire::Json* value = predicate.find(member);
  if (value == nullptr || !value->is_string()) {
    return fail(Code::malformed, "the statement names no " + std::string(member));
  }
  return PublicKey::parse_hex(value->as_string());
}

// The renter of the job that a cancel or reveal is about.
Result<PublicKey> renter_of(const View& view, const Digest& job) {
  Result<std::optional<reputation::JobState>> row = view.job(job);
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::not_found, "no order with the digest " + job.hex());
  return row.value()->renter;
}

// A provider's key by the id that its envelope gives as keyid. Only a hint: open_envelope()
// decides.
Result<PublicKey> provider_by_keyid(const View& view, const wire::Envelope& envelope) {
  Result<Digest> id = Digest::parse_hex(envelope.signatures.empty() ? std::string_view()
                                                                    : envelope.signatures[0].keyid);
  if (!id.ok()) {
    return fail(Code::malformed, "the envelope's keyid must be the provider's id (64 hex digits)");
  }
  Result<std::optional<reputation::ProviderState>> row = view.provider(id.value());
  if (!row.ok()) return row.error();
  if (!row.value()) {
    return fail(Code::not_found, "provider " + id.value().hex() +
                                     " is not registered here: send a registration first");
  }
  return row.value()->key;
}

// Whose move it would be: the provider's if it is an answer, else the challenger's.
Result<PublicKey> mover_of(const View& view, const wire::Statement& statement) {
  const Result<wire::DisputeMove> move = wire::parse_dispute_move(wire::statement_text(statement));
  if (!move.ok()) return move.error();
  const std::uint64_t index = move.value().dispute_index;
  Result<std::optional<reputation::DisputeState>> row = view.dispute(index);
  if (!row.ok()) return row.error();
  if (!row.value()) {
    return fail(Code::not_found, "leaf " + std::to_string(index) + " is not a dispute");
  }
  if (move.value().move.kind != wire::MoveKind::answer) return row.value()->challenger;
  Result<std::optional<reputation::AttestationState>> attestation =
      view.attestation(row.value()->attestation_index);
  if (!attestation.ok()) return attestation.error();
  if (!attestation.value()) return fail(Code::storage, "a dispute without its attestation");
  return attestation.value()->provider;
}

// The operator, of those the policy names, or ourselves.
Result<PublicKey> operator_by_keyid(const Context& context, const wire::Envelope& envelope) {
  // One whose signatures are all of no form has none left.
  if (envelope.signatures.empty()) return fail(Code::malformed, "the envelope has no signature");
  std::vector<PublicKey> may = context.policy().operators;
  may.push_back(context.keys.verifier.public_key());
  for (const PublicKey& key : may) {
    if (key_id(key) == envelope.signatures.front().keyid) return key;
  }
  return fail(Code::permission,
              "only an operator that the policy names may say that, or the verifier's own key, "
              "DATA/keys/verifier.key");
}

// Whom the bytes claim to be by. Nothing but the signature check may rely on it.
Result<PublicKey> claimed_signer(const Context& context, const View& view,
                                 const wire::Envelope& envelope, const wire::Statement& statement) {
  switch (statement.kind) {
    case Kind::registration: return key_in(statement.predicate, "provider");
    case Kind::order: return key_in(statement.predicate, "renter");
    case Kind::cancel:
    case Kind::reveal: return renter_of(view, statement.subject);
    case Kind::dispute: return key_in(statement.predicate, "challenger");
    case Kind::dispute_move: return mover_of(view, statement);
    case Kind::paid_challenge: return key_in(statement.predicate, "challenger");
    case Kind::worker:
    case Kind::stake: return operator_by_keyid(context, envelope);
    case Kind::appeal: return key_in(statement.predicate, "provider");
    default: return provider_by_keyid(view, envelope);
  }
}

// Are the order's parameters and inputs ones that can be run, opened and replayed here?
Status check_order(const Context& context, const Received& received) {
  Result<wire::Order> order = wire::parse_order(*received.said);
  if (!order.ok()) return order.error();
  for (const wire::Input& input : order.value().spec.inputs) {
    if (!context.blobs.has(input.sha256)) {
      return fail(Code::no_evidence, "input '" + input.name + "' is not here: PUT its bytes to " +
                                         "/v1/blobs/" + input.sha256.hex() + " first");
    }
  }
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(order.value().spec, context.inputs(), context.options.caps);
  if (!program.ok()) return program.error().in("order");
  const Status openable =
      compute::check_openable(program.value()->plan(), order.value().assurance, context.policy(),
                              std::min(wire::kOpeningFileBytesMax, context.options.blob_bytes_max));
  if (!openable.ok()) return openable.error().in("order");
  return {};
}

Result<Bytes> delivered_blob(const Context& context, const Digest& digest, const char* what) {
  Result<Bytes> blob = context.blobs.get(digest);
  if (blob.ok() || blob.error().code != Code::not_found) return blob;
  return fail(Code::no_evidence, std::string("the ") + what + " is not here: PUT its bytes to " +
                                     "/v1/blobs/" + digest.hex() + " first");
}

// Does the attestation come with its trace and result, and do these follow from each other?
Status check_attestation(const Context& context, const Received& received) {
  Result<wire::Attestation> said = wire::parse_attestation(*received.said);
  if (!said.ok()) return said.error();
  const wire::Attestation& it = said.value();
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  Result<std::optional<reputation::JobState>> job = view.job(it.job);
  if (!job.ok()) return job.error();
  if (!job.value()) return fail(Code::not_found, "no order with the digest " + it.job.hex());
  Result<std::optional<std::uint64_t>> claim =
      view.claim(it.job, reputation::provider_id(received.opened.signer));
  if (!claim.ok()) return claim.error();
  // A second one needs no further look: two messages are the whole proof. The rules say so, and
  // what is wrong when somebody else is at work on the job.
  if (claim.value() || job.value()->provider != received.opened.signer) return {};
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return head.error();
  Result<LoggedOrder> order = read_order(view, *job.value(), head.value().size);
  if (!order.ok()) return order.error();
  txn.value().reset();

  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(order.value().order.spec, context.inputs(), context.options.caps);
  if (!program.ok()) return fail(Code::storage, program.error().what);
  Result<Bytes> trace_bytes = delivered_blob(context, it.trace_blob, "trace");
  if (!trace_bytes.ok()) return trace_bytes.error();
  if (trace_bytes.value().size() > kTraceBytesMax) {
    return fail(Code::malformed, "the trace file is larger than any trace");
  }
  Result<wire::Trace> trace =
      wire::parse_trace_file(trace_bytes.value(), program.value()->plan().steps);
  if (!trace.ok()) return trace.error();
  if (Status bound =
          check_trace(program.value()->plan(), it, received.opened.signer, trace.value());
      !bound.ok()) {
    return bound;
  }
  Result<Bytes> result = delivered_blob(context, it.result_blob, "result");
  if (!result.ok()) return result.error();
  return check_result(*program.value(), it.result, result.value());
}

Status check_spotcheck(const Context& context, const Received& received) {
  Result<wire::Spotcheck> said = wire::parse_spotcheck(*received.said);
  if (!said.ok()) return said.error();
  const wire::Spotcheck& it = said.value();
  Result<OpenAudit> audit = load_audit(context, it.attestation_index);
  if (!audit.ok()) return audit.error();
  if (audit.value().state.provider != received.opened.signer) {
    return fail(Code::permission, "only the provider that attested may open its attestation");
  }
  if (!repeats(it, audit.value().scope)) {
    return fail(Code::malformed, "the spot-check repeats other positions than were drawn");
  }
  Result<Bytes> blob = delivered_blob(context, it.opening_blob, "opening");
  if (!blob.ok()) return blob.error();
  Result<wire::Opening> opening =
      wire::parse_opening_file(blob.value(), context.options.blob_bytes_max);
  if (!opening.ok()) return opening.error();
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(audit.value().order.spec, context.inputs(), context.options.caps);
  if (!program.ok()) return fail(Code::storage, program.error().what);
  return check_opening(program.value()->plan(), audit.value().trace, audit.value().scope,
                       opening.value());
}

Status check_kind(const Context& context, const Received& received) {
  switch (received.kind) {
    case Kind::order: return check_order(context, received);
    case Kind::attestation: return check_attestation(context, received);
    case Kind::spotcheck: return check_spotcheck(context, received);
    case Kind::dispute: return check_dispute(context, received);
    case Kind::dispute_move: return check_dispute_move(context, received);
    default: return {};
  }
}

bool outsiders_may_send(Kind kind) {
  switch (kind) {
    case Kind::registration:
    case Kind::order:
    case Kind::cancel:
    case Kind::reveal:
    case Kind::acceptance:
    case Kind::attestation:
    case Kind::spotcheck:
    case Kind::dispute:
    case Kind::dispute_move:
    case Kind::paid_challenge:
    case Kind::worker:
    case Kind::stake:
    case Kind::appeal: return true;
    case Kind::maintenance: return true;
    default: return false;
  }
}

// A statement that is in the log already is answered without repeating the dear checks.
Result<std::optional<api::Accepted>> known_already(const Context& context,
                                                   const Received& received) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  Result<std::optional<std::uint64_t>> index =
      view.logged_at(wire::dedup_key(received.opened.signer, received.opened.pae_digest));
  if (!index.ok()) return index.error();
  if (!index.value()) return std::optional<api::Accepted>{};
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return head.error();
  Result<wire::LogLeaf> leaf = view.log(head.value().size).leaf(*index.value());
  if (!leaf.ok()) return leaf.error();
  return std::optional<api::Accepted>(api::Accepted{.statement = received.opened.pae_digest,
                                                    .log_index = *index.value(),
                                                    .log_time_ms = leaf.value().time.ms,
                                                    .already_known = true});
}

}  // namespace

Result<TakenIn> taken_in(Received received, const Result<reputation::Appended>& appended) {
  if (!appended.ok()) return appended.error();
  return TakenIn{std::move(received),
                 {.statement = appended.value().statement,
                  .log_index = appended.value().index,
                  .log_time_ms = appended.value().time.ms,
                  .already_known = appended.value().already_known}};
}

Result<Received> receive(const Context& context, Kind kind, const std::string& envelope) {
  Result<wire::Envelope> parsed = wire::parse_envelope(envelope);
  if (!parsed.ok()) return parsed.error();
  Result<wire::Statement> statement = wire::parse_statement(as_text(parsed.value().payload), kind);
  if (!statement.ok()) return statement.error();
  const auto unverified = std::make_shared<const wire::Statement>(std::move(statement).value());
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  Result<PublicKey> signer =
      claimed_signer(context, View(*txn.value()), parsed.value(), *unverified);
  if (!signer.ok()) return signer.error();
  Result<wire::OpenedEnvelope> opened = wire::open_envelope(parsed.value(), signer.value());
  if (!opened.ok()) return opened.error();
  return Received{kind, std::move(opened).value(), unverified};
}

Result<OpenAudit> load_audit(const Reading& context, std::uint64_t attestation_index) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  Result<std::optional<reputation::AttestationState>> row = view.attestation(attestation_index);
  if (!row.ok()) return row.error();
  if (!row.value()) {
    return fail(Code::not_found,
                "leaf " + std::to_string(attestation_index) + " is not an attestation");
  }
  OpenAudit audit;
  audit.state = std::move(*row.value());
  audit.attestation_index = attestation_index;
  Result<std::optional<reputation::JobState>> job = view.job(audit.state.job);
  Result<reputation::Head> head = view.head();
  if (!job.ok() || !head.ok() || !job.value()) {
    return fail(Code::inconclusive, "the job of that attestation cannot be read");
  }
  Result<LoggedOrder> order = read_order(view, *job.value(), head.value().size);
  if (!order.ok()) return fail(Code::inconclusive, order.error().what);
  const Result<const reputation::LoggedPolicy*> policy = context.policy_of(*job.value());
  if (!policy.ok()) return policy.error();
  audit.policy = policy.value();
  txn.value().reset();
  audit.order = std::move(order.value().order);

  Result<Bytes> bytes = context.blobs.get(audit.state.trace_blob);
  if (!bytes.ok()) return fail(Code::inconclusive, bytes.error().what);
  Result<wire::Trace> trace = wire::parse_trace_file(bytes.value(), audit.state.steps);
  if (!trace.ok()) return fail(Code::inconclusive, trace.error().what);
  audit.trace = std::move(trace).value();
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(audit.order.spec, context.inputs(), context.options.caps);
  if (!program.ok()) return fail(Code::inconclusive, program.error().what);
  audit.scope = derive_scope(audit.state.seed, program.value()->plan(), audit.order.assurance,
                             audit.policy->policy);
  return audit;
}

Result<std::optional<api::Accepted>> examine(const Context& context, const Received& received) {
  Result<std::optional<api::Accepted>> known = known_already(context, received);
  if (!known.ok() || known.value()) return known;
  if (Status sound = check_kind(context, received); !sound.ok()) return sound.error();
  return known;
}

Result<TakenIn> take_in(const Context& context, Kind kind, const std::string& envelope) {
  if (!outsiders_may_send(kind)) {
    return fail(Code::permission, "statements of this kind are the verifier's own");
  }
  Result<Received> received = receive(context, kind, envelope);
  if (!received.ok()) return received.error();
  Result<std::optional<api::Accepted>> known = examine(context, received.value());
  if (!known.ok()) return known.error();
  if (known.value()) return TakenIn{std::move(received).value(), *known.value()};
  Result<reputation::Appended> appended =
      context.writer.submit({kind, received.value().opened, received.value().said});
  return taken_in(std::move(received).value(), appended);
}

}  // namespace assay::verifier
