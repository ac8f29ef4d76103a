// What every store must do, run on each kind; then what the seals, the room rule and the sticky
// failure add, on engines that misbehave.
#include "reputation/ledger/store.h"

#include <atomic>
#include <thread>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/reputation/ledger/faulty_engine.h"
#include "tests/reputation/ledger/test_stores.h"

namespace assay::reputation::test {
namespace {

std::vector<std::string> keys_from(Store& store, TableId table, std::string_view from) {
  std::vector<std::string> keys;
  const auto txn = store.read().value()->scan(table, as_bytes(from), [&](ByteView key, ByteView) {
    keys.emplace_back(as_text(key));
    return true;
  });
  REQUIRE(txn.ok());
  return keys;
}

}  // namespace

TEST_CASE("a store gives back what was committed, in order of key") {
  const Kind kind = GENERATE(Kind::memory, Kind::lmdb);
  const TemporaryFolder folder;
  const auto store = make_store(kind, folder);

  SECTION("an empty store is empty") {
    CHECK(get(*store, kLeaves, "a") == "(none)");
    CHECK(keys_from(*store, kLeaves, "").empty());
    const auto txn = store->read().value();
    CHECK_FALSE(txn->last(kLeaves).value().has_value());
    CHECK(txn->count(kLeaves).value() == 0);
    CHECK(verify_all(*txn).value() == std::vector<std::uint64_t>{0, 0});
  }
  SECTION("put, replace, erase") {
    put_one(*store, kLeaves, "a", "1");
    put_one(*store, kLeaves, "a", "2");
    CHECK(get(*store, kLeaves, "a") == "2");
    CHECK(get(*store, kState, "a") == "(none)");  // another table
    auto txn = store->write().value();
    CHECK(txn->erase(kLeaves, as_bytes("a")).ok());
    CHECK(txn->erase(kLeaves, as_bytes("never there")).ok());
    CHECK_FALSE(txn->get(kLeaves, as_bytes("a")).value().has_value());  // sees its own changes
    CHECK(txn->commit().ok());
    CHECK(get(*store, kLeaves, "a") == "(none)");
  }
  SECTION("values and keys of every allowed size") {
    const std::string longest_key(kMaxKeyBytes, '\xff');
    const std::string large(300'000, 'x');
    put_one(*store, kLeaves, longest_key, large);
    put_one(*store, kLeaves, std::string("\0", 1), "");
    CHECK(get(*store, kLeaves, longest_key) == large);
    CHECK(get(*store, kLeaves, std::string("\0", 1)).empty());
    CHECK(keys_from(*store, kLeaves, "").size() == 2);
    CHECK(compare_tables(*store->read().value(), *store->read().value(), {{kLeaves}}).ok());
  }
  SECTION("scans are ascending by unsigned bytes, from a key, by prefix, until told to stop") {
    for (const char* key : {"b", "\xff", "aa", "a", "ab", "\x01", "b\x01"}) {
      put_one(*store, kLeaves, key, key);
    }
    using Keys = std::vector<std::string>;
    CHECK(keys_from(*store, kLeaves, "") == Keys{"\x01", "a", "aa", "ab", "b", "b\x01", "\xff"});
    CHECK(keys_from(*store, kLeaves, "ab") == Keys{"ab", "b", "b\x01", "\xff"});
    CHECK(keys_from(*store, kLeaves, "ac") == Keys{"b", "b\x01", "\xff"});
    const auto txn = store->read().value();
    Keys with_a;
    CHECK(txn->scan_prefix(kLeaves, as_bytes("a"),
                           [&](ByteView key, ByteView value) {
                             CHECK(as_text(key) == as_text(value));
                             with_a.emplace_back(as_text(key));
                             return true;
                           })
              .ok());
    CHECK(with_a == Keys{"a", "aa", "ab"});
    std::size_t visits = 0;
    CHECK(txn->scan(kLeaves, {}, [&](ByteView, ByteView) { return ++visits < 3; }).ok());
    CHECK(visits == 3);
    CHECK(as_text(txn->last(kLeaves).value()->key) == "\xff");
    CHECK(txn->count(kLeaves).value() == 7);
  }
}

TEST_CASE("a transaction that is dropped leaves no trace") {
  const Kind kind = GENERATE(Kind::memory, Kind::lmdb);
  const TemporaryFolder folder;
  const auto store = make_store(kind, folder);
  put_one(*store, kLeaves, "kept", "1");
  const Contents before = contents_of(*store).value();
  {
    auto txn = store->write().value();
    put(*txn, kLeaves, "kept", "2");
    put(*txn, kState, "new", "3");
    CHECK(txn->erase(kLeaves, as_bytes("kept")).ok());
    CHECK(txn->count(kState).value() == 1);
  }
  CHECK(contents_of(*store).value() == before);
  put_one(*store, kState, "next", "4");  // and the store goes on
}

TEST_CASE("a snapshot does not change while others commit") {
  const Kind kind = GENERATE(Kind::memory, Kind::lmdb);
  const TemporaryFolder folder;
  const auto store = make_store(kind, folder);
  put_one(*store, kLeaves, "a", "1");
  put_one(*store, kLeaves, "b", "1");
  const auto snapshot = store->read().value();
  auto txn = store->write().value();
  put(*txn, kLeaves, "a", "2");
  put(*txn, kLeaves, "c", "2");
  CHECK(txn->erase(kLeaves, as_bytes("b")).ok());
  const auto check_unchanged = [&] {
    CHECK(as_text(*snapshot->get(kLeaves, as_bytes("a")).value()) == "1");
    CHECK(as_text(*snapshot->get(kLeaves, as_bytes("b")).value()) == "1");
    CHECK_FALSE(snapshot->get(kLeaves, as_bytes("c")).value().has_value());
    CHECK(snapshot->count(kLeaves).value() == 2);
    CHECK(as_text(snapshot->last(kLeaves).value()->key) == "b");
  };
  check_unchanged();
  REQUIRE(txn->commit().ok());
  check_unchanged();
  CHECK(get(*store, kLeaves, "a") == "2");
  CHECK(get(*store, kLeaves, "b") == "(none)");
}

TEST_CASE("there is one writer at a time") {
  const Kind kind = GENERATE(Kind::memory, Kind::lmdb);
  const TemporaryFolder folder;
  const auto store = make_store(kind, folder);
  auto first = store->write().value();
  const auto second = store->write();
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == Code::conflict);
  first.reset();
  CHECK(store->write().ok());
  auto spent = store->write().value();
  CHECK(spent->commit().ok());
  CHECK(spent->put(kLeaves, as_bytes("a"), {}).error().code == Code::storage);
  CHECK(spent->commit().error().code == Code::storage);
  CHECK(store->check().ok());  // that was a mistake of the caller, not of the disk
}

TEST_CASE("random changes leave what a map would hold") {
  const Kind kind = GENERATE(Kind::memory, Kind::lmdb);
  const TemporaryFolder folder;
  const auto store = make_store(kind, folder);
  SeededRandom random(11);
  Contents want;
  for (int batch = 0; batch < 150; ++batch) {
    auto txn = store->write().value();
    Contents next = want;
    for (int i = 0; i < 20; ++i) {
      const std::size_t table = random.below(2);
      const Bytes key = key_of(random.below(200));
      if (random.below(3) == 0) {
        REQUIRE(txn->erase(static_cast<TableId>(table), key).ok());
        next.erase({table_names()[table], key});
      } else {
        Bytes value(random.below(60));
        random.fill(value);
        REQUIRE(txn->put(static_cast<TableId>(table), key, value).ok());
        next[{table_names()[table], key}] = value;
      }
    }
    if (random.below(4) == 0) continue;  // rolled back
    REQUIRE(txn->commit().ok());
    want = std::move(next);
    txn.reset();
    REQUIRE(contents_of(*store).value() == want);
  }
  const auto counts = verify_all(*store->read().value());
  REQUIRE(counts.ok());
  CHECK(counts.value()[0] + counts.value()[1] == want.size());
}

TEST_CASE("readers in other threads see whole commits only") {
  const Kind kind = GENERATE(Kind::memory, Kind::lmdb);
  const TemporaryFolder folder;
  const auto store = make_store(kind, folder);
  put_one(*store, kLeaves, "n", "0");
  put_one(*store, kState, "n", "0");
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0}, reads{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto txn = store->read();
        if (!txn.ok()) {
          ++torn;
          continue;
        }
        const auto a = txn.value()->get(kLeaves, as_bytes("n"));
        const auto b = txn.value()->get(kState, as_bytes("n"));
        if (!a.ok() || !b.ok() || a.value() != b.value()) ++torn;
        ++reads;
      }
    });
  }
  for (int n = 1; n <= 100 || reads < 1000; ++n) {
    auto txn = store->write().value();
    put(*txn, kLeaves, "n", std::to_string(n));
    put(*txn, kState, "n", std::to_string(n));
    REQUIRE(txn->commit().ok());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(torn == 0);
}

