// What a storage engine must be able to do: ordered tables of raw bytes under transactions. The
// engines are LMDB (lmdb_store.h), memory (memory_store.h) and the fault-injecting twin of the
// tests. Everybody else uses Store (store.h), which adds the seals, the room rule and the sticky
// failure, once, above all of them.
//
// Threads: any number of read transactions, one write transaction; begin() may be called from any
// thread, a transaction stays with the thread that began it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace assay::reputation {

// A table is named by its place in the list of names given when the store was opened.
enum class TableId : std::uint8_t {};

inline constexpr std::size_t kMaxKeyBytes = 511;  // LMDB's limit, kept by every engine

struct KeyValue {
  Bytes key;
  Bytes value;
  bool operator==(const KeyValue&) const = default;
};

// Called with views that are good until it returns; false stops the scan.
using Visitor = std::function<bool(ByteView key, ByteView value)>;

// Bytes used and bytes there are. A size of 0 means that there is no such limit.
struct Room {
  std::uint64_t map_used_bytes = 0;  // high-water mark: pages freed inside the map stay counted
  std::uint64_t map_size_bytes = 0;
  std::uint64_t disk_free_bytes = 0;
  std::uint64_t disk_size_bytes = 0;
};

// One transaction over a snapshot. Every function answers Code::storage when the medium fails.
// Dropping it rolls back. put, erase and commit only if it was begun for writing.
class EngineTxn {
 public:
  virtual ~EngineTxn() = default;
  virtual Result<std::optional<Bytes>> get(TableId table, ByteView key) = 0;
  // Ascending by unsigned bytes, from the first key >= from (empty: from the start).
  virtual Status scan(TableId table, ByteView from, const Visitor& visit) = 0;
  virtual Result<std::optional<KeyValue>> last(TableId table) = 0;
  virtual Result<std::uint64_t> count(TableId table) = 0;
  virtual Status put(TableId table, ByteView key, ByteView value) = 0;  // replaces
  // The same for a key that is beyond all others of the table.
  virtual Status append(TableId table, ByteView key, ByteView value) {
    return put(table, key, value);
  }
  virtual Status erase(TableId table, ByteView key) = 0;  // absent is fine
  virtual Status commit() = 0;  // durable when it returns; nothing may follow
};

// How far an engine that checks its own files while it is in use has come. Equal: all is checked.
struct CheckedPages {
  std::uint64_t checked = 0;
  std::uint64_t pages = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Result<std::unique_ptr<EngineTxn>> begin(bool for_writing) = 0;
  virtual Result<Room> room() = 0;
  virtual Status maintain() = 0;  // housekeeping for each minute; any thread
  // Damage of its files that it has found since it was opened. What has failed once fails for ever.
  virtual Status sound() { return {}; }
  virtual CheckedPages checked() { return {}; }
};

}  // namespace assay::reputation
