// Watching a store: a snapshot comes with exactly the keys that changed since the one before.
#include <array>
#include <atomic>
#include <thread>

#include "core/base/random.h"
#include "reputation/ledger/store.h"
#include "tests/catch.h"
#include "tests/reputation/ledger/test_stores.h"

namespace assay::reputation::test {
namespace {

constexpr std::array kWatched{kState};

// The keys that one look tells of, as they begin; "*": everything.
std::string look(Store& store) {
  Result<Store::Watched> seen = store.read_watched();
  REQUIRE(seen.ok());
  std::string text = seen.value().everything ? "*" : "";
  for (const WatchedKey& key : seen.value().keys) {
    CHECK(key.table == kState);
    text += std::string(as_text(key.key.view())).c_str() + std::string(" ");
  }
  return text;
}

using Model = std::map<std::string, std::string>;

Model all_of(const ReadTxn& txn) {
  Model rows;
  REQUIRE(txn.scan(kState, {},
                   [&](ByteView key, ByteView value) {
                     rows[std::string(as_text(key))] = as_text(value);
                     return true;
                   })
              .ok());
  return rows;
}

}  // namespace

TEST_CASE("a watcher is told of commits to its tables, once each, and of nothing else") {
  const Kind kind = GENERATE(Kind::memory, Kind::lmdb);
  const TemporaryFolder folder;
  const auto store = make_store(kind, folder);
  put_one(*store, kState, "before", "1");
  store->watch(kWatched, 10);
  CHECK(look(*store) == "*");
  CHECK(look(*store).empty());
  put_one(*store, kState, "b", "1");
  put_one(*store, kState, "a", "1");
  put_one(*store, kLeaves, "not watched", "1");
  CHECK(look(*store) == "a b ");
  CHECK(look(*store).empty());
  {
    auto txn = store->write().value();
    put(*txn, kState, "dropped", "1");
  }
  CHECK(look(*store).empty());
  {
    auto txn = store->write().value();
    CHECK(txn->erase(kState, as_bytes("a")).ok());
    CHECK(txn->append(kState, as_bytes("z"), as_bytes("1")).ok());
    CHECK(txn->commit().ok());
  }
  CHECK(look(*store) == "a z ");
}

TEST_CASE("keys are told apart by their first 32 bytes, and past a limit all may have changed") {
  const TemporaryFolder folder;
  const auto store = make_store(Kind::memory, folder);
  store->watch(kWatched, 3);
  CHECK(look(*store) == "*");
  const std::string owner(32, 'o');
  for (int i = 0; i < 20; ++i) put_one(*store, kState, owner + std::to_string(i), "1");
  CHECK(look(*store) == owner + " ");
  for (const char* key : {"a", "b", "c", "d", "e"}) put_one(*store, kState, key, "1");
  CHECK(look(*store) == "*");
  put_one(*store, kState, "a", "2");
  CHECK(look(*store) == "a ");
}

TEST_CASE("a snapshot and what it is told to differ in belong together, whoever writes meanwhile") {
  const Kind kind = GENERATE(Kind::memory, Kind::lmdb);
  const TemporaryFolder folder;
  const auto store = make_store(kind, folder);
  store->watch(kWatched, 1'000);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    SeededRandom random(1);
    for (int i = 0; i < 400; ++i) {
      auto txn = store->write().value();
      for (int n = 0; n < 3; ++n) {
        const std::string key = "k" + std::to_string(random.below(40));
        if (random.below(4) == 0) {
          (void)txn->erase(kState, as_bytes(key));
        } else {
          (void)txn->put(kState, as_bytes(key), as_bytes(std::to_string(i)));
        }
      }
      (void)txn->commit();
    }
    done = true;
  });
  Model model;
  std::size_t told = 0;
  for (bool last = false; !last;) {
    last = done;  // before the look, so that there is one after the last commit
    Result<Store::Watched> seen = store->read_watched();
    if (!seen.ok()) break;
    const Model now = all_of(*seen.value().txn);
    if (seen.value().everything) model = now;
    for (const WatchedKey& written : seen.value().keys) {
      const std::string key = std::string(as_text(written.key.view())).c_str();
      ++told;
      model.erase(key);
      if (const auto found = now.find(key); found != now.end()) model.insert(*found);
    }
    CHECK(model == now);
  }
  writer.join();
  CHECK(told > 0);
  CHECK_FALSE(model.empty());
}

}  // namespace assay::reputation::test
