// The kernels of training, run on the host with the threads of a block in several orders, against
// the definitions; and train jobs on the fake module. Arrays lie before a page that may not be
// touched, and outputs are poisoned.
#include <memory>

#include "core/compute/cuda/backend.h"
#include "core/compute/cuda/train_cell.h"
#include "core/compute/cuda/train_row.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/products.h"
#include "tests/core_cuda/environment.h"
#include "tests/core_cuda/fenced.h"
#include "tests/core_train/train_jobs.h"
#include "tests/gpu/dice.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::cuda;
using gpu::Dice;
using test::Fenced;

namespace {

constexpr unsigned kOrders[] = {1, 127, 37};

const train::TrainKernels& scalar() {
  return train::train_kernels(CpuLevel::scalar);
}

// Rows that a product could have made: their NaN is the one of RX-1.
std::vector<float> product_rows(Dice& dice, std::uint64_t rows, std::uint64_t width) {
  std::vector<float> out = gpu::float_rows(dice, rows, width);
  for (float& x : out) x = rx1::canonical(x);
  return out;
}

void run_row(const TrainRowsArgs& args, unsigned order) {
  TrainRowShared shared;
  std::memset(static_cast<void*>(&shared), 0xA5, sizeof shared);
  for (std::uint64_t row = 0; row < args.rows; ++row) {
    train_row(HostBlock<kSegmentLanes>{order}, args, row, shared);
  }
}

template <class Cells>
void make_all(const Cells& cells) {
  for (std::uint64_t row = cells.rows(); row-- > 0;) {
    for (std::uint64_t col = cells.cols(); col-- > 0;) cells.make(row, col);
  }
}

std::unique_ptr<Program> train_program(const std::string& parameters, const test::Files& files) {
  auto loaded = test::load_train(parameters, files);
  INFO((loaded.ok() ? "" : loaded.error().what));
  REQUIRE(loaded.ok());
  return std::move(loaded).value();
}

std::unique_ptr<Program> on_fake(std::unique_ptr<Program> program) {
  const auto device = choose_device(Backend::cuda, ASSAY_FAKE_MODULE).value().device;
  auto placed = on_device(std::move(program), device);
  REQUIRE(placed.ok());
  return std::move(placed).value();
}

std::string transformer(const std::string& optimizer, int heads, int kv_heads, int rate) {
  return R"({"model":"transformer","vocab":256,"hidden":24,"layers":2,"heads":)" +
         std::to_string(heads) + R"(,"kv_heads":)" + std::to_string(kv_heads) +
         R"(,"ffn":33,"sequence":21,"steps":3,"batch":3,"optimizer":")" + optimizer +
         R"(","learning_rate_ppm":)" + std::to_string(rate) +
         R"(,"clip_norm_ppm":500000,"weight_decay_ppm":10000})";
}

std::string mlp(const std::string& optimizer, const std::string& task) {
  return R"({"model":"mlp","widths":[17,40,11,9],"task":")" + task +
         R"(","examples":300,"steps":3,"batch":67,"learning_rate_ppm":20000,"optimizer":")" +
         optimizer + "\"}";
}

}  // namespace

