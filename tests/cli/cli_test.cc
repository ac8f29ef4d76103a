// Exit codes, help and errors of every command, and how its options are read.
#include <sys/stat.h>

#include "api/cli/units.h"
#include "core/base/file.h"
#include "tests/catch.h"
#include "tests/cli/program.h"
#include "tests/temporary_folder.h"

namespace assay::test {
namespace {

constexpr const char* kCommands[] = {"demo",
                                     "job submit",
                                     "job status",
                                     "job watch",
                                     "job receipt",
                                     "job result",
                                     "job cancel",
                                     "audit",
                                     "slash list",
                                     "slash show",
                                     "slash check",
                                     "slash appeal",
                                     "log verify",
                                     "provider list",
                                     "provider show",
                                     "score show",
                                     "score explain",
                                     "score refold",
                                     "score what-if",
                                     "score fold",
                                     "stake init",
                                     "stake bond",
                                     "stake unbond",
                                     "stake delegate",
                                     "stake undelegate",
                                     "job settlement",
                                     "version",
                                     "provider maintenance",
                                     "match",
                                     "completion",
                                     "man",
                                     "config show",
                                     "provider watch"};

// A port that nothing listens on.
constexpr const char* kNobody = "--verifier http://127.0.0.1:1";

struct Golden {
  std::string words;
  int code;
  std::string name;    // of the code
  std::string detail;  // part of it
};

TEST_CASE("every command has help with an example, and help is a success") {
  for (const std::string command : kCommands) {
    INFO(command);
    const Ran ran = assay(command + " --help");
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
    CHECK(ran.out.find("Example:\n  assay ") != std::string::npos);
    CHECK(ran.out.find("--output") != std::string::npos);
  }
  const Ran all = assay("--help");
  CHECK(all.code == 0);
  CHECK(all.out.find("Exit codes:") != std::string::npos);
}

TEST_CASE("audit says how scripts are told of a receipt without a verdict") {
  const std::string help = assay("audit --help").out;
  const std::size_t at = help.find("--require-audit");
  REQUIRE(at != std::string::npos);
  CHECK(help.find("11", at) < help.find("--", at + 2));
}

TEST_CASE("errors: exit code, and one JSON object on stderr with any format for programs") {
  const std::string id(64, 'a');
  const TemporaryFolder folder;
  const std::string missing = folder / "none";
  const std::string policy = folder / "policy.txt";
  REQUIRE(write_file_durably(policy, as_bytes("quorum none\n")).ok());
  const std::string here = kNobody;
  const Golden goldens[] = {
      {"", 2, "usage", "assay --help"},
      {"nonsense", 2, "usage", "assay --help"},
      {"job", 2, "usage", "assay job --help"},
      {"job status", 2, "usage", "id is required"},
      {"job status " + id, 2, "usage", "ASSAY_VERIFIER"},
      {"job status " + id + " --verifier ftp://x", 2, "usage", "--verifier"},
      {"job status short " + here, 8, "malformed", "64 lower-case hex digits"},
      {"job status " + id + " " + here, 5, "network", "127.0.0.1"},
      {"job status " + id + " " + here + " --timeout soon", 2, "usage", "30s"},
      {"job receipt " + id + " " + here, 5, "network", "127.0.0.1"},
      {"job result " + id + " " + here, 5, "network", "127.0.0.1"},
      {"job result short " + here, 8, "malformed", "short"},
      {"job cancel short " + here, 8, "malformed", "short"},
      {"job submit", 2, "usage", "--workload is required"},
      {"job submit --workload tea", 2, "usage", "gemm, render"},
      {"job submit --workload render", 2, "usage", "--scene FILE.json"},
      {"job submit --workload render --scene " + missing, 3, "not_found", "none"},
      {"job submit --workload render --tensors x", 2, "usage", "gemm"},
      {"job submit --workload gemm --scene x", 2, "usage", "render"},
      {"job submit --workload gemm --x x.npy", 2, "usage", "--x and --w"},
      {"job submit --workload gemm --price 1e3", 2, "usage", "--price"},
      {"job submit --workload gemm --deadline never", 2, "usage", "--deadline"},
      {"job submit --workload gemm --assurance lax", 2, "usage", "strict"},
      {"job submit --workload gemm --rows 4000000000", 8, "malformed", "rows"},
      {"job submit --workload gemm --out x", 2, "usage", "--wait"},
      {"job submit --workload gemm " + here + " --key " + (folder / "key"), 5, "network", "127"},
      {"audit x", 2, "usage", "--policy is required"},
      {"audit " + missing + " --policy " + missing, 3, "not_found", "policy.txt"},
      {"audit " + missing + " --policy " + policy, 3, "not_found", "none"},
      {"audit " + policy + " --policy " + policy + " --max-age old", 2, "usage", "--max-age"},
      {"audit x --policy y --replay 9999", 2, "usage", "--replay"},
      {"slash check " + missing + " --policy " + policy, 3, "not_found", "none"},
      {"slash list " + here, 5, "network", "127.0.0.1"},
      {"slash show 1 " + here, 5, "network", "127.0.0.1"},
      {"slash appeal 1 " + here, 2, "usage", "--key"},
      {"slash appeal 1 --key " + missing + " " + here, 3, "not_found", "assay-prover"},
      {"log verify " + here, 5, "network", "127.0.0.1"},
      {"provider list " + here, 5, "network", "127.0.0.1"},
      {"provider show alder " + here, 5, "network", "127.0.0.1"},
      {"score show alder " + here, 5, "network", "127.0.0.1"},
      {"score explain alder " + here, 5, "network", "127.0.0.1"},
      {"job settlement " + id + " " + here, 5, "network", "127.0.0.1"},
      {"job settlement short " + here, 8, "malformed", "64 lower-case hex digits"},
      {"stake bond alder " + here + " --amount 1 --reference x", 2, "usage", "--key"},
      {"stake bond alder " + here + " --amount much --reference x --key k", 2, "usage", "--amount"},
      {"stake bond alder " + here + " --amount 1 --reference x --key " + missing, 3, "not_found",
       "assay stake init"},
      {"stake init --key " + policy, 7, "conflict", "already"},
      {"provider maintenance " + here + " --from 26h --for 2h", 2, "usage", "--key"},
      {"provider maintenance " + here + " --from soon --for 2h --key k", 2, "usage", "--from"},
      {"provider maintenance " + here + " --from 26h --for 0h --key k", 2, "usage", "--for"},
      {"provider maintenance " + here + " --from 26h --for 2h --key " + missing, 3, "not_found",
       "--key"},
      {"score fold", 2, "usage", "--counts is required"},
      {"score fold --counts " + missing, 3, "not_found", "none"},
      {"score fold --counts " + policy, 8, "malformed", "hours,soft,pass,proven"},
      {"score fold --counts " + policy + " --u 1000001", 2, "usage", "--u"},
      {"version -o xml", 2, "usage", "json"},
      {"version --wrong", 2, "usage", "assay version --help"},
  };
  for (const Golden& golden : goldens) {
    INFO(golden.words);
    const Ran plain = assay(golden.words);
    CHECK(plain.code == golden.code);
    CHECK(plain.out.empty());
    CHECK(plain.err.find("error (") != std::string::npos);
    const Ran json = assay(golden.words, "ASSAY_OUTPUT=json");
    CHECK(json.code == golden.code);
    CHECK(json.out.empty());
    const wire::Json error = error_of(json);
    REQUIRE(error.members().size() == 5);
    CHECK(error.find("code")->as_string() == golden.name);
    CHECK_FALSE(error.find("title")->as_string().empty());
    CHECK(error.find("detail")->as_string().find(golden.detail) != std::string::npos);
    CHECK(error.find("retryable")->as_bool() == (golden.name == "network"));
    CHECK(error.find("trace_id")->as_string().size() == 16);
  }
}

TEST_CASE("a demo never writes over a folder that is not a demo's") {
  const TemporaryFolder folder;
  REQUIRE(write_file_durably(folder / "thesis.txt", as_bytes("years of work")).ok());
  const Ran ran = assay("demo --json --out " + folder.path());
  CHECK(ran.code == 7);
  CHECK(error_of(ran).find("detail")->as_string().find("--out") != std::string::npos);
  CHECK(folder.entries() == 1);
}

TEST_CASE("formats: table, json, ndjson, csv; a flag goes before the variable") {
  CHECK(assay("version").out.starts_with("assay "));
  CHECK(assay("version --json").out == assay("version -o json").out);
  CHECK(assay("version -o ndjson").out.starts_with("{\"version\":\""));
  CHECK(assay("version", "ASSAY_OUTPUT=csv").out.starts_with("version\r\n"));
  CHECK(assay("version -o table", "ASSAY_OUTPUT=csv").out == assay("version").out);
  CHECK(assay("--version").out == assay("version").out);
  CHECK(assay("version", "ASSAY_OUTPUT=xml").code == 2);
}

TEST_CASE("score fold prints every line, or the last of each history, in every format") {
  const TemporaryFolder folder;
  const std::string counts = folder / "counts.csv";
  const char* text =
      "hours,soft,pass,proven,history\n0,0,300,0,a\n24,1,0,0,a\n0,0,300,0,b\n1,0,0,2,b\n";
  REQUIRE(write_file_durably(counts, as_bytes(text)).ok());
  const std::string words = "score fold --counts " + counts + " --u 994000 --p 970000 --k 800000";
  const std::string csv = assay(words + " -o csv").out;
  CHECK(csv.starts_with("history,hours,r_ppm,s_ppm,integrity_ppm,trust_ppm,tombstoned\r\n"));
  CHECK(csv.find("a,0,225759041,0,988155,921397,false\r\n") != std::string::npos);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 5);

