// The micro-check of a row: right rows always hold, and what a wrong one can hide is known.
#include "core/compute/gemm/gemm_micro.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/base/random.h"
#include "core/compute/files/npy.h"
#include "tests/catch.h"
#include "tests/core/compute/gemm/gemm_orders.h"
#include "tests/core/compute/levels.h"

using namespace assay;
using namespace assay::compute;
using test::gemm_parameters;

namespace {

using Columns = std::vector<std::uint64_t>;

std::unique_ptr<Program> load(const std::string& parameters, const test::Files& files = {}) {
  Result<std::unique_ptr<Program>> loaded = test::load_gemm(parameters, files);
  REQUIRE(loaded.ok());
  return std::move(loaded.value());
}

// All rows of states step-1 and step, by the scalar definition.
std::vector<RowPair> honest_pairs(const Program& program, std::uint32_t step) {
  std::vector<RowPair> out;
  for (std::uint64_t row = 0; row < program.plan().rows; ++row) {
    Bytes before = program.start_row(row).value();
    for (std::uint32_t s = 1; s < step; ++s) before = program.advance_row(s, before).value();
    Bytes after = program.advance_row(step, before).value();
    out.push_back({std::move(before), std::move(after)});
  }
  return out;
}

Columns some_columns(SeededRandom& random, std::uint64_t count, std::uint64_t cols) {
  Columns out;
  for (std::uint64_t n = 0; n < cols; ++n) {
    if (random.below(cols) < count) out.push_back(n);
  }
  return out;
}

// Row i is pair i, whatever step is asked about.
class PairStates final : public OpenedStates {
 public:
  PairStates(std::uint32_t step, std::span<const RowPair> pairs) : step_(step), pairs_(pairs) {}
  Result<State> whole(std::uint32_t) const override {
    return fail(Code::no_evidence, "only rows are opened");
  }
  Result<Bytes> row(std::uint32_t state, std::uint64_t row) const override {
    return state == step_ ? pairs_[row].after : pairs_[row].before;
  }

 private:
  std::uint32_t step_;
  std::span<const RowPair> pairs_;
};

Result<std::vector<bool>> check(const Program& program, std::uint32_t step,
                                std::span<const RowPair> pairs, const Columns& columns,
                                const Engine& engine) {
  std::vector<std::uint64_t> rows(pairs.size());
  std::iota(rows.begin(), rows.end(), std::uint64_t{0});
  return program.check_rows(step, rows, PairStates(step, pairs), columns, engine);
}

bool holds(const Program& program, std::uint32_t step, const RowPair& pair, const Columns& columns,
           CpuLevel level = CpuLevel::scalar) {
  return check(program, step, std::span(&pair, 1), columns, Engine(level)).value()[0];
}

bool is_extreme(std::uint8_t byte) {
  return byte == 127 || byte == 0x81;
}

// A column of this row that is (or is not) at +-127.
std::uint64_t column_of(const RowPair& pair, std::uint64_t cols, bool extreme) {
  std::uint64_t n = 0;
  while (n < cols && is_extreme(pair.after[n]) != extreme) ++n;
  REQUIRE(n < cols);
  return n;
}

}  // namespace

TEST_CASE("right rows hold in whatever columns, on every level and number of threads") {
  SeededRandom random(21);
  for (int round = 0; round < 12; ++round) {
    const std::uint64_t cols = 1 + random.below(150);
    const auto program = load(gemm_parameters(1 + random.below(20), cols, 3,
                                              static_cast<std::uint32_t>(1 + random.below(2))));
    CHECK(program->plan().columns == cols);
    for (std::uint32_t step = 1; step <= 3; ++step) {
      const std::vector<RowPair> pairs = honest_pairs(*program, step);
      for (CpuLevel level : test::cpu_levels()) {
        const Engine engine(level, static_cast<unsigned>(1 + random.below(3)));
        const Columns columns = some_columns(random, random.below(cols + 1), cols);
        INFO(cpu_level_name(level) << ", " << columns.size() << " of " << cols << " columns");
        const auto answers = check(*program, step, pairs, columns, engine);
        REQUIRE(answers.ok());
        CHECK(answers.value() == std::vector<bool>(pairs.size(), true));
      }
    }
  }
}

