// What may not be said about a slash, by whom and when: refused by the ledger, with its reason.
#include "tests/catch.h"
#include "tests/service/slashed.h"

namespace assay::test {
namespace {

using wire::Outcome;

struct Refusal {
  const char* name;
  std::vector<Step> steps;
  Code code;
  const char* says;
  Result<reputation::Appended> (*say)(Slashed&);
};

Result<reputation::Appended> appeal_bent(Slashed& it, const SigningKey& key,
                                         void (*bend)(wire::Appeal&, Digest&)) {
  wire::Appeal appeal = wire::parse_appeal(wire::statement_text(it.appeal(it.index))).value();
  Digest about = it.slash_row(it.index).statement;
  bend(appeal, about);
  return it.say(key, wire::appeal_statement(appeal, about));
}

Result<reputation::Appended> ruling_bent(Slashed& it, const SigningKey& key,
                                         void (*bend)(wire::Ruling&)) {
  wire::Ruling ruling = it.ruling(it.index, Outcome::mismatch);
  bend(ruling);
  ruling.outcome = wire::ruling_of(ruling.replays);
  return it.say(key, wire::ruling_statement(ruling, it.slash_row(it.index).statement));
}

constexpr auto kPlainAppeal = [](wire::Appeal&, Digest&) {};
constexpr auto kPlainRuling = [](wire::Ruling&) {};

const std::vector<Refusal>& refusals() {
  static const std::vector<Refusal> all = {
      {"an appeal by somebody else",
       {},
       Code::permission,
       "signed by the provider that it names",
       [](Slashed& it) { return appeal_bent(it, it.bob, kPlainAppeal); }},
      {"an appeal against another's slash",
       {},
       Code::permission,
       "not your slash",
       [](Slashed& it) {
         wire::Appeal appeal =
             wire::parse_appeal(wire::statement_text(it.appeal(it.index))).value();
         appeal.provider = it.bob.public_key();
         return it.say(it.bob, wire::appeal_statement(appeal, it.slash_row(it.index).statement));
       }},
      {"an appeal against what is no slash",
       {},
       Code::not_found,
       "is not a slash",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.slash_index = 1; });
       }},
      {"an appeal with another subject",
       {},
       Code::conflict,
       "not the statement of that slash",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal&, Digest& about) { about = Digest{}; });
       }},
      {"an appeal after finality",
       {kPassFinality},
       Code::conflict,
       "too late",
       [](Slashed& it) { return appeal_bent(it, it.alice, kPlainAppeal); }},
      {"a second appeal",
       {kAppeal},
       Code::conflict,
       "appealed already",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.remark = "again"; });
       }},
      {"an appeal after a ruling",
       {kAppeal, kDraw, kRefute},
       Code::conflict,
       "appealed already",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.remark = "again"; });
       }},
      {"an appeal after the reversal",
       {kAppeal, kDraw, kGrant, kOverturn},
       Code::conflict,
       "reversed already",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.remark = "again"; });
       }},
      {"an appeal with another deposit",
       {},
       Code::conflict,
       "is 200000 micros, not 1",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.deposit_micros = 1; });
       }},
      {"a ruling by somebody else",
       {kAppeal, kDraw},
       Code::permission,
       "this log's verifier",
       [](Slashed& it) { return ruling_bent(it, it.alice, kPlainRuling); }},
      {"a ruling without an appeal",
       {},
       Code::conflict,
       "no appeal to decide",
       [](Slashed& it) { return ruling_bent(it, it.verifier, kPlainRuling); }},
      {"a ruling before the draw",
       {kAppeal},
       Code::conflict,
       "not been drawn over",
       [](Slashed& it) { return ruling_bent(it, it.verifier, kPlainRuling); }},
      {"a ruling by another draw",
       {kAppeal, kDraw},
       Code::conflict,
       "another draw",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { r.draw.bytes[0] ^= 1; });
       }},
      {"a ruling on another appeal",
       {kAppeal, kDraw},
       Code::conflict,
       "another provider or appeal",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { ++r.appeal_index; });
       }},
      {"a ruling by four replays",
       {kAppeal, kDraw},
       Code::conflict,
       "takes 5 replays, not 4",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { r.replays.pop_back(); });
       }},
      {"a ruling about no positions",
       {kAppeal, kDraw},
       Code::conflict,
       "what was replayed",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { r.positions.clear(); });
       }},
      {"a result decided by signatures",
       {kAppeal, kDraw},
       Code::conflict,
       "by signatures",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) {
           r.replays.assign(5, {std::string(wire::kSignaturesDevice), Outcome::match});
         });
       }},
      {"a second ruling",
       {kAppeal, kDraw, kRefute},
       Code::conflict,
       "no appeal to decide",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { r.detail = "again"; });
       }},
      {"a ruling too late",
       {kAppeal, kDraw, kPassAppeal},
       Code::conflict,
       "EXPIRED",
       [](Slashed& it) { return ruling_bent(it, it.verifier, kPlainRuling); }},
      {"a reversal as overturned before a ruling",
       {kAppeal, kDraw},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "overturned")); }},
      {"a reversal as overturned of a pending slash",
       {},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "overturned")); }},
      {"a reversal as drawn of what was granted",
       {kAppeal, kDraw, kGrant},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "drawn")); }},
      {"a reversal as expired in time",
       {kAppeal, kDraw},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "expired")); }},
      {"a reversal of what was refuted",
       {kAppeal, kDraw, kRefute, kPassAppeal},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "expired")); }},
      {"a reversal as delivered of a wrong result",
       {},
       Code::conflict,
       "openings that were withheld",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "delivered")); }},
      {"a reversal of a final slash",
       {kPassFinality},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "expired")); }},
  };
  return all;
}

}  // namespace

TEST_CASE("what may not be said about a slash is refused, says why, and leaves no trace") {
  for (const Refusal& it : refusals()) {
    INFO(it.name);
    Slashed scene;
    for (const Step step : it.steps) step(scene);
    const std::uint64_t size = scene.head().size;
    const Result<reputation::Appended> answer = it.say(scene);
    REQUIRE_FALSE(answer.ok());
    INFO(answer.error().what);
    CHECK(std::string(code_name(answer.error().code)) == code_name(it.code));
    CHECK(answer.error().what.find(it.says) != std::string::npos);
    CHECK(scene.head().size == size);
    CHECK(scene.check().ok());
  }
}

}  // namespace assay::test
