// In a program of its own: it changes the allocator for good.
#include "core/base/memory.h"

#include <sys/resource.h>

#include <cstring>
#include <memory>
#include <thread>

#include "tests/catch.h"

namespace assay {
namespace {

constexpr std::size_t kBytes = std::size_t{100} << 20;

// Pages that the system had to clear for so many bytes, written to and freed again.
long pages_for(std::size_t bytes) {
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_SELF, &before);
  {
    const std::unique_ptr<char[]> piece(new char[bytes]);
    std::memset(piece.get(), 1, bytes);
    // What nobody reads need not be written.
    CHECK(static_cast<volatile char*>(piece.get())[bytes / 2] == 1);
  }
  getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

}  // namespace

TEST_CASE("a service keeps what its answers need again, and no more") {
  constexpr std::size_t kKept = std::size_t{32} << 20;
  if (!keep_freed_memory_up_to(kKept)) {
    WARN("SKIPPED: this allocator keeps memory by rules of its own");
    return;
  }
  CHECK(pages_for(kKept / 2) > 100);
  CHECK(pages_for(kKept / 2) < 100);
  CHECK(pages_for(2 * kKept) > 100);
  CHECK(pages_for(2 * kKept) > 100);
}

TEST_CASE("what was freed is there for whoever asks next, until it is given back") {
  if (!keep_freed_memory()) {
    WARN("SKIPPED: this allocator keeps memory by rules of its own");
    return;
  }
  CHECK(pages_for(kBytes) > 100);
  const long again = pages_for(kBytes);
  CHECK(again < 100);
  long elsewhere = 0;
  std::thread([&] { elsewhere = pages_for(kBytes); }).join();
  CHECK(elsewhere < 100);
  give_back_memory();
  CHECK(pages_for(kBytes) > 100);
}

}  // namespace assay