  const Result<wire::Json> json = wire::parse_json(assay(words + " --last --json").out);
  REQUIRE(json.ok());
  CHECK(*json.value().find("stake_ppm") == wire::Json(800000));
  const wire::Json::Array& lines = json.value().find("lines")->items();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("history")->as_string() == "a");
  CHECK(*lines[1].find("trust_ppm") == wire::Json(0));
  CHECK(lines[1].find("tombstoned")->as_bool());

  const std::string table = assay(words + " --last").out;
  CHECK(table.find("b (tombstoned)") != std::string::npos);
  CHECK(std::count(table.begin(), table.end(), '\n') == 3);
}

TEST_CASE("a flag for the verifier goes before the variable") {
  const Ran ran =
      assay("provider list --verifier http://127.0.0.1:1", "ASSAY_VERIFIER=http://127.0.0.1:2");
  CHECK(ran.err.find(":1") != std::string::npos);
  const Ran other = assay("provider list", "ASSAY_VERIFIER=http://127.0.0.1:2");
  CHECK(other.code == 5);
  CHECK(other.err.find(":2") != std::string::npos);
}

// A file of settings; the program is told of it alone.
struct SettingsOf {
  TemporaryFolder folder;
  std::string variables;

  explicit SettingsOf(const std::string& text) {
    const std::string path = folder / "assay.toml";
    REQUIRE(write_file_durably(path, as_bytes(text)).ok());
    variables = "ASSAY_CONFIG='" + path + "' ";
  }
};

