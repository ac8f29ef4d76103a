// The program as an operator meets it: exit codes (frozen), results on stdout, advice on stderr.
#include <filesystem>
#include <fstream>

#include "core/base/file.h"
#include "core/wire/json.h"
#include "core/wire/policy.h"
#include "core/wire/trust.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"
#include "tests/verifier_main/process.h"

namespace assay {
namespace {

using test::Ran;
using test::run_verifier;
using test::TemporaryFolder;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string file_text(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, std::size_t{1} << 20);
  REQUIRE(bytes.ok());
  return std::string(as_text(bytes.value()));
}

void change_mode(const std::string& path, int mode) {
  std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
}

TEST_CASE("init makes a folder that says whom to trust, and never writes over one") {
  TemporaryFolder folder;
  const std::string data = folder / "v";
  const Ran made = run_verifier(folder.path(), {"init", "--data", data, "--policy", "demo",
                                                "--origin", "log.example/one", "-o", "json"});
  REQUIRE(made.exit_code == 0);
  const wire::Json json = wire::parse_json(made.out).value();
  CHECK(json.find("origin")->as_string() == "log.example/one");

  const wire::Trust trust = wire::parse_trust(file_text(data + "/policy.txt")).value();
  REQUIRE(trust.logs.size() == 1);
  CHECK(wire::vkey_text(trust.logs[0].key) == json.find("log")->as_string());
  CHECK(trust.verifier->hex() == json.find("verifier")->as_string());
  CHECK(trust.vrf->hex() == json.find("vrf")->as_string());
  CHECK(file_text(data + "/policy.json") == wire::policy_text(wire::demo_policy()));
  CHECK(trust.policies == std::vector{wire::policy_digest(file_text(data + "/policy.json"))});
  CHECK(*trust.verifier != *trust.vrf);
  for (const char* key : {"verifier", "vrf", "log"}) {
    const auto mode = std::filesystem::status(data + "/keys/" + key + ".key").permissions();
    CHECK(static_cast<int>(mode) == 0600);
  }

  const std::string before = file_text(data + "/policy.txt");
  const Ran again = run_verifier(folder.path(), {"init", "--data", data});
  CHECK(again.exit_code == 7);
  CHECK(has(again.err, "nothing was changed"));
  CHECK(file_text(data + "/policy.txt") == before);
}

TEST_CASE("a policy file is taken as it is, and refused when it is none") {
  TemporaryFolder folder;
  const std::string policy = folder / "policy.json";
  wire::Policy mine;
  mine.name = "mine";
  std::ofstream(policy) << wire::policy_text(mine) << "\n";
  CHECK(
      run_verifier(folder.path(), {"init", "--data", folder / "a", "--policy", policy}).exit_code ==
      0);
  CHECK(file_text(folder / "a" + "/policy.json") == wire::policy_text(mine));

  std::ofstream(policy) << "{}";
  CHECK(
      run_verifier(folder.path(), {"init", "--data", folder / "b", "--policy", policy}).exit_code ==
      8);
  CHECK(run_verifier(folder.path(), {"init", "--data", folder / "b", "--policy", "nowhere.json"})
            .exit_code == 3);
  for (const char* origin : {"", "two words", "a+b"}) {
    INFO(origin);
    const Ran refused =
        run_verifier(folder.path(), {"init", "--data", folder / "b", "--origin", origin});
    CHECK(refused.exit_code == 8);
  }
  CHECK_FALSE(std::filesystem::exists(folder / "b"));
}

TEST_CASE("every way to start wrongly has its exit code and says what to do") {
  TemporaryFolder folder;
  const std::string data = folder / "v";
  REQUIRE(run_verifier(folder.path(), {"init", "--data", data}).exit_code == 0);
  REQUIRE(run_verifier(folder.path(), {"init", "--data", folder / "w"}).exit_code == 0);
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    const char* says;
  };
  const std::string none = folder / "none";
  const Case cases[] = {
      {{}, 2, "subcommand"},
      {{"serve"}, 2, "--data"},
      {{"sing"}, 2, ""},
      {{"serve", "--data", data, "-o", "yaml"}, 2, "yaml"},
      {{"serve", "--data", none}, 3, "assay-verifier init"},
      {{"fsck", "--data", none}, 3, "assay-verifier init"},
      {{"refold", "--data", none}, 3, "assay-verifier init"},
      {{"serve", "--data", data, "--listen", "somewhere"}, 2, "127.0.0.1:8790"},
      {{"serve", "--data", data, "--listen", "0.0.0.0:0"}, 4, "--public"},
      {{"serve", "--data", data, "--cpu-level", "abacus"}, 2, "--cpu-level"},
      {{"serve", "--data", data, "--replay-threads", "0"}, 2, "replay-threads"},
  };
  for (const Case& each : cases) {
    const Ran ran = run_verifier(folder.path(), each.arguments);
    INFO(ran.err);
    CHECK(ran.exit_code == each.exit_code);
    CHECK(has(ran.err + ran.out, each.says));
  }

  std::filesystem::rename(data + "/policy.txt", data + "/policy.kept");
  const Ran untrusted = run_verifier(folder.path(), {"serve", "--data", data});
  CHECK(untrusted.exit_code == 3);
  CHECK(has(untrusted.err, data + "/policy.txt is missing"));
  std::filesystem::rename(data + "/policy.kept", data + "/policy.txt");

  const std::string key = data + "/keys/log.key";
  change_mode(key, 0644);
  CHECK(run_verifier(folder.path(), {"serve", "--data", data}).exit_code == 4);
  change_mode(key, 0600);
  std::filesystem::copy_file(folder / "w" + "/keys/log.key", key,
                             std::filesystem::copy_options::overwrite_existing);
  const Ran other_key = run_verifier(folder.path(), {"serve", "--data", data});
  CHECK(other_key.exit_code == 7);
  CHECK(has(other_key.err, "another key"));
  const Ran as_json = run_verifier(folder.path(), {"serve", "--data", data, "-o", "json"});
  const wire::Json error = wire::parse_json(as_json.err).value();
  CHECK(error.find("code")->as_string() == "conflict");
  CHECK(error.find("retryable")->as_bool() == false);
}

TEST_CASE("help and version need nothing") {
  TemporaryFolder folder;
  for (const char* command : {"init", "serve", "refold", "fsck", "version"}) {
    const Ran help = run_verifier(folder.path(), {command, "--help"});
    CHECK(help.exit_code == 0);
    CHECK(has(help.out, "--output"));
  }
  CHECK(has(run_verifier(folder.path(), {"--help"}).out, "Exit codes"));
  CHECK(run_verifier(folder.path(), {"version"}).out.starts_with("assay-verifier "));
  const Ran json = run_verifier(folder.path(), {"version", "--json"});
  CHECK(wire::parse_json(json.out).value().find("version") != nullptr);
}

}  // namespace
}  // namespace assay
