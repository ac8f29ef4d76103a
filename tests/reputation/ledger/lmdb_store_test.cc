// What only the durable store can show: reopening, other processes, full maps and disks, kills.
#include "reputation/ledger/lmdb_store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/reputation/ledger/test_stores.h"

namespace assay::reputation::test {
namespace {

// Runs work in a child process, which ends with its answer; the child must not use Catch.
pid_t spawn(const std::function<int()>& work) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work());
  REQUIRE(pid > 0);
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class Pipe {
 public:
  Pipe() { REQUIRE(::pipe(ends_) == 0); }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }
  bool send(std::uint64_t value) { return ::write(ends_[1], &value, sizeof value) == sizeof value; }
  bool receive(std::uint64_t& value) {
    return ::read(ends_[0], &value, sizeof value) == sizeof value;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::unique_ptr<Store> open_store(const LmdbOptions& options) {
  Result<std::unique_ptr<Store>> store = open_lmdb_store(options);
  if (!store.ok()) FAIL(store.error().what);
  return std::move(store).value();
}

// Writes batches of records under ascending keys until something fails; how many were committed.
std::uint64_t fill(Store& store, std::uint64_t batches, std::uint64_t batch, std::size_t bytes,
                   Error* error) {
  const Bytes value(bytes, 0x5a);
  for (std::uint64_t n = 0; n < batches; ++n) {
    auto txn = store.write();
    Status status = txn.ok() ? Status{} : Status{txn.error()};
    for (std::uint64_t i = 0; status.ok() && i < batch; ++i) {
      status = txn.value()->put(kLeaves, key_of(n * batch + i), value);
    }
    if (status.ok()) status = txn.value()->commit();
    if (status.ok()) continue;
    if (error != nullptr) *error = status.error();
    return n;
  }
  return batches;
}

}  // namespace

TEST_CASE("what was committed is there when the store is opened again") {
  const TemporaryFolder folder;
  const LmdbOptions options = lmdb_options(folder.path() + "/not/there/yet");
  Contents before;
  {
    const auto store = open_store(options);
    for (int i = 0; i < 50; ++i) put_one(*store, kLeaves, std::to_string(i), "value");
    before = contents_of(*store).value();
  }
  CHECK(before.size() == 50);
  CHECK(contents_of(*open_store(options)).value() == before);
}

TEST_CASE("a second writer of one folder is refused and told whose it is") {
  const TemporaryFolder folder;
  auto store = open_store(lmdb_options(folder.path()));
  const auto second = open_lmdb_store(lmdb_options(folder.path()));
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == Code::conflict);
  CHECK(second.error().what.find("already in use by pid " + std::to_string(::getpid())) !=
        std::string::npos);
  store.reset();
  CHECK(open_lmdb_store(lmdb_options(folder.path())).ok());
}

TEST_CASE("another process may read beside the writer, and only read") {
  const TemporaryFolder folder;
  LmdbOptions reading = lmdb_options(folder.path());
  reading.read_only = true;
  CHECK(open_lmdb_store(reading).error().code == Code::not_found);
  const auto store = open_store(lmdb_options(folder.path()));
  put_one(*store, kLeaves, "a", "1");
  const pid_t child = spawn([&] {
    const auto opened = open_lmdb_store(reading);
    if (!opened.ok()) return 1;
    const auto value = opened.value()->read().value()->get(kLeaves, as_bytes("a"));
    if (!value.ok() || as_text(*value.value()) != "1") return 2;
    const auto txn = opened.value()->write();
    return !txn.ok() && txn.error().code == Code::permission ? 0 : 3;
  });
  CHECK(wait_for(child) == 0);
  put_one(*store, kLeaves, "a", "2");
}

TEST_CASE("a store with a table that is not in the list is refused, a missing table is made") {
  const TemporaryFolder folder;
  LmdbOptions options = lmdb_options(folder.path());
  put_one(*open_store(options), kState, "a", "1");
  options.tables = {"leaves"};
  const auto fewer = open_lmdb_store(options);
  REQUIRE_FALSE(fewer.ok());
  CHECK(fewer.error().code == Code::storage);
  CHECK(fewer.error().what.find("unknown table") != std::string::npos);
  options.tables = {"leaves", "state", "later"};
  const auto store = open_store(options);
  CHECK(get(*store, kState, "a") == "1");
  put_one(*store, TableId{2}, "b", "2");
}

