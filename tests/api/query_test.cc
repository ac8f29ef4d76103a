#include "api/server/query.h"

#include "tests/catch.h"

namespace assay {
namespace {

using api::Query;

TEST_CASE("a query gives its parameters, and defaults for those that are absent") {
  const Query query = Query::parse("a=x.Y_z~0-&n=18446744073709551615", {"a", "n", "m"}).value();
  CHECK(query.text("a") == "x.Y_z~0-");
  CHECK(query.text("m").empty());
  CHECK(query.number("n", 0, 0, UINT64_MAX).value() == UINT64_MAX);
  CHECK(query.number("m", 7, 1, 9).value() == 7);
  CHECK_FALSE(query.number("n", 0, 0, UINT64_MAX - 1).ok());
  CHECK_FALSE(query.number("a", 0, 0, 9).ok());
  CHECK(Query::parse("", {}).ok());
  CHECK(Query::parse("a=", {"a"}).value().text("a").empty());
}

TEST_CASE("a text is decoded, and holds what a word may not") {
  using Form = api::Parameter::Form;
  const std::vector<api::Parameter> known{{"t", Form::text}, "w"};
  const Query query = Query::parse("t=a%20b%3D%22%7e=<x>&w=y", known).value();
  CHECK(query.text("t") == "a b=\"~=<x>");
  CHECK(query.has("w"));
  CHECK_FALSE(query.has("v"));
  CHECK(Query::parse("t=" + std::string(1024, 'x'), known).ok());
  const std::pair<std::string, std::string> refused[] = {
      {"t=" + std::string(1025, 'x'), "at most 1024"},
      {"t=a+b", "a space as %20 and a plus as %2B"},
      {"t=%", "two hex digits"},
      {"t=%4", "two hex digits"},
      {"t=%4g", "two hex digits"},
      {"t=%0a", "printable ASCII"},
      {"t=%80", "printable ASCII"},
      {"w=%41", "letters, digits"},
  };
  for (const auto& [text, why] : refused) {
    INFO(text.substr(0, 40));
    const Result<Query> bad = Query::parse(text, known);
    REQUIRE_FALSE(bad.ok());
    CHECK(bad.error().what.find(why) != std::string::npos);
  }
}

TEST_CASE("a query that is not understood whole is refused, and says why") {
  const std::pair<std::string, std::string> cases[] = {
      {"b=1", "the parameters of this route are: a, n"},
      {"a", "a has no value"},
      {"a=1&a=1", "a comes twice"},
      {"a=" + std::string(129, 'x'), "at most 128"},
      {"a=%41", "letters, digits"},
      {"a=b=c", "letters, digits"},
      {"a=1&&n=1", "the parameters of this route"},
      {std::string("a=\0", 3), "letters, digits"},
      {"a=\xc3\xa9", "letters, digits"},
  };
  for (const auto& [text, why] : cases) {
    INFO(text);
    const Result<Query> query = Query::parse(text, {"a", "n"});
    REQUIRE_FALSE(query.ok());
    CHECK(query.error().code == Code::malformed);
    CHECK(query.error().what.find(why) != std::string::npos);
  }
}

}  // namespace
}  // namespace assay
