// Several attestations in one request: how they are framed, answered, and fetched by the client.
#include "api/port/batch.h"

#include "api/client/client.h"
#include "api/server/routes.h"
#include "core/base/random.h"
#include "core/wire/json.h"
#include "tests/api/fake_port.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using api::Request;
using api::Response;

Request post(std::string body) {
  return {"POST", "/v1/attestations", "", {}, std::move(body)};
}

TEST_CASE("envelopes come out of a batch byte for byte, whatever stands in them") {
  const std::vector<std::string> envelopes = {
      "{}",
      R"({"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]})",
      R"({ "a" : [1, {"b":"]}"}, [[]]], "a" : 1e999 })",
      R"({"quote":"\"}","back":"\\","u":"\u007d"})",
      "{\"\x01\xff\":\"\n\"}",
      "{no json at all}",
      R"({"envelopes":[{}]})",
      R"({"long":")" + std::string(5000, '{') + R"("})",
  };
  std::string spaced = " \t{ \"envelopes\"\r\n: [ ";
  for (const std::string& each : envelopes) {
    INFO(each);
    CHECK(api::stands_alone(each));
    CHECK(api::stands_alone("\n " + each + "\t"));
    CHECK_FALSE(api::stands_alone(each + ","));
    CHECK_FALSE(api::stands_alone(each + each));
    spaced += (spaced.ends_with("[ ") ? "" : " ,\n") + each;
  }
  spaced += "\r ] } \n";
  for (const std::string& body : {api::batch_text(envelopes), spaced}) {
    INFO(body);
    REQUIRE(api::is_batch(body));
    const Result<std::vector<std::string_view>> parsed = api::parse_batch(body);
    REQUIRE(parsed.ok());
    REQUIRE(parsed.value().size() == envelopes.size());
    for (std::size_t i = 0; i < envelopes.size(); ++i) {
      CHECK(parsed.value()[i] == envelopes[i]);
      // Slices, not copies.
      CHECK(parsed.value()[i].data() >= body.data());
      CHECK(parsed.value()[i].data() + envelopes[i].size() <= body.data() + body.size());
    }
  }
}

TEST_CASE("what does not stand alone could swallow its neighbours") {
  for (const char* text : {"", " ", "x", "[]", "\"{}\"", "{", "{]", "{[}]", "{\"a", "{\"a\\\"}",
                           "{}}", "{},{}", "}{", "1{}"}) {
    INFO(text);
    CHECK_FALSE(api::stands_alone(text));
  }
}

TEST_CASE("a frame that is not exactly one is refused, and says where") {
  const std::string full(R"({"envelopes":[{}]})");
  struct Case {
    std::string body;
    const char* said;
  };
  const Case cases[] = {
      {R"({"envelopes":[]})", "1 to 100 envelopes, not 0"},
      {api::batch_text(std::vector<std::string>(101, "{}")), "1 to 100 envelopes, not 101"},
      {R"({"envelopes")", "byte 12: no list"},
      {R"({"envelopes":{}})", "byte 13: no list"},
      {R"({"envelopes":null})", "no list"},
      {R"({"envelopes":[)", "byte 14: not a whole JSON object"},
      {R"({"envelopes":[{})", "no comma and no end"},
      {R"({"envelopes":[{}]})" + std::string("x"), "byte 18: something after"},
      {full + full, "something after"},
      {R"({"envelopes":[{}] )", "no end"},
      {R"({"envelopes":[{}],"envelopes":[{}]})", "byte 17: a member besides"},
      {R"({"envelopes":[{}],"more":1})", "a member besides"},
      {R"({"envelopes":[{},]})", "byte 17: not a whole"},
      {R"({"envelopes":[,{}]})", "not a whole"},
      {R"({"envelopes":[{}{}]})", "byte 16: no comma"},
      {R"({"envelopes":[1]})", "not a whole"},
      {R"({"envelopes":["{}"]})", "not a whole"},
      {R"({"envelopes":[null,{}]})", "not a whole"},
      {R"({"envelopes":[[{}]]})", "not a whole"},
      {R"({"envelopes":[{]}]})", "not a whole"},
      {R"({"envelopes":[{"a":"}]})", "not a whole"},
  };
  FakePort port;
  for (const Case& each : cases) {
    INFO(each.body);
    CHECK(api::is_batch(each.body));
    const Response response = api::handle(post(each.body), port);
    CHECK(response.status == 400);
    CHECK(response.content_type == "application/problem+json");
    CHECK(response.parts.empty());
    INFO(response.body);
    CHECK(response.body.find(each.said) != std::string::npos);
  }
  CHECK(port.calls() == 0);
}

