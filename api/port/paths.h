// Where a signed statement is posted: the one thing besides the Port that client and server share.
// Pure; any thread.
#pragma once

#include <string_view>

#include "core/wire/statement.h"

namespace assay::api {

// The statements outsiders may send. Of the paths with "{id}", the id is the job that the statement
// is about. Empty for every other kind.
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
    case wire::Kind::worker: return "/v1/workers";
    case wire::Kind::paid_challenge: return "/v1/challenges";
    default: return "";
  }
}

}  // namespace assay::api
