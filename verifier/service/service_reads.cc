// What the service answers readers with: searches, matches and whom jobs are offered to, out of its
// index of providers; policies and the trust file.
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
  return match_document(*market.value(), request, context_.clock.unix_now(), head.value(),
                        keys_.vrf);
}

Result<Json> Service::job(const std::string& id) {
  Result<Json> document = job_document(context_, id);
  if (!document.ok()) return document;
  const Result<Digest> job = Digest::parse_hex(id);
  const std::optional<Waiting> waiting = job.ok() ? jobs_.waiting(job.value()) : std::nullopt;
  if (waiting) document.value().set("waiting", waiting_json(*waiting));
  return document;
}

Result<std::string> Service::policy(const std::string& digest) {
  Result<Digest> id = parse_id(digest, "policy");
  if (!id.ok()) return id.error();
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  Result<std::optional<std::string>> text = reputation::View(*txn.value()).policy_text(id.value());
  if (!text.ok()) return text.error();
  if (!text.value()) return fail(Code::not_found, "no policy " + digest);
  return std::move(*text.value());
}

Result<std::string> Service::trust() {
  wire::Trust trust;
  trust.logs.push_back(
      {{context_.origin(), wire::NoteKeyType::ed25519, keys_.log.public_key()}, ""});
  trust.verifier = keys_.verifier.public_key();
  trust.vrf = keys_.vrf.public_key();
  trust.policies = policies_.digests();
  const wire::Trust& witnesses = context_.options.witnesses.trust;
  trust.witnesses = witnesses.witnesses;
  trust.groups = witnesses.groups;
  trust.quorum = witnesses.quorum;
  return wire::trust_text(trust);
}

}  // namespace assay::verifier
