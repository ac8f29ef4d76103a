// What the tests of the store share: a folder that goes away, stores of every kind, and shorthand
// that fails the test where a store would answer with an error.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/memory_store.h"

namespace assay::reputation::test {

// A folder of its own under the system's temporary folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline constexpr TableId kLeaves{0};
inline constexpr TableId kState{1};
std::vector<std::string> table_names();  // "leaves", "state"

LmdbOptions lmdb_options(const std::string& folder, std::uint64_t map_bytes = 256 << 20);

// A new, empty store of a kind; both kinds must pass the same tests.
enum class Kind { memory, lmdb };
std::unique_ptr<Store> make_store(Kind kind, const TemporaryFolder& folder);

Bytes key_of(std::uint64_t number);  // big-endian: ascending

void put(WriteTxn& txn, TableId table, std::string_view key, std::string_view value);
void put_one(Store& store, TableId table, std::string_view key, std::string_view value);
std::string get(Store& store, TableId table, std::string_view key);  // "(none)" if absent

// Everything a store holds, read through its seals.
using Contents = std::map<std::pair<std::string, Bytes>, Bytes>;
Result<Contents> contents_of(Store& store);

}  // namespace assay::reputation::test
