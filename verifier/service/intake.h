// Intake: from bytes that anybody may have sent to a statement in the log. Everything is an attack
// until parsed; whatever is refused leaves no trace. Thread-safe.
//
// Order of work, cheapest first: envelope, claimed signer, signature, then what the kind needs
// (an order must validate and have its inputs here; an attestation must carry its trace and result;
// an opening must be exactly what was asked for), then the single writer's rules.
#pragma once

#include "api/port/port.h"
#include "verifier/service/context.h"

namespace assay::verifier {

// An envelope whose signature holds, and whose it is.
struct Received {
  wire::Kind kind = wire::Kind::order;
  wire::OpenedEnvelope opened;
  std::shared_ptr<const wire::Statement> said;  // opened.payload, parsed
};

//   malformed    not an envelope, or a statement of another kind
//   not_found    signed by a provider or about a job that is not known here
//   signature    the signature does not hold
Result<Received> receive(const Context& context, wire::Kind kind, const std::string& envelope);

// What an opening answers, resolved against the log and the blobs.
struct OpenAudit {
  reputation::AttestationState state;
  std::uint64_t attestation_index = 0;
  const reputation::LoggedPolicy* policy = nullptr;  // the job's, in the context's book
  wire::Order order;
  wire::Trace trace;
  Scope scope;
};
//   not_found    no such attestation
//   inconclusive its order, inputs or trace cannot be had: our failure
Result<OpenAudit> load_audit(const Reading& context, std::uint64_t attestation_index);

// Receives, checks and logs one statement of a provider or renter.
struct TakenIn {
  Received received;
  api::Accepted accepted;
};
Result<TakenIn> take_in(const Context& context, wire::Kind kind, const std::string& envelope);

}  // namespace assay::verifier
