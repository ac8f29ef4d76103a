#include "tests/api/contract/faulty_port.h"

namespace assay::test {

std::optional<Error>& fault_of_this_thread() {
  thread_local std::optional<Error> fault;
  return fault;
}

Result<api::Accepted> FaultyPort::submit(wire::Kind kind, const std::string& envelope) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().submit(kind, envelope);
}
Result<std::vector<Result<api::Accepted>>> FaultyPort::submit_attestations(
    std::span<const std::string> envelopes) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().submit_attestations(envelopes);
}
Result<std::string> FaultyPort::poll(const std::string& heartbeat_envelope) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().poll(heartbeat_envelope);
}
Status FaultyPort::put_blob(const Digest& sha256, ByteView bytes) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().put_blob(sha256, bytes);
}
Result<Bytes> FaultyPort::get_blob(const Digest& sha256) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().get_blob(sha256);
}
Result<wire::Json> FaultyPort::ask_opening(const std::string& job, const std::string& request) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().ask_opening(job, request);
}
Status FaultyPort::give_opening(const Digest& request, ByteView file) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().give_opening(request, file);
}
Result<wire::Json> FaultyPort::providers(const api::Page& page) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().providers(page);
}
Result<api::Found> FaultyPort::search(const api::Search& search) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().search(search);
}
Result<wire::Json> FaultyPort::match(const std::string& request) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().match(request);
}
Result<wire::Json> FaultyPort::provider(const std::string& id) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().provider(id);
}
Result<wire::Json> FaultyPort::explain(const std::string& id) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().explain(id);
}
Result<wire::Json> FaultyPort::uptime(const std::string& id) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().uptime(id);
}
Result<wire::Json> FaultyPort::provider_part(const std::string& id, api::ProviderPart part) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().provider_part(id, part);
}
Result<wire::Json> FaultyPort::overview() {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().overview();
}
Result<wire::Json> FaultyPort::job(const std::string& id) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().job(id);
}
Result<wire::Json> FaultyPort::preview(const std::string& job, std::uint64_t after) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().preview(job, after);
}
Result<wire::Json> FaultyPort::slashes(const api::Page& page) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().slashes(page);
}
Result<wire::Json> FaultyPort::slash(const std::string& id) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().slash(id);
}
Result<wire::Json> FaultyPort::dispute(const std::string& id) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().dispute(id);
}
Result<wire::Json> FaultyPort::challenge(const std::string& id) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().challenge(id);
}
Result<std::string> FaultyPort::worker_call(const std::string& envelope) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().worker_call(envelope);
}
Status FaultyPort::worker_result(const std::string& envelope) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().worker_result(envelope);
}
Result<std::string> FaultyPort::kept_worker_result(const std::string& digest) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().kept_worker_result(digest);
}
Result<wire::Json> FaultyPort::workers() {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().workers();
}
Result<wire::Json> FaultyPort::events(std::uint64_t after, std::uint32_t limit) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().events(after, limit);
}
Result<std::string> FaultyPort::score(const std::string& id) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().score(id);
}
Result<std::string> FaultyPort::final_score(const std::string& id, const std::string& class_name) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().final_score(id, class_name);
}
Result<std::string> FaultyPort::settlement(const std::string& job) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().settlement(job);
}
Result<std::string> FaultyPort::receipt(const std::string& job) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().receipt(job);
}
Result<std::string> FaultyPort::evidence(const std::string& slash) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().evidence(slash);
}
Result<Bytes> FaultyPort::result(const std::string& job) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().result(job);
}
Result<std::string> FaultyPort::checkpoint() {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().checkpoint();
}
Result<Bytes> FaultyPort::tile(const std::string& path) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().tile(path);
}
Result<std::string> FaultyPort::policy(const std::string& digest) {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().policy(digest);
}
Result<std::string> FaultyPort::trust() {
  if (const std::optional<Error>& fault = fault_of_this_thread()) return *fault;
  return real_().trust();
}

}  // namespace assay::test
