// The timings, on random data, after parity. A figure is the best of several runs: what the device
// can do when nothing else runs.
#include <algorithm>

#include "core/compute/cuda/gemm_chain.h"
#include "core/compute/cuda/limb_gemm.h"
#include "tests/gpu/best_ms.h"
#include "tests/gpu/buffers.h"

namespace assay::gpu {
namespace {

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

std::vector<float> ones(std::uint64_t count) {
  return std::vector<float>(count, 1.0F);
}

Buffer random_s16(const Device& device, std::uint64_t count) {
  Dice dice(31);
  return input(device, integers<std::int16_t>(dice, count, 16319));
}

void time_limb_gemm(const Device& device, Report& report) {
  constexpr std::uint64_t kN = 8192;
  const Buffer scale = input(device, ones(kN));
  const Buffer s8 = random_matrix(device, kN, 0), s16 = random_s16(device, kN * kN);
  const Buffer y = require(device.allocate(kN * kN * 4), "the product");
  const auto pack = [&](const Buffer& q, std::uint32_t limbs) {
    return require(LimbRows::pack(device, {q.at(), scale.at(), kN, kN, limbs}), "limbs");
  };
  const LimbRows one = pack(s8, 1), two = pack(s16, 2);
  struct Case {
    const char* name;
    const LimbRows *a, *b;
  };
  LimbGemm gemm(device);
  double a8w8_ms = 0;
  for (const Case& c : {Case{"a8w8", &one, &one}, {"a16w8", &two, &one}, {"a16w16", &two, &two}}) {
    const double ms =
        best_ms(device, [&] { require(gemm.multiply(*c.a, *c.b, 0, y.at()), "limb gemm"); });
    if (a8w8_ms == 0) a8w8_ms = ms;
    const std::string what = std::string(c.name) + " n=" + std::to_string(kN);
    report.measure("limb_gemm", what, ms, "ms");
    report.measure("limb_gemm", what + " / a8w8", ms / a8w8_ms, "ratio");
  }
}

// Rows of 4096, as between the products of a layer.
void time_rows(const Device& device, Report& report) {
  constexpr std::uint64_t kRows = 16384, kCols = 4096, kCount = kRows * kCols;
  Dice dice(32);
  const Buffer gain = input(device, ones(kCols));
  Buffer x = require(device.allocate(kCount * 4), "rows"),
         y = require(device.allocate(kCount * 4), "rows");
  {
    std::vector<float> values(kCount);
    for (float& value : values) value = usual_float(dice);
    require(device.call(&ModuleTable::upload, x.at(), values.data(), kCount * 4), "rows");
    require(device.call(&ModuleTable::synchronize), "rows");
  }
  const Buffer scale = require(device.allocate(kRows * 4), "scales");
  const auto measure = [&](const char* what, std::uint64_t bytes, auto&& work) {
    report.measure("rows", what, static_cast<double>(bytes) / best_ms(device, work) * 1e-6, "GB/s");
  };
  measure("rms_norm 16384 x 4096", kCount * 8, [&] {
    const RmsNormArgs args{x.at(), gain.at(), y.at(), 1e-5F, kRows, kCols};
    require(device.call(&ModuleTable::rms_norm, &args), "rms_norm");
  });
  for (const std::uint32_t limbs : {1U, 2U}) {
    const std::string what = "quantize 16384 x 4096 to s" + std::to_string(8 * limbs);
    measure(what.c_str(), kCount * (4 + limbs), [&] {
      const QuantizeArgs args{x.at(), y.at(), scale.at(), kRows, kCols, limbs};
      require(device.call(&ModuleTable::quantize, &args), "quantize");
    });
  }
  measure("swiglu of 64 Mi", kCount * 12, [&] {
    const ElementwiseArgs args{kSwiglu, x.at(), x.at(), 0, y.at(), kCount};
    require(device.call(&ModuleTable::elementwise, &args), "swiglu");
  });
}

// The heads of an 8-billion-parameter model: 32 of queries, 8 of keys and values, of 128 elements.
void time_attention(const Device& device, Report& report) {
  constexpr std::uint32_t kHeads = 32, kKvHeads = 8, kSize = 128;
  constexpr std::uint64_t kPast = 4096;
  const std::uint64_t queries = kPast * kHeads, cached = kPast * kKvHeads;
  const Buffer q = random_s16(device, queries * kSize), k = random_s16(device, cached * kSize);
  const Buffer v = random_matrix(device, 2048, 3);  // as many bytes
  static_assert(kPast * kKvHeads * kSize == 2048 * 2048);
  const Buffer scale = input(device, std::vector<float>(queries, 0x1p-10F));
  const Buffer out = require(device.allocate(queries * kSize * 4), "the result");
  for (const std::uint64_t rows : {kPast, std::uint64_t{32}, std::uint64_t{1}}) {
    const AttentionArgs args{q.at(), scale.at(),   k.at(), scale.at(), v.at(), scale.at(), out.at(),
                             rows,   kPast - rows, kHeads, kKvHeads,   kSize,  0x1p-14F};
    const double ms =
        best_ms(device, [&] { require(device.call(&ModuleTable::attention, &args), "attention"); });
    report.measure("attention",
                   std::to_string(rows) + " rows, the last at position " + std::to_string(kPast),
                   ms, "ms");
  }
}

}  // namespace

void time_all(const Device& device, Report& report) {
  time_igemm8(device, report);
  time_memory_bound(device, report);
  time_attested(device, report);
  time_limb_gemm(device, report);
  time_rows(device, report);
  time_attention(device, report);
  time_workloads(device, report);
}

}  // namespace assay::gpu
