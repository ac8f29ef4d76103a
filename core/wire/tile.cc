#include "core/wire/tile.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "core/wire/json.h"

namespace assay::wire {

namespace {

constexpr std::string_view kPrefix = "tile/";
constexpr unsigned kTileHeight = 8;

Error bad_path(std::string_view why) {
  return fail(Code::malformed, "tile path: " + std::string(why));
}

// Takes what is before the next slash, or all of it.
std::string_view take_element(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view element = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return element;
}

}  // namespace

std::string tile_path_text(const TilePath& path) {
  std::string number;
  std::uint64_t rest = path.index;
  do {
    const std::string digits = std::to_string(rest % 1000);
    const std::string group = std::string(3 - digits.size(), '0') + digits;
    number = number.empty() ? group : "x" + group + "/" + number;
    rest /= 1000;
  } while (rest > 0);
  std::string out(kPrefix);
  out += path.entries ? "entries" : std::to_string(path.level);
  out += "/" + number;
  if (path.width < kTileWidth) out += ".p/" + std::to_string(path.width);
  return out;
}

Result<TilePath> parse_tile_path(std::string_view text) {
  if (text.size() > 64 || !text.starts_with(kPrefix)) return bad_path("does not start with tile/");
  std::string_view rest = text.substr(kPrefix.size());
  TilePath out;
  const std::string_view level = take_element(rest);
  out.entries = level == "entries";
  if (!out.entries) {
    const Result<std::uint64_t> number = parse_u64(level);
    if (!number.ok() || number.value() > kTileLevelMax) return bad_path("level outside 0..63");
    out.level = static_cast<unsigned>(number.value());
  }
  const std::size_t partial = rest.find(".p/");
  if (partial != std::string_view::npos) {
    const Result<std::uint64_t> width = parse_u64(rest.substr(partial + 3));
    if (!width.ok() || width.value() < 1 || width.value() >= kTileWidth) {
      return bad_path("width outside 1..255");
    }
    out.width = static_cast<unsigned>(width.value());
    rest = rest.substr(0, partial);
  }
  std::string digits;
  while (!rest.empty()) {
    std::string_view group = take_element(rest);
    if (!rest.empty() && group.starts_with('x')) group.remove_prefix(1);
    digits += group;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  const Result<std::uint64_t> index = parse_u64(digits.empty() ? "0" : digits);
  if (!index.ok()) return bad_path("not a tile number");
  out.index = index.value();
  // Whatever else is wrong (groups, zeros, slashes) shows in the spelling.
  if (tile_path_text(out) != text) return bad_path("not spelled as tlog-tiles says");
  return out;
}

unsigned tile_width(unsigned level, std::uint64_t index, std::uint64_t size) {
  if (level >= 64 / kTileHeight) return 0;
  const std::uint64_t hashes = size >> (kTileHeight * level);
  if (index < hashes / kTileWidth) return kTileWidth;
  return index == hashes / kTileWidth ? static_cast<unsigned>(hashes % kTileWidth) : 0;
}

Bytes encode_tile(std::span<const Digest> hashes) {
  Bytes out;
  out.reserve(hashes.size() * Digest::kSize);
  for (const Digest& hash : hashes) append(out, hash.view());
  return out;
}

Result<std::vector<Digest>> parse_tile(ByteView bytes, unsigned width) {
  if (bytes.size() != width * Digest::kSize) {
    return fail(Code::malformed, "tile: " + std::to_string(bytes.size()) + " bytes where " +
                                     std::to_string(width) + " hashes must be");
  }
  std::vector<Digest> out;
  out.reserve(width);
  for (unsigned i = 0; i < width; ++i) {
    out.push_back(Digest::from_view(bytes.subspan(i * Digest::kSize, Digest::kSize)).value());
  }
  return out;
}

Bytes encode_entries(std::span<const Bytes> entries) {
  Bytes out;
  for (const Bytes& entry : entries) {
    ASSAY_CHECK(entry.size() <= kEntryBytesMax, "an entry larger than a bundle can hold");
    put_u16_be(out, static_cast<std::uint16_t>(entry.size()));
    append(out, entry);
  }
  return out;
}

Result<std::vector<Bytes>> parse_entries(ByteView bytes, unsigned width) {
  Reader in(bytes);
  std::vector<Bytes> out;
  for (unsigned i = 0; i < width && in.ok(); ++i) {
    const std::uint16_t length = in.u16_be();
    out.push_back(to_bytes(in.take(length)));
  }
  if (!in.ok() || !in.at_end()) {
    return fail(Code::malformed, "entry bundle: not exactly " + std::to_string(width) + " entries");
  }
  return out;
}

SubtreeReader read_tiles(std::uint64_t size, TileFetcher fetch) {
  struct Last {
    TilePath path;
    std::vector<Digest> hashes;
  };
  return [size, fetch = std::move(fetch), last = std::make_shared<std::optional<Last>>()](
             unsigned level, std::uint64_t index) -> Result<Digest> {
    if (level >= 64 || index >= (size >> level)) {
      return fail(Code::proof, "tiles: subtree " + std::to_string(index) + " of level " +
                                   std::to_string(level) + " is not complete");
    }
    // The subtree is 2^inner neighbours within one tile.
    const unsigned inner = level % kTileHeight;
    const std::uint64_t first = index << inner;
    TilePath path{false, level / kTileHeight, first / kTileWidth, 0};
    path.width = tile_width(path.level, path.index, size);
    if (!*last || (*last)->path != path) {
      const Result<Bytes> bytes = fetch(path);
      if (!bytes.ok()) return bytes.error();
      Result<std::vector<Digest>> hashes = parse_tile(bytes.value(), path.width);
      if (!hashes.ok()) return hashes.error();
      *last = Last{path, std::move(hashes).value()};
    }
    return merkle_root(
        std::span((*last)->hashes).subspan(first % kTileWidth, std::size_t{1} << inner));
  };
}

}  // namespace assay::wire
