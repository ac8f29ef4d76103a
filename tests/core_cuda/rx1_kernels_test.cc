// The kernels of RX-1's operations, run on the host with the threads of a block in several orders,
// against the definitions. Every array lies before a page that may not be touched, and outputs are
// poisoned.
#include <memory>

#include "core/compute/cuda/attention_block.h"
#include "core/compute/cuda/cells.h"
#include "core/compute/cuda/elementwise_device.h"
#include "core/compute/cuda/row_blocks.h"
#include "core/compute/rx1/elementwise.h"
#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/limb_gemm.h"
#include "core/compute/rx1/quantize.h"
#include "core/compute/rx1/rope.h"
#include "tests/core_cuda/fenced.h"
#include "tests/gpu/attention_case.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::cuda;
using gpu::Dice;
using test::Fenced;

namespace {

// Orders of the threads: first to last, last to first, and mixed.
constexpr unsigned kOrders[] = {1, 255, 37};

const Engine& scalar() {
  static const Engine engine(CpuLevel::scalar, 1);
  return engine;
}

template <class Shared>
std::unique_ptr<Shared> poisoned() {
  auto shared = std::make_unique<Shared>();
  std::memset(static_cast<void*>(shared.get()), 0xA5, sizeof(Shared));
  return shared;
}

template <class Q>
void check_quantize(Dice& dice, std::uint64_t width, float limit) {
  INFO("width " << width << ", limit " << limit);
  const std::vector<float> x = gpu::float_rows(dice, 1, width);
  std::vector<Q> want(width);
  std::vector<float> want_scale(1);
  rx1::quantize_rows(scalar(), x, width, want, want_scale);
  const Fenced<float> in(x);
  for (const unsigned order : kOrders) {
    const Fenced<Q> q(width);
    const Fenced<float> scale(1);
    quantize_row(HostBlock<kQuantizeThreads>{order}, in.data(), width, limit, q.data(),
                 scale.data(), *poisoned<QuantizeShared>());
    REQUIRE(q.holds(want));
    REQUIRE(scale.holds(want_scale));
  }
}

void check_rms_norm(Dice& dice, std::uint64_t width) {
  INFO("width " << width);
  constexpr float kEpsilon = 0x1p-17F;
  const std::vector<float> x = gpu::float_rows(dice, 1, width);
  const std::vector<float> gain = gpu::float_rows(dice, 1, width);
  std::vector<float> want(width);
  rx1::rms_norm(scalar(), x, gain, kEpsilon, want);
  const Fenced<float> on_gain(gain);
  for (const unsigned order : kOrders) {
    const HostBlock<kSegmentLanes> block{order};
    const Fenced<float> in(x), out(width);
    const auto shared = poisoned<RmsNormShared>();
    rms_norm_row(block, in.data(), on_gain.data(), kEpsilon, width, out.data(), *shared);
    REQUIRE(out.holds(want));
    rms_norm_row(block, in.data(), on_gain.data(), kEpsilon, width, in.data(), *shared);
    REQUIRE(in.holds(want));
  }
}

void check_attention(const gpu::AttentionCase& c, unsigned order) {
  INFO(c.what());
  const Fenced<std::int16_t> q(c.q), k(c.k);
  const Fenced<std::int8_t> v(c.v);
  const Fenced<float> q_scale(c.q_scale), k_scale(c.k_scale), v_scale(c.v_scale);
  const Fenced<float> out(c.q.size());
  const AttentionArgs args =
      c.args(q.at(), q_scale.at(), k.at(), k_scale.at(), v.at(), v_scale.at(), out.at());
  const auto shared = poisoned<AttentionShared>();
  for (std::uint64_t block = 0; block < attention_blocks(args); ++block) {
    attend(HostBlock<kAttentionThreads>{order}, args, block, *shared);
  }
  REQUIRE(out.holds(c.want(scalar())));
}

// Runs the cells as the grid does.
template <class Cells>
void make_all(const Cells& cells) {
  const CellGrid grid = cell_grid(cells.rows(), cells.cols());
  for (unsigned y = 0; y < grid.y; ++y) {
    for (unsigned x = 0; x < grid.x; ++x) {
      for (unsigned thread = 0; thread < kCellThreads; ++thread) {
        make_cells(cells, cell_thread(x, y, thread, grid.x, grid.y));
      }
    }
  }
}

struct CountedCells {
  std::uint64_t height, width;
  std::uint8_t* visits;
  std::uint64_t rows() const { return height; }
  std::uint64_t cols() const { return width; }
  void make(std::uint64_t row, std::uint64_t col) const { ++visits[row * width + col]; }
};

}  // namespace

