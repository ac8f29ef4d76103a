#include "core/wire/tile.h"

#include <map>

#include "tests/catch.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

Result<Digest> root_of_tile(const test::Vector& vector) {
  const auto width = static_cast<unsigned>(vector.number("width"));
  const Bytes bytes = vector.bytes("hex");
  if (vector.text("kind") == "hashes") {
    const Result<std::vector<Digest>> hashes = parse_tile(bytes, width);
    if (!hashes.ok()) return hashes.error();
    return merkle_root(hashes.value());
  }
  const Result<std::vector<Bytes>> entries = parse_entries(bytes, width);
  if (!entries.ok()) return entries.error();
  Tree tree;
  for (const Bytes& entry : entries.value()) tree.append(leaf_hash(entry));
  return tree.root();
}

// All files of a log against its root: the levels against each other, the bundles against them.
Status check_files(std::uint64_t size, const Digest& root, const TileFetcher& fetch) {
  const SubtreeReader subtrees = read_tiles(size, fetch);
  const Result<Digest> given = root_of(size, subtrees);
  if (!given.ok()) return given.error();
  if (given.value() != root) return fail(Code::proof, "another root");
  for (std::uint64_t index = 0; index * kTileWidth < size; ++index) {
    const unsigned width = tile_width(0, index, size);
    const Result<Bytes> tile = fetch({false, 0, index, width});
    if (!tile.ok()) return tile.error();
    const Result<std::vector<Digest>> hashes = parse_tile(tile.value(), width);
    if (!hashes.ok()) return hashes.error();
    if (width == kTileWidth) {  // a partial tile has been read for the root
      const Result<Digest> above = subtrees(8, index);
      if (!above.ok()) return above.error();
      if (above.value() != merkle_root(hashes.value())) return fail(Code::proof, "two levels");
    }
    const Result<Bytes> bundle = fetch({true, 0, index, width});
    if (!bundle.ok()) return bundle.error();
    const Result<std::vector<Bytes>> entries = parse_entries(bundle.value(), width);
    if (!entries.ok()) return entries.error();
    for (unsigned i = 0; i < width; ++i) {
      if (leaf_hash(entries.value()[i]) != hashes.value()[i]) return fail(Code::proof, "an entry");
    }
  }
  return {};
}

Status check_log(const test::Vector& vector) {
  std::map<std::string, Bytes> files;
  for (const std::string& file : vector.all("file")) {
    const std::size_t space = file.find(' ');
    files[file.substr(0, space)] = from_hex(file.substr(space + 1)).value();
  }
  const TileFetcher fetch = [&](const TilePath& path) -> Result<Bytes> {
    const auto found = files.find(tile_path_text(path));
    if (found == files.end()) return fail(Code::malformed, "it is not there");
    return found->second;
  };
  return check_files(vector.number("size"), vector.fixed<Digest>("root"), fetch);
}

}  // namespace

TEST_CASE("Tile: every scenario is answered as its vector says") {
  for (const auto& vector : test::load_vectors(
           "tile", {"kind", "path", "level", "index", "width", "hex", "size", "root", "file"},
           45)) {
    INFO(vector.name());
    const std::string kind = vector.text("kind");
    if (kind == "log") {
      CHECK(test::answer(check_log(vector)) == vector.expect());
    } else if (kind == "path") {
      const Result<TilePath> path = parse_tile_path(vector.text("path"));
      CHECK(test::answer(path) == vector.expect());
      if (!path.ok()) continue;
      const bool entries = path.value().entries;
      CHECK((entries ? "entries" : std::to_string(path.value().level)) == vector.text("level"));
      CHECK(path.value().index == vector.number("index"));
      CHECK(path.value().width == vector.number("width"));
    } else {
      const Result<Digest> root = root_of_tile(vector);
      CHECK(test::answer(root) == vector.expect());
      if (root.ok()) CHECK(root.value() == vector.fixed<Digest>("root"));
    }
  }
}

TEST_CASE("Tile: paths are those of tlog-tiles") {
  struct {
    TilePath path;
    const char* text;
  } const cases[] = {
      {{false, 0, 0, 256}, "tile/0/000"},
      {{false, 0, 1, 44}, "tile/0/001.p/44"},
      {{false, 3, 1'234'067, 256}, "tile/3/x001/x234/067"},
      {{false, 63, 999, 1}, "tile/63/999.p/1"},
      {{false, 0, 1000, 255}, "tile/0/x001/000.p/255"},
      {{true, 0, 0, 256}, "tile/entries/000"},
      {{true, 0, 1'000'000, 7}, "tile/entries/x001/x000/000.p/7"},
      {{true, 0, UINT64_MAX, 256}, "tile/entries/x018/x446/x744/x073/x709/x551/615"},
  };
  for (const auto& one : cases) {
    CHECK(tile_path_text(one.path) == one.text);
    const Result<TilePath> parsed = parse_tile_path(one.text);
    REQUIRE(parsed.ok());
    CHECK(parsed.value() == one.path);
  }
}

