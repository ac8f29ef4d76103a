#include "api/server/route_handlers.h"

#include "api/port/paths.h"
#include "api/server/cursor.h"
#include "api/server/operator_calls.h"
#include "core/wire/dsse.h"
#include "core/wire/text.h"
#include "core/wire/tile.h"

namespace assay::api {

using wire::Json;
using wire::Kind;

Response answer_ok(const char* content_type, std::string body, int status) {
  return Response{status, content_type, {}, std::move(body)};
}

Json accepted_json(const Accepted& accepted) {
  return Json::object({{"statement", accepted.statement.hex()},
                       {"log_index", accepted.log_index},
                       {"log_time_ms", std::to_string(accepted.log_time_ms)},
                       {"already_known", accepted.already_known}});
}

namespace {

constexpr std::uint64_t kPageMax = 500;

Response answer(const Result<Json>& document) {
  return document.ok() ? answer_ok(kJson, document.value().dump()) : problem(document.error());
}
Response answer(Result<std::string> text, const char* content_type) {
  return text.ok() ? answer_ok(content_type, std::move(text).value()) : problem(text.error());
}
Response answer(const Result<Bytes>& bytes) {
  return bytes.ok() ? answer_ok(kBytes, std::string(as_text(bytes.value())))
                    : problem(bytes.error());
}

// The job or slash in the path must be the one the statement is about.
Status check_subject(const Call& call, Kind kind) {
  if (call.id.empty()) return {};
  const Result<wire::Envelope> envelope = wire::parse_envelope(call.request.body);
  if (!envelope.ok()) return envelope.error();
  const Result<wire::Statement> statement =
      wire::parse_statement(as_text(envelope.value().payload), kind);
  if (!statement.ok()) return statement.error();
  const std::string about = statement_id(statement.value());
  if (about == call.id) return {};
  return fail(Code::malformed, std::string("the statement is about ") +
                                   (kind == Kind::appeal ? "slash " : "job ") +
                                   wire::people_text(about, 64) + ", the path says " + call.id);
}

Result<Digest> blob_id(const Call& call) {
  const Result<Digest> id = Digest::parse_hex(call.id);
  if (id.ok()) return id;
  return fail(Code::malformed, "a blob's name is its SHA-256: 64 lower-case hex digits");
}

// The cursor as the client sent it.
Result<Page> page_of(const Query& query) {
  const Result<std::uint64_t> limit = query.number("limit", Page{}.limit, 1, kPageMax);
  if (!limit.ok()) return limit.error();
  return Page{query.text("cursor"), static_cast<std::uint32_t>(limit.value())};
}

// A page of a list whose cursors are ids: what the client holds is sealed.
Response list(const Call& call, Page page, Result<Json> (Port::*read)(const Page&)) {
  if (!page.cursor.empty()) {
    Result<std::string> inner = open_cursor(call.cursor_key, call.request.path, page.cursor);
    if (!inner.ok()) return problem(inner.error());
    page.cursor = std::move(inner).value();
  }
  Result<Json> document = (call.port.*read)(page);
  if (!document.ok()) return problem(document.error());
  const Json* next = document.value().find("next");
  if (next != nullptr && next->is_string() && !next->as_string().empty()) {
    document.value().set("next",
                         seal_cursor(call.cursor_key, call.request.path, next->as_string()));
  }
  return answer(document);
}

}  // namespace

Response submit(const Call& call, Kind kind) {
  if (const Status same = check_subject(call, kind); !same.ok()) return problem(same.error());
  const Result<Accepted> accepted = call.port.submit(kind, call.request.body);
  if (!accepted.ok()) return problem(accepted.error());
  return answer_ok(kJson, accepted_json(accepted.value()).dump(),
                   accepted.value().already_known ? 200 : 201);
}

Response poll(const Call& call) {
  return answer(call.port.poll(call.request.body), kJson);
}

Response put_blob(const Call& call) {
  const Result<Digest> id = blob_id(call);
  if (!id.ok()) return problem(id.error());
  const Status put = call.port.put_blob(id.value(), as_bytes(call.request.body));
  if (!put.ok()) return problem(put.error());
  const std::uint64_t size = call.request.body.size();
  return answer_ok(kJson, Json::object({{"sha256", call.id}, {"size_bytes", size}}).dump(), 201);
}
Response get_blob(const Call& call) {
  const Result<Digest> id = blob_id(call);
  return id.ok() ? answer(call.port.get_blob(id.value())) : problem(id.error());
}

Response ask_opening(const Call& call) {
  return answer(call.port.ask_opening(call.id, call.request.body));
}
Response give_opening(const Call& call) {
  const Result<Digest> id = Digest::parse_hex(call.id);
  if (!id.ok()) {
    return problem(fail(Code::malformed, "a request's id is 64 lower-case hex digits"));
  }
  const Status given = call.port.give_opening(id.value(), as_bytes(call.request.body));
  if (!given.ok()) return problem(given.error());
  const std::uint64_t size = call.request.body.size();
  return answer_ok(kJson, Json::object({{"id", call.id}, {"size_bytes", size}}).dump(), 201);
}

namespace {

Response search(const Call& call, Page page) {
  const std::string* known = call.request.header("if-none-match");
  Result<Found> found = call.port.search({.query = call.query.text("query"),
                                          .sort = call.query.text("sort"),
                                          .page = std::move(page),
                                          .if_none_match = known == nullptr ? "" : *known});
  if (!found.ok()) return problem(found.error());
  Response response = found.value().document ? answer_ok(kJson, found.value().document->dump())
                                             : Response{304, "", {}, ""};
  if (!found.value().etag.empty()) {
    response.headers.push_back({"ETag", "\"" + found.value().etag + "\""});
  }
  return response;
}

}  // namespace

Response providers(const Call& call) {
  Result<Page> page = page_of(call.query);
  if (!page.ok()) return problem(page.error());
  if (call.query.has("query") || call.query.has("sort")) {
    return search(call, std::move(page).value());
  }
  return list(call, std::move(page).value(), &Port::providers);
}
Response match(const Call& call) {
  return answer(call.port.match(call.request.body));
}
Response slashes(const Call& call) {
  Result<Page> page = page_of(call.query);
  if (!page.ok()) return problem(page.error());
  return list(call, std::move(page).value(), &Port::slashes);
}
Response events(const Call& call) {
  const Result<std::uint64_t> after = call.query.number("after", 0, 0, UINT64_MAX);
  if (!after.ok()) return problem(after.error());
  const Result<std::uint64_t> limit = call.query.number("limit", Page{}.limit, 1, kPageMax);
  if (!limit.ok()) return problem(limit.error());
  return answer(call.port.events(after.value(), static_cast<std::uint32_t>(limit.value())));
}

Response provider(const Call& call) {
  return answer(call.port.provider(call.id));
}
Response explain(const Call& call) {
  return answer(call.port.explain(call.id));
}
Response uptime(const Call& call) {
  return answer(call.port.uptime(call.id));
}
Response provider_history(const Call& call) {
  return answer(call.port.provider_part(call.id, ProviderPart::history));
}
Response provider_audits(const Call& call) {
  return answer(call.port.provider_part(call.id, ProviderPart::audits));
}
Response provider_devices(const Call& call) {
  return answer(call.port.provider_part(call.id, ProviderPart::devices));
}
Response provider_slashes(const Call& call) {
  return answer(call.port.provider_part(call.id, ProviderPart::slashes));
}
Response overview(const Call& call) {
  return answer(call.port.overview());
}
Response score(const Call& call) {
  const Result<std::uint64_t> final = call.query.number("final", 0, 0, 1);
  if (!final.ok()) return problem(final.error());
  if (final.value() == 1) {
    return answer(call.port.final_score(call.id, call.query.text("class")), kJson);
  }
  if (call.query.has("class")) {
    return problem(fail(Code::malformed, "class: a preview is of the headline; add final=1"));
  }
  return answer(call.port.score(call.id), kJson);
}
Response job(const Call& call) {
  return answer(call.port.job(call.id));
}
Response preview(const Call& call) {
  const Result<std::uint64_t> after = call.query.number("after", 0, 0, UINT64_MAX);
  if (!after.ok()) return problem(after.error());
  return answer(call.port.preview(call.id, after.value()));
}
Response settlement(const Call& call) {
  return answer(call.port.settlement(call.id), kJson);
}

Response receipt(const Call& call) {
  return answer(call.port.receipt(call.id), kText);
}
Response result(const Call& call) {
  return answer(call.port.result(call.id));
}
Response slash(const Call& call) {
  return answer(call.port.slash(call.id));
}
Response dispute(const Call& call) {
  return answer(call.port.dispute(call.id));
}
Response challenge(const Call& call) {
  return answer(call.port.challenge(call.id));
}
Response worker_call(const Call& call) {
  return answer(call.port.worker_call(call.request.body), kJson);
}
Response worker_result(const Call& call) {
  const Status taken = call.port.worker_result(call.request.body);
  if (!taken.ok()) return problem(taken.error());
  return answer_ok(kJson, Json::object({{"accepted", true}}).dump(), 201);
}
Response kept_worker_result(const Call& call) {
  return answer(call.port.kept_worker_result(call.id), kJson);
}
Response workers(const Call& call) {
  return answer(call.port.workers());
}
Response evidence(const Call& call) {
  return answer(call.port.evidence(call.id), kText);
}
Response policy(const Call& call) {
  return answer(call.port.policy(call.id), kJson);
}
Response trust(const Call& call) {
  return answer(call.port.trust(), kText);
}
Response checkpoint(const Call& call) {
  return answer(call.port.checkpoint(), kText);
}
Response tile(const Call& call) {
  const std::string path = "tile/" + call.id;
  const Result<wire::TilePath> parsed = wire::parse_tile_path(path);
  if (!parsed.ok()) return problem(parsed.error());
  Response response = answer(call.port.tile(path));
  // What a path names never changes; but a partial tile is soon of no use to anybody.
  if (response.status == 200 && parsed.value().width < wire::kTileWidth) {
    response.headers.push_back({"Cache-Control", "public, max-age=60"});
  }
  return response;
}
namespace {

Response for_operator(const Call& call, const std::function<Response(OperatorCalls&)>& answer) {
  if (call.operators == nullptr) {
    return problem(fail(Code::permission, "no operator's calls are taken here"));
  }
  if (const Status may = call.operators->check(call.request); !may.ok()) {
    return problem(may.error());
  }
  return answer(*call.operators);
}

}  // namespace

Response operator_readiness(const Call& call) {
  return for_operator(call, [](OperatorCalls& calls) { return calls.readiness(); });
}
Response operator_metrics(const Call& call) {
  return for_operator(call, [](OperatorCalls& calls) { return calls.metrics(); });
}
Response operator_limits(const Call& call) {
  return for_operator(call,
                      [&](OperatorCalls& calls) { return calls.set_limits(call.request.body); });
}

Response version(const Call&) {
  return answer_ok(kJson, Json::object({{"version", ASSAY_VERSION}, {"api", "v1"}}).dump());
}

}  // namespace assay::api
