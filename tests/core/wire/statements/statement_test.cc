// The statements' vectors, and what all kinds have in common.
#include <set>

#include "core/wire/challenge.h"
#include "core/wire/dsse.h"
#include "core/wire/events.h"
#include "core/wire/lease.h"
#include "core/wire/policy.h"
#include "core/wire/poll.h"
#include "tests/catch.h"
#include "tests/core/wire/statements/codecs.h"
#include "tests/core/wire/statements/examples.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

void check_payloads(std::string_view folder, std::string_view kind, std::size_t at_least) {
  for (const test::Vector& vector :
       test::load_vectors(folder, {"kind", "payload", "canonical"}, at_least)) {
    INFO(folder << "/" << vector.name());
    const std::string& payload = vector.text("payload");
    const test::Codec& codec = test::codec(kind.empty() ? vector.text("kind") : kind);
    const Result<std::string> again = codec.rewrite(payload);
    CHECK(test::answer(again) == vector.expect());
    if (!again.ok()) {
      CHECK(again.error().what.size() < 400);  // names the field, does not echo the payload
      continue;
    }
    CHECK(again.value() == (vector.has("canonical") ? vector.text("canonical") : payload));
  }
}

}  // namespace

TEST_CASE("Statements: every scenario is answered as its vector says") {
  check_payloads("registration", "registration", 11);
  check_payloads("order", "job", 21);
  check_payloads("acceptance", "acceptance", 6);
  check_payloads("attestation", "attestation", 22);
  check_payloads("spotcheck", "spotcheck", 22);
  check_payloads("heartbeat", "heartbeat", 29);
  check_payloads("verdict", "verdict", 21);
  check_payloads("summary", "summary", 18);
  check_payloads("events", "", 180);
}

TEST_CASE("Heartbeat: the largest one fits a slash that it has to prove a delivery in") {
  Heartbeat heartbeat;
  heartbeat.seq = heartbeat.free_memory_bytes = UINT64_MAX;
  heartbeat.sent = UnixMillis{std::int64_t{1} << 53};
  heartbeat.load_ppm = 1'000'000;
  heartbeat.accepts_jobs = false;
  // The costliest way to spell so many bytes: a remainder of one by three in each output but one.
  std::size_t left = kShownBytesMax;
  for (std::size_t i = 0; i < kShownOutputsMax; ++i) {
    if (i % (kShownOutputsMax / kShownJobsMax) == 0) {
      heartbeat.outputs.push_back({test::example_digest(std::to_string(i)), 4000, {}});
    }
    const std::size_t size = i + 1 < kShownOutputsMax ? 22 : left;
    heartbeat.outputs.back().outputs.push_back(Bytes(size, 0xFF));
    left -= size;
  }
  CHECK(left == 0);
  const std::string payload = statement_text(heartbeat_statement(heartbeat));
  const Result<Heartbeat> again = parse_heartbeat(payload);
  REQUIRE(again.ok());
  CHECK(again.value().outputs == heartbeat.outputs);
  const std::string envelope = seal(test::example_key("provider"), payload);
  CHECK(envelope.size() <= kHeartbeatBytesMax);
  CHECK(envelope.size() > kHeartbeatBytesMax * 3 / 4);  // the limits are no smaller than need be

  Slash slash;
  slash.provider = test::example_key("provider").public_key();
  slash.class_name = "cpu/gemm@1";
  slash.fault = Fault::withheld;
  slash.delivery_proof = std::string(kHeartbeatBytesMax, '"');  // each is spelt with two bytes
  slash.severity_ppm = 1;
  slash.evidence_indices = {1};
  CHECK(statement_text(slash_statement(slash)).size() <= kPayloadBytesMax);
}

TEST_CASE("Challenge: every scenario is answered as its vector says") {
  for (const test::Vector& vector : test::load_vectors("challenge", {"json"}, 9)) {
    INFO(vector.name());
    const Result<Challenge> challenge =
        challenge_from_json(parse_json(vector.text("json")).value());
    CHECK(test::answer(challenge) == vector.expect());
    if (!challenge.ok()) continue;
    CHECK(challenge_to_json(challenge.value()).dump() == vector.text("json"));
  }
}

