// Where a signed statement is posted: the one thing besides the Port that client and server share.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/wire/statement.h"

namespace assay::api {

// The statements outsiders may send. Of the paths with "{id}", the id is that of the job or, for an
// appeal, the slash that the statement is about: statement_id(). Empty for every other kind.
constexpr std::string_view submit_path(wire::Kind kind) {
  switch (kind) {
    case wire::Kind::registration: return "/v1/providers";
    case wire::Kind::order: return "/v1/jobs";
    case wire::Kind::cancel: return "/v1/jobs/{id}/cancel";
    case wire::Kind::reveal: return "/v1/jobs/{id}/reveal";
    case wire::Kind::acceptance: return "/v1/acceptances";
    case wire::Kind::attestation: return "/v1/attestations";
    case wire::Kind::spotcheck: return "/v1/openings";
    case wire::Kind::dispute: return "/v1/disputes";
    case wire::Kind::dispute_move: return "/v1/dispute-moves";
    case wire::Kind::stake: return "/v1/stake";
    case wire::Kind::appeal: return "/v1/slashes/{id}/appeal";
    case wire::Kind::maintenance: return "/v1/maintenance";
    case wire::Kind::worker: return "/v1/workers";
    case wire::Kind::paid_challenge: return "/v1/challenges";
    default: return "";
  }
}

// What stands for "{id}": a slash is named by its leaf, a job by its digest.
inline std::string statement_id(const wire::Statement& statement) {
  if (statement.kind != wire::Kind::appeal) return statement.subject.hex();
  const wire::Json* index = statement.predicate.find("slash_index");
  return index != nullptr && index->is_string() ? index->as_string() : "";
}

}  // namespace assay::api
