#include "core/compute/program.h"

#include "core/base/random.h"
#include "tests/catch.h"

using namespace assay;
using namespace assay::compute;

namespace {

Tensor tensor_of(DType dtype, std::vector<std::uint64_t> dims, Bytes data) {
  Tensor out;
  out.shape.dtype = dtype;
  out.shape.dims = std::move(dims);
  out.data = std::move(data);
  return out;
}

State random_state(SeededRandom& random, std::uint64_t rows) {
  State state;
  const DType types[] = {DType::s8, DType::s32, DType::f32};
  for (std::uint64_t i = 1 + random.below(3); i > 0; --i) {
    const TensorShape shape{types[random.below(3)], {rows, 1 + random.below(900)}};
    state.push_back({shape, Bytes(shape.bytes())});
  }
  const TensorShape other{DType::s8, {rows + 1, 7}};  // no part of any row
  state.push_back({other, Bytes(other.bytes())});
  for (Tensor& tensor : state) random.fill(tensor.data);
  return state;
}

Plan plan_of(const State& state, std::uint64_t rows) {
  Plan plan;
  plan.shape = Shape::chained;
  plan.steps = 1;
  plan.reach = Reach::same_row;
  plan.rows = rows;
  plan.state_shape = shape_of(state);
  return plan;
}

std::vector<Bytes> data_of(const State& state, const std::vector<LeafRun>& runs) {
  std::vector<Bytes> out;
  for (const LeafRun& run : runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) out.push_back(leaf_data(state, run.first + i));
  }
  return out;
}

// Two units of different sizes, and nothing to compute.
class TwoUnits final : public Program {
 public:
  explicit TwoUnits(Plan plan) : Program(std::move(plan)) {}
  Result<State> start(const Engine&) const override { return State{}; }
  Result<Artefact> artefact(ByteView) const override { return Artefact{}; }
  TensorShape unit_shape(std::uint32_t step) const override { return {DType::u8, {step * 3}}; }
};

wire::WorkloadSpec gemm_spec() {
  wire::WorkloadSpec spec;
  spec.workload = "gemm";
  spec.parameters = wire::Json::object();
  spec.parameters.set("rows", 1).set("cols", 4).set("steps", 1).set("weights", "inputs");
  spec.inputs = {{"x", sha256(as_bytes("abc")), 3}};
  return spec;
}

InputSource gives(std::string text) {
  return [text](const wire::Input&) -> Result<Bytes> { return to_bytes(as_bytes(text)); };
}

}  // namespace

TEST_CASE("a row's leaves give the row back, for every row of random states") {
  SeededRandom random(8);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t rows = 1 + random.below(20);
    const State state = random_state(random, rows);
    const Plan plan = plan_of(state, rows);
    for (std::uint64_t row = 0; row < rows; ++row) {
      const std::vector<LeafRun> runs = row_leaves(plan, row);
      REQUIRE(runs.size() == state.size() - 1);
      const Result<Bytes> got = row_from_leaves(plan, row, data_of(state, runs));
      REQUIRE(got.ok());
      REQUIRE(got.value() == row_of_state(state, row));
      REQUIRE(got.value() == row_of_state_bytes(plan, state_bytes(state), row));
    }
  }
}

TEST_CASE("leaves of a row that are too few, too many or of a wrong size are refused") {
  SeededRandom random(9);
  for (int round = 0; round < 40; ++round) {
    const std::uint64_t rows = 1 + random.below(20);
    const State state = random_state(random, rows);
    const Plan plan = plan_of(state, rows);
    const std::uint64_t row = random.below(rows);
    const std::vector<Bytes> good = data_of(state, row_leaves(plan, row));
    const auto refused = [&](const std::vector<Bytes>& leaves) {
      const Result<Bytes> got = row_from_leaves(plan, row, leaves);
      return !got.ok() && got.error().code == Code::malformed;
    };
    std::vector<Bytes> bad = good;
    bad.pop_back();
    CHECK(refused(bad));
    bad = good;
    bad.push_back(bad.back());
    CHECK(refused(bad));
    for (std::size_t i = 0; i < good.size(); ++i) {
      bad = good;
      bad[i].push_back(0);
      CHECK(refused(bad));
      bad[i].resize(good[i].size() - 1);
      CHECK(refused(bad));
    }
    CHECK(refused({}));
  }
}

TEST_CASE("the subject of independent units is the root over their outputs' digests") {
  Plan plan;
  plan.steps = 2;
  plan.result_bytes = 9;
  const TwoUnits program(plan);
  const Bytes result = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  State first(1), second(1);
  first[0] = tensor_of(DType::u8, {3}, {1, 2, 3});
  second[0] = tensor_of(DType::u8, {6}, {4, 5, 6, 7, 8, 9});
  const std::vector<Digest> outputs = {state_digest(first), state_digest(second)};
  const Digest want = node_hash(leaf_hash(outputs[0].view()), leaf_hash(outputs[1].view()));
  CHECK(digest_of_outputs(outputs) == want);
  const Result<Digest> got = result_digest(program, result);
  REQUIRE(got.ok());
  CHECK(got.value() == want);
  for (std::size_t size : {0U, 2U, 3U, 8U}) {
    CHECK(result_digest(program, ByteView(result).first(size)).error().code == Code::malformed);
  }
  CHECK(result_digest(program, Bytes(10, 1)).error().code == Code::malformed);
}

