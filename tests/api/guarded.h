// A gate before a site that answers what it is told to, by a clock that stands still.
#pragma once

#include "api/server/gate.h"
#include "core/wire/dsse.h"

namespace assay::test {

inline api::Request request_from(const std::string& peer, const std::string& forwarded = "") {
  api::Request request{
      .method = "GET", .path = "/v1/version", .query = {}, .headers = {}, .body = {}};
  request.peer = peer;
  if (!forwarded.empty()) request.headers.emplace_back("x-forwarded-for", forwarded);
  return request;
}

struct Guarded {
  explicit Guarded(api::GateLimits limits = {}) : gate(limits, clock), site(gate.guard(inner())) {}

  api::Site inner() {
    return {[this](const api::Request& request) {
              ++calls;
              if (on_call) on_call();
              return answer(request);
            },
            [](const api::Request&) { return std::size_t{1} << 20; }};
  }
  api::Response post(const std::string& body, const std::string& key = "",
                     const std::string& path = "/v1/jobs", const std::string& peer = "") {
    api::Request request{.method = "POST", .path = path, .query = {}, .headers = {}, .body = body};
    request.peer = peer;
    if (!key.empty()) request.headers.emplace_back("idempotency-key", key);
    return site.handle(request);
  }

  ManualClock clock{UnixMillis{0}};
  std::function<api::Response(const api::Request&)> answer = [](const api::Request&) {
    return api::Response{201, "application/json", {}, "{}"};
  };
  std::function<void()> on_call;
  int calls = 0;
  api::Gate gate;
  api::Site site;
};

// A statement that somebody signed, or says that he did.
inline std::string signed_by(int who, const std::string& what = "x") {
  const SigningKey key = SigningKey::from_seed(Bytes(32, static_cast<std::uint8_t>(who))).value();
  return wire::seal(key, what);
}

}  // namespace assay::test
