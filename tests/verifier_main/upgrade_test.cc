// A store of another version's layout is made anew from its leaves, and nothing of them is lost.
#include <csignal>
#include <filesystem>

#include "api/client/client.h"
#include "core/wire/dsse.h"
#include "core/wire/provider.h"
#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/tables.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"
#include "tests/verifier_main/process.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
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
  return wire::seal(key, wire::statement_text(wire::registration_statement(said)));
}

struct Verifier {
  Verifier() {
    REQUIRE(run("init").exit_code == 0);
    Served served(folder.path(), data);
    REQUIRE(served.is_listening());
    const auto client = api::Client::connect(served.url()).value();
    for (std::uint8_t who = 1; who <= 3; ++who) {
      REQUIRE(client->submit(wire::Kind::registration, registration(who)).ok());
    }
    served.signal(SIGTERM);
    REQUIRE(served.wait().exit_code == 0);
  }
  Ran run(const char* command) const {
    return run_verifier(folder.path(), {command, "--data", data, "-o", "json"});
  }
  std::string state_hash() const {
    const Ran ran = run("refold");
    REQUIRE(ran.exit_code == 0);
    return wire::parse_json(ran.out).value().find("state_hash")->as_string();
  }
  // As the version before left it: no layout after the head, no days of uptime after a provider.
  void make_old() const {
    const auto store = reputation::open_lmdb_store(
                           {.folder = data + "/store", .tables = reputation::tables::names()})
                           .value();
    const auto txn = store->write().value();
    constexpr std::pair<reputation::TableId, std::size_t> kLess[] = {
        {reputation::tables::kHead, 8}, {reputation::tables::kProviders, 4}};
    for (const auto& [table, less] : kLess) {
      std::vector<std::pair<Bytes, Bytes>> rows;
      REQUIRE(txn->scan(table, {},
                        [&](ByteView key, ByteView value) {
                          const ByteView kept = value.first(value.size() - less);
                          rows.emplace_back(to_bytes(key), to_bytes(kept));
                          return true;
                        })
                  .ok());
      REQUIRE_FALSE(rows.empty());
      for (const auto& [key, value] : rows) REQUIRE(txn->put(table, key, value).ok());
    }
    REQUIRE(txn->commit().ok());
  }

  TemporaryFolder folder;
  std::string data = folder / "v";
};

TEST_CASE("a store of another layout says what to do, and then is the same log again") {
  const Verifier verifier;
  const std::string before = verifier.state_hash();
  verifier.make_old();
  for (const char* command : {"serve", "refold", "fsck"}) {
    INFO(command);
    const Ran ran = verifier.run(command);
    CHECK(ran.exit_code == 75);
    CHECK(ran.err.find("assay-verifier upgrade") != std::string::npos);
  }
  const Ran upgraded = verifier.run("upgrade");
  REQUIRE(upgraded.exit_code == 0);
  CHECK(*wire::parse_json(upgraded.out).value().find("leaves")->as_u64() == 4);
  CHECK(verifier.state_hash() == before);
  CHECK(verifier.run("fsck").exit_code == 0);
  CHECK(fs::exists(verifier.data + "/store.before/data.mdb"));
  CHECK_FALSE(fs::exists(verifier.data + "/store.new"));
  Served served(verifier.folder.path(), verifier.data);
  REQUIRE(served.is_listening());
  const auto client = api::Client::connect(served.url()).value();
  CHECK(client->submit(wire::Kind::registration, registration(3)).value().already_known);
}

TEST_CASE("an upgrade changes nothing where a verifier runs, or another's copy is in the way") {
  const Verifier verifier;
  const std::string before = verifier.state_hash();
  {
    Served served(verifier.folder.path(), verifier.data);
    REQUIRE(served.is_listening());
    const Ran ran = verifier.run("upgrade");
    CHECK(ran.exit_code == 7);
    CHECK(ran.err.find("in use by pid") != std::string::npos);
    served.signal(SIGTERM);
    REQUIRE(served.wait().exit_code == 0);
  }
  fs::create_directory(verifier.data + "/store.before");
  const Ran ran = verifier.run("upgrade");
  CHECK(ran.exit_code == 7);
  CHECK(ran.err.find("store.before") != std::string::npos);
  CHECK(verifier.state_hash() == before);
  CHECK(run_verifier(verifier.folder.path(), {"upgrade", "--data", "nowhere"}).exit_code == 3);
}

}  // namespace
}  // namespace assay
