#include "core/wire/statement.h"

#include <array>

namespace assay::wire {

namespace {

constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr std::string_view kDigestName = "sha256";

struct KindNames {
  Kind kind;
  std::string_view name;
  std::string_view type;
};

constexpr auto kKinds = std::to_array<KindNames>({
    {Kind::registration, "registration", "https://assay.example/registration/v1"},
    {Kind::order, "job", "https://assay.example/job/v1"},
    {Kind::cancel, "cancel", "https://assay.example/cancel/v1"},
    {Kind::reveal, "reveal", "https://assay.example/reveal/v1"},
    {Kind::acceptance, "acceptance", "https://assay.example/acceptance/v1"},
    {Kind::attestation, "attestation", "https://assay.example/attestation/v1"},
    {Kind::heartbeat, "heartbeat", "https://assay.example/heartbeat/v1"},
    {Kind::spotcheck, "spotcheck", "https://assay.example/spotcheck/v1"},
    {Kind::draw, "draw", "https://assay.example/draw/v1"},
    {Kind::verdict, "verdict", "https://assay.example/verdict/v1"},
    {Kind::summary, "summary", "https://slsa.dev/verification_summary/v1"},
    {Kind::timeout, "timeout", "https://assay.example/timeout/v1"},
    {Kind::uptime, "uptime", "https://assay.example/uptime/v1"},
    {Kind::slash, "slash", "https://assay.example/slash/v1"},
    {Kind::reversal, "reversal", "https://assay.example/reversal/v1"},
    {Kind::appeal, "appeal", "https://assay.example/appeal/v1"},
    {Kind::ruling, "ruling", "https://assay.example/ruling/v1"},
    {Kind::dispute, "dispute", "https://assay.example/dispute/v1"},
    {Kind::dispute_move, "dispute-move", "https://assay.example/dispute-move/v1"},
    {Kind::dispute_end, "dispute-end", "https://assay.example/dispute-end/v1"},
    {Kind::stake, "stake", "https://assay.example/stake/v1"},
    {Kind::maintenance, "maintenance", "https://assay.example/maintenance/v1"},
    {Kind::measurement, "measurement", "https://assay.example/measurement/v1"},
    {Kind::worker, "worker", "https://assay.example/worker/v1"},
    {Kind::worker_call, "worker-call", "https://assay.example/worker-call/v1"},
    {Kind::worker_result, "worker-result", "https://assay.example/worker-result/v1"},
    {Kind::paid_challenge, "paid-challenge", "https://assay.example/paid-challenge/v1"},
    {Kind::snapshot, "snapshot", "https://assay.example/snapshot/v1"},
    {Kind::policy, "policy", "https://assay.example/policy/v1"},
    {Kind::score, "score", "https://assay.example/score/v1"},
    {Kind::settlement, "settlement", "https://assay.example/settlement/v1"},
});

const KindNames& names_of(Kind kind) {
  for (const KindNames& names : kKinds) {
    if (names.kind == kind) return names;
  }
  check_failed("kind", "a kind of statement without a name", __FILE__, __LINE__);
}

void read_subject(Fields& in, Statement& statement) {
  const Json::Array& subjects = in.array("subject", 1);
  if (subjects.size() != 1) {
    in.note("subject", "must hold exactly one subject");
    return;
  }
  Fields subject(subjects[0], "[0]");
  statement.subject_name = subject.text("name", 64);
  Fields digest(subject.value("digest"), "digest");
  statement.subject = digest.fixed<Digest>(kDigestName);
  if (Status status = digest.close(); !status.ok()) subject.note("digest", status.error().what);
  if (Status status = subject.close(); !status.ok()) in.note("subject", status.error().what);
}

}  // namespace

std::string_view predicate_type(Kind kind) {
  return names_of(kind).type;
}

std::optional<Kind> kind_of_predicate_type(std::string_view type) {
  for (const KindNames& names : kKinds) {
    if (names.type == type) return names.kind;
  }
  return std::nullopt;
}

std::string_view kind_name(Kind kind) {
  return names_of(kind).name;
}

std::string statement_text(const Statement& statement) {
  Json digest;
  digest.set(std::string(kDigestName), statement.subject.hex());
  Json subject;
  subject.set("name", statement.subject_name).set("digest", std::move(digest));
  Json json;
  json.set("_type", kStatementType)
      .set("subject", Json::array({std::move(subject)}))
      .set("predicateType", predicate_type(statement.kind))
      .set("predicate", statement.predicate);
  return json.dump();
}

Result<Statement> parse_statement(std::string_view payload) {
  JsonLimits limits;
  limits.bytes_max = kStatementBytesMax;
  Result<Json> json = parse_json(payload, limits);
  if (!json.ok()) return json.error().in("statement");
  Fields in(json.value(), "statement");
  Statement statement;
  if (in.text("_type") != kStatementType) {
    in.note("_type", "must be " + std::string(kStatementType));
  }
  read_subject(in, statement);
  const std::optional<Kind> kind = kind_of_predicate_type(in.text("predicateType"));
  if (!kind) in.note("predicateType", "is none that this version knows");
  statement.kind = kind.value_or(Kind::order);
  if (!in.value("predicate").is_object()) in.note("predicate", "is not an object");
  if (Status status = in.close(); !status.ok()) return status.error();
  statement.predicate = json.value().take("predicate");
  return statement;
}

Status expect_kind(const Statement& statement, Kind expected) {
  if (statement.kind == expected) return {};
  return fail(Code::malformed, "statement: a " + std::string(kind_name(statement.kind)) +
                                   " where a " + std::string(kind_name(expected)) + " is expected");
}

Result<Statement> parse_statement(std::string_view payload, Kind expected) {
  Result<Statement> statement = parse_statement(payload);
  if (!statement.ok()) return statement;
  if (Status right = expect_kind(statement.value(), expected); !right.ok()) return right.error();
  return statement;
}

}  // namespace assay::wire
