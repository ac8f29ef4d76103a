// What providers must be told: warnings, penalties, and what becomes of them. They lie here until a
// heartbeat has signed for them: a reply that was lost is said again. Memory alone; what concerns
// penalties is made anew from the ledger at start. Thread-safe, and takes no other lock.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "core/crypto/sha256.h"
#include "core/wire/poll.h"

namespace assay::verifier {

inline constexpr std::size_t kNoticesKept = 64;  // for one provider; the oldest go first

class Notices {
 public:
  void add(const Digest& provider, wire::Notice notice);

  struct Batch {
    std::vector<wire::Notice> notices;  // oldest first
    std::uint64_t end = 0;              // for delivered(), once this batch was signed for
  };
  Batch waiting(const Digest& provider) const;
  bool any(const Digest& provider) const;
  void delivered(const Digest& provider, std::uint64_t end);

 private:
  struct Numbered {
    std::uint64_t number = 0;
    wire::Notice notice;
  };
  mutable std::mutex mutex_;
  std::map<Digest, std::deque<Numbered>> waiting_;
  std::uint64_t next_ = 0;
};

}  // namespace assay::verifier
