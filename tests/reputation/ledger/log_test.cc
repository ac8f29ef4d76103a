// The log inside a store: what LogAppender writes, whatever the batches, is one and the same log.
#include "reputation/ledger/log.h"

#include <map>

#include "core/base/random.h"
#include "reputation/ledger/tables.h"
#include "tests/catch.h"
#include "tests/reputation/ledger/test_stores.h"

namespace assay::reputation::test {
namespace {

Bytes leaf_number(std::uint64_t index) {
  Bytes leaf = key_of(index * index);
  leaf.resize(8 + index % 50, 'x');
  return leaf;
}

using Rows = std::map<Bytes, Bytes>;

Rows rows_of(Store& store, TableId table) {
  Rows rows;
  const auto txn = store.read().value();
  REQUIRE(txn->scan(table, {},
                    [&](ByteView key, ByteView value) {
                      rows[to_bytes(key)] = to_bytes(value);
                      return true;
                    })
              .ok());
  return rows;
}

// A log of `size` leaves, appended `batch()` at a time.
std::unique_ptr<Store> log_of(std::uint64_t size, const std::function<std::uint64_t()>& batch) {
  auto store = make_memory_store(tables::names());
  for (std::uint64_t at = 0; at < size;) {
    auto txn = store->write().value();
    LogAppender log(*txn);
    for (const std::uint64_t end = std::min(size, at + batch()); at < end; ++at) {
      const Bytes leaf = leaf_number(at);
      REQUIRE(log.append(at, leaf, leaf_hash(leaf)).ok());
    }
    REQUIRE(log.flush().ok());
    REQUIRE(txn->commit().ok());
  }
  return store;
}

TEST_CASE("a log is the same whatever its batches were, and its tiles are those of its leaves") {
  constexpr std::uint64_t kSize = 66'000;  // the third level has begun
  SeededRandom random(31);
  const auto whole = log_of(kSize, [] { return kSize; });
  const Rows tiles = rows_of(*whole, tables::kTiles);
  const auto parts = log_of(kSize, [&] { return 1 + random.below(700); });
  CHECK(rows_of(*parts, tables::kTiles) == tiles);
  CHECK(rows_of(*parts, tables::kLeaves) == rows_of(*whole, tables::kLeaves));

  Tree tree;
  for (std::uint64_t i = 0; i < kSize; ++i) tree.append(leaf_hash(leaf_number(i)));
  const auto txn = parts->read().value();
  const LogView log(*txn, kSize);
  CHECK(root_of(kSize, log.subtrees()).value() == tree.root());
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{65'535}, kSize - 1}) {
    CHECK(log.leaf_bytes(index).value() == leaf_number(index));
    CHECK(inclusion_path(index, kSize, log.subtrees()).value() == tree.inclusion(index));
  }
}

TEST_CASE("every size on the way to two full tiles is whole once it is flushed") {
  const auto store = make_memory_store(tables::names());
  Tree tree;
  for (std::uint64_t at = 0; at < 2 * wire::kTileWidth + 3; ++at) {
    auto txn = store->write().value();
    LogAppender log(*txn);
    const Bytes leaf = leaf_number(at);
    tree.append(leaf_hash(leaf));
    REQUIRE(log.append(at, leaf, leaf_hash(leaf)).ok());
    REQUIRE(log.flush().ok());
    CHECK(root_of(at + 1, LogView(*txn, at + 1).subtrees()).value() == tree.root());
    REQUIRE(txn->commit().ok());
  }
}

TEST_CASE("a leaf that is not the next one is refused") {
  const auto store = log_of(300, [] { return std::uint64_t{300}; });
  for (const std::uint64_t index : {0U, 299U, 301U, 600U}) {
    INFO(index);
    auto txn = store->write().value();
    LogAppender log(*txn);
    const Bytes leaf = leaf_number(index);
    CHECK(log.append(index, leaf, leaf_hash(leaf)).error().code == Code::storage);
  }
}

TEST_CASE("append writes what put writes, also where the key is not the last") {
  const TemporaryFolder folder;
  const auto store = make_store(Kind::lmdb, folder);
  SeededRandom random(32);
  Rows want;
  for (int batch = 0; batch < 5; ++batch) {
    auto txn = store->write().value();
    for (int i = 0; i < 400; ++i) {
      const Bytes key = key_of(random.below(3) == 0 ? random.below(5000) : 5000 + want.size());
      Bytes value(random.below(1500));
      random.fill(value);
      REQUIRE(txn->append(kLeaves, key, value).ok());
      want[key] = value;
    }
    REQUIRE(txn->commit().ok());
  }
  CHECK(rows_of(*store, kLeaves) == want);
  CHECK(verify_all(*store->read().value()).ok());
}

}  // namespace
}  // namespace assay::reputation::test
