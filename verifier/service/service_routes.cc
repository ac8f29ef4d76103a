// What the service answers to reads of one thing, and to those who bring bytes.
#include "verifier/service/case_files.h"
#include "verifier/service/documents.h"
#include "verifier/service/service.h"

namespace assay::verifier {

using wire::Json;

Status Service::put_blob(const Digest& sha256, ByteView bytes) {
  if (bytes.size() > context_.options.blob_bytes_max) {
    return fail(Code::malformed, "a blob may have at most " +
                                     std::to_string(context_.options.blob_bytes_max) + " bytes");
  }
  return noting_failures(ports_.blobs.put(sha256, bytes));
}

Result<Bytes> Service::get_blob(const Digest& sha256) {
  return noting_failures(ports_.blobs.get(sha256));
}

Result<Json> Service::ask_opening(const std::string& job, const std::string& request) {
  return noting_failures(asked_.ask(job, request));
}
Status Service::give_opening(const Digest& request, ByteView file) {
  return noting_failures(asked_.give(request, file));
}

Result<std::string> Service::worker_call(const std::string& envelope) {
  return noting_failures(workers_.call(envelope));
}
Status Service::worker_result(const std::string& envelope) {
  return noting_failures(workers_.result(envelope));
}
Result<std::string> Service::kept_worker_result(const std::string& digest) {
  return workers_.kept_result(digest);
}

Result<Json> Service::providers(const api::Page& page) {
  return providers_document(context_, page);
}
Result<Json> Service::provider(const std::string& id) {
  return provider_document(context_, id);
}
Result<Json> Service::explain(const std::string& id) {
  return explain_document(context_, id);
}
Result<Json> Service::preview(const std::string& job, std::uint64_t after) {
  return preview_document(context_, jobs_, previews_, job, after);
}
Result<Json> Service::slashes(const api::Page& page) {
  return slashes_document(context_, page);
}
Result<Json> Service::slash(const std::string& id) {
  return slash_document(context_, id);
}
Result<Json> Service::events(std::uint64_t after, std::uint32_t limit) {
  return events_document(context_, after, limit);
}
Result<std::string> Service::score(const std::string& id) {
  return score_envelope(context_, id);
}

Result<std::string> Service::final_score(const std::string& id, const std::string& class_name) {
  return final_scores_.envelope(context_, id, class_name);
}

Result<std::string> Service::settlement(const std::string& job) {
  return settlement_envelope(context_, job);
}

Result<std::string> Service::receipt(const std::string& job) {
  Result<Digest> id = parse_id(job, "job");
  if (!id.ok()) return id.error();
  Result<wire::CaseFile> file = receipt_file(context_, id.value());
  if (!file.ok()) return file.error();
  return wire::case_file_text(file.value());
}

Result<std::string> Service::evidence(const std::string& slash) {
  Result<Json> document = slash_document(context_, slash);
  if (!document.ok()) return document.error();
  Result<Digest> blob = Digest::parse_hex(document.value().find("evidence_blob")->as_string());
  if (!blob.ok()) return blob.error();
  if (blob.value() == Digest{}) {
    return fail(Code::not_found,
                "this slash has no evidence file: the heartbeat in its record proves the delivery");
  }
  Result<Bytes> bytes = ports_.blobs.get(blob.value());
  if (!bytes.ok()) return bytes.error();
  return std::string(as_text(bytes.value()));
}

Result<Bytes> Service::result(const std::string& job) {
  Result<Json> document = job_document(context_, job);
  if (!document.ok()) return document.error();
  const Json* attestation = document.value().find("attestation");
  if (attestation == nullptr) {
    return fail(Code::not_found, "the job is " + document.value().find("status")->as_string() +
                                     ": there is a result once it is attested");
  }
  Result<Digest> blob = Digest::parse_hex(attestation->find("result_blob")->as_string());
  if (!blob.ok()) return blob.error();
  return ports_.blobs.get(blob.value());
}

Result<std::string> Service::checkpoint() {
  Result<SignedHead> head = publisher_.published();
  if (!head.ok()) return head.error();
  return std::move(head.value().note);
}

Result<Bytes> Service::tile(const std::string& path) {
  Result<wire::TilePath> parsed = wire::parse_tile_path(path);
  if (!parsed.ok()) return parsed.error();
  const Result<SignedHead> head = publisher_.published();
  if (!head.ok()) return head.error();
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  // Only what a published checkpoint covers is shown.
  const std::uint64_t size = head.value().checkpoint.size;
  return reputation::View(*txn.value()).log(size).tile(parsed.value());
}

}  // namespace assay::verifier