TEST_CASE("something else in the place of the store is a clear error") {
  const TemporaryFolder folder;
  const auto write_file = [&](const char* name, const std::string& bytes) {
    std::FILE* file = std::fopen((folder.path() + name).c_str(), "wb");
    REQUIRE(file != nullptr);
    REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
    std::fclose(file);
  };
  SECTION("a data file of something else") {
    write_file("/data.mdb", std::string(8192, 'x'));
    CHECK(open_lmdb_store(lmdb_options(folder.path())).error().code == Code::storage);
  }
  SECTION("a file where the folder should be") {
    write_file("/file", "x");
    CHECK(open_lmdb_store(lmdb_options(folder.path() + "/file")).error().code == Code::storage);
  }
}

TEST_CASE("a full map is an error of storage, and what was there before stays") {
  const TemporaryFolder folder;
  const std::uint64_t small = 1 << 20;
  std::uint64_t committed = 0;
  {
    const auto store = open_store(lmdb_options(folder.path(), small));
    committed = fill(*store, 5, 20, 1000, nullptr);
    CHECK(committed == 5);
    // One transaction too large for the map.
    auto txn = store->write().value();
    Status status;
    for (std::uint64_t i = 1000; status.ok() && i < 3000; ++i) {
      status = txn->put(kLeaves, key_of(i), Bytes(1000));
    }
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Code::storage);
    CHECK(status.error().what.find("larger map") != std::string::npos);
    CHECK_FALSE(txn->commit().ok());
    txn.reset();
    CHECK(store->check().ok());  // nothing is wrong with the disk
    CHECK(contents_of(*store).value().size() == 100);
    // Small ones until the rule of 80 % says no.
    Error error;
    committed += fill(*store, 1000, 20, 1000, &error);
    CHECK(committed < 100);
    CHECK(error.code == Code::storage);
    CHECK(error.what.find("80 %") != std::string::npos);
    CHECK(store->check().error().code == Code::storage);
    const Room room = store->room().value();
    CHECK(room.map_used_bytes > room.map_size_bytes / 10 * 8);
    CHECK(room.map_used_bytes < room.map_size_bytes);
    CHECK(verify_all(*store->read().value()).ok());
  }
  const auto larger = open_store(lmdb_options(folder.path(), 4 * small));
  CHECK(larger->check().ok());
  CHECK(fill(*larger, 50, 20, 1000, nullptr) == 50);
}

TEST_CASE("a disk that refuses a write stops the writer for good and loses nothing") {
  const TemporaryFolder folder;
  const LmdbOptions options = lmdb_options(folder.path());
  Pipe pipe;
  const pid_t child = spawn([&] {
    // The file may not grow beyond 1 MiB: the commit that needs more is refused by the kernel.
    const rlimit limit{1 << 20, 1 << 20};
    ::signal(SIGXFSZ, SIG_IGN);
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    const auto store = open_lmdb_store(options);
    if (!store.ok()) return 2;
    Error error;
    if (!pipe.send(fill(*store.value(), 1000, 20, 1000, &error))) return 3;
    if (error.code != Code::storage) return 4;
    const auto again = store.value()->write();
    if (again.ok() || again.error().code != Code::storage) return 5;
    if (store.value()->check().ok()) return 6;
    return verify_all(*store.value()->read().value()).ok() ? 0 : 7;  // reading goes on
  });
  std::uint64_t committed = 0;
  REQUIRE(pipe.receive(committed));
  CHECK(wait_for(child) == 0);
  CHECK(committed > 5);
  CHECK(committed < 1000);
  const auto store = open_store(options);
  CHECK(verify_all(*store->read().value()).value()[0] == committed * 20);
  put_one(*store, kState, "goes", "on");
}

