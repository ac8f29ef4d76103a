#include "verifier/monitor/leaf_reader.h"

#include <algorithm>
#include <functional>
#include <thread>

namespace assay::verifier::monitor {
namespace {

constexpr std::size_t kWorthThreads = 64;  // entries; fewer are checked sooner than threads start

struct Entry {
  std::uint64_t index = 0;
  Digest hash;  // that the head commits to
  Bytes bytes;
  std::optional<reputation::LoggedLeaf> leaf;
  std::optional<Finding> wrong;
};

Finding found(FindingKind kind, const Entry& entry, const Digest& statement, std::string text) {
  return {kind, entry.index, statement,
          "leaf " + std::to_string(entry.index) + ": " + std::move(text)};
}

void check(Entry& entry) {
  if (leaf_hash(entry.bytes) != entry.hash) {
    entry.wrong = found(FindingKind::altered_entry, entry, {}, "not what the log commits to");
    return;
  }
  Result<wire::LogLeaf> leaf = wire::parse_leaf(entry.bytes);
  if (!leaf.ok()) {
    entry.wrong = found(FindingKind::not_a_leaf, entry, {}, leaf.error().what);
    return;
  }
  const Digest statement = leaf.value().pae_digest;
  if (leaf.value().kind != wire::LeafKind::statement) {
    entry.wrong = found(FindingKind::not_a_leaf, entry, statement,
                        "not an inline statement: whatever the fold reads must be one");
    return;
  }
  if (Status valid = wire::verify_leaf(leaf.value()); !valid.ok()) {
    entry.wrong = found(FindingKind::bad_signature, entry, statement, valid.error().what);
    return;
  }
  Result<reputation::LoggedLeaf> logged = reputation::logged_leaf(std::move(leaf).value());
  if (!logged.ok()) {
    entry.wrong = found(FindingKind::not_a_leaf, entry, statement, logged.error().what);
    return;
  }
  entry.leaf = std::move(logged).value();
}

void check_all(std::vector<Entry>& entries, unsigned threads) {
  const auto every = [&entries](std::size_t first, std::size_t stride) {
    for (std::size_t i = first; i < entries.size(); i += stride) check(entries[i]);
  };
  if (threads <= 1 || entries.size() < kWorthThreads) return every(0, 1);
  std::vector<std::jthread> helpers;
  for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(every, i, threads);
  every(0, threads);
}

// The entries of one bundle that lie in [from, to).
Status fetch_bundle(AuthenticTiles& tiles, const wire::TileFetcher& fetch, std::uint64_t tile,
                    std::uint64_t from, std::uint64_t to, std::vector<Entry>& entries) {
  const Result<const std::vector<Digest>*> hashes = tiles.tile(0, tile);
  if (!hashes.ok()) return hashes.error();
  const wire::TilePath path{true, 0, tile, wire::tile_width(0, tile, tiles.size())};
  const Result<Bytes> bytes = fetch(path);
  if (!bytes.ok()) return bytes.error().in(wire::tile_path_text(path));
  Result<std::vector<Bytes>> bundle = wire::parse_entries(bytes.value(), path.width);
  if (!bundle.ok()) return bundle.error().in(wire::tile_path_text(path));
  for (unsigned i = 0; i < path.width; ++i) {
    const std::uint64_t index = tile * wire::kTileWidth + i;
    if (index < from || index >= to) continue;
    entries.push_back(
        {index, (*hashes.value())[i], std::move(bundle.value()[i]), std::nullopt, std::nullopt});
  }
  return {};
}

}  // namespace

Result<ReadLeaves> read_leaves(AuthenticTiles& tiles, const wire::TileFetcher& fetch,
                               std::uint64_t from, std::uint64_t to, unsigned threads) {
  ReadLeaves out;
  if (from >= to) return out;
  std::vector<Entry> entries;
  for (std::uint64_t tile = from / wire::kTileWidth; tile <= (to - 1) / wire::kTileWidth; ++tile) {
    const Status fetched = fetch_bundle(tiles, fetch, tile, from, to, entries);
    if (fetched.ok()) continue;
    Result<Finding> finding = finding_of(fetched.error());
    if (!finding.ok()) return finding.error();
    out.broken = std::move(finding).value();
    break;
  }
  check_all(entries, threads);
  for (Entry& entry : entries) {
    if (entry.wrong) {
      out.broken = std::move(entry.wrong);
      return out;
    }
    out.leaves.push_back(std::move(*entry.leaf));
  }
  return out;
}

Result<Finding> finding_of(const Error& error) {
  switch (error.code) {
    case Code::proof:
    case Code::malformed:
    case Code::not_found: return Finding{FindingKind::wrong_tiles, std::nullopt, {}, error.what};
    default: return error;
  }
}

}  // namespace assay::verifier::monitor
