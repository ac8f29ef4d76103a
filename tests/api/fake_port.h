// A Port that writes down how it was called and answers what it is told to. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "api/server/http_server.h"
#include "api/server/routes.h"
#include "tests/asked_port.h"

namespace assay::test {

class FakePort final : public AskedPort, public api::AdminPort {
 public:
  // Every call fails with this while it is set.
  void fail_with(std::optional<Error> error);
  // Each call runs this first, outside the lock: to be slow, or to throw.
  std::function<void()> on_call;
  bool ready = true;
  bool already_known = false;

  // "provider abc", "events 3 50", …: the last call and its arguments.
  std::string last_call() const;
  std::size_t calls() const;

  static wire::Json document(const std::string& call);  // what document calls answer
  static std::string text(const std::string& call);     // what text calls answer
  static api::Accepted accepted(bool already_known);

  Result<api::Accepted> submit(wire::Kind kind, const std::string& envelope) override;
  Result<std::string> poll(const std::string& heartbeat_envelope) override;
  Status put_blob(const Digest& sha256, ByteView bytes) override;
  Result<Bytes> get_blob(const Digest& sha256) override;
  Status give_opening(const Digest& request, ByteView file) override;
  Status worker_result(const std::string& envelope) override;
  wire::Json readiness() override;
  std::string metrics() override;

 private:
  std::optional<Error> note(const std::string& call);
  Result<wire::Json> answer_document(const std::string& call) override;
  Result<std::string> answer_text(const std::string& call) override;
  Result<Bytes> answer_bytes(const std::string& call) override;

  mutable std::mutex mutex_;  // guards everything below
  std::optional<Error> error_;
  std::string last_;
  std::size_t calls_ = 0;
  std::map<Digest, Bytes> blobs_;
};

// A live server over a FakePort on 127.0.0.1, at a free port.
struct LiveServer {
  explicit LiveServer(unsigned threads = 64, std::size_t blob_bytes_max = std::size_t{64} << 20);

  std::string url() const { return server->address().url(); }
  std::uint16_t port() const { return server->address().port; }

  FakePort service;
  std::unique_ptr<api::HttpServer> server;
};

// The site over `service`, as assay-verifier builds it.
api::Site site_over(FakePort& service, std::size_t blob_bytes_max);
api::ListenAddress any_loopback_port();

// A signed cancel of this job: its path names the job.
std::string cancel_envelope(const Digest& job);

}  // namespace assay::test
