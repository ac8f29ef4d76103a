#include "tests/bench/op_cases.h"

#include <bit>
#include <cstring>
#include <memory>
#include <vector>

#include "core/compute/rx1/attention.h"
#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/limb_gemm.h"
#include "core/compute/rx1/quantize.h"
#include "core/compute/rx1/rope.h"

namespace assay::bench {
namespace {

using compute::Engine;
namespace rx1 = compute::rx1;

template <class T>
using Values = std::vector<T>;

std::size_t size(SeededRandom& random, std::size_t most) {
  return 1 + random.below(most);
}

std::string dims(std::size_t a, std::size_t b) {
  return " " + std::to_string(a) + "x" + std::to_string(b);
}

// `count` elements of poison between two guards.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::size_t count) : all_(count + 2 * kMargin) {
    std::memset(all_.data(), kPoison, all_.size() * sizeof(T));
  }
  explicit Guarded(const Values<T>& start) : Guarded(start.size()) {
    std::copy(start.begin(), start.end(), span().begin());
  }

  std::span<T> span() { return std::span(all_).subspan(kMargin, all_.size() - 2 * kMargin); }

  // Adds the elements' bytes to `out`; false when a guard was written.
  bool append_to(Bytes& out) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(all_.data());
    const std::size_t margin = kMargin * sizeof(T);
    const std::size_t end = all_.size() * sizeof(T) - margin;
    for (std::size_t i = 0; i < margin; ++i) {
      if (bytes[i] != kPoison || bytes[end + i] != kPoison) return false;
    }
    out.insert(out.end(), bytes + margin, bytes + end);
    return true;
  }

 private:
  static constexpr int kPoison = 0xA5;
  static constexpr std::size_t kMargin = 37;
  std::vector<T> all_;
};

template <class... T>
Bytes collect(Guarded<T>&... results) {
  Bytes out;
  const bool intact = (results.append_to(out) && ...);
  return intact ? out : Bytes{};
}

float any_bits(SeededRandom& random) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(random.u64()));
}

float usual(SeededRandom& random) {
  return static_cast<float>(static_cast<std::int64_t>(random.below(1 << 24)) - (1 << 23)) *
         0x1p-21F;
}

// A row of one character: usual numbers, zeros, ties of a quantiser, extremes, any exponent, or
// (one of 16) any bits at all.
void fill_row(SeededRandom& random, std::span<float> row) {
  const std::uint64_t kind = random.below(16);
  for (float& x : row) {
    const std::uint64_t pick = random.below(4);
    if (kind < 9) {
      x = usual(random);
    } else if (kind == 9) {
      x = pick < 2 ? 0.0F : -0.0F;
    } else if (kind == 10) {
      x = static_cast<float>(random.below(255)) - 127.0F + 0.5F;
    } else if (kind == 11) {
      x = pick == 0 ? 0x1.fffffep127F : pick == 1 ? -0x1p126F : usual(random);
    } else if (kind == 12) {
      x = std::bit_cast<float>(static_cast<std::uint32_t>(random.below(1 << 23)));  // denormal
    } else if (kind == 13) {
      x = pick == 0 ? 0x1p-99F : pick == 1 ? -0x1p-101F : 0.0F;
    } else if (kind == 14) {
      x = usual(random) * (pick == 0 ? 0x1p60F : 0x1p-60F);
    } else {
      x = any_bits(random);
    }
  }
}

Values<float> rows_of(SeededRandom& random, std::size_t rows, std::size_t width) {
  Values<float> out(rows * width);
  for (std::size_t row = 0; row < rows; ++row) {
    fill_row(random, std::span(out).subspan(row * width, width));
  }
  return out;
}

// Scales as a quantiser makes them: not negative, now and then 0, seldom the NaN.
Values<float> scales(SeededRandom& random, std::size_t count) {
  Values<float> out(count);
  const bool broken = random.below(16) == 0;
  for (float& scale : out) {
    const std::uint64_t kind = random.below(16);
    scale = kind == 0 ? 0.0F : static_cast<float>(1 + random.below(1 << 20)) * 0x1p-24F;
    if (kind == 1) scale *= random.below(2) == 0 ? 0x1p30F : 0x1p-30F;
    if (broken && kind == 2) scale = std::bit_cast<float>(0x7FC00000U);
  }
  return out;
}

