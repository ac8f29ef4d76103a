// POST /v1/attestations: one envelope, answered as every other statement is, or a batch of them.
#include "api/server/route_handlers.h"
#include "api/server/routes.h"

namespace assay::api {
namespace {

using wire::Json;

// Each answer with the status that its envelope alone would have been answered with.
class Results {
 public:
  void add(const Result<Accepted>& answer) {
    if (!answer.ok()) return refuse(answer.error(), status_of(answer.error().code));
    const int status = answer.value().already_known ? 200 : 201;
    Json result = Json::object();
    result.set("status", status);
    const Json accepted = accepted_json(answer.value());
    for (const auto& [name, value] : accepted.members()) result.set(name, value);
    put(status, std::move(result));
  }
  void add_too_large() {
    refuse(fail(Code::malformed, "an envelope may have at most " +
                                     std::to_string(kStatementBodyBytesMax) + " bytes"),
           413);
  }

  Response response() {
    Json body = Json::object();
    body.set("results", std::move(results_));
    Response response = answer_ok(kJson, body.dump());
    response.parts = std::move(statuses_);
    return response;
  }

 private:
  void refuse(const Error& error, int status) { put(status, problem_json(error, status)); }
  void put(int status, Json result) {
    statuses_.push_back(status);
    results_.push(std::move(result));
  }

  std::vector<int> statuses_;
  Json results_ = Json::array();
};

Response attest_all(const Call& call) {
  const Result<std::vector<std::string_view>> batch = parse_batch(call.request.body);
  if (!batch.ok()) return problem(batch.error());
  std::vector<std::string> envelopes;
  for (const std::string_view each : batch.value()) {
    if (each.size() <= kStatementBodyBytesMax) envelopes.emplace_back(each);
  }
  std::vector<Result<Accepted>> answers;
  if (!envelopes.empty()) {
    Result<std::vector<Result<Accepted>>> taken = call.port.submit_attestations(envelopes);
    if (!taken.ok()) return problem(taken.error());
    answers = std::move(taken).value();
  }
  ASSAY_CHECK(answers.size() == envelopes.size(), "an envelope without an answer");
  Results results;
  std::size_t next = 0;
  for (const std::string_view each : batch.value()) {
    if (each.size() <= kStatementBodyBytesMax) {
      results.add(answers[next++]);
    } else {
      results.add_too_large();
    }
  }
  return results.response();
}

}  // namespace

Response attest(const Call& call) {
  if (is_batch(call.request.body)) return attest_all(call);
  if (call.request.body.size() > kStatementBodyBytesMax) return too_large(kStatementBodyBytesMax);
  return submit(call, wire::Kind::attestation);
}

}  // namespace assay::api
