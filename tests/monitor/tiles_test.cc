// Tiles tied to a head: whoever serves them, they are what it commits to or an error.
#include "tests/catch.h"
#include "tests/monitor/honest_log.h"
#include "verifier/authentic_tiles.h"
#include "verifier/monitor/leaf_reader.h"

namespace assay::test {
namespace {

using verifier::AuthenticTiles;

Bytes small_leaf(std::uint64_t number) {
  static const SigningKey key = SigningKey::from_seed(Bytes(32, 3)).value();
  const Digest job = sha256(as_bytes(std::to_string(number)));
  return leaf_by(key, wire::cancel_statement({job}), {static_cast<std::int64_t>(number)});
}

PublicLog log_of(std::uint64_t size) {
  static std::vector<Bytes> leaves;
  while (leaves.size() < size) leaves.push_back(small_leaf(leaves.size()));
  PublicLog log;
  log.leaves.assign(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(size));
  return log;
}

wire::TileFetcher fetcher(const PublicLog& log, std::uint64_t size) {
  return [&log, size](const wire::TilePath& path) { return log.tile(path, size); };
}

std::string opened(const wire::Checkpoint& head, const wire::TileFetcher& fetch) {
  const Result<AuthenticTiles> tiles = AuthenticTiles::open(head, fetch);
  return tiles.ok() ? "ok" : code_name(tiles.error().code);
}

TEST_CASE("roots of every earlier size follow from authentic tiles") {
  const PublicLog log = log_of(700);
  for (const std::uint64_t size : {1U, 255U, 256U, 257U, 512U, 700U}) {
    AuthenticTiles tiles = AuthenticTiles::open(log.head(size), fetcher(log, size)).value();
    for (const std::uint64_t old : {1U, 2U, 255U, 256U, 300U, 511U, 700U}) {
      if (old > size) continue;
      INFO(old << " of " << size);
      CHECK(root_of(old, tiles.subtrees()).value() == log.head(old).root);
    }
    CHECK_FALSE(tiles.tile(0, size / 256 + 1).ok());
    CHECK_FALSE(root_of(size + 1, tiles.subtrees()).ok());
  }
}

TEST_CASE("a head that its tiles do not give is no head of them") {
  const PublicLog log = log_of(700);
  wire::Checkpoint wrong = log.head(700);
  wrong.root.bytes[5] ^= 1;
  CHECK(opened(log.head(700), fetcher(log, 700)) == "ok");
  CHECK(opened(wrong, fetcher(log, 700)) == "proof");
  const wire::TileFetcher none = [](const wire::TilePath&) -> Result<Bytes> {
    return fail(Code::network, "no answer");
  };
  CHECK(opened(log.head(700), none) == "network");
  const wire::TileFetcher narrow = [&](const wire::TilePath& path) {
    Result<Bytes> bytes = log.tile(path, 700);
    bytes.value().pop_back();
    return bytes;
  };
  CHECK(opened(log.head(700), narrow) == "malformed");
}

// The fork of entry 10 shares no root with the log; its tiles of level 0 are served among the
// log's own, as somebody would who wants an old, other head to look like a beginning of this one.
TEST_CASE("a full tile of another log among the right ones is noticed") {
  const PublicLog log = log_of(700);
  PublicLog forked = log_of(700);
  forked.leaves[10] = small_leaf(9'999);
  const wire::TileFetcher mixed = [&](const wire::TilePath& path) {
    return (path.level == 0 && path.index == 0 ? forked : log).tile(path, 700);
  };
  AuthenticTiles tiles = AuthenticTiles::open(log.head(700), mixed).value();
  CHECK(tiles.tile(0, 0).error().code == Code::proof);
  CHECK(tiles.tile(0, 1).ok());
  CHECK(root_of(300, tiles.subtrees()).ok());  // by the tile above, and the second one
  CHECK(root_of(200, tiles.subtrees()).error().code == Code::proof);
  const auto read = verifier::monitor::read_leaves(tiles, mixed, 0, 700, 2);
  REQUIRE(read.ok());
  CHECK(read.value().leaves.empty());
  CHECK(read.value().broken->kind == verifier::monitor::FindingKind::wrong_tiles);
}

TEST_CASE("leaves are read on any number of threads, from and to anywhere") {
  const PublicLog log = log_of(700);
  for (const unsigned threads : {1U, 2U, 5U}) {
    for (const auto& [from, to] : {std::pair{0, 700}, {0, 1}, {255, 257}, {300, 300}, {699, 700}}) {
      AuthenticTiles tiles = AuthenticTiles::open(log.head(700), fetcher(log, 700)).value();
      INFO(from << " to " << to << ", " << threads << " threads");
      const auto read =
          verifier::monitor::read_leaves(tiles, fetcher(log, 700), static_cast<std::uint64_t>(from),
                                         static_cast<std::uint64_t>(to), threads);
      REQUIRE(read.ok());
      CHECK_FALSE(read.value().broken);
      REQUIRE(read.value().leaves.size() == static_cast<std::size_t>(to - from));
      for (std::size_t i = 0; i < read.value().leaves.size(); ++i) {
        CHECK(read.value().leaves[i].time.ms == from + static_cast<int>(i));
      }
    }
  }
}

TEST_CASE("a bad entry ends what was read, wherever it is") {
  using verifier::monitor::FindingKind;
  for (const std::uint64_t at : {0U, 128U, 255U, 256U, 699U}) {
    PublicLog log = log_of(700);
    log.leaves[at][100] ^= 1;  // in the signature
    AuthenticTiles tiles = AuthenticTiles::open(log.head(700), fetcher(log, 700)).value();
    const auto read = verifier::monitor::read_leaves(tiles, fetcher(log, 700), 0, 700, 2);
    INFO(at);
    REQUIRE(read.ok());
    CHECK(read.value().leaves.size() == at);
    CHECK(read.value().broken->kind == FindingKind::bad_signature);
    CHECK(read.value().broken->leaf == at);
    // The bundle says one thing, the tree another.
    const PublicLog right = log_of(700);
    AuthenticTiles good = AuthenticTiles::open(right.head(700), fetcher(right, 700)).value();
    const auto altered = verifier::monitor::read_leaves(good, fetcher(log, 700), 0, 700, 2);
    REQUIRE(altered.ok());
    CHECK(altered.value().leaves.size() == at);
    CHECK(altered.value().broken->kind == FindingKind::altered_entry);
  }
}

}  // namespace
}  // namespace assay::test
