// Statements whose path names what they are about.
#include "api/server/routes.h"
#include "core/wire/appeal.h"
#include "core/wire/dsse.h"
#include "tests/api/fake_port.h"
#include "tests/catch.h"

namespace assay {
namespace {

using api::Request;
using api::Response;
using test::FakePort;

const std::string kId(64, 'a');

Request with_body(std::string method, std::string path, std::string body) {
  return {std::move(method), std::move(path), "", {}, std::move(body)};
}
std::string problem_code(const Response& response) {
  return wire::parse_json(response.body).value().find("code")->as_string();
}

TEST_CASE("a cancel must be about the job its path names") {
  const Digest job = sha256(as_bytes("job"));
  const std::string envelope = test::cancel_envelope(job);
  FakePort port;
  CHECK(
      api::handle(with_body("POST", "/v1/jobs/" + job.hex() + "/cancel", envelope), port).status ==
      201);
  CHECK(port.calls() == 1);
  const std::pair<std::string, std::string> wrong[] = {
      {"/v1/jobs/" + kId + "/cancel", envelope},        // another job
      {"/v1/jobs/" + job.hex() + "/reveal", envelope},  // another kind
      {"/v1/jobs/" + job.hex() + "/cancel", "not an envelope"},
  };
  for (const auto& [path, body] : wrong) {
    INFO(path);
    const Response refused = api::handle(with_body("POST", path, body), port);
    CHECK(refused.status == 400);
    CHECK(problem_code(refused) == "malformed");
  }
  CHECK(port.calls() == 1);
}

TEST_CASE("an appeal must be about the slash its path names") {
  const SigningKey key = SigningKey::from_seed(Bytes(32, 7)).value();
  const wire::Appeal appeal{.slash_index = 42,
                            .provider = key.public_key(),
                            .deposit_micros = 0,
                            .nonce = sha256(as_bytes("fresh")),
                            .remark = ""};
  const std::string envelope = wire::seal(
      key, wire::statement_text(wire::appeal_statement(appeal, sha256(as_bytes("slash")))));
  FakePort port;
  CHECK(api::handle(with_body("POST", "/v1/slashes/42/appeal", envelope), port).status == 201);
  CHECK(port.last_call() == "submit appeal " + envelope);
  for (const char* path : {"/v1/slashes/43/appeal", "/v1/slashes/042/appeal"}) {
    INFO(path);
    const Response refused = api::handle(with_body("POST", path, envelope), port);
    CHECK(refused.status == 400);
    CHECK(problem_code(refused) == "malformed");
  }
  CHECK(port.calls() == 1);
}

}  // namespace
}  // namespace assay
