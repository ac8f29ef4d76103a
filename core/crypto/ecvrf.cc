#include "core/crypto/ecvrf.h"

#include <sodium.h>

#include <algorithm>

#include "core/base/check.h"

namespace assay {
namespace {

constexpr std::uint8_t kSuite = 0x03;
constexpr std::uint8_t kEncode = 0x01;  // domain separators, RFC 9381 5.4.1.1, 5.4.3, 5.2
constexpr std::uint8_t kChallenge = 0x02;
constexpr std::uint8_t kOutput = 0x03;
constexpr std::size_t kChallengeBytes = 16;

using Wide = std::array<std::uint8_t, 64>;
using Scalar = std::array<std::uint8_t, 32>;  // little-endian

// SHA-512(suite || separator || pieces || 0x00).
Wide separated_hash(std::uint8_t separator, std::initializer_list<ByteView> pieces) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  const std::uint8_t front[2] = {kSuite, separator};
  crypto_hash_sha512_update(&state, front, sizeof front);
  for (const ByteView piece : pieces) {
    crypto_hash_sha512_update(&state, piece.data(), piece.size());
  }
  const std::uint8_t back = 0x00;
  crypto_hash_sha512_update(&state, &back, 1);
  Wide out;
  crypto_hash_sha512_final(&state, out.data());
  return out;
}

// The first 16 bytes of the challenge hash as a scalar (RFC 9381 5.4.3).
Scalar challenge(const PublicKey& key, const Point& h, const Point& gamma, const Point& u,
                 const Point& v) {
  const Wide hash =
      separated_hash(kChallenge, {key.view(), h.view(), gamma.view(), u.view(), v.view()});
  Scalar c{};
  std::copy_n(hash.begin(), kChallengeBytes, c.begin());
  return c;
}

VrfOutput output_of(const Point& gamma) {
  const Result<Point> cleared = times_cofactor(gamma);
  ASSAY_CHECK(cleared.ok(), "Gamma was checked before");
  return VrfOutput{separated_hash(kOutput, {cleared.value().view()})};
}

// False for a zero scalar, a neutral result, or a point that libsodium refuses.
bool multiply(Point& product, const Scalar& scalar, const Point& point) {
  return crypto_scalarmult_ed25519_noclamp(product.bytes.data(), scalar.data(),
                                           point.bytes.data()) == 0;
}
bool multiply_base(Point& product, const Scalar& scalar) {
  return crypto_scalarmult_ed25519_base_noclamp(product.bytes.data(), scalar.data()) == 0;
}

// s*a - c*b, where s*a is given: U or V of RFC 9381 5.3.
bool minus_multiple(Point& difference, const Point& sa, const Scalar& c, const Point& b) {
  Point cb;
  return multiply(cb, c, b) &&
         crypto_core_ed25519_sub(difference.bytes.data(), sa.bytes.data(), cb.bytes.data()) == 0;
}

bool is_below_order(const Scalar& s) {
  static constexpr Scalar kOrder = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                    0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                    0,    0,    0,    0,    0,    0,    0,    0,
                                    0,    0,    0,    0,    0,    0,    0,    0x10};
  return std::lexicographical_compare(s.rbegin(), s.rend(), kOrder.rbegin(), kOrder.rend());
}

// The secret scalar and the nonce's hash half of a key, wiped when they go (RFC 8032 5.1.5).
struct Secrets {
  Wide expanded;
  Scalar x;
  Wide nonce_hash;
  Scalar k;

  explicit Secrets(const SigningKey& key) {
    crypto_hash_sha512(expanded.data(), key.seed().data(), key.seed().size());
    std::copy_n(expanded.begin(), x.size(), x.begin());
    x[0] &= 0xf8;
    x[31] &= 0x7f;
    x[31] |= 0x40;
  }
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;
  ~Secrets() { sodium_memzero(this, sizeof *this); }