TEST_CASE("compare_tables names the first difference") {
  const auto a = make_memory_store(table_names());
  const auto b = make_memory_store(table_names());
  for (std::uint64_t i = 0; i < 1000; ++i) {  // more than one chunk
    const std::string key(as_text(key_of(i)));
    put_one(*a, kLeaves, key, "same");
    put_one(*b, kLeaves, key, "same");
  }
  const auto compare = [&] {
    return compare_tables(*a->read().value(), *b->read().value(), {{kState, kLeaves}});
  };
  REQUIRE(compare().ok());
  const auto says = [&](const char* what) {
    const Status status = compare();
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Code::mismatch);
    INFO(status.error().what);
    CHECK(status.error().what.find(what) != std::string::npos);
  };
  const std::string key(as_text(key_of(777)));
  SECTION("another value") {
    put_one(*b, kLeaves, key, "other");
    says("table 'leaves', key 0000000000000309: the values differ");
  }
  SECTION("one more in the second") {
    put_one(*b, kLeaves, key + "x", "more");
    says("table 'leaves', key 000000000000030978: only the second store has it");
  }
  SECTION("one more in the first, at the end") {
    put_one(*a, kLeaves, std::string(as_text(key_of(5000))), "more");
    says("table 'leaves', key 0000000000001388: only the first store has it");
  }
  SECTION("an empty table beside one that is not") {
    put_one(*a, kState, "s", "");
    says("table 'state', key 73: only the first store has it");
  }
}

