// What a draw asks for, and the bounds that receipts state.
#include "verifier/scope.h"

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using compute::Plan;
using compute::Reach;
using verifier::columns_of;
using verifier::derive_scope;
using verifier::detection_ppm;
using verifier::Scope;
using Numbers = std::vector<std::uint64_t>;

const Digest kSeed = sha256(as_bytes("tests/verifier_audit scope"));

Plan chain(std::uint32_t steps, std::uint64_t rows, std::uint64_t columns) {
  Plan plan;
  plan.shape = compute::Shape::chained;
  plan.steps = steps;
  plan.reach = rows > 0 ? compute::Reach::same_row : compute::Reach::none;
  plan.rows = rows;
  plan.columns = columns;
  return plan;
}

// Rows that cannot be followed: each pair reads more than its own row.
Plan of_reach(Reach reach, std::uint32_t steps, std::uint64_t rows, std::uint64_t row_bytes = 64) {
  Plan plan = chain(steps, rows, 0);
  plan.state_shape = {{compute::DType::u8, {rows, row_bytes}}};
  plan.reach = reach;
  if (reach == Reach::history) plan.shape = compute::Shape::appended;
  if (reach == Reach::neighbours) {
    plan.grid = rows % 2 == 0 ? std::array<std::uint64_t, 3>{2, 1, rows / 2}
                              : std::array<std::uint64_t, 3>{1, rows, 1};
    plan.halo = 1;
  }
  return plan;
}

Scope scope_of(const Plan& plan, wire::Depth depth) {
  wire::Policy policy;
  policy.standard = depth;
  return derive_scope(kSeed, plan, wire::Assurance::standard, policy);
}

Numbers sorted(Numbers numbers) {
  std::ranges::sort(numbers);
  return numbers;
}

TEST_CASE("after the coin come the steps, then the rows, then the pairs step by step") {
  const Scope scope = scope_of(chain(12, 64, 256), {3, 2, 5, 40});
  wire::DrawStream stream(kSeed);
  stream.word();
  Numbers steps = sorted(stream.distinct(2, 12));
  for (std::uint64_t& step : steps) ++step;
  CHECK(Numbers(scope.positions.begin(), scope.positions.end()) == steps);
  CHECK(scope.rows == sorted(stream.distinct(5, 64)));
  const Numbers with_one_more = stream.distinct(40 % 12, 12);
  Numbers pairs;
  for (std::uint64_t step = 0; step < 12; ++step) {
    const bool more = std::ranges::count(with_one_more, step) > 0;
    for (const std::uint64_t row : stream.distinct(40 / 12 + (more ? 1 : 0), 64)) {
      pairs.push_back(step * 64 + row);
    }
  }
  CHECK(scope.pairs == sorted(pairs));
}

TEST_CASE("the pairs are spread over all steps, as evenly as can be") {
  for (const std::uint32_t steps : {1U, 3U, 8U, 64U, 100U, 459U, 1000U}) {
    for (const std::uint32_t micro : {1U, 8U, 99U, 459U, 1024U}) {
      const Plan plan = chain(steps, 16, 64);
      const Scope scope = scope_of(plan, {3, 0, 0, micro});
      std::vector<std::uint64_t> of_step(steps);
      for (const std::uint64_t pair : scope.pairs) ++of_step[compute::pair_at(plan, pair).step - 1];
      INFO(steps << " steps, " << micro << " pairs");
      CHECK(scope.pairs.size() == std::min<std::uint64_t>(micro, steps * 16));
      CHECK(std::ranges::adjacent_find(scope.pairs, std::greater_equal<>()) == scope.pairs.end());
      const auto [least, most] = std::ranges::minmax(of_step);
      CHECK(most - least <= 1);
      CHECK(scope.rows.size() == (micro < steps ? 1 : 0));  // no link is left unlooked at
    }
  }
}

