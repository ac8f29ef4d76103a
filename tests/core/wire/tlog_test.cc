// The golden log: 300 leaves whose roots, tiles, checkpoint and proofs other software accepted.
#include "core/wire/json.h"
#include "core/wire/tile.h"
#include "core/wire/tlog_proof.h"
#include "core/wire/trust.h"
#include "tests/catch.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

struct GoldenLog {
  test::Vector vector;
  std::vector<Bytes> leaves;
  Tree tree;
  SigningKey log_key;
  SigningKey witness_key;
  Trust trust;  // the log, and its witness as quorum
};

GoldenLog golden_log() {
  auto vectors = test::load_vectors(
      "tlog",
      {"leaves", "log_seed", "witness_seed", "witness_time", "log_vkey", "witness_vkey", "root",
       "tile", "checkpoint", "proof_index", "proof", "old_size", "consistency"},
      1);
  const test::Vector& vector = vectors.at(0);
  GoldenLog out{vector,
                {},
                Tree(),
                SigningKey::from_seed(vector.bytes("log_seed")).value(),
                SigningKey::from_seed(vector.bytes("witness_seed")).value(),
                {}};
  for (std::uint64_t i = 0; i < vector.number("leaves"); ++i) {
    out.leaves.push_back(to_bytes(as_bytes("leaf-" + std::to_string(i))));
    out.tree.append(leaf_hash(out.leaves.back()));
  }
  out.trust.logs.push_back({parse_vkey(vector.text("log_vkey")).value(), ""});
  out.trust.witnesses.push_back({"w1", parse_vkey(vector.text("witness_vkey")).value(), ""});
  out.trust.quorum = "w1";
  return out;
}

// All that an auditor asks of a proof: the checkpoint, then the path to this leaf.
Status check_proof(const Trust& trust, std::string_view text, ByteView leaf) {
  const Result<TlogProof> proof = parse_tlog_proof(text);
  if (!proof.ok()) return proof.error();
  const auto checked = check_checkpoint(trust, proof.value().checkpoint);
  if (!checked.ok()) return checked.error();
  const Checkpoint& head = checked.value().checkpoint;
  return verify_inclusion(leaf_hash(leaf), proof.value().index, head.size, proof.value().path,
                          head.root);
}

}  // namespace

TEST_CASE("Golden log: roots of every stated size") {
  const GoldenLog log = golden_log();
  const auto roots = log.vector.all("root");
  REQUIRE(roots.size() == 8);
  for (const std::string& line : roots) {
    const std::size_t space = line.find(' ');
    const std::uint64_t size = parse_u64(line.substr(0, space)).value();
    CHECK(to_base64(root_of(size, log.tree.reader()).value().view()) == line.substr(space + 1));
  }
}

TEST_CASE("Golden log: every tile and entry bundle to the byte") {
  const GoldenLog log = golden_log();
  const auto tiles = log.vector.all("tile");
  REQUIRE(tiles.size() == 48);
  for (const std::string& line : tiles) {
    INFO(line);
    const TilePath path = parse_tile_path(line.substr(0, line.find(' '))).value();
    Bytes bytes;
    if (path.entries) {
      const auto first = std::span(log.leaves).subspan(path.index * kTileWidth, path.width);
      bytes = encode_entries(first);
      CHECK(parse_entries(bytes, path.width).ok());
    } else {
      std::vector<Digest> hashes;
      for (std::uint64_t i = 0; i < path.width; ++i) {
        hashes.push_back(log.tree.reader()(8 * path.level, path.index * kTileWidth + i).value());
      }
      bytes = encode_tile(hashes);
    }
    CHECK(tile_path_text(path) + " " + std::to_string(bytes.size()) + " " + sha256(bytes).hex() ==
          line);
  }
}