TEST_CASE("Lease: every scenario is answered as its vector says") {
  for (const test::Vector& vector : test::load_vectors("lease", {"json"}, 12)) {
    INFO(vector.name());
    const Result<LeaseReply> reply = parse_lease_reply(vector.text("json"));
    CHECK(test::answer(reply) == vector.expect());
    if (reply.ok()) CHECK(lease_reply_text(reply.value()) == vector.text("json"));
  }
}

TEST_CASE("Lease: another task, another digest") {
  const auto vectors = test::load_vectors("lease", {"json"}, 12);
  std::set<Digest> digests;
  std::size_t tasks = 0;
  for (const test::Vector& vector : vectors) {
    const Result<LeaseReply> reply = parse_lease_reply(vector.text("json"));
    if (!reply.ok() || !reply.value().lease) continue;
    ++tasks;
    digests.insert(task_digest(reply.value().lease->task));
  }
  CHECK(tasks >= 3);
  CHECK(digests.size() == tasks);
}

TEST_CASE("Opening request: one spelling, one id for each job, and nothing else is read") {
  const OpeningRequest request{{1}, {3, 17, 40, 41, 42, 43}, {5, 77, 100, 101, 102}};
  const std::string text = R"({"positions":[1],"rows":[3,17,[40,43]],"pairs":[5,77,[100,102]]})";
  CHECK(opening_request_text(request) == text);
  const Result<OpeningRequest> read = parse_opening_request(text);
  REQUIRE(read.ok());
  CHECK(opening_request_text(read.value()) == text);
  const Digest job = sha256(as_bytes("job")), other = sha256(as_bytes("other"));
  const Digest id = sha256({as_bytes("assay/opening-request/v1\n"), job.view(), as_bytes(text)});
  CHECK(opening_request_id(job, read.value()) == id);
  CHECK(opening_request_id(other, read.value()) != id);
  const char* const refused[] = {
      "",
      "[]",
      R"({"positions":[1],"rows":[]})",
      R"({"positions":[],"rows":[],"pairs":[]})",
      R"({"positions":[2,1],"rows":[],"pairs":[]})",
      R"({"positions":[1,1],"rows":[],"pairs":[]})",
      R"({"positions":[1,2,3],"rows":[],"pairs":[]})",
      R"({"positions":[0],"rows":[],"pairs":[]})",
      R"({"positions":["1"],"rows":[],"pairs":[]})",
      R"({"positions":[1],"rows":[],"pairs":[],"draw":""})",
  };
  for (const char* const each : refused) {
    INFO(each);
    CHECK(test::answer(parse_opening_request(each)) == "malformed");
  }
}

TEST_CASE("Policy: every scenario is answered as its vector says") {
  for (const test::Vector& vector : test::load_vectors("policy", {"text", "digest"}, 15)) {
    INFO(vector.name());
    const Result<Policy> policy = parse_policy(vector.text("text"));
    CHECK(test::answer(policy) == vector.expect());
    CHECK(policy_digest(vector.text("text")) == vector.fixed<Digest>("digest"));
    if (policy.ok()) CHECK(policy_text(policy.value()) == vector.text("text"));
  }
}

TEST_CASE("Policy: the default and the demo's are valid, and a range is in the message") {
  CHECK(parse_policy(policy_text(Policy{})).ok());
  CHECK(parse_policy(policy_text(demo_policy())).ok());
  Policy policy;
  policy.audit_ppm = 0;
  const Result<Policy> refused = parse_policy(policy_text(policy));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().what == "policy: audit_ppm: 0 is outside 1..1000000");
  CHECK(&depth_for(policy, Assurance::strict) == &policy.strict);
  CHECK(&depth_for(policy, Assurance::forensic) == &policy.forensic);
}

