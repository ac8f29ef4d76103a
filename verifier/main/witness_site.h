// A witness over HTTP: POST /add-checkpoint, and nothing else.
// Pure but for the witness; thread-safe as it is.
#pragma once

#include "api/server/http_server.h"
#include "verifier/witness/witness.h"

namespace assay::verifier {

// `witness` outlives it.
api::Site witness_site(witness::Witness& witness);

}  // namespace assay::verifier