TEST_CASE("every level gives the scalar definition's answers to wrong rows as well") {
  SeededRandom random(22);
  const auto program = load(gemm_parameters(40, 90, 2, 1));
  std::vector<RowPair> pairs = honest_pairs(*program, 2);
  for (RowPair& pair : pairs) {
    for (std::uint64_t i = random.below(4); i > 0; --i) pair.after[random.below(90)] ^= 1;
  }
  int wrong = 0;
  for (int round = 0; round < 20; ++round) {
    const Columns columns = some_columns(random, 12, 90);
    const Engine scalar(CpuLevel::scalar);
    const std::vector<bool> want = check(*program, 2, pairs, columns, scalar).value();
    wrong += static_cast<int>(std::ranges::count(want, false));
    for (CpuLevel level : test::cpu_levels()) {
      CHECK(check(*program, 2, pairs, columns, Engine(level, 2)).value() == want);
    }
  }
  CHECK(wrong > 0);
  CHECK(wrong < 20 * 40);
}

TEST_CASE("a wrong value shows in its column, and in no other") {
  const auto program = load(gemm_parameters(4, 64, 2, 1));
  const RowPair honest = honest_pairs(*program, 2)[1];
  const std::uint64_t at = column_of(honest, 64, false);
  RowPair wrong = honest;
  wrong.after[at] = wrong.after[at] == 5 ? 6 : 5;
  CHECK_FALSE(holds(*program, 2, wrong, {at}));
  Columns others;
  for (std::uint64_t n = 0; n < 64; ++n) {
    if (n != at) others.push_back(n);
  }
  CHECK(holds(*program, 2, wrong, others));  // what the bound for thinly forged rows is about
}

TEST_CASE("a scale is never taken on trust, even where no column at all was drawn") {
  const auto program = load(gemm_parameters(4, 64, 2, 1));
  const RowPair honest = honest_pairs(*program, 2)[2];
  const std::uint64_t top = column_of(honest, 64, true);
  const std::uint64_t low = column_of(honest, 64, false);
  struct Lie {
    const char* name;
    std::function<void(RowPair&)> tell;
  };
  const Lie lies[] = {
      {"inflated-scale: nothing attains 127",
       [&](RowPair& pair) {
         for (std::uint64_t n = 0; n < 64; ++n) {
           pair.after[n] = static_cast<std::uint8_t>(static_cast<std::int8_t>(pair.after[n]) / 8);
         }
         pair.after[68] = static_cast<std::uint8_t>(pair.after[68] + 3);
       }},
      {"inflated-scale with a forged 127",
       [&](RowPair& pair) {
         for (std::uint64_t n = 0; n < 64; ++n) {
           pair.after[n] = static_cast<std::uint8_t>(static_cast<std::int8_t>(pair.after[n]) / 8);
         }
         pair.after[68] = static_cast<std::uint8_t>(pair.after[68] + 3);
         pair.after[low] = 127;
       }},
      {"another 127 than the greatest",
       [&](RowPair& pair) { std::swap(pair.after[top], pair.after[low]); }},
      {"one 127 too many", [&](RowPair& pair) { pair.after[low] = 127; }},
      {"the greatest one's sign",
       [&](RowPair& pair) { pair.after[top] = static_cast<std::uint8_t>(-pair.after[top]); }},
      {"twice the scale", [](RowPair& pair) { ++pair.after[68]; }},
      {"one bit of the scale", [](RowPair& pair) { pair.after[64] ^= 1; }},
      {"a row of zeros", [](RowPair& pair) { std::ranges::fill(pair.after, std::uint8_t{0}); }},
      {"the row before it", [](RowPair& pair) { pair.after = pair.before; }},
  };
  CHECK(holds(*program, 2, honest, {}));
  for (const Lie& lie : lies) {
    INFO(lie.name);
    RowPair pair = honest;
    lie.tell(pair);
    const bool zeros = std::ranges::all_of(pair.after, [](std::uint8_t b) { return b == 0; });
    // Of a row of zeros no column decides the scale: any other column does.
    CHECK_FALSE(holds(*program, 2, pair, zeros ? Columns{low} : Columns{}));
  }
}

