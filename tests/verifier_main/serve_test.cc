// The running service: found by its address, stopped in order, killed, and set back.
#include <csignal>
#include <filesystem>

#include "api/client/client.h"
#include "core/base/file.h"
#include "core/wire/dsse.h"
#include "core/wire/policy.h"
#include "core/wire/provider.h"
#include "core/wire/trust.h"
#include "tests/catch.h"
#include "tests/core_cuda/environment.h"
#include "tests/temporary_folder.h"
#include "tests/verifier_main/process.h"

namespace assay {
namespace {

using test::Ran;
using test::run_verifier;
using test::Served;
using test::TemporaryFolder;

std::string registration(std::uint8_t who) {
  const SigningKey key = SigningKey::from_seed(Bytes(32, who)).value();
  wire::Registration said;
  said.provider = key.public_key();
  said.name = "provider-" + std::to_string(who);
  said.device_class = "cpu";
  wire::Device cpu;
  cpu.uuid = "cpu-1";
  cpu.model = "CPU";
  said.devices = {cpu};
  return wire::seal(key, wire::statement_text(wire::registration_statement(said)));
}

// A data folder under the default policy: nothing is logged by itself for an hour.
struct Verifier {
  Verifier() { made = run_verifier(folder.path(), {"init", "--data", data}).exit_code == 0; }

  TemporaryFolder folder;
  std::string data = folder / "v";
  bool made = false;

