// in-toto Statement v1 as Assay uses it: one subject, one predicate of a known type.
// Values; any thread. Bytes: FORMAT.md "Statements". What is signed is the bytes: parse what
// open_envelope() hands on, and never serialise a parsed statement to check a signature.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/crypto/sha256.h"
#include "core/wire/json.h"

namespace assay::wire {

// Everything that is ever said under a signature. The role that must sign is in the comment.
enum class Kind {
  registration,    // provider
  order,           // renter ("job" on the wire)
  cancel,          // renter
  reveal,          // renter
  acceptance,      // provider
  attestation,     // provider
  heartbeat,       // provider; kept, not logged
  spotcheck,       // provider
  draw,            // verifier
  verdict,         // verifier
  summary,         // verifier: SLSA Verification Summary v1
  timeout,         // verifier
  uptime,          // verifier
  slash,           // verifier
  reversal,        // verifier
  appeal,          // the slashed provider
  ruling,          // verifier
  dispute,         // a challenger, whose key it names
  dispute_move,    // the challenger, or the provider
  dispute_end,     // verifier
  stake,           // an operator that the policy names, or the verifier
  maintenance,     // provider
  measurement,     // verifier
  worker,          // the verifier, or an operator that the policy names
  worker_call,     // worker; not kept
  worker_result,   // worker; kept, not logged
  paid_challenge,  // a challenger, whose key it names
  snapshot,        // verifier
  policy,          // verifier
  score,           // verifier; given out, not logged
  settlement,      // verifier; given out, not logged
};

// Names, not addresses: the prefix is "https://assay.example/", the version 1 of each.
std::string_view predicate_type(Kind kind);
std::optional<Kind> kind_of_predicate_type(std::string_view type);
std::string_view kind_name(Kind kind);  // "job", "attestation", … for people and URLs

// A statement's text fits one log leaf.
inline constexpr std::size_t kStatementBytesMax = 65'393;  // kLeafPayloadMax of leaf.h

struct Statement {
  Kind kind = Kind::order;
  std::string subject_name;  // the kind of thing the statement is about
  Digest subject;
  Json predicate;
};

std::string statement_text(const Statement& statement);
//   malformed    longer than kStatementBytesMax, not in-toto v1, not exactly one subject, an
//   unknown
//                predicate type, or a member that in-toto v1 as used here does not have
Result<Statement> parse_statement(std::string_view payload);
//   malformed    it is of another kind
Status expect_kind(const Statement& statement, Kind expected);
// Both at once.
Result<Statement> parse_statement(std::string_view payload, Kind expected);

}  // namespace assay::wire
