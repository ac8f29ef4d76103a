#include "api/client/client.h"

#include "api/server/cursor.h"

#include <atomic>
#include <thread>

#include "tests/api/fake_port.h"
#include "tests/catch.h"

namespace assay {
namespace {

using api::Client;
using test::FakePort;
using test::LiveServer;

const std::string kId(64, 'a');

std::unique_ptr<Client> client_of(const LiveServer& live, api::ClientOptions options = {}) {
  return Client::connect(live.url(), options).value();
}

// Every call of the Port that needs no blob, as name and outcome.
struct Tried {
  std::string call;  // as FakePort writes it down
  std::function<std::optional<Error>(api::Port&)> run;
};

template <class T>
std::optional<Error> error_in(const Result<T>& result) {
  if (result.ok()) return std::nullopt;
  return result.error();
}

std::vector<Tried> every_call() {
  const Digest digest = sha256(as_bytes("x"));
  const std::string cancel = test::cancel_envelope(digest);
  return {
      {"submit " + std::string(wire::kind_name(wire::Kind::order)) + " {}",
       [](api::Port& p) { return error_in(p.submit(wire::Kind::order, "{}")); }},
      {"submit " + std::string(wire::kind_name(wire::Kind::cancel)) + " " + cancel,
       [cancel](api::Port& p) { return error_in(p.submit(wire::Kind::cancel, cancel)); }},
      {"submit " + std::string(wire::kind_name(wire::Kind::attestation)) + " {}",
       [](api::Port& p) {
         const auto answers = p.submit_attestations(std::vector<std::string>{"{}"});
         return answers.ok() ? error_in(answers.value().at(0)) : error_in(answers);
       }},
      {"poll beat", [](api::Port& p) { return error_in(p.poll("beat")); }},
      {"put_blob " + digest.hex(),
       [digest](api::Port& p) { return error_in(p.put_blob(digest, as_bytes("x"))); }},
      {"get_blob " + digest.hex(), [digest](api::Port& p) { return error_in(p.get_blob(digest)); }},
      {"ask_opening i {}", [](api::Port& p) { return error_in(p.ask_opening("i", "{}")); }},
      {"give_opening " + digest.hex(),
       [digest](api::Port& p) {
         const Status given = p.give_opening(digest, as_bytes("x"));
         return given.ok() ? std::nullopt : std::optional<Error>(given.error());
       }},
      {"providers c-1 7",
       [](api::Port& p) {
         return error_in(p.providers({api::seal_cursor({}, "/v1/providers", "c-1"), 7}));
       }},
      {"search a b>\"c\"+|-score,id|c-1 7",
       [](api::Port& p) {
         return error_in(p.search({"a b>\"c\"+", "-score,id", {"c-1", 7}, ""}));
       }},
      {"match {\"x\":1}", [](api::Port& p) { return error_in(p.match("{\"x\":1}")); }},
      {"slashes  50", [](api::Port& p) { return error_in(p.slashes({})); }},
      {"provider i", [](api::Port& p) { return error_in(p.provider("i")); }},
      {"explain i", [](api::Port& p) { return error_in(p.explain("i")); }},
      {"job i", [](api::Port& p) { return error_in(p.job("i")); }},
      {"preview i 3", [](api::Port& p) { return error_in(p.preview("i", 3)); }},
      {"challenge 7", [](api::Port& p) { return error_in(p.challenge("7")); }},
      {"worker_call {}", [](api::Port& p) { return error_in(p.worker_call("{}")); }},
      {"worker_result {}",
       [](api::Port& p) {
         const Status taken = p.worker_result("{}");
         return taken.ok() ? std::nullopt : std::optional<Error>(taken.error());
       }},
      {"kept_worker_result d", [](api::Port& p) { return error_in(p.kept_worker_result("d")); }},
      {"workers", [](api::Port& p) { return error_in(p.workers()); }},
      {"overview", [](api::Port& p) { return error_in(p.overview()); }},
      {"uptime i", [](api::Port& p) { return error_in(p.uptime("i")); }},
      {"history i",
       [](api::Port& p) { return error_in(p.provider_part("i", api::ProviderPart::history)); }},
      {"audits i",
       [](api::Port& p) { return error_in(p.provider_part("i", api::ProviderPart::audits)); }},
      {"devices i",
       [](api::Port& p) { return error_in(p.provider_part("i", api::ProviderPart::devices)); }},
      {"slashes i",
       [](api::Port& p) { return error_in(p.provider_part("i", api::ProviderPart::slashes)); }},
      {"slash 7", [](api::Port& p) { return error_in(p.slash("7")); }},
      {"events 3 4", [](api::Port& p) { return error_in(p.events(3, 4)); }},
      {"score i", [](api::Port& p) { return error_in(p.score("i")); }},
      {"final score i ", [](api::Port& p) { return error_in(p.final_score("i", "")); }},
      {"final score i cpu/gemm@1",
       [](api::Port& p) { return error_in(p.final_score("i", "cpu/gemm@1")); }},
      {"settlement i", [](api::Port& p) { return error_in(p.settlement("i")); }},
      {"receipt i", [](api::Port& p) { return error_in(p.receipt("i")); }},
      {"evidence 7", [](api::Port& p) { return error_in(p.evidence("7")); }},
      {"result i", [](api::Port& p) { return error_in(p.result("i")); }},
      {"checkpoint", [](api::Port& p) { return error_in(p.checkpoint()); }},
      {"tile tile/0/000", [](api::Port& p) { return error_in(p.tile("tile/0/000")); }},
      {"policy d", [](api::Port& p) { return error_in(p.policy("d")); }},
      {"trust", [](api::Port& p) { return error_in(p.trust()); }},
  };
}

TEST_CASE("every call of the port goes through HTTP with its arguments") {
  LiveServer live;
  const std::unique_ptr<Client> client = client_of(live);
  for (const Tried& each : every_call()) {
    INFO(each.call);
    const std::optional<Error> error = each.run(*client);
    CHECK((error ? error->what : "") == "");
    CHECK(live.service.last_call() == each.call);
  }
}

TEST_CASE("answers come back as they were given") {
  LiveServer live;
  const std::unique_ptr<Client> client = client_of(live);
  for (const bool known : {false, true}) {
    live.service.already_known = known;
    const api::Accepted got = client->submit(wire::Kind::registration, "{}").value();
    const api::Accepted want = FakePort::accepted(known);
    CHECK(got.statement == want.statement);
    CHECK(got.log_index == want.log_index);
    CHECK(got.log_time_ms == want.log_time_ms);
    CHECK(got.already_known == known);
  }
  CHECK(client->job(kId).value() == FakePort::document("job " + kId));
  CHECK(client->poll("beat").value() == FakePort::text("poll beat"));
  CHECK(client->checkpoint().value() == FakePort::text("checkpoint"));
  CHECK(client->result("j").value() == live.service.result("j").value());
  CHECK(client->tile("tile/entries/000.p/9").value() ==
        live.service.tile("tile/entries/000.p/9").value());
  CHECK(client->version().value().find("api")->as_string() == "v1");
}

TEST_CASE("every error arrives with its code and its words") {
  LiveServer live;
  const std::unique_ptr<Client> client = client_of(live);
  for (const Code code :
       {Code::internal, Code::usage, Code::not_found, Code::permission, Code::network,
        Code::rate_limited, Code::conflict, Code::malformed, Code::signature, Code::no_evidence,
        Code::proof, Code::unbound, Code::mismatch, Code::inconclusive, Code::stale,
        Code::equivocation, Code::storage, Code::interrupted}) {
    live.service.fail_with(fail(code, std::string("because \"") + code_name(code) + "\"\n"));
    for (const Tried& each : every_call()) {
      INFO(each.call);
      const std::size_t before = live.service.calls();
      const std::optional<Error> error = each.run(*client);
      REQUIRE(error);
      CHECK(error->code == code);
      CHECK(error->what == std::string("because \"") + code_name(code) + "\"\n");
      CHECK(live.service.calls() == before + 1);  // a refusal is an answer: nothing is repeated
    }
  }
}

TEST_CASE("large blobs go both ways, and only those within the limits") {
  LiveServer live(8, std::size_t{32} << 20);
  const std::unique_ptr<Client> client = client_of(live, {.blob_bytes_max = std::size_t{20} << 20});
  Bytes blob(std::size_t{20} << 20);
  for (std::size_t i = 0; i < blob.size(); ++i) blob[i] = static_cast<std::uint8_t>(i * 31 >> 3);
  const Digest digest = sha256(blob);
  CHECK_FALSE(client->has_blob(digest).value());
  REQUIRE(client->put_blob(digest, blob).ok());
  CHECK(client->has_blob(digest).value());
  CHECK(client->get_blob(digest).value() == blob);
  CHECK(client->put_blob(sha256(ByteView{}), {}).ok());
  CHECK(client->get_blob(sha256(ByteView{})).value().empty());

  blob.push_back(1);
  REQUIRE(client->put_blob(sha256(blob), blob).ok());
  CHECK(client->get_blob(sha256(blob)).error().code == Code::network);  // longer than asked for
  const Bytes too_long((std::size_t{32} << 20) + 1);
  const Status refused = client->put_blob(sha256(too_long), too_long);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::malformed);
  CHECK(refused.error().what.find("at most 33554432 bytes") != std::string::npos);
  CHECK(client->checkpoint().ok());
}

TEST_CASE("what could not be an id never leaves the client") {
  LiveServer live;
  const std::unique_ptr<Client> client = client_of(live);
  for (const std::string& bad :
       {std::string(), std::string("a/b"), std::string(".."), std::string("a?b"),
        std::string("a b"), std::string("a\r\nX: y"), std::string("%41"), std::string(129, 'a')}) {
    INFO(bad);
    CHECK(client->job(bad).error().code == Code::malformed);
    CHECK(client->provider(bad).error().code == Code::malformed);
    if (!bad.empty()) CHECK(client->providers({bad, 5}).error().code == Code::malformed);
    CHECK(client->tile(bad).error().code == Code::malformed);
  }
  CHECK(client->submit(wire::Kind::cancel, "nonsense").error().code == Code::malformed);
  CHECK(client->submit(wire::Kind::verdict, "{}").error().code == Code::permission);
  CHECK(live.service.calls() == 0);
}

TEST_CASE("a verifier that is not there is a network error that says so") {
  std::string url;
  {
    LiveServer live;
    url = live.url();
  }
  const std::unique_ptr<Client> client = Client::connect(url, {.attempts = 2}).value();
  const Result<std::string> answer = client->checkpoint();
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Code::network);
  CHECK(answer.error().what.find("is the verifier running there?") != std::string::npos);
  CHECK(client->poll("beat").error().code == Code::network);
}

