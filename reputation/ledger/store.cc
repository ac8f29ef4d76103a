#include "reputation/ledger/store.h"

#include <algorithm>
#include <set>

#include "core/crypto/sha256.h"

namespace assay::reputation {
namespace {

std::string at_record(const std::string& table, ByteView key) {
  constexpr std::size_t kShown = 40;
  std::string text =
      "table '" + table + "', key " + to_hex(key.first(std::min(key.size(), kShown)));
  if (key.size() > kShown) text += "...";
  return text;
}

// Lengths go in front, so that no two (table, key, value) share one preimage.
Digest seal_of(const std::string& table, ByteView key, ByteView value) {
  Bytes lengths;
  lengths.push_back(static_cast<std::uint8_t>(table.size()));
  put_u16_be(lengths, static_cast<std::uint16_t>(key.size()));
  return sha256({lengths, as_bytes(table), key, value});
}

void check_key(ByteView key) {
  ASSAY_CHECK(!key.empty() && key.size() <= kMaxKeyBytes, "a key has 1..511 bytes");
}

bool over_limit(std::uint64_t used, std::uint64_t size, unsigned percent) {
  return used > size / 100 * percent;
}

std::string mebibytes(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

Status check_room(const Room& room, unsigned disk_limit_percent) {
  if (room.map_size_bytes != 0 &&
      over_limit(room.map_used_bytes, room.map_size_bytes, kFullPercent)) {
    return fail(Code::storage, "no room: " + mebibytes(room.map_used_bytes) + " of the store's " +
                                   mebibytes(room.map_size_bytes) +
                                   " map are used and writing "
                                   "stops at " +
                                   std::to_string(kFullPercent) + " %; open it with a larger map");
  }
  const std::uint64_t disk_used =
      room.disk_size_bytes - std::min(room.disk_free_bytes, room.disk_size_bytes);
  if (room.disk_size_bytes != 0 &&
      over_limit(disk_used, room.disk_size_bytes, disk_limit_percent)) {
    return fail(Code::storage, "no room: " + mebibytes(room.disk_free_bytes) + " of the disk's " +
                                   mebibytes(room.disk_size_bytes) +
                                   " are free and writing "
                                   "stops when it is " +
                                   std::to_string(disk_limit_percent) + " % full; free some space");
  }
  return {};
}

}  // namespace

ReadTxn::ReadTxn(Store& store, std::unique_ptr<EngineTxn> txn)
    : store_(store), txn_(std::move(txn)) {}

const std::vector<std::string>& ReadTxn::table_names() const {
  return store_.tables_;
}

const std::string& ReadTxn::name(TableId table) const {
  const auto index = static_cast<std::size_t>(table);
  ASSAY_CHECK(index < store_.tables_.size(), "no such table");
  return store_.tables_[index];
}

Result<ByteView> ReadTxn::open_seal(TableId table, ByteView key, ByteView sealed) const {
  if (sealed.size() >= kSealBytes) {
    const ByteView value = sealed.subspan(kSealBytes);
    const Digest seal = seal_of(name(table), key, value);
    if (std::equal(sealed.begin(), sealed.begin() + kSealBytes, seal.bytes.begin())) return value;
  }
  return fail(Code::storage, at_record(name(table), key) +
                                 ": the record is damaged (its seal does not fit); restore the "
                                 "store from a backup");
}

Result<std::optional<Bytes>> ReadTxn::get(TableId table, ByteView key) const {
  check_key(key);
  Result<std::optional<Bytes>> sealed = txn_->get(table, key);
  if (!sealed.ok()) return sealed.error().in(at_record(name(table), key));
  if (!sealed.value()) return std::optional<Bytes>{};
  const Result<ByteView> value = open_seal(table, key, *sealed.value());
  if (!value.ok()) return value.error();
  sealed.value()->erase(sealed.value()->begin(), sealed.value()->begin() + kSealBytes);
  return sealed;
}

Status ReadTxn::scan(TableId table, ByteView from, const Visitor& visit) const {
  ASSAY_CHECK(from.size() <= kMaxKeyBytes + 1, "a scan starts at a key or just after one");
  Status broken;
  const Status scanned = txn_->scan(table, from, [&](ByteView key, ByteView sealed) {
    const Result<ByteView> value = open_seal(table, key, sealed);
    if (!value.ok()) {
      broken = value.error();
      return false;
    }
    return visit(key, value.value());
  });
  if (!scanned.ok()) return scanned.error().in("table '" + name(table) + "'");
  return broken;
}

Status ReadTxn::scan_prefix(TableId table, ByteView prefix, const Visitor& visit) const {
  return scan(table, prefix, [&](ByteView key, ByteView value) {
    if (key.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), key.begin())) {
      return false;
    }
    return visit(key, value);
  });
}

