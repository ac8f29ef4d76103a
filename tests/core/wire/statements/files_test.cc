// The files that are not one JSON value: traces, openings, and case files.
#include "core/wire/challenge.h"
#include "core/wire/dsse.h"
#include "core/wire/policy.h"
#include "core/wire/poll.h"
#include "core/wire/receipt.h"
#include "core/wire/trace.h"
#include "tests/catch.h"
#include "tests/core/wire/statements/examples.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

StepDigests step_of(const std::string& hex) {
  const Bytes both = from_hex(hex).value();
  return {Digest::from_view(ByteView(both).first(32)).value(),
          Digest::from_view(ByteView(both).subspan(32)).value()};
}

void check_trace(const test::Vector& vector) {
  if (vector.text("kind") == "file") {
    const Bytes file = vector.bytes("hex");
    const auto steps = static_cast<std::uint32_t>(vector.number("steps"));
    const Result<Trace> trace = parse_trace_file(file, steps);
    CHECK(test::answer(trace) == vector.expect());
    if (trace.ok()) CHECK(trace_file(trace.value()) == file);
    return;
  }
  const Digest job = vector.fixed<Digest>("job");
  const PublicKey provider = vector.fixed<PublicKey>("provider");
  Trace trace;
  for (const std::string& hex : vector.all("step")) trace.push_back(step_of(hex));
  if (vector.text("kind") == "tree") {
    CHECK(trace_tree(job, provider, trace).root() == vector.fixed<Digest>("root"));
  } else {
    CHECK(step_leaf_hash(job, provider, vector.number("index"), trace.at(0)) ==
          vector.fixed<Digest>("leaf_hash"));
  }
}

std::vector<test::Vector> receipts() {
  return test::load_vectors("receipt", {"line", "hex", "digest"}, 31);
}

}  // namespace

TEST_CASE("Trace: every scenario is answered as its vector says") {
  for (const test::Vector& vector : test::load_vectors(
           "trace",
           {"kind", "job", "provider", "index", "step", "leaf_hash", "root", "hex", "steps"}, 10)) {
    INFO(vector.name());
    check_trace(vector);
  }
}

TEST_CASE("Trace: no part of a step's leaf can change and leave its hash") {
  const Digest job = test::example_digest("job");
  const PublicKey provider = test::example_key("provider").public_key();
  const StepDigests step{test::example_digest("state"), test::example_digest("output")};
  const Digest hash = step_leaf_hash(job, provider, 1, step);
  CHECK(step_leaf_hash(test::example_digest("other"), provider, 1, step) != hash);
  CHECK(step_leaf_hash(job, test::example_key("renter").public_key(), 1, step) != hash);
  CHECK(step_leaf_hash(job, provider, 2, step) != hash);
  CHECK(step_leaf_hash(job, provider, 1, {step.output, step.state}) != hash);
}

TEST_CASE("Opening: every scenario is answered as its vector says") {
  for (const test::Vector& vector : test::load_vectors("opening", {"hex", "bytes_max"}, 22)) {
    INFO(vector.name());
    const Bytes file = vector.bytes("hex");
    const Result<Opening> opening = parse_opening_file(file, vector.number("bytes_max"));
    CHECK(test::answer(opening) == vector.expect());
    if (opening.ok()) CHECK(opening_file(opening.value()) == file);
  }
}

TEST_CASE("Opening: no flipped bit and no prefix reads as the same opening") {
  for (const test::Vector& vector : test::load_vectors("opening", {"hex", "bytes_max"}, 22)) {
    if (vector.expect() != "ok" || vector.name() == "leaf_of_1024") continue;
    const std::string file(as_text(vector.bytes("hex")));
    test::flip_each_bit(file, [&](const std::string& flipped, std::size_t at) {
      const Result<Opening> opening = parse_opening_file(as_bytes(flipped), file.size());
      if (opening.ok() && opening_file(opening.value()) != to_bytes(as_bytes(flipped))) FAIL(at);
    });
    for (std::size_t i = 0; i < file.size(); ++i) {
      if (parse_opening_file(as_bytes(file).first(i), file.size()).ok()) FAIL(i << " bytes");
    }
  }
}

TEST_CASE("Case file: every scenario is answered as its vector says") {
  for (const test::Vector& vector : receipts()) {
    INFO(vector.name());
    const std::string text = test::body(vector);
    const Result<CaseFile> file = parse_case_file(text);
    CHECK(test::answer(file) == vector.expect());
    CHECK(test::answer(check_case_file_digest(text)) == vector.text("digest"));
    if (file.ok() && vector.text("digest") == "ok") CHECK(case_file_text(file.value()) == text);
  }
}

TEST_CASE("Case file: every flipped bit is refused by the parser or by the digest") {
  for (const test::Vector& vector : receipts()) {
    if (vector.name() != "no_inputs") continue;
    const std::string text = test::body(vector);
    test::flip_each_bit(text, [&](const std::string& flipped, std::size_t at) {
      if (check_case_file_digest(flipped).ok()) FAIL("byte " << at);
    });
  }
}

TEST_CASE("Case file: an entry is named by its kind, and what is not logged has no name") {
  CHECK(entry_name(Kind::order) == "order");
  CHECK(entry_name(Kind::attestation) == "attestation");
  CHECK(entry_name(Kind::summary) == "summary");
  CHECK(entry_name(Kind::heartbeat).empty());
  CHECK(entry_name(Kind::score).empty());
}

TEST_CASE("a poll reply with as much as it may hold, as deep as a policy goes, can be read") {
  PollReply reply;
  Challenge challenge;
  challenge.attestation_index = UINT64_MAX;
  challenge.ordinal = UINT32_MAX;
  challenge.p_ppm = 1'000'000;
  challenge.deadline = UnixMillis{std::int64_t{1} << 53};
  // No two neighbours, so that no list is shortened: one value and the most digits each.
  for (std::uint32_t i = kDepthMax + 2; i > 0; --i) {
    challenge.positions.push_back(kTraceStepsMax - 2 * i);
  }
  for (std::uint64_t i = kDepthMax; i > 0; --i) {
    challenge.rows.push_back(kRowLast - 2 * i);
    challenge.pairs.push_back(kPairLast - 2 * i);
  }
  reply.challenges.assign(kChallengesMax, challenge);
  const std::string order = envelope_text(std::string(kPayloadBytesMax, 'x'), {}, {});
  reply.offers.assign(kOffersMax, {{}, order});
  reply.notices.assign(kNoticesMax, {"verdict", std::string(512, '"'), UINT64_MAX});
  Benchmark benchmark;
  benchmark.workload = "gemm";
  benchmark.parameters = Json::object();
  benchmark.links = kLinksMax;
  for (std::uint32_t link = 1; link <= kLinksMax; ++link) {
    LinkRows open{link, {}};
    for (std::uint64_t i = kLinkRowsMax; i > 0; --i) open.rows.push_back(kRowLast - 2 * i);
    benchmark.open.push_back(open);
  }
  reply.benchmark = benchmark;
  const std::string text = poll_reply_text(reply);
  CHECK(text.size() <= kPollReplyBytesMax);
  const Result<PollReply> read = parse_poll_reply(text);
  REQUIRE(read.ok());
  CHECK(read.value().challenges.size() == kChallengesMax);
  CHECK(read.value().challenges.back().pairs == challenge.pairs);
  CHECK(read.value().benchmark->open == benchmark.open);
  CHECK(poll_reply_text(read.value()) == text);

  reply.challenges.push_back(challenge);
  CHECK_FALSE(parse_poll_reply(poll_reply_text(reply)).ok());
}
