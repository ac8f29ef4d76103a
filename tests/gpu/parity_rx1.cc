// The operations of core/compute/rx1 against the definition, one call at a time.
#include "core/compute/cpu/igemm8.h"
#include "core/compute/cuda/limb_gemm.h"
#include "core/compute/rx1/elementwise.h"
#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/limb_gemm.h"
#include "core/compute/rx1/quantize.h"
#include "core/compute/rx1/rope.h"
#include "tests/gpu/attention_case.h"
#include "tests/gpu/buffers.h"

namespace assay::gpu {
namespace {

namespace rx1 = compute::rx1;
using compute::Engine;

std::string dims(std::uint64_t a, std::uint64_t b) {
  return " " + std::to_string(a) + " x " + std::to_string(b);
}

// Bits, so that NaN equals itself.
template <class T>
bool same(const Output& output, const std::vector<T>& want) {
  bool intact = true;
  const std::vector<T> got = output.read<T>(intact);
  return intact && got.size() == want.size() &&
         std::memcmp(got.data(), want.data(), got.size() * sizeof(T)) == 0;
}

void check_elementary(const Device& device, Report& report, const Engine& engine, bool small) {
  Dice dice(21);
  const std::size_t count = small ? 5003 : 4000003;
  std::vector<float> x(count), want(count);
  for (float& value : x) value = std::bit_cast<float>(dice.word());
  const std::vector<float> y = float_rows(dice, count / 100 + 1, 100);
  const Buffer on_x = input(device, x), on_y = input(device, y);
  const auto check = [&](ElementwiseOp op, DevicePtr second, const std::string& what) {
    const Output out(device, count * 4);
    const ElementwiseArgs args{op, on_x.at(), second, 0, out.at(), std::uint64_t{count}};
    require(device.call(&ModuleTable::elementwise, &args), "elementwise");
    report.compare("elementary " + what, same(out, want));
  };
  const ElementwiseOp ops[] = {kExp, kSigmoid, kSilu, kTanh, kLog, kSin, kCos};
  for (std::size_t i = 0; i < std::size(ops); ++i) {
    rx1::apply(rx1::kElementary[i], x, want, engine.level());
    check(ops[i], 0, rx1::elementary_name(rx1::kElementary[i]));
  }
  const std::span<const float> second = std::span(y).first(count);
  rx1::swiglu(engine, x, second, want);
  check(kSwiglu, on_y.at(), "swiglu");
  rx1::add_residual(engine, x, second, want);
  check(kAdd, on_y.at(), "add_residual");
}

template <class Q>
void check_quantize(const Device& device, Report& report, const Engine& engine, Dice& dice) {
  const std::uint64_t rows = 1 + dice.below(30), cols = 1 + dice.below(2000);
  const std::vector<float> x = float_rows(dice, rows, cols);
  std::vector<Q> want(x.size());
  std::vector<float> want_scale(rows);
  rx1::quantize_rows(engine, x, cols, want, want_scale);
  const Buffer on_x = input(device, x);
  const Output q(device, want.size() * sizeof(Q)), scale(device, rows * 4);
  const QuantizeArgs args{on_x.at(), q.at(), scale.at(), rows, cols, sizeof(Q)};
  require(device.call(&ModuleTable::quantize, &args), "quantize");
  report.compare("quantize" + dims(rows, cols) + ", limbs " + std::to_string(sizeof(Q)),
                 same(q, want) && same(scale, want_scale));
}

void check_split(const Device& device, Report& report, const Engine& engine, Dice& dice) {
  const std::uint64_t rows = 1 + dice.below(30), cols = 1 + dice.below(700);
  const std::uint64_t ld = (cols + 15) / 16 * 16;
  const auto q = integers<std::int16_t>(dice, rows * cols, 16319);
  Values high(q.size()), low(q.size()), want_high(rows * ld), want_low(rows * ld);
  rx1::split_rows(engine, q, high, low);
  for (std::uint64_t i = 0; i < q.size(); ++i) {
    want_high[i / cols * ld + i % cols] = high[i];
    want_low[i / cols * ld + i % cols] = low[i];
  }
  const Buffer on_q = input(device, q);
  const Output on_high(device, rows * ld), on_low(device, rows * ld);
  const SplitArgs args{on_q.at(), on_high.at(), on_low.at(), rows, cols, ld};
  require(device.call(&ModuleTable::split_rows, &args), "split_rows");
  report.compare("split_rows" + dims(rows, cols),
                 same(on_high, want_high) && same(on_low, want_low));
}

template <class A, class B>
struct Product {
  std::uint64_t m, n, k;
  std::vector<A> a;
  std::vector<B> b;
  std::vector<float> sa, sb, bias;
};

template <class A, class B>
using Gemm = void (*)(const Engine&, const rx1::QuantizedRows<A>&, const rx1::QuantizedRows<B>&,
                      std::span<const float>, std::span<float>);

template <class A, class B>
void check_gemm(const Device& device, Report& report, const Engine& engine, const Product<A, B>& p,
                Gemm<A, B> gemm) {
  std::vector<float> want(p.m * p.n);
  gemm(engine, {p.a, p.sa}, {p.b, p.sb}, p.bias, want);
  const Buffer on_a = input(device, p.a), on_b = input(device, p.b);
  const Buffer on_sa = input(device, p.sa), on_sb = input(device, p.sb);
  const Buffer on_bias = input(device, p.bias);
  const Output y(device, want.size() * 4);
  const LimbRows a =
      require(LimbRows::pack(device, {on_a.at(), on_sa.at(), p.m, p.k, sizeof(A)}), "limbs of A");
  const LimbRows b =
      require(LimbRows::pack(device, {on_b.at(), on_sb.at(), p.n, p.k, sizeof(B)}), "limbs of B");
  LimbGemm product(device);
  require(product.multiply(a, b, p.bias.empty() ? 0 : on_bias.at(), y.at()), "limb gemm");
  report.compare("gemm of " + std::to_string(sizeof(A)) + " by " + std::to_string(sizeof(B)) +
                     " limbs" + dims(p.m, p.n) + " x " + std::to_string(p.k),
                 same(y, want));
}

template <class A, class B>
Product<A, B> random_product(Dice& dice, std::uint64_t m, std::uint64_t n, std::uint64_t k) {
  const auto limit = [](std::size_t bytes) { return bytes == 1 ? 127 : 16319; };
  return {m,
          n,
          k,
          integers<A>(dice, m * k, limit(sizeof(A))),
          integers<B>(dice, n * k, limit(sizeof(B))),
          scale_values(dice, m),
          scale_values(dice, n),
          dice.below(2) == 0 ? std::vector<float>() : float_rows(dice, 1, n)};
}

void check_gemms(const Device& device, Report& report, const Engine& engine, Dice& dice,
                 std::uint64_t m, std::uint64_t n, std::uint64_t k) {
  using S8 = std::int8_t;
  using S16 = std::int16_t;
  check_gemm(device, report, engine, random_product<S8, S8>(dice, m, n, k), rx1::gemm_a8w8);
  check_gemm(device, report, engine, random_product<S16, S8>(dice, m, n, k), rx1::gemm_a16w8);
  check_gemm(device, report, engine, random_product<S16, S16>(dice, m, n, k), rx1::gemm_a16w16);
}

void check_rms_norm(const Device& device, Report& report, const Engine& engine, Dice& dice,
                    std::uint64_t rows, std::uint64_t cols) {
  constexpr float kEpsilon = 0x1p-17F;
  const std::vector<float> x = float_rows(dice, rows, cols), gain = float_rows(dice, 1, cols);
  std::vector<float> want(x.size());
  rx1::rms_norm(engine, x, gain, kEpsilon, want);
  const Buffer on_x = input(device, x), on_gain = input(device, gain);
  const Output y(device, x.size() * 4);
  const RmsNormArgs args{on_x.at(), on_gain.at(), y.at(), kEpsilon, rows, cols};
  require(device.call(&ModuleTable::rms_norm, &args), "rms_norm");
  report.compare("rms_norm" + dims(rows, cols), same(y, want));
}

void check_embed(const Device& device, Report& report, const Engine& engine, Dice& dice) {
  const std::uint64_t vocabulary = 1 + dice.below(50), cols = 1 + dice.below(600);
  const auto q = integers<std::int8_t>(dice, vocabulary * cols, 127);
  const std::vector<float> scale = scale_values(dice, vocabulary);
  std::vector<std::uint32_t> tokens(1 + dice.below(40));
  for (std::uint32_t& token : tokens) token = static_cast<std::uint32_t>(dice.below(vocabulary));
  std::vector<float> want(tokens.size() * cols);
  rx1::embed(engine, q, scale, tokens, want);
  const Buffer on_q = input(device, q), on_scale = input(device, scale);
  const Buffer on_tokens = input(device, tokens);
  const Output y(device, want.size() * 4);
  const EmbedArgs args{on_q.at(),     on_scale.at(), on_tokens.at(), y.at(), vocabulary,
                       tokens.size(), cols};
  require(device.call(&ModuleTable::embed, &args), "embed");
  report.compare("embed" + dims(tokens.size(), cols), same(y, want));
}

void check_rotate(const Device& device, Report& report, const Engine& engine, Dice& dice) {
  const std::uint64_t rows = 1 + dice.below(20), heads = 1 + dice.below(9);
  const std::uint64_t half = 1 + dice.below(100), head_size = 2 * half + dice.below(9);
  const std::vector<float> x = float_rows(dice, rows * heads, head_size);
  const std::vector<float> cosine = float_rows(dice, rows, half);
  const std::vector<float> sine = float_rows(dice, rows, half);
  std::vector<float> want = x;
  rx1::rotate(engine, want, heads, head_size, cosine, sine);
  const Buffer on_cosine = input(device, cosine), on_sine = input(device, sine);
  const Output turned(device, x.size() * 4);
  require(device.call(&ModuleTable::upload, turned.at(), x.data(), std::uint64_t{x.size() * 4}),
          "heads");
  const RotateArgs args{turned.at(), on_cosine.at(), on_sine.at(), rows, heads, head_size, half};
  require(device.call(&ModuleTable::rotate, &args), "rotate");
  report.compare("rotate" + dims(rows, heads) + " x " + std::to_string(head_size),
                 same(turned, want));
}

void check_attention(const Device& device, Report& report, const Engine& engine,
                     const AttentionCase& c) {
  const Buffer q = input(device, c.q), q_scale = input(device, c.q_scale);
  const Buffer k = input(device, c.k), k_scale = input(device, c.k_scale);
  const Buffer v = input(device, c.v), v_scale = input(device, c.v_scale);
  const Output out(device, c.q.size() * 4);
  const AttentionArgs args =
      c.args(q.at(), q_scale.at(), k.at(), k_scale.at(), v.at(), v_scale.at(), out.at());
  require(device.call(&ModuleTable::attention, &args), "attention");
  report.compare(c.what(), same(out, c.want(engine)));
}

}  // namespace

void check_rx1(const Device& device, Report& report, bool small) {
  const Engine engine(compute::best_cpu_level(), 8);
  check_elementary(device, report, engine, small);
  Dice dice(22);
  for (int round = 0; round < (small ? 4 : 100); ++round) {
    check_quantize<std::int8_t>(device, report, engine, dice);
    check_quantize<std::int16_t>(device, report, engine, dice);
    check_split(device, report, engine, dice);
    check_embed(device, report, engine, dice);
    check_rotate(device, report, engine, dice);
    check_rms_norm(device, report, engine, dice, 1 + dice.below(20), 1 + dice.below(1500));
    check_gemms(device, report, engine, dice, 1 + dice.below(90), 1 + dice.below(150),
                1 + dice.below(300));
    check_attention(device, report, engine, random_attention_case(dice));
  }
  check_rms_norm(device, report, engine, dice, 2, 65537);
  if (small) return;
  check_rms_norm(device, report, engine, dice, 3, 1000003);
  check_gemms(device, report, engine, dice, 16, 48, compute::cpu::kDotMax);
  check_gemms(device, report, engine, dice, 512, 768, 1024);
  check_attention(device, report, engine, attention_case(dice, 300, 2500, 4, 2, 128));
  check_attention(device, report, engine, attention_case(dice, 1, 9000, 8, 2, 128));
  check_attention(device, report, engine, attention_case(dice, 40, 600, 1, 3, 512));
}

}  // namespace assay::gpu
