#include "core/compute/engine.h"

#include <immintrin.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace assay::compute {
namespace {

constexpr CpuLevel kLevels[] = {CpuLevel::scalar, CpuLevel::sse2, CpuLevel::avx2, CpuLevel::avx512};

}  // namespace

const char* cpu_level_name(CpuLevel level) {
  switch (level) {
    case CpuLevel::scalar: return "scalar";
    case CpuLevel::sse2: return "sse2";
    case CpuLevel::avx2: return "avx2";
    case CpuLevel::avx512: return "avx512";
  }
  return "?";
}

Result<CpuLevel> parse_cpu_level(std::string_view name) {
  for (CpuLevel level : kLevels) {
    if (name == cpu_level_name(level)) return level;
  }
  return fail(Code::usage,
              "CPU level \"" + std::string(name) + "\" is not one of scalar, sse2, avx2, avx512");
}

bool cpu_level_supported(CpuLevel level) {
  switch (level) {
    case CpuLevel::scalar: return true;
    case CpuLevel::sse2: return __builtin_cpu_supports("sse2") != 0;
    case CpuLevel::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CpuLevel::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512vnni");
  }
  return false;
}

CpuLevel best_cpu_level() {
  CpuLevel best = CpuLevel::scalar;
  for (CpuLevel level : kLevels) {
    if (cpu_level_supported(level)) best = level;
  }
  const char* forced = std::getenv("ASSAY_CPU_LEVEL");
  if (forced == nullptr || *forced == '\0') return best;
  const Result<CpuLevel> level = parse_cpu_level(forced);
  ASSAY_CHECK(level.ok(), "ASSAY_CPU_LEVEL is not one of scalar, sse2, avx2, avx512");
  return std::min(level.value(), best);
}

void check_float_mode() {
  constexpr unsigned kStickyFlags = 0x3F;
  ASSAY_CHECK((_mm_getcsr() & ~kStickyFlags) == 0x1F80,
              "MXCSR is not 0x1F80: a library changed rounding or flushes denormals");
}

struct Engine::Pool {
  explicit Pool(unsigned helpers) {
    for (unsigned i = 0; i < helpers; ++i) threads.emplace_back([this] { serve(); });
  }
  ~Pool() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  // Only as many are woken as there are items for, and only those are waited for that came while
  // there was work: waking takes longer than many a loop.
  void run(std::uint64_t items, const std::function<void(std::uint64_t)>& work) {
    {
      std::lock_guard lock(mutex);
      ASSAY_CHECK(body == nullptr && busy == 0, "two jobs at once on one Engine");
      body = &work;
      count = items;
      next = 0;
    }
    if (items > threads.size()) {
      wake.notify_all();
    } else {
      for (std::uint64_t i = 1; i < items; ++i) wake.notify_one();
    }
    drain(work, items);
    std::unique_lock lock(mutex);
    body = nullptr;  // who comes now is too late
    done.wait(lock, [this] { return busy == 0; });
  }

  // Its own copies: `body` is gone as soon as nothing is left to begin.
  void drain(const std::function<void(std::uint64_t)>& work, std::uint64_t items) {
    check_float_mode();
    for (std::uint64_t i = next++; i < items; i = next++) work(i);
  }

  void serve() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stopping || (body != nullptr && next < count); });
      if (stopping) return;
      ++busy;
      const auto& work = *body;
      const std::uint64_t items = count;
      lock.unlock();
      drain(work, items);
      lock.lock();
      if (--busy == 0) done.notify_one();
    }
  }

  std::mutex mutex;  // guards body, count, busy, stopping
  std::condition_variable wake, done;
  const std::function<void(std::uint64_t)>* body = nullptr;
  std::uint64_t count = 0;
  std::atomic<std::uint64_t> next = 0;
  std::size_t busy = 0;  // threads within drain(), the caller's aside
  bool stopping = false;
  std::vector<std::thread> threads;
};

Engine::Engine(CpuLevel level, unsigned threads) : level_(level) {
  ASSAY_CHECK(cpu_level_supported(level), "this machine lacks the Engine's CPU level");
  ASSAY_CHECK(threads >= 1, "an Engine needs a thread");
  pool_ = std::make_unique<Pool>(threads - 1);
}

Engine::~Engine() = default;

unsigned Engine::threads() const {
  return static_cast<unsigned>(pool_->threads.size()) + 1;
}

void Engine::parallel_for(std::uint64_t count,
                          const std::function<void(std::uint64_t)>& body) const {
  pool_->run(count, body);
}

}  // namespace assay::compute
