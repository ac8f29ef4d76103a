#include "reputation/policy/counts_file.h"

#include "tests/catch.h"

namespace assay::reputation {
namespace {

std::vector<CountedLine> parsed(std::string_view text) {
  const auto lines = parse_counts(text);
  REQUIRE(lines.ok());
  return lines.value();
}

}  // namespace

TEST_CASE("counts are read by their columns, in any order and with either line end") {
  const auto plain = parsed("hours,soft,pass,proven\n0,1,300,0\n24,0,2,3\n");
  REQUIRE(plain.size() == 2);
  CHECK(plain[0].counts == EpochCounts{.passes = 300, .soft = 1});
  CHECK(plain[1].hours == 24);
  CHECK(plain[1].counts == EpochCounts{.passes = 2, .proven = 3, .severity_ppm = 3'000'000});

  const auto full =
      parsed("history,proven,pass,soft,hours,severity_ppm,equivocations\r\na,2,1,0,5,250000,1\r\n");
  REQUIRE(full.size() == 1);
  CHECK(full[0].history == "a");
  CHECK(full[0].hours == 5);
  CHECK(full[0].counts ==
        EpochCounts{.passes = 1, .proven = 2, .severity_ppm = 250'000, .equivocations = 1});

  CHECK(parsed("hours,soft,pass,proven").empty());
  CHECK(parsed("hours,soft,pass,proven\n").empty());
  CHECK(parsed("hours,soft,pass,proven\n1,1,1,1").size() == 1);  // no newline at the end
}

TEST_CASE("what is wrong in a counts file is named by line and column") {
  struct Case {
    const char* text;
    const char* problem;
  };
  const std::string head = "hours,soft,pass,proven\n";
  const Case cases[] = {
      {"", "line 1: an unknown column"},
      {"hours,soft,pass\n", "line 1: column proven is missing"},
      {"hours,soft,pass,proven,hours\n", "line 1: hours: there twice"},
      {"hours;soft;pass;proven\n", "line 1: an unknown column"},
      {"0,0,1,0\n", "line 1: an unknown column; the first line is hours,soft,pass,proven"},
      {"1,1,1\n", "line 2: 3 cells where the first line has 4"},
      {"1,1,1,1,1\n", "line 2: 5 cells"},
      {"\n1,1,1,1\n", "line 2: 1 cells"},
      {"0,0,0,0\n1,x,1,1\n", "line 3: soft is not a number from 0 to 1000000"},
      {"-1,0,1,1\n", "line 2: hours is not"},
      {"1,0,1.5,1\n", "line 2: pass is not"},
      {"1,0,1000001,1\n", "line 2: pass is not"},
      {"1,0, 1,1\n", "line 2: pass is not"},
      {"99999999999999999999,0,1,1\n", "line 2: hours is not"},
  };
  for (const Case& it : cases) {
    const bool whole = std::string_view(it.problem).starts_with("line 1");
    const auto lines = parse_counts(whole ? it.text : head + it.text);
    INFO(it.text);
    REQUIRE_FALSE(lines.ok());
    CHECK(lines.error().code == Code::malformed);
    CHECK(lines.error().what.find(it.problem) != std::string::npos);
  }
  const std::string more = "hours,soft,pass,proven,severity_ppm,equivocations,history\n";
  for (const char* bad : {"0,0,0,1,2000001,0,a\n", "0,0,0,1,0,2,a\n", "0,0,0,0,1,0,a\n",
                          "0,0,0,0,0,0,\n", "0,0,0,0,0,0,a b\n"}) {
    CHECK_FALSE(parse_counts(more + bad).ok());
  }
  CHECK(parse_counts(more + "0,0,0,1,2000000,1,a\n").ok());
  CHECK(parse_counts(more + "0,0,0,0,0,0," + std::string(64, 'n') + "\n").ok());
  CHECK_FALSE(parse_counts(more + "0,0,0,0,0,0," + std::string(65, 'n') + "\n").ok());
}

TEST_CASE("each history starts from nothing, and its lines are folded one after the other") {
  const auto lines =
      parsed("history,hours,soft,pass,proven\na,0,0,300,0\na,24,1,0,0\nb,0,0,300,0\na,7,0,300,0\n");
  const Components components{q30_from_ppm(994'000), q30_from_ppm(970'000), q30_from_ppm(800'000)};
  const std::vector<FoldedLine> folded = fold_counts(lines, components);
  REQUIRE(folded.size() == 4);
  CHECK(folded[0].trust_ppm == 921'397);
  CHECK(folded[0].integrity_ppm == 988'155);
  CHECK(folded[1].hours == 24);
  CHECK(folded[1].trust_ppm < folded[0].trust_ppm);
  for (const std::size_t again :
       {std::size_t{2}, std::size_t{3}}) {  // a name that comes back is a new history
    CHECK(folded[again].trust_ppm == folded[0].trust_ppm);
    CHECK(folded[again].r_ppm == folded[0].r_ppm);
  }
  CHECK(fold_counts({}, components).empty());
}

TEST_CASE("absurd counts stay numbers") {
  std::string text = "hours,soft,pass,proven\n";
  for (int i = 0; i < 500; ++i) text += "1000000,1000000,1000000,1000000\n";
  const std::vector<FoldedLine> folded = fold_counts(parsed(text), {});
  CHECK(folded.back().tombstoned);
  CHECK(folded.back().trust_ppm == 0);
  CHECK(folded.back().hours == 500'000'000);
  CHECK(folded.back().s_ppm >= 1'000'000ULL * 25 * 1'000'000);
}

}  // namespace assay::reputation
