#include "core/compute/generate/manifest.h"

#include <algorithm>
#include <string_view>

#include "core/merkle/tree.h"

namespace assay::compute::generate {
namespace {

constexpr std::string_view kMagic = "assay/pack-list\n";

std::uint64_t chunks_of(std::uint64_t size) {
  return (size + kPackChunkBytes - 1) / kPackChunkBytes;
}

Error bad(std::string what) {
  return fail(Code::malformed, "manifest: " + std::move(what));
}

}  // namespace

Digest Manifest::root() const {
  std::vector<Digest> leaves;
  leaves.reserve(chunks.size());
  for (const Digest& chunk : chunks) leaves.push_back(leaf_hash(chunk.view()));
  return merkle_root(leaves);
}

std::size_t Manifest::chunk_bytes(std::uint64_t chunk) const {
  ASSAY_CHECK(chunk < chunks.size(), "manifest: a chunk");
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(kPackChunkBytes, size - chunk * kPackChunkBytes));
}

Manifest manifest_of(const Engine& engine, ByteView pack) {
  Manifest out;
  out.size = pack.size();
  out.chunks.resize(chunks_of(out.size));
  engine.parallel_for(out.chunks.size(), [&](std::uint64_t chunk) {
    out.chunks[chunk] = sha256(pack.subspan(chunk * kPackChunkBytes, out.chunk_bytes(chunk)));
  });
  return out;
}

void ManifestBuilder::update(ByteView bytes) {
  manifest_.size += bytes.size();
  while (!bytes.empty()) {
    const std::size_t take = std::min(bytes.size(), kPackChunkBytes - open_.size());
    append(open_, bytes.first(take));
    bytes = bytes.subspan(take);
    if (open_.size() < kPackChunkBytes) continue;
    manifest_.chunks.push_back(sha256(open_));
    open_.clear();
  }
}

Manifest ManifestBuilder::finish() {
  if (!open_.empty()) manifest_.chunks.push_back(sha256(open_));
  return std::move(manifest_);
}

Bytes write_manifest(const Manifest& manifest) {
  Bytes out = to_bytes(as_bytes(kMagic));
  put_u64_le(out, manifest.size);
  for (const Digest& chunk : manifest.chunks) append(out, chunk.view());
  return out;
}

Result<Manifest> parse_manifest(ByteView file) {
  Reader in(file);
  const ByteView magic = in.take(kMagic.size());
  Manifest out;
  out.size = in.u64_le();
  if (!in.ok() || as_text(magic) != kMagic) return bad("does not begin as one does");
  if (out.size < 1 || out.size > kPackBytesMax) {
    return bad("a pack of " + std::to_string(out.size) + " bytes where 1.." +
               std::to_string(kPackBytesMax) + " are allowed");
  }
  const std::uint64_t chunks = chunks_of(out.size);
  if (in.left() != chunks * Digest::kSize) {
    return bad(std::to_string(in.left()) + " bytes of digests where " +
               std::to_string(chunks * Digest::kSize) + " are needed");
  }
  out.chunks.reserve(chunks);
  for (std::uint64_t i = 0; i < chunks; ++i) {
    out.chunks.push_back(Digest::from_view(in.take(Digest::kSize)).value());
  }
  return out;
}

}  // namespace assay::compute::generate