TEST_CASE("Tile: no other spelling of a path is read") {
  for (const char* text : {"",
                           "tile",
                           "tile/",
                           "/tile/0/000",
                           "tile/0",
                           "tile/0/",
                           "tile/0/0",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/0/1000",
                           "tile/0/x001/x000",
                           "tile/0/001/000",
                           "tile/0/x000/001",
                           "tile/0/x001",
                           "tile/0/x001/00x",
                           "tile/0/X001/000",
                           "tile/00/000",
                           "tile/64/000",
                           "tile/-1/000",
                           "tile/ 0/000",
                           "tile/a/000",
                           "tile/Entries/000",
                           "tile/0//000",
                           "tile/0/000/",
                           "tile/0/000.p/",
                           "tile/0/000.p/0",
                           "tile/0/000.p/256",
                           "tile/0/000.p/01",
                           "tile/0/000.p/1/",
                           "tile/0/000.p/1.p/1",
                           "tile/0/.p/1",
                           "tile/0/000.p",
                           "tile/0/000.p1",
                           "tile/0/../000",
                           "tile/0/%30%30%30",
                           "tile/0/000\n",
                           "tile/entries/x018/x446/x744/x073/x709/x551/616",
                           "tile/0/x001/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/000"}) {
    INFO(text);
    CHECK(parse_tile_path(text).ok() == false);
  }
}

TEST_CASE("Tile: widths are the specification's example") {
  // 70,000 leaves: 273 full level 0 tiles and 112 hashes, one full level 1 tile and 17, 1 above.
  CHECK(tile_width(0, 272, 70'000) == 256);
  CHECK(tile_width(0, 273, 70'000) == 112);
  CHECK(tile_width(0, 274, 70'000) == 0);
  CHECK(tile_width(1, 0, 70'000) == 256);
  CHECK(tile_width(1, 1, 70'000) == 17);
  CHECK(tile_width(2, 0, 70'000) == 1);
  CHECK(tile_width(2, 1, 70'000) == 0);
  CHECK(tile_width(3, 0, 70'000) == 0);
  CHECK(tile_width(0, 0, 256) == 256);
  CHECK(tile_width(0, 1, 256) == 0);
  CHECK(tile_width(1, 0, 256) == 1);
  CHECK(tile_width(0, 0, 0) == 0);
  CHECK(tile_width(7, 0, UINT64_MAX) == 255);
  CHECK(tile_width(8, 0, UINT64_MAX) == 0);
  CHECK(tile_width(63, 0, UINT64_MAX) == 0);
}

TEST_CASE("Tile: entries and hashes come back, and only in the stated number") {
  const std::vector<Bytes> entries{{1, 2, 3}, {}, Bytes(kEntryBytesMax, 7)};
  const Bytes bundle = encode_entries(entries);
  REQUIRE(parse_entries(bundle, 3).ok());
  CHECK(parse_entries(bundle, 3).value() == entries);
  CHECK_FALSE(parse_entries(bundle, 2).ok());
  CHECK_FALSE(parse_entries(bundle, 4).ok());
  CHECK_FALSE(parse_entries(ByteView(bundle).first(bundle.size() - 1), 3).ok());
  CHECK(parse_entries({}, 0).ok());
  CHECK_FALSE(parse_entries({}, 1).ok());

  const std::vector<Digest> hashes{leaf_hash(entries[0]), leaf_hash(entries[1])};
  const Bytes tile = encode_tile(hashes);
  REQUIRE(parse_tile(tile, 2).ok());
  CHECK(parse_tile(tile, 2).value() == hashes);
  CHECK_FALSE(parse_tile(tile, 1).ok());
  CHECK_FALSE(parse_tile(tile, 3).ok());
  CHECK_FALSE(parse_tile(ByteView(tile).first(63), 2).ok());
}

TEST_CASE("Tile: a log read through its tiles has the roots and proofs of the tree in memory") {
  constexpr std::uint64_t kSize = 66'000;  // three levels of tiles
  Tree tree;
  for (std::uint64_t i = 0; i < kSize; ++i) {
    Bytes data;
    put_u64_be(data, i);
    tree.append(leaf_hash(data));
  }
  const SubtreeReader memory = tree.reader();
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{256},
                                   std::uint64_t{257}, std::uint64_t{65'536}, kSize}) {
    const TileFetcher fetch = [&](const TilePath& path) -> Result<Bytes> {
      std::vector<Digest> hashes;
      for (std::uint64_t i = 0; i < path.width; ++i) {
        const Result<Digest> hash = memory(8 * path.level, path.index * kTileWidth + i);
        if (!hash.ok()) return hash.error();
        hashes.push_back(hash.value());
      }
      return encode_tile(hashes);
    };
    const SubtreeReader tiles = read_tiles(size, fetch);
    CHECK(root_of(size, tiles).value() == root_of(size, memory).value());
    for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1}) {
      CHECK(inclusion_path(index, size, tiles).value() ==
            inclusion_path(index, size, memory).value());
    }
    CHECK(consistency_path((size + 1) / 2, size, tiles).value() ==
          consistency_path((size + 1) / 2, size, memory).value());
    CHECK_FALSE(tiles(0, size).ok());
    CHECK_FALSE(tiles(63, 1).ok());
    CHECK_FALSE(tiles(64, 0).ok());
  }
}

TEST_CASE("Tile: a fetcher's failure or a short tile is an error, not a hash") {
  const auto reader = [](Result<Bytes> answer) {
    return read_tiles(300, [answer](const TilePath&) { return answer; });
  };
  const auto failed = reader(fail(Code::network, "no route"))(0, 5);
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == Code::network);
  const auto cut = reader(Bytes(8191))(0, 5);
  REQUIRE_FALSE(cut.ok());
  CHECK(cut.error().code == Code::malformed);
  CHECK(reader(Bytes(8192))(0, 5).ok());
}