TEST_CASE("softmax, its gradient and cross entropy of a row are the definition's") {
  Dice dice(51);
  for (const std::uint64_t width : {1UL, 2UL, 127UL, 128UL, 129UL, 300UL, 1000UL}) {
    for (int round = 0; round < 20; ++round) {
      const std::uint64_t rows = 1 + dice.below(3), period = 1 + dice.below(width);
      const unsigned order = kOrders[round % 3];
      const std::vector<float> x = product_rows(dice, rows, width);
      const std::vector<float> dy = product_rows(dice, rows, width);
      std::vector<std::uint32_t> target(rows);
      for (std::uint32_t& t : target) t = static_cast<std::uint32_t>(dice.below(width));
      std::vector<float> p = x, dp = dy, l = x, loss(rows);
      for (std::uint64_t row = 0; row < rows; ++row) {
        const std::uint64_t seen = row % period + 1;
        scalar().softmax(p.data() + row * width, seen, width, 0.3F);
        scalar().softmax_gradient(p.data() + row * width, dp.data() + row * width, seen, width,
                                  0.3F);
        loss[row] = scalar().cross_entropy(l.data() + row * width, width, target[row], 0.07F);
      }
      const Fenced<float> on_p(x), on_dp(dy), on_l(x), on_loss(rows);
      const Fenced<std::uint32_t> on_target(target);
      run_row({kTrainSoftmax, on_p.at(), 0, 0, 0, 0, rows, width, period, 0.3F}, order);
      REQUIRE(on_p.holds(p));
      run_row({kTrainSoftmaxGradient, on_p.at(), on_dp.at(), 0, 0, 0, rows, width, period, 0.3F},
              order);
      REQUIRE(on_dp.holds(dp));
      run_row({kTrainCrossEntropy, on_l.at(), on_loss.at(), on_target.at(), 0, 0, rows, width, 0,
               0.07F},
              order);
      REQUIRE(on_l.holds(l));
      REQUIRE(on_loss.holds(loss));
    }
  }
}

TEST_CASE("the gradient of a norm is the definition's") {
  Dice dice(52);
  for (const std::uint64_t width : {1UL, 128UL, 129UL, 700UL}) {
    for (int round = 0; round < 20; ++round) {
      const std::vector<float> x = product_rows(dice, 1, width), dy = product_rows(dice, 1, width);
      const std::vector<float> gain = gpu::float_rows(dice, 1, width);
      const std::vector<float> start = product_rows(dice, 1, width);
      std::vector<float> dx = start, d_gain(width);
      const float mean = rx1::div(rx1::sum_of_squares(x), static_cast<float>(width));
      const float r = rx1::div(1.0F, rx1::sqrt(rx1::add(mean, 1e-5F)));
      scalar().rms_gradient(x.data(), gain.data(), dy.data(), width, r, dx.data(), d_gain.data());
      const Fenced<float> on_x(x), on_dy(dy), on_gain(gain), on_dx(start), on_d_gain(width);
      run_row({kTrainRmsGradient, on_x.at(), on_dy.at(), on_gain.at(), on_dx.at(), on_d_gain.at(),
               1, width, 0, 1e-5F},
              kOrders[round % 3]);
      REQUIRE(on_dx.holds(dx));
      REQUIRE(on_d_gain.holds(d_gain));
    }
  }
}

