// What a pack is known by: the digests of its chunks, and their root. Values; any thread.
//
// A manifest as a file: "assay/pack-list\n", the size of the pack (u64, little-endian), and the
// SHA-256 of each chunk, 32 bytes one after the other. The root of them is the model's identity, so
// a manifest from anywhere is as good as its root.
#pragma once

#include <vector>

#include "core/base/bytes.h"
#include "core/compute/engine.h"
#include "core/crypto/sha256.h"

namespace assay::compute::generate {

inline constexpr std::size_t kPackChunkBytes = std::size_t{1} << 20;
inline constexpr std::uint64_t kPackBytesMax = std::uint64_t{1} << 40;

struct Manifest {
  std::uint64_t size = 0;      // 1..kPackBytesMax
  std::vector<Digest> chunks;  // one for each kPackChunkBytes, the last for what is left

  // RFC 6962, the digests as leaf data.
  Digest root() const;
  // How many bytes chunk number `chunk` has.
  std::size_t chunk_bytes(std::uint64_t chunk) const;
  bool operator==(const Manifest&) const = default;
};

Manifest manifest_of(const Engine& engine, ByteView pack);

// The same for bytes that arrive in parts.
class ManifestBuilder {
 public:
  void update(ByteView bytes);
  Manifest finish();  // once

 private:
  Bytes open_;  // of the chunk that is not full yet
  Manifest manifest_;
};

Bytes write_manifest(const Manifest& manifest);
//   malformed    another beginning, a size outside its range, or another number of digests
Result<Manifest> parse_manifest(ByteView file);

}  // namespace assay::compute::generate
