// Bit flips in the closed data file: each must be answered with an error or change nothing.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "core/base/file.h"
#include "core/base/random.h"
#include "reputation/ledger/lmdb_pages.h"
#include "tests/catch.h"
#include "tests/reputation/ledger/test_stores.h"

namespace assay::reputation::test {
namespace {

constexpr std::size_t kFileMaxBytes = 64 << 20;
constexpr std::uint64_t kPageBytes = 4096, kMetaPageBytes = 152;
constexpr int kFlips = 600;

// How a child that opened and read a damaged store ended. Anything else is a crash.
enum Ending { kEqual = 40, kDetected = 41, kSilent = 42 };

// Until the thread that checks the pages in the background is through.
Status wait_for_check(Store& store) {
  while (true) {
    if (Status sound = store.check(); !sound.ok()) return sound;
    const CheckedPages now = store.checked();
    if (now.checked == now.pages) return store.check();
    std::this_thread::yield();
  }
}

int read_damaged(const std::string& folder, const Contents& want, bool check_in_background) {
  LmdbOptions options = lmdb_options(folder);
  options.check_in_background = check_in_background;
  const auto store = open_lmdb_store(options);
  if (!store.ok()) return kDetected;
  {
    const auto txn = store.value()->read();
    if (!txn.ok() || !verify_all(*txn.value()).ok()) return kDetected;
  }
  const auto found = contents_of(*store.value());
  if (!found.ok()) return kDetected;
  for (const auto& [place, value] : found.value()) {  // by key too, not only by scanning
    const TableId table = place.first == "leaves" ? kLeaves : kState;
    const auto again = store.value()->read().value()->get(table, place.second);
    if (!again.ok()) return kDetected;
    if (again.value() != value) return kSilent;
  }
  if (!wait_for_check(*store.value()).ok()) return kDetected;
  return found.value() == want ? kEqual : kSilent;
}

void write_file(const std::string& path, const Bytes& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
  REQUIRE(std::fclose(file) == 0);
}

int run_damaged(const std::string& folder, const Contents& want, bool check_in_background) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(20);  // a walk in circles ends here
    for (const int crash : {SIGSEGV, SIGABRT, SIGBUS}) ::signal(crash, SIG_DFL);
    ::_exit(read_damaged(folder, want, check_in_background));
  }
  REQUIRE(pid > 0);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// A store as it looks in use: two tables, small and large values, some erased and overwritten.
Contents build(const std::string& folder) {
  const auto store = open_lmdb_store(lmdb_options(folder)).value();
  SeededRandom random(21);
  for (std::uint64_t batch = 0; batch < 12; ++batch) {
    auto txn = store->write().value();
    for (std::uint64_t i = 0; i < 40; ++i) {
      Bytes value(i == 0 ? 9000 : 20 + random.below(300));
      random.fill(value);
      REQUIRE(txn->put(kLeaves, key_of(batch * 40 + i), value).ok());
      REQUIRE(txn->put(kState, key_of(random.below(150)), value).ok());
    }
    REQUIRE(txn->erase(kState, key_of(random.below(150))).ok());
    REQUIRE(txn->commit().ok());
  }
  return contents_of(*store).value();
}

}  // namespace

TEST_CASE("a bit flipped in the closed data file is found or harmless") {
  const TemporaryFolder folder;
  const Contents want = build(folder.path() + "/good");
  const Bytes good = read_file(folder.path() + "/good/data.mdb", kFileMaxBytes).value();
  const std::string damaged = folder.path() + "/damaged";
  REQUIRE(make_folders(damaged).ok());

  SeededRandom random(22);
  int equal = 0, detected = 0, silent = 0, crashed = 0;
  for (int flip = 0; flip < kFlips; ++flip) {
    Bytes bytes = good;
    std::uint64_t bit = random.below(bytes.size() * 8);
    if (flip % 2 != 0) {  // every other one where LMDB keeps its own structure
      const std::uint64_t page = random.below(bytes.size() / kPageBytes);
      const std::uint64_t head_bytes = page < 2 ? kMetaPageBytes : 40;
      bit = page * kPageBytes * 8 + random.below(head_bytes * 8);
    }
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    write_file(damaged + "/data.mdb", bytes);
    const int ending = run_damaged(damaged, want, flip / 2 % 2 != 0);
    INFO("bit " << bit % 8 << " of byte " << bit / 8 % kPageBytes << " of page "
                << bit / 8 / kPageBytes << " ended " << ending);
    CHECK((ending == kEqual || ending == kDetected));
    if (ending == kEqual) ++equal;
    if (ending == kDetected) ++detected;
    if (ending == kSilent) ++silent;
    if (ending < 0) ++crashed;
  }
  std::printf("bit flips: %d in %zu bytes: %d found, %d harmless, %d silent, %d crashes\n", kFlips,
              good.size(), detected, equal, silent, crashed);
  CHECK(detected > kFlips / 3);
}

