// Every entry of the table against the definition, one call at a time.
#include <bit>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/cpu/requantize.h"
#include "core/compute/cuda/elementwise_device.h"
#include "core/compute/philox.h"
#include "tests/gpu/buffers.h"

namespace assay::gpu {
namespace {

namespace cpu = compute::cpu;
using compute::philox_s8;

Values random_rows(Dice& dice, std::uint64_t rows, std::uint64_t cols, std::uint64_t ld) {
  Values out(rows * ld);
  const bool extreme = dice.below(4) == 0;
  for (std::uint64_t i = 0; i < rows * cols; ++i) {
    const int value = static_cast<int>(dice.below(255)) - 127;
    out[i / cols * ld + i % cols] =
        static_cast<std::int8_t>(extreme ? (value < 0 ? -127 : 127) : value);
  }
  return out;
}

void check_igemm8(const Device& device, Report& report, bool small) {
  struct Shape {
    std::uint64_t m, n, k;
  };
  std::vector<Shape> shapes = {{1, 1, 1},      {16, 16, 64},   {127, 129, 33}, {128, 256, 64},
                               {129, 257, 65}, {300, 5, 1000}, {5, 70, 2049}};
  if (!small) {
    shapes.insert(shapes.end(), {{512, 512, 512},
                                 {64, 64, 131072},
                                 {1024, 768, 2304},
                                 {2048, 96, 4096},
                                 {33, 4097, 48},
                                 {5, 700, 2049}});
  }
  Dice dice(1);
  for (int i = 0; i < (small ? 10 : 200); ++i) {
    shapes.push_back({1 + dice.below(200), 1 + dice.below(300), 1 + dice.below(300)});
  }
  struct Kernel {
    Igemm8Kernel kernel;
    const char* name;
  };
  const Kernel kernels[] = {
      {kIgemm8Automatic, "automatic"}, {kIgemm8Dp4a, "dp4a"},   {kIgemm8Mma, "mma"},
      {kIgemm8Bf16, "bf16"},           {kIgemm8Wgmma, "wgmma"}, {kIgemm8CublasLt, "cublaslt"}};
  const compute::Engine engine(compute::best_cpu_level(), 8);
  for (const Shape& s : shapes) {
    const std::uint64_t ld = (s.k + 15) / 16 * 16;
    const Values a = random_rows(dice, s.m, s.k, ld), b = random_rows(dice, s.n, s.k, ld);
    std::vector<std::int32_t> want(s.m * s.n);
    const cpu::PackedRows packed(engine, a, s.m, ld);
    engine.parallel_for(
        s.n, [&](std::uint64_t n) { packed.multiply(b.data() + n * ld, 1, want.data() + n, s.n); });
    const Buffer on_a = input(device, a), on_b = input(device, b);
    for (const Kernel& k : kernels) {
      const Output d(device, s.m * s.n * 4);
      const Igemm8Args args{k.kernel, on_a.at(), on_b.at(), d.at(), s.m, s.n, s.k, ld, ld, s.n};
      const Status ran = device.call(&ModuleTable::igemm8, &args);
      if (!ran.ok() && k.kernel != kIgemm8Automatic) continue;  // a kernel this device lacks
      require(ran, "igemm8");
      bool intact = true;
      const bool equal = d.read<std::int32_t>(intact) == want;
      report.compare(std::string("igemm8 ") + k.name + " " + std::to_string(s.m) + " " +
                         std::to_string(s.n) + " " + std::to_string(s.k),
                     equal && intact);
    }
  }
}

void check_philox(const Device& device, Report& report) {
  for (const std::uint64_t cols : {1UL, 15UL, 16UL, 17UL, 100UL, 1024UL, 4097UL}) {
    for (const std::uint64_t rows : {1UL, 3UL, 64UL}) {
      const std::uint64_t ld = (cols + 15) / 16 * 16;
      const Output q(device, rows * ld);
      const PhiloxArgs args{{7, 11}, 1, 5, q.at(), rows, cols, ld};
      require(device.call(&ModuleTable::philox_s8, &args), "philox_s8");
      Values dense(rows * cols), want(rows * ld);
      philox_s8({{7, 11}, 1, 5}, 0, dense);
      for (std::uint64_t i = 0; i < dense.size(); ++i) want[i / cols * ld + i % cols] = dense[i];
      bool intact = true;
      const bool equal = q.read<std::int8_t>(intact) == want;
      report.compare("philox " + std::to_string(rows) + " x " + std::to_string(cols),
                     equal && intact);
    }
  }
}

void check_requantize(const Device& device, Report& report, bool small) {
  Dice dice(2);
  for (int round = 0; round < (small ? 8 : 100); ++round) {
    const std::uint64_t rows = 1 + dice.below(50), cols = 1 + dice.below(3000);
    std::vector<std::int32_t> acc(rows * cols);
    std::vector<float> sb(cols);
    std::vector<cpu::RowScale> in(rows), want_scale(rows);
    const bool tiny_sums = dice.below(4) == 0;
    for (std::int32_t& sum : acc) {
      sum = tiny_sums ? static_cast<std::int32_t>(dice.below(3)) - 1
                      : static_cast<std::int32_t>(dice.word());
    }
    for (float& scale : sb) {
      scale = std::bit_cast<float>(static_cast<std::uint32_t>(87 + dice.below(80)) << 23 |
                                   dice.word() >> 9);
    }
    for (cpu::RowScale& scale : in) {
      if (dice.below(8) != 0) scale = {0x3F800000 | dice.word() >> 9, 3};
    }
    Values want(rows * cols);
    for (std::uint64_t row = 0; row < rows; ++row) {
      want_scale[row] = cpu::requantize_row({acc.data() + row * cols, cols}, sb, in[row],
                                            want.data() + row * cols);
    }
    const Buffer on_acc = input(device, acc), on_sb = input(device, sb), on_in = input(device, in);
    const Output q(device, rows * cols), scale(device, rows * 8);
    const RequantizeArgs args{on_acc.at(), on_sb.at(), on_in.at(), scale.at(), q.at(),
                              rows,        cols,       cols,       cols};
    require(device.call(&ModuleTable::requantize, &args), "requantize");
    bool intact = true;
    const bool equal =
        q.read<std::int8_t>(intact) == want && scale.read<cpu::RowScale>(intact) == want_scale;
    report.compare("requantize " + std::to_string(rows) + " x " + std::to_string(cols),
                   equal && intact);
  }
}

std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
  std::vector<std::uint32_t> out;
  for (const float value : values) out.push_back(std::bit_cast<std::uint32_t>(value));
  return out;
}

// Bit patterns of every kind: denormals, infinities and NaN too.
std::vector<float> random_floats(Dice& dice, std::size_t count, bool finite) {
  std::vector<float> out(count);
  for (float& value : out) {
    std::uint32_t bits = dice.word();
    if (dice.below(16) == 0) bits &= 0x807FFFFF;
    if (finite) bits = (bits & 0x807FFFFF) | static_cast<std::uint32_t>(110 + dice.below(30)) << 23;
    value = std::bit_cast<float>(bits);
  }
  return out;
}

void check_elementwise(const Device& device, Report& report, bool small) {
  Dice dice(4);
  const std::size_t values = small ? 5003 : 1000003;
  const std::vector<float> x = random_floats(dice, values, false);
  const std::vector<float> y = random_floats(dice, values, false);
  const std::vector<float> z = random_floats(dice, values, false);
  const Buffer on_x = input(device, x), on_y = input(device, y), on_z = input(device, z);
  for (const ElementwiseOp op :
       {kAdd, kSubtract, kMultiply, kDivide, kSquareRoot, kFusedMultiplyAdd}) {
    const Output out(device, values * 4);
    const ElementwiseArgs args{op,        on_x.at(), on_y.at(),
                               on_z.at(), out.at(),  std::uint64_t{values}};
    require(device.call(&ModuleTable::elementwise, &args), "elementwise");
    std::vector<std::uint32_t> want(values);
    for (std::size_t i = 0; i < values; ++i) {
      want[i] = std::bit_cast<std::uint32_t>(elementwise_value(op, x[i], y[i], z[i]));
    }
    bool intact = true;
    const bool equal = out.read<std::uint32_t>(intact) == want;
    report.compare("elementwise op " + std::to_string(op), equal && intact);
  }
}

// The order of compute.md "R128", written out.
float r128_defined(std::vector<float> x, bool squares) {
  for (;;) {
    std::vector<float> sums;
    for (std::size_t begin = 0; begin == 0 || begin < x.size(); begin += 65536) {
      float lanes[128] = {};
      for (std::size_t i = begin; i < std::min(x.size(), begin + 65536); ++i) {
        float& lane = lanes[(i - begin) % 128];
        lane = squares ? compute::rx1::fma(x[i], x[i], lane) : compute::rx1::add(lane, x[i]);
      }
      for (std::size_t stride = 64; stride > 0; stride /= 2) {
        for (std::size_t l = 0; l < stride; ++l) lanes[l] += lanes[l + stride];
      }
      sums.push_back(lanes[0]);
    }
    if (sums.size() == 1) return compute::rx1::canonical(sums[0]);
    x = std::move(sums);
    squares = false;
  }
}

void check_r128(const Device& device, Report& report) {
  Dice dice(5);
  for (const std::size_t count : {1UL, 127UL, 128UL, 129UL, 65535UL, 65536UL, 65537UL, 1000003UL}) {
    const std::vector<float> x = random_floats(dice, count, true);
    const Buffer on_x = input(device, x);
    for (const bool squares : {false, true}) {
      const Output out(device, 4);
      require(device.call(&ModuleTable::r128, on_x.at(), std::uint64_t{count},
                          std::uint32_t{squares}, out.at()),
              "r128");
      bool intact = true;
      const bool equal = bits_of(out.read<float>(intact)) == bits_of({r128_defined(x, squares)});
      report.compare("r128 " + std::to_string(count) + (squares ? " squares" : ""),
                     equal && intact);
    }
  }
}

}  // namespace

void check_ops(const Device& device, Report& report, bool small) {
  check_philox(device, report);
  check_igemm8(device, report, small);
  check_requantize(device, report, small);
  check_elementwise(device, report, small);
  check_r128(device, report);
}

}  // namespace assay::gpu
