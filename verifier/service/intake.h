// Intake: from bytes that anybody may have sent to a statement in the log. Everything is an attack
// until parsed; whatever is refused leaves no trace. Thread-safe.
//
// Order of work, cheapest first: envelope, claimed signer, signature, then what the kind needs
// (an order must validate and have its inputs here; an attestation must carry its trace and result;
// an opening must be exactly what was asked for), then the single writer's rules.
#pragma once

#include <span>

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

// All that there is to say of a received statement before the writer's rules: that it is in the log
// already, or what is wrong with it. Nothing: it may be logged.
Result<std::optional<api::Accepted>> examine(const Context& context, const Received& received);

// Receives, examines and logs one statement of a provider or renter.
struct TakenIn {
  Received received;
  api::Accepted accepted;
};
// What the writer's answer makes of it.
Result<TakenIn> taken_in(Received received, const Result<reputation::Appended>& appended);
Result<TakenIn> take_in(const Context& context, wire::Kind kind, const std::string& envelope);

// The same of several attestations, as if one came after the other; an answer for each, in their
// order. Those that are new and sound are one commit, with one exception: a further one by the same
// provider about the same job waits for what became of the first, since that decides what it is
// held to.
std::vector<Result<TakenIn>> take_in_attestations(const Context& context,
                                                  std::span<const std::string> envelopes);

}  // namespace assay::verifier
