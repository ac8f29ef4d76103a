// assay.toml: what is read, and what is refused with the line and what may stand there.
#include "api/command/config_file.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using command::ConfigEntry;
using command::parse_config;

struct Refused {
  const char* text;
  const char* says;
};

TEST_CASE("settings: tables, texts, numbers, lists and comments") {
  const auto read = parse_config(
      "# everything\n"
      "verifier = \"http://127.0.0.1:8790\"  # here\n"
      "quiet = true\r\n"
      "\n"
      "[job.submit]\n"
      "price = 2.50\n"
      "provider.name = 'C:\\no # comment'\n"
      "prompt = [ \"a\",\n  \"b \\\"c\\\"\\n\", # two\n]\n"
      "[ prover . run ]\nkeep=1_024");
  REQUIRE(read.ok());
  const std::vector<ConfigEntry>& all = read.value();
  REQUIRE(all.size() == 6);
  CHECK(all[0].name() == "verifier");
  CHECK(all[0].values == std::vector<std::string>{"http://127.0.0.1:8790"});
  CHECK(all[0].line == 2);
  CHECK_FALSE(all[0].is_list);
  CHECK(all[1].values == std::vector<std::string>{"true"});
  CHECK(all[2].name() == "job.submit.price");
  CHECK(all[2].values == std::vector<std::string>{"2.50"});
  CHECK(all[3].name() == "job.submit.provider.name");
  CHECK(all[3].values == std::vector<std::string>{"C:\\no # comment"});
  CHECK(all[4].is_list);
  CHECK(all[4].values == std::vector<std::string>{"a", "b \"c\"\n"});
  CHECK(all[5].name() == "prover.run.keep");
  CHECK(all[5].values == std::vector<std::string>{"1024"});
  CHECK(all[5].line == 12);
  CHECK(parse_config("").value().empty());
}

TEST_CASE("settings: what is wrong is named with its line") {
  const Refused refused[] = {
      {"verifier", "line 1: an = is missing"},
      {"a = 1\nverifier = http://x", "line 2: write a \"text\" in quotes"},
      {"a = \"x", "line 1: the closing quote is missing"},
      {"a = \"x\ny\"", "line 1: the closing quote"},
      {"a = \"\\u0041\"", "line 1: after \\"},
      {"a = [1, 2", "line 1: a , or ] is missing"},
      {"a = [1,", "line 1: a ] is missing"},
      {"a = [1 2]", "line 1: a , or ] is missing"},
      {"a = [[1]]", "line 1: write a"},
      {"a = {b = 1}", "line 1: write a"},
      {"a = 1979-05-27T07:32:00Z", "line 1: write a"},
      {"a = 1 2", "line 1: something stands behind"},
      {"[[a]]\nb = 1", "line 1: lists of tables"},
      {"[a\nb = 1", "line 1: a ] is missing"},
      {"[a] b = 1", "line 1: something stands behind"},
      {"[]", "line 1: a name is missing"},
      {"= 1", "line 1: a name is missing"},
      {"a = 1\n\na = 2", "line 3: a stands in line 1 already"},
      {"[a]\nb = 1\n[a]\nb = 2", "line 4: a.b stands in line 2 already"},
      {"a = inf", "line 1: write a"},
      {"a = ", "line 1: write a"},
  };
  for (const Refused& it : refused) {
    INFO(it.text);
    const auto read = parse_config(it.text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == Code::malformed);
    CHECK(read.error().what.find(it.says) == 0);
  }
}

TEST_CASE("settings: any text at all ends in a value or an error") {
  std::uint32_t state = 1;
  const std::string_view signs = "ab=.[]\"'\\#\n ,1-_t";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (int n = 0; n < 24; ++n) {
      state = state * 1'664'525 + 1'013'904'223;
      text += signs[(state >> 16) % signs.size()];
    }
    const auto read = parse_config(text);
    if (!read.ok()) CHECK(read.error().what.starts_with("line "));
  }
}

}  // namespace
}  // namespace assay::test
