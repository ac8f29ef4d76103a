#include "verifier/log_check.h"

#include "core/wire/leaf.h"

namespace assay::verifier {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

Result<Bytes> fetch_tile(const wire::TileFetcher& fetch, bool entries, std::uint64_t index,
                         unsigned width) {
  const wire::TilePath path{entries, 0, index, width};
  Result<Bytes> bytes = fetch(path);
  if (!bytes.ok()) return bytes.error().in(wire::tile_path_text(path));
  return bytes;
}

Status check_entry(const Bytes& entry, std::int64_t& last_time_ms, EntryCounts& counts) {
  Result<wire::LogLeaf> leaf = wire::parse_leaf(entry);
  if (!leaf.ok()) return leaf.error();
  const std::int64_t time_ms = leaf.value().time.ms;
  if (time_ms < last_time_ms) return fail(Code::malformed, "log time runs backwards");
  last_time_ms = time_ms;
  ++counts.entries;
  if (leaf.value().kind != wire::LeafKind::statement) {
    ++counts.not_inline;
    return {};
  }
  if (Status signed_by = wire::verify_leaf(leaf.value()); !signed_by.ok()) return signed_by;
  Result<wire::Statement> statement = wire::parse_statement(leaf.value().payload);
  if (!statement.ok()) return statement.error();
  const wire::Kind kind = statement.value().kind;
  if (kind == wire::Kind::heartbeat || kind == wire::Kind::score) {
    return fail(Code::malformed, "a " + std::string(wire::kind_name(kind)) + " is never logged");
  }
  ++counts.statements[kind];
  return {};
}

// One tile of entries, those of [from, to) that lie in it.
Status check_bundle(std::uint64_t tile, std::uint64_t size, std::uint64_t from, std::uint64_t to,
                    const wire::TileFetcher& fetch, std::int64_t& last_time_ms,
                    EntryCounts& counts) {
  const unsigned width = wire::tile_width(0, tile, size);
  Result<Bytes> hash_bytes = fetch_tile(fetch, false, tile, width);
  if (!hash_bytes.ok()) return hash_bytes.error();
  Result<std::vector<Digest>> hashes = wire::parse_tile(hash_bytes.value(), width);
  if (!hashes.ok()) return hashes.error();
  Result<Bytes> bundle = fetch_tile(fetch, true, tile, width);
  if (!bundle.ok()) return bundle.error();
  Result<std::vector<Bytes>> entries = wire::parse_entries(bundle.value(), width);
  if (!entries.ok()) return entries.error();
  for (unsigned i = 0; i < width; ++i) {
    const std::uint64_t index = tile * wire::kTileWidth + i;
    if (index < from || index >= to) continue;
    const Bytes& entry = entries.value()[i];
    if (leaf_hash(entry) != hashes.value()[i]) {
      return fail(Code::proof, "leaf " + number(index) + ": not what its tile commits to");
    }
    if (Status good = check_entry(entry, last_time_ms, counts); !good.ok()) {
      return good.error().in("leaf " + number(index));
    }
    if (index == from) counts.first_time_ms = last_time_ms;
  }
  return {};
}

}  // namespace

Status check_growth(const wire::Checkpoint& old, const wire::Checkpoint& head,
                    const wire::TileFetcher& fetch) {
  if (old.size > 0 && old.origin != head.origin) {
    return fail(Code::unbound, "a head of " + head.origin + " does not continue " + old.origin);
  }
  if (head.size < old.size) {
    return fail(Code::stale, "the log has " + number(head.size) + " leaves, it had " +
                                 number(old.size) + " before");
  }
  if (head.size == old.size && head.root != old.root) {
    return fail(Code::equivocation, "two different heads of size " + number(head.size));
  }
  const SubtreeReader tiles = wire::read_tiles(head.size, fetch);
  Result<Digest> root = root_of(head.size, tiles);
  if (!root.ok()) return root.error();
  if (root.value() != head.root) {
    return fail(Code::proof, "the tiles do not give the root of the head");
  }
  if (old.size == 0) return {};
  Result<Digest> before = root_of(old.size, tiles);
  if (!before.ok()) return before.error();
  if (before.value() == old.root) return {};
  return fail(Code::equivocation, "the log of " + number(head.size) +
                                      " leaves does not begin with the one of " + number(old.size) +
                                      " leaves that it signed before");
}

Result<EntryCounts> check_entries(std::uint64_t size, std::uint64_t from, std::uint64_t to,
                                  const wire::TileFetcher& fetch) {
  if (from > to || to > size) return fail(Code::malformed, "a range beyond the log");
  EntryCounts counts;
  if (from == to) return counts;
  std::int64_t last_time_ms = 0;
  const std::uint64_t last_tile = (to - 1) / wire::kTileWidth;
  for (std::uint64_t tile = from / wire::kTileWidth; tile <= last_tile; ++tile) {
    if (Status good = check_bundle(tile, size, from, to, fetch, last_time_ms, counts); !good.ok()) {
      return good.error();
    }
  }
  counts.last_time_ms = last_time_ms;
  return counts;
}

}  // namespace assay::verifier
