// What the transactions of lmdb_store.cc share: LMDB's environment with the thread that checks its
// pages and the pool of read transactions, cursors, and LMDB's errors as ours. For lmdb_store.cc.
#pragma once

#include <lmdb.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "reputation/ledger/engine.h"
#include "reputation/ledger/lmdb_pages.h"

namespace assay::reputation {

inline constexpr std::size_t kPooledMax = 64;

inline Error lmdb_error(int reason, const char* doing) {
  std::string what = std::string("cannot ") + doing + ": " + mdb_strerror(reason);
  if (reason == MDB_MAP_FULL) what += "; open the store with a larger map";
  if (reason == MDB_READERS_FULL) what += "; too many snapshots are open at once";
  return fail(Code::storage, what);
}

inline MDB_val val_of(ByteView bytes) {
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};  // LMDB only reads it
}
inline ByteView view_of(const MDB_val& val) {
  return {static_cast<const std::uint8_t*>(val.mv_data), val.mv_size};
}

// The environment with all that hangs on it.
struct Environment {
  MDB_env* env = nullptr;
  std::string folder;
  bool read_only = false;
  int lock_fd = -1;  // held while we may write
  std::vector<std::string> names;
  std::vector<MDB_dbi> tables;
  std::unique_ptr<PageCheck> pages;  // null: all was checked before, or somebody else does
  MDB_txn* checked_txn = nullptr;    // keeps what it looks at as it is; the walker's
  std::atomic<bool> stop{false};
  std::thread walker;
  std::mutex pool_mutex;
  std::vector<MDB_txn*> pool;  // read transactions at rest, each owning a reader slot

  ~Environment() {
    stop = true;
    if (walker.joinable()) walker.join();
    for (MDB_txn* txn : pool) mdb_txn_abort(txn);
    if (env != nullptr) mdb_env_close(env);
    if (lock_fd >= 0) ::close(lock_fd);
  }

  Result<MDB_txn*> begin_read() {
    MDB_txn* txn = nullptr;
    {
      const std::lock_guard lock(pool_mutex);
      if (!pool.empty()) {
        txn = pool.back();
        pool.pop_back();
      }
    }
    if (txn != nullptr) {
      if (mdb_txn_renew(txn) == 0) return txn;
      mdb_txn_abort(txn);
    }
    const int rc = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
    if (rc != 0) return lmdb_error(rc, "begin a read transaction");
    return txn;
  }

  // May LMDB go where this key leads? See LmdbOptions::check_in_background.
  Status look(TableId table, ByteView key) const {
    if (pages == nullptr) return {};
    return pages->look(names[static_cast<std::size_t>(table)], key);
  }

  void end_read(MDB_txn* txn) {
    mdb_txn_reset(txn);
    const std::lock_guard lock(pool_mutex);
    if (pool.size() < kPooledMax) {
      pool.push_back(txn);
    } else {
      mdb_txn_abort(txn);
    }
  }
};

// Closes its cursor on every way out.
class Cursor {
 public:
  Cursor(MDB_txn* txn, MDB_dbi table) : opened_(mdb_cursor_open(txn, table, &cursor_)) {}
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  int get(MDB_val& key, MDB_val& value, MDB_cursor_op op) {
    return opened_ != 0 ? opened_ : mdb_cursor_get(cursor_, &key, &value, op);
  }

 private:
  MDB_cursor* cursor_ = nullptr;
  int opened_;
};

}  // namespace assay::reputation
