#include "api/cli/fetch_openings.h"

#include "core/base/time.h"

namespace assay::cli {
namespace {

constexpr std::int64_t kAskEveryMs = 250;

// The opening's digest, once the verifier has it.
Result<std::optional<Digest>> opened_blob(const wire::Json& document) {
  if (text_of(document, "status") != "opened") return std::optional<Digest>{};
  const Result<Digest> blob = Digest::parse_hex(text_of(document, "blob"));
  if (!blob.ok()) return fail(Code::network, "the verifier's answer makes no sense");
  return std::optional<Digest>(blob.value());
}

Result<Bytes> fetch_opening(Session& session, api::Client& client, std::int64_t wait_ms,
                            const Digest& job, const wire::OpeningRequest& request) {
  const std::string text = wire::opening_request_text(request);
  const SteadyMillis began = system_clock().steady_now();
  while (!session.stopped()) {
    const Result<wire::Json> document = client.ask_opening(job.hex(), text);
    if (!document.ok()) return document.error();
    const Result<std::optional<Digest>> blob = opened_blob(document.value());
    if (!blob.ok()) return blob.error();
    if (blob.value()) return client.get_blob(*blob.value());
    if (system_clock().steady_now() - began > wait_ms) {
      return fail(Code::inconclusive, "the provider has not opened it within " +
                                          std::to_string(wait_ms / 1000) +
                                          " s: try again later, or with a longer --wait");
    }
    system_clock().sleep(kAskEveryMs);
  }
  return fail(Code::interrupted, "stopped before the provider opened it");
}

}  // namespace

verifier::AuditSources sources_of(Session& session, api::Client& client, std::int64_t wait_ms) {
  return {[&session, &client, wait_ms](const Digest& job, const wire::OpeningRequest& request) {
            return fetch_opening(session, client, wait_ms, job, request);
          },
          [&client](const Digest& job) { return client.result(job.hex()); }};
}

}  // namespace assay::cli
