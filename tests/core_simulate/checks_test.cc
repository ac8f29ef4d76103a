// Rows checked alone: every right one holds and a wrong one shows, whatever numbers a state has.
#include "tests/core_simulate/simulate_orders.h"

#include <algorithm>

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::simulate;

namespace {

std::vector<std::uint64_t> all_rows(const Program& program) {
  std::vector<std::uint64_t> out(program.plan().rows);
  for (std::uint64_t row = 0; row < out.size(); ++row) out[row] = row;
  return out;
}

// Holds a check to reading what Plan promises, and no more.
class WatchedStates final : public OpenedStates {
 public:
  WatchedStates(const OpenedStates& states, const Plan& plan, std::uint64_t row)
      : states_(states), row_(row), may_(neighbours_of(plan, row)) {}
  Result<State> whole(std::uint32_t) const override {
    return fail(Code::no_evidence, "a brick's check asked for a whole state");
  }
  Result<Bytes> row(std::uint32_t state, std::uint64_t row) const override {
    const bool before = std::ranges::binary_search(may_, row);
    if (!before && row != row_) return fail(Code::no_evidence, "a row that was not opened");
    return states_.row(state, row);
  }

 private:
  const OpenedStates& states_;
  std::uint64_t row_;
  std::vector<std::uint64_t> may_;
};

constexpr char kWide[] =
    R"({"system":"lattice","size":[28,20,4],"steps":2,"steps_per_commit":4,)"
    R"("viscosity_millionths":30000,"walls":["wall","periodic","periodic"],)"
    R"("lids":[{"face":"x+","velocity_millionths":[0,90000,0]}],"start":"stream",)"
    R"("speed_millionths":40000,"noise_millionths":30000})";

constexpr char kDisc[] =
    R"({"system":"bodies","bodies":256,"steps":2,"gravity_trillionths":20000000,)"
    R"("softening_thousandths":100,"start":"disc","radius_thousandths":9000,"centre_mass":50})";

}  // namespace

TEST_CASE("every brick recomputed alone is the brick of the whole") {
  SeededRandom random(4);
  for (int round = 0; round < 25; ++round) {
    const std::string order = test::random_lattice(random, 6, 9);
    INFO(order);
    const std::unique_ptr<Program> program = test::simulate(order);
    const test::KeptStates kept(*program, Engine());
    for (std::uint32_t step = 1; step <= 2; ++step) {
      for (std::uint64_t row = 0; row < program->plan().rows; ++row) {
        if (program->plan().rows > 40 && random.below(4) > 0) continue;
        const WatchedStates watched(kept, program->plan(), row);
        const auto held = program->check_rows(step, std::span(&row, 1), watched, {}, Engine());
        INFO("row " << row << (held.ok() ? "" : held.error().what));
        REQUIRE(held.ok());
        REQUIRE(held.value()[0]);
      }
    }
  }
}

TEST_CASE("the scalar definition holds a right brick and finds a wrong number in any") {
  const std::unique_ptr<Program> program = test::simulate(kWide);
  REQUIRE(program->plan().grid == std::array<std::uint64_t, 3>{1, 5, 7});
  REQUIRE(program->plan().halo == 1);
  test::KeptStates kept(*program, Engine());
  SeededRandom random(5);
  for (const CpuLevel level : test::cpu_levels()) {
    const Engine engine(level, 2);
    for (int round = 0; round < 12; ++round) {
      const std::uint64_t row = random.below(35);
      const std::size_t at = row * kBrickNumbers + random.below(kBrickNumbers);
      const auto right = test::numbers_of<std::int32_t>(kept.states[2])[at];
      test::set_number(kept.states[2], at, right + (round % 2 == 0 ? 1 : -1));
      const auto held = program->check_rows(2, all_rows(*program), kept, {}, engine);
      test::set_number(kept.states[2], at, right);
      REQUIRE(held.ok());
      for (std::uint64_t i = 0; i < 35; ++i) CHECK(held.value()[i] == (i != row));
    }
  }
}

TEST_CASE("a wrong number before is felt as far as it can travel and no further") {
  const std::unique_ptr<Program> program = test::simulate(kWide);
  test::KeptStates kept(*program, Engine());
  const std::uint64_t row = 2 * 7 + 3;
  const std::size_t at = row * kBrickNumbers + 5 * kBrickCells + 21;
  test::set_number(kept.states[1], at, test::numbers_of<std::int32_t>(kept.states[1])[at] + 9999);
  const auto held = program->check_rows(2, all_rows(*program), kept, {}, Engine());
  REQUIRE(held.ok());
  CHECK_FALSE(held.value()[row]);
  const std::vector<std::uint64_t> near = neighbours_of(program->plan(), row);
  for (std::uint64_t i = 0; i < 35; ++i) {
    if (!std::ranges::binary_search(near, i)) CHECK(held.value()[i]);
  }
}

// A state that no run comes to, as a cheat commits it or an unstable flow reaches it.
void be_wild(State& state, std::uint64_t seed) {
  SeededRandom(seed).fill(state[0].data);
}

