// The program as a provider meets it: exit codes (frozen), results on stdout, advice on stderr.
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "core/base/file.h"
#include "core/wire/dsse.h"
#include "tests/catch.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::test;

namespace {

struct Ran {
  int exit_code = -1;
  std::string out;
  std::string err;
};

std::string text_of(const std::string& path) {
  const auto bytes = read_file(path, 1 << 20);
  return bytes.ok() ? std::string(as_text(bytes.value())) : "";
}

// Runs the program in `folder` through the shell; `before` sets its environment.
Ran run(const TemporaryFolder& folder, const std::string& arguments,
        const std::string& before = "") {
  const std::string command = "cd '" + folder.path() + "' && " + before + " '" ASSAY_PROVER "' " +
                              arguments + " >out.txt 2>err.txt </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(folder / "out.txt"),
          text_of(folder / "err.txt")};
}

void write(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Every way to go wrong has its exit code and says what to do next") {
  TemporaryFolder folder;
  REQUIRE(run(folder, "init --key good.key").exit_code == 0);
  REQUIRE(run(folder, "init --key secret.key --encrypt", "ASSAY_KEY_PASSPHRASE=pass").exit_code ==
          0);
  REQUIRE(run(folder, "init --key open.key").exit_code == 0);
  std::filesystem::permissions(folder / "open.key", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  write(folder / "bad.json", "{");
  const std::string there = "run --verifier http://127.0.0.1:1 ";
  struct Case {
    std::string arguments;
    int exit_code;
    const char* says;
  };
  const std::vector<Case> cases = {
      {"", 2, "subcommand"},
      {"walk", 2, ""},
      {"init", 2, "--key"},
      {"init --key good.key", 7, "never overwritten"},
      {"init --key new.key --encrypt", 2, "ASSAY_KEY_PASSPHRASE"},
      {there + "--key none.key", 3, "assay-prover init"},
      {there + "--key open.key", 4, "chmod 600"},
      {there + "--key secret.key", 2, "ASSAY_KEY_PASSPHRASE"},
      {there + "--key bad.json", 4, "chmod 600"},
      {there + "--key good.key --once", 5, "cannot be reached"},
      {there + "--key good.key --output xml", 2, "xml"},
      {there + "--key good.key --price -3", 2, "--price"},
      {there + "--key good.key --claim -3", 2, "--claim"},
      {"measure --backend abacus", 2, "--backend"},
      {there + "--key good.key --misbehave be-nice", 2, "withhold-when-sampled"},
      {"run --verifier http://verifier.example --key good.key --misbehave backdate", 4,
       "on this machine only"},
      {"prove none.json --key good.key --out out", 3, "none.json"},
      {"prove bad.json --key good.key --out out", 8, "bad.json"},
      {"prove bad.json --key good.key --out out --seq 3", 2, "--prev"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.arguments);
    const Ran ran = run(folder, c.arguments);
    CHECK(ran.exit_code == c.exit_code);
    CHECK(has(ran.err, c.says));
    CHECK(ran.out.empty());
  }
  CHECK(run(folder, there + "--key secret.key --once", "ASSAY_KEY_PASSPHRASE=wrong").exit_code ==
        4);
  CHECK(run(folder, there + "--key secret.key --once", "ASSAY_KEY_PASSPHRASE=pass").exit_code == 5);
}

TEST_CASE("With -o json an error is one JSON object on stderr") {
  TemporaryFolder folder;
  const Ran ran = run(folder, "run --verifier http://127.0.0.1:1 --key none.key -o json");
  CHECK(ran.exit_code == 3);
  const auto json = wire::parse_json(ran.err.substr(0, ran.err.find('\n')));
  REQUIRE(json.ok());
  CHECK(json.value().find("code")->as_string() == "not_found");
  CHECK_FALSE(json.value().find("retryable")->as_bool());
  for (const char* member : {"title", "detail", "trace_id"}) {
    CHECK_FALSE(json.value().find(member)->as_string().empty());
  }
}

TEST_CASE("Help and version need nothing, and help lists every cheat") {
  TemporaryFolder folder;
  CHECK(has(run(folder, "version").out, "assay-prover "));
  const Ran json = run(folder, "version --json");
  CHECK(wire::parse_json(json.out).ok());
  const Ran help = run(folder, "run --help");
  CHECK(help.exit_code == 0);
  CHECK(has(help.out, "copy-from-peer"));
  CHECK(has(help.out, "Examples:"));
}

TEST_CASE(
    "What this machine does in a hardware round is measured, and a part of it safe to claim") {
  TemporaryFolder folder;
  const Ran ran = run(folder, "measure --backend cpu --threads 1 --json");
  REQUIRE(ran.exit_code == 0);
  const auto json = wire::parse_json(ran.out);
  REQUIRE(json.ok());
  const auto number = [&](const char* name) {
    return wire::parse_u64(json.value().find(name)->as_string()).value();
  };
  CHECK(number("ops_per_second") > 1'000'000);
  CHECK(number("claim") > number("ops_per_second") / 2);
  CHECK(number("claim") < number("ops_per_second"));
}

TEST_CASE("An order is proven offline: signed or bare, with its inputs by name") {
  TemporaryFolder folder;
  const SigningKey renter = key_of(100);
  const wire::Order order = order_for(render_spec(3), renter);
  const std::string text = wire::statement_text(wire::order_statement(order));
  write(folder / "signed.json", wire::seal(renter, text));
  write(folder / "bare.json", wire::order_to_json(order).dump());
  REQUIRE(run(folder, "init --key p.key").exit_code == 0);
  const Ran missing = run(folder, "prove signed.json --key p.key --out proof");
  CHECK(missing.exit_code == 11);
  CHECK(has(missing.err, "--inputs"));
  std::filesystem::create_directory(folder / "files");
  write(folder / "files/scene", kScene);

  for (const char* name : {"signed.json", "bare.json"}) {
    CAPTURE(name);
    const Ran ran = run(
        folder, std::string("prove ") + name + " --key p.key --inputs files --out proof --json");
    REQUIRE(ran.exit_code == 0);
    const wire::Json said = wire::parse_json(ran.out).value();
    const prover::Execution& honest = honest_run(order.spec);
    CHECK(said.find("job")->as_string() == wire::statement_digest(text).hex());
    CHECK(said.find("result")->as_string() == honest.result_digest.hex());
    CHECK(read_file(folder / "proof/trace", 1 << 20).value() == wire::trace_file(honest.trace));
    CHECK(read_file(folder / "proof/result", 1 << 20).value() == honest.result);
    CHECK(text_of(folder / "proof/picture.png").substr(1, 3) == "PNG");
    const auto envelope = wire::parse_envelope(text_of(folder / "proof/attestation.dsse"));
    REQUIRE(envelope.ok());
    const auto claim = wire::parse_attestation(as_text(envelope.value().payload));
    REQUIRE(claim.ok());
    CHECK(claim.value().root.hex() == said.find("root")->as_string());
    CHECK(claim.value().seq == 1);
  }
}

TEST_CASE("A GPU that was asked for and cannot be had ends the program, and says what is missing") {
  TemporaryFolder folder;
  REQUIRE(run(folder, "init --key p.key").exit_code == 0);
  const std::string there = "run --verifier http://127.0.0.1:1 --key p.key --once ";
  const std::string fake = "--cuda-module '" ASSAY_FAKE_MODULE "'";
  struct Case {
    std::string module;
    const char* fault;
    int exit_code;
    const char* says;
  };
  const Case cases[] = {
      {"--cuda-module none.so", "", 3, "there is no none.so"},
      {"--cuda-module '" ASSAY_OTHER_VERSION_MODULE "'", "", 7, "build both anew"},
      {fake, "no_driver", 3, "is the NVIDIA driver installed"},
      {fake, "no_gpu", 3, "it shows no GPU"},
      {fake, "error:open", 15, "Fake GPU): open"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.module, c.fault);
    const std::string fault = std::string("ASSAY_FAKE_CUDA=") + c.fault;
    const Ran asked = run(folder, there + "--backend cuda " + c.module, fault);
    CHECK(asked.exit_code == c.exit_code);
    CHECK(has(asked.err, "--backend cuda"));
    CHECK(has(asked.err, c.says));
    const Ran left = run(folder, there + c.module, fault);
    CHECK(left.exit_code == 5);  // it went on, to the verifier that is not there
    CHECK(has(left.err, "backend    cpu: "));
    CHECK(has(left.err, c.says));
  }
  CHECK(has(run(folder, there + fake).err, "backend    cuda: Fake GPU"));
  CHECK(has(run(folder, there + "--backend cuda " + fake).err, "backend    cuda: Fake GPU"));
  CHECK(has(run(folder, there + "--backend cpu " + fake).err, "backend    cpu: as asked"));
  CHECK(has(run(folder, there, "ASSAY_CUDA_MODULE='" ASSAY_FAKE_MODULE "'").err, "Fake GPU"));
  CHECK(run(folder, there + "--backend gpu").exit_code == 2);
  CHECK(run(folder, there + "--backend cuda --misbehave zero-state " + fake).exit_code == 2);
  CHECK(has(run(folder, there + "--misbehave zero-state " + fake).err, "backend    cpu: as asked"));
}

TEST_CASE("The GPUs that NVML lists are shown, whether or not jobs can run on them") {
  TemporaryFolder folder;
  REQUIRE(run(folder, "init --key p.key").exit_code == 0);
  std::filesystem::create_symlink(ASSAY_FAKE_NVML_LIBRARY, folder / "libnvidia-ml.so.1");
  const Ran ran =
      run(folder, "run --verifier http://127.0.0.1:1 --key p.key --once --cuda-module none.so",
          "LD_LIBRARY_PATH=.");
  CHECK(has(ran.err, "gpu        Fake GPU 0, 16 GiB, driver 580.01, GPU-fake-0"));
  CHECK(has(ran.err, "gpu        Fake GPU 1, 32 GiB, driver 580.01, GPU-fake-1"));
  CHECK(has(ran.err, "there is no none.so"));
}

TEST_CASE("An order proven on a device says so, and one that the device gets wrong is not signed") {
  TemporaryFolder folder;
  const wire::Order order = order_for(gemm_spec(4), key_of(100));
  write(folder / "order.json", wire::order_to_json(order).dump());
  REQUIRE(run(folder, "init --key p.key").exit_code == 0);
  const std::string prove =
      "prove order.json --key p.key --out proof --json --cuda-module '" ASSAY_FAKE_MODULE "'";
  for (const char* fault : {"bits:requantize", "error:igemm8", "memory"}) {
    CAPTURE(fault);
    const Ran ran = run(folder, prove, std::string("ASSAY_FAKE_CUDA=") + fault);
    CHECK(ran.exit_code == 15);
    CHECK(has(ran.err, "run it with --backend cpu"));
    CHECK(ran.out.empty());
    CHECK_FALSE(std::filesystem::exists(folder / "proof"));
  }
  const Ran ran = run(folder, prove);
  REQUIRE(ran.exit_code == 0);
  const wire::Json said = wire::parse_json(ran.out).value();
  CHECK(said.find("backend")->as_string() == "cuda/sm_80");
  CHECK(said.find("result")->as_string() == honest_run(order.spec).result_digest.hex());
  const auto envelope = wire::parse_envelope(text_of(folder / "proof/attestation.dsse"));
  const auto claim = wire::parse_attestation(as_text(envelope.value().payload));
  CHECK(claim.value().devices.back().model == "Fake GPU");
}

TEST_CASE("A signal stops the agent in order, and the key is in use until then") {
  TemporaryFolder folder;
  REQUIRE(run(folder, "init --key p.key").exit_code == 0);
  const std::string start = "run --verifier http://127.0.0.1:1 --key p.key";
  // The shell waits for the agent, so that its exit code is ours to see.
  const std::string script =
      "'" ASSAY_PROVER "' " + start +
      " 2>first.txt & agent=$!; "
      "for i in $(seq 100); do grep -q trouble first.txt && break; sleep 0.05; done; "
      "'" ASSAY_PROVER "' " +
      start +
      " --state other 2>second.txt; echo $? >second.code; "
      "kill -TERM $agent; wait $agent; echo $? >first.code";
  const std::string command = "cd '" + folder.path() + "' && { " + script + "; } </dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(text_of(folder / "first.code") == "130\n");
  CHECK(has(text_of(folder / "first.txt"), "start again"));
  CHECK(text_of(folder / "second.code") == "7\n");
  CHECK(has(text_of(folder / "second.txt"), "in use by another process"));
}
