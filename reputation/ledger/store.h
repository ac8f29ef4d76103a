// The one seam to storage: ordered tables of sealed records under transactions, durable at commit.
//
// Threads: a Store may be used by any thread. Any number of ReadTxn at once, each a snapshot that
// later commits do not change; one WriteTxn at a time. A transaction belongs to the thread that
// began it. Keep read transactions short: LMDB cannot reuse pages that one of them may still see.
// Transactions must be gone before their Store.
//
// Seals: a record is stored as the first 16 bytes of SHA-256(table, key, value) followed by the
// value, because LMDB has no checksums: a flipped bit is answered with Code::storage naming the
// table and the key, never with other data. A record that is missing, or a store put back to an
// older state, leaves no broken seal: the ledger's tree head catches those.
//
// Errors of every function here:
//   storage      the medium failed, a seal is broken, or there is no room; `what` says which
// and of write() besides:
//   conflict     another write transaction is open
//   permission   the store was opened read-only
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/crypto/sha256.h"
#include "reputation/ledger/engine.h"

namespace assay::reputation {

inline constexpr std::size_t kSealBytes = 16;
inline constexpr unsigned kFullPercent = 80;  // of the map, and unless told otherwise of the disk

class Store;

// A view of one committed state. Dropping it ends it.
class ReadTxn {
 public:
  virtual ~ReadTxn() = default;
  ReadTxn(const ReadTxn&) = delete;
  ReadTxn& operator=(const ReadTxn&) = delete;

  // key: 1..kMaxKeyBytes bytes, in all functions that take one (more is a bug of the caller).
  Result<std::optional<Bytes>> get(TableId table, ByteView key) const;
  // Visits records in ascending order of key (unsigned bytes) from the first key >= from, until
  // the visitor answers false. The visitor must not write to this transaction.
  Status scan(TableId table, ByteView from, const Visitor& visit) const;
  // The same, only keys that begin with prefix.
  Status scan_prefix(TableId table, ByteView prefix, const Visitor& visit) const;
  // The record with the greatest key.
  Result<std::optional<KeyValue>> last(TableId table) const;
  Result<std::uint64_t> count(TableId table) const;

  const std::vector<std::string>& table_names() const;

 protected:
  friend class Store;
  ReadTxn(Store& store, std::unique_ptr<EngineTxn> txn);

  const std::string& name(TableId table) const;
  Result<ByteView> open_seal(TableId table, ByteView key, ByteView sealed) const;

  Store& store_;
  std::unique_ptr<EngineTxn> txn_;
};

// A key that was written, as far as its first 32 bytes, filled up with zeros.
struct WatchedKey {
  TableId table;
  Digest key;
  auto operator<=>(const WatchedKey&) const = default;
};

// The one transaction that changes things; sees its own changes. Dropping it without commit()
// changes nothing. After any error of put, erase or commit it can only be dropped.
class WriteTxn final : public ReadTxn {
 public:
  ~WriteTxn() override;

  Status put(TableId table, ByteView key, ByteView value);  // inserts or replaces
  // The same, faster, for a key that is beyond all others of the table.
  Status append(TableId table, ByteView key, ByteView value);
  Status erase(TableId table, ByteView key);  // an absent key is no error

  // All of it is on the disk when this returns ok, none of it counts otherwise. Once.
  // An error here makes the store read-only until it is opened again: after a failed sync nobody
  // knows what the disk holds, so nothing more may be acknowledged (the service exits 75).
  Status commit();

 private:
  friend class Store;
  WriteTxn(Store& store, std::unique_ptr<EngineTxn> txn);

  Status usable() const;
  Status write(TableId table, ByteView key, ByteView value, bool is_last);
  void note(TableId table, ByteView key);

  bool spent_ = false;  // committed, or failed and only to be dropped
  std::vector<WatchedKey> written_;
};

class Store {
 public:
  // tables: 1..255 distinct names of 1..64 bytes, the same list that the engine was opened with.
  // disk_limit_percent: how full the disk may be for write() to go on.
  Store(std::unique_ptr<Engine> engine, std::vector<std::string> tables,
        unsigned disk_limit_percent = kFullPercent);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Result<std::unique_ptr<ReadTxn>> read();
  // Refused with Code::storage after a failed commit, and when the map is more than 80 % full or
  // the disk more than its limit (deleting needs free pages too).
  Result<std::unique_ptr<WriteTxn>> write();

  // What write() would refuse for now: the failed commit, damage, or the lack of room. For
  // readiness.
  Status check();
  // A commit has failed, or damage was found: nothing is written until it is opened again.
  bool has_failed();
  // How much of its files has been checked; LmdbOptions::check_in_background.
  CheckedPages checked() { return engine_->checked(); }
  Result<Room> room();
  // Call each minute: frees the snapshots of readers that died. Never blocks a transaction.
  Status maintain();

  // From here on notes which keys commits write or erase in these tables, for one watcher. Tables
  // below 64; past `keys_max` different ones it notes no more, and says so.
  void watch(std::span<const TableId> tables, std::size_t keys_max);
  struct Watched {
    std::unique_ptr<ReadTxn> txn;
    bool everything = false;  // more than is noted: on the first call, and past `keys_max`
    std::set<WatchedKey> keys;
  };
  // A snapshot with exactly what was written between the one of the last call and it. Waits for a
  // commit that is under way.
  Result<Watched> read_watched();

  const std::vector<std::string>& tables() const { return tables_; }

 private:
  friend class ReadTxn;
  friend class WriteTxn;
  void fail_for_ever(const std::string& why);
  bool is_watched(TableId table) const;
  void add_watched(const std::vector<WatchedKey>& keys);

  std::unique_ptr<Engine> engine_;
  std::vector<std::string> tables_;
  const unsigned disk_limit_percent_;
  std::atomic<bool> writing_{false};
  std::mutex mutex_;                   // guards failed_
  std::optional<std::string> failed_;  // why a commit failed, for ever

  std::atomic<std::uint64_t> watched_tables_{0};  // one bit each
  std::mutex watch_mutex_;                        // held by commits; guards what follows
  std::size_t watched_max_ = 0;
  bool watched_everything_ = true;
  std::set<WatchedKey> watched_;
};

// Reads every record of every table, in order, and checks each seal; counts[i] is the number of
// records in table i.
//   storage      the first broken seal, or a table that holds more or fewer records than it says
Result<std::vector<std::uint64_t>> verify_all(const ReadTxn& txn);

// Compares tables record for record. Both stores must have been opened with the same list.
//   mismatch     names the table and the first key that differs, and how
Status compare_tables(const ReadTxn& a, const ReadTxn& b, std::span<const TableId> tables);

}  // namespace assay::reputation