std::string origin_of(const Ran& ran, const std::string& name, const char* member) {
  const Result<wire::Json> json = wire::parse_json(ran.out);
  REQUIRE(json.ok());
  for (const wire::Json& it : json.value().find("settings")->items()) {
    if (it.find("name")->as_string() == name) return it.find(member)->as_string();
  }
  return "no such setting";
}

TEST_CASE("settings: a flag, then a variable, then a file, then the default") {
  const SettingsOf file("verifier = \"http://127.0.0.1:3\"\n[job.submit]\nprice = \"2.00\"\n");
  const std::string list = "provider list";
  CHECK(assay(list, file.variables).err.find(":3/") != std::string::npos);
  const std::string variable = file.variables + "ASSAY_VERIFIER=http://127.0.0.1:2";
  CHECK(assay(list, variable).err.find(":2/") != std::string::npos);
  CHECK(assay(list + " --verifier http://127.0.0.1:1", variable).err.find(":1/") !=
        std::string::npos);
  CHECK(assay(list, "ASSAY_CONFIG=").code == 2);
  const std::string submit = "job submit --workload gemm --dry-run -o csv";
  CHECK(assay(submit, file.variables).out.find(",2000000\r\n") != std::string::npos);
  CHECK(assay(submit + " --price 3", file.variables).out.find(",3000000\r\n") != std::string::npos);

  const Ran shown = assay("config show --json", variable);
  CHECK(origin_of(shown, "verifier", "origin") == "variable ASSAY_VERIFIER");
  CHECK(origin_of(shown, "verifier", "value") == "http://127.0.0.1:2");
  CHECK(origin_of(shown, "job.submit.price", "origin").ends_with("assay.toml:3"));
  CHECK(origin_of(shown, "timeout", "origin") == "default");
  CHECK(origin_of(shown, "timeout", "value") == "30s");
}