TEST_CASE("no spread of wrong pairs over the steps is safer than the bound says") {
  // 5 of 100 pairs wrong, in one step, two, or five; 10 steps of 10 rows, k pairs looked at.
  const Plan plan = chain(10, 10, 64);
  const std::vector<Numbers> spreads = {{5}, {3, 2}, {1, 1, 1, 1, 1}};
  for (const std::uint32_t k : {3U, 10U, 14U, 25U}) {
    for (const Numbers& spread : spreads) {
      constexpr int kDraws = 4000;
      int missed = 0;
      for (int draw = 0; draw < kDraws; ++draw) {
        wire::Policy policy;
        policy.standard = {3, 0, 0, k};
        const Digest seed = sha256(as_bytes(std::to_string(draw)));
        const Scope scope = derive_scope(seed, plan, wire::Assurance::standard, policy);
        missed += std::ranges::none_of(scope.pairs, [&](std::uint64_t pair) {
          const compute::Pair at = compute::pair_at(plan, pair);
          return at.step <= spread.size() && at.row < spread[at.step - 1];
        });
      }
      const double bound = 1 - detection_ppm(50'000, k) / 1e6;
      const double sigma = std::sqrt(bound * (1 - bound) / kDraws);
      INFO(k << " pairs, wrong ones in " << spread.size() << " steps");
      CHECK(missed <= kDraws * (bound + 4 * sigma));
    }
  }
}

TEST_CASE("counts are cut to what there is, and a chain is never left unchecked") {
  struct Case {
    Plan plan;
    wire::Depth depth;
    std::size_t positions, rows, pairs;
  };
  const Case cases[] = {
      {chain(8, 16, 64), {3, 0, 3, 459}, 0, 3, 128},
      {chain(8, 16, 64), {3, 9, 99, 8}, 8, 16, 8},
      {chain(8, 16, 64), {3, 0, 0, 8}, 0, 0, 8},
      {chain(8, 16, 0), {3, 0, 3, 459}, 0, 3, 128},  // rows that are recomputed whole
      {chain(8, 0, 0), {3, 0, 3, 459}, 1, 0, 0},     // no rows at all
      {chain(8, 0, 0), {3, 4, 3, 459}, 4, 0, 0},
      {of_reach(Reach::neighbours, 8, 16), {3, 0, 3, 459}, 0, 0, 24},             // 3 of each step
      {of_reach(Reach::neighbours, 8, 16, 4 << 20), {3, 0, 3, 459}, 0, 0, 5},     // 128 / (4 * 6)
      {of_reach(Reach::neighbours, 8, 16, 128 << 10), {3, 0, 3, 459}, 0, 0, 10},  // 8 MiB
      {of_reach(Reach::neighbours, 8, 200), {3, 1, 3, 459}, 1, 0, 24},
      {of_reach(Reach::whole_state, 8, 16), {3, 0, 0, 459}, 0, 0, 8},  // one at least
      {of_reach(Reach::history, 8, 16), {3, 2, 1, 0}, 2, 0, 8},
      {of_reach(Reach::history, 4096, 16), {3, 0, 3, 459}, 0, 0, wire::kPairsMax},
  };
  for (const Case& c : cases) {
    const Scope scope = scope_of(c.plan, c.depth);
    CHECK(scope.positions.size() == c.positions);
    CHECK(scope.rows.size() == c.rows);
    CHECK(scope.pairs.size() == c.pairs);
  }
  const Scope full = derive_scope(kSeed, chain(8, 16, 64), wire::Assurance::full, {});
  CHECK(full.positions.size() == 8);
  CHECK(full.pairs.empty());
}

TEST_CASE("all pairs of a step share its columns, and each step has its own") {
  const Plan plan = chain(100, 64, 256);
  const Scope scope = scope_of(plan, {3, 0, 3, 40});
  const Numbers columns = columns_of(scope, plan, 7);
  CHECK(columns.size() == 32);
  CHECK(std::ranges::is_sorted(columns, std::less_equal<>()));
  CHECK(columns.back() < 256);
  CHECK(columns == columns_of(scope, plan, 7));
  CHECK(columns != columns_of(scope, plan, 8));
  CHECK(columns_of(scope, chain(100, 64, 5), 7) == Numbers{0, 1, 2, 3, 4});
  Scope other = scope;
  other.seed = sha256(kSeed.view());
  CHECK(columns != columns_of(other, plan, 7));
}

TEST_CASE("a statement repeats a scope only with the same steps, rows and pairs") {
  const Scope scope = scope_of(chain(100, 64, 256), {3, 2, 5, 40});
  wire::Spotcheck said;
  said.positions = scope.positions;
  said.rows = scope.rows;
  said.pairs = wire::digest_of_pairs(scope.pairs);
  CHECK(repeats(said, scope));
  wire::Spotcheck other = said;
  other.pairs.digest.bytes[0] ^= 1;
  CHECK_FALSE(repeats(other, scope));
  other = said;
  --other.pairs.count;
  CHECK_FALSE(repeats(other, scope));
  other = said;
  other.rows.pop_back();
  CHECK_FALSE(repeats(other, scope));
  other = said;
  ++other.positions[0];
  CHECK_FALSE(repeats(other, scope));
}

TEST_CASE("the bounds are 1-(1-f)^k and 1-(1-f(1-(1-w)^c))^k, never overstated") {
  CHECK(detection_ppm(10'000, 459) == 990'079);  // 99 % of a forged hundredth
  for (const std::uint32_t f : {1'000U, 10'000U, 62'500U, 125'000U, 500'000U, 1'000'000U}) {
    for (const std::uint32_t w : {10'000U, 62'500U, 500'000U, 1'000'000U}) {
      for (const std::uint64_t k : {1U, 4U, 29U, 459U}) {
        for (const std::uint64_t c : {1U, 4U, 32U}) {
          INFO(f << " " << w << " " << k << " " << c);
          const double row = 1 - std::pow(1 - w / 1e6, static_cast<double>(c));
          const double exact = 1 - std::pow(1 - f / 1e6 * row, static_cast<double>(k));
          const double got = detection_ppm(f, k, w, c) / 1e6;
          CHECK(got <= exact + 1e-12);
          CHECK(got >= exact - 2e-6 * (1 + static_cast<double>(k)));
        }
      }
      CHECK(detection_ppm(f, 29, 1'000'000, 1) == detection_ppm(f, 29));
    }
  }
  CHECK(detection_ppm(10'000, 459, 10'000, 0) == 0);
  CHECK(detection_ppm(0, 459, 1'000'000, 32) == 0);
}

compute::State random_state(SeededRandom& random, std::uint64_t rows) {
  const compute::DType types[] = {compute::DType::s8, compute::DType::s32, compute::DType::f32};
  compute::State state;
  for (std::uint64_t i = 1 + random.below(3); i > 0; --i) {
    const std::uint64_t width =
        random.below(2) == 0 ? 1 + random.below(1200) : std::uint64_t{1} << random.below(12);
    state.push_back({{types[random.below(3)], {rows, width}}, {}});
  }
  if (random.below(2) == 0) state.push_back({{compute::DType::u8, {rows + 1, 9}}, {}});  // no rows
  for (compute::Tensor& tensor : state) {
    tensor.data.resize(tensor.shape.bytes());
    random.fill(tensor.data);
  }
  return state;
}

wire::Opening open_scope(const Plan& plan, const Scope& scope, const compute::State& state) {
  const compute::StateTree tree(state);
  wire::Opening opening;
  for (const compute::PartRef& part :
       compute::opening_parts(plan, scope.positions, scope.rows, scope.pairs)) {
    wire::OpenedPart opened{part.state, part.whole, part.leaf, {}, {}};
    opened.data = part.whole ? compute::state_bytes(state) : compute::leaf_data(state, part.leaf);
    if (!part.whole) opened.path = tree.path(part.leaf);
    opening.parts.push_back(std::move(opened));
  }
  return opening;
}

TEST_CASE("no opening of whatever is drawn is larger than what was bounded before the order") {
  SeededRandom random(7);
  std::uint64_t tight = 0;
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t rows = 1 + random.below(40);
    const compute::State state = random_state(random, rows);
    const auto depth = [&] { return static_cast<std::uint32_t>(random.below(30)); };
    Plan plan = chain(1 + depth(), random.below(4) == 0 ? 0 : rows, random.below(2) * 64);
    if (plan.rows > 0 && random.below(2) == 0) {
      const Reach reaches[] = {Reach::neighbours, Reach::whole_state, Reach::history};
      plan = of_reach(reaches[random.below(3)], plan.steps, rows);
    }
    plan.state_shape = compute::shape_of(state);
    wire::Policy policy;
    policy.standard = {depth(), depth() % 4, depth() / 2, depth() * 3 + 1};
    const auto assurance = random.below(4) == 0 ? wire::Assurance::full : wire::Assurance::standard;
    const Scope scope =
        derive_scope(sha256(Bytes{static_cast<std::uint8_t>(i)}), plan, assurance, policy);
    const Bytes file = wire::opening_file(open_scope(plan, scope, state));
    const std::uint64_t bound = compute::opening_bytes_bound(plan, scope.positions.size(),
                                                             scope.rows.size(), scope.pairs.size());
    INFO("plan " << i << ": " << file.size() << " bytes, bound " << bound);
    CHECK(file.size() <= bound);
    CHECK_FALSE(compute::check_openable(plan, assurance, policy, file.size() - 1).ok());
    if (file.size() * 4 >= bound * 3) ++tight;
  }
  CHECK(tight > 30);  // a bound that refused everything would be of no use
}

TEST_CASE("an order is refused whose opening no honest line could bring in time") {
  Plan plan = chain(8, 0, 0);
  plan.state_shape = {{compute::DType::s8, {1 << 20}}};
  const std::uint64_t bytes = compute::opening_bytes_bound(plan, 8, 0, 0);
  wire::Policy policy;
  const auto openable = [&](wire::Assurance assurance) {
    return compute::check_openable(plan, assurance, policy, UINT64_MAX);
  };
  policy.opening_deadline_ms =
      static_cast<std::uint32_t>(bytes / compute::kOpeningBytesPerMilli + 1);
  CHECK(openable(wire::Assurance::full).ok());
  policy.opening_deadline_ms -= 1;
  const Status late = openable(wire::Assurance::full);
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().code == Code::malformed);
  CHECK(late.error().what.find("ms that the policy gives") != std::string::npos);
}

TEST_CASE("a job is only as large as its replay may be where all of it is to be replayed") {
  Plan plan = chain(8, 0, 0);
  plan.state_shape = {{compute::DType::s8, {1 << 10}}};
  const wire::Policy policy;
  for (const std::uint64_t more : {0U, 1U}) {
    plan.reference_cost = compute::kFullOpsMax + more;
    const auto openable = [&](wire::Assurance assurance) {
      return compute::check_openable(plan, assurance, policy, UINT64_MAX).ok();
    };
    CHECK(openable(wire::Assurance::full) == (more == 0));
    CHECK(openable(wire::Assurance::forensic));
  }
}

TEST_CASE("the bound of an opening saturates where its counts are beyond every plan") {
  Plan plan = chain(compute::kStepsMax, 1 << 20, 64);
  plan.state_shape = {{compute::DType::s8, {1 << 20, 64}}};
  const std::uint64_t all = compute::opening_bytes_bound(plan, UINT64_MAX, UINT64_MAX, UINT64_MAX);
  CHECK(all > std::uint64_t{compute::kStepsMax} << 26);
  CHECK(all == compute::opening_bytes_bound(plan, plan.steps, plan.rows, plan.steps * plan.rows));
  CHECK(all > compute::opening_bytes_bound(plan, 1, 1, 1));
  plan.state_shape[0].dims[1] = std::uint64_t{1} << 40;
  CHECK(compute::opening_bytes_bound(plan, UINT64_MAX, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
  plan.shape = compute::Shape::independent;
  CHECK(compute::opening_bytes_bound(plan, 4096, 0, 0) == wire::opening_file({}).size());
}

TEST_CASE("an appeal looks at units that nobody could know, and again at those of the audit") {
  Plan units;
  units.shape = compute::Shape::independent;
  units.steps = 1'000;
  const wire::Policy policy;
  const Scope audited = derive_scope(kSeed, units, wire::Assurance::standard, policy);
  const Digest fresh = sha256(as_bytes("a draw over the appeal"));
  const Scope again = appeal_scope(fresh, audited, units, wire::Assurance::standard, policy, 617);
  const Scope other = derive_scope(fresh, units, wire::Assurance::standard, policy);
  CHECK(std::ranges::is_sorted(again.positions));
  CHECK(std::ranges::includes(again.positions, audited.positions));
  CHECK(std::ranges::includes(again.positions, other.positions));
  CHECK(std::ranges::count(again.positions, 617U) == 1);
  CHECK(again.positions.size() > audited.positions.size() + 1);
  CHECK(appeal_scope(fresh, audited, units, wire::Assurance::standard, policy, 0) ==
        appeal_scope(fresh, audited, units, wire::Assurance::standard, policy, 1));  // audited
}

TEST_CASE("of a chain an appeal looks at all that was opened, in other columns") {
  const Plan plan = chain(12, 64, 256);
  wire::Policy policy;
  policy.standard = {3, 2, 5, 40};
  const Scope audited = derive_scope(kSeed, plan, wire::Assurance::standard, policy);
  const Digest fresh = sha256(as_bytes("a draw over the appeal"));
  const Scope again = appeal_scope(fresh, audited, plan, wire::Assurance::standard, policy, 3);
  CHECK(again.positions == audited.positions);
  CHECK(again.rows == audited.rows);
  CHECK(again.pairs == audited.pairs);
  CHECK(columns_of(again, plan, 3) != columns_of(audited, plan, 3));
}

}  // namespace
}  // namespace assay::test
