#include "reputation/ledger/memory_store.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

namespace assay::reputation {
namespace {

// Every value carries the commits that wrote it: a snapshot of commit N sees, for each key, the
// newest version <= N, and the open write transaction is simply commit N+1.
struct Version {
  std::uint64_t commit = 0;
  std::optional<Bytes> value;  // nothing: erased
};
using Versions = std::vector<Version>;  // ascending by commit

struct ByteOrder {
  using is_transparent = void;
  bool operator()(ByteView a, ByteView b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
  }
};
using MemoryTable = std::map<Bytes, Versions, ByteOrder>;

struct State {
  std::mutex mutex;  // guards all of it
  std::vector<MemoryTable> tables;
  std::uint64_t committed = 0;
  std::multiset<std::uint64_t> readers;              // the snapshots that are open
  std::set<std::pair<std::size_t, Bytes>> unpruned;  // keys that may hold versions nobody sees
};

const Bytes* visible(const Versions& versions, std::uint64_t snapshot) {
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->commit <= snapshot) return version->value ? &*version->value : nullptr;
  }
  return nullptr;
}

// Drops what no snapshot can see. With readers open it waits: they are short.
void prune(State& state) {
  if (!state.readers.empty()) return;
  for (const auto& [table, key] : state.unpruned) {
    MemoryTable& records = state.tables[table];
    const auto found = records.find(key);
    if (found == records.end()) continue;
    Versions& versions = found->second;
    versions.erase(versions.begin(), versions.end() - 1);
    if (!versions.back().value) records.erase(found);
  }
  state.unpruned.clear();
}

class MemoryTxn final : public EngineTxn {
 public:
  MemoryTxn(State& state, bool for_writing) : state_(state), for_writing_(for_writing) {
    const std::lock_guard lock(state_.mutex);
    snapshot_ = state_.committed + (for_writing ? 1 : 0);
    if (!for_writing_) state_.readers.insert(snapshot_);
  }
  ~MemoryTxn() override {
    const std::lock_guard lock(state_.mutex);
    if (!for_writing_) {
      state_.readers.erase(state_.readers.find(snapshot_));
    } else if (!committed_) {
      roll_back();
    }
  }

  Result<std::optional<Bytes>> get(TableId table, ByteView key) override {
    const std::lock_guard lock(state_.mutex);
    const MemoryTable& records = table_of(table);
    const auto found = records.find(key);
    const Bytes* value = found == records.end() ? nullptr : visible(found->second, snapshot_);
    return value == nullptr ? std::optional<Bytes>{} : std::optional<Bytes>(*value);
  }

  // The visitor runs without the lock, so that it may use this store.
  Status scan(TableId table, ByteView from, const Visitor& visit) override {
    Bytes next = to_bytes(from);
    while (true) {
      std::optional<KeyValue> record;
      {
        const std::lock_guard lock(state_.mutex);
        const MemoryTable& records = table_of(table);
        for (auto it = records.lower_bound(next); it != records.end() && !record; ++it) {
          const Bytes* value = visible(it->second, snapshot_);
          if (value != nullptr) record = KeyValue{it->first, *value};
        }
      }
      if (!record || !visit(record->key, record->value)) return {};
      next = std::move(record->key);
      next.push_back(0);
    }
  }

  Result<std::optional<KeyValue>> last(TableId table) override {
    const std::lock_guard lock(state_.mutex);
    const MemoryTable& records = table_of(table);
    for (auto it = records.rbegin(); it != records.rend(); ++it) {
      const Bytes* value = visible(it->second, snapshot_);
      if (value != nullptr) return std::optional<KeyValue>(KeyValue{it->first, *value});
    }
    return std::optional<KeyValue>{};
  }

  Result<std::uint64_t> count(TableId table) override {
    const std::lock_guard lock(state_.mutex);
    const MemoryTable& records = table_of(table);
    return static_cast<std::uint64_t>(std::count_if(
        records.begin(), records.end(),
        [&](const auto& record) { return visible(record.second, snapshot_) != nullptr; }));
  }

  Status put(TableId table, ByteView key, ByteView value) override {
    set(table, key, to_bytes(value));
    return {};
  }
  Status erase(TableId table, ByteView key) override {
    set(table, key, std::nullopt);
    return {};
  }
  Status commit() override {
    const std::lock_guard lock(state_.mutex);
    committed_ = true;
    state_.committed = snapshot_;
    state_.unpruned.merge(touched_);
    prune(state_);
    return {};
  }

 private:
  MemoryTable& table_of(TableId table) {
    const auto index = static_cast<std::size_t>(table);
    ASSAY_CHECK(index < state_.tables.size(), "no such table");
    return state_.tables[index];
  }

  void set(TableId table, ByteView key, std::optional<Bytes> value) {
    ASSAY_CHECK(for_writing_ && !committed_, "not a write transaction");
    const std::lock_guard lock(state_.mutex);
    Versions& versions = table_of(table)[to_bytes(key)];
    if (!versions.empty() && versions.back().commit == snapshot_) {
      versions.back().value = std::move(value);
      return;
    }
    versions.push_back({snapshot_, std::move(value)});
    touched_.emplace(static_cast<std::size_t>(table), to_bytes(key));
  }

  void roll_back() {
    for (const auto& [table, key] : touched_) {
      const auto found = state_.tables[table].find(key);
      found->second.pop_back();
      if (found->second.empty()) state_.tables[table].erase(found);
    }
  }

  State& state_;
  const bool for_writing_;
  bool committed_ = false;
  std::uint64_t snapshot_ = 0;
  std::set<std::pair<std::size_t, Bytes>> touched_;
};

class MemoryEngine final : public Engine {
 public:
  explicit MemoryEngine(std::size_t tables) { state_.tables.resize(tables); }
  Result<std::unique_ptr<EngineTxn>> begin(bool for_writing) override {
    return std::unique_ptr<EngineTxn>(new MemoryTxn(state_, for_writing));
  }
  Result<Room> room() override { return Room{}; }
  Status maintain() override { return {}; }

 private:
  State state_;
};

}  // namespace

std::unique_ptr<Engine> make_memory_engine(std::size_t tables) {
  return std::make_unique<MemoryEngine>(tables);
}

std::unique_ptr<Store> make_memory_store(std::vector<std::string> tables) {
  std::unique_ptr<Engine> engine = make_memory_engine(tables.size());
  return std::make_unique<Store>(std::move(engine), std::move(tables));
}

}  // namespace assay::reputation
