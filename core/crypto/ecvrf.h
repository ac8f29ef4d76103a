// ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 0x03) on libsodium's group operations.
// Pure functions; any thread. Vectors: RFC 9381 appendix B.3, in vectors/ecvrf/.
#pragma once

#include "core/crypto/ed25519.h"
#include "core/crypto/point.h"

namespace assay {

struct VrfProofTag;
struct VrfOutputTag;
using VrfProof = FixedBytes<80, VrfProofTag>;
using VrfOutput = FixedBytes<64, VrfOutputTag>;

struct VrfResult {
  VrfProof proof;    // pi
  VrfOutput output;  // beta
};

// Deterministic (RFC 9381 5.4.2.2). About 0.4 ms. `key` must be used for nothing but VRF proofs.
VrfResult vrf_prove(const SigningKey& key, ByteView alpha);

// The output that `proof` proves, or why it proves none. About 0.75 ms.
// Stricter than the RFC in one way that no honest proof meets: Gamma, like the key, must be in the
// prime-order subgroup, so that one output has one Gamma.
//   malformed    a key or Gamma that check_point() refuses, or s >= q
//   proof        well-formed, but not a proof for this key and alpha
Result<VrfOutput> vrf_verify(const PublicKey& key, ByteView alpha, const VrfProof& proof);

// H of RFC 9381 5.4.1.1 (try and increment), the point that key and alpha are mapped to.
Point vrf_hash_to_curve(const PublicKey& key, ByteView alpha);

}  // namespace assay