  // k of RFC 9381 5.4.2.2: the same key and point always give the same nonce.
  void make_nonce(const Point& h) {
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, expanded.data() + 32, 32);
    crypto_hash_sha512_update(&state, h.bytes.data(), h.bytes.size());
    crypto_hash_sha512_final(&state, nonce_hash.data());
    crypto_core_ed25519_scalar_reduce(k.data(), nonce_hash.data());
    sodium_memzero(&state, sizeof state);
  }
};

}  // namespace

Point vrf_hash_to_curve(const PublicKey& key, ByteView alpha) {
  start_sodium();
  Point neutral;
  neutral.bytes[0] = 1;
  for (unsigned counter = 0; counter < 256; ++counter) {
    const std::uint8_t counter_byte = static_cast<std::uint8_t>(counter);
    const Wide hash = separated_hash(kEncode, {key.view(), alpha, {&counter_byte, 1}});
    Point candidate;
    std::copy_n(hash.begin(), Point::kSize, candidate.bytes.begin());
    if (!is_canonical(candidate)) continue;
    const Result<Point> h = times_cofactor(candidate);
    if (h.ok() && h.value() != neutral) return h.value();
  }
  ASSAY_CHECK(false, "256 hashes in a row were no points: chance 2^-256");
}

VrfResult vrf_prove(const SigningKey& key, ByteView alpha) {
  ASSAY_CHECK(key.public_key() != PublicKey{}, "proving with a key that was moved away");
  const Point h = vrf_hash_to_curve(key.public_key(), alpha);
  Secrets secret(key);
  secret.make_nonce(h);
  Point gamma;
  Point u;
  Point v;
  const bool multiplied =
      multiply(gamma, secret.x, h) && multiply_base(u, secret.k) && multiply(v, secret.k, h);
  ASSAY_CHECK(multiplied, "a scalar or a point was zero: chance 2^-252");
  const Scalar c = challenge(key.public_key(), h, gamma, u, v);
  Scalar s;
  Scalar cx;
  crypto_core_ed25519_scalar_mul(cx.data(), c.data(), secret.x.data());
  crypto_core_ed25519_scalar_add(s.data(), secret.k.data(), cx.data());
  sodium_memzero(cx.data(), cx.size());

  VrfResult result;
  auto at = std::copy(gamma.bytes.begin(), gamma.bytes.end(), result.proof.bytes.begin());
  at = std::copy_n(c.begin(), kChallengeBytes, at);
  std::copy(s.begin(), s.end(), at);
  result.output = output_of(gamma);
  return result;
}

Result<VrfOutput> vrf_verify(const PublicKey& key, ByteView alpha, const VrfProof& proof) {
  const Status key_checked = check_public_key(key);
  if (!key_checked.ok()) return key_checked.error();
  Reader reader(proof.view());
  const Result<Point> gamma_read = Point::from_view(reader.take(Point::kSize));
  ASSAY_CHECK(gamma_read.ok(), "a proof has 80 bytes");
  const Point gamma = gamma_read.value();
  const Status gamma_checked = check_point(gamma);
  if (!gamma_checked.ok()) return gamma_checked.error().in("VRF proof: Gamma");
  Scalar c{};
  Scalar s;
  const ByteView c_bytes = reader.take(kChallengeBytes);
  const ByteView s_bytes = reader.take(s.size());
  std::copy(c_bytes.begin(), c_bytes.end(), c.begin());
  std::copy(s_bytes.begin(), s_bytes.end(), s.begin());
  if (!is_below_order(s)) return fail(Code::malformed, "VRF proof: s is not below the group order");

  const Point h = vrf_hash_to_curve(key, alpha);
  Point sb;
  Point sh;
  Point u;
  Point v;
  const bool proven = multiply_base(sb, s) && minus_multiple(u, sb, c, Point{key.bytes}) &&
                      multiply(sh, s, h) && minus_multiple(v, sh, c, gamma) &&
                      challenge(key, h, gamma, u, v) == c;
  if (!proven) return fail(Code::proof, "the VRF proof does not hold for this key and input");
  return output_of(gamma);
}

}  // namespace assay
