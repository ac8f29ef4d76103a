// vectors/rx1_ops on every CPU level: values of an independent reference in Python.
#include "tests/vectors.h"

#include <bit>
#include <cstring>

#include "core/compute/rx1/attention.h"
#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/limb_gemm.h"
#include "core/compute/rx1/quantize.h"
#include "core/compute/rx1/rope.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"

using namespace assay;
using namespace assay::compute;

namespace {

using test::Vector;

template <class T>
std::vector<T> values(const Vector& vector, std::string_view key) {
  const Bytes bytes = vector.bytes(key);
  REQUIRE(bytes.size() % sizeof(T) == 0);
  std::vector<T> out(bytes.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

std::vector<float> floats(const Vector& vector, std::string_view key) {
  return values<float>(vector, key);
}

std::size_t size(const Vector& vector, std::string_view key) {
  return static_cast<std::size_t>(vector.number(key));
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

template <class T>
void quantize(const Vector& vector, const Engine& engine) {
  const std::vector<float> x = floats(vector, "x"), want = floats(vector, "scale");
  std::vector<T> q(x.size());
  std::vector<float> scale(want.size());
  rx1::quantize_rows(engine, x, size(vector, "width"), std::span(q), std::span(scale));
  CHECK(q == values<T>(vector, "q"));
  CHECK(same_bits(scale, want));
}

template <class A, class B, class Gemm>
void multiply(const Vector& vector, const Engine& engine, Gemm gemm) {
  const std::vector<A> a = values<A>(vector, "a");
  const std::vector<B> b = values<B>(vector, "b");
  const std::vector<float> sa = floats(vector, "sa"), sb = floats(vector, "sb");
  std::vector<float> y(sa.size() * sb.size());
  gemm(engine, {a, sa}, {b, sb}, floats(vector, "bias"), y);
  CHECK(same_bits(y, floats(vector, "y")));
}

template <class Op>
void combine(const Vector& vector, const Engine& engine, Op op) {
  const std::vector<float> a = floats(vector, "a");
  std::vector<float> y(a.size());
  op(engine, a, floats(vector, "b"), y);
  CHECK(same_bits(y, floats(vector, "y")));
}

void rms_norm(const Vector& vector, const Engine& engine) {
  const std::vector<float> x = floats(vector, "x");
  std::vector<float> y(x.size());
  rx1::rms_norm(engine, x, floats(vector, "gain"), floats(vector, "epsilon").at(0), y);
  CHECK(same_bits(y, floats(vector, "y")));
}

void embed(const Vector& vector, const Engine& engine) {
  const auto want = floats(vector, "y");
  std::vector<float> y(want.size());
  rx1::embed(engine, values<std::int8_t>(vector, "q"), floats(vector, "scale"),
             values<std::uint32_t>(vector, "tokens"), y);
  CHECK(same_bits(y, want));
}

void rope_table(const Vector& vector, const Engine& engine) {
  const auto frequency = values<double>(vector, "frequency");
  std::vector<double> made(frequency.size());
  rx1::rope_frequencies(static_cast<double>(vector.number("base")), made);
  CHECK(same_bits(made, frequency));
  const std::vector<float> want = floats(vector, "cosine");
  std::vector<float> cosine(want.size()), sine(want.size());
  rx1::rope_table(engine, frequency, vector.number("first"), cosine, sine);
  CHECK(same_bits(cosine, want));
  CHECK(same_bits(sine, floats(vector, "sine")));
}

void rotate(const Vector& vector, const Engine& engine) {
  std::vector<float> x = floats(vector, "x");
  rx1::rotate(engine, x, size(vector, "heads"), size(vector, "head_size"), floats(vector, "cosine"),
              floats(vector, "sine"));
  CHECK(same_bits(x, floats(vector, "y")));
}

void attention(const Vector& vector, const Engine& engine) {
  const rx1::AttentionShape shape{size(vector, "heads"), size(vector, "kv_heads"),
                                  size(vector, "head_size"), floats(vector, "score_scale").at(0)};
  const auto q = values<std::int16_t>(vector, "q"), k = values<std::int16_t>(vector, "k");
  const auto v = values<std::int8_t>(vector, "v");
  const auto k_scale = floats(vector, "k_scale"), v_scale = floats(vector, "v_scale");
  std::vector<float> out(q.size());
  rx1::attention(engine, shape, vector.number("first"), q, floats(vector, "q_scale"),
                 {k, k_scale, v, v_scale}, out);
  CHECK(same_bits(out, floats(vector, "y")));
}

void run(const Vector& vector, const Engine& engine) {
  const std::string& kind = vector.text("kind");
  if (kind == "quantize_s8") return quantize<std::int8_t>(vector, engine);
  if (kind == "quantize_s16") return quantize<std::int16_t>(vector, engine);
  if (kind == "a8w8") return multiply<std::int8_t, std::int8_t>(vector, engine, rx1::gemm_a8w8);
  if (kind == "a16w8") return multiply<std::int16_t, std::int8_t>(vector, engine, rx1::gemm_a16w8);
  if (kind == "a16w16") {
    return multiply<std::int16_t, std::int16_t>(vector, engine, rx1::gemm_a16w16);
  }
  if (kind == "rms_norm") return rms_norm(vector, engine);
  if (kind == "swiglu") return combine(vector, engine, rx1::swiglu);
  if (kind == "add_residual") return combine(vector, engine, rx1::add_residual);
  if (kind == "embed") return embed(vector, engine);
  if (kind == "rope_table") return rope_table(vector, engine);
  if (kind == "rotate") return rotate(vector, engine);
  if (kind == "attention") return attention(vector, engine);
  FAIL("no such kind: " << kind);
}

}  // namespace

TEST_CASE("the tensor operations give the reference's bits on every level") {
  const auto vectors = test::load_vectors(
      "rx1_ops",
      {"kind",     "width",       "x",         "q",      "scale",   "a",       "sa",
       "b",        "sb",          "bias",      "y",      "gain",    "epsilon", "tokens",
       "base",     "first",       "frequency", "cosine", "sine",    "heads",   "head_size",
       "kv_heads", "score_scale", "q_scale",   "k",      "k_scale", "v",       "v_scale"},
      38);
  for (CpuLevel level : test::cpu_levels()) {
    const Engine engine(level, 2);
    for (const Vector& vector : vectors) {
      INFO(vector.name() << ", " << cpu_level_name(level));
      CHECK(vector.expect() == "ok");
      run(vector, engine);
    }
  }
}