TEST_CASE("each element of training's operations is the definition's") {
  Dice dice(53);
  constexpr std::uint64_t kCount = 2000;
  const train::AdamStep step{0.5F, 0.9F, 0.1F, 0.999F, 0.001F, 3.0F, 700.0F, 0.01F, 0.1F};
  for (int round = 0; round < 10; ++round) {
    const std::vector<float> g = product_rows(dice, kCount / 20, 20);
    const std::vector<float> start = product_rows(dice, kCount / 20, 20);
    const std::vector<float> first = product_rows(dice, kCount / 20, 20);
    std::vector<float> second = product_rows(dice, kCount / 20, 20);
    for (float& v : second) v = rx1::abs(v);
    const auto check = [&](TrainCellsOp op, const auto& defined) {
      INFO("operation " << op);
      std::vector<float> p = start, m = first, v = second, x = g;
      defined(x, p, m, v);
      const Fenced<float> on_x(g), on_p(start), on_m(first), on_v(second);
      make_all(TrainCells{
          {op, on_x.at(), on_m.at(), on_v.at(), on_p.at(), 1, kCount, 0, 0, 0, 0.8F, step}});
      REQUIRE(on_x.holds(x));
      REQUIRE(on_p.holds(p));
      REQUIRE(on_m.holds(m));
      REQUIRE(on_v.holds(v));
    };
    check(kTrainAdam, [&](auto& x, auto& p, auto& m, auto& v) {
      scalar().adam(step, x.data(), kCount, p.data(), m.data(), v.data());
    });
    check(kTrainMomentum, [&](auto& x, auto& p, auto& m, auto&) {
      scalar().momentum(0.8F, step, x.data(), kCount, p.data(), m.data());
    });
    check(kTrainSgd,
          [&](auto& x, auto& p, auto&, auto&) { scalar().sgd(step, x.data(), kCount, p.data()); });
    check(kTrainRelu, [&](auto& x, auto&, auto&, auto&) { scalar().relu(x.data(), kCount); });
    check(kTrainReluGradient, [&](auto& x, auto&, auto& m, auto&) {
      scalar().relu_gradient(m.data(), kCount, x.data());
    });
    // Gate and up of 10 rows of 100, dy of as many.
    std::vector<float> d_gate_up(2 * kCount / 2);
    const std::vector<float> dy(start.begin(), start.begin() + kCount / 2);
    for (std::uint64_t row = 0; row < 10; ++row) {
      const float* gate = g.data() + row * 200;
      scalar().swiglu_gradient(gate, gate + 100, dy.data() + row * 100, 100,
                               d_gate_up.data() + row * 200, d_gate_up.data() + row * 200 + 100);
    }
    const Fenced<float> on_gate_up(g), on_dy(dy), on_out(d_gate_up.size());
    make_all(TrainCells{{kTrainSwigluGradient,
                         on_gate_up.at(),
                         on_dy.at(),
                         0,
                         on_out.at(),
                         10,
                         100,
                         0,
                         0,
                         0,
                         0,
                         {}}});
    REQUIRE(on_out.holds(d_gate_up));
  }
}

TEST_CASE("small products, whose B several share, are the limb GEMM's") {
  Dice dice(54);
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t share = 1 + dice.below(3), groups = 1 + dice.below(3);
    const std::uint64_t m = 1 + dice.below(20), n = 1 + dice.below(20), k = 1 + dice.below(90);
    const std::uint64_t batch = groups * share;
    const auto a = gpu::integers<std::int16_t>(dice, batch * m * k, 16319);
    const auto b = gpu::integers<std::int16_t>(dice, groups * n * k, 16319);
    const std::vector<float> sa = gpu::scale_values(dice, batch * m);
    const std::vector<float> sb = gpu::scale_values(dice, groups * n);
    std::vector<float> want(batch * m * n);
    for (std::uint64_t i = 0; i < batch; ++i) {
      const std::uint64_t g = i / share;
      rx1::gemm_a16w16(Engine(CpuLevel::scalar),
                       {std::span(a).subspan(i * m * k, m * k), std::span(sa).subspan(i * m, m)},
                       {std::span(b).subspan(g * n * k, n * k), std::span(sb).subspan(g * n, n)},
                       {}, std::span(want).subspan(i * m * n, m * n));
    }
    const Fenced<std::int16_t> on_a(a), on_b(b);
    const Fenced<float> on_sa(sa), on_sb(sb), y(want.size());
    make_all(SmallGemmCells{
        {on_a.at(), on_sa.at(), on_b.at(), on_sb.at(), y.at(), batch, share, m, n, k}});
    REQUIRE(y.holds(want));
  }
}

TEST_CASE("columns of any rows are summed as the definition does") {
  Dice dice(55);
  for (const std::uint64_t rows : {1UL, 127UL, 128UL, 129UL, 400UL}) {
    constexpr std::uint64_t kColumns = 5;
    const std::vector<float> x = product_rows(dice, rows, kColumns);
    std::vector<float> want(kColumns);
    train::column_sums(Engine(CpuLevel::scalar), x, want);
    const Fenced<float> on_x(x), out(kColumns);
    const Fenced<std::uint32_t> first(
        std::vector<std::uint32_t>{0, static_cast<std::uint32_t>(rows)});
    const SegmentSumsArgs args{on_x.at(), 0, first.at(), 0, out.at(), 1, kColumns, 0};
    RmsNormShared shared;
    for (std::uint64_t col = 0; col < kColumns; ++col) {
      segment_sum(HostBlock<kSegmentLanes>{kOrders[rows % 3]}, args, 0, col, shared);
    }
    REQUIRE(out.holds(want));
  }
}

