#include "tests/api/fake_port.h"

#include "core/wire/dsse.h"
#include "core/wire/events.h"

namespace assay::test {

using wire::Json;

void FakePort::fail_with(std::optional<Error> error) {
  const std::scoped_lock lock(mutex_);
  error_ = std::move(error);
}
std::string FakePort::last_call() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}
std::size_t FakePort::calls() const {
  const std::scoped_lock lock(mutex_);
  return calls_;
}

std::optional<Error> FakePort::note(const std::string& call) {
  if (on_call) on_call();
  const std::scoped_lock lock(mutex_);
  last_ = call;
  ++calls_;
  return error_;
}

Json FakePort::document(const std::string& call) {
  return Json::object({{"call", call}, {"big", std::uint64_t{1} << 63}, {"none", Json()}});
}
std::string FakePort::text(const std::string& call) {
  return "text of " + call + " \xe2\x80\x94\n";
}
api::Accepted FakePort::accepted(bool already_known) {
  return {sha256(as_bytes("accepted")), std::uint64_t{1} << 40, 1'795'000'000'123, already_known};
}

Result<Json> FakePort::answer_document(const std::string& call) {
  if (const std::optional<Error> error = note(call)) return *error;
  return document(call);
}
Result<std::string> FakePort::answer_text(const std::string& call) {
  if (const std::optional<Error> error = note(call)) return *error;
  return text(call);
}
Result<Bytes> FakePort::answer_bytes(const std::string& call) {
  if (const std::optional<Error> error = note(call)) return *error;
  Bytes bytes = to_bytes(as_bytes(text(call)));
  for (unsigned byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<std::uint8_t>(byte));
  return bytes;
}

Result<api::Accepted> FakePort::submit(wire::Kind kind, const std::string& envelope) {
  if (const std::optional<Error> error =
          note("submit " + std::string(wire::kind_name(kind)) + " " + envelope)) {
    return *error;
  }
  return accepted(already_known);
}
Result<std::string> FakePort::poll(const std::string& heartbeat_envelope) {
  return answer_text("poll " + heartbeat_envelope);
}
Status FakePort::put_blob(const Digest& digest, ByteView bytes) {
  if (const std::optional<Error> error = note("put_blob " + digest.hex())) return *error;
  if (sha256(bytes) != digest) return fail(Code::unbound, "the bytes have another SHA-256");
  const std::scoped_lock lock(mutex_);
  blobs_[digest] = to_bytes(bytes);
  return {};
}
Status FakePort::worker_result(const std::string& envelope) {
  if (const std::optional<Error> error = note("worker_result " + envelope)) return *error;
  return {};
}

Status FakePort::give_opening(const Digest& request, ByteView) {
  if (const std::optional<Error> error = note("give_opening " + request.hex())) return *error;
  return {};
}
Result<Bytes> FakePort::get_blob(const Digest& digest) {
  if (const std::optional<Error> error = note("get_blob " + digest.hex())) return *error;
  const std::scoped_lock lock(mutex_);
  const auto at = blobs_.find(digest);
  if (at == blobs_.end()) return fail(Code::not_found, "no blob " + digest.hex());
  return at->second;
}
Json FakePort::readiness() {
  (void)note("readiness");
  return Json::object({{"ready", ready}, {"checks", Json::array()}});
}
std::string FakePort::metrics() {
  (void)note("metrics");
  return "assay_up 1\n";
}

api::ListenAddress any_loopback_port() {
  return {"127.0.0.1", 0, true};
}

api::Site site_over(FakePort& service, std::size_t blob_bytes_max) {
  const api::RouteOptions options{blob_bytes_max};
  return {[&service, options](const api::Request& request) {
            return api::handle(request, service, options);
          },
          [options](const api::Request& head) { return api::body_bytes_max(head, options); }};
}

LiveServer::LiveServer(unsigned threads, std::size_t blob_bytes_max) {
  api::HttpServerOptions options;
  options.threads = threads;
  server = api::HttpServer::start(any_loopback_port(), site_over(service, blob_bytes_max), options)
               .value();
}

std::string cancel_envelope(const Digest& job) {
  const SigningKey key = SigningKey::from_seed(Bytes(32, 7)).value();
  wire::Cancel cancel;
  cancel.job = job;
  return wire::seal(key, wire::statement_text(wire::cancel_statement(cancel)));
}

}  // namespace assay::test