  Ran run(const char* command) const {
    return run_verifier(folder.path(), {command, "--data", data});
  }
};

std::unique_ptr<api::Client> client_of(const Served& served) {
  return api::Client::connect(served.url()).value();
}

std::uint64_t signed_size(const std::string& trust_file, api::Client& client) {
  const Result<std::string> note = client.checkpoint();
  REQUIRE(note.ok());
  const Bytes trust = read_file(trust_file, wire::kTrustBytesMax).value();
  const Result<wire::CheckedCheckpoint> checked =
      wire::check_checkpoint(wire::parse_trust(as_text(trust)).value(), note.value());
  REQUIRE(checked.ok());
  return checked.value().checkpoint.size;
}

TEST_CASE("a served log grows, is stopped in order, and goes on where it was") {
  Verifier verifier;
  REQUIRE(verifier.made);
  const std::string trust = verifier.data + "/policy.txt";
  {
    Served served(verifier.folder.path(), verifier.data);
    REQUIRE(served.is_listening());
    const auto client = client_of(served);
    CHECK(signed_size(trust, *client) == 1);  // the policy
    const api::Accepted first = client->submit(wire::Kind::registration, registration(1)).value();
    CHECK(first.log_index == 1);
    CHECK_FALSE(first.already_known);
    CHECK(client->submit(wire::Kind::registration, registration(1)).value().already_known);
    CHECK(signed_size(trust, *client) == 2);
    const Bytes shown = read_file(trust, wire::kTrustBytesMax).value();
    CHECK(client->trust().value() == std::string(as_text(shown)));

    const wire::Json overview = client->overview().value();
    CHECK(overview.find("providers")->as_u64() == 1U);
    CHECK(overview.find("log")->find("size")->as_u64() == 2U);
    CHECK(overview.find("log")->find("published_size")->as_u64() == 2U);
    CHECK(overview.find("recent_slashes")->items().empty());
    CHECK(overview.find("tiers")->items().size() == 5);
    const wire::Json providers = client->providers({}).value();
    const std::string id = providers.find("providers")->items().at(0).find("id")->as_string();
    const wire::Json uptime = client->uptime(id).value();
    CHECK(uptime.find("observed")->as_u64() == 0U);  // nobody asked it yet
    CHECK(uptime.find("windows")->items().empty());
    CHECK(uptime.find("span_windows")->as_u64() == 720U);
    CHECK(client->uptime(std::string(64, 'a')).error().code == Code::not_found);

    // Both look at the store beside the running service.
    CHECK(verifier.run("fsck").exit_code == 0);
    CHECK(verifier.run("refold").exit_code == 0);
    const Ran second = verifier.run("serve");
    CHECK(second.exit_code == 7);
    CHECK(second.err.find("already in use by pid") != std::string::npos);

    served.signal(SIGTERM);
    const Ran ended = served.wait();
    CHECK(ended.exit_code == 0);
    CHECK(ended.err.find("stopped") != std::string::npos);
    CHECK(client->checkpoint().error().code == Code::network);
  }
  Served again(verifier.folder.path(), verifier.data);
  REQUIRE(again.is_listening());
  CHECK(signed_size(trust, *client_of(again)) == 2);
  again.signal(SIGINT);
  CHECK(again.wait().exit_code == 0);
}

TEST_CASE("a policy is changed by announcing the next one, and policy.txt then names both") {
  Verifier verifier;
  REQUIRE(verifier.made);
  const std::string trust = verifier.data + "/policy.txt", next = verifier.folder / "next.json";
  const auto policies = [&] {
    return wire::parse_trust(as_text(read_file(trust, wire::kTrustBytesMax).value()))
        .value()
        .policies;
  };
  wire::Policy changed;
  changed.name = "changed";
  changed.poll_ms += 1;
  const std::string text = wire::policy_text(changed);
  REQUIRE(write_file_durably(next, as_bytes(text + "\n")).ok());
  const std::vector<Digest> both = {policies().front(), wire::policy_digest(text)};
  {
    Served served(verifier.folder.path(), verifier.data, {"--change-policy", next});
    REQUIRE(served.is_listening());
    const auto client = client_of(served);
    CHECK(policies() == both);
    CHECK(wire::parse_trust(client->trust().value()).value().policies == both);
    CHECK(client->policy(both[1].hex()).value() == text);
    served.signal(SIGTERM);
    const Ran ended = served.wait();
    CHECK(ended.exit_code == 0);
    CHECK(ended.err.find("policy changed (" + both[1].hex() + ") is in force from") !=
          std::string::npos);
  }
  Served again(verifier.folder.path(), verifier.data);
  REQUIRE(again.is_listening());
  again.signal(SIGTERM);
  CHECK(again.wait().exit_code == 0);
  CHECK(policies() == both);

  const struct {
    std::string policy;
    int exit_code;
    const char* says;
  } refused[] = {{verifier.folder / "nowhere", 3, "--change-policy"},
                 {trust, 8, "--change-policy"},
                 {"demo", 7, "epoch_seconds: no policy may change it"}};
  for (const auto& row : refused) {
    INFO(row.policy);
    const Ran ran =
        run_verifier(verifier.folder.path(), {"serve", "--data", verifier.data, "--listen",
                                              "127.0.0.1:0", "--change-policy", row.policy});
    CHECK(ran.exit_code == row.exit_code);
    CHECK(ran.err.find(row.says) != std::string::npos);
  }
}

TEST_CASE("what was acknowledged survives kill -9") {
  Verifier verifier;
  REQUIRE(verifier.made);
  std::uint64_t acknowledged = 0;
  for (std::uint8_t round = 1; round <= 5; ++round) {
    Served served(verifier.folder.path(), verifier.data);
    REQUIRE(served.is_listening());
    const auto client = client_of(served);
    CHECK(signed_size(verifier.data + "/policy.txt", *client) >= acknowledged);
    const Result<api::Accepted> accepted =
        client->submit(wire::Kind::registration, registration(round));
    REQUIRE(accepted.ok());
    acknowledged = accepted.value().log_index + 1;
    served.signal(SIGKILL);
    CHECK(served.wait().exit_code == 1000 + SIGKILL);
  }
  const Ran checked =
      run_verifier(verifier.folder.path(), {"fsck", "--data", verifier.data, "-o", "json"});
  REQUIRE(checked.exit_code == 0);
  CHECK(wire::parse_json(checked.out).value().find("leaves")->as_u64() == acknowledged);
  CHECK(verifier.run("refold").exit_code == 0);
}

TEST_CASE("an older copy of the store is never served or called sound") {
  Verifier verifier;
  REQUIRE(verifier.made);
  const std::string store = verifier.data + "/store";
  const std::string copy = verifier.folder / "copy";
  for (std::uint8_t who = 1; who <= 2; ++who) {
    Served served(verifier.folder.path(), verifier.data);
    REQUIRE(served.is_listening());
    REQUIRE(client_of(served)->submit(wire::Kind::registration, registration(who)).ok());
    served.signal(SIGTERM);
    REQUIRE(served.wait().exit_code == 0);
    if (who == 1) std::filesystem::copy(store, copy);
  }
  CHECK(verifier.run("fsck").exit_code == 0);
  std::filesystem::remove_all(store);
  std::filesystem::copy(copy, store);
  for (const char* command : {"serve", "fsck"}) {
    const Ran ran = verifier.run(command);
    CHECK(ran.exit_code == 16);
    CHECK(ran.err.find("restore the newest one") != std::string::npos);
  }
}

TEST_CASE("a head that is missing or was signed by another is noticed") {
  Verifier verifier;
  REQUIRE(verifier.made);
  {
    Served served(verifier.folder.path(), verifier.data);
    REQUIRE(served.is_listening());
    served.signal(SIGTERM);
    REQUIRE(served.wait().exit_code == 0);
  }
  const std::string head = verifier.data + "/head";
  Verifier other;
  REQUIRE(other.made);
  {
    Served served(other.folder.path(), other.data);
    REQUIRE(served.is_listening());
  }
  std::filesystem::copy_file(other.data + "/head", head,
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(verifier.run("fsck").exit_code == 10);
  std::filesystem::remove(head);
  CHECK(verifier.run("fsck").exit_code == 16);
}

TEST_CASE("what replays run on is chosen at the start, and said") {
  Verifier verifier;
  REQUIRE(verifier.made);
  const struct {
    const char* backend;
    const char* module;
    const char* fault;
    int exit_code;  // 0: it serves
    const char* says;
  } rows[] = {
      {"auto", ASSAY_FAKE_MODULE, "", 0, "replays on cuda: Fake GPU"},
      {"cuda", ASSAY_FAKE_MODULE, "", 0, "replays on cuda: Fake GPU"},
      {"cpu", ASSAY_FAKE_MODULE, "", 0, "replays on cpu: as asked"},
      {"auto", "none.so", "", 0, "replays on cpu: CUDA module: there is no none.so"},
      {"auto", ASSAY_FAKE_MODULE, "no_driver", 0, "is the NVIDIA driver installed"},
      {"cuda", "none.so", "", 3, "there is no none.so"},
      {"cuda", ASSAY_OTHER_VERSION_MODULE, "", 7, "of the table"},
      {"cuda", ASSAY_FAKE_MODULE, "no_driver", 3, "is the NVIDIA driver installed"},
      {"cuda", ASSAY_FAKE_MODULE, "no_gpu", 3, "it shows no GPU"},
      {"cuda", ASSAY_FAKE_MODULE, "error:open", 15, "CUDA device 0 (Fake GPU): open"},
      {"gpu", ASSAY_FAKE_MODULE, "", 2, "--backend"},
  };
  for (const auto& row : rows) {
    INFO(row.backend << ", " << row.module << ", " << row.fault);
    const test::Environment set("ASSAY_FAKE_CUDA", row.fault);
    Served served(verifier.folder.path(), verifier.data,
                  {"--backend", row.backend, "--cuda-module", row.module});
    CHECK(served.is_listening() == (row.exit_code == 0));
    if (row.exit_code == 0) served.signal(SIGTERM);
    const Ran ran = served.wait();
    CHECK(ran.exit_code == row.exit_code);
    CHECK(ran.err.find(row.says) != std::string::npos);
  }
}

TEST_CASE("storage that fails ends the service with 75, and nothing false was acknowledged") {
  Verifier verifier;
  REQUIRE(verifier.made);
  const std::string head = verifier.data + "/head";
  {
    Served served(verifier.folder.path(), verifier.data);
    REQUIRE(served.is_listening());
    const auto client = client_of(served);
    REQUIRE(client->submit(wire::Kind::registration, registration(1)).ok());
    std::filesystem::rename(head, head + ".kept");
    std::filesystem::create_directory(head);  // the next head cannot be written
    const Result<api::Accepted> refused = client->submit(wire::Kind::registration, registration(2));
    REQUIRE_FALSE(refused.ok());
    const bool is_honest =
        refused.error().code == Code::storage || refused.error().code == Code::network;
    CHECK(is_honest);
    CHECK(served.wait().exit_code == 75);
  }
  std::filesystem::remove(head);
  std::filesystem::rename(head + ".kept", head);
  Served again(verifier.folder.path(), verifier.data);
  REQUIRE(again.is_listening());
  CHECK(client_of(again)->submit(wire::Kind::registration, registration(2)).ok());
  again.signal(SIGTERM);
  CHECK(again.wait().exit_code == 0);
  CHECK(verifier.run("fsck").exit_code == 0);
}

}  // namespace
}  // namespace assay
