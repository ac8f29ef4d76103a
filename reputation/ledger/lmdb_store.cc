#include "reputation/ledger/lmdb_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/file.h"
#include "reputation/ledger/lmdb_environment.h"

namespace assay::reputation {
namespace {

constexpr unsigned kReadersMax = 512;
constexpr mdb_mode_t kMode = 0600;

Error system_error(const std::string& path, const char* doing) {
  return fail(Code::storage,
              std::string("cannot ") + doing + " '" + path + "': " + std::strerror(errno));
}

class LmdbTxn final : public EngineTxn {
 public:
  LmdbTxn(Environment& environment, MDB_txn* txn, bool for_writing)
      : environment_(environment), txn_(txn), for_writing_(for_writing) {}
  ~LmdbTxn() override {
    if (txn_ == nullptr) return;
    if (for_writing_) {
      mdb_txn_abort(txn_);
    } else {
      environment_.end_read(txn_);
    }
  }

  Result<std::optional<Bytes>> get(TableId table, ByteView key) override {
    if (Status sound = environment_.look(table, key); !sound.ok()) return sound.error();
    MDB_val k = val_of(key), v{};
    const int rc = mdb_get(txn_, dbi(table), &k, &v);
    if (rc == MDB_NOTFOUND) return std::optional<Bytes>{};
    if (rc != 0) return lmdb_error(rc, "read");
    return std::optional<Bytes>(to_bytes(view_of(v)));
  }

  Status scan(TableId table, ByteView from, const Visitor& visit) override {
    Cursor cursor(txn_, dbi(table));
    MDB_val k = val_of(from), v{};
    if (Status sound = environment_.look(table, from); !sound.ok()) return sound;
    int rc = cursor.get(k, v, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
    while (rc == 0 && visit(view_of(k), view_of(v))) {
      if (Status sound = environment_.look(table, view_of(k)); !sound.ok()) return sound;
      rc = cursor.get(k, v, MDB_NEXT);
    }
    if (rc != 0 && rc != MDB_NOTFOUND) return lmdb_error(rc, "scan");
    return {};
  }

  Result<std::optional<KeyValue>> last(TableId table) override {
    static const Bytes greatest(kMaxKeyBytes, 0xFF);
    if (Status sound = environment_.look(table, greatest); !sound.ok()) return sound.error();
    Cursor cursor(txn_, dbi(table));
    MDB_val k{}, v{};
    const int rc = cursor.get(k, v, MDB_LAST);
    if (rc == MDB_NOTFOUND) return std::optional<KeyValue>{};
    if (rc != 0) return lmdb_error(rc, "read the last record");
    return std::optional<KeyValue>(KeyValue{to_bytes(view_of(k)), to_bytes(view_of(v))});
  }

  Result<std::uint64_t> count(TableId table) override {
    MDB_stat stat{};
    const int rc = mdb_stat(txn_, dbi(table), &stat);
    if (rc != 0) return lmdb_error(rc, "count");
    return std::uint64_t{stat.ms_entries};
  }

  Status put(TableId table, ByteView key, ByteView value) override {
    ASSAY_CHECK(for_writing_, "not a write transaction");
    if (Status sound = environment_.look(table, key); !sound.ok()) return sound;
    MDB_val k = val_of(key), v = val_of(value);
    const int rc = mdb_put(txn_, dbi(table), &k, &v, 0);
    if (rc != 0) return lmdb_error(rc, "write");
    return {};
  }

  // Told that the key is the last one, LMDB fills pages to the end instead of halving them.
  Status append(TableId table, ByteView key, ByteView value) override {
    ASSAY_CHECK(for_writing_, "not a write transaction");
    if (Status sound = environment_.look(table, key); !sound.ok()) return sound;
    MDB_val k = val_of(key), v = val_of(value);
    const int rc = mdb_put(txn_, dbi(table), &k, &v, MDB_APPEND);
    if (rc == MDB_KEYEXIST) return put(table, key, value);  // it is not
    if (rc != 0) return lmdb_error(rc, "write");
    return {};
  }

  Status erase(TableId table, ByteView key) override {
    ASSAY_CHECK(for_writing_, "not a write transaction");
    if (Status sound = environment_.look(table, key); !sound.ok()) return sound;
    MDB_val k = val_of(key);
    const int rc = mdb_del(txn_, dbi(table), &k, nullptr);
    if (rc != 0 && rc != MDB_NOTFOUND) return lmdb_error(rc, "erase");
    return {};
  }

  Status commit() override {
    ASSAY_CHECK(for_writing_ && txn_ != nullptr, "not a write transaction");
    const int rc = mdb_txn_commit(txn_);
    txn_ = nullptr;  // gone, whatever the answer
    if (rc != 0) return lmdb_error(rc, "sync to the disk");
    return {};
  }

 private:
  MDB_dbi dbi(TableId table) const {
    const auto index = static_cast<std::size_t>(table);
    ASSAY_CHECK(index < environment_.tables.size(), "no such table");
    return environment_.tables[index];
  }

  Environment& environment_;
  MDB_txn* txn_;
  const bool for_writing_;
};

class LmdbEngine final : public Engine {
 public:
  explicit LmdbEngine(std::unique_ptr<Environment> environment)
      : environment_(std::move(environment)) {}

