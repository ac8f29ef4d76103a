#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

#include "core/base/file.h"
#include "core/compute/rx1/elementwise.h"
#include "tests/bench/bench.h"
#include "tests/bench/elementary_hash.h"
#include "tests/bench/jobs.h"

namespace assay::bench {
namespace {

using compute::CpuLevel;
namespace rx1 = compute::rx1;

constexpr std::size_t kBatch = std::size_t{1} << 16;
constexpr std::uint64_t kSample = std::uint64_t{1} << 18;
constexpr std::uint64_t kMany = std::uint64_t{1} << 24;
constexpr std::uint64_t kAll = std::uint64_t{1} << 32;

struct Function {
  std::string name;
  // The bits of kBatch outputs.
  std::function<void(std::span<const float> in, std::span<std::uint32_t> out, CpuLevel)> run;
  std::function<double(double)> exact{};  // by the C library, in f64
  double ulp_max = 0;
};

Function elementary_function(rx1::Elementary which, double ulp_max,
                             std::function<double(double)> exact) {
  const auto run = [which](std::span<const float> in, std::span<std::uint32_t> out,
                           CpuLevel level) {
    std::vector<float> results(in.size());
    rx1::apply(which, in, results, level);
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = std::bit_cast<std::uint32_t>(results[i]);
  };
  return {rx1::elementary_name(which), run, std::move(exact), ulp_max};
}

using Narrow = void (*)(std::span<const float>, std::span<std::uint16_t>, CpuLevel);
Function narrowing(const char* name, Narrow narrow) {
  const auto run = [narrow](std::span<const float> in, std::span<std::uint32_t> out,
                            CpuLevel level) {
    std::vector<std::uint16_t> results(in.size());
    narrow(in, results, level);
    std::copy(results.begin(), results.end(), out.begin());
  };
  return {name, run};
}

// The bounds are those that core/compute/rx1/elementary.h promises.
std::vector<Function> functions() {
  using rx1::Elementary;
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  return {
      elementary_function(Elementary::exp, 0.8, [](double x) { return std::exp(x); }),
      elementary_function(Elementary::sigmoid, 1.6, sigmoid),
      elementary_function(Elementary::silu, 1.6, [=](double x) { return x * sigmoid(x); }),
      elementary_function(Elementary::tanh, 1.4, [](double x) { return std::tanh(x); }),
      elementary_function(Elementary::log, 0.9, [](double x) { return std::log(x); }),
      elementary_function(Elementary::sin, 0.9, [](double x) { return std::sin(x); }),
      elementary_function(Elementary::cos, 0.9, [](double x) { return std::cos(x); }),
      narrowing("narrow_bf16", rx1::narrow_bf16),
      narrowing("narrow_f16", rx1::narrow_f16),
  };
}

struct Batch {
  std::vector<float> in = std::vector<float>(kBatch);
  std::vector<std::uint32_t> out = std::vector<std::uint32_t>(kBatch);

  void evaluate(const Function& function, std::uint64_t first, CpuLevel level) {
    for (std::uint32_t i = 0; i < kBatch; ++i) {
      in[i] = std::bit_cast<float>(elementary_input(static_cast<std::uint32_t>(first) + i));
    }
    function.run(in, out, level);
  }
};

std::string hex(std::uint64_t value) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return digits;
}

// The value of this key in vectors/rx1/<function>.txt.
Result<std::string> frozen(const std::string& function, const std::string& key) {
  const std::string path = ASSAY_VECTORS "/rx1/" + function + ".txt";
  const Result<Bytes> file = read_file(path, 4096);
  if (!file.ok()) return file.error();
  const std::string text = "\n" + std::string(as_text(file.value()));
  const std::size_t at = text.find("\n" + key + ": ");
  if (at == std::string::npos) return fail(Code::malformed, path + ": no '" + key + "'");
  const std::size_t begin = at + key.size() + 3;
  return text.substr(begin, text.find('\n', begin) - begin);
}

Result<Row> hash_of(const Options& options, const Function& function, CpuLevel level,
                    std::uint64_t count, const std::string& key) {
  Row row{.bench = "elementary",
          .name = function.name + ", " + cpu_level_name(level),
          .peer = "frozen hash",
          .unit = "inputs"};
  options.say("elementary: " + row.name);
  const Result<std::string> want = frozen(function.name, key);
  if (!want.ok()) return want.error();
  Batch batch;
  std::uint64_t sum = 0;
  for (std::uint64_t first = 0; first < count; first += kBatch) {
    batch.evaluate(function, first, level);
    sum += elementary_hash<std::uint32_t>(static_cast<std::uint32_t>(first), batch.out);
  }
  row.correct = hex(sum) == want.value();
  if (row.correct) {
    row.ours = row.theirs = static_cast<double>(count);
  } else {
    row.note = key + ": " + hex(sum) + ", not " + want.value();
  }
  return row;
}

// The distance in units of the last place of the exact value; infinite where only one of the two
// is a NaN or an infinity.
double ulp_error(float got, double exact) {
  if (std::isnan(exact) || std::isnan(got))
    return std::isnan(exact) && std::isnan(got) ? 0 : HUGE_VAL;
  const float nearest = static_cast<float>(exact);
  if (std::isinf(nearest) || std::isinf(got)) return nearest == got ? 0 : HUGE_VAL;
  int exponent = 0;
  std::frexp(exact, &exponent);
  return std::fabs(static_cast<double>(got) - exact) /
         std::ldexp(1.0, std::max(exponent - 24, -149));
}

Row error_of(const Options& options, const Function& function, std::uint64_t count) {
  Row row{.bench = "elementary",
          .name = function.name + ", largest error",
          .peer = "promised",
          .unit = "ulp"};
  options.say("elementary: " + row.name);
  Batch batch;
  double worst = 0;
  float worst_at = 0;
  for (std::uint64_t first = 0; first < count; first += kBatch) {
    batch.evaluate(function, first, compute::best_cpu_level());
    for (std::size_t i = 0; i < kBatch; ++i) {
      // -infinity * 0 in silu's formula; its limit is a test's business.
      if (batch.in[i] == -HUGE_VALF) continue;
      const double error = ulp_error(std::bit_cast<float>(batch.out[i]),
                                     function.exact(static_cast<double>(batch.in[i])));
      if (error > worst) {
        worst = error;
        worst_at = batch.in[i];
      }
    }
  }
  char note[80];
  std::snprintf(note, sizeof note, "of %llu inputs, at %a", static_cast<unsigned long long>(count),
                static_cast<double>(worst_at));
  row.note = note;
  row.correct = worst <= function.ulp_max;
  row.ours = worst;
  row.theirs = function.ulp_max;
  return row;
}

}  // namespace

Result<Rows> elementary(const Options& options) {
  Rows rows;
  for (const Function& function : functions()) {
    for (CpuLevel level : cpu_levels()) {
      const bool fast = level == CpuLevel::avx2 || level == CpuLevel::avx512;
      const Result<Row> row = options.quick
                                  ? hash_of(options, function, level, kSample, "first_2_18")
                              : fast ? hash_of(options, function, level, kAll, "all")
                                     : hash_of(options, function, level, kMany, "first_2_24");
      if (!row.ok()) return row.error();
      rows.push_back(row.value());
    }
    if (function.exact) {
      rows.push_back(error_of(options, function, options.quick ? kSample : kMany));
    }
  }
  return rows;
}

}  // namespace assay::bench
