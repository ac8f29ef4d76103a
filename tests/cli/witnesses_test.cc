// Two witnesses, a verifier that needs both, a provider and a renter: all of it as processes.
#include <filesystem>

#include "api/cli/demo/children.h"
#include "core/base/file.h"
#include "core/base/time.h"
#include "core/wire/receipt.h"
#include "core/wire/tlog_proof.h"
#include "core/wire/trust.h"
#include "tests/catch.h"
#include "tests/cli/program.h"
#include "tests/temporary_folder.h"

namespace assay::test {
namespace {

constexpr std::size_t kFileMax = std::size_t{64} << 20;

std::string text_of(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, kFileMax);
  return bytes.ok() ? std::string(as_text(bytes.value())) : "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A program's exit code; what it says goes to `log`.
int run(const std::string& words, const std::string& log) {
  const std::string command =
      "timeout 60 '" + program("assay-verifier") + "' " + words + " >'" + log + "' 2>&1 </dev/null";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A server as a process, on the port that it got first however often it is started.
class Server {
 public:
  Server(std::vector<std::string> arguments, std::string log)
      : arguments_(std::move(arguments)), log_(std::move(log)) {}

  void start() {
    std::vector<std::string> arguments = arguments_;
    arguments.insert(arguments.end(), {"--listen", url_.empty() ? "127.0.0.1:0" : url_.substr(7)});
    std::filesystem::remove(log_);
    Result<cli::Child> child = cli::Child::start(program("assay-verifier"), arguments, log_);
    REQUIRE(child.ok());
    child_.emplace(std::move(child).value());
    for (int i = 0; i < 600 && !has(text_of(log_), "listening on http://"); ++i) {
      system_clock().sleep(50);
    }
    const std::string said = text_of(log_);
    INFO(said);
    const std::size_t from = said.find("http://");
    REQUIRE(from != std::string::npos);
    url_ = said.substr(from, said.find('\n', from) - from);
  }
  void stop() {
    child_->stop(10'000);
    child_.reset();
  }
  const std::string& url() const { return url_; }

 private:
  const std::vector<std::string> arguments_;
  const std::string log_;
  std::string url_;
  std::optional<cli::Child> child_;
};

struct System {
  System() {
    REQUIRE(run("init --data '" + data + "' --policy demo --origin log.example/watched", log) == 0);
    std::string lines;
    for (Server* witness : {&w0, &w1}) {
      const std::string name = witness == &w0 ? "w0" : "w1";
      REQUIRE(run("witness init --data '" + (folder / name) + "' --name witness.example/" + name,
                  log) == 0);
      const std::string vkey = text_of(folder / name + "/vkey");
      CHECK(has(text_of(log), vkey.substr(0, vkey.size() - 1)));
      witness->start();
      lines +=
          "witness " + name + " " + vkey.substr(0, vkey.size() - 1) + " " + witness->url() + "\n";
    }
    std::string trust = text_of(policy);
    const std::string none = "quorum none\n";
    trust.replace(trust.find(none), none.size(), lines + "group both all w0 w1\nquorum both\n");
    REQUIRE(write_file_durably(policy, as_bytes(trust)).ok());
  }

  // A job of the provider's, ordered and paid for. The receipt goes to `receipt`.
  Ran submit(const std::string& more) {
    return assay(
        "job submit --workload gemm --rows 16 --cols 64 --steps 4 --json --deadline 60s"
        " --provider alder --key " +
            (folder / "renter.key") + " " + more,
        "ASSAY_VERIFIER=" + verifier.url());
  }

  TemporaryFolder folder;
  const std::string data = folder / "verifier";
  const std::string policy = data + "/policy.txt";
  const std::string log = folder / "log";
  Server w0{{"witness", "run", "--data", folder / "w0", "--logs", policy}, folder / "w0.log"};
  Server w1{{"witness", "run", "--data", folder / "w1", "--logs", policy}, folder / "w1.log"};
  Server verifier{{"serve", "--data", data}, folder / "serve.log"};
};

// Every proof in a receipt is under a checkpoint with both cosignatures and a stranger's line.
void check_receipt(const std::string& path, const std::string& policy) {
  const wire::Trust trust = wire::parse_trust(text_of(policy)).value();
  const Result<wire::CaseFile> file = wire::parse_case_file(text_of(path));
  REQUIRE(file.ok());
  for (const wire::LoggedEntry& entry : file.value().entries) {
    const wire::TlogProof proof = wire::parse_tlog_proof(entry.proof).value();
    CHECK(wire::parse_note(proof.checkpoint).value().signatures.size() == 4);
    const auto checked = wire::check_checkpoint(trust, proof.checkpoint);
    REQUIRE(checked.ok());
    CHECK(checked.value().witnesses.size() == 2);
  }
}

TEST_CASE("a job's receipt under two witnesses; one away; a log that was set back") {
  System system;
  const std::string receipt = system.folder / "job.assay";
  system.verifier.start();
  const std::string key = system.folder / "alder.key";
  REQUIRE(std::system(("'" + program("assay-prover") + "' init --key '" + key + "' >/dev/null 2>&1")
                          .c_str()) == 0);
  const Result<cli::Child> agent = cli::Child::start(
      program("assay-prover"),
      {"run", "--verifier", system.verifier.url(), "--key", key, "--name", "alder"},
      system.folder / "prover.log");
  REQUIRE(agent.ok());
  const std::string at_url = "ASSAY_VERIFIER=" + system.verifier.url();
  for (int i = 0; i < 200 && assay("provider show alder", at_url).code != 0; ++i) {
    system_clock().sleep(50);
  }

  const Ran paid = system.submit("--wait --receipt " + receipt);
  INFO(paid.err);
  REQUIRE(paid.code == 0);
  check_receipt(receipt, system.policy);
  const std::string audit = "audit " + receipt + " --replay 4 --policy ";
  const Ran audited = assay(audit + system.policy);
  INFO(audited.out << audited.err);
  CHECK(audited.code == 0);
  CHECK(has(audited.out, "w0"));
  const std::string head = system.folder / "head";
  const std::string verify = "log verify --policy " + system.policy + " --known-head " + head;
  CHECK(assay(verify, at_url).code == 0);
  // Whoever trusts a witness that did not sign is not served by this receipt.
  std::string stricter = text_of(system.policy);
  const wire::NoteKey w2{"witness.example/w2", wire::NoteKeyType::cosignature,
                         SigningKey::from_seed(Bytes(32, 9)).value().public_key()};
  stricter.replace(stricter.find("group both"), 20,
                   "witness w2 " + wire::vkey_text(w2) + "\ngroup both all w0 w1 w2");
  REQUIRE(write_file_durably(system.folder / "strict.txt", as_bytes(stricter)).ok());
  CHECK(assay(audit + (system.folder / "strict.txt")).code == 10);

  // A copy of the folder as it is now.
  system.verifier.stop();
  std::filesystem::copy(system.data, system.folder / "old",
                        std::filesystem::copy_options::recursive);
  system.verifier.start();

  // One witness away: orders are taken, receipts wait, what was published stays.
  system.w1.stop();
  const Ran unseen = system.submit("--wait");
  INFO(unseen.err);
  REQUIRE(unseen.code == 0);
  const std::string id = wire::parse_json(unseen.out).value().find("id")->as_string();
  CHECK(assay("job receipt " + id + " --out " + (system.folder / "late.assay"), at_url).code == 15);
  CHECK(assay("log verify --policy " + system.policy, at_url).code == 0);
  system.w1.start();
  int code = 15;
  for (int i = 0; i < 20 && code == 15; ++i) {
    code = assay("job receipt " + id + " --out " + (system.folder / "late.assay"), at_url).code;
  }
  CHECK(code == 0);
  check_receipt(system.folder / "late.assay", system.policy);
  CHECK(assay(verify, at_url).code == 0);
  system.verifier.stop();

  // The old copy is not the log that the witnesses know.
  CHECK(run("serve --data '" + (system.folder / "old") + "' --listen 127.0.0.1:0", system.log) ==
        16);
  CHECK(has(text_of(system.log), "the witness w"));
  CHECK(run("fsck --data '" + system.data + "'", system.log) == 0);
}

TEST_CASE("what a witness is told is checked, and its folder is its own") {
  const TemporaryFolder folder;
  const std::string log = folder / "log";
  const std::string data = folder / "w";
  const auto witness = [&](const std::string& words) { return run("witness " + words, log); };
  CHECK(witness("run --data '" + data + "'") == 3);
  CHECK(has(text_of(log), "witness init"));
  CHECK(witness("init --data '" + data + "' --name 'a b'") == 8);
  CHECK(witness("init --data '" + data + "'") == 2);
  CHECK(witness("init --data '" + data + "' --name w.example/1 -o json") == 0);
  CHECK(has(text_of(log), "\"vkey\": \"w.example/1+"));
  CHECK(witness("init --data '" + data + "' --name w.example/1") == 7);
  CHECK(witness("run --data '" + data + "' --listen 127.0.0.1:0") == 8);
  CHECK(has(text_of(log), "log <vkey>"));
  CHECK(witness("run --data '" + data + "' --logs '" + (folder / "none") + "'") == 3);
  CHECK(witness("") == 2);

  REQUIRE(run("init --data '" + (folder / "v") + "'", log) == 0);
  Server server({"witness", "run", "--data", data, "--logs", folder / "v" + "/policy.txt"},
                folder / "run.log");
  server.start();
  CHECK(has(text_of(folder / "run.log"), "vkey w.example/1+"));
  CHECK(witness("run --data '" + data + "' --listen 127.0.0.1:0 --logs '" + (folder / "v") +
                "/policy.txt'") == 7);
  server.stop();
}

}  // namespace
}  // namespace assay::test
