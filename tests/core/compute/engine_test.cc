#include "core/compute/engine.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xmmintrin.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/catch.h"
#include "tests/core/compute/levels.h"

using namespace assay;
using namespace assay::compute;

namespace {

// Whether `body`, run in a process of its own, stops it by a signal.
template <class Body>
bool stops_the_program(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    close(STDERR_FILENO);
    signal(SIGABRT, SIG_DFL);
    body();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status);
}

}  // namespace

TEST_CASE("CPU levels have names that parse back, and nothing else parses") {
  for (CpuLevel level : {CpuLevel::scalar, CpuLevel::sse2, CpuLevel::avx2, CpuLevel::avx512}) {
    const Result<CpuLevel> parsed = parse_cpu_level(cpu_level_name(level));
    REQUIRE(parsed.ok());
    CHECK(parsed.value() == level);
  }
  for (const char* name : {"", "AVX2", "avx", "avx512 ", "neon"}) {
    CHECK(parse_cpu_level(name).error().code == Code::usage);
  }
}

TEST_CASE("ASSAY_CPU_LEVEL lowers the level, never raises it, and must be a level's name") {
  REQUIRE(setenv("ASSAY_CPU_LEVEL", "scalar", 1) == 0);
  CHECK(best_cpu_level() == CpuLevel::scalar);
  REQUIRE(setenv("ASSAY_CPU_LEVEL", "avx512", 1) == 0);
  CHECK(best_cpu_level() == test::cpu_levels().back());
  REQUIRE(setenv("ASSAY_CPU_LEVEL", "fastest", 1) == 0);
  CHECK(stops_the_program([] { best_cpu_level(); }));
  REQUIRE(unsetenv("ASSAY_CPU_LEVEL") == 0);
  CHECK(best_cpu_level() == test::cpu_levels().back());
}

TEST_CASE("parallel_for runs every index exactly once, on 1 to 8 threads, time after time") {
  for (unsigned threads = 1; threads <= 8; ++threads) {
    const Engine engine(CpuLevel::scalar, threads);
    CHECK(engine.threads() == threads);
    for (std::uint64_t count : {0U, 1U, 2U, 7U, 64U, 1000U}) {
      std::vector<std::atomic<int>> runs(count + 1);
      for (int round = 1; round <= 20; ++round) {
        engine.parallel_for(count, [&](std::uint64_t i) { ++runs[i]; });
        for (std::uint64_t i = 0; i < count; ++i) REQUIRE(runs[i] == round);
      }
      REQUIRE(runs[count] == 0);
    }
  }
}

TEST_CASE("as many items as threads run at once: each waits here until all have begun") {
  for (unsigned threads = 1; threads <= 8; ++threads) {
    const Engine engine(CpuLevel::scalar, threads);
    for (std::uint64_t count = 1; count <= threads; ++count) {
      for (int round = 0; round < 20; ++round) {
        std::atomic<std::uint64_t> begun = 0;
        engine.parallel_for(count, [&](std::uint64_t) {
          ++begun;
          for (std::uint64_t now = begun; now < count; now = begun) begun.wait(now);
          begun.notify_all();
        });
        REQUIRE(begun == count);
      }
    }
  }
}

TEST_CASE("loops so short that threads come too late leave nothing behind for the next") {
  const Engine engine(CpuLevel::scalar, 4);
  std::uint64_t total = 0;
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    // Gone after each loop: a thread that still read it would be found by a sanitizer.
    const auto parts = std::make_unique<std::array<std::atomic<std::uint64_t>, 3>>();
    engine.parallel_for(1 + round % 3, [&](std::uint64_t i) { (*parts)[i] = round + i; });
    for (std::uint64_t i = 0; i <= round % 3; ++i) total += (*parts)[i] - round - i + 1;
  }
  CHECK(total == 20'000 / 3 * 6 + 1 + 2);
}

TEST_CASE("a thread that flushes denormals or rounds otherwise stops the program") {
  CHECK_FALSE(stops_the_program([] { check_float_mode(); }));
  for (unsigned mode : {0x9F80U, 0x1FC0U, 0x3F80U, 0x5F80U, 0x7F80U}) {
    CHECK(stops_the_program([&] {
      _mm_setcsr(mode);
      check_float_mode();
    }));
    CHECK(stops_the_program([&] {
      const Engine engine(CpuLevel::scalar, 1);
      _mm_setcsr(mode);
      engine.parallel_for(1, [](std::uint64_t) {});
    }));
  }
}
