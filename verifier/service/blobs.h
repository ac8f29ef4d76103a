// Content-addressed bytes the service keeps beside its ledger: inputs, results, traces, openings,
// evidence. A seam with two implementations: a folder of files, and memory for tests.
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "core/base/bytes.h"
#include "core/crypto/sha256.h"

namespace assay::verifier {

class Blobs {
 public:
  virtual ~Blobs() = default;

  // Durable when it returns. Putting what is there already is no work and no error.
  //   unbound      the bytes do not have this digest
  //   storage      no room, or the medium failed
  virtual Status put(const Digest& sha256, ByteView bytes) = 0;
  //   not_found    no such blob
  //   storage      the medium failed, or the bytes on it no longer have the digest
  virtual Result<Bytes> get(const Digest& sha256) = 0;
  virtual bool has(const Digest& sha256) = 0;
};

std::unique_ptr<Blobs> make_memory_blobs();

// Files <folder>/ab/<64 hex digits>, written durably. bytes_max bounds what the folder may hold.
//   storage      the folder cannot be made or read
Result<std::unique_ptr<Blobs>> open_file_blobs(const std::string& folder, std::uint64_t bytes_max);

}  // namespace assay::verifier
