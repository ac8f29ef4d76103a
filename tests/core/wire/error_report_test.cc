#include "core/wire/error_report.h"

#include "tests/catch.h"

using namespace assay;
using namespace assay::wire;

TEST_CASE("Errors: what may pass by itself may be tried again, what is wrong may not") {
  for (const Code code :
       {Code::network, Code::rate_limited, Code::storage, Code::inconclusive, Code::interrupted}) {
    INFO(code_name(code));
    CHECK(is_retryable(code));
  }
  for (const Code code :
       {Code::internal, Code::usage, Code::not_found, Code::permission, Code::conflict,
        Code::malformed, Code::signature, Code::no_evidence, Code::proof, Code::unbound,
        Code::mismatch, Code::stale, Code::equivocation}) {
    INFO(code_name(code));
    CHECK_FALSE(is_retryable(code));
  }
}

TEST_CASE("Errors: the line for people names the code, and nobody's bytes steer the terminal") {
  const Error error = fail(Code::malformed, "name: 'a\033[2J\nb\x7F'");
  CHECK(error_line(error, false) == "error (malformed input): name: 'a?[2J?b?'");
  CHECK(error_line(error, true) == "\033[1;31merror\033[0m (malformed input): name: 'a?[2J?b?'");
  CHECK(printable("a\xC2\x9B"
                  "31m \xC2\xA0 \xC2 z") == "a?31m \xC2\xA0 \xC2 z");
  CHECK(printable("Gr\xC3\xBC\xC3\x9F"
                  "e") ==
        "Gr\xC3\xBC\xC3\x9F"
        "e");
}

TEST_CASE("Errors: the object for programs has five members, and a trace id of its own") {
  SeededRandom random(1);
  const Error error = fail(Code::network, "no answer\n");
  const Json json = error_json(error, random);
  REQUIRE(json.members().size() == 5);
  CHECK(json.find("code")->as_string() == "network");
  CHECK(json.find("title")->as_string() == code_title(Code::network));
  CHECK(json.find("detail")->as_string() == "no answer\n");
  CHECK(json.find("retryable")->as_bool());
  const std::string trace_id = json.find("trace_id")->as_string();
  CHECK(trace_id.size() == 16);
  CHECK(error_json(error, random).find("trace_id")->as_string() != trace_id);
}
