#include "tests/reputation/ledger/test_stores.h"

#include <stdlib.h>

#include <filesystem>

#include "tests/catch.h"

namespace assay::reputation::test {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "assay-test-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> table_names() {
  return {"leaves", "state"};
}

LmdbOptions lmdb_options(const std::string& folder, std::uint64_t map_bytes) {
  // The disk that tests run on may be as full as it likes.
  return {.folder = folder,
          .tables = table_names(),
          .map_bytes = map_bytes,
          .read_only = false,
          .disk_limit_percent = 100};
}

std::unique_ptr<Store> make_store(Kind kind, const TemporaryFolder& folder) {
  if (kind == Kind::memory) return make_memory_store(table_names());
  Result<std::unique_ptr<Store>> store = open_lmdb_store(lmdb_options(folder.path()));
  if (!store.ok()) FAIL(store.error().what);
  return std::move(store).value();
}

Bytes key_of(std::uint64_t number) {
  Bytes key;
  put_u64_be(key, number);
  return key;
}

void put(WriteTxn& txn, TableId table, std::string_view key, std::string_view value) {
  const Status done = txn.put(table, as_bytes(key), as_bytes(value));
  if (!done.ok()) FAIL(done.error().what);
}

void put_one(Store& store, TableId table, std::string_view key, std::string_view value) {
  auto txn = store.write();
  if (!txn.ok()) FAIL(txn.error().what);
  put(*txn.value(), table, key, value);
  const Status done = txn.value()->commit();
  if (!done.ok()) FAIL(done.error().what);
}

std::string get(Store& store, TableId table, std::string_view key) {
  const auto txn = store.read();
  if (!txn.ok()) FAIL(txn.error().what);
  const auto value = txn.value()->get(table, as_bytes(key));
  if (!value.ok()) FAIL(value.error().what);
  return value.value() ? std::string(as_text(*value.value())) : "(none)";
}

Result<Contents> contents_of(Store& store) {
  Contents contents;
  const auto txn = store.read();
  if (!txn.ok()) return txn.error();
  for (std::size_t i = 0; i < store.tables().size(); ++i) {
    const Status scanned =
        txn.value()->scan(static_cast<TableId>(i), {}, [&](ByteView key, ByteView value) {
          contents[{store.tables()[i], to_bytes(key)}] = to_bytes(value);
          return true;
        });
    if (!scanned.ok()) return scanned.error();
  }
  return contents;
}

}  // namespace assay::reputation::test
