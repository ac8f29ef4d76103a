// The timings, on random data, after parity. A figure is the best of several runs: what the device
// can do when nothing else runs.
#include <algorithm>

#include "core/compute/cuda/gemm_chain.h"
#include "tests/gpu/buffers.h"

namespace assay::gpu {
namespace {

constexpr int kRounds = 5;

// Milliseconds of `work` on the device, the best of kRounds after one that is not counted.
template <class Work>
double best_ms(const Device& device, Work&& work) {
  double best = 0;
  for (int round = 0; round <= kRounds; ++round) {
    float ms = 0;
    require(device.call(&ModuleTable::mark, std::uint32_t{0}), "mark");
    work();
    require(device.call(&ModuleTable::mark, std::uint32_t{1}), "mark");
    require(device.call(&ModuleTable::elapsed_ms, &ms), "elapsed");
    if (round == 1 || (round > 1 && double{ms} < best)) best = double{ms};
  }
  return best;
}

Buffer random_matrix(const Device& device, std::uint64_t n, std::uint32_t tensor) {
  Buffer out = require(device.allocate(n * n), "a matrix");
  const PhiloxArgs args{{1, 2}, tensor, 0, out.at(), n, n, n};
  require(device.call(&ModuleTable::philox_s8, &args), "philox_s8");
  return out;
}

void time_igemm8(const Device& device, Report& report) {
  struct Kernel {
    Igemm8Kernel kernel;
    const char* name;
  };
  const Kernel kernels[] = {{kIgemm8CublasLt, "cublaslt"},
                            {kIgemm8Wgmma, "wgmma"},
                            {kIgemm8Mma, "mma"},
                            {kIgemm8Bf16, "bf16"}};
  for (const std::uint64_t n : {2048UL, 4096UL, 8192UL, 16384UL}) {
    const Buffer a = random_matrix(device, n, 0), b = random_matrix(device, n, 1);
    const Buffer d = require(device.allocate(n * n * 4), "the product");
    const double ops = 2.0 * static_cast<double>(n * n) * static_cast<double>(n);
    double peer_ms = 0;
    for (const Kernel& k : kernels) {
      const Igemm8Args args{k.kernel, a.at(), b.at(), d.at(), n, n, n, n, n, n};
      if (!device.call(&ModuleTable::igemm8, &args).ok()) continue;  // this device lacks it
      const double ms =
          best_ms(device, [&] { require(device.call(&ModuleTable::igemm8, &args), "igemm8"); });
      const std::string what = std::string(k.name) + " n=" + std::to_string(n);
      report.measure("igemm8", what, ops / ms * 1e-9, "TOPS");
      if (k.kernel == kIgemm8CublasLt) peer_ms = ms;
      if (k.kernel != kIgemm8CublasLt && peer_ms > 0) {
        report.measure("igemm8", what + " / cublaslt", peer_ms / ms, "ratio");
      }
    }
  }
}

void time_memory_bound(const Device& device, Report& report) {
  constexpr std::uint64_t kSide = 16384, kBytes = kSide * kSide;
  const Buffer q = random_matrix(device, kSide, 0);
  HashTensor tensor{};
  tensor.header_bytes = 2;
  tensor.data = q.at();
  tensor.bytes = kBytes;
  const double hash_ms = best_ms(device, [&] {
    require(device.call(&ModuleTable::hash_begin, &tensor, std::uint32_t{1}), "hash");
    require(device.call(&ModuleTable::hash_join), "hash");
  });
  report.measure("hash", "state tree of 256 MiB, alone", kBytes / hash_ms * 1e-6, "GB/s");
  const double philox_ms = best_ms(device, [&] {
    const PhiloxArgs args{{1, 2}, 1, 3, q.at(), kSide, kSide, kSide};
    require(device.call(&ModuleTable::philox_s8, &args), "philox_s8");
  });
  report.measure("philox", "256 MiB of s8", kBytes / philox_ms * 1e-6, "GB/s");
}

// The same chain with and without digests of every state.
void time_attested(const Device& device, Report& report) {
  struct Case {
    std::uint64_t n;
    std::uint32_t per_step, steps;
  };
  for (const Case& c : {Case{8192, 8, 4}, Case{8192, 1, 16}, Case{16384, 1, 8}}) {
    const std::vector<float> sb(c.n, 0x1p-13F);
    const std::unique_ptr<GemmChain> chain =
        require(GemmChain::open(device, GemmWork{c.n, c.n, c.per_step, {}, {5, 9}, {sb}}), "chain");
    Bytes q(c.n * c.n), scale(c.n * 8);
    for (std::size_t i = 0; i < q.size(); ++i) {
      q[i] = static_cast<std::uint8_t>(static_cast<int>(i * 2654435761U >> 13 & 0xFF) * 255 / 256 -
                                       127);
    }
    for (std::size_t i = 0; i < scale.size(); i += 8) {
      scale[i + 2] = 0x80;  // 1.0F
      scale[i + 3] = 0x3F;
    }
    require(chain->load(q, scale), "load");
    const double bare = best_ms(device, [&] {
      for (std::uint32_t step = 1; step <= c.steps; ++step) require(chain->advance(step), "step");
    });
    const double attested = best_ms(device, [&] {
      for (std::uint32_t step = 1; step <= c.steps; ++step) {
        require(chain->begin_digest(), "digest");
        require(chain->advance(step), "step");
        require(chain->end_digest(), "digest");
      }
    });
    const std::string what =
        "n=" + std::to_string(c.n) + ", " + std::to_string(c.per_step) + " a step";
    report.measure("attest", "gemm " + what + ", bare", bare / c.steps, "ms/step");
    report.measure("attest", "gemm " + what + ", attested / bare", attested / bare, "ratio");
  }
}

}  // namespace

void time_all(const Device& device, Report& report) {
  time_igemm8(device, report);
  time_memory_bound(device, report);
  time_attested(device, report);
}

}  // namespace assay::gpu
