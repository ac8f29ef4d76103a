// ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 0x03) on libsodium's group operations.
// Pure functions; any thread. Vectors: RFC 9381 appendix B.3, in vectors/ecvrf/.
#pragma once

#include "core/crypto/ed25519.h"

namespace assay {

struct VrfProofTag;
struct VrfOutputTag;
using VrfProof = FixedBytes<80, VrfProofTag>;
using VrfOutput = FixedBytes<64, VrfOutputTag>;

struct VrfResult {
  VrfProof proof;    // pi
  VrfOutput output;  // beta
};

// About 0.4 ms. `key` must be used for nothing but VRF proofs.
VrfResult vrf_prove(const SigningKey& key, ByteView alpha);

// The output that `proof` proves, or why it proves none. About 0.75 ms.
//   malformed    a key, point or scalar that is not canonical, s >= q, a small-order key
//   proof        well-formed, but not a proof for this key and alpha
Result<VrfOutput> vrf_verify(const PublicKey& key, ByteView alpha, const VrfProof& proof);

}  // namespace assay
