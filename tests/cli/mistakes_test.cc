// Mistakes on the command line: each is named, with what would be right, and nothing is done.
#include "core/base/file.h"
#include "tests/catch.h"
#include "tests/cli/program.h"
#include "tests/temporary_folder.h"

namespace assay::test {
namespace {

// Wrong usage, with nothing on stdout and all of this in its error.
void check_ends_with_2(const Ran& ran, const std::vector<std::string>& says) {
  INFO(ran.err);
  CHECK(ran.code == 2);
  CHECK(ran.out.empty());
  for (const std::string& text : says) {
    INFO(text);
    CHECK(ran.err.find(text) != std::string::npos);
  }
}

TEST_CASE("whole numbers have no sign and a range that is told") {
  struct Case {
    const char* program;
    std::string words;
    const char* option;
    const char* range;
  };
  const std::string serve = "serve --data none ";
  const std::string run = "run --key none --verifier http://127.0.0.1:1 ";
  const Case cases[] = {
      {"assay", "slash challenge ab --deposit-micros -1", "--deposit-micros",
       "from 0 to 1000000000000000"},
      {"assay", "slash challenge ab --deposit-micros 1000000000000001", "--deposit-micros",
       "from 0 to 1000000000000000"},
      {"assay", "slash dispute ab --deposit-micros 1e6", "--deposit-micros", "from 0 to"},
      {"assay", "log prove 1.5", "leaf", "from 0 to 9007199254740992"},
      {"assay-verifier", serve + "--top-up-micros -1", "--top-up-micros", "from 0 to"},
      {"assay-verifier", serve + "--webhook-from -1", "--webhook-from", "from 0 to"},
      {"assay-verifier", serve + "--blobs-gib 0", "--blobs-gib", "from 1 to 1048576"},
      {"assay-verifier", "worker --key none --replays -2", "--replays", "from 0 to"},
      {"assay-prover", run + "--keep -1", "--keep", "from 0 to"},
      {"assay-prover", run + "--max-jobs=-1", "--max-jobs", "from 0 to"},
      {"assay-prover", "prove order --key none --out none --seq 0", "--seq",
       "from 1 to 9007199254740992"},
  };
  for (const Case& each : cases) {
    check_ends_with_2(run_program(each.program, each.words), {each.option, each.range});
  }
}

// A command of `assay` that ends with 2 before anybody is asked, and what its error says.
struct Refusal {
  std::string words;
  std::string says;
};

void check_refused(const std::vector<Refusal>& refusals) {
  for (const Refusal& each : refusals) {
    check_ends_with_2(assay(each.words + " --verifier http://127.0.0.1:1"), {each.says});
  }
}

TEST_CASE("a mistyped command or option is named, with the one that was meant") {
  struct Case {
    const char* program;
    const char* words;
    const char* says;
  };
  const Case cases[] = {
      {"assay", "stauts", "there is no command 'stauts'; see: assay --help"},
      {"assay", "adit x", "there is no command 'adit': did you mean audit? See: assay --help"},
      {"assay", "job stauts x",
       "there is no command 'stauts': did you mean status? See: assay job --help"},
      {"assay", "job submit --wrkload gemm",
       "--wrkload is no option of assay job submit: did you mean --workload?"},
      {"assay", "job submit --wrkload=gemm", "--wrkload is no option of assay job submit: did"},
      {"assay", "version --frobnicate", "--frobnicate is no option of assay version; see: assay"},
      {"assay", "job status a b", "'b' is one argument too many for assay job status"},
      {"assay", "job status", "id is required"},
      {"assay", "", "A subcommand is required"},
      {"assay-verifier", "sevre --data x", "'sevre': did you mean serve? See: assay-verifier"},
      {"assay-verifier", "serve --dta x", "--dta is no option of assay-verifier serve: did you"},
      {"assay-prover", "runn", "there is no command 'runn': did you mean run?"},
  };
  for (const Case& each : cases) {
    check_ends_with_2(run_program(each.program, each.words), {each.says});
  }
}

TEST_CASE("match: a workload that this build cannot know has its version; others are known") {
  check_refused({
      {"match --workload foo", "no workload is called \"foo\": gemm@1, generate@1, render@1, "},
      {"match --workload gemm@9", "no workload is called \"gemm@9\": gemm@1"},
      {"match --workload gemm@", "no workload is called \"gemm@\""},
      {"match --workload foo@", "workload: is a name with its version: gemm@1"},
      {"match --workload @1", "workload: is a name with its version"},
  });
  for (const char* workload : {"gemm", "gemm@1", "foo@1"}) {
    INFO(workload);
    const Ran ran =
        assay(std::string("match --verifier http://127.0.0.1:1 --workload ") + workload);
    CHECK(ran.code == 5);
  }
}

TEST_CASE("what there is instead stands on one line") {
  const Ran ran = assay("job example foo");
  CHECK(ran.code == 2);
  CHECK(ran.err.find("\"foo\"; there are cavity, wake, disc, stories\n") != std::string::npos);
  const Ran trust = assay("audit x --policy /nowhere");
  CHECK(trust.code == 3);
  CHECK(trust.err.find("GET /v1/policy.txt") != std::string::npos);
}

TEST_CASE("an option of an order that does not go with its workload is named") {
  check_refused({
      {"job submit --workload gemm --parameters x.json",
       "--parameters goes with --workload train and simulate, not gemm"},
      {"job submit --workload gemm --model x", "--model goes with --workload generate, not gemm"},
      {"job submit --workload render --prompt-text x", "--prompt-text goes with"},
      {"job submit --workload render --rows 0", "--rows goes with --workload gemm, not render"},
      {"job submit --workload train --samples 4", "--samples goes with --workload render"},
      {"job submit --workload simulate --no-stop", "--no-stop goes with --workload generate"},
  });
}

}  // namespace
}  // namespace assay::test
