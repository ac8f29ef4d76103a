#include "core/wire/leaf.h"

#include "core/wire/dsse.h"

namespace assay::wire {

static_assert(kLeafPayloadMax == kPayloadBytesMax);

namespace {

constexpr std::uint8_t kLeafVersion = 1;
constexpr std::int64_t kTimeMax = std::int64_t{1} << 53;

// Why the fields do not go together, or success.
Status check_leaf(const LogLeaf& leaf) {
  if (leaf.time.ms < 0 || leaf.time.ms > kTimeMax) {
    return fail(Code::malformed, "leaf: time: outside 0..2^53 ms");
  }
  if (leaf.kind != LeafKind::statement) {
    if (leaf.payload.empty()) return {};
    return fail(Code::malformed, "leaf: payload: only inline statements carry one");
  }
  if (leaf.payload.size() > kLeafPayloadMax) {
    return fail(Code::malformed, "leaf: payload: more than 65393 bytes");
  }
  if (statement_digest(leaf.payload) != leaf.pae_digest) {
    return fail(Code::malformed, "leaf: payload: its PAE digest is not the one stated");
  }
  return {};
}

}  // namespace

Bytes encode_leaf(const LogLeaf& leaf) {
  ASSAY_CHECK(check_leaf(leaf).ok(), "a leaf that nobody could parse");
  Bytes out;
  out.reserve(kLeafHeadBytes + leaf.payload.size());
  out.push_back(kLeafVersion);
  out.push_back(static_cast<std::uint8_t>(leaf.kind));
  put_u64_be(out, static_cast<std::uint64_t>(leaf.time.ms));
  append(out, leaf.signer.view());
  append(out, leaf.pae_digest.view());
  append(out, leaf.signature.view());
  put_u32_be(out, static_cast<std::uint32_t>(leaf.payload.size()));
  append(out, as_bytes(leaf.payload));
  return out;
}

Result<LogLeaf> parse_leaf(ByteView bytes) {
  if (bytes.size() < kLeafHeadBytes) return fail(Code::malformed, "leaf: shorter than 142 bytes");
  Reader in(bytes);
  const std::uint8_t version = in.u8();
  const std::uint8_t kind = in.u8();
  const std::uint64_t time = in.u64_be();
  const ByteView signer = in.take(PublicKey::kSize);
  const ByteView digest = in.take(Digest::kSize);
  const ByteView signature = in.take(Signature::kSize);
  const std::uint32_t length = in.u32_be();
  if (version != kLeafVersion) {
    return fail(Code::malformed, "leaf: version " + std::to_string(version) + " is not known");
  }
  if (kind < 1 || kind > 3) {
    return fail(Code::malformed, "leaf: kind: " + std::to_string(kind) + " is outside 1..3");
  }
  if (length != in.left()) {
    return fail(Code::malformed, "leaf: payload: states " + std::to_string(length) +
                                     " bytes, there are " + std::to_string(in.left()));
  }
  LogLeaf out;
  out.kind = static_cast<LeafKind>(kind);
  out.time = {static_cast<std::int64_t>(time)};  // negative above 2^63: check_leaf() refuses it
  out.signer = PublicKey::from_view(signer).value();
  out.pae_digest = Digest::from_view(digest).value();
  out.signature = Signature::from_view(signature).value();
  out.payload = std::string(as_text(in.take(length)));
  if (Status s = check_leaf(out); !s.ok()) return s.error();
  return out;
}

Status verify_leaf(const LogLeaf& leaf) {
  if (leaf.kind != LeafKind::statement) {
    return fail(Code::no_evidence, "leaf: the statement is not in it");
  }
  if (verify(leaf.signer, pae(kPayloadType, as_bytes(leaf.payload)), leaf.signature)) return {};
  return fail(Code::signature, "leaf: not signed by key " + key_id(leaf.signer));
}

Digest dedup_key(const PublicKey& signer, const Digest& pae_digest) {
  return sha256({signer.view(), pae_digest.view()});
}

Digest dedup_key(const LogLeaf& leaf) {
  return dedup_key(leaf.signer, leaf.pae_digest);
}

}  // namespace assay::wire
