// An appeal as a provider meets it: a verifier and agents over HTTP, and the program `assay` beside
// them. Somebody honest is framed and wins; a cheat appeals and pays for it.
#include <thread>

#include "api/client/client.h"
#include "api/server/http_server.h"
#include "api/server/routes.h"
#include "core/base/file.h"
#include "core/crypto/key_file.h"
#include "core/wire/dsse.h"
#include "core/wire/stake.h"
#include "tests/catch.h"
#include "tests/cli/program.h"
#include "tests/service/wronged.h"

namespace assay::test {
namespace {

using prover::Misbehave;
using wire::Json;

constexpr std::int64_t kWaitMs = 60'000;

SigningKey seeded(const std::string& text) {
  return SigningKey::from_seed(sha256(as_bytes("tests/cli appeal " + text)).view()).value();
}

// A verifier of this process on a real socket. Its runner lies once.
class LiveVerifier {
 public:
  LiveVerifier()
      : policy_(policy_with_stake()),
        store_(reputation::make_memory_store(reputation::tables::names())),
        blobs_(verifier::make_memory_blobs()),
        heads_(verifier::make_memory_head_keeper()) {
    service = verifier::Service::start({*store_, *blobs_, *heads_, system_clock(), system_random()},
                                       {seeded("verifier"), seeded("vrf"), seeded("log")},
                                       "cli.example/assay", wire::policy_text(policy_), {},
                                       lying_runner(1, policy_))
                  .value();
    server_ = api::HttpServer::start(
                  {"127.0.0.1", 0, true},
                  {[this](const api::Request& request) { return api::handle(request, *service); },
                   [](const api::Request& head) { return api::body_bytes_max(head); }})
                  .value();
  }

  std::string url() const { return server_->address().url(); }
  void say(const SigningKey& key, const wire::Statement& statement) {
    const auto said =
        service->submit(statement.kind, wire::seal(key, wire::statement_text(statement)));
    ASSAY_CHECK(said.ok(), said.ok() ? "" : said.error().what);
  }

  std::unique_ptr<verifier::Service> service;

 private:
  const wire::Policy policy_;
  std::unique_ptr<reputation::Store> store_;
  std::unique_ptr<verifier::Blobs> blobs_;
  std::unique_ptr<verifier::HeadKeeper> heads_;
  std::unique_ptr<api::HttpServer> server_;
};

// A provider's agent on a thread of its own, over HTTP, with its key in a file.
class LiveProvider {
 public:
  LiveProvider(LiveVerifier& verifier, const std::string& name, std::optional<Misbehave> cheat = {})
      : key(seeded(name)), key_file(folder_ / "provider.key"), verifier_(verifier) {
    ASSAY_CHECK(write_key_file(key_file, key, "", system_random()).ok(), "no key file");
    client_ = api::Client::connect(verifier.url()).value();
    journal_ = prover::Journal::open(folder_ / "state", key.public_key()).value();
    prover::AgentOptions options;
    options.profile.name = name;
    options.profile.device_class = "cpu";
    if (cheat) options.cheat = prover::make_cheat(*cheat, {});
    agent_ = std::make_unique<prover::Agent>(
        prover::AgentPorts{*client_, system_clock(), system_random()}, seeded(name), engine_,
        *journal_, std::move(options));
    thread_ = std::thread([this] { (void)agent_->run(stop_); });
    wait_for([&] { return document().find("id") != nullptr; });
    verifier.say(bond_key(), wire::stake_statement({.provider = key.public_key(),
                                                    .move = wire::StakeMove::bond,
                                                    .amount_micros = 10'000'000,
                                                    .reference = "the bond of " + name}));
  }
  ~LiveProvider() {
    stop_ = true;
    thread_.join();
  }

  // A job for this provider, and the slash that comes of it.
  std::string slash_for_a_job() {
    wire::Order order;
    order.spec.workload = "gemm";
    order.spec.parameters =
        Json::object({{"rows", 16}, {"cols", 64}, {"steps", 8}, {"weights", "philox"}});
    order.spec.nonce = sha256(as_bytes("the job of " + key_id(key.public_key())));
    order.device_class = "cpu";
    order.price_micros = 1'000'000;
    order.deadline_ms = 30'000;
    order.provider = key.public_key();
    const SigningKey renter = seeded("renter");
    order.renter = renter.public_key();
    verifier_.say(renter, wire::order_statement(order));
    wait_for([&] {
      const Json* slashes = document().find("slashes");
      return slashes != nullptr && !slashes->items().empty();
    });
    return document().find("slashes")->items().front().find("id")->as_string();
  }
  Json document() const {
    Result<Json> found = verifier_.service->provider(key_id(key.public_key()));
    return found.ok() ? found.value() : Json::object();
  }
  std::uint64_t number(const char* of, const char* name) const {
    const Json it = document();
    const Json* value = it.find(of)->find(name);
    return value->is_string() ? wire::parse_u64(value->as_string()).value()
                              : value->as_u64().value();
  }
  std::string folder() const { return folder_.path(); }

  static void wait_for(const std::function<bool()>& done) {
    for (std::int64_t waited = 0; !done(); waited += 20) {
      REQUIRE(waited < kWaitMs);
      system_clock().sleep(20);
    }
  }

