// A Port that hands every call on to another one, but for requests that ask for a fault: those are
// answered as if the service had failed in that way. Thread-safe, as the other is.
#pragma once

#include <functional>
#include <optional>

#include "api/port/port.h"

namespace assay::test {

// What the call that this thread makes next fails with; the server's thread sets and takes it back.
std::optional<Error>& fault_of_this_thread();

class FaultyPort final : public api::Port {
 public:
  explicit FaultyPort(std::function<api::Port&()> real) : real_(std::move(real)) {}

  Result<api::Accepted> submit(wire::Kind kind, const std::string& envelope) override;
  Result<std::vector<Result<api::Accepted>>> submit_attestations(
      std::span<const std::string> envelopes) override;
  Result<std::string> poll(const std::string& heartbeat_envelope) override;
  Status put_blob(const Digest& sha256, ByteView bytes) override;
  Result<Bytes> get_blob(const Digest& sha256) override;
  Result<wire::Json> ask_opening(const std::string& job, const std::string& request) override;
  Status give_opening(const Digest& request, ByteView file) override;
  Result<wire::Json> providers(const api::Page& page) override;
  Result<api::Found> search(const api::Search& search) override;
  Result<wire::Json> match(const std::string& request) override;
  Result<wire::Json> provider(const std::string& id) override;
  Result<wire::Json> explain(const std::string& id) override;
  Result<wire::Json> uptime(const std::string& id) override;
  Result<wire::Json> overview() override;
  Result<wire::Json> provider_part(const std::string& id, api::ProviderPart part) override;
  Result<wire::Json> job(const std::string& id) override;
  Result<wire::Json> preview(const std::string& job, std::uint64_t after) override;
  Result<wire::Json> slashes(const api::Page& page) override;
  Result<wire::Json> slash(const std::string& id) override;
  Result<wire::Json> dispute(const std::string& id) override;
  Result<wire::Json> challenge(const std::string& id) override;
  Result<std::string> worker_call(const std::string& envelope) override;
  Status worker_result(const std::string& envelope) override;
  Result<std::string> kept_worker_result(const std::string& digest) override;
  Result<wire::Json> workers() override;
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

 private:
  std::function<api::Port&()> real_;
};

}  // namespace assay::test
