#include "core/wire/leaf.h"

#include "core/wire/dsse.h"
#include "tests/catch.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

std::vector<test::Vector> leaf_vectors() {
  return test::load_vectors(
      "leaf", {"hex", "kind", "time", "signer", "pae_sha256", "payload", "dedup"}, 21);
}

Result<LogLeaf> read_leaf(ByteView bytes) {
  Result<LogLeaf> leaf = parse_leaf(bytes);
  if (!leaf.ok()) return leaf;
  if (Status s = verify_leaf(leaf.value()); !s.ok()) return s.error();
  return leaf;
}

}  // namespace

TEST_CASE("Leaf: every scenario is answered as its vector says") {
  for (const auto& vector : leaf_vectors()) {
    INFO(vector.name());
    const Bytes bytes = vector.bytes("hex");
    const Result<LogLeaf> leaf = read_leaf(bytes);
    CHECK(test::answer(leaf) == vector.expect());
    if (const Result<LogLeaf> parsed = parse_leaf(bytes); parsed.ok()) {
      CHECK(encode_leaf(parsed.value()) == bytes);
    }
    if (!leaf.ok()) continue;
    CHECK(static_cast<std::uint64_t>(leaf.value().kind) == vector.number("kind"));
    CHECK(static_cast<std::uint64_t>(leaf.value().time.ms) == vector.number("time"));
    CHECK(leaf.value().signer == vector.fixed<PublicKey>("signer"));
    CHECK(leaf.value().pae_digest == vector.fixed<Digest>("pae_sha256"));
    CHECK(leaf.value().payload == vector.text("payload"));
    CHECK(dedup_key(leaf.value()) == vector.fixed<Digest>("dedup"));
  }
}

TEST_CASE("Leaf: every flipped bit is refused, but for the log time, which the tree protects") {
  for (const auto& vector : leaf_vectors()) {
    if (vector.name() != "statement") continue;
    const std::string bytes(as_text(vector.bytes("hex")));
    const LogLeaf original = read_leaf(as_bytes(bytes)).value();
    std::size_t accepted = 0;
    test::flip_each_bit(bytes, [&](const std::string& mutated, std::size_t at) {
      const Result<LogLeaf> leaf = read_leaf(as_bytes(mutated));
      if (!leaf.ok()) return;
      ++accepted;
      if (at < 2 || at >= 10 || dedup_key(leaf.value()) != dedup_key(original)) FAIL(at);
    });
    CHECK(accepted == 53);  // bits of a time that stays within 0..2^53
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (parse_leaf(as_bytes(bytes).first(i)).ok()) FAIL("a prefix of " << i << " bytes");
    }
    return;
  }
  FAIL("no statement vector");
}

TEST_CASE("Leaf: the largest statement makes the largest entry a bundle can hold") {
  const SigningKey key = SigningKey::from_seed(Bytes(32, 7)).value();
  LogLeaf leaf;
  leaf.time = {1};
  leaf.signer = key.public_key();
  leaf.payload = std::string(kLeafPayloadMax, ' ');
  leaf.pae_digest = statement_digest(leaf.payload);
  leaf.signature = key.sign(pae(kPayloadType, as_bytes(leaf.payload)));
  const Bytes bytes = encode_leaf(leaf);
  CHECK(bytes.size() == 0xFFFF);
  const Result<LogLeaf> again = read_leaf(bytes);
  REQUIRE(again.ok());
  CHECK(again.value() == leaf);
}