// In [-limit, limit]; now and then extremes only.
template <class T>
Values<T> integers(SeededRandom& random, std::size_t count, std::int32_t limit) {
  Values<T> out(count);
  const bool extremes = random.below(6) == 0;
  for (T& q : out) {
    const auto value =
        static_cast<std::int64_t>(random.below(2 * static_cast<std::uint64_t>(limit) + 1)) - limit;
    const std::int32_t end = value % 2 == 0 ? limit : -limit;
    q = static_cast<T>(extremes ? end : value);
  }
  return out;
}

template <class T>
OpCase quantize_case(SeededRandom& random, const char* name) {
  const std::size_t rows = size(random, 4), width = size(random, 300);
  return {name + dims(rows, width),
          [x = rows_of(random, rows, width), rows, width](const Engine& engine) {
            Guarded<T> q(x.size());
            Guarded<float> scale(rows);
            rx1::quantize_rows(engine, x, width, q.span(), scale.span());
            return collect(q, scale);
          }};
}

OpCase quantize_s8(SeededRandom& random) {
  return quantize_case<std::int8_t>(random, "quantize_rows to s8");
}

OpCase quantize_s16(SeededRandom& random) {
  return quantize_case<std::int16_t>(random, "quantize_rows to s16");
}

OpCase split(SeededRandom& random) {
  const std::size_t count = size(random, 500);
  return {"split_rows " + std::to_string(count),
          [q = integers<std::int16_t>(random, count, 16319)](const Engine& engine) {
            Guarded<std::int8_t> high(q.size()), low(q.size());
            rx1::split_rows(engine, q, high.span(), low.span());
            return collect(high, low);
          }};
}

Values<float> bias_or_none(SeededRandom& random, std::size_t count) {
  return random.below(2) == 0 ? Values<float>{} : rows_of(random, 1, count);
}

OpCase dequantize(SeededRandom& random) {
  const std::size_t m = size(random, 4), n = size(random, 200);
  return {"dequantize_rows" + dims(m, n),
          [acc = integers<std::int32_t>(random, m * n, 1 << 30), sa = scales(random, m),
           sb = scales(random, n), bias = bias_or_none(random, n)](const Engine& engine) {
            Guarded<float> y(acc.size());
            rx1::dequantize_rows(engine, acc, sa, sb, bias, y.span());
            return collect(y);
          }};
}

template <class A, class B>
OpCase gemm_case(SeededRandom& random, const char* name, std::int32_t a_limit, std::int32_t b_limit,
                 void (*gemm)(const Engine&, const rx1::QuantizedRows<A>&,
                              const rx1::QuantizedRows<B>&, std::span<const float>,
                              std::span<float>)) {
  const std::size_t m = size(random, 20), n = size(random, 150), k = size(random, 160);
  return {name + dims(m, n) + "x" + std::to_string(k),
          [a = integers<A>(random, m * k, a_limit), b = integers<B>(random, n * k, b_limit),
           sa = scales(random, m), sb = scales(random, n), bias = bias_or_none(random, n),
           gemm](const Engine& engine) {
            Guarded<float> y(sa.size() * sb.size());
            gemm(engine, {a, sa}, {b, sb}, bias, y.span());
            return collect(y);
          }};
}

OpCase gemm_a8w8(SeededRandom& random) {
  return gemm_case<std::int8_t, std::int8_t>(random, "gemm_a8w8", 127, 127, rx1::gemm_a8w8);
}

OpCase gemm_a16w8(SeededRandom& random) {
  return gemm_case<std::int16_t, std::int8_t>(random, "gemm_a16w8", 16319, 127, rx1::gemm_a16w8);
}

OpCase gemm_a16w16(SeededRandom& random) {
  return gemm_case<std::int16_t, std::int16_t>(random, "gemm_a16w16", 16319, 16319,
                                               rx1::gemm_a16w16);
}

OpCase rms_norm(SeededRandom& random) {
  const std::size_t rows = size(random, 4), width = size(random, 700);
  return {"rms_norm" + dims(rows, width),
          [x = rows_of(random, rows, width), gain = rows_of(random, 1, width),
           in_place = random.below(2) == 0](const Engine& engine) {
            Guarded<float> y(x);
            rx1::rms_norm(engine, in_place ? std::span<const float>(y.span()) : x, gain, 0x1p-17F,
                          y.span());
            return collect(y);
          }};
}

// Few elements, or so many that several threads share them.
std::size_t element_count(SeededRandom& random) {
  return random.below(16) == 0 ? 40'000 + size(random, 100) : size(random, 400);
}

