// JSON, envelopes, every kind of statement, and the documents made of statements.
#include "core/compute/program.h"
#include "core/wire/dsse.h"
#include "core/wire/lease.h"
#include "core/wire/order.h"
#include "core/wire/policy.h"
#include "core/wire/poll.h"
#include "prover/journal_json.h"
#include "tests/core/wire/statements/codecs.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/jobs.h"

namespace assay::fuzz {
namespace {

using namespace wire;

void read_json(std::string_view text, bool fractions) {
  const Result<Json> json = parse_json(text, {.fractions = fractions});
  if (!accepted(json)) return;
  const std::string dumped = json.value().dump();
  const Result<Json> again = parse_json(dumped, {.fractions = fractions});
  require(again.ok() && again.value() == json.value(), "JSON written is the JSON read", dumped);
  require(again.value().dump() == dumped, "JSON has one compact spelling", dumped);
  const Result<Json> pretty =
      parse_json(json.value().pretty(), {.bytes_max = SIZE_MAX, .fractions = fractions});
  require(pretty.ok() && pretty.value() == json.value(), "pretty JSON is the same JSON", dumped);
}

// What an order that parses asks for is judged without any of its inputs at hand.
void plan_order(const Order& order) {
  const compute::InputSource none = [](const Input&) -> Result<Bytes> {
    return fail(Code::no_evidence, "not at hand");
  };
  const auto program = compute::load_program(order.spec, none, kSmallCaps);
  if (accepted(program, {Code::malformed, Code::no_evidence})) {
    check_program(*program.value(), kSmallCaps);
  }
}

void read_statement(std::string_view payload) {
  const Result<Statement> statement = parse_statement(payload);
  const bool known = accepted(statement);
  for (const test::Codec& codec : test::codecs()) {
    const Result<std::string> written = codec.rewrite(payload);
    if (!accepted(written)) continue;
    require(known && statement.value().kind == codec.kind, "a statement is of its kind alone");
    require(written.value().size() <= kStatementBytesMax, "a statement fits a leaf");
    const Result<std::string> again = codec.rewrite(written.value());
    require(again.ok(), "a statement written is read again", written.value());
    require(again.value() == written.value(), "a statement is written one way", written.value());
  }
  if (const Result<Order> order = parse_order(payload); order.ok()) plan_order(order.value());
}

void read_envelope(std::string_view text) {
  static const SigningKey key = SigningKey::from_seed(std::array<std::uint8_t, 32>{1}).value();
  const Result<Envelope> envelope = parse_envelope(text);
  if (!accepted(envelope)) return;
  const Envelope& parsed = envelope.value();
  require(parsed.payload.size() <= kPayloadBytesMax, "a payload fits a leaf");
  require(parsed.signatures.size() <= kEnvelopeSignaturesMax, "signatures are counted");
  const auto opened = open_envelope(parsed, key.public_key());
  if (accepted(opened, {Code::malformed, Code::signature})) {
    require(as_bytes(opened.value().payload).size() == parsed.payload.size(),
            "what is handed on is what was signed");
  }
  read_statement(as_text(parsed.payload));
}

template <class T>
void read_one_spelling(std::string_view text, Result<T> (*parse)(std::string_view),
                       std::string (*write)(const T&)) {
  const Result<T> value = parse(text);
  if (accepted(value)) require(write(value.value()) == text, "a text has one spelling", text);
}
template <class T>
void read_rewritten(std::string_view text, Result<T> (*parse)(std::string_view),
                    std::string (*write)(const T&)) {
  const Result<T> value = parse(text);
  if (!accepted(value)) return;
  const std::string written = write(value.value());
  const Result<T> again = parse(written);
  require(again.ok() && write(again.value()) == written, "what is written is read alike", written);
}

void read_all(std::string_view text) {
  read_json(text, false);
  read_json(text, true);
  read_envelope(text);
  read_statement(text);
  read_one_spelling(text, parse_policy, policy_text);
  read_rewritten(text, parse_poll_reply, poll_reply_text);
  read_rewritten(text, parse_lease_reply, lease_reply_text);
  read_rewritten(text, prover::parse_chain, prover::chain_text);
  read_rewritten(text, prover::parse_handed, prover::handed_text);
  read_rewritten(text, prover::parse_status, prover::status_text);
  read_rewritten(text, prover::parse_notices, prover::notices_text);
  if (const Result<Json> json = parse_json(text); json.ok()) {
    const Result<Challenge> challenge = challenge_from_json(json.value());
    if (accepted(challenge)) {
      const Json written = challenge_to_json(challenge.value());
      const Result<Challenge> again = challenge_from_json(written);
      require(again.ok() && challenge_to_json(again.value()) == written,
              "a challenge is read as written", written.dump());
    }
  }
}

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  const MemoryBound bound(memory_for(size) + 16 * kSmallCaps.state_bytes_max);
  read_all(assay::as_text({data, size}));
  return 0;
}
