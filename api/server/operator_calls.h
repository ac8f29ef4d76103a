// Calls of the operator over the public port, signed as HTTP messages (RFC 9421, ed25519) by a key
// that the policy names: health and metrics from afar, and the limits of strangers.
// Thread-safe.
//
// A signature must cover @method, @authority, @path, @query and, with a body, content-digest; and
// have created, expires, nonce and keyid (the key's id, hex). It is good for a minute around
// `created`, and once.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "api/port/port.h"
#include "api/server/gate.h"
#include "core/crypto/ed25519.h"

namespace assay::api {

class OperatorCalls {
 public:
  static constexpr std::int64_t kWindowSeconds = 60;
  static constexpr std::size_t kNoncesMax = 10'000;

  struct Ports {
    AdminPort& admin;
    Gate& gate;
    std::function<std::vector<PublicKey>()> keys;  // who may, now
    Clock& clock;
  };
  explicit OperatorCalls(Ports ports) : ports_(std::move(ports)) {}

  // Is this request signed by one of them, now, and for the first time?
  //   malformed    the signature's headers, or what they cover
  //   signature    none, not that key's, or not of now
  //   permission   the key is no operator's
  //   conflict     the nonce has been used
  //   rate_limited too many calls in a minute
  Status check(const Request& request);

  Response readiness();
  Response metrics();
  // {"prefix_per_second", "key_per_second"}: from now on; what is left out stays.
  Response set_limits(const std::string& body);

 private:
  Status check_time(const std::string& created, const std::string& expires) const;
  Status use_nonce(const std::string& nonce);

  Ports ports_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> nonces_;  // until when, in seconds
};

}  // namespace assay::api
