#include "core/wire/json.h"

#include "tests/catch.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

TEST_CASE("JSON: every scenario is answered as its vector says, accepted values in one spelling") {
  for (const auto& vector : test::load_vectors("json", {"text", "hex", "dump", "fractions"}, 40)) {
    INFO(vector.name());
    const std::string text = vector.has("text") ? vector.text("text") : test::body(vector);
    JsonLimits limits;
    limits.fractions = vector.has("fractions");
    const Result<Json> json = parse_json(text, limits);
    CHECK(test::answer(json) == vector.expect());
    if (!json.ok() || !vector.has("dump")) continue;
    CHECK(json.value().dump() == vector.text("dump"));
    const Result<Json> again = parse_json(json.value().dump(), limits);
    REQUIRE(again.ok());
    CHECK(again.value() == json.value());
    const Result<Json> pretty = parse_json(json.value().pretty(), limits);
    REQUIRE(pretty.ok());
    CHECK(pretty.value() == json.value());
  }
}

TEST_CASE("JSON: the caps on bytes, values and depth are exact") {
  JsonLimits limits;
  limits.bytes_max = 9;
  limits.values_max = 4;
  limits.depth_max = 2;
  CHECK(parse_json("[1,[],22]", limits).ok());
  CHECK_FALSE(parse_json("[1,[],222]", limits).ok());  // bytes
  CHECK_FALSE(parse_json("[1,1,1,1]", limits).ok());   // values
  CHECK_FALSE(parse_json("[[[]]]", limits).ok());      // depth
  CHECK_FALSE(parse_json("[[{}]]", limits).ok());
}

TEST_CASE("JSON: an error says what was wrong and where, and echoes no unbounded input") {
  struct {
    std::string text;
    const char* says;
  } const cases[] = {
      {R"({"a":1,"a":2})", "a second \"a\" in one object before byte 13"},
      {"[1.5]", "a number with a fraction or exponent before byte 5"},
      {"[18446744073709551616]", "an integer beyond 64 bits before byte 22"},
      {"[1,", "not JSON at byte 4"},
      {"\"\xff\"", "not JSON at byte 2"},
      {"[1]x", "not JSON at byte 4"},
      {"{}" + std::string(1, '\0'), "a NUL at byte 2"},
      {std::string(40, '['), "nesting deeper than 32 before byte 33"},
  };
  for (const auto& one : cases) {
    const Result<Json> json = parse_json(one.text);
    REQUIRE_FALSE(json.ok());
    INFO(json.error().what);
    CHECK(json.error().code == Code::malformed);
    CHECK(json.error().what.find(one.says) != std::string::npos);
    CHECK(json.error().what.find('\xff') == std::string::npos);
  }
  const std::string long_key(100'000, 'k');
  const auto twice = parse_json("{\"" + long_key + "\":1,\"" + long_key + "\":2}");
  REQUIRE_FALSE(twice.ok());
  CHECK(twice.error().what.size() < 200);
  const auto digits = parse_json("1" + std::string(100'000, '0') + ".5");
  REQUIRE_FALSE(digits.ok());
  CHECK(digits.error().what.size() < 200);
}

TEST_CASE("JSON: no prefix and no single flipped bit of a text can make the parser throw") {
  const std::string text =
      R"({"_type":"https://in-toto.io/Statement/v1","n":[-12,18446744073709551615,true,null],)"
      R"("s":"\ud83d\ude00 é\u0000\\"})";
  REQUIRE(parse_json(text).ok());
  for (std::size_t i = 0; i < text.size(); ++i) {
    INFO(i);
    CHECK_FALSE(parse_json(std::string_view(text).substr(0, i)).ok());
  }
  std::size_t accepted = 0;
  test::flip_each_bit(text, [&](const std::string& mutated, std::size_t) {
    const Result<Json> json = parse_json(mutated);
    if (!json.ok()) return;
    ++accepted;
    const Result<Json> again = parse_json(json.value().dump());
    if (!again.ok() || !(again.value() == json.value())) FAIL(mutated);
  });
  CHECK(accepted > 0);
}

TEST_CASE("JSON: numbers keep their value and their range") {
  CHECK(Json(std::uint64_t{5}) == Json(5));
  CHECK(Json(UINT64_MAX).as_u64() == UINT64_MAX);
  CHECK_FALSE(Json(UINT64_MAX).as_i64().has_value());
  CHECK(Json(INT64_MIN).as_i64() == INT64_MIN);
  CHECK_FALSE(Json(-1).as_u64().has_value());
  CHECK_FALSE(Json("5").as_u64().has_value());
  CHECK_FALSE(Json(5.0).is_integer());
  CHECK(Json(5).as_double() == 5.0);
  CHECK(Json(0.1).dump() == "0.1");
  CHECK(Json(3.0).dump() == "3.0");
}

TEST_CASE("JSON: set replaces in place or appends, push appends, pretty is for people") {
  Json json = Json::object();
  json.set("b", 1).set("a", Json::array().push("x").push(Json::object())).set("b", true);
  CHECK(json.dump() == R"({"b":true,"a":["x",{}]})");
  CHECK(json.pretty() == "{\n  \"b\": true,\n  \"a\": [\n    \"x\",\n    {}\n  ]\n}");
  REQUIRE(json.find("b") != nullptr);
  CHECK(json.find("b")->as_bool());
  CHECK(json.find("c") == nullptr);
  CHECK(Json(1).find("c") == nullptr);
}