template <auto kOp>
OpCase two_inputs(SeededRandom& random, const char* name) {
  const std::size_t count = element_count(random);
  return {name + (" " + std::to_string(count)),
          [a = rows_of(random, 1, count), b = rows_of(random, 1, count),
           in_place = random.below(2) == 0](const Engine& engine) {
            Guarded<float> y(a);
            kOp(engine, in_place ? std::span<const float>(y.span()) : a, b, y.span());
            return collect(y);
          }};
}

OpCase swiglu(SeededRandom& random) {
  return two_inputs<rx1::swiglu>(random, "swiglu");
}

OpCase add_residual(SeededRandom& random) {
  return two_inputs<rx1::add_residual>(random, "add_residual");
}

OpCase embed(SeededRandom& random) {
  const std::size_t vocabulary = size(random, 20), width = size(random, 200);
  Values<std::uint32_t> tokens(size(random, 9));
  for (std::uint32_t& token : tokens) token = static_cast<std::uint32_t>(random.below(vocabulary));
  return {"embed" + dims(tokens.size(), width),
          [tokens, width, q = integers<std::int8_t>(random, vocabulary * width, 127),
           scale = scales(random, vocabulary)](const Engine& engine) {
            Guarded<float> y(tokens.size() * width);
            rx1::embed(engine, q, scale, tokens, y.span());
            return collect(y);
          }};
}

OpCase rope_table(SeededRandom& random) {
  const std::size_t rows = size(random, 5);
  Values<double> frequency(size(random, 70));
  rx1::rope_frequencies(1.0 + static_cast<double>(random.below(2'000'000)), frequency);
  return {"rope_table" + dims(rows, frequency.size()),
          [frequency, rows, first = random.below(1 << 20)](const Engine& engine) {
            Guarded<float> cosine(rows * frequency.size()), sine(rows * frequency.size());
            rx1::rope_table(engine, frequency, first, cosine.span(), sine.span());
            return collect(cosine, sine);
          }};
}

OpCase rotate(SeededRandom& random) {
  const std::size_t rows = size(random, 4), heads = size(random, 4), half = random.below(70);
  const std::size_t head_size = 2 * half + 1 + random.below(9);
  return {"rotate" + dims(rows, heads) + "x" + std::to_string(head_size),
          [x = rows_of(random, rows * heads, head_size), cosine = rows_of(random, rows, half),
           sine = rows_of(random, rows, half), heads, head_size](const Engine& engine) {
            Guarded<float> turned(x);
            rx1::rotate(engine, turned.span(), heads, head_size, cosine, sine);
            return collect(turned);
          }};
}

OpCase attention(SeededRandom& random) {
  const std::size_t rows = size(random, 3), kv_heads = size(random, 2);
  const std::size_t heads = kv_heads * size(random, 2), head_size = size(random, 140);
  const std::size_t most = random.below(4) == 0 ? 1'200 : 60;
  const std::size_t positions = rows + random.below(most);
  const std::uint64_t first = random.below(positions - rows + 1);
  // Scores of some tens, so that a softmax neither picks one position nor averages them all.
  const rx1::AttentionShape shape{heads, kv_heads, head_size, 0x1p-14F};
  return {"attention" + dims(rows, heads) + "x" + std::to_string(head_size) + " of " +
              std::to_string(positions) + " positions",
          [shape, first, q = integers<std::int16_t>(random, rows * heads * head_size, 16319),
           q_scale = scales(random, rows * heads),
           k = integers<std::int16_t>(random, positions * kv_heads * head_size, 16319),
           k_scale = scales(random, positions * kv_heads),
           v = integers<std::int8_t>(random, positions * kv_heads * head_size, 127),
           v_scale = scales(random, positions * kv_heads)](const Engine& engine) {
            Guarded<float> out(q.size());
            rx1::attention(engine, shape, first, q, q_scale, {k, k_scale, v, v_scale}, out.span());
            return collect(out);
          }};
}

constexpr Op kOps[] = {
    {"quantize_rows s8", quantize_s8},
    {"quantize_rows s16", quantize_s16},
    {"split_rows", split},
    {"dequantize_rows", dequantize},
    {"gemm_a8w8", gemm_a8w8},
    {"gemm_a16w8", gemm_a16w8},
    {"gemm_a16w16", gemm_a16w16},
    {"rms_norm", rms_norm},
    {"swiglu", swiglu},
    {"add_residual", add_residual},
    {"embed", embed},
    {"rope_table", rope_table},
    {"rotate", rotate},
    {"attention", attention},
};

}  // namespace

std::span<const Op> ops() {
  return kOps;
}

}  // namespace assay::bench