TEST_CASE("any state has one that follows, whole or row by row, at every level") {
  for (const char* order : {kWide, kDisc}) {
    const std::unique_ptr<Program> program = test::simulate(order);
    test::KeptStates kept(*program, Engine());
    be_wild(kept.states[1], 5);
    State want = kept.states[1];
    REQUIRE(program->advance(2, want, Engine(CpuLevel::scalar, 1)).ok());
    kept.states[2] = want;
    const std::vector<std::uint64_t> rows = all_rows(*program);
    for (const CpuLevel level : test::cpu_levels()) {
      INFO(order << ' ' << cpu_level_name(level));
      const Engine engine(level, 2);
      State got = kept.states[1];
      REQUIRE(program->advance(2, got, engine).ok());
      CHECK(got == want);
      CHECK(program->check_rows(2, rows, kept, {}, engine).value() ==
            std::vector<bool>(rows.size(), true));
    }
  }
}

TEST_CASE("a population that no flow has is a wrong number like any other") {
  const std::unique_ptr<Program> program = test::simulate(kWide);
  const Engine engine;
  for (const std::int32_t bad : {1 << 26, -(1 << 26), INT32_MAX, INT32_MIN}) {
    test::KeptStates kept(*program, engine);
    const std::uint64_t row = 11;
    test::set_number(kept.states[1], row * kBrickNumbers + 77, bad);
    CHECK_FALSE(program->check_rows(1, std::span(&row, 1), kept, {}, engine).value()[0]);
    const auto held = program->check_rows(2, all_rows(*program), kept, {}, engine);
    REQUIRE(held.ok());
    CHECK_FALSE(held.value()[row]);
    const std::uint64_t far = 33;
    CHECK(held.value()[far]);
  }
}

// The momentum of a box without walls grows with every time step, until it means nothing.
TEST_CASE("a flow that became unstable, and bodies that flew away, end like any other job") {
  const std::unique_ptr<Program> flow =
      test::simulate(R"({"system":"lattice","size":[4,4,4],"steps":64,"steps_per_commit":64,)"
                     R"("viscosity_millionths":100000,"force_billionths":[1000000,0,0]})");
  const test::KeptStates kept(*flow, Engine());
  std::int32_t greatest = 0;
  for (const std::int32_t f : test::numbers_of<std::int32_t>(kept.states.back())) {
    greatest = std::max(greatest, f);
  }
  CHECK(greatest >= 1 << 26);
  const std::uint64_t row = 0;
  CHECK(flow->check_rows(64, std::span(&row, 1), kept, {}, Engine()).value()[0]);
  CHECK(flow->artefact(kept.states.back()[0].data).ok());

  const std::unique_ptr<Program> disc = test::simulate(kDisc);
  State state = disc->start(Engine()).value();
  test::set_number(state, 1, INT64_MAX);    // a place
  test::set_number(state, 193, INT64_MAX);  // that body's momentum
  REQUIRE(disc->advance(1, state, Engine()).ok());
  CHECK(test::numbers_of<std::int64_t>(state)[1] < 0);
  CHECK(disc->artefact(state[0].data).ok());
}

TEST_CASE(
    "every block of bodies recomputed alone is the block of the whole, and a wrong one shows") {
  const std::unique_ptr<Program> program = test::simulate(kDisc);
  REQUIRE(program->plan().rows == 4);
  test::KeptStates kept(*program, Engine());
  const std::vector<std::uint64_t> rows = {3, 0, 2};
  for (const CpuLevel level : test::cpu_levels()) {
    const Engine engine(level, 2);
    CHECK(program->check_rows(2, rows, kept, {}, engine).value() ==
          std::vector<bool>{true, true, true});
    const std::size_t at = 2 * kBlockNumbers + 100;
    const auto right = test::numbers_of<std::int64_t>(kept.states[2])[at];
    test::set_number(kept.states[2], at, right + 1);
    CHECK(program->check_rows(2, rows, kept, {}, engine).value() ==
          std::vector<bool>{true, true, false});
    test::set_number(kept.states[2], at, right);
  }
}

TEST_CASE("questions that no plan asks are malformed") {
  for (const char* order : {kWide, kDisc}) {
    const std::unique_ptr<Program> program = test::simulate(order);
    const test::KeptStates kept(*program, Engine());
    const std::uint64_t right = 0, wrong = program->plan().rows;
    const auto code = [&](std::uint32_t step, const std::uint64_t& row,
                          std::span<const std::uint64_t> columns) {
      const auto held = program->check_rows(step, std::span(&row, 1), kept, columns, Engine());
      return held.ok() ? std::optional<Code>() : held.error().code;
    };
    CHECK(code(1, right, {}) == std::nullopt);
    CHECK(code(0, right, {}) == Code::malformed);
    CHECK(code(3, right, {}) == Code::malformed);
    CHECK(code(1, wrong, {}) == Code::malformed);
    CHECK(code(1, right, std::span(&right, 1)) == Code::malformed);
    State state = kept.states[0];
    CHECK_FALSE(program->advance(3, state, Engine()).ok());
    state[0].data.resize(state[0].data.size() - 8);
    state[0].shape.dims = {1};
    CHECK_FALSE(program->advance(1, state, Engine()).ok());
  }
}