Result<std::optional<KeyValue>> ReadTxn::last(TableId table) const {
  Result<std::optional<KeyValue>> found = txn_->last(table);
  if (!found.ok()) return found.error().in("table '" + name(table) + "'");
  if (!found.value()) return std::optional<KeyValue>{};
  KeyValue& record = *found.value();
  const Result<ByteView> value = open_seal(table, record.key, record.value);
  if (!value.ok()) return value.error();
  return std::optional<KeyValue>(KeyValue{std::move(record.key), to_bytes(value.value())});
}

Result<std::uint64_t> ReadTxn::count(TableId table) const {
  Result<std::uint64_t> records = txn_->count(table);
  if (!records.ok()) return records.error().in("table '" + name(table) + "'");
  return records;
}

WriteTxn::WriteTxn(Store& store, std::unique_ptr<EngineTxn> txn) : ReadTxn(store, std::move(txn)) {}

WriteTxn::~WriteTxn() {
  txn_.reset();  // before another may begin
  store_.writing_ = false;
}

Status WriteTxn::usable() const {
  if (!spent_) return {};
  return fail(Code::storage, "this transaction has failed or is committed; begin another");
}

Status WriteTxn::put(TableId table, ByteView key, ByteView value) {
  return write(table, key, value, false);
}

Status WriteTxn::append(TableId table, ByteView key, ByteView value) {
  return write(table, key, value, true);
}

Status WriteTxn::write(TableId table, ByteView key, ByteView value, bool is_last) {
  check_key(key);
  if (Status usable_now = usable(); !usable_now.ok()) return usable_now;
  const Digest seal = seal_of(name(table), key, value);
  Bytes sealed;
  sealed.reserve(kSealBytes + value.size());
  sealed.assign(seal.bytes.begin(), seal.bytes.begin() + kSealBytes);
  sealed.insert(sealed.end(), value.begin(), value.end());
  const Status done = is_last ? txn_->append(table, key, sealed) : txn_->put(table, key, sealed);
  note(table, key);
  if (done.ok()) return done;
  spent_ = true;
  return done.error().in("writing " + at_record(name(table), key));
}

Status WriteTxn::erase(TableId table, ByteView key) {
  check_key(key);
  if (Status usable_now = usable(); !usable_now.ok()) return usable_now;
  const Status done = txn_->erase(table, key);
  note(table, key);
  if (done.ok()) return done;
  spent_ = true;
  return done.error().in("erasing " + at_record(name(table), key));
}

Status WriteTxn::commit() {
  if (Status usable_now = usable(); !usable_now.ok()) return usable_now;
  spent_ = true;
  // A snapshot of read_watched() is from before the commit or from after it, with its keys.
  const std::scoped_lock lock(store_.watch_mutex_);
  const Status done = txn_->commit();
  if (done.ok()) {
    store_.add_watched(written_);
    return done;
  }
  const Error error = done.error().in("commit");
  store_.fail_for_ever(error.what);
  return fail(Code::storage, error.what);
}

