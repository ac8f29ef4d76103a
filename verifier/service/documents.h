// The documents that reads answer with: JSON for people and programs, built from one snapshot.
// Thread-safe. Members are described in api/openapi.yaml.
#pragma once

#include "api/port/port.h"
#include "core/wire/events.h"
#include "verifier/service/context.h"

namespace assay::verifier {

class Jobs;
class Previews;
struct Waiting;

Result<wire::Json> provider_document(const Reading& context, const std::string& id);
Result<wire::Json> providers_document(const Reading& context, const api::Page& page);
Result<wire::Json> explain_document(const Reading& context, const std::string& id);
Result<wire::Json> job_document(const Reading& context, const std::string& id);
// Why an open job is not on offer to anybody.
wire::Json waiting_json(const Waiting& waiting);
// What the provider that is at a job shows of it, after the step `after`.
Result<wire::Json> preview_document(const Reading& context, const Jobs& jobs,
                                    const Previews& previews, const std::string& id,
                                    std::uint64_t after);
Result<wire::Json> slash_document(const Reading& context, const std::string& id);
Result<wire::Json> slashes_document(const Reading& context, const api::Page& page);
Result<wire::Json> challenge_document(const Reading& context, const std::string& id);
// All of the service in a few numbers.
Result<wire::Json> overview_document(const Reading& context);
// The windows that a provider's uptime is made of, and what they come to.
Result<wire::Json> uptime_document(const Reading& context, const std::string& id);
Result<wire::Json> provider_part_document(const Reading& context, const std::string& id,
                                          api::ProviderPart part);
// A provider's trust after each epoch that counted something, by today's other factors.
Result<wire::Json> history_document(const Reading& context, const std::string& id);
Result<wire::Json> events_document(const Reading& context, std::uint64_t after,
                                   std::uint32_t limit);

// The signed score statement of a provider, as a DSSE envelope.
Result<std::string> score_envelope(const Context& context, const std::string& id);

// The signed settlement of a job.
//   conflict     the job has not ended
Result<std::string> settlement_envelope(const Context& context, const std::string& id);

// Hex ids as they stand in URLs.
//   malformed    not 64 lower-case hex digits
Result<Digest> parse_id(const std::string& text, const char* what);

}  // namespace assay::verifier