TEST_CASE("a frame that is bent in any byte is refused or is another batch, never a crash") {
  const std::string sound = api::batch_text(std::vector<std::string>{"{\"a\":[1]}", "{}"});
  SeededRandom random(1);
  for (std::size_t at = 0; at < sound.size(); ++at) {
    CHECK_FALSE(api::parse_batch(sound.substr(0, at)).ok());
    for (int i = 0; i < 20; ++i) {
      std::string bent = sound;
      bent[at] = static_cast<char>(random.below(256));
      const auto parsed = api::parse_batch(bent);
      if (!parsed.ok()) continue;
      for (const std::string_view each : parsed.value()) CHECK(api::stands_alone(each));
    }
  }
}

// Its answers follow from the envelopes' text.
class SomePort final : public AskedPort {
 public:
  Result<api::Accepted> submit(wire::Kind kind, const std::string& envelope) override {
    CHECK(kind == wire::Kind::attestation);
    sent.push_back(envelope);
    if (envelope.find("new") != std::string::npos) return FakePort::accepted(false);
    if (envelope.find("known") != std::string::npos) return FakePort::accepted(true);
    if (envelope.find("twice") != std::string::npos) return fail(Code::equivocation, "two words");
    if (envelope.find("full") != std::string::npos) return fail(Code::storage, "no room");
    return fail(Code::signature, "signed by \"nobody\"\n");
  }
  Result<std::vector<Result<api::Accepted>>> submit_attestations(
      std::span<const std::string> envelopes) override {
    ++batches;
    if (refusal) return *refusal;
    return AskedPort::submit_attestations(envelopes);
  }
  Result<std::string> poll(const std::string&) override { return std::string(); }
  Status put_blob(const Digest&, ByteView) override { return {}; }
  Result<Bytes> get_blob(const Digest&) override { return Bytes{}; }

  std::vector<std::string> sent;
  int batches = 0;
  std::optional<Error> refusal;
};

TEST_CASE("each envelope has its own answer, in the order sent, as it would have alone") {
  const std::vector<std::string> envelopes = {
      R"({"new":1})", "{}", R"({"known":1})", R"({"twice":1})", R"({"full":1})", R"({"new":2})"};
  SomePort port;
  const Response response = api::handle(post(api::batch_text(envelopes)), port);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(*response.header("Cache-Control") == "no-store");
  CHECK(response.parts == std::vector<int>{201, 401, 200, 409, 503, 201});
  CHECK(port.sent == envelopes);
  CHECK(port.batches == 1);
  const wire::Json json = wire::parse_json(response.body).value();
  REQUIRE(json.members().size() == 1);
  const wire::Json::Array& results = json.find("results")->items();
  REQUIRE(results.size() == envelopes.size());
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    INFO(envelopes[i]);
    const Response alone = api::handle(post(envelopes[i]), port);
    CHECK(alone.status == response.parts[i]);
    CHECK(alone.parts.empty());
    wire::Json want = wire::parse_json(alone.body).value();
    CHECK(*results[i].find("status") == wire::Json(alone.status));
    if (alone.status < 300) {
      for (const wire::Json::Member& member : want.members()) {
        CHECK(*results[i].find(member.first) == member.second);
      }
      CHECK(results[i].members().size() == want.members().size() + 1);
    } else {
      CHECK(results[i] == want);
    }
  }
  CHECK(port.batches == 1);  // one alone is no batch

  port.refusal = fail(Code::permission, "a replica");
  const Response refused = api::handle(post(api::batch_text(envelopes)), port);
  CHECK(refused.status == 403);
  CHECK(refused.content_type == "application/problem+json");
}

TEST_CASE("an envelope over the limit is refused by itself, a batch over its own whole") {
  const std::string large = R"({"new":")" + std::string(api::kStatementBodyBytesMax, 'x') + "\"}";
  SomePort port;
  CHECK(api::handle(post(large), port).status == 413);
  const Response response =
      api::handle(post(api::batch_text(std::vector<std::string>{large, R"({"new":1})"})), port);
  CHECK(response.status == 200);
  CHECK(response.parts == std::vector<int>{413, 201});
  CHECK(port.sent == std::vector<std::string>{R"({"new":1})"});
  CHECK(api::handle(post(api::batch_text(std::vector<std::string>{large})), port).parts ==
        std::vector<int>{413});
  CHECK(port.batches == 1);

  CHECK(api::body_bytes_max(post("")) == api::kBatchBodyBytesMax);
  const std::string spaces(api::kBatchBodyBytesMax, ' ');
  CHECK(api::handle(post(spaces + "{}"), port).status == 413);
  // As many as may come, each larger than an ordinary one.
  const std::string ordinary = R"({"new":")" + std::string(8'000, 'x') + "\"}";
  CHECK(api::handle(post(api::batch_text(std::vector<std::string>(api::kBatchMax, ordinary))), port)
            .parts == std::vector<int>(api::kBatchMax, 201));
}