void WriteTxn::note(TableId table, ByteView key) {
  if (!store_.is_watched(table)) return;
  WatchedKey written{table, {}};
  const ByteView first = key.first(std::min(key.size(), Digest::kSize));
  std::copy(first.begin(), first.end(), written.key.bytes.begin());
  // Most writes of one statement are about one provider.
  if (written_.empty() || written_.back() != written) written_.push_back(written);
}

Store::Store(std::unique_ptr<Engine> engine, std::vector<std::string> tables,
             unsigned disk_limit_percent)
    : engine_(std::move(engine)),
      tables_(std::move(tables)),
      disk_limit_percent_(disk_limit_percent) {
  ASSAY_CHECK(!tables_.empty() && tables_.size() <= 255, "a store has 1..255 tables");
  for (const std::string& name : tables_) {
    ASSAY_CHECK(!name.empty() && name.size() <= 64, "a table's name has 1..64 bytes");
  }
  ASSAY_CHECK(std::set<std::string>(tables_.begin(), tables_.end()).size() == tables_.size(),
              "table names are distinct");
}

Store::~Store() = default;

Result<std::unique_ptr<ReadTxn>> Store::read() {
  Result<std::unique_ptr<EngineTxn>> txn = engine_->begin(false);
  if (!txn.ok()) return txn.error();
  return std::unique_ptr<ReadTxn>(new ReadTxn(*this, std::move(txn).value()));
}

Result<std::unique_ptr<WriteTxn>> Store::write() {
  if (const Status fit = check(); !fit.ok()) return fit.error();
  if (writing_.exchange(true)) {
    return fail(Code::conflict, "another write transaction is open; there is one writer");
  }
  Result<std::unique_ptr<EngineTxn>> txn = engine_->begin(true);
  if (!txn.ok()) {
    writing_ = false;
    return txn.error();
  }
  return std::unique_ptr<WriteTxn>(new WriteTxn(*this, std::move(txn).value()));
}

Status Store::check() {
  if (const Status sound = engine_->sound(); !sound.ok()) fail_for_ever(sound.error().what);
  {
    const std::lock_guard lock(mutex_);
    if (failed_) {
      return fail(Code::storage,
                  "the store is read-only until it is opened again, because of: " + *failed_);
    }
  }
  const Result<Room> now = engine_->room();
  if (!now.ok()) return now.error();
  return check_room(now.value(), disk_limit_percent_);
}

Result<Room> Store::room() {
  return engine_->room();
}
Status Store::maintain() {
  return engine_->maintain();
}

bool Store::has_failed() {
  const std::scoped_lock lock(mutex_);
  return failed_.has_value();
}

void Store::fail_for_ever(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (!failed_) failed_ = why;
}

bool Store::is_watched(TableId table) const {
  const auto bit = static_cast<unsigned>(table);
  return bit < 64 && (watched_tables_ >> bit & 1) != 0;
}

void Store::watch(std::span<const TableId> tables, std::size_t keys_max) {
  std::uint64_t bits = 0;
  for (const TableId table : tables) {
    ASSAY_CHECK(static_cast<unsigned>(table) < 64, "one of the first 64 tables");
    bits |= std::uint64_t{1} << static_cast<unsigned>(table);
  }
  const std::scoped_lock lock(watch_mutex_);
  watched_tables_ = bits;
  watched_max_ = keys_max;
  watched_everything_ = true;
  watched_.clear();
}

void Store::add_watched(const std::vector<WatchedKey>& keys) {
  if (watched_everything_) return;
  watched_.insert(keys.begin(), keys.end());
  if (watched_.size() <= watched_max_) return;
  watched_everything_ = true;
  watched_.clear();
}

Result<Store::Watched> Store::read_watched() {
  const std::scoped_lock lock(watch_mutex_);
  Result<std::unique_ptr<ReadTxn>> txn = read();
  if (!txn.ok()) return txn.error();
  Watched out{std::move(txn).value(), watched_everything_, std::move(watched_)};
  watched_.clear();
  watched_everything_ = false;
  return out;
}

}  // namespace assay::reputation
