#include "core/compute/generate/weights.h"

#include "tests/catch.h"
#include "tests/core_generate_files/checkpoints.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::generate;

namespace {

std::string refusal(const Result<Weights>& weights) {
  return weights.ok() ? "ok" : weights.error().what;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("tensors are found in one file and in several") {
  test::TinyModel model;
  model.tensors = {{"a", {{2, 2}, {1, 2, 3, 4}}}, {"b", {{3}, {5, 6, 7}}}};
  const Bytes both = test::write_safetensors(model, {"a", "b"}, NumberType::f32);
  const Bytes first = test::write_safetensors(model, {"a"}, NumberType::bf16);
  const Bytes second = test::write_safetensors(model, {"b"}, NumberType::f16);
  const std::string index = R"({"metadata":{"total_size":1.5},"weight_map":{"b":"2","a":"1"}})";
  const WeightFile one[] = {{"model.safetensors", both}};
  const WeightFile two[] = {{"1", first}, {"2", second}};
  CHECK(weight_files(index).value() == std::vector<std::string>{"1", "2"});
  for (const Result<Weights>& weights : {Weights::parse(one), Weights::parse(two, index)}) {
    REQUIRE(refusal(weights) == "ok");
    const std::uint64_t shape[] = {2, 2};
    const Result<NumberArray> a = weights.value().tensor("a", shape);
    REQUIRE(a.ok());
    std::vector<float> values(4);
    read_numbers(a.value(), 0, values);
    CHECK(values == model.tensors["a"].values);
    CHECK(weights.value().unknown({"a", "b"}) == std::nullopt);
    CHECK(weights.value().unknown({"a"}) == "b");
    const std::uint64_t other[] = {4};
    CHECK(has(weights.value().tensor("a", other).error().what, "has shape [2, 2] where"));
    CHECK(has(weights.value().tensor("c", other).error().what, "\"c\" is missing"));
  }
}

TEST_CASE("files that differ from their index are refused") {
  test::TinyModel model;
  model.tensors = {{"a", {{1}, {1}}}, {"b", {{1}, {2}}}};
  const Bytes a = test::write_safetensors(model, {"a"}, NumberType::f32);
  const Bytes b = test::write_safetensors(model, {"b"}, NumberType::f32);
  const Bytes both = test::write_safetensors(model, {"a", "b"}, NumberType::f32);
  const auto parse = [](const Bytes& one, const Bytes& two, std::string_view index) {
    const WeightFile files[] = {{"1", one}, {"2", two}};
    return refusal(Weights::parse(files, index));
  };
  const std::string_view index = R"({"weight_map":{"a":"1","b":"2"}})";
  CHECK(parse(a, b, index) == "ok");
  CHECK(has(parse(both, b, index), "1: the tensor \"b\" is not there by the index"));
  CHECK(has(parse(a, a, index), "2: the tensor \"a\" is not there by the index"));
  CHECK(has(parse(a, b, R"({"weight_map":{"a":"1","b":"2","c":"2"}})"), "\"c\" is missing"));
  CHECK(has(parse(a, b, R"({"weight_map":{"a":"1"}})"), "\"b\" is not there by the index"));
  CHECK(has(parse(a, b, R"({"weight_map":{"a":"1","a":"2"}})"), "second"));
  CHECK(has(parse(a, b, R"({"weight_map":[]})"), "weight_map is no object"));
  const Bytes cut(b.begin(), b.end() - 1);
  CHECK(has(parse(a, cut, index), "2: safetensors: a tensor ends beyond the file"));
  CHECK(has(parse(a, {}, index), "2: safetensors: the file ends within its length"));
  const WeightFile files[] = {{"1", a}, {"2", b}};
  CHECK(has(refusal(Weights::parse(files)), "without an index"));
}

TEST_CASE("an index names plain files, and not too many") {
  for (const char* name : {"../x", "a/b", "/etc/passwd", "..", ""}) {
    const std::string index = R"({"weight_map":{"a":")" + std::string(name) + "\"}}";
    CAPTURE(index);
    CHECK_FALSE(weight_files(index).ok());
  }
  CHECK_FALSE(weight_files(R"({"weight_map":{}})").ok());
  CHECK_FALSE(weight_files(R"({"weight_map":{"a":1}})").ok());
  std::string many;
  for (int i = 0; i <= 1024; ++i) {
    const std::string number = std::to_string(i);
    many += (many.empty() ? "\"" : ",\"") + number + "\":\"" + number + "\"";
  }
  CHECK(has(weight_files("{\"weight_map\":{" + many + "}}").error().what, "1025 files"));
}