TEST_CASE("the kernels' constants are the definition's") {
  CHECK(kPositions == rx1::kAttentionBlock);
  CHECK(kHeadMax == rx1::kHeadSizeMax);
}

TEST_CASE("a row is quantised as the definition does, whatever the order of the threads") {
  Dice dice(11);
  for (const std::uint64_t width : {1UL, 15UL, 16UL, 17UL, 255UL, 256UL, 257UL, 1000UL}) {
    for (int round = 0; round < 20; ++round) {
      check_quantize<std::int8_t>(dice, width, rx1::kS8Limit);
      check_quantize<std::int16_t>(dice, width, rx1::kS16Limit);
    }
  }
}

TEST_CASE("a row is normalised as the definition does, in one segment of R128 and in several") {
  Dice dice(12);
  for (const std::uint64_t width : {1UL, 127UL, 128UL, 129UL, 700UL}) {
    for (int round = 0; round < 20; ++round) check_rms_norm(dice, width);
  }
  for (const std::uint64_t width : {65535UL, 65536UL, 65537UL, 200001UL}) {
    check_rms_norm(dice, width);
  }
}

TEST_CASE("every query of attention is one block's") {
  for (const std::uint32_t kv_heads : {1U, 2U, 3U}) {
    for (const std::uint32_t group : {1U, 3U, 8U}) {
      for (std::uint64_t rows = 1; rows <= 20; ++rows) {
        AttentionArgs args{};
        args.rows = rows;
        args.kv_heads = kv_heads;
        args.heads = kv_heads * group;
        std::vector<int> visits(rows * args.heads);
        for (std::uint64_t block = 0; block < attention_blocks(args); ++block) {
          const AttentionPart part = attention_part(args, block);
          REQUIRE(part.count >= 1);
          REQUIRE(part.count <= kQueries);
          for (std::uint64_t query = part.first; query < part.first + part.count; ++query) {
            const std::uint64_t place = query_place(args, part.kv_head, query);
            REQUIRE(place < visits.size());
            ++visits[place];
            CHECK(query_row(args, query) == place / args.heads);
            CHECK(place % args.heads / group == part.kv_head);
          }
        }
        CHECK(visits == std::vector<int>(visits.size(), 1));
      }
    }
  }
}

TEST_CASE("attention gives the definition's bits, over block boundaries and at odd sizes") {
  Dice dice(13);
  struct Shape {
    std::uint64_t rows, first;
    std::size_t group, kv_heads, head_size;
  };
  const Shape shapes[] = {{1, 0, 1, 1, 1},     {8, 0, 1, 1, 32},   {9, 507, 1, 1, 33},
                          {3, 510, 3, 2, 64},  {1, 511, 4, 2, 80}, {1, 512, 1, 3, 128},
                          {2, 1022, 5, 1, 31}, {2, 126, 1, 1, 512}};
  for (const Shape& s : shapes) {
    for (const unsigned order : kOrders) {
      check_attention(gpu::attention_case(dice, s.rows, s.first, s.group, s.kv_heads, s.head_size),
                      order);
    }
  }
  for (int round = 0; round < 30; ++round) {
    check_attention(gpu::random_attention_case(dice), kOrders[round % 3]);
  }
}

