// What the service does with its index of providers: reads, matches, and whom jobs are offered to.
#include "verifier/service/documents.h"
#include "verifier/service/market_match.h"
#include "verifier/service/market_search.h"
#include "verifier/service/service.h"

namespace assay::verifier {

using wire::Json;

// By what the index holds, and by what is open at this moment: a provider must not get a second job
// because the index has not seen its first.
void Service::match_jobs() {
  const Result<std::shared_ptr<const Market>> market = index_.market();
  if (!market.ok()) return;
  const Result<LedgerChanges::OpenJobs> open = index_.changes().open_jobs();
  if (!open.ok()) return;
  jobs_.match(agents_.candidates(*market.value(), open.value()));
}

Result<api::Found> Service::search(const api::Search& search) {
  const Result<std::shared_ptr<const Market>> market = index_.market();
  if (!market.ok()) return market.error();
  return search_market(*market.value(), context_, index_.cursor_key(), search);
}
Result<Json> Service::match(const std::string& request) {
  const Result<std::shared_ptr<const Market>> market = index_.market();
  if (!market.ok()) return market.error();
  const Result<SignedHead> head = context_.published();
  if (!head.ok()) return head.error();
  return match_document(*market.value(), request, head.value(), keys_.vrf);
}

Result<Json> Service::job(const std::string& id) {
  Result<Json> document = job_document(context_, id);
  if (!document.ok()) return document;
  const Result<Digest> job = Digest::parse_hex(id);
  const std::optional<Waiting> waiting = job.ok() ? jobs_.waiting(job.value()) : std::nullopt;
  if (waiting) document.value().set("waiting", waiting_json(*waiting));
  return document;
}

}  // namespace assay::verifier