TEST_CASE("a data file that is cut short is found, wherever it is cut") {
  const TemporaryFolder folder;
  const Contents want = build(folder.path() + "/good");
  const Bytes good = read_file(folder.path() + "/good/data.mdb", kFileMaxBytes).value();
  const std::string damaged = folder.path() + "/damaged";
  REQUIRE(make_folders(damaged).ok());
  SeededRandom random(23);
  int detected = 0;
  for (int cut = 0; cut < 40; ++cut) {
    Bytes bytes = good;
    bytes.resize(1 + random.below(good.size() - 1));
    write_file(damaged + "/data.mdb", bytes);
    INFO("cut to " << bytes.size() << " bytes of " << good.size());
    const int ending = run_damaged(damaged, want, cut % 2 != 0);
    CHECK((ending == kDetected || ending == kEqual));  // equal: only free pages were cut off
    if (ending == kDetected) ++detected;
  }
  CHECK(detected >= 35);
}

TEST_CASE("a healthy store is never called damaged, however it was used") {
  const TemporaryFolder folder;
  LmdbOptions options = lmdb_options(folder.path());
  options.tables.clear();
  for (int i = 0; i < 60; ++i) options.tables.push_back(std::string(50, 'x') + std::to_string(i));
  SeededRandom random(24);
  for (int round = 0; round < 25; ++round) {
    options.check_in_background = round % 2 != 0;
    const auto store = open_lmdb_store(options);
    if (!store.ok()) FAIL(store.error().what);
    std::unique_ptr<ReadTxn> held;  // keeps pages from being reused
    if (random.below(2) == 0) held = store.value()->read().value();
    for (int commit = 0; commit < 3; ++commit) {
      auto txn = store.value()->write().value();
      for (int i = 0; i < 400; ++i) {
        const TableId table{static_cast<std::uint8_t>(random.below(random.below(4) ? 2 : 60))};
        Bytes key = key_of(random.below(3000));
        if (random.below(5) == 0) key.resize(8 + random.below(500), 7);
        if (random.below(5) < 2) {
          REQUIRE(txn->erase(table, key).ok());
        } else {
          const Bytes value(random.below(random.below(30) ? 600 : 30'000), 9);
          REQUIRE(txn->put(table, key, value).ok());
        }
      }
      if (random.below(5) != 0) REQUIRE(txn->commit().ok());
    }
    REQUIRE(verify_all(*store.value()->read().value()).ok());
    REQUIRE(wait_for_check(*store.value()).ok());
  }
  CHECK(check_lmdb_pages(folder.path() + "/data.mdb").ok());
}

namespace {

// Breaks the first header of a leaf page that holds this key of `leaves`; returns the page.
std::uint64_t break_leaf_of(Bytes& file, std::uint64_t key) {
  const Bytes wanted = key_of(key);
  for (std::uint64_t page = 2; page < file.size() / kPageBytes; ++page) {
    const auto begin = file.begin() + static_cast<std::ptrdiff_t>(page * kPageBytes);
    const bool is_leaf = begin[10] == 2 && begin[11] == 0;
    if (!is_leaf || std::search(begin, begin + kPageBytes, wanted.begin(), wanted.end()) ==
                        begin + kPageBytes) {
      continue;
    }
    begin[12] ^= 1;  // where its list of records ends
    return page;
  }
  return 0;
}

constexpr std::uint64_t kMany = 2000;

Bytes store_of_many(const std::string& folder) {
  {
    const auto store = open_lmdb_store(lmdb_options(folder)).value();
    auto txn = store->write().value();
    for (std::uint64_t i = 0; i < kMany; ++i) {
      REQUIRE(txn->put(kLeaves, key_of(i), Bytes(200, static_cast<std::uint8_t>(i))).ok());
    }
    REQUIRE(txn->commit().ok());
  }
  return read_file(folder + "/data.mdb", kFileMaxBytes).value();
}

}  // namespace

TEST_CASE("before all is checked, an access checks the pages that it leads to") {
  const TemporaryFolder folder;
  Bytes bytes = store_of_many(folder.path());
  REQUIRE(break_leaf_of(bytes, kMany / 2) != 0);
  const std::string path = folder.path() + "/data.mdb";
  write_file(path, bytes);
  CHECK_FALSE(check_lmdb_pages(path).ok());
  const auto begin = [&] { return PageCheck::begin(path).value(); };

  const auto far = begin();
  CHECK(far->look("leaves", {}).ok());
  CHECK(far->look("leaves", key_of(3)).ok());
  CHECK(far->look_last("leaves").ok());
  CHECK(far->look("state", key_of(kMany / 2)).ok());
  CHECK(far->progress().checked > 0);
  CHECK(far->progress().checked < far->progress().leaf_pages);
  // A page holds some 16 records: those beside it may be read into by a scan.
  for (const std::uint64_t key : {kMany / 2, kMany / 2 - 17, kMany / 2 + 17}) {
    CHECK(begin()->look("leaves", key_of(key)).error().code == Code::storage);
  }
  CHECK_FALSE(far->look("leaves", key_of(kMany / 2)).ok());
  CHECK_FALSE(far->look("leaves", key_of(3)).ok());  // it sticks
  CHECK_FALSE(far->sound().ok());
  CHECK_FALSE(far->walk(false).ok());

  const auto walked = begin();
  CHECK(walked->walk(true).ok());  // stopped before its first page
  CHECK(walked->progress().checked == 0);
  CHECK_FALSE(walked->walk(false).ok());
}

TEST_CASE("a store with a damaged page that nobody reads fails soon, and for ever") {
  const TemporaryFolder folder;
  Bytes bytes = store_of_many(folder.path());
  REQUIRE(break_leaf_of(bytes, kMany / 2) != 0);
  write_file(folder.path() + "/data.mdb", bytes);
  LmdbOptions options = lmdb_options(folder.path());
  CHECK(open_lmdb_store(options).error().code == Code::storage);
  options.check_in_background = true;
  const auto store = open_lmdb_store(options);
  REQUIRE(store.ok());
  CHECK(wait_for_check(*store.value()).error().code == Code::storage);
  CHECK(store.value()->has_failed());
  CHECK(store.value()->write().error().code == Code::storage);
  const auto txn = store.value()->read();
  REQUIRE(txn.ok());
  CHECK(txn.value()->get(kLeaves, key_of(kMany / 2)).error().code == Code::storage);
}

TEST_CASE("commits while pages are being checked change nothing of what is checked") {
  const TemporaryFolder folder;
  (void)store_of_many(folder.path());
  LmdbOptions options = lmdb_options(folder.path());
  options.check_in_background = true;
  for (std::uint64_t round = 1; round <= 10; ++round) {
    const auto store = open_lmdb_store(options);
    REQUIRE(store.ok());
    for (std::uint64_t commit = 0; commit < 5; ++commit) {
      auto txn = store.value()->write().value();
      for (std::uint64_t i = commit; i < kMany; i += 37) {
        const Bytes value(50 + 97 * (i % 5), static_cast<std::uint8_t>(round + i));
        REQUIRE(txn->put(kLeaves, key_of(i), value).ok());
        REQUIRE(txn->put(kState, key_of(i * round), value).ok());
        REQUIRE(txn->erase(kState, key_of(i * round / 2)).ok());
      }
      REQUIRE(txn->commit().ok());
    }
    REQUIRE(wait_for_check(*store.value()).ok());
    CHECK(store.value()->checked().pages > 0);
  }
}

}  // namespace assay::reputation::test