TEST_CASE("a grid makes every cell once, also where it is smaller than the matrix") {
  struct Size {
    std::uint64_t rows, cols;
  };
  for (const Size& size : {Size{1, 1}, Size{3, 255}, Size{2, 256}, Size{5, 257}, Size{70000, 3},
                           Size{2, (1 << 20) + 5}}) {
    std::vector<std::uint8_t> visits(size.rows * size.cols);
    make_all(CountedCells{size.rows, size.cols, visits.data()});
    CHECK(visits == std::vector<std::uint8_t>(visits.size(), 1));
  }
  CHECK(cell_grid(0, 5).y == 0);
  CHECK(cell_grid(5, 0).x == 0);
}

TEST_CASE("rows are split into limbs, and what lies between rows becomes zero") {
  Dice dice(14);
  for (const std::uint64_t cols : {1UL, 16UL, 33UL, 300UL}) {
    constexpr std::uint64_t kRows = 3;
    const std::uint64_t ld = (cols + 15) / 16 * 16;
    const std::vector<std::int16_t> q = gpu::integers<std::int16_t>(dice, kRows * cols, 16319);
    std::vector<std::int8_t> high(q.size()), low(q.size());
    rx1::split_rows(scalar(), q, high, low);
    std::vector<std::int8_t> want_high(kRows * ld), want_low(kRows * ld);
    for (std::uint64_t i = 0; i < q.size(); ++i) {
      want_high[i / cols * ld + i % cols] = high[i];
      want_low[i / cols * ld + i % cols] = low[i];
    }
    const Fenced<std::int16_t> in(q);
    const Fenced<std::int8_t> out_high(kRows * ld), out_low(kRows * ld);
    make_all(SplitCells{{in.at(), out_high.at(), out_low.at(), kRows, cols, ld}});
    CHECK(out_high.holds(want_high));
    CHECK(out_low.holds(want_low));
  }
}

// A product of K = 1 has as its sums the products of the limbs, so the definition's whole path
// shows what the combine must make of them.
TEST_CASE("sums of one, two and three products are combined as the definition does") {
  Dice dice(15);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t m = 1 + dice.below(5), n = 1 + dice.below(300);
    const auto a = gpu::integers<std::int16_t>(dice, m, 16319);
    const auto b = gpu::integers<std::int16_t>(dice, n, 16319);
    const auto b8 = gpu::integers<std::int8_t>(dice, n, 127);
    const std::vector<float> sa = gpu::scale_values(dice, m), sb = gpu::scale_values(dice, n);
    const std::vector<float> bias =
        round % 2 == 0 ? std::vector<float>() : gpu::float_rows(dice, 1, n);
    std::vector<std::int32_t> high(m * n), low(m * n), mixed(m * n), high8(m * n), low8(m * n);
    for (std::uint64_t i = 0; i < m * n; ++i) {
      const rx1::Limbs x = rx1::split_limbs(a[i / n]), y = rx1::split_limbs(b[i % n]);
      high[i] = x.high * y.high;
      low[i] = x.low * y.high;
      mixed[i] = x.high * y.low;
      high8[i] = x.high * b8[i % n];
      low8[i] = x.low * b8[i % n];
    }
    const Fenced<float> on_sa(sa), on_sb(sb), on_bias(bias);
    const DevicePtr bias_at = bias.empty() ? 0 : on_bias.at();
    const Fenced<std::int32_t> on_high(high), on_low(low), on_mixed(mixed), on_high8(high8);
    const Fenced<std::int32_t> on_low8(low8);
    const auto check = [&](DevicePtr h, DevicePtr l, DevicePtr x, const std::vector<float>& want) {
      const Fenced<float> y(m * n);
      make_all(DequantizeCells{{h, l, x, on_sa.at(), on_sb.at(), bias_at, y.at(), m, n}});
      REQUIRE(y.holds(want));
    };
    std::vector<float> want(m * n);
    rx1::gemm_a16w16(scalar(), {a, sa}, {b, sb}, bias, want);
    check(on_high.at(), on_low.at(), on_mixed.at(), want);
    rx1::gemm_a16w8(scalar(), {a, sa}, {b8, sb}, bias, want);
    check(on_high8.at(), on_low8.at(), 0, want);
    rx1::dequantize_rows(scalar(), low, sa, sb, bias, want);
    check(on_low.at(), 0, 0, want);
  }
}