TEST_CASE("settings: the nearest file counts, and each is looked for where it is said to be") {
  const TemporaryFolder folder;
  REQUIRE(make_folders(folder / "home/.config/assay").ok());
  const auto write = [&](const std::string& path, const std::string& text) {
    REQUIRE(write_file_durably(folder / path, as_bytes(text)).ok());
  };
  write("home/.config/assay/assay.toml", "timeout = \"7s\"\nquiet = true\n");
  const std::string here =
      "HOME='" + (folder / "home") + "' sh -c 'cd " + folder.path() + " && exec \"$0\" \"$@\"'";
  CHECK(origin_of(assay("config show --json", here), "timeout", "value") == "7s");
  write("assay.toml", "timeout = \"9s\"\n");
  const Ran both = assay("config show --json", here);
  CHECK(origin_of(both, "timeout", "value") == "9s");
  CHECK(origin_of(both, "timeout", "origin") == "./assay.toml:1");
  CHECK(origin_of(both, "quiet", "origin").ends_with("home/.config/assay/assay.toml:2"));
}

TEST_CASE("settings: a mistake in a file is named, and what needs no settings runs") {
  struct Mistake {
    const char* text;
    int code;
    const char* says;
  };
  const Mistake mistakes[] = {
      {"verifer = \"x\"", 2, "line 1: verifer: there is no such setting"},
      {"[job.sumbit]\nprice = \"1\"", 2, "there is no command 'sumbit'"},
      {"[job.submit]\nprise = \"1\"", 2, "no option --prise"},
      {"output = \"xml\"", 2, "line 1: output"},
      {"quiet = \"yes\"", 2, "true or false"},
      {"timeout = [\"1s\", \"2s\"]", 2, "not a list"},
      {"verifier = http://x", 8, "line 1: write a"},
  };
  for (const Mistake& it : mistakes) {
    INFO(it.text);
    const SettingsOf file(it.text);
    const Ran ran = assay("provider list -o json", file.variables);
    CHECK(ran.code == it.code);
    CHECK(error_of(ran).find("detail")->as_string().find(it.says) != std::string::npos);
    CHECK(assay("version", file.variables).code == 0);
    CHECK(assay("completion bash", file.variables).code == 0);
    CHECK(assay("--help", file.variables).code == 0);
  }
  const SettingsOf theirs("[verifier.serve]\nlisten = \"127.0.0.1:1\"\n[prover.run]\nkeep = 1\n");
  CHECK(assay("job submit --workload gemm --dry-run", theirs.variables).code == 0);
  const SettingsOf open("quiet = true\n");
  REQUIRE(::chmod((open.folder / "assay.toml").c_str(), 0666) == 0);
  const Ran refused = assay("provider list --json", open.variables);
  CHECK(refused.code == 4);
  CHECK(error_of(refused).find("detail")->as_string().find("chmod o-w") != std::string::npos);
}

