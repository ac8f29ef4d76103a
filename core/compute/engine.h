// The engine that programs run on: which instruction set, how many threads. Neither changes a bit
// of any result: the scalar code is the definition, and everything else equals it or is wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "core/base/result.h"

namespace assay::compute {

enum class CpuLevel { scalar, sse2, avx2, avx512 };

const char* cpu_level_name(CpuLevel level);
//   usage        not one of scalar, sse2, avx2, avx512
Result<CpuLevel> parse_cpu_level(std::string_view name);

// The best level this machine has; ASSAY_CPU_LEVEL=<name> forces a lower one for tests, and stops
// the program when it is not the name of a level, so that no test runs on a level it did not ask
// for. avx2 needs AVX2 and FMA; avx512 needs AVX-512 F, BW, DQ, VL and VNNI.
CpuLevel best_cpu_level();
bool cpu_level_supported(CpuLevel level);

// Stops the program unless this thread rounds to nearest even and keeps denormals (MXCSR 0x1F80,
// sticky flags aside): a library built with fast-math leaks other modes, and they change bits.
void check_float_mode();

// Owns a pool of threads. One job at a time per Engine; for several at once, make several.
class Engine {
 public:
  // threads >= 1; 1 runs everything on the calling thread. Stops the program (a bug of ours) when
  // the machine lacks `level`.
  explicit Engine(CpuLevel level = best_cpu_level(), unsigned threads = 1);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  CpuLevel level() const { return level_; }
  unsigned threads() const;

  // Runs body(i) for every i in [0, count), spread over the threads in no particular order, and
  // returns when all are done. Bodies must not throw, must write to disjoint places and must not
  // call parallel_for themselves. Every thread passes check_float_mode() first.
  void parallel_for(std::uint64_t count, const std::function<void(std::uint64_t)>& body) const;

 private:
  struct Pool;
  CpuLevel level_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace assay::compute
