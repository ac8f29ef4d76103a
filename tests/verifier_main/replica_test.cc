// Read replicas as processes: a primary that is killed under load and comes back, one that forks.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <thread>

#include "api/client/client.h"
#include "core/base/file.h"
#include "core/wire/dsse.h"
#include "core/wire/provider.h"
#include "core/wire/trust.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"
#include "tests/verifier_main/process.h"

namespace assay {
namespace {

using test::Ran;
using test::run_verifier;
using test::Served;
using test::TemporaryFolder;

std::string registration(std::uint64_t who) {
  Bytes seed(24, 7);
  put_u64_be(seed, who);
  const SigningKey key = SigningKey::from_seed(seed).value();
  wire::Registration said;
  said.provider = key.public_key();
  said.name = "p" + std::to_string(who);
  said.device_class = "cpu";
  return wire::seal(key, wire::statement_text(wire::registration_statement(said)));
}

std::unique_ptr<api::Client> client_of(const std::string& url) {
  return api::Client::connect(url, {.attempts = 1}).value();
}

std::uint64_t size_at(api::Client& client) {
  const Result<std::string> note = client.checkpoint();
  if (!note.ok()) return 0;
  return wire::parse_checkpoint(wire::parse_note(note.value()).value().text).value().size;
}

std::string state_hash(const Ran& ran) {
  INFO(ran.out << ran.err);
  REQUIRE(ran.exit_code == 0);
  return wire::parse_json(ran.out).value().find("state_hash")->as_string();
}

struct Pair {
  Pair() {
    REQUIRE(run_verifier(folder.path(), {"init", "--data", primary}).exit_code == 0);
    std::filesystem::create_directory(folder / "out");
  }
  std::string refolded(const std::string& data) const {
    return state_hash(run_verifier(folder.path(), {"refold", "--data", data, "-o", "json"}));
  }
  std::vector<std::string> follow(const std::string& url) const {
    return {"--follow", url, "--policy", primary + "/policy.txt", "--follow-ms", "20"};
  }
  Ran once(const std::string& url) const {
    return run_verifier(folder.path(), {"serve", "--data", replica, "--follow", url, "--policy",
                                        primary + "/policy.txt", "--once", "-o", "json"});
  }

