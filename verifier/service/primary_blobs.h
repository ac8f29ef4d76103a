// Blobs of a read replica: what it has, and what its primary still gives. Everything is named by
// its digest, so it does not matter who it came from. Thread-safe, as both are.
#pragma once

#include "api/port/port.h"
#include "verifier/service/blobs.h"

namespace assay::verifier {

// Gets what `local` lacks from the primary, and keeps it there where there is room.
//   not_found    the primary does not have it either
//   inconclusive the primary does not answer, or wrongly: try again later
class PrimaryBlobs final : public Blobs {
 public:
  PrimaryBlobs(Blobs& local, api::Port& primary, std::string primary_url)
      : local_(local), primary_(primary), primary_url_(std::move(primary_url)) {}

  Status put(const Digest& sha256, ByteView bytes) override { return local_.put(sha256, bytes); }
  Result<Bytes> get(const Digest& sha256) override;
  bool has(const Digest& sha256) override { return local_.has(sha256); }

 private:
  Blobs& local_;
  api::Port& primary_;
  const std::string primary_url_;
};

}  // namespace assay::verifier