TEST_CASE("the job seed is bound to its purpose and nonce") {
  Digest nonce;
  nonce.bytes[31] = 1;
  Bytes text = to_bytes(as_bytes("assay/job-seed/v1\n"));
  append(text, nonce.view());
  CHECK(job_seed(nonce) == sha256(text));
}

TEST_CASE("each cap refuses what lies beyond it, and says so") {
  CHECK(saturating_mul(1ULL << 32, 1ULL << 31) == 1ULL << 63);
  CHECK(saturating_mul(1ULL << 32, 1ULL << 32) == UINT64_MAX);
  Caps caps;
  caps.job_ops_max = caps.step_ops_max / 2 * kStepsMax;
  Plan good;
  good.steps = kStepsMax;
  good.step_ops = caps.job_ops_max / kStepsMax;
  good.result_bytes = caps.result_bytes_max;
  good.state_shape = {{DType::s8, {1 << 13, 1 << 13}}};
  REQUIRE(check_caps(good, caps).ok());
  struct {
    const char* message;
    void (*spoil)(Plan&);
  } cases[] = {
      {"steps: 0", [](Plan& p) { p.steps = 0; }},
      {"steps: 4097", [](Plan& p) { p.steps = kStepsMax + 1; }},
      {"operations of a step", [](Plan& p) { p.step_ops = (1ULL << 34) + 1; }},
      {"operations of a step", [](Plan& p) { p.step_ops = UINT64_MAX; }},
      {"operations of the job", [](Plan& p) { p.step_ops += 1; }},
      {"bytes of a state",
       [](Plan& p) {
         p.state_shape.push_back({DType::s8, {1}});
       }},
      {"bytes of a state",
       [](Plan& p) {
         p.state_shape[0].dims = {1ULL << 40, 1ULL << 40};
       }},
      {"bytes of the result", [](Plan& p) { p.result_bytes += 1; }},
  };
  for (const auto& c : cases) {
    Plan plan = good;
    c.spoil(plan);
    const Status status = check_caps(plan, caps);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Code::malformed);
    CHECK(status.error().what.find(c.message) != std::string::npos);
  }
}

TEST_CASE("an unknown workload or version is refused with the list of known ones") {
  for (const auto& [name, version] :
       {std::pair{"dream", 1U}, {"gemm", 2U}, {"", 1U}, {"GEMM", 1U}}) {
    wire::WorkloadSpec spec = gemm_spec();
    spec.workload = name;
    spec.version = version;
    const auto program = load_program(spec, gives("abc"));
    REQUIRE_FALSE(program.ok());
    CHECK(program.error().code == Code::malformed);
    CHECK(program.error().what.find("gemm@1") != std::string::npos);
  }
}

TEST_CASE("a brick's neighbours are all around it, over the ends of the grid, each once") {
  Plan plan;
  plan.reach = Reach::neighbours;
  for (const std::array<std::uint64_t, 3> grid :
       {std::array<std::uint64_t, 3>{5, 4, 7}, {1, 1, 1}, {2, 3, 1}, {9, 1, 2}, {1, 6, 6}}) {
    plan.grid = grid;
    plan.rows = grid[0] * grid[1] * grid[2];
    for (plan.halo = 0; plan.halo <= 4; ++plan.halo) {
      for (std::uint64_t row = 0; row < plan.rows; ++row) {
        const auto near = [&](std::uint64_t a, std::uint64_t b, std::uint64_t size) {
          const std::uint64_t apart = a > b ? a - b : b - a;
          return std::min(apart, size - apart) <= plan.halo;
        };
        std::vector<std::uint64_t> want;
        for (std::uint64_t other = 0; other < plan.rows; ++other) {
          const std::uint64_t plane = grid[1] * grid[2];
          if (near(row / plane, other / plane, grid[0]) &&
              near(row / grid[2] % grid[1], other / grid[2] % grid[1], grid[1]) &&
              near(row % grid[2], other % grid[2], grid[2])) {
            want.push_back(other);
          }
        }
        REQUIRE(neighbours_of(plan, row) == want);
      }
    }
  }
}

TEST_CASE("inputs must be had, have the order's size and digest, and fit the caps") {
  wire::WorkloadSpec spec = gemm_spec();
  CHECK(load_program(spec, gives("abd")).error().code == Code::no_evidence);
  CHECK(load_program(spec, gives("abcd")).error().code == Code::no_evidence);
  const InputSource none = [](const wire::Input&) -> Result<Bytes> {
    return fail(Code::no_evidence, "not here");
  };
  CHECK(load_program(spec, none).error().code == Code::no_evidence);
  CHECK(load_program(spec, none).error().what.find("input \"x\"") != std::string::npos);
  // These bytes are the order's, so it is their content that is refused.
  CHECK(load_program(spec, gives("abc")).error().code == Code::malformed);

  spec.inputs[0].size_bytes = Caps{}.input_bytes_max + 1;
  CHECK(load_program(spec, gives("abc")).error().code == Code::malformed);
  spec.inputs = {{"x", Digest{}, Caps{}.input_bytes_max}, {"w0", Digest{}, 1}};
  CHECK(load_program(spec, gives("abc")).error().code == Code::malformed);
  spec.inputs.assign(wire::kInputsMax + 1, {"x", Digest{}, 0});
  CHECK(load_program(spec, gives("abc")).error().code == Code::malformed);
}
