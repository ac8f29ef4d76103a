// DSSE v1.0.2 envelopes around in-toto statements.
// Values and pure functions; any thread. Bytes: FORMAT.md "Envelope". Vectors: vectors/dsse/.
//
// What is signed is PAE = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body, never the JSON around
// it. open_envelope() hands on exactly the bytes that were signed: parse those, and never look into
// the envelope again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/crypto/ed25519.h"
#include "core/crypto/sha256.h"

namespace assay::wire {

inline constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";
inline constexpr std::size_t kPayloadBytesMax = 65'393;  // what fits into a log leaf (leaf.h)
inline constexpr std::size_t kEnvelopeSignaturesMax = 16;

struct EnvelopeSignature {
  std::string keyid;  // a hint; may be empty
  Signature signature;
};

struct Envelope {
  std::string payload_type;
  Bytes payload;
  std::vector<EnvelopeSignature> signatures;
};

// What one key signed.
struct OpenedEnvelope {
  std::string payload;
  Digest pae_digest;  // how every other statement refers to this one
  PublicKey signer;
  Signature signature;
};

Bytes pae(std::string_view type, ByteView payload);
Digest pae_digest(std::string_view type, ByteView payload);

// The same for an in-toto statement: the digest by which statements are named everywhere. A job's
// id is the hex of its order's.
Digest statement_digest(std::string_view payload);

// Signs a statement of at most kPayloadBytesMax bytes and wraps it.
std::string seal(const SigningKey& key, std::string_view payload);

// The envelope of a signature made elsewhere, as seal() spells it: a log leaf becomes an envelope
// again.
std::string envelope_text(std::string_view payload, const PublicKey& signer,
                          const Signature& signature);

// Reads an envelope; checks no signature. Base64 of both alphabets; unknown members are ignored,
// and so are signatures that cannot be Ed25519 (not 64 bytes).
//   malformed    not an envelope, a payload over kPayloadBytesMax, no signature or more than
//                kEnvelopeSignaturesMax
Result<Envelope> parse_envelope(std::string_view text);

// What `expected` signed in this envelope. Every signature is tried: keyid is only a hint.
//   malformed    another payload type
//   signature    no signature in it is by this key over this payload
Result<OpenedEnvelope> open_envelope(const Envelope& envelope, const PublicKey& expected);

}  // namespace assay::wire
