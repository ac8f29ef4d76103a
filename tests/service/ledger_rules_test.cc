// What the log takes and what it refuses: every kind of statement, from the wrong signer, about the
// wrong thing, at the wrong time and twice. A refusal has its documented code and leaves no trace.
#include <functional>

#include "core/wire/poll.h"
#include "tests/catch.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {
namespace {

using wire::Fault;
using wire::Outcome;

struct Case {
  const char* name;
  Stage stage;
  Code code;
  std::function<Result<reputation::Appended>(LedgerScene&)> say;
};

Digest nobody() {
  return sha256(as_bytes("nobody knows this"));
}

// Copies of one statement, bent by `bend`.
template <class T, class Bend>
T bent(T said, const Bend& bend) {
  bend(said);
  return said;
}

std::vector<Case> policy_and_registration_cases() {
  return {
      {"anything before the policy", Stage::empty, Code::conflict,
       [](LedgerScene& s) {
         return s.say(s.alice, wire::registration_statement(s.registration(s.alice)));
       }},
      {"a policy by somebody else", Stage::empty, Code::permission,
       [](LedgerScene& s) {
         return s.say(s.stranger, wire::policy_change_statement({wire::policy_text(s.policy), 0}));
       }},
      {"a second policy", Stage::policy, Code::conflict,
       [](LedgerScene& s) {
         wire::Policy other = s.policy;
         other.audit_ppm = 1;
         return s.say(s.verifier, wire::policy_change_statement({wire::policy_text(other), 0}));
       }},
      {"a registration of another's key", Stage::policy, Code::permission,
       [](LedgerScene& s) {
         return s.say(s.stranger, wire::registration_statement(s.registration(s.alice)));
       }},
      {"a heartbeat", Stage::registered, Code::malformed,
       [](LedgerScene& s) {
         wire::Heartbeat it;
         it.seq = 1;
         it.sent = s.now;
         return s.say(s.alice, wire::heartbeat_statement(it));
       }},
  };
}

std::vector<Case> renter_cases() {
  return {
      {"an order in another renter's name", Stage::registered, Code::permission,
       [](LedgerScene& s) { return s.say(s.stranger, wire::order_statement(s.order())); }},
      {"an order for a provider that is not registered", Stage::registered, Code::not_found,
       [](LedgerScene& s) {
         return s.say(s.renter, wire::order_statement(bent(s.order(), [&](wire::Order& it) {
                        it.provider = s.stranger.public_key();
                      })));
       }},
      {"an order with a deadline beyond the policy's", Stage::registered, Code::malformed,
       [](LedgerScene& s) {
         return s.say(s.renter, wire::order_statement(bent(s.order(), [&](wire::Order& it) {
                        it.deadline_ms =
                            static_cast<std::int64_t>(s.policy.job_deadline_max_ms) + 1;
                      })));
       }},
      {"a cancel by somebody else", Stage::ordered, Code::permission,
       [](LedgerScene& s) { return s.say(s.stranger, wire::cancel_statement({s.job})); }},
      {"a cancel by the provider", Stage::accepted, Code::permission,
       [](LedgerScene& s) { return s.say(s.alice, wire::cancel_statement({s.job})); }},
      {"a cancel of nothing", Stage::ordered, Code::not_found,
       [](LedgerScene& s) { return s.say(s.renter, wire::cancel_statement({nobody()})); }},
      {"a cancel after the attestation", Stage::attested, Code::conflict,
       [](LedgerScene& s) { return s.say(s.renter, wire::cancel_statement({s.job})); }},
      {"a secret revealed by somebody else", Stage::ordered, Code::permission,
       [](LedgerScene& s) {
         return s.say(s.stranger, wire::reveal_statement({s.job, scene_secret()}));
       }},
      {"a secret of no job", Stage::ordered, Code::not_found,
       [](LedgerScene& s) {
         return s.say(s.renter, wire::reveal_statement({nobody(), scene_secret()}));
       }},
      {"a secret that was not committed to", Stage::ordered, Code::conflict,
       [](LedgerScene& s) {
         return s.say(s.renter, wire::reveal_statement({s.job, nobody()}));
       }},
  };
}

std::vector<Case> provider_cases() {
  const auto attest = [](LedgerScene& s, const SigningKey& key, const auto& bend) {
    return s.say(key, wire::attestation_statement(bent(s.attestation(s.job, s.alice), bend)));
  };
  const auto same = [](wire::Attestation&) {};
  return {
      {"an acceptance by a stranger", Stage::ordered, Code::not_found,
       [](LedgerScene& s) {
         return s.say(s.stranger, wire::acceptance_statement(s.acceptance(s.job)));
       }},
      {"an acceptance of nothing", Stage::ordered, Code::not_found,
       [](LedgerScene& s) {
         return s.say(s.alice, wire::acceptance_statement(s.acceptance(nobody())));
       }},
      {"an acceptance of what another has accepted", Stage::accepted, Code::conflict,
       [](LedgerScene& s) {
         return s.say(s.bob, wire::acceptance_statement(s.acceptance(s.job)));
       }},
      {"an acceptance of a job meant for another", Stage::registered, Code::permission,
       [](LedgerScene& s) {
         wire::Order order = s.order();
         order.provider = s.alice.public_key();
         const Digest job = s.say(s.renter, wire::order_statement(order)).value().statement;
         return s.say(s.bob, wire::acceptance_statement(s.acceptance(job)));
       }},
      {"an acceptance of a job for other devices", Stage::registered, Code::permission,
       [](LedgerScene& s) {
         wire::Order order = s.order();
         order.device_class = "h100-sxm";
         const Digest job = s.say(s.renter, wire::order_statement(order)).value().statement;
         return s.say(s.bob, wire::acceptance_statement(s.acceptance(job)));
       }},
      {"an attestation nobody asked for", Stage::ordered, Code::conflict,
       [=](LedgerScene& s) { return attest(s, s.alice, same); }},
      {"an attestation of no job", Stage::accepted, Code::not_found,
       [=](LedgerScene& s) {
         return attest(s, s.alice, [](wire::Attestation& it) { it.job = nobody(); });
       }},
      {"an attestation by another provider", Stage::accepted, Code::permission,
       [=](LedgerScene& s) { return attest(s, s.bob, same); }},
      {"an attestation that skips a number", Stage::accepted, Code::conflict,
       [=](LedgerScene& s) {
         return attest(s, s.alice, [](wire::Attestation& it) { it.seq = 2; });
       }},
      {"an attestation that follows another", Stage::accepted, Code::conflict,
       [=](LedgerScene& s) {
         return attest(s, s.alice, [](wire::Attestation& it) { it.prev = nobody(); });
       }},
      {"an attestation after the deadline", Stage::accepted, Code::conflict,
       [=](LedgerScene& s) {
         s.now.ms += 10'001;
         return attest(s, s.alice, same);
       }},
      {"a second attestation of the job", Stage::attested, Code::equivocation,
       [=](LedgerScene& s) {
         return attest(s, s.alice, [](wire::Attestation& it) { it.root = nobody(); });
       }},
      {"openings before the draw", Stage::attested, Code::conflict,
       [](LedgerScene& s) {
         return s.say(s.alice, wire::spotcheck_statement(s.spotcheck(s.attestation_index)));
       }},
      {"openings by another provider", Stage::drawn, Code::permission,
       [](LedgerScene& s) {
         return s.say(s.bob, wire::spotcheck_statement(s.spotcheck(s.attestation_index)));
       }},
      {"openings of what is no attestation", Stage::drawn, Code::not_found,
       [](LedgerScene& s) {
         return s.say(s.alice, wire::spotcheck_statement(
                                   bent(s.spotcheck(s.attestation_index),
                                        [](wire::Spotcheck& it) { it.attestation_index = 1; })));
       }},
      {"openings for another draw", Stage::drawn, Code::conflict,
       [](LedgerScene& s) {
         return s.say(s.alice, wire::spotcheck_statement(
                                   bent(s.spotcheck(s.attestation_index),
                                        [](wire::Spotcheck& it) { it.draw = nobody(); })));
       }},
      {"openings for another asking", Stage::drawn, Code::conflict,
       [](LedgerScene& s) {
         return s.say(s.alice,
                      wire::spotcheck_statement(bent(s.spotcheck(s.attestation_index),
                                                     [](wire::Spotcheck& it) { it.ordinal = 1; })));
       }},
  };
}

std::vector<Case> draw_and_verdict_cases() {
  const auto drawn = [](LedgerScene& s, const SigningKey& key, const auto& bend) {
    return s.say(key, wire::draw_statement(bent(s.draw(), bend)));
  };
  const auto judged = [](LedgerScene& s, const SigningKey& key, const auto& bend) {
    return s.say(
        key, wire::verdict_statement(bent(s.verdict(s.attestation_index, Outcome::match), bend)));
  };
  return {
      {"a draw by somebody else", Stage::attested, Code::permission,
       [=](LedgerScene& s) { return drawn(s, s.stranger, [](wire::Draw&) {}); }},
      {"a draw out of turn", Stage::drawn, Code::conflict,
       [=](LedgerScene& s) { return drawn(s, s.verifier, [](wire::Draw& it) { ++it.k; }); }},
      {"a draw that leaves out leaves", Stage::drawn, Code::conflict,
       [=](LedgerScene& s) {
         s.log(s.renter, wire::order_statement(s.order()));
         return drawn(s, s.verifier, [](wire::Draw& it) { ++it.from; });
       }},
      {"a draw over leaves twice", Stage::drawn, Code::conflict,
       [=](LedgerScene& s) { return drawn(s, s.verifier, [](wire::Draw& it) { --it.from; }); }},
      {"a draw beyond the log", Stage::attested, Code::conflict,
       [=](LedgerScene& s) { return drawn(s, s.verifier, [](wire::Draw& it) { it.size += 1; }); }},
      {"a draw at another tree", Stage::attested, Code::proof,
       [=](LedgerScene& s) {
         return drawn(s, s.verifier, [](wire::Draw& it) { it.root = nobody(); });
       }},
      {"a draw with a proof made for an older head", Stage::attested, Code::proof,
       [=](LedgerScene& s) {
         const VrfProof proof = s.draw().proof;
         s.log(s.renter, wire::order_statement(s.order()));
         return drawn(s, s.verifier, [&](wire::Draw& it) { it.proof = proof; });
       }},
      {"a verdict by somebody else", Stage::opened, Code::permission,
       [=](LedgerScene& s) { return judged(s, s.stranger, [](wire::Verdict&) {}); }},
      {"a verdict before the draw", Stage::attested, Code::conflict,
       [=](LedgerScene& s) { return judged(s, s.verifier, [](wire::Verdict&) {}); }},
      {"a verdict on what is no attestation", Stage::opened, Code::not_found,
       [=](LedgerScene& s) {
         return judged(s, s.verifier, [](wire::Verdict& it) { it.attestation_index = 1; });
       }},
      {"a verdict for another asking", Stage::opened, Code::conflict,
       [=](LedgerScene& s) {
         return judged(s, s.verifier, [](wire::Verdict& it) { it.ordinal = 1; });
       }},
      {"a verdict with another coin", Stage::opened, Code::conflict,
       [=](LedgerScene& s) {
         return judged(s, s.verifier, [](wire::Verdict& it) { it.p_ppm = 1; });
       }},
      {"a verdict about another provider", Stage::opened, Code::conflict,
       [=](LedgerScene& s) {
         return judged(s, s.verifier, [&](wire::Verdict& it) { it.provider = s.bob.public_key(); });
       }},
      {"a second verdict", Stage::opened, Code::conflict,
       [=](LedgerScene& s) {
         s.log(s.verifier, wire::verdict_statement(s.verdict(s.attestation_index, Outcome::match)));
         return judged(s, s.verifier, [](wire::Verdict& it) { it.detail = "again"; });
       }},
      {"unavailable, of what was delivered", Stage::opened, Code::conflict,
       [](LedgerScene& s) {
         return s.say(s.verifier, wire::verdict_statement(
                                      s.verdict(s.attestation_index, Outcome::unavailable)));
       }},
      {"a summary by somebody else", Stage::opened, Code::permission,
       [](LedgerScene& s) {
         return s.say(s.stranger, wire::summary_statement(
                                      s.summary(s.verdict(s.attestation_index, Outcome::match))));
       }},
      {"a summary before the verdict", Stage::opened, Code::conflict,
       [](LedgerScene& s) {
         return s.say(s.verifier, wire::summary_statement(
                                      s.summary(s.verdict(s.attestation_index, Outcome::match))));
       }},
      {"a summary against the verdict", Stage::opened, Code::conflict,
       [](LedgerScene& s) {
         const wire::Verdict passed = s.verdict(s.attestation_index, Outcome::match);
         s.log(s.verifier,
               wire::verdict_statement(s.verdict(s.attestation_index, Outcome::mismatch)));
         return s.say(s.verifier, wire::summary_statement(s.summary(passed)));
       }},
  };
}

std::vector<Case> timeout_and_uptime_cases() {
  const auto late = [](LedgerScene& s, const SigningKey& key, const auto& bend) {
    s.now.ms += 10'001;
    return s.say(key, wire::timeout_statement(bent(s.timeout(), bend)));
  };
  const auto seen = [](LedgerScene& s, const SigningKey& key, const auto& bend) {
    return s.say(key, wire::uptime_statement(bent(s.uptime(), bend)));
  };
  return {
      {"a timeout by somebody else", Stage::accepted, Code::permission,
       [=](LedgerScene& s) { return late(s, s.renter, [](wire::Timeout&) {}); }},
      {"a timeout of no job", Stage::accepted, Code::not_found,
       [=](LedgerScene& s) {
         return late(s, s.verifier, [](wire::Timeout& it) { it.job = nobody(); });
       }},
      {"a timeout of another acceptance", Stage::accepted, Code::conflict,
       [=](LedgerScene& s) {
         return late(s, s.verifier, [](wire::Timeout& it) { ++it.acceptance_index; });
       }},
      {"a timeout of another provider", Stage::accepted, Code::conflict,
       [=](LedgerScene& s) {
         return late(s, s.verifier, [&](wire::Timeout& it) { it.provider = s.bob.public_key(); });
       }},
      {"a timeout of an attested job", Stage::attested, Code::conflict,
       [=](LedgerScene& s) { return late(s, s.verifier, [](wire::Timeout&) {}); }},
      {"a timeout at the very deadline", Stage::accepted, Code::conflict,
       [](LedgerScene& s) {
         s.now.ms += 10'000;
         return s.say(s.verifier, wire::timeout_statement(s.timeout()));
       }},
      {"uptime by somebody else", Stage::registered, Code::permission,
       [=](LedgerScene& s) { return seen(s, s.alice, [](wire::Uptime&) {}); }},
      {"uptime of windows of another length", Stage::registered, Code::conflict,
       [=](LedgerScene& s) {
         return seen(s, s.verifier, [](wire::Uptime& it) { ++it.window_seconds; });
       }},
      {"uptime of a window that is not over", Stage::registered, Code::conflict,
       [=](LedgerScene& s) { return seen(s, s.verifier, [](wire::Uptime& it) { ++it.window; }); }},
      {"uptime of a stranger", Stage::registered, Code::not_found,
       [=](LedgerScene& s) {
         return seen(s, s.verifier, [&](wire::Uptime& it) {
           it.rows = {{s.stranger.public_key(), 1, 1}};
         });
       }},
  };
}

std::vector<Case> slash_cases() {
  // Withheld, and slashed for it. Returns the slash's leaf.
  const auto withhold = [](LedgerScene& s) {
    s.log(s.verifier,
          wire::verdict_statement(s.verdict(s.attestation_index, Outcome::unavailable)));
    return s.log(s.verifier, wire::slash_statement(s.slash(s.attestation_index, Fault::withheld)));
  };
  const auto reverse = [](LedgerScene& s, const SigningKey& key, std::uint64_t index,
                          const PublicKey& provider, const char* cause) {
    const auto row = reputation::View(*s.store->read().value()).slash(index).value();
    const Digest statement = row ? row->statement : nobody();
    return s.say(key, wire::reversal_statement({index, provider, cause}, statement));
  };
  return {
      {"a reversal of another statement", Stage::drawn, Code::conflict,
       [=](LedgerScene& s) {
         const std::uint64_t slash = withhold(s);
         s.log(s.alice, wire::spotcheck_statement(s.spotcheck(s.attestation_index)));
         return s.say(s.verifier, wire::reversal_statement(
                                      {slash, s.alice.public_key(), "delivered"}, nobody()));
       }},
      {"a slash by somebody else", Stage::opened, Code::permission,
       [](LedgerScene& s) {
         return s.say(s.bob,
                      wire::slash_statement(s.slash(s.attestation_index, Fault::wrong_result)));
       }},
      {"a slash without a verdict", Stage::opened, Code::conflict,
       [](LedgerScene& s) {
         return s.say(s.verifier,
                      wire::slash_statement(s.slash(s.attestation_index, Fault::wrong_result)));
       }},
      {"a slash after a match", Stage::opened, Code::conflict,
       [](LedgerScene& s) {
         s.log(s.verifier, wire::verdict_statement(s.verdict(s.attestation_index, Outcome::match)));
         return s.say(s.verifier,
                      wire::slash_statement(s.slash(s.attestation_index, Fault::wrong_result)));
       }},
      {"a slash after a replay that failed", Stage::opened, Code::conflict,
       [](LedgerScene& s) {
         s.log(s.verifier,
               wire::verdict_statement(s.verdict(s.attestation_index, Outcome::inconclusive)));
         return s.say(s.verifier,
                      wire::slash_statement(s.slash(s.attestation_index, Fault::withheld)));
       }},
      {"a slash for another fault than the verdict's", Stage::opened, Code::conflict,
       [](LedgerScene& s) {
         s.log(s.verifier,
               wire::verdict_statement(s.verdict(s.attestation_index, Outcome::mismatch)));
         return s.say(s.verifier,
                      wire::slash_statement(s.slash(s.attestation_index, Fault::withheld)));
       }},
      {"a slash of another provider", Stage::opened, Code::conflict,
       [](LedgerScene& s) {
         s.log(s.verifier,
               wire::verdict_statement(s.verdict(s.attestation_index, Outcome::mismatch)));
         wire::Slash slash = s.slash(s.attestation_index, Fault::wrong_result);
         slash.provider = s.bob.public_key();
         return s.say(s.verifier, wire::slash_statement(slash));
       }},
      {"a slash over what is no attestation", Stage::opened, Code::not_found,
       [](LedgerScene& s) {
         wire::Slash slash = s.slash(s.attestation_index, Fault::wrong_result);
         slash.attestation_index = 1;
         return s.say(s.verifier, wire::slash_statement(slash));
       }},
      {"a second slash for one cause", Stage::opened, Code::conflict,
       [](LedgerScene& s) {
         s.log(s.verifier,
               wire::verdict_statement(s.verdict(s.attestation_index, Outcome::mismatch)));
         wire::Slash slash = s.slash(s.attestation_index, Fault::wrong_result);
         s.log(s.verifier, wire::slash_statement(slash));
         slash.detail = "and again";
         return s.say(s.verifier, wire::slash_statement(slash));
       }},
      {"a reversal by the provider", Stage::drawn, Code::permission,
       [=](LedgerScene& s) {
         return reverse(s, s.alice, withhold(s), s.alice.public_key(), "delivered");
       }},
      {"a reversal of what is no slash", Stage::drawn, Code::not_found,
       [=](LedgerScene& s) {
         return reverse(s, s.verifier, 1, s.alice.public_key(), "delivered");
       }},
      {"a reversal of another's slash", Stage::drawn, Code::conflict,
       [=](LedgerScene& s) {
         return reverse(s, s.verifier, withhold(s), s.bob.public_key(), "delivered");
       }},
      {"a second reversal", Stage::drawn, Code::conflict,
       [=](LedgerScene& s) {
         const std::uint64_t slash = withhold(s);
         REQUIRE(reverse(s, s.verifier, slash, s.alice.public_key(), "delivered").ok());
         return reverse(s, s.verifier, slash, s.alice.public_key(), "overturned");
       }},
      {"a reversal after finality", Stage::drawn, Code::conflict,
       [=](LedgerScene& s) {
         const std::uint64_t slash = withhold(s);
         s.now.ms += static_cast<std::int64_t>(s.policy.finality_ms) + 1;
         return reverse(s, s.verifier, slash, s.alice.public_key(), "delivered");
       }},
      {"openings after the slash is final", Stage::drawn, Code::conflict,
       [=](LedgerScene& s) {
         withhold(s);
         s.now.ms += static_cast<std::int64_t>(s.policy.finality_ms) + 1;
         return s.say(s.alice, wire::spotcheck_statement(s.spotcheck(s.attestation_index)));
       }},
  };
}

TEST_CASE("what the rules refuse has its code and leaves no trace") {
  std::size_t refused = 0;
  for (const auto& cases : {policy_and_registration_cases(), renter_cases(), provider_cases(),
                            draw_and_verdict_cases(), timeout_and_uptime_cases(), slash_cases()}) {
    for (const Case& c : cases) {
      INFO(c.name);
      LedgerScene scene(wire::demo_policy(), c.stage);
      const Result<reputation::Appended> answer = c.say(scene);
      REQUIRE_FALSE(answer.ok());
      INFO(answer.error().what);
      CHECK(std::string(code_name(answer.error().code)) == code_name(c.code));
      // What a refusal had left behind would not follow from the leaves.
      const Status sound = scene.check();
      INFO((sound.ok() ? "" : sound.error().what));
      CHECK(sound.ok());
      ++refused;
    }
  }
  CHECK(refused >= 60);
}

TEST_CASE("a ledger without a leaf is sound: we may be killed before the first one") {
  LedgerScene scene(wire::demo_policy(), Stage::empty);
  CHECK(scene.head().root == Tree().root());
  const Status sound = scene.check();
  INFO((sound.ok() ? "" : sound.error().what));
  CHECK(sound.ok());
}

TEST_CASE("a statement sent twice is logged once, and the answer is the same") {
  LedgerScene scene(wire::demo_policy(), Stage::drawn);
  const wire::Verdict verdict = scene.verdict(scene.attestation_index, Outcome::match);
  const std::pair<const SigningKey*, wire::Statement> statements[] = {
      {&scene.alice, wire::registration_statement(scene.registration(scene.alice))},
      {&scene.renter, wire::order_statement(scene.order())},
      {&scene.renter, wire::reveal_statement({scene.job, scene_secret()})},
      {&scene.alice, wire::spotcheck_statement(scene.spotcheck(scene.attestation_index))},
      {&scene.verifier, wire::verdict_statement(verdict)},
      {&scene.verifier, wire::summary_statement(scene.summary(verdict))},
      {&scene.verifier, wire::uptime_statement(scene.uptime())},
  };
  for (const auto& [key, statement] : statements) {
    INFO(wire::kind_name(statement.kind));
    const Result<reputation::Appended> first = scene.say(*key, statement);
    REQUIRE(first.ok());
    const reputation::Head head = scene.head();
    scene.now.ms += 5'000;
    const Result<reputation::Appended> second = scene.say(*key, statement);
    REQUIRE(second.ok());
    CHECK(second.value().already_known);
    CHECK(second.value().index == first.value().index);
    CHECK(second.value().time == first.value().time);
    CHECK(scene.head().size == head.size);
    CHECK(scene.head().root == head.root);
  }
  CHECK(scene.check().ok());
}

TEST_CASE("log time never runs backwards, whatever our clock does") {
  LedgerScene scene(wire::demo_policy());
  const UnixMillis before = scene.head().last_time;
  scene.now.ms -= 60'000;
  const Result<reputation::Appended> answer =
      scene.say(scene.renter, wire::order_statement(scene.order()));
  REQUIRE(answer.ok());
  CHECK(answer.value().time == before);
  CHECK(scene.check().ok());
}

}  // namespace
}  // namespace assay::test
