// Idempotency-Key: a client that did not hear the answer to a POST asks again with the same key,
// and gets that answer, not another effect. Thread-safe.
//
// Kept are answers that took something in (2xx; of a batch: all of it), for a day, kEntriesMax of
// them, in memory: a restart forgets them. A key is its sender's own: of the signer of the
// statement or statements, or where there is none, of the network that it came from.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <optional>

#include "api/server/http.h"
#include "core/base/time.h"
#include "core/crypto/sha256.h"

namespace assay::api {

inline constexpr std::size_t kIdempotencyKeyBytesMax = 128;

class IdempotentAnswers {
 public:
  static constexpr std::size_t kEntriesMax = 10'000;
  static constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 10;
  static constexpr std::size_t kBytesMax = std::size_t{32} << 20;  // of all bodies together
  static constexpr std::int64_t kKeptMs = 24 * 3'600'000;

  explicit IdempotentAnswers(Clock& clock) : clock_(clock) {}

  // What to answer without doing anything:
  //   the kept answer, with Idempotency-Replayed: true
  //   400   the key is empty, longer than kIdempotencyKeyBytesMax, or not printable ASCII
  //   409   the first request with this key is still under way
  //   422   this key came with another body before
  // Otherwise nothing, and end() must follow.
  std::optional<Response> begin(const Request& request, const std::string& sender);
  void end(const Request& request, const std::string& sender, const Response& response);

 private:
  struct Entry {
    Digest name;
    Digest body;
    SteadyMillis since;
    std::optional<Response> answer;  // none: under way
  };

  void forget_old();
  void forget(std::list<Entry>::iterator entry);

  Clock& clock_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // oldest first
  std::size_t bytes_ = 0;     // of the bodies kept
  std::map<Digest, std::list<Entry>::iterator> by_name_;
};

}  // namespace assay::api
