// A whole service in a folder, as durable as `assay-verifier serve`, under three witnesses of its
// own of which two must sign; and statements for it. One thread, but for what is said of service().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verifier/service/service.h"

namespace assay::bench {

inline constexpr std::size_t kLedgerEntryBytes = 1024;  // of a leaf

// Registrations number first, first + 1, …, in turn by kLedgerSigners keys, each with another
// price, as envelopes whose leaves have kLedgerEntryBytes. Signed on all cores.
inline constexpr std::uint64_t kLedgerSigners = 1000;
std::vector<std::string> signed_entries(std::uint64_t first, std::size_t count);

class LedgerWorld {
 public:
  // Makes everything anew in this folder, which must be empty.
  static Result<std::unique_ptr<LedgerWorld>> make(const std::string& folder);
  ~LedgerWorld();

  verifier::Service& service() { return *service_; }  // thread-safe
  reputation::Store& store() { return *store_; }
  const wire::Trust& trust() const { return trust_; }  // a reader's: log, witnesses, quorum

 private:
  class LocalWitness;
  LedgerWorld() = default;

  wire::Trust trust_;
  std::unique_ptr<reputation::Store> store_;
  std::unique_ptr<verifier::Blobs> blobs_;
  std::unique_ptr<verifier::HeadKeeper> heads_;
  std::unique_ptr<verifier::Service> service_;
};

}  // namespace assay::bench