TEST_CASE("Golden log: the checkpoint is signed and cosigned to the byte") {
  const GoldenLog log = golden_log();
  Note note = sign_checkpoint({"log.example/vcr-test", 300, log.tree.root(), ""}, log.log_key);
  note.signatures.push_back(cosign_note("witness.example/w1", log.witness_key, note.text,
                                        log.vector.number("witness_time")));
  CHECK(note_text(note) == test::joined(log.vector.all("checkpoint")));
  CHECK(vkey_text(log.trust.logs[0].key) == log.vector.text("log_vkey"));
  CHECK(vkey_text(log.trust.witnesses[0].key) == log.vector.text("witness_vkey"));

  const auto checked = check_checkpoint(log.trust, note_text(note));
  REQUIRE(checked.ok());
  CHECK(checked.value().checkpoint.size == 300);
  CHECK(checked.value().checkpoint.root == log.tree.root());
  CHECK_FALSE(checked.value().quorum_none);
  REQUIRE(checked.value().witnesses.size() == 1);
  CHECK(checked.value().witnesses[0].name == "w1");
  CHECK(checked.value().witnesses[0].unix_seconds == log.vector.number("witness_time"));
}

TEST_CASE("Golden log: no bit of a witnessed checkpoint can be flipped") {
  const GoldenLog log = golden_log();
  const std::string text = test::joined(log.vector.all("checkpoint"));
  REQUIRE(check_checkpoint(log.trust, text).ok());
  test::flip_each_bit(text, [&](const std::string& mutated, std::size_t at) {
    if (check_checkpoint(log.trust, mutated).ok()) FAIL(at);
  });
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (check_checkpoint(log.trust, std::string_view(text).substr(0, i)).ok()) FAIL(i);
  }
}

TEST_CASE("Golden log: the tlog-proof is written and verified to the byte") {
  const GoldenLog log = golden_log();
  const std::uint64_t index = log.vector.number("proof_index");
  const std::string text = test::joined(log.vector.all("proof"));
  const TlogProof proof{std::nullopt, index, log.tree.inclusion(index),
                        test::joined(log.vector.all("checkpoint"))};
  CHECK(tlog_proof_text(proof) == text);
  CHECK(check_proof(log.trust, text, log.leaves[index]).ok());
  CHECK(test::answer(check_proof(log.trust, text, log.leaves[index + 1])) == "proof");
  CHECK(test::answer(check_proof(log.trust, text, {})) == "proof");
}

TEST_CASE("Golden log: no bit of a proof can be flipped") {
  const GoldenLog log = golden_log();
  const std::string text = test::joined(log.vector.all("proof"));
  const Bytes& leaf = log.leaves[log.vector.number("proof_index")];
  test::flip_each_bit(text, [&](const std::string& mutated, std::size_t at) {
    if (check_proof(log.trust, mutated, leaf).ok()) FAIL(at);
  });
}

TEST_CASE("Golden log: the consistency proof is made and verified") {
  const GoldenLog log = golden_log();
  const std::uint64_t old_size = log.vector.number("old_size");
  std::vector<std::string> path;
  const auto hashes = consistency_path(old_size, 300, log.tree.reader()).value();
  for (const Digest& hash : hashes) path.push_back(to_base64(hash.view()));
  CHECK(path == log.vector.all("consistency"));
  const Digest old_root = root_of(old_size, log.tree.reader()).value();
  CHECK(verify_consistency(old_size, old_root, 300, log.tree.root(), hashes).ok());
}

TEST_CASE("Proof: every scenario is answered as its vector says, one text per proof") {
  for (const auto& vector :
       test::load_vectors("proof", {"line", "hex", "index", "path", "extra"}, 19)) {
    INFO(vector.name());
    const std::string text = test::body(vector);
    const Result<TlogProof> proof = parse_tlog_proof(text);
    CHECK(test::answer(proof) == vector.expect());
    if (!proof.ok()) continue;
    CHECK(tlog_proof_text(proof.value()) == text);
    CHECK(proof.value().index == vector.number("index"));
    CHECK(proof.value().path.size() == vector.number("path"));
    CHECK(proof.value().extra.has_value() == vector.has("extra"));
    if (vector.has("extra")) CHECK(proof.value().extra == vector.bytes("extra"));
  }
}

TEST_CASE("Proof: a log leaf of the largest size fits, one byte more does not") {
  TlogProof proof = parse_tlog_proof(test::joined(golden_log().vector.all("proof"))).value();
  proof.extra = Bytes(kProofExtraMax, 1);
  CHECK(parse_tlog_proof(tlog_proof_text(proof)).value() == proof);
  proof.extra = Bytes(kProofExtraMax + 1, 1);
  CHECK_FALSE(parse_tlog_proof(tlog_proof_text(proof)).ok());
}