  const SigningKey key;

 private:
  TemporaryFolder folder_;

 public:
  const std::string key_file;

 private:
  LiveVerifier& verifier_;
  compute::Engine engine_{compute::best_cpu_level(), 1};
  std::unique_ptr<api::Client> client_;
  std::unique_ptr<prover::Journal> journal_;
  std::unique_ptr<prover::Agent> agent_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// `assay` against this verifier.
struct Shell {
  std::string verifier;

  Ran run(const std::string& words) const { return assay(words + " --verifier " + verifier); }
  Json json(const std::string& words) const {
    const Ran ran = run(words + " --json");
    INFO(words << ": " << ran.err);
    REQUIRE(ran.code == 0);
    return wire::parse_json(ran.out).value();
  }
  std::string status(const std::string& id) const {
    return json("slash show " + id).find("status")->as_string();
  }
};

void check_shows(const std::string& text, const std::vector<std::string>& parts) {
  INFO(text);
  for (const std::string& part : parts) {
    INFO("shows: " << part);
    CHECK(text.find(part) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("an appeal through HTTP and the command line: who was framed wins, a cheat pays") {
  LiveVerifier verifier;
  const Shell shell{verifier.url()};

  // Framed by the one lie of the verifier's runner.
  LiveProvider alice(verifier, "alice");
  const std::string framed = alice.slash_for_a_job();
  const Ran pending = shell.run("slash show " + framed);
  REQUIRE(pending.code == 0);
  check_shows(pending.out, {"PENDING", "assay slash appeal " + framed + " --key FILE", "until 20",
                            "deposit: 0.20, a tenth of what is held", "trust 0 ppm, without it ",
                            "2.00, held", "/v1/slashes/" + framed + "/evidence", "slash, leaf "});
  CHECK(alice.number("stake", "own_micros") == 8'000'000);

  // What cannot be.
  LiveProvider lazy(verifier, "lazy", Misbehave::skip_steps);
  const Ran others = shell.run("slash appeal " + framed + " --key " + lazy.key_file);
  CHECK(others.code == 4);
  check_shows(others.err, {"not your slash", key_id(alice.key.public_key())});
  CHECK(shell.run("slash appeal 0 --key " + alice.key_file).code == 3);
  const std::string long_remark(501, 'r');
  CHECK(
      shell.run("slash appeal " + framed + " --key " + alice.key_file + " --remark " + long_remark)
          .code == 8);

  // What it would be.
  const Ran dry = shell.run("slash appeal " + framed + " --key " + alice.key_file + " --dry-run");
  REQUIRE(dry.code == 0);
  check_shows(dry.out, {"0.20, locked until the ruling", "until 20", "no: --dry-run",
                        "the slash is reversed and the deposit is given back",
                        "refuted: it is final and the deposit is lost"});
  CHECK(shell.status(framed) == "PENDING");

  // And is.
  const Json sent = shell.json("slash appeal " + framed + " --key " + alice.key_file +
                               " --remark 'the card is sound'");
  CHECK(sent.find("deposit_micros")->as_string() == "200000");
  CHECK(sent.find("log_index")->as_u64().has_value());
  CHECK_FALSE(sent.find("decide_until")->as_string().empty());
  LiveProvider::wait_for([&] { return shell.status(framed) == "OVERTURNED"; });
  check_shows(shell.run("slash show " + framed).out,
              {"OVERTURNED", "none: it counts no longer", "2.00, returned", "0.20, returned",
               "appeal, leaf ", ": the card is sound", "ruling, leaf ",
               ": granted: ", "reversal, leaf ", ": overturned"});
  CHECK(alice.number("stake", "own_micros") == 10'000'000);
  CHECK(alice.number("stake", "locked_micros") == 0);
  CHECK(alice.number("stake", "slashed_micros") == 0);
  LiveProvider::wait_for([&] { return alice.number("score", "trust_ppm") > 0; });
  const Ran again = shell.run("slash appeal " + framed + " --key " + alice.key_file);
  CHECK(again.code == 7);
  check_shows(again.err, {"cannot be appealed", "appealed already"});

  // A cheat.
  const std::string caught = lazy.slash_for_a_job();
  REQUIRE(shell.run("slash appeal " + caught + " --key " + lazy.key_file).code == 0);
  LiveProvider::wait_for([&] { return shell.status(caught) == "UPHELD"; });
  check_shows(shell.run("slash show " + caught).out,
              {"UPHELD", "2.00, taken", "0.20, lost", ": refuted: different again by the scalar"});
  CHECK(lazy.number("stake", "own_micros") == 7'800'000);
  CHECK(lazy.number("stake", "slashed_micros") == 2'200'000);
  CHECK(lazy.number("score", "trust_ppm") == 0);
  // Both were told by their own agents.
  for (const LiveProvider* each : {&alice, &lazy}) {
    LiveProvider::wait_for([&] {
      const auto kept = read_file(each->folder() + "/state/notices.json", 1 << 20);
      const std::string text = kept.ok() ? std::string(as_text(kept.value())) : "";
      const char* end = each == &alice ? "\"reversal\"" : "\"ruling\"";
      return text.find("assay slash appeal") != std::string::npos &&
             text.find(end) != std::string::npos;
    });
  }
}

}  // namespace assay::test
