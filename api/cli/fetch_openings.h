// What an audit fetches of a job that its receipt lacks: openings, which the verifier asks of the
// provider, and the result. Thread-safe as the client is; one thread waits.
#pragma once

#include "api/cli/session.h"
#include "verifier/audit.h"

namespace assay::cli {

// From this verifier, waiting so long for the provider to open what it is asked for. The client and
// the session must outlive it. Errors of the sources:
//   inconclusive the provider did not open it in time
//   interrupted  the session was stopped
//   others       those of the client
verifier::AuditSources sources_of(Session& session, api::Client& client, std::int64_t wait_ms);

}  // namespace assay::cli
