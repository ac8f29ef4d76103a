// Openings that somebody asks for beside the audits, to compute positions of his own choosing again
// (wire::OpeningRequest). The provider is handed them with its polls, after its challenges; its
// answer proves itself against the attested trace and is kept as a blob. Nothing is logged, and
// nothing follows from there being no answer. Memory alone: a restart forgets who asked.
// Thread-safe.
#pragma once

#include <map>
#include <mutex>

#include "verifier/service/intake.h"

namespace assay::verifier {

// What may be asked for costs a provider work, and anybody may ask.
inline constexpr std::size_t kAskedMax = 256;
inline constexpr std::size_t kAskedOfOneJobMax = 32;
inline constexpr std::size_t kAskedAtOnceMax = 4;                         // handed out in one poll
inline constexpr std::uint64_t kAskedBytesMax = std::uint64_t{64} << 20;  // of one opening
inline constexpr std::uint64_t kAskedAllBytesMax = std::uint64_t{1} << 30;  // of all together
inline constexpr std::int64_t kAskedKeptMs = 600'000;  // since somebody last asked

class AskedOpenings {
 public:
  explicit AskedOpenings(Context& context) : context_(context) {}

  // api::Port::ask_opening. Besides what that says:
  //   malformed    the job has no such steps, rows or pairs, nothing of it can be opened, or the
  //                opening could have more than kAskedBytesMax
  //   not_found    no such job, or it is not attested
  //   rate_limited too much is asked for already
  Result<wire::Json> ask(const std::string& job, const std::string& request);
  // api::Port::give_opening.
  //   malformed, proof    it is not what was asked for
  Status give(const Digest& id, ByteView file);

  std::vector<wire::Challenge> challenges_for(const Digest& provider) const;
  void expire();

 private:
  struct Asked {
    Digest provider;
    PublicKey key;
    wire::Challenge challenge;
    SteadyMillis last_asked;
    std::uint64_t bytes_bound = 0;  // what the opening may have
    std::optional<Digest> blob;
    std::uint64_t bytes = 0;
  };

  bool has_room(const Digest& job, std::uint64_t bytes) const;  // the mutex is held
  Result<Asked> make(const Digest& job, const Digest& id, const wire::OpeningRequest& request);
  wire::Json document(const Digest& id, const Asked& asked) const;

  Context& context_;
  mutable std::mutex mutex_;
  std::map<Digest, Asked> asked_;  // by the request's id
};

}  // namespace assay::verifier