TEST_CASE("a reader that died does not make the store grow for ever") {
  const TemporaryFolder folder;
  const LmdbOptions options = lmdb_options(folder.path());
  { put_one(*open_store(options), kLeaves, "a", "1"); }
  Pipe ready;
  const pid_t child = spawn([&] {
    LmdbOptions reading = options;
    reading.read_only = true;
    const auto store = open_lmdb_store(reading);
    if (!store.ok()) return 1;
    const auto snapshot = store.value()->read();
    if (!snapshot.ok() || !ready.send(1)) return 2;
    while (true) ::pause();
    return 0;
  });
  std::uint64_t value = 0;
  REQUIRE(ready.receive(value));
  const auto store = open_store(options);
  REQUIRE(::kill(child, SIGKILL) == 0);
  CHECK(wait_for(child) == -SIGKILL);

  // The same 20 records over and over: without a reader, pages are reused.
  const auto grown_bytes = [&] {
    const std::uint64_t before = store->room().value().map_used_bytes;
    for (int i = 0; i < 50; ++i) REQUIRE(fill(*store, 1, 20, 3000, nullptr) == 1);
    return store->room().value().map_used_bytes - before;
  };
  const std::uint64_t with_dead_reader = grown_bytes();
  REQUIRE(store->maintain().ok());
  grown_bytes();  // what the dead reader held is reused from here on
  const std::uint64_t after = grown_bytes();
  std::printf("dead reader: 50 commits grew the store by %llu KiB; after maintain() by %llu KiB\n",
              static_cast<unsigned long long>(with_dead_reader >> 10),
              static_cast<unsigned long long>(after >> 10));
  CHECK(with_dead_reader > 2'000'000);
  CHECK(after == 0);
}

TEST_CASE("kill -9 in the middle of committing loses nothing acknowledged and tears nothing") {
  const TemporaryFolder folder;
  const LmdbOptions options = lmdb_options(folder.path());
  SeededRandom random(12);
  std::uint64_t acknowledged = 0;
  constexpr std::uint64_t kPerCommit = 7;
  for (int round = 0; round < 25; ++round) {
    Pipe pipe;
    const pid_t child = spawn([&] {
      const auto store = open_lmdb_store(options);
      if (!store.ok()) return 1;
      for (std::uint64_t n = acknowledged + 1;; ++n) {
        auto txn = store.value()->write();
        if (!txn.ok()) return 2;
        for (std::uint64_t i = 0; i < kPerCommit; ++i) {
          if (!txn.value()->put(kLeaves, key_of(n * kPerCommit + i), key_of(n)).ok()) return 3;
        }
        if (!txn.value()->commit().ok() || !pipe.send(n)) return 4;
      }
    });
    pipe.close_end(1);
    const std::uint64_t stop_at = acknowledged + 1 + random.below(30);
    while (acknowledged < stop_at && pipe.receive(acknowledged)) {
    }
    ::usleep(static_cast<useconds_t>(random.below(2000)));
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(wait_for(child) == -SIGKILL);
    while (pipe.receive(acknowledged)) {
    }
    const auto store = open_store(options);
    const std::uint64_t held = verify_all(*store->read().value()).value()[0];
    REQUIRE(held % kPerCommit == 0);
    // The last commit may be on the disk without its acknowledgement having been sent.
    REQUIRE(held / kPerCommit >= acknowledged);
    REQUIRE(held / kPerCommit <= acknowledged + 1);
    acknowledged = held / kPerCommit;
  }
  CHECK(acknowledged > 25);
}

TEST_CASE("group commit: records a second with 1,000 in a transaction") {
  const TemporaryFolder folder;
  const auto store = open_store(lmdb_options(folder.path()));
  const auto start = std::chrono::steady_clock::now();
  constexpr std::uint64_t kBatches = 60, kBatch = 1000;
  REQUIRE(fill(*store, kBatches, kBatch, 200, nullptr) == kBatches);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const double rate = static_cast<double>(kBatches * kBatch) / seconds.count();
  const auto scan_start = std::chrono::steady_clock::now();
  CHECK(verify_all(*store->read().value()).value()[0] == kBatches * kBatch);
  const std::chrono::duration<double> scan = std::chrono::steady_clock::now() - scan_start;
  std::printf("store: %.0f sealed records/s of 200 B at 1,000 a commit, %.0f verified/s\n", rate,
              static_cast<double>(kBatches * kBatch) / scan.count());
  CHECK(rate > 1000);  // durable commits, not hours of them
}

}  // namespace assay::reputation::test
