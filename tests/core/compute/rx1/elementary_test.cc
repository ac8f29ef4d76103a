#include "core/compute/rx1/elementary.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/compute/rx1/elementwise.h"
#include "tests/bench/elementary_hash.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::compute;
using rx1::Elementary;

namespace {

constexpr std::uint32_t kInf = 0x7F800000;
constexpr std::uint32_t kMinus = 0x80000000;
constexpr std::uint32_t kNan = 0x7FC00000;
constexpr std::uint32_t kOne = 0x3F800000;

std::vector<float> sample(std::size_t count) {
  std::vector<float> in(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    in[i] = std::bit_cast<float>(bench::elementary_input(i));
  }
  return in;
}

// Around every power of two, both zeros, all denormals of one bit, the infinities, NaN, and where
// the functions change their road or leave the range.
std::vector<float> hard_cases() {
  std::vector<float> out;
  const auto around = [&](std::uint32_t bits) {
    for (std::uint32_t i = bits - 3; i != bits + 4; ++i) {
      out.push_back(std::bit_cast<float>(i));
      out.push_back(std::bit_cast<float>(i ^ kMinus));
    }
  };
  for (std::uint32_t exponent = 0; exponent < 256; ++exponent) around(exponent << 23);
  for (std::uint32_t bit = 0; bit < 23; ++bit) around(1U << bit);
  for (float x : {0.625F, 0.5F, 88.72284F, 87.33655F, 103.97208F, 108.7F, 120.0F, 9.0F, 10.0F,
                  0x1.921fb6p-1F, 0x1.921fb6p0F, 0x1.921fb6p1F, 0x1.6a09e6p-1F, 0x1.6a09e6p0F}) {
    around(std::bit_cast<std::uint32_t>(x));
  }
  around(kNan);
  around(0x7FFFFFFC);
  return out;
}

// The largest distance from the C library's f64 function, in units in the last place.
double largest_error(std::span<const float> in, std::span<const float> out,
                     double (*exact)(double)) {
  double worst = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double want = exact(static_cast<double>(in[i]));
    if (!std::isfinite(static_cast<float>(want)) || std::isnan(out[i])) continue;
    int exponent = 0;
    std::frexp(want, &exponent);
    const double ulp = std::ldexp(1.0, std::max(exponent - 24, -149));
    const double error = std::fabs(static_cast<double>(out[i]) - want) / ulp;
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace

TEST_CASE("what the elementary functions give where no formula helps") {
  const struct {
    Elementary function;
    std::uint32_t x, want;
  } cases[] = {
      {Elementary::exp, 0, kOne},
      {Elementary::exp, kMinus, kOne},
      {Elementary::exp, kInf, kInf},
      {Elementary::exp, kInf | kMinus, 0},
      {Elementary::exp, 0x42B17217, 0x7F7FFF84},  // 88.72283, the last below 2^128
      {Elementary::exp, 0x42B17218, kInf},
      {Elementary::exp, 0xC2CFF1B4, 1},  // -103.97207
      {Elementary::exp, 0xC2CFF1B5, 0},
      {Elementary::sigmoid, 0, 0x3F000000},
      {Elementary::sigmoid, kInf, kOne},
      {Elementary::sigmoid, kInf | kMinus, 0},
      {Elementary::sigmoid, 0xC2CFF1B4, 1},
      {Elementary::silu, 0, 0},
      {Elementary::silu, kMinus, kMinus},
      {Elementary::silu, kInf, kInf},
      {Elementary::silu, kInf | kMinus, kMinus},
      {Elementary::silu, 0xC3000000, kMinus},  // -128
      {Elementary::silu, 0x7F7FFFFF, 0x7F7FFFFF},
      {Elementary::tanh, 0, 0},
      {Elementary::tanh, kMinus, kMinus},
      {Elementary::tanh, 1, 1},
      {Elementary::tanh, kInf, kOne},
      {Elementary::tanh, kInf | kMinus, kOne | kMinus},
      {Elementary::log, 0, kInf | kMinus},
      {Elementary::log, kMinus, kInf | kMinus},
      {Elementary::log, kOne, 0},
      {Elementary::log, kInf, kInf},
      {Elementary::log, kOne | kMinus, kNan},
      {Elementary::log, 0x80000001, kNan},
      {Elementary::log, kInf | kMinus, kNan},
      {Elementary::sin, 0, 0},
      {Elementary::sin, kMinus, kMinus},
      {Elementary::sin, 0x80000001, 0x80000001},
      {Elementary::sin, kInf, kNan},
      {Elementary::sin, kInf | kMinus, kNan},
      {Elementary::cos, 0, kOne},
      {Elementary::cos, kMinus, kOne},
      {Elementary::cos, kInf, kNan},
      {Elementary::cos, kInf | kMinus, kNan},
  };
  for (const auto& it : cases) {
    CAPTURE(rx1::elementary_name(it.function), it.x);
    const float in[] = {std::bit_cast<float>(it.x)};
    float out[1];
    rx1::apply(it.function, in, out);
    CHECK(std::bit_cast<std::uint32_t>(out[0]) == it.want);
  }
  for (Elementary function : rx1::kElementary) {
    for (std::uint32_t nan : {0x7F800001U, 0x7FFFFFFFU, 0xFF800001U, 0xFFC00000U}) {
      CAPTURE(rx1::elementary_name(function), nan);
      const float in[] = {std::bit_cast<float>(nan)};
      float out[1];
      rx1::apply(function, in, out);
      CHECK(std::bit_cast<std::uint32_t>(out[0]) == kNan);
    }
  }
}

TEST_CASE("every level gives the definition's bits, at any length and in place") {
  std::vector<float> in = sample(std::size_t{1} << 16);
  const std::vector<float> hard = hard_cases();
  in.insert(in.end(), hard.begin(), hard.end());
  for (Elementary function : rx1::kElementary) {
    std::vector<float> want(in.size());
    rx1::apply(function, in, want);
    for (CpuLevel level : test::cpu_levels()) {
      CAPTURE(rx1::elementary_name(function), cpu_level_name(level));
      std::vector<float> got = in;
      rx1::apply(function, got, got, level);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < in.size(); ++i) wrong += rx1::bits(got[i]) != rx1::bits(want[i]);
      CHECK(wrong == 0);
      for (std::size_t length = 0; length < 70; ++length) {
        std::vector<float> out(length + 1, -7.0F);
        rx1::apply(function, std::span(in).subspan(1, length), std::span(out).first(length), level);
        wrong += out[length] != -7.0F;
        for (std::size_t i = 0; i < length; ++i) {
          wrong += rx1::bits(out[i]) != rx1::bits(want[i + 1]);
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("errors stay below what the header promises") {
  const struct {
    Elementary function;
    double ulp_max;
    double (*exact)(double);
  } cases[] = {
      {Elementary::exp, 0.8, [](double x) { return std::exp(x); }},
      {Elementary::sigmoid, 1.6, sigmoid},
      {Elementary::silu, 1.6, [](double x) { return x * sigmoid(x); }},
      {Elementary::tanh, 1.4, [](double x) { return std::tanh(x); }},
      {Elementary::log, 0.9, [](double x) { return std::log(x); }},
      {Elementary::sin, 0.9, [](double x) { return std::sin(x); }},
      {Elementary::cos, 0.9, [](double x) { return std::cos(x); }},
  };
  std::vector<float> in = sample(std::size_t{1} << 17);
  const std::vector<float> hard = hard_cases();
  in.insert(in.end(), hard.begin(), hard.end());
  std::vector<float> out(in.size());
  for (const auto& it : cases) {
    CAPTURE(rx1::elementary_name(it.function));
    rx1::apply(it.function, in, out, best_cpu_level());
    const double error = largest_error(in, out, it.exact);
    CHECK(error > 0.4);  // the measure itself works: rounding alone makes so much
    CHECK(error <= it.ulp_max);
  }
}

TEST_CASE("sines of angles just beside a multiple of pi/2 keep all their bits") {
  // The f32 that lie nearest to such a multiple, large and small.
  for (std::uint32_t bits : {0x7F7FFFFFU, 0x6F79BE45U, 0x5922AA80U, 0x4AE52A2CU, 0x40490FDBU,
                             0x3FC90FDBU, 0x4116CBE4U, 0x53B146A6U, 0x6115CB11U, 0x7B4001D7U}) {
    const float x[] = {std::bit_cast<float>(bits)};
    CAPTURE(x[0]);
    for (Elementary function : {Elementary::sin, Elementary::cos}) {
      float got[1];
      rx1::apply(function, x, got);
      CHECK(largest_error(
                x, got,
                function == Elementary::sin ? +[](double a) { return std::sin(a); }
                                            : +[](double a) { return std::cos(a); }) <= 1.0);
    }
  }
}

TEST_CASE("the first 2^18 outputs have the frozen hashes") {
  const auto vectors = test::load_vectors("rx1", {"first_2_18", "first_2_24", "all"},
                                          std::size(rx1::kElementary) + 2);
  const std::vector<float> in = sample(std::size_t{1} << 18);
  for (const test::Vector& vector : vectors) {
    CAPTURE(vector.name());
    const auto hash = [&](const auto& fill) {
      std::vector<std::uint32_t> bits(in.size());
      fill(bits);
      return bench::elementary_hash<std::uint32_t>(0, bits);
    };
    std::uint64_t got = 0;
    if (vector.name().starts_with("narrow_")) {
      std::vector<std::uint16_t> out(in.size());
      (vector.name() == "narrow_f16" ? rx1::narrow_f16 : rx1::narrow_bf16)(in, out,
                                                                           best_cpu_level());
      got = hash([&](auto& bits) { std::copy(out.begin(), out.end(), bits.begin()); });
    } else {
      std::vector<float> out(in.size());
      for (Elementary function : rx1::kElementary) {
        if (vector.name() != rx1::elementary_name(function)) continue;
        rx1::apply(function, in, out, best_cpu_level());
      }
      got = hash([&](auto& bits) {
        for (std::size_t i = 0; i < out.size(); ++i) bits[i] = rx1::bits(out[i]);
      });
    }
    Bytes bytes;
    put_u64_be(bytes, got);
    CHECK(to_hex(bytes) == vector.text("first_2_18"));
  }
}