struct LiveSite {
  LiveSite()
      : server(
            api::HttpServer::start(any_loopback_port(),
                                   {[this](const Request& request) {
                                      return answer ? answer(request) : api::handle(request, port);
                                    },
                                    [](const Request& head) { return api::body_bytes_max(head); }})
                .value()),
        client(api::Client::connect(server->address().url(), {}).value()) {}

  SomePort port;
  std::function<Response(const Request&)> answer;
  std::unique_ptr<api::HttpServer> server;
  std::unique_ptr<api::Client> client;
};

TEST_CASE("the client sends a batch as one request and gives each answer back") {
  LiveSite live;
  const std::vector<std::string> envelopes = {R"({"new":1})",   "nonsense",      R"({"full":1})",
                                              R"({"known":1})", R"({"x":1},{})", "{}"};
  const auto got = live.client->submit_attestations(envelopes);
  REQUIRE(got.ok());
  const std::vector<Result<api::Accepted>>& answers = got.value();
  REQUIRE(answers.size() == envelopes.size());
  CHECK(live.port.batches == 1);
  CHECK(live.port.sent ==
        std::vector<std::string>{R"({"new":1})", R"({"full":1})", R"({"known":1})", "{}"});
  CHECK(answers[0].value().statement == FakePort::accepted(false).statement);
  CHECK(answers[0].value().log_index == FakePort::accepted(false).log_index);
  CHECK(answers[0].value().log_time_ms == FakePort::accepted(false).log_time_ms);
  CHECK_FALSE(answers[0].value().already_known);
  CHECK(answers[1].error().code == Code::malformed);
  CHECK(answers[2].error().code == Code::storage);
  CHECK(answers[2].error().what == "no room");
  CHECK(answers[3].value().already_known);
  CHECK(answers[4].error().code == Code::malformed);
  CHECK(answers[5].error().what == "signed by \"nobody\"\n");

  CHECK(live.client->submit_attestations({}).error().code == Code::malformed);
  const std::vector<std::string> many(api::kBatchMax + 1, "{}");
  CHECK(live.client->submit_attestations(many).error().code == Code::malformed);
  const std::vector<std::string> nothing(3, "nonsense");
  CHECK(live.client->submit_attestations(nothing).value().size() == 3);
  CHECK(live.port.batches == 1);
  const std::vector<std::string> large(20, R"({"a":")" + std::string(60'000, 'x') + "\"}");
  CHECK(live.client->submit_attestations(large).error().code == Code::malformed);
  live.port.refusal = fail(Code::permission, "a replica");
  CHECK(live.client->submit_attestations(envelopes).error().code == Code::permission);
}

TEST_CASE("answers to a batch that make no sense are a network error") {
  LiveSite live;
  const std::string good = R"({"status":201,"statement":")" + std::string(64, 'a') +
                           R"(","log_index":1,"log_time_ms":"2","already_known":false})";
  const std::pair<std::string, bool> cases[] = {
      {R"({"results":[)" + good + "]}", true},
      {R"({"results":[)" + good + R"(],"more":1})", true},
      {R"({"results":[)" + good + "," + good + "]}", false},
      {R"({"results":[]})", false},
      {R"({"results":1})", false},
      {"[]", false},
      {good, false},
      {R"({"results":[{"status":201}]})", false},
      {R"({"results":[{"status":"201"}]})", false},
      {R"({"results":[{}]})", false},
      {R"({"results":[1]})", false},
      {R"({"results":[{"status":99}]})", false},
  };
  for (const auto& [body, sound] : cases) {
    INFO(body);
    live.answer = [text = body](const Request&) {
      return Response{200, "application/json", {}, text};
    };
    const auto got = live.client->submit_attestations(std::vector<std::string>{"{}"});
    CHECK(got.ok() == sound);
    if (!got.ok()) CHECK(got.error().code == Code::network);
  }
  live.answer = [](const Request&) {
    return Response{200, "application/json", {}, R"({"results":[{"status":429}]})"};
  };
  const auto got = live.client->submit_attestations(std::vector<std::string>{"{}"});
  CHECK(got.value().at(0).error().code == Code::rate_limited);
}

}  // namespace
}  // namespace assay::test