TEST_CASE("a record that was changed below the seal is refused by name") {
  const struct {
    const char* scenario;
    std::size_t seal_flip;  // which byte, or past the end for none
    const char* moved_to;   // the raw record is put under this key of `leaves`
    bool cut;
  } table[] = {
      {"first byte of the seal", 0, "a", false},
      {"last byte of the seal", kSealBytes - 1, "a", false},
      {"first byte of the value", kSealBytes, "a", false},
      {"moved to another key", 99, "b", false},
      {"shorter than a seal", 99, "a", true},
  };
  for (const auto& row : table) {
    INFO(row.scenario);
    auto owned = make_memory_engine(2);
    Engine& engine = *owned;
    Store store(std::move(owned), table_names());
    put_one(store, kLeaves, "a", "value");
    {
      auto raw = engine.begin(true).value();
      Bytes sealed = *raw->get(kLeaves, as_bytes("a")).value();
      if (row.seal_flip < sealed.size()) sealed[row.seal_flip] ^= 1;
      if (row.cut) sealed.resize(kSealBytes - 1);
      REQUIRE(raw->put(kLeaves, as_bytes(row.moved_to), sealed).ok());
      REQUIRE(raw->commit().ok());
    }
    const auto txn = store.read().value();
    const auto value = txn->get(kLeaves, as_bytes(row.moved_to));
    REQUIRE_FALSE(value.ok());
    CHECK(value.error().code == Code::storage);
    CHECK(value.error().what.find("table 'leaves', key 6") == 0);
    CHECK_FALSE(txn->scan(kLeaves, {}, [](ByteView, ByteView) { return true; }).ok());
    CHECK_FALSE(txn->last(kLeaves).ok());
    CHECK_FALSE(verify_all(*txn).ok());
  }
}

TEST_CASE("a sealed record does not pass in another table") {
  auto owned = make_memory_engine(2);
  Engine& engine = *owned;
  Store store(std::move(owned), table_names());
  put_one(store, kLeaves, "a", "value");
  {
    auto raw = engine.begin(true).value();
    const Bytes sealed = *raw->get(kLeaves, as_bytes("a")).value();
    REQUIRE(raw->put(kState, as_bytes("a"), sealed).ok());
    REQUIRE(raw->commit().ok());
  }
  CHECK_FALSE(store.read().value()->get(kState, as_bytes("a")).ok());
}