  TemporaryFolder folder;
  std::string primary = folder / "primary";
  std::string replica = folder / "replica";
};

// Registrations from several clients, as fast as they are taken, until the primary goes away.
// Returns what was acknowledged, as statement and log index.
std::vector<api::Accepted> load(const Served& served, std::uint64_t round, int for_ms) {
  std::vector<api::Accepted> acknowledged;
  std::mutex mutex;
  std::atomic<bool> gone{false};
  std::vector<std::jthread> clients;
  for (std::uint64_t client = 0; client < 4; ++client) {
    clients.emplace_back([&, client] {
      const auto port = client_of(served.url());
      for (std::uint64_t n = 0; !gone; ++n) {
        const Result<api::Accepted> accepted =
            port->submit(wire::Kind::registration, registration(round << 32 | client << 24 | n));
        if (!accepted.ok()) continue;
        const std::scoped_lock lock(mutex);
        acknowledged.push_back(accepted.value());
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(for_ms));
  served.signal(SIGKILL);
  gone = true;
  clients.clear();
  return acknowledged;
}

TEST_CASE("a primary killed under load loses nothing, and its replica has all of it") {
  const Pair pair;
  std::vector<api::Accepted> acknowledged;
  std::string address;
  std::unique_ptr<Served> replica;
  for (std::uint64_t round = 0; round < 3; ++round) {
    Served primary(pair.folder.path(), pair.primary, {}, address.empty() ? "127.0.0.1:0" : address);
    REQUIRE(primary.is_listening());
    address = primary.url().substr(std::string("http://").size());
    if (!replica) {
      replica =
          std::make_unique<Served>(pair.folder / "out", pair.replica, pair.follow(primary.url()));
      REQUIRE(replica->is_listening());
    }
    const std::vector<api::Accepted> more = load(primary, round, 400);
    CHECK(more.size() > 10);
    acknowledged.insert(acknowledged.end(), more.begin(), more.end());
    CHECK(primary.wait().exit_code == 1000 + SIGKILL);
    // It serves on without its primary.
    const auto reader = client_of(replica->url());
    CHECK(size_at(*reader) > 0);
    CHECK(reader->providers({}).ok());
  }
  Served primary(pair.folder.path(), pair.primary, {}, address);
  REQUIRE(primary.is_listening());
  const auto writer = client_of(primary.url());
  const auto reader = client_of(replica->url());
  const std::uint64_t size = size_at(*writer);
  for (int turn = 0; turn < 500 && size_at(*reader) < size; ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  REQUIRE(size_at(*reader) == size);
  CHECK(reader->checkpoint().value() == writer->checkpoint().value());
  std::size_t missing = 0;
  for (const api::Accepted& one : acknowledged) {
    const Result<wire::Json> events = reader->events(one.log_index, 1);
    const bool there = events.ok() && events.value().find("events")->items().size() == 1 &&
                       events.value().find("events")->items()[0].find("statement")->as_string() ==
                           one.statement.hex();
    missing += there ? 0 : 1;
  }
  CHECK(missing == 0);
  const Error refused = reader->submit(wire::Kind::registration, registration(1)).error();
  CHECK(refused.code == Code::permission);
  CHECK(refused.what.find(address) != std::string::npos);
  replica->signal(SIGTERM);
  primary.signal(SIGTERM);
  CHECK(replica->wait().exit_code == 0);
  CHECK(primary.wait().exit_code == 0);
  CHECK(pair.refolded(pair.replica) == pair.refolded(pair.primary));
  CHECK(run_verifier(pair.folder.path(), {"fsck", "--data", pair.replica}).exit_code == 0);
}

TEST_CASE("catching up once prints the state that the primary has") {
  const Pair pair;
  Served primary(pair.folder.path(), pair.primary);
  REQUIRE(primary.is_listening());
  const auto writer = client_of(primary.url());
  for (std::uint64_t who = 1; who <= 3; ++who) {
    REQUIRE(writer->submit(wire::Kind::registration, registration(who)).ok());
    CHECK(state_hash(pair.once(primary.url())) == pair.refolded(pair.primary));
  }
  // It takes nothing that it is not told to trust, and no folder that is somebody's.
  CHECK(run_verifier(pair.folder.path(), {"serve", "--data", pair.folder / "other", "--follow",
                                          primary.url(), "--once"})
            .exit_code == 2);
  CHECK(run_verifier(pair.folder.path(),
                     {"serve", "--data", pair.primary, "--follow", primary.url(), "--once"})
            .exit_code == 7);
  CHECK(run_verifier(pair.folder.path(), {"serve", "--data", pair.primary, "--once"}).exit_code ==
        2);
}

TEST_CASE("a forked primary is refused with 20, and both heads are kept") {
  const Pair pair;
  const std::string twin = pair.folder / "twin";
  std::filesystem::copy(pair.primary, twin, std::filesystem::copy_options::recursive);
  {
    Served primary(pair.folder.path(), pair.primary);
    REQUIRE(primary.is_listening());
    REQUIRE(client_of(primary.url())->submit(wire::Kind::registration, registration(1)).ok());
    REQUIRE(pair.once(primary.url()).exit_code == 0);
  }
  Served forked(pair.folder.path(), twin);
  REQUIRE(forked.is_listening());
  const auto writer = client_of(forked.url());
  REQUIRE(writer->submit(wire::Kind::registration, registration(2)).ok());
  REQUIRE(writer->submit(wire::Kind::registration, registration(3)).ok());
  CHECK(pair.once(forked.url()).exit_code == 20);
  const Result<Bytes> evidence = read_file(pair.replica + "/equivocation.json", 1 << 20);
  REQUIRE(evidence.ok());
  CHECK(wire::parse_json(as_text(evidence.value())).value().find("notes")->items().size() == 2);
}

}  // namespace
}  // namespace assay
