// A log as an outsider checks it: from tiles alone.
#include "verifier/log_check.h"

#include "core/wire/dsse.h"
#include "core/wire/leaf.h"
#include "tests/catch.h"
#include "tests/verifier_audit/lab.h"

namespace assay::test {
namespace {

using verifier::check_entries;
using verifier::check_growth;
using verifier::EntryCounts;
using wire::Checkpoint;

// A log in memory that can be made to lie about one tile.
struct TileLog {
  std::vector<Bytes> entries;
  std::function<void(const wire::TilePath&, Bytes&)> lie;

  Digest root(std::uint64_t size) const {
    Tree tree;
    for (std::uint64_t i = 0; i < size; ++i) tree.append(leaf_hash(entries[i]));
    return tree.root();
  }
  Checkpoint head(std::uint64_t size) const { return {"log.example/test", size, root(size), ""}; }

  wire::TileFetcher fetcher() const {
    return [this](const wire::TilePath& path) -> Result<Bytes> {
      Tree tree;
      for (const Bytes& entry : entries) tree.append(leaf_hash(entry));
      const SubtreeReader read = tree.reader();
      std::vector<Digest> hashes;
      for (unsigned i = 0; i < path.width && !path.entries; ++i) {
        Result<Digest> hash = read(path.level * 8, path.index * wire::kTileWidth + i);
        if (!hash.ok()) return hash.error();
        hashes.push_back(hash.value());
      }
      Bytes bytes = wire::encode_tile(hashes);
      if (path.entries) {
        const std::size_t first = path.index * wire::kTileWidth;
        if (first + path.width > entries.size()) return fail(Code::not_found, "no such bundle");
        bytes = wire::encode_entries(std::span(entries).subspan(first, path.width));
      }
      if (lie) lie(path, bytes);
      return bytes;
    };
  }
};

wire::LogLeaf reveal_leaf(std::uint64_t number, std::int64_t time_ms) {
  static const SigningKey key = sim_key("renter");
  const std::string payload = wire::statement_text(wire::reveal_statement(
      {.job = sha256(as_bytes("job")), .secret = sha256(as_bytes(std::to_string(number)))}));
  return {.kind = wire::LeafKind::statement,
          .time = {time_ms},
          .signer = key.public_key(),
          .pae_digest = wire::statement_digest(payload),
          .signature = key.sign(wire::pae(wire::kPayloadType, as_bytes(payload))),
          .payload = payload};
}

TileLog small_log(std::uint64_t size = 300) {
  TileLog log;
  for (std::uint64_t i = 0; i < size; ++i) {
    log.entries.push_back(wire::encode_leaf(reveal_leaf(i, static_cast<std::int64_t>(1000 + i))));
  }
  return log;
}

std::string name_of(const Status& status) {
  return status.ok() ? "ok" : code_name(status.error().code);
}

TEST_CASE("a log that grew is consistent with every head it had") {
  const TileLog log = small_log();
  for (const std::uint64_t old : {0U, 1U, 2U, 255U, 256U, 257U, 299U, 300U}) {
    INFO(old);
    CHECK(name_of(check_growth(log.head(old), log.head(300), log.fetcher())) == "ok");
  }
}

TEST_CASE("a log that took something back is named for what it did") {
  const TileLog log = small_log();
  TileLog forked = log;
  forked.entries[100] = forked.entries[101];
  Checkpoint other = log.head(300);
  other.origin = "log.example/other";
  Checkpoint wrong_root = log.head(300);
  wrong_root.root.bytes[0] ^= 1;

  const std::vector<std::tuple<const char*, Checkpoint, Checkpoint, std::string>> cases = {
      {"rewritten entry", forked.head(200), log.head(300), "equivocation"},
      {"two heads of one size", forked.head(300), log.head(300), "equivocation"},
      {"smaller than before", log.head(300), log.head(299), "stale"},
      {"another log", other, log.head(300), "unbound"},
      {"a head its tiles do not give", log.head(200), wrong_root, "proof"},
  };
  for (const auto& [name, old, head, code] : cases) {
    INFO(name);
    CHECK(name_of(check_growth(old, head, log.fetcher())) == code);
  }
}

TEST_CASE("a tile that is missing or of another width is an error, not a pass") {
  TileLog log = small_log();
  log.lie = [](const wire::TilePath&, Bytes& bytes) { bytes.pop_back(); };
  CHECK(name_of(check_growth(log.head(200), log.head(300), log.fetcher())) == "malformed");
  const wire::TileFetcher none = [](const wire::TilePath&) -> Result<Bytes> {
    return fail(Code::network, "no answer");
  };
  CHECK(name_of(check_growth(log.head(200), log.head(300), none)) == "network");
  CHECK(check_entries(300, 0, 300, none).error().code == Code::network);
}

TEST_CASE("every entry of a range is hashed, parsed and its signature checked") {
  const TileLog log = small_log();
  const Result<EntryCounts> counts = check_entries(300, 0, 300, log.fetcher());
  REQUIRE(counts.ok());
  CHECK(counts.value().entries == 300);
  CHECK(counts.value().statements.at(wire::Kind::reveal) == 300);
  CHECK(counts.value().first_time_ms == 1000);
  CHECK(counts.value().last_time_ms == 1299);
  const Result<EntryCounts> some = check_entries(300, 250, 270, log.fetcher());
  REQUIRE(some.ok());
  CHECK(some.value().entries == 20);
  CHECK(some.value().first_time_ms == 1250);
  CHECK(check_entries(300, 7, 7, log.fetcher()).value().entries == 0);
  CHECK(check_entries(300, 0, 301, log.fetcher()).error().code == Code::malformed);
}

TEST_CASE("an entry that does not belong is found wherever it is") {
  const auto with = [](std::uint64_t index, const wire::LogLeaf& leaf) {
    TileLog log = small_log();
    log.entries[index] = wire::encode_leaf(leaf);
    return check_entries(300, 0, 300, log.fetcher());
  };
  for (const std::uint64_t index : {0U, 128U, 255U, 256U, 299U}) {
    INFO(index);
    const auto time_ms = static_cast<std::int64_t>(1000 + index);
    wire::LogLeaf unsigned_leaf = reveal_leaf(index, time_ms);
    unsigned_leaf.signature.bytes[0] ^= 1;
    CHECK(with(index, unsigned_leaf).error().code == Code::signature);
    if (index > 0) {
      CHECK(with(index, reveal_leaf(index, 5)).error().code == Code::malformed);
    }
    // The bundle says one thing, the tree another.
    TileLog log = small_log();
    log.lie = [&](const wire::TilePath& path, Bytes& bytes) {
      if (!path.entries || path.index != index / wire::kTileWidth) return;
      std::vector<Bytes> entries = wire::parse_entries(bytes, path.width).value();
      entries[index % wire::kTileWidth] = wire::encode_leaf(reveal_leaf(9'999, time_ms));
      bytes = wire::encode_entries(entries);
    };
    CHECK(check_entries(300, 0, 300, log.fetcher()).error().code == Code::proof);
  }
}

TEST_CASE("the log of a running service checks out from its tiles") {
  Lab& lab = gemm_lab();
  const auto head = [&] {
    const wire::Note note = wire::parse_note(lab.world.service->checkpoint().value()).value();
    return wire::parse_checkpoint(note.text).value();
  };
  const wire::TileFetcher fetch = [&](const wire::TilePath& path) {
    return lab.world.service->tile(wire::tile_path_text(path));
  };
  const Checkpoint now = head();
  CHECK(name_of(check_growth({}, now, fetch)) == "ok");
  const Result<EntryCounts> counts = check_entries(now.size, 0, now.size, fetch);
  REQUIRE(counts.ok());
  CHECK(counts.value().entries == now.size);
  CHECK(counts.value().statements.at(wire::Kind::policy) == 1);
  CHECK(counts.value().statements.at(wire::Kind::attestation) == 1);
  CHECK(counts.value().statements.at(wire::Kind::verdict) == 1);
}

}  // namespace
}  // namespace assay::test