TEST_CASE("rows outside the contract are wrong, before or after") {
  const auto program = load(gemm_parameters(3, 40, 3, 1));
  const RowPair honest = honest_pairs(*program, 2)[0];
  RowPair pair = honest;
  pair.before[7] = 0x80;
  CHECK_FALSE(holds(*program, 2, pair, {3}));
  pair = honest;
  pair.after[7] = 0x80;
  CHECK_FALSE(holds(*program, 2, pair, {3}));
  pair = honest;
  pair.before[43] = 0x7F;  // a scale of 2^127 or NaN
  CHECK_FALSE(holds(*program, 2, pair, {3}));
}

TEST_CASE("a row of zeros stays one") {
  const auto program = load(gemm_parameters(3, 40, 3, 1));
  const RowPair zeros{Bytes(48), Bytes(48)};
  CHECK(holds(*program, 2, zeros, {0, 5, 39}));
  RowPair risen = honest_pairs(*program, 2)[0];
  risen.before = Bytes(48);
  CHECK_FALSE(holds(*program, 2, risen, {0, 5, 39}));
}

TEST_CASE("a row with very many values at 127, and a step of several GEMMs, are checked whole") {
  constexpr std::uint64_t kCols = 200;
  // Equal weights: every value of a row is the same, so all of them are at 127.
  const test::Files files = {
      {"x", write_npy({{2, kCols}}, std::vector<float>(2 * kCols, 1.0F))},
      {"w0", write_npy({{kCols, kCols}}, std::vector<float>(kCols * kCols, 1.0F))}};
  const auto flat = load(gemm_parameters(2, kCols, 2, 1, "inputs"), files);
  const auto twice = load(gemm_parameters(2, kCols, 2, 2));
  for (const Program* program : {flat.get(), twice.get()}) {
    RowPair pair = honest_pairs(*program, 1)[1];
    CHECK(holds(*program, 1, pair, {0}));
    for (const std::uint64_t at : {std::uint64_t{1}, std::uint64_t{77}, kCols - 1}) {
      RowPair wrong = pair;
      wrong.after[at] = static_cast<std::uint8_t>(wrong.after[at] == 5 ? 6 : 5);
      for (CpuLevel level : test::cpu_levels()) CHECK_FALSE(holds(*program, 1, wrong, {0}, level));
    }
  }
}

TEST_CASE("steps, columns and rows outside the plan are refused") {
  const auto program = load(gemm_parameters(2, 16, 3, 1));
  const std::vector<RowPair> pairs = {honest_pairs(*program, 1)[0]};
  const Engine engine(CpuLevel::scalar);
  const auto code = [&](std::uint32_t step, const std::vector<RowPair>& rows,
                        const Columns& columns) {
    const auto answers = check(*program, step, rows, columns, engine);
    return answers.ok() ? Code::internal : answers.error().code;
  };
  CHECK(code(0, pairs, {1}) == Code::malformed);
  CHECK(code(4, pairs, {1}) == Code::malformed);
  CHECK(code(1, pairs, {16}) == Code::malformed);
  CHECK(code(1, pairs, {3, 2}) == Code::malformed);
  CHECK(code(1, pairs, {3, 3}) == Code::malformed);
  CHECK(code(1, {{Bytes(24), Bytes(23)}}, {1}) == Code::malformed);
  CHECK(code(1, {{Bytes(25), Bytes(24)}}, {1}) == Code::malformed);
  CHECK(check(*program, 1, {}, Columns{1}, engine).value().empty());
}