TEST_CASE("an answer that takes too long is a network error; a poll is not sent twice") {
  LiveServer live;
  std::atomic<int> calls = 0;
  live.service.on_call = [&] {
    ++calls;
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
  };
  const std::unique_ptr<Client> client = client_of(live, {.read_timeout_ms = 200, .attempts = 2});
  CHECK(client->poll("beat").error().code == Code::network);
  CHECK(calls == 1);
  CHECK(client->checkpoint().error().code == Code::network);
  CHECK(calls == 3);
}

TEST_CASE("a server that was restarted is found again by kept connections") {
  auto live = std::make_unique<LiveServer>();
  const api::ListenAddress address = live->server->address();
  const std::unique_ptr<Client> client = client_of(*live);
  REQUIRE(client->checkpoint().ok());
  live.reset();
  FakePort service;
  const auto again = api::HttpServer::start(address, test::site_over(service, 1000));
  REQUIRE(again.ok());
  CHECK(client->checkpoint().ok());
  CHECK(client->poll("beat").ok());
}

TEST_CASE("one client serves many threads") {
  LiveServer live;
  const std::unique_ptr<Client> client = client_of(live);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        const Result<wire::Json> job = client->job(id);
        if (!job.ok() || job.value() != FakePort::document("job " + id)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(live.service.calls() == 16 * 50);
}

}  // namespace
}  // namespace assay
