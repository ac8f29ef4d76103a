// Bit flips in the closed data file: each must be answered with an error or change nothing.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

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

int read_damaged(const std::string& folder, const Contents& want) {
  const auto store = open_lmdb_store(lmdb_options(folder));
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
  return found.value() == want ? kEqual : kSilent;
}

void write_file(const std::string& path, const Bytes& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
  REQUIRE(std::fclose(file) == 0);
}

int run_damaged(const std::string& folder, const Contents& want) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(20);  // a walk in circles ends here
    for (const int crash : {SIGSEGV, SIGABRT, SIGBUS}) ::signal(crash, SIG_DFL);
    ::_exit(read_damaged(folder, want));
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
    const int ending = run_damaged(damaged, want);
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
    const int ending = run_damaged(damaged, want);
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
  }
  CHECK(check_lmdb_pages(folder.path() + "/data.mdb").ok());
}

}  // namespace assay::reputation::test