TEST_CASE(
    "Statements: no two kinds share a name or a predicate type, and no kind reads another's") {
  std::set<std::string_view> names;
  const std::map<std::string, std::string> examples = test::examples();
  for (const test::Codec& reader : test::codecs()) {
    CHECK(names.insert(kind_name(reader.kind)).second);
    CHECK(names.insert(predicate_type(reader.kind)).second);
    CHECK(kind_of_predicate_type(predicate_type(reader.kind)) == reader.kind);
    for (const test::Codec& writer : test::codecs()) {
      const std::string& payload = examples.at(std::string(kind_name(writer.kind)));
      CHECK(reader.rewrite(payload).ok() == (reader.kind == writer.kind));
    }
  }
  CHECK(kind_of_predicate_type("https://assay.example/job/v2") == std::nullopt);
}

TEST_CASE("Verdict: whatever our own error says, the verdict that quotes it reads back") {
  Verdict verdict = test::example_verdict();
  verdict.detail = "our own failure: \"a\nb\xC2\x85\xFF\"";
  const Result<Verdict> again = parse_verdict(statement_text(verdict_statement(verdict)));
  REQUIRE(again.ok());
  CHECK(again.value().detail == "our own failure: \"a?b???\"");
  verdict.detail = std::string(10'000, 'd');
  const Result<Verdict> cut = parse_verdict(statement_text(verdict_statement(verdict)));
  REQUIRE(cut.ok());
  CHECK(cut.value().detail == std::string(512, 'd'));
}

TEST_CASE("Uptime: 500 rows with the largest numbers fit one log leaf") {
  Uptime uptime;
  uptime.window = UINT64_MAX;
  uptime.window_seconds = uptime.part = UINT32_MAX;
  for (std::size_t i = 0; i < kUptimeRowsMax; ++i) {
    UptimeRow row{{}, UINT32_MAX, UINT32_MAX};
    row.provider.bytes[0] = static_cast<std::uint8_t>(i >> 8);
    row.provider.bytes[1] = static_cast<std::uint8_t>(i);
    uptime.rows.push_back(row);
  }
  const std::string text = statement_text(uptime_statement(uptime));
  CHECK(text.size() <= kStatementBytesMax);
  CHECK(parse_uptime(text).ok());
}

TEST_CASE("Verdict: the deepest audits fit one log leaf, whatever their outcomes") {
  Verdict verdict = test::example_verdict();
  verdict.outcome = Outcome::mismatch;
  verdict.detail = std::string(512, '"');
  verdict.device = std::string(128, '\\');
  verdict.positions.clear();
  verdict.position_outcomes.clear();
  for (std::uint32_t i = 1; i <= kTraceStepsMax; ++i) {  // pairs are the longest spelling
    if (i % 3 == 0) continue;
    verdict.positions.push_back(i);
    verdict.position_outcomes.push_back(i % 2 ? Outcome::match : Outcome::mismatch);
  }
  verdict.pairs.count = kPairsMax;
  verdict.pair_outcomes.clear();
  for (std::size_t i = 0; i < kPairsMax; ++i) {
    verdict.pair_outcomes.push_back(i % 2 ? Outcome::match : Outcome::mismatch);
  }
  const auto fits = [&verdict](std::size_t rows, std::uint64_t first, std::uint64_t stride) {
    verdict.rows.clear();
    verdict.row_outcomes.clear();
    for (std::uint64_t i = 0; i < rows; ++i) {
      verdict.rows.push_back(first + i * stride);
      verdict.row_outcomes.push_back(i % 2 ? Outcome::match : Outcome::mismatch);
    }
    const std::string text = statement_text(verdict_statement(verdict));
    CHECK(text.size() <= kStatementBytesMax);
    const Result<Verdict> again = parse_verdict(text);
    REQUIRE(again.ok());
    CHECK(again.value().rows == verdict.rows);
    CHECK(again.value().row_outcomes == verdict.row_outcomes);
    CHECK(again.value().position_outcomes == verdict.position_outcomes);
    CHECK(again.value().pair_outcomes == verdict.pair_outcomes);
  };
  fits(kDepthMax, 4'000'000'000, 2);
  fits(16'384, 0, 1);
}