TEST_CASE("a key that others can read is refused") {
  const TemporaryFolder folder;
  const std::string key = folder / "operator.key";
  REQUIRE(assay("stake init --key " + key).code == 0);
  REQUIRE(::chmod(key.c_str(), 0640) == 0);
  const Ran ran = assay("stake bond alder --amount 1 --reference x --json --key " + key + " " +
                        std::string(kNobody));
  CHECK(ran.code == 4);
  CHECK(error_of(ran).find("detail")->as_string().find("chmod 600") != std::string::npos);
}

TEST_CASE("--explain, --curl and -v show the calls on stderr; --quiet does not") {
  const std::string list = "provider list " + std::string(kNobody);
  const std::string url = "http://127.0.0.1:1/v1/providers?limit=500";
  CHECK(assay(list + " --explain").err.find("> GET " + url + "\n< no answer") != std::string::npos);
  CHECK(assay(list + " --curl").err.find("curl -sS '" + url + "'\n") != std::string::npos);
  CHECK(assay(list + " -v").err.find("> GET " + url) != std::string::npos);
  CHECK(assay(list + " --explain --quiet").err.find("> GET") == std::string::npos);
}

TEST_CASE("colours on a terminal only, and not with NO_COLOR or --no-color") {
  const std::string words = "slash list " + std::string(kNobody);
  CHECK(assay(words).err.find('\033') == std::string::npos);
  if (!have_terminals()) {
    WARN("SKIPPED: no pseudo-terminals here (is /dev/pts mounted?), so no colours were looked at");
    return;
  }
  CHECK(assay_on_terminal(words, "TERM=xterm").find("\033[1;31merror") != std::string::npos);
  CHECK(assay_on_terminal(words, "TERM=xterm NO_COLOR=1").find("\033[1;31m") == std::string::npos);
  CHECK(assay_on_terminal(words + " --no-color", "TERM=xterm").find("\033[1;31m") ==
        std::string::npos);
}

TEST_CASE("durations and prices have one meaning each") {
  using cli::parse_duration_ms;
  using cli::parse_price_micros;
  CHECK(parse_duration_ms("500ms").value() == 500);
  CHECK(parse_duration_ms("30").value() == 30'000);
  CHECK(parse_duration_ms("2m").value() == 120'000);
  CHECK(parse_duration_ms("7d").value() == 604'800'000);
  for (const char* wrong :
       {"", "0", "0s", "-1s", "1.5s", "1 s", "s", "99999999999999999999s", "4000d", "1w"}) {
    INFO(wrong);
    CHECK_FALSE(parse_duration_ms(wrong).ok());
  }
  CHECK(parse_price_micros("1").value() == 1'000'000);
  CHECK(parse_price_micros("0.25").value() == 250'000);
  CHECK(parse_price_micros("0.000001").value() == 1);
  CHECK(parse_price_micros("0").value() == 0);
  for (const char* wrong : {"", ".", "1.", ".5", "-1", "1e3", "0.0000001", "1000000001", "1,5"}) {
    INFO(wrong);
    CHECK_FALSE(parse_price_micros(wrong).ok());
  }
  CHECK(cli::price_text(1'250'000) == "1.25");
  CHECK(cli::price_text(1'000'000) == "1.00");
}

}  // namespace
}  // namespace assay::test