TEST_CASE("tokens become rows of the table, and one beyond it NaN") {
  Dice dice(16);
  constexpr std::uint64_t kVocabulary = 7;
  for (const std::uint64_t cols : {1UL, 64UL, 301UL}) {
    const auto q = gpu::integers<std::int8_t>(dice, kVocabulary * cols, 127);
    const std::vector<float> scale = gpu::scale_values(dice, kVocabulary);
    std::vector<std::uint32_t> tokens(11);
    for (std::uint32_t& token : tokens) token = static_cast<std::uint32_t>(dice.below(kVocabulary));
    std::vector<float> want(tokens.size() * cols);
    rx1::embed(scalar(), q, scale, tokens, want);
    const Fenced<std::int8_t> on_q(q);
    const Fenced<float> on_scale(scale), y(want.size());
    const Fenced<std::uint32_t> on_tokens(tokens);
    make_all(EmbedCells{
        {on_q.at(), on_scale.at(), on_tokens.at(), y.at(), kVocabulary, tokens.size(), cols}});
    CHECK(y.holds(want));
    const Fenced<std::uint32_t> beyond(std::vector<std::uint32_t>{kVocabulary});
    const Fenced<float> none(cols);
    make_all(EmbedCells{{on_q.at(), on_scale.at(), beyond.at(), none.at(), kVocabulary, 1, cols}});
    CHECK(none.holds(std::vector<float>(cols, rx1::from_bits(rx1::kNanBits))));
  }
}

TEST_CASE("heads turn as the definition has it, and what is beyond the tables stays") {
  Dice dice(17);
  for (const std::uint64_t half : {0UL, 1UL, 16UL, 61UL, 300UL}) {
    constexpr std::uint64_t kRows = 3, kHeads = 5;
    const std::uint64_t head_size = 2 * half + 3;
    const std::vector<float> x = gpu::float_rows(dice, kRows * kHeads, head_size);
    const std::vector<float> cosine = gpu::float_rows(dice, kRows, half);
    const std::vector<float> sine = gpu::float_rows(dice, kRows, half);
    std::vector<float> want = x;
    rx1::rotate(scalar(), want, kHeads, head_size, cosine, sine);
    const Fenced<float> turned(x), on_cosine(cosine), on_sine(sine);
    make_all(
        RotateCells{{turned.at(), on_cosine.at(), on_sine.at(), kRows, kHeads, head_size, half}});
    CHECK(turned.holds(want));
  }
}

TEST_CASE("each number of an elementwise operation is that operation") {
  Dice dice(18);
  constexpr std::size_t kCount = 4096;
  std::vector<float> x(kCount);
  for (float& value : x) value = std::bit_cast<float>(dice.word());
  const std::vector<float> y = gpu::float_rows(dice, kCount / 16, 16);
  const auto check = [&](ElementwiseOp op, const std::vector<float>& want) {
    INFO("operation " << op);
    std::vector<float> got(kCount);
    for (std::size_t i = 0; i < kCount; ++i) got[i] = elementwise_value(op, x[i], y[i], 0);
    CHECK(Fenced<float>(got).holds(want));
  };
  std::vector<float> want(kCount);
  const ElementwiseOp ops[] = {kExp, kSigmoid, kSilu, kTanh, kLog, kSin, kCos};
  for (std::size_t i = 0; i < std::size(ops); ++i) {
    rx1::apply(rx1::kElementary[i], x, want);
    check(ops[i], want);
  }
  rx1::swiglu(scalar(), x, y, want);
  check(kSwiglu, want);
  rx1::add_residual(scalar(), x, y, want);
  check(kAdd, want);
}
