// What the gemm workload accepts of an order, and what it refuses before any work.
#include <algorithm>

#include "core/compute/files/npy.h"
#include "core/compute/gemm/gemm.h"
#include "tests/catch.h"
#include "tests/core/compute/gemm/gemm_orders.h"

using namespace assay;
using namespace assay::compute;
using test::Files;
using test::gemm_parameters;

namespace {

Bytes npy_f32(const std::vector<std::uint64_t>& dims, float value) {
  std::uint64_t count = 1;
  for (std::uint64_t dim : dims) count *= dim;
  return write_npy(dims, std::vector<float>(count, value));
}

Bytes npy_s8(std::uint64_t rows, std::uint64_t cols, std::uint8_t byte) {
  Bytes out = npy_f32({rows, cols}, 0);
  out.resize(out.size() - 3 * rows * cols);
  const std::string_view f4 = "<f4", i1 = "|i1";
  const std::size_t at = as_text(out).find(f4);
  std::copy(i1.begin(), i1.end(), out.begin() + static_cast<long>(at));
  std::fill(out.end() - static_cast<long>(rows * cols), out.end(), byte);
  return out;
}

Bytes npy_with(float odd_one) {
  std::vector<float> values(9, 1.0F);
  values[4] = odd_one;
  return write_npy(std::vector<std::uint64_t>{3, 3}, values);
}

const std::string kInputs = gemm_parameters(2, 3, 4, 1, "inputs");

}  // namespace

TEST_CASE("gemm: the plan follows from the parameters alone") {
  const auto loaded = test::load_gemm(gemm_parameters(6, 10, 3, 2));
  REQUIRE(loaded.ok());
  const Plan& plan = loaded.value()->plan();
  CHECK(plan.shape == Shape::chained);
  CHECK(plan.steps == 3);
  CHECK(plan.rows == 6);
  CHECK(plan.step_ops == 2 * 10 * 10 * (6 + 8));
  CHECK(plan.reference_cost == 3 * plan.step_ops);
  CHECK(plan.result_bytes == 6 * 10 + 6 * 8);
  CHECK(plan.state_shape == StateShape{{DType::s8, {6, 10}}, {DType::s32, {6, 2}}});
  // gemms_per_step may be left out.
  const auto once = test::load_gemm(R"({"rows":6,"cols":10,"steps":3,"weights":"philox"})");
  REQUIRE(once.ok());
  CHECK(once.value()->plan().step_ops == plan.step_ops / 2);
}

TEST_CASE("gemm: parameters outside the schema or the caps are refused by name") {
  struct {
    std::string parameters;
    const char* message;
  } cases[] = {
      {"{}", "rows"},
      {gemm_parameters(0, 4, 1, 1), "rows"},
      {gemm_parameters(4, 0, 1, 1), "cols"},
      {gemm_parameters(4, 131073, 1, 1), "cols"},
      {gemm_parameters(4, 4, 0, 1), "steps"},
      {gemm_parameters(4, 4, 4097, 1), "steps"},
      {gemm_parameters(4, 4, 1, 0), "gemms_per_step"},
      {gemm_parameters(4, 4, 1, 9), "gemms_per_step"},
      {gemm_parameters(4, 4, 1, 1, "random"), "\"random\" is not one of philox, inputs"},
      {R"({"rows":4,"cols":4,"steps":1})", "weights"},
      {R"({"rows":4,"cols":4,"steps":1,"weights":"philox","seed":7})", "seed"},
      {R"({"rows":"4","cols":4,"steps":1,"weights":"philox"})", "rows"},
      {R"({"rows":-4,"cols":4,"steps":1,"weights":"philox"})", "rows"},
      {"[]", "object"},
      {gemm_parameters(16384, 4096, 1, 1), "operations of a step"},
      {gemm_parameters(67108864, 1, 1, 1), "bytes of a state"},
      {gemm_parameters(67108864, 131072, 4096, 8), "operations of a step"},
  };
  for (const auto& c : cases) {
    INFO(c.parameters);
    const auto loaded = test::load_gemm(c.parameters);
    REQUIRE_FALSE(loaded.ok());
    CHECK(loaded.error().code == Code::malformed);
    INFO(loaded.error().what);
    CHECK(loaded.error().what.find(c.message) != std::string::npos);
  }
}

TEST_CASE("gemm: inputs outside the contract are refused by name") {
  const Bytes x = npy_f32({2, 3}, 1), w = npy_f32({3, 3}, 1);
  struct {
    Files files;
    const char* message;
  } cases[] = {
      {{}, "no tensor \"x\""},
      {{{"x", x}}, "0 weights where 1..4"},
      {{{"w0", w}}, "no tensor \"x\""},
      {{{"x", x}, {"w1", w}}, "\"w0\" is missing"},
      {{{"x", x}, {"w0", w}, {"w2", w}}, "\"w1\" is missing"},
      {{{"x", x}, {"w0", w}, {"readme", w}}, "\"w1\" is missing"},
      {{{"x", x}, {"w0", w}, {"w1", w}, {"w2", w}, {"w3", w}, {"w4", w}}, "5 weights where 1..4"},
      {{{"x", w}, {"w0", w}}, "tensor \"x\": has shape [3, 3] where the order needs [2, 3]"},
      {{{"x", x}, {"w0", x}}, "tensor \"w0\": has shape [2, 3] where the order needs [3, 3]"},
      {{{"x", npy_f32({6}, 1)}, {"w0", w}}, "shape [6]"},
      {{{"x", npy_s8(2, 3, 0x80)}, {"w0", w}}, "tensor \"x\": row 0: column 0 is -128"},
      {{{"x", x}, {"w0", npy_s8(3, 3, 0x80)}}, "tensor \"w0\": row 0: column 0 is -128"},
      {{{"x", x}, {"w0", npy_with(__builtin_nanf(""))}}, "row 1: column 1 is NaN or infinite"},
      {{{"x", x}, {"w0", npy_with(__builtin_inff())}}, "row 1: column 1 is NaN or infinite"},
      {{{"x", x}, {"w0", npy_with(-__builtin_inff())}}, "row 1: column 1 is NaN or infinite"},
      {{{"x", npy_f32({2, 3}, 0x1p-101F)}, {"w0", w}}, "below 2^-100"},
      {{{"x", npy_f32({2, 3}, 0x1p-149F)}, {"w0", w}}, "below 2^-100"},
      {{{"x", x}, {"w0", npy_with(0x1p48F)}}, "scale is outside 2^-40..2^40"},
      {{{"x", x}, {"w0", npy_f32({3, 3}, 0x1p-36F)}}, "scale is outside 2^-40..2^40"},
      {{{"tensors", x}}, "input \"tensors\": safetensors"},
      {{{"x", Bytes{'P', 'K'}}, {"w0", w}}, "input \"x\""},
  };
  for (const auto& c : cases) {
    const auto loaded = test::load_gemm(kInputs, c.files);
    INFO(c.message);
    REQUIRE_FALSE(loaded.ok());
    CHECK(loaded.error().code == Code::malformed);
    INFO(loaded.error().what);
    CHECK(loaded.error().what.find(c.message) != std::string::npos);
  }
  CHECK(test::load_gemm(kInputs, {{"x", x}, {"w0", w}}).ok());
  CHECK(test::load_gemm(kInputs, {{"x", npy_s8(2, 3, 0x81)}, {"w0", w}}).ok());
  CHECK_FALSE(test::load_gemm(gemm_parameters(2, 3, 4, 1), {{"x", x}, {"w0", w}}).ok());
}
