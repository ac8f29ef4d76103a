#include "core/crypto/sha256.h"
#include "core/wire/json.h"
#include "tests/catch.h"

using namespace assay;
using namespace assay::wire;

namespace {

Json parsed(std::string_view text) {
  return parse_json(text).value();
}

// The message after reading one field of {"f": value}, or "ok".
template <class Read>
std::string reading(const std::string& value, Read read) {
  const Json json = parsed("{\"f\":" + value + "}");
  Fields in(json, "order");
  read(in);
  const Status status = in.close();
  return status.ok() ? "ok" : status.error().what;
}

}  // namespace

TEST_CASE("Fields: a good object is read to the last member") {
  const Json json = parsed(R"({"name":"é","on":true,"steps":7,"price":"18446744073709551615",)"
                           R"("at":"9007199254740992","raw":"aGk=","list":[1,2],"sub":{"x":1},)"
                           R"("digest":")" +
                           std::string(64, 'a') + "\"}");
  Fields in(json, "order");
  CHECK(in.has("name"));
  CHECK_FALSE(in.has("absent"));
  CHECK(in.text("name") == "é");
  CHECK(in.boolean("on"));
  CHECK(in.u32("steps", 1, 7) == 7);
  CHECK(in.u64("price") == UINT64_MAX);
  CHECK(in.millis("at") == std::int64_t{1} << 53);
  CHECK(as_text(in.base64("raw", 2)) == "hi");
  CHECK(in.array("list", 2).size() == 2);
  CHECK(in.value("sub").is_object());
  CHECK(in.fixed<Digest>("digest").hex() == std::string(64, 'a'));
  CHECK(in.close().ok());
}

TEST_CASE("Fields: each failure names the object, the field and the rule") {
  const auto text = [](Fields& in) { in.text("f", 3); };
  const auto u32 = [](Fields& in) { in.u32("f", 1, 4096); };
  const auto u64 = [](Fields& in) { in.u64("f"); };
  const auto millis = [](Fields& in) { in.millis("f"); };
  const auto base64 = [](Fields& in) { in.base64("f", 2); };
  const auto digest = [](Fields& in) { in.fixed<Digest>("f"); };
  const auto boolean = [](Fields& in) { in.boolean("f"); };
  const auto array = [](Fields& in) { in.array("f", 1); };

  CHECK(reading("0", u32) == "order: f: 0 is outside 1..4096");
  CHECK(reading("4097", u32) == "order: f: 4097 is outside 1..4096");
  CHECK(reading("-1", u32) == "order: f: -1 is outside 1..4096");
  CHECK(reading("\"1\"", u32) == "order: f: is not an integer");
  CHECK(reading("\"abcd\"", text) == "order: f: 4 bytes where at most 3 are allowed");
  CHECK(reading("1", text) == "order: f: is not a string");
  for (const char* control : {R"("a\n")", R"("\u0000")", R"("\u007f")", R"("\u0085")"}) {
    CHECK(reading(control, text) == "order: f: contains a control character");
  }
  CHECK(reading("\"\u00a9\"", text) == "ok");
  for (const char* number : {"\"\"", "\"+1\"", "\"-1\"", "\"01\"", "\" 1\"", "\"1 \"", "\"1.0\"",
                             "\"0x1\"", "\"18446744073709551616\"", "1", "null"}) {
    INFO(number);
    CHECK(reading(number, u64).starts_with("order: f: "));
  }
  CHECK(reading("\"0\"", u64) == "ok");
  CHECK(reading("\"9007199254740993\"", millis) ==
        "order: f: 9007199254740993 is outside 0..9007199254740992");
  CHECK(reading("\"aGk\"", base64).starts_with("order: f: "));
  CHECK(reading("\"aGkh\"", base64) == "order: f: 3 bytes where at most 2 are allowed");
  CHECK(reading("\"" + std::string(64, 'A') + "\"", digest).starts_with("order: f: "));
  CHECK(reading("\"ab\"", digest).starts_with("order: f: "));
  CHECK(reading("1", boolean) == "order: f: is neither true nor false");
  CHECK(reading("[1,2]", array) == "order: f: 2 items where at most 1 are allowed");
  CHECK(reading("{}", array) == "order: f: is not an array");
  CHECK(reading("1", [](Fields& in) { in.value("g"); }) == "order: g: is missing");
  CHECK(reading("1", [](Fields&) {}) == "order: \"f\": is not a member of this version");
}

TEST_CASE("Fields: the first failure sticks, and later reads are harmless") {
  const Json json = parsed(R"({"a":1,"b":2})");
  Fields in(json, "order");
  CHECK(in.text("a").empty());
  CHECK(in.u32("b", 5, 9) == 5);
  CHECK(in.value("c").is_null());
  CHECK(in.array("d", 1).empty());
  in.note("e", "is odd");
  CHECK_FALSE(in.ok());
  CHECK(in.close().error().what == "order: a: is not a string");
  CHECK(in.finish_open().error().code == Code::malformed);
}

TEST_CASE("Fields: something that is not an object fails at once") {
  const Json json = parsed("[1]");
  Fields in(json, "order: trace");
  CHECK(in.u32("steps") == 0);
  CHECK(in.close().error().what == "order: trace: not a JSON object");
}

TEST_CASE("Fields: finish_open allows members that nobody read, close does not") {
  const Json json = parsed(R"({"a":"x","later":1})");
  Fields open(json, "envelope");
  CHECK(open.text("a") == "x");
  CHECK(open.finish_open().ok());
  CHECK_FALSE(open.close().ok());
}