TEST_CASE("whichever change fails, nothing is half-written and nothing acknowledged is lost") {
  const Kind kind = GENERATE(Kind::memory, Kind::lmdb);
  const bool commit_works = GENERATE(false, true);
  constexpr std::uint64_t kBatches = 4, kPuts = 5, kChanges = kBatches * (kPuts + 1);
  std::uint64_t stopped = 0;
  for (std::uint64_t k = 1; k <= kChanges; ++k) {
    INFO("change " << k << (commit_works ? ", commits work" : ""));
    const TemporaryFolder folder;
    Faults faults{.fail_change_at = k, .commit_works = commit_works};
    std::unique_ptr<Engine> engine;
    if (kind == Kind::lmdb) {
      engine = open_lmdb_engine(lmdb_options(folder.path())).value();
    } else {
      engine = make_memory_engine(2);
    }
    Store store(make_faulty_engine(std::move(engine), faults), table_names());
    std::uint64_t acknowledged = 0;
    bool commit_failed = false;
    for (std::uint64_t batch = 1; batch <= kBatches && !commit_failed; ++batch) {
      auto txn = store.write();
      REQUIRE(txn.ok());
      Status status;
      for (std::uint64_t i = 0; i < kPuts && status.ok(); ++i) {
        status = txn.value()->put(kLeaves, key_of(batch * 100 + i), key_of(i));
      }
      const bool put_failed = !status.ok();
      status = txn.value()->commit();
      if (put_failed) CHECK_FALSE(status.ok());  // a broken transaction cannot be committed
      commit_failed = !status.ok() && !put_failed;
      if (status.ok()) ++acknowledged;
    }
    const std::uint64_t held = contents_of(store).value().size();
    REQUIRE(held % kPuts == 0);
    CHECK(held / kPuts == acknowledged + (commit_failed && commit_works ? 1 : 0));
    CHECK(verify_all(*store.read().value()).ok());
    CHECK(store.write().ok() != commit_failed);
    CHECK(store.check().ok() != commit_failed);
    if (commit_failed) {
      ++stopped;
      CHECK(store.write().error().code == Code::storage);
      CHECK(store.check().error().what.find("an injected fault") != std::string::npos);
    }
  }
  CHECK(stopped == kBatches);  // each commit was struck once
}

TEST_CASE("writing stops at 80 % of the map or at the disk's limit, reading goes on") {
  // An engine that is as full as it is told to be.
  class FullEngine final : public Engine {
   public:
    explicit FullEngine(Room room) : room_(room) {}
    Result<std::unique_ptr<EngineTxn>> begin(bool for_writing) override {
      return memory_->begin(for_writing);
    }
    Result<Room> room() override { return room_; }
    Status maintain() override { return {}; }

   private:
    Room room_;
    std::unique_ptr<Engine> memory_ = make_memory_engine(2);
  };
  const struct {
    const char* scenario;
    Room room;
    unsigned disk_limit_percent;
    const char* refused;  // empty: writing goes on
  } table[] = {
      {"no limits", {0, 0, 0, 0}, 80, ""},
      {"map at 80 %", {800, 1000, 500, 1000}, 80, ""},
      {"map over 80 %", {810, 1000, 500, 1000}, 80, "larger map"},
      {"disk at 80 %", {1, 1000, 200, 1000}, 80, ""},
      {"disk over 80 %", {1, 1000, 190, 1000}, 80, "free some space"},
      {"disk allowed to 95 %", {1, 1000, 190, 1000}, 95, ""},
      {"disk full", {1, 1000, 0, 1000}, 95, "free some space"},
      {"more free than there is", {1, 1000, 2000, 1000}, 80, ""},
  };
  for (const auto& row : table) {
    INFO(row.scenario);
    Store store(std::make_unique<FullEngine>(row.room), table_names(), row.disk_limit_percent);
    const auto txn = store.write();
    const bool refused = *row.refused != '\0';
    CHECK(txn.ok() != refused);
    CHECK(store.check().ok() != refused);
    CHECK(store.read().ok());
    if (!refused) continue;
    CHECK(txn.error().code == Code::storage);
    CHECK(txn.error().what.find(row.refused) != std::string::npos);
  }
}

}  // namespace assay::reputation::test
