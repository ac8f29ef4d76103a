// The Port over HTTP: what provers, renters and tools talk to a verifier with.
// Thread-safe. Errors are those the service answered, code and words alike; and of its own:
//   network      the verifier cannot be reached, does not answer in time, or answers nonsense
//   malformed    an id or envelope that no verifier would take (nothing is sent)
#pragma once

#include <memory>
#include <string>

#include "api/client/call_watch.h"
#include "api/port/port.h"

namespace assay::api {

struct ClientOptions {
  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t read_timeout_ms = 30'000;  // without a byte
  // Calls that may be repeated are, with growing pauses; a poll is not: its heartbeat counts once.
  unsigned attempts = 3;
  std::size_t blob_bytes_max = std::size_t{256} << 20;  // what get_blob() and result() may bring
  CallWatch watch = {};
};

class HttpPool;

class Client final : public Port {
 public:
  // Opens nothing yet: the first call does. Ignores SIGPIPE in this process.
  //   usage        not an http:// address (https belongs to an edge on this machine)
  static Result<std::unique_ptr<Client>> connect(const std::string& base_url,
                                                 const ClientOptions& options = {});
  ~Client() override;

  Result<Accepted> submit(wire::Kind kind, const std::string& envelope) override;
  // One request, of at most kBatchBodyBytesMax bytes: `malformed` beyond.
  Result<std::vector<Result<Accepted>>> submit_attestations(
      std::span<const std::string> envelopes) override;
  Result<std::string> poll(const std::string& heartbeat_envelope) override;
  Status put_blob(const Digest& sha256, ByteView bytes) override;
  Result<Bytes> get_blob(const Digest& sha256) override;  // checked against its digest
  Result<wire::Json> ask_opening(const std::string& job, const std::string& request) override;
  Status give_opening(const Digest& request, ByteView file) override;
  Result<wire::Json> providers(const Page& page) override;
  Result<Found> search(const Search& search) override;  // always with the document, without a tag
  Result<wire::Json> match(const std::string& request) override;
  Result<wire::Json> provider(const std::string& id) override;
  Result<wire::Json> explain(const std::string& id) override;
  Result<wire::Json> job(const std::string& id) override;
  Result<wire::Json> preview(const std::string& job, std::uint64_t after) override;
  Result<wire::Json> slashes(const Page& page) override;
  Result<wire::Json> slash(const std::string& id) override;
  Result<wire::Json> dispute(const std::string& id) override;
  Result<wire::Json> challenge(const std::string& id) override;
  Result<std::string> worker_call(const std::string& envelope) override;
  Status worker_result(const std::string& envelope) override;
  Result<std::string> kept_worker_result(const std::string& digest) override;
  Result<wire::Json> workers() override;
  Result<wire::Json> overview() override;
  Result<wire::Json> uptime(const std::string& id) override;
  Result<wire::Json> provider_part(const std::string& id, ProviderPart part) override;
  Result<wire::Json> events(std::uint64_t after, std::uint32_t limit) override;
  Result<std::string> score(const std::string& id) override;
  Result<std::string> final_score(const std::string& id, const std::string& class_name) override;
  Result<std::string> settlement(const std::string& job) override;
  Result<std::string> receipt(const std::string& job) override;
  Result<std::string> evidence(const std::string& slash) override;
  Result<Bytes> result(const std::string& job) override;
  Result<std::string> checkpoint() override;
  Result<Bytes> tile(const std::string& path) override;
  Result<std::string> policy(const std::string& digest) override;
  Result<std::string> trust() override;

  // Whether get_blob() would find it; its bytes are not fetched.
  Result<bool> has_blob(const Digest& sha256);
  // {version, api} of the verifier.
  Result<wire::Json> version();

 private:
  Client(std::unique_ptr<HttpPool> http, std::size_t blob_bytes_max);

  Result<std::string> get(const std::string& path, std::size_t bytes_max);
  Result<std::string> get_of(const char* before, const std::string& id, const char* after,
                             std::size_t bytes_max);
  Result<wire::Json> document(Result<std::string> text);

  std::unique_ptr<HttpPool> http_;
  std::size_t blob_bytes_max_;
};

}  // namespace assay::api
