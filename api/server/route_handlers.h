// What each route does: one call of the Port, and its answer as HTTP.
// Pure but for the Port; thread-safe as it is.
#pragma once

#include "api/port/port.h"
#include "api/server/http.h"
#include "api/server/query.h"

namespace assay::api {

inline constexpr const char* kJson = "application/json";
inline constexpr const char* kText = "text/plain; charset=utf-8";
inline constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr const char* kBytes = "application/octet-stream";

class OperatorCalls;

struct Call {
  Port& port;
  const Request& request;
  std::string id;  // what stands for {…} in the pattern
  const Query& query;
  const Digest& cursor_key;
  OperatorCalls* operators;
};

Response answer_ok(const char* content_type, std::string body, int status = 200);
wire::Json accepted_json(const Accepted& accepted);

Response submit(const Call& call, wire::Kind kind);
Response attest(const Call& call);  // one, or a batch (batch_handler.cc)
Response poll(const Call& call);
Response match(const Call& call);
Response put_blob(const Call& call);
Response get_blob(const Call& call);
Response ask_opening(const Call& call);
Response give_opening(const Call& call);
Response providers(const Call& call);
Response slashes(const Call& call);
Response events(const Call& call);
Response provider(const Call& call);
Response explain(const Call& call);
Response uptime(const Call& call);
Response provider_history(const Call& call);
Response provider_audits(const Call& call);
Response provider_devices(const Call& call);
Response provider_slashes(const Call& call);
Response overview(const Call& call);
Response score(const Call& call);
Response job(const Call& call);
Response preview(const Call& call);
Response settlement(const Call& call);
Response receipt(const Call& call);
Response result(const Call& call);
Response dispute(const Call& call);
Response slash(const Call& call);
Response challenge(const Call& call);
Response worker_call(const Call& call);
Response worker_result(const Call& call);
Response kept_worker_result(const Call& call);
Response workers(const Call& call);
Response evidence(const Call& call);
Response policy(const Call& call);
Response trust(const Call& call);
Response checkpoint(const Call& call);
Response tile(const Call& call);
Response version(const Call& call);
Response operator_readiness(const Call& call);
Response operator_metrics(const Call& call);
Response operator_limits(const Call& call);

}  // namespace assay::api
