// assay-verifier worker and workers, as their operators call them.
#include <csignal>

#include "core/base/file.h"
#include "core/wire/json.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"
#include "tests/verifier_main/process.h"

namespace assay {
namespace {

using test::Ran;
using test::run_verifier;
using test::Served;
using test::Started;
using test::TemporaryFolder;

// A verifier that is served, and a worker's key that it does not know yet.
struct Rack {
  Rack() {
    made = run_verifier(folder.path(), {"init", "--data", data}).exit_code == 0;
    served.emplace(folder.path(), data);
    made = made && served->is_listening();
    const Ran init = run({"worker", "--init", "--key", key, "-o", "json"});
    made = made && init.exit_code == 0;
    if (made) worker = wire::parse_json(init.out).value().find("key")->as_string();
  }

  Ran run(std::vector<std::string> arguments) const {
    return run_verifier(folder.path(), std::move(arguments));
  }
  Ran workers(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"workers", "--verifier", served->url()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }
  Ran work() const { return run({"worker", "--verifier", served->url(), "--key", key}); }

  TemporaryFolder folder;
  std::string data = folder / "v";
  std::string key = folder / "worker.key";
  std::string operators = data + "/keys/verifier.key";
  std::optional<Served> served;
  bool made = false;
  std::string worker;
};

TEST_CASE("a worker's key is made once, and never written over") {
  TemporaryFolder folder;
  const std::string key = folder / "worker.key";
  CHECK(run_verifier(folder.path(), {"worker", "--init", "--key", key}).exit_code == 0);
  const Bytes made = read_file(key, 4096).value();
  const Ran again = run_verifier(folder.path(), {"worker", "--init", "--key", key});
  CHECK(again.exit_code == 7);
  CHECK(again.err.find("nothing was changed") != std::string::npos);
  CHECK(read_file(key, 4096).value() == made);
}

TEST_CASE("nobody replays whom no operator has enabled, and nobody who was suspended") {
  Rack rack;
  REQUIRE(rack.made);
  const Ran unknown = rack.work();
  CHECK(unknown.exit_code == 3);
  CHECK(unknown.err.find("is not known here") != std::string::npos);
  CHECK(unknown.err.find("--enable " + rack.worker) != std::string::npos);

  CHECK(rack.workers({"--enable", rack.worker, "--key", rack.key}).exit_code == 4);  // by itself
  const Ran enabled = rack.workers(
      {"--enable", rack.worker, "--name", "rack-2", "--key", rack.operators, "-o", "json"});
  REQUIRE(enabled.exit_code == 0);
  CHECK(wire::parse_json(enabled.out).value().find("state")->as_string() == "enabled");
  {
    Started worker(rack.folder.path(), "worker",
                   {"worker", "--verifier", rack.served->url(), "--key", rack.key});
    CHECK(worker.says("worker " + rack.worker));
    worker.signal(SIGTERM);
    CHECK(worker.wait().exit_code == 0);
  }
  const Ran table = rack.workers({});
  CHECK(table.exit_code == 0);
  CHECK(table.out.find("rack-2") != std::string::npos);
  CHECK(table.out.find("enabled") != std::string::npos);

  REQUIRE(rack.workers({"--suspend", rack.worker, "--name", "rack-2", "--key", rack.operators})
              .exit_code == 0);
  const Ran suspended = rack.work();
  CHECK(suspended.exit_code == 4);
  CHECK(suspended.err.find("suspended") != std::string::npos);
  CHECK(rack.workers({}).out.find("suspended") != std::string::npos);
  // The same words as before, and they count as before.
  for (const char* how : {"--enable", "--suspend", "--enable"}) {
    REQUIRE(
        rack.workers({how, rack.worker, "--name", "rack-2", "--key", rack.operators}).exit_code ==
        0);
    const char* state = std::string_view(how) == "--enable" ? "enabled" : "suspended";
    CHECK(rack.workers({}).out.find(state) != std::string::npos);
    CHECK(rack.workers({}).out.find("rack-2") != std::string::npos);
  }
}

TEST_CASE("what is wrong with a call about workers is said") {
  Rack rack;
  REQUIRE(rack.made);
  const struct {
    std::vector<std::string> arguments;
    int exit_code;
    const char* says;
  } rows[] = {
      {{"--enable", "abc", "--key", rack.operators}, 8, "--enable"},
      {{"--enable", rack.worker, "--key", rack.folder / "nowhere"}, 3, "--key"},
      {{"--enable", rack.worker, "--suspend", rack.worker}, 2, "--suspend"},
      {{"--enable", rack.worker, "--void-from", "3", "--key", rack.operators}, 2, "--suspend"},
      {{"--suspend", rack.worker, "--key", rack.operators}, 3, "no worker"},
  };
  for (const auto& row : rows) {
    INFO(row.says);
    const Ran ran = rack.workers(row.arguments);
    CHECK(ran.exit_code == row.exit_code);
    CHECK(ran.err.find(row.says) != std::string::npos);
  }
}

}  // namespace
}  // namespace assay