TEST_CASE("train jobs on the device have the CPU's states: models, optimisers, groups of heads") {
  const test::Files text{{"text", test::alphabet(500)}};
  const std::pair<std::string, test::Files> jobs[] = {
      {transformer("adam", 2, 1, 3000), text},
      {transformer("momentum", 4, 4, 3000), text},
      {transformer("sgd", 6, 2, 3000), text},
      {mlp("adam", "classify"), {}},
      {mlp("momentum", "regress"), {}},
      {mlp("sgd", "classify"), {}},
      {transformer("sgd", 2, 2, 1'000'000), text},
  };
  for (const auto& [parameters, files] : jobs) {
    INFO(parameters);
    const std::vector<State> want = test::run(*train_program(parameters, files), Engine());
    CHECK(test::run(*on_fake(train_program(parameters, files)), Engine()) == want);
  }
}

TEST_CASE("a train job that diverges does so on the device as on the CPU") {
  const std::string parameters =
      R"({"model":"mlp","widths":[17,40,9],"task":"regress","examples":300,"steps":40,"batch":20,)"
      R"("learning_rate_ppm":1000000,"optimizer":"momentum","momentum_ppm":999999})";
  const std::vector<State> want = test::run(*train_program(parameters, {}), Engine());
  CHECK(test::run(*on_fake(train_program(parameters, {})), Engine()) == want);
}

TEST_CASE("whatever call fails under a train step, it is inconclusive; wrong bits show") {
  const test::Files text{{"text", test::alphabet(500)}};
  const std::string parameters = transformer("adam", 2, 1, 3000);
  const std::unique_ptr<Program> device = on_fake(train_program(parameters, text));
  const Engine engine;
  const State start = device->start(engine).value();
  State want = start;
  REQUIRE(device->advance(1, want, engine).ok());
  for (const char* entry : {"upload", "synchronize", "train_cells", "rms_norm", "quantize", "move",
                            "small_gemm", "train_rows", "split_rows", "igemm8", "dequantize",
                            "segment_sums", "r128", "elementwise", "fill", "download"}) {
    INFO(entry);
    State state = start;
    {
      const test::Environment set("ASSAY_FAKE_CUDA", std::string("error:") + entry);
      const Status advanced = device->advance(1, state, engine);
      REQUIRE_FALSE(advanced.ok());
      CHECK(advanced.error().code == Code::inconclusive);
      CHECK(state == start);
    }
    if (std::string(entry) == "synchronize") continue;
    // Of an upload the lowest bit: a device that is sent a token beyond the vocabulary would stop.
    // Of zeros a high one: a small number would be lost in the first sum.
    const std::string name = entry;
    const std::string place = name == "upload" ? "" : name == "fill" ? "@3" : "@2";
    const test::Environment set("ASSAY_FAKE_CUDA", std::string("bits:") + entry + place);
    const Status advanced = device->advance(1, state, engine);
    if (advanced.ok()) CHECK_FALSE(state == want);
    if (!advanced.ok()) CHECK(advanced.error().code == Code::inconclusive);
  }
  State state = start;
  const float broken = rx1::from_bits(rx1::kNanBits);
  std::memcpy(state[0].data.data(), &broken, sizeof broken);
  CHECK(device->advance(1, state, engine).error().code == Code::malformed);
  state = start;
  CHECK(device->advance(9, state, engine).error().code == Code::malformed);
}
