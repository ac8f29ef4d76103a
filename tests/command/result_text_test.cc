// The one printer, the frozen exit codes, and what pages and completions are made of.
#include "api/command/result_text.h"

#include "api/command/completion.h"
#include "api/command/man_page.h"
#include "core/base/result.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using command::CommandNode;
using command::Format;
using command::OptionNode;
using wire::Json;

TEST_CASE("exit codes are frozen: scripts rely on the numbers") {
  const std::vector<std::pair<int, const char*>> frozen = {
      {1, "internal"},   {2, "usage"},         {3, "not_found"}, {4, "permission"},
      {5, "network"},    {6, "rate_limited"},  {7, "conflict"},  {8, "malformed"},
      {10, "signature"}, {11, "no_evidence"},  {12, "proof"},    {13, "unbound"},
      {14, "mismatch"},  {15, "inconclusive"}, {16, "stale"},    {20, "equivocation"},
      {75, "storage"},   {130, "interrupted"}};
  const std::vector<command::ExitCode> codes = command::exit_codes();
  REQUIRE(codes.size() == frozen.size() + 1);
  CHECK(codes[0].number == 0);
  for (std::size_t i = 0; i < frozen.size(); ++i) {
    CHECK(codes[i + 1].number == frozen[i].first);
    CHECK(std::string(code_name(static_cast<Code>(frozen[i].first))) == frozen[i].second);
  }
}

TEST_CASE("a result in every form") {
  const Json row = Json::object({{"name", "a,\"b\""}, {"inner", Json::object({{"n", 1}})}});
  const Json document = Json::object({{"rows", Json::array({row})}});
  const command::Table table{{"NAME", "N"}, {{"a\033[2J", "1"}, {"é", "22"}}};
  const auto text = [&](Format format) {
    return command::result_text(format, document, {row}, table);
  };
  CHECK(text(Format::table) == "NAME   N\na?[2J  1\né      22\n");
  CHECK(wire::parse_json(text(Format::json)).value() == document);
  CHECK(text(Format::ndjson) == "{\"name\":\"a,\\\"b\\\"\",\"inner\":{\"n\":1}}\n");
  CHECK(text(Format::csv) == "name,inner.n\r\n\"a,\"\"b\"\"\",1\r\n");
  for (const std::string& name : command::format_names()) CHECK(command::parse_format(name));
  CHECK_FALSE(command::parse_format("xml"));
}

CommandNode awkward() {
  OptionNode form{{"-o", "--output"},
                  {"table", "json"},
                  "It's a 'form': \\ and `so`",
                  "ASSAY_O",
                  "Output",
                  false,
                  true,
                  false};
  OptionNode file{{"file"}, {}, ".begins with a dot", "", "Positionals", true, true, true};
  CommandNode inner{"run",
                    "prog run",
                    "Runs $HOME; it's \"fine\"\nsecond line",
                    "Example:\n  prog run 'x'",
                    {form, file},
                    {}};
  return {"prog", "prog", "A program", "", {}, {inner}};
}

TEST_CASE("manual pages escape what troff would obey") {
  const std::vector<command::ManPage> pages = command::man_pages(awkward(), "1.0");
  REQUIRE(pages.size() == 2);
  CHECK(pages[1].file == "prog-run.1");
  CHECK(pages[1].text.find("\n\\&.begins") != std::string::npos);
  CHECK(pages[1].text.find("\\e and") != std::string::npos);
  CHECK(pages[1].text.find("\\fB\\-o\\fR, \\fB\\-\\-output\\fR") != std::string::npos);
  CHECK(pages[1].text.find("Variable: ASSAY_O.") != std::string::npos);
}

TEST_CASE("completions quote what a shell would obey") {
  const std::string fish = command::completion_script(awkward(), "fish").value();
  CHECK(fish.find("-d 'It\\'s a \\'form\\': \\\\ and `so`'") != std::string::npos);
  const std::string zsh = command::completion_script(awkward(), "zsh").value();
  CHECK(zsh.find("'run:Runs $HOME; it'\\''s \"fine\"'") != std::string::npos);
  CHECK(command::completion_script(awkward(), "tcsh").error().code == Code::usage);
}

}  // namespace
}  // namespace assay::test