  Result<std::unique_ptr<EngineTxn>> begin(bool for_writing) override {
    if (!for_writing) {
      const Result<MDB_txn*> txn = environment_->begin_read();
      if (!txn.ok()) return txn.error();
      return std::unique_ptr<EngineTxn>(new LmdbTxn(*environment_, txn.value(), false));
    }
    if (environment_->read_only) {
      return fail(Code::permission, "'" + environment_->folder + "' is open for reading only");
    }
    MDB_txn* txn = nullptr;
    const int rc = mdb_txn_begin(environment_->env, nullptr, 0, &txn);
    if (rc != 0) return lmdb_error(rc, "begin a write transaction");
    return std::unique_ptr<EngineTxn>(new LmdbTxn(*environment_, txn, true));
  }

  Result<Room> room() override {
    MDB_envinfo info{};
    MDB_stat stat{};
    struct statvfs disk {};
    mdb_env_info(environment_->env, &info);
    mdb_env_stat(environment_->env, &stat);
    if (::statvfs(environment_->folder.c_str(), &disk) != 0) {
      return system_error(environment_->folder, "ask for the room of");
    }
    // As df counts: blocks kept for root are neither used nor ours.
    const std::uint64_t blocks = disk.f_blocks - disk.f_bfree + disk.f_bavail;
    return Room{.map_used_bytes = (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize,
                .map_size_bytes = info.me_mapsize,
                .disk_free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize,
                .disk_size_bytes = blocks * disk.f_frsize};
  }

  Status maintain() override {
    int dead = 0;
    const int rc = mdb_reader_check(environment_->env, &dead);
    if (rc != 0) return lmdb_error(rc, "clear dead readers");
    return {};
  }

  Status sound() override {
    return environment_->pages == nullptr ? Status{} : environment_->pages->sound();
  }

  CheckedPages checked() override {
    if (environment_->pages == nullptr) return {};
    const PageProgress progress = environment_->pages->progress();
    return {progress.checked, progress.leaf_pages};
  }

 private:
  std::unique_ptr<Environment> environment_;
};

// One writing process per folder. The lock goes with the process, however it ends.
Status take_lock(Environment& environment) {
  const std::string path = environment.folder + "/in-use";
  environment.lock_fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (environment.lock_fd < 0) return system_error(path, "open");
  if (::flock(environment.lock_fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(path, "lock");
    char pid[24]{};
    const ssize_t got = ::pread(environment.lock_fd, pid, sizeof pid - 1, 0);
    return fail(Code::conflict, "'" + environment.folder + "' is already in use by pid " +
                                    std::string(pid, got > 0 ? static_cast<std::size_t>(got) : 0) +
                                    "; stop that process first");
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(environment.lock_fd, 0) != 0 ||
      ::pwrite(environment.lock_fd, pid.data(), pid.size(), 0) !=
          static_cast<ssize_t>(pid.size())) {
    return system_error(path, "write");
  }
  return {};
}

// A name that is not in the list means a newer release or a damaged name; going on would make an
// empty table beside it.
Status refuse_unknown_tables(MDB_txn* txn, const std::vector<std::string>& tables) {
  MDB_dbi names = 0;
  int rc = mdb_dbi_open(txn, nullptr, 0, &names);
  if (rc != 0) return lmdb_error(rc, "open the list of tables");
  Cursor cursor(txn, names);
  MDB_val k{}, v{};
  while ((rc = cursor.get(k, v, MDB_NEXT)) == 0) {
    const std::string name(as_text(view_of(k)));
    if (std::find(tables.begin(), tables.end(), name) == tables.end()) {
      return fail(Code::storage, "the store holds an unknown table (hex " + to_hex(view_of(k)) +
                                     "): it was written by a newer release, or is damaged");
    }
  }
  if (rc != MDB_NOTFOUND) return lmdb_error(rc, "read the list of tables");
  return {};
}

Status open_tables(Environment& environment, const std::vector<std::string>& tables) {
  MDB_txn* txn = nullptr;
  int rc = mdb_txn_begin(environment.env, nullptr, environment.read_only ? MDB_RDONLY : 0U, &txn);
  if (rc != 0) return lmdb_error(rc, "begin the opening transaction");
  Status status = refuse_unknown_tables(txn, tables);
  for (std::size_t i = 0; status.ok() && i < tables.size(); ++i) {
    MDB_dbi table = 0;
    rc = mdb_dbi_open(txn, tables[i].c_str(), environment.read_only ? 0U : MDB_CREATE, &table);
    if (rc != 0) {
      status = lmdb_error(rc, "open").in("table '" + tables[i] + "'");
    } else {
      environment.tables.push_back(table);
    }
  }
  if (!status.ok()) {
    mdb_txn_abort(txn);
    return status;
  }
  rc = mdb_txn_commit(txn);
  if (rc != 0) return lmdb_error(rc, "make the tables");
  return {};
}

Status open_environment(Environment& environment, const LmdbOptions& options) {
  int rc = mdb_env_create(&environment.env);
  if (rc == 0)
    rc = mdb_env_set_maxdbs(environment.env, static_cast<MDB_dbi>(options.tables.size()));
  if (rc == 0) rc = mdb_env_set_maxreaders(environment.env, kReadersMax);
  if (rc == 0) rc = mdb_env_set_mapsize(environment.env, options.map_bytes);
  if (rc == 0) {
    const unsigned flags = MDB_NOTLS | (options.read_only ? MDB_RDONLY : 0U);
    rc = mdb_env_open(environment.env, options.folder.c_str(), flags, kMode);
  }
  if (rc != 0) return lmdb_error(rc, "open the store");
  int dead = 0;
  rc = mdb_reader_check(environment.env, &dead);
  if (rc != 0) return lmdb_error(rc, "clear dead readers");
  return {};
}

Status begin_check(Environment& environment) {
  Result<std::unique_ptr<PageCheck>> begun = PageCheck::begin(environment.folder + "/data.mdb");
  if (!begun.ok()) return begun.error();
  environment.pages = std::move(begun).value();
  return {};
}

Status finish_check(Environment& environment) {
  if (environment.pages == nullptr) return {};
  Status walked = environment.pages->walk(false);
  environment.pages.reset();
  return walked;
}

// What is not checked yet is checked by a thread. Until then no page of what begin_check() saw may
// be used again, which a reader of that state prevents.
Status start_walker(Environment& environment) {
  if (environment.pages == nullptr) return {};
  const int rc = mdb_txn_begin(environment.env, nullptr, MDB_RDONLY, &environment.checked_txn);
  if (rc != 0) return lmdb_error(rc, "begin the transaction of the page check");
  environment.walker = std::thread([&environment] {
    (void)environment.pages->walk(environment.stop);  // it remembers what it found
    mdb_txn_abort(environment.checked_txn);
  });
  return {};
}

// LMDB syncs its file but not the folder that names it.
Status sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error(folder, "open");
  const int rc = ::fsync(fd);
  ::close(fd);
  if (rc != 0) return system_error(folder, "sync");
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> open_lmdb_engine(const LmdbOptions& options) {
  auto environment = std::make_unique<Environment>();
  environment->folder = options.folder;
  environment->read_only = options.read_only;
  environment->names = options.tables;
  Status status;
  if (options.read_only) {
    if (::access((options.folder + "/data.mdb").c_str(), F_OK) != 0) {
      return fail(Code::not_found, "there is no store in '" + options.folder + "'");
    }
  } else {
    status = make_folders(options.folder);
    if (status.ok()) status = take_lock(*environment);
  }
  // Only while nobody else writes; a reader beside a running writer trusts the writer's check.
  if (status.ok() && !options.read_only) status = begin_check(*environment);
  if (status.ok() && !options.check_in_background) status = finish_check(*environment);
  if (status.ok()) status = open_environment(*environment, options);
  if (status.ok()) status = start_walker(*environment);
  if (status.ok()) status = open_tables(*environment, options.tables);
  if (status.ok() && !options.read_only) status = sync_folder(options.folder);
  if (!status.ok()) return status.error().in("store '" + options.folder + "'");
  return std::unique_ptr<Engine>(new LmdbEngine(std::move(environment)));
}

Result<std::unique_ptr<Store>> open_lmdb_store(const LmdbOptions& options) {
  Result<std::unique_ptr<Engine>> engine = open_lmdb_engine(options);
  if (!engine.ok()) return engine.error();
  return std::make_unique<Store>(std::move(engine).value(), options.tables,
                                 options.disk_limit_percent);
}

}  // namespace assay::reputation
