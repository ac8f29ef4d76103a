#include "core/crypto/ecvrf.h"

#include "core/crypto/sha256.h"
#include "tests/catch.h"
#include "tests/vectors.h"

using namespace assay;
using test::Vector;

namespace {

std::vector<Vector> vectors() {
  return test::load_vectors("ecvrf", {"seed", "public_key", "alpha", "h", "proof", "output"}, 25);
}

}  // namespace

TEST_CASE("Every ECVRF vector verifies or is refused by the layer it names") {
  for (const Vector& vector : vectors()) {
    INFO(vector.name());
    const Result<VrfOutput> output =
        vrf_verify(vector.fixed<PublicKey>("public_key"), vector.bytes("alpha"),
                   vector.fixed<VrfProof>("proof"));
    CHECK(test::answer(output) == vector.expect());
    if (output.ok()) CHECK(output.value() == vector.fixed<VrfOutput>("output"));
  }
}

TEST_CASE("Proofs, outputs and H are those of RFC 9381, byte for byte") {
  std::size_t proven = 0;
  for (const Vector& vector : vectors()) {
    if (vector.expect() != "ok") continue;
    INFO(vector.name());
    const Result<SigningKey> key = SigningKey::from_seed(vector.bytes("seed"));
    REQUIRE(key.ok());
    CHECK(key.value().public_key() == vector.fixed<PublicKey>("public_key"));
    const Bytes alpha = vector.bytes("alpha");
    CHECK(vrf_hash_to_curve(key.value().public_key(), alpha) == vector.fixed<Point>("h"));
    const VrfResult result = vrf_prove(key.value(), alpha);
    CHECK(result.proof == vector.fixed<VrfProof>("proof"));
    CHECK(result.output == vector.fixed<VrfOutput>("output"));
    ++proven;
  }
  CHECK(proven == 5);
}

TEST_CASE("What is proven verifies to the same output, again and again") {
  SeededRandom random(1);
  for (int round = 0; round < 50; ++round) {
    const SigningKey key = SigningKey::generate(random);
    Bytes alpha(random.below(100));
    random.fill(alpha);
    const VrfResult result = vrf_prove(key, alpha);
    CHECK(vrf_prove(key, alpha).proof == result.proof);
    const Result<VrfOutput> output = vrf_verify(key.public_key(), alpha, result.proof);
    REQUIRE(output.ok());
    CHECK(output.value() == result.output);
  }
}

TEST_CASE("A proof with any one bit of proof, input or key flipped is refused") {
  SeededRandom random(2);
  const SigningKey key = SigningKey::generate(random);
  const Digest alpha = sha256(as_bytes("alpha"));
  const VrfProof proof = vrf_prove(key, alpha.view()).proof;
  std::size_t accepted = 0;
  const auto flip = [](auto value, std::size_t bit) {
    value.bytes[bit / 8] = static_cast<std::uint8_t>(value.bytes[bit / 8] ^ (1U << (bit % 8)));
    return value;
  };
  for (std::size_t bit = 0; bit < 640; ++bit) {
    accepted += vrf_verify(key.public_key(), alpha.view(), flip(proof, bit)).ok();
  }
  for (std::size_t bit = 0; bit < 256; ++bit) {
    accepted += vrf_verify(key.public_key(), flip(alpha, bit).view(), proof).ok();
    accepted += vrf_verify(flip(key.public_key(), bit), alpha.view(), proof).ok();
  }
  CHECK(accepted == 0);
  CHECK(vrf_verify(key.public_key(), alpha.view(), proof).ok());
}
