// Workers in the log: who may enable them, whom verdicts may name, and that what is void is as if
// it had never been said.
#include <algorithm>
#include <functional>

#include "core/wire/paid_challenge.h"
#include "core/wire/worker.h"
#include "tests/catch.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {
namespace {

using reputation::AttestationState;
using reputation::AuditStatus;
using reputation::View;
using wire::Outcome;

constexpr std::int64_t kHourMs = 3'600'000;

SigningKey seeded(const std::string& text) {
  return SigningKey::from_seed(sha256(as_bytes("worker rules " + text)).view()).value();
}

wire::Policy policy() {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  policy.stake_required_micros = 0;
  policy.operators = {seeded("operator").public_key()};
  return policy;
}

class Staffed : public LedgerScene {
 public:
  explicit Staffed(Stage until = Stage::registered)
      : LedgerScene(test::policy(), until), one(seeded("one")), two(seeded("two")) {}

  SigningKey one, two;

  wire::Worker enabled(const SigningKey& key) {
    wire::Worker it;
    it.worker = key.public_key();
    it.name = "w";
    it.device = "cpu";
    const auto row = View(*store->read().value()).worker(it.worker).value();
    if (row) it.after = row->changed_index;
    return it;
  }
  wire::Worker suspended(const SigningKey& key, std::uint64_t from) {
    wire::Worker it = enabled(key);
    it.enabled = false;
    it.cause = "missed-canary";
    it.void_from = from;
    return it;
  }
  void enable(const SigningKey& key) { log(verifier, wire::worker_statement(enabled(key))); }
  void suspend(const SigningKey& key, std::uint64_t from) {
    log(verifier, wire::worker_statement(suspended(key, from)));
  }
  reputation::WorkerState worker_row(const SigningKey& key) {
    return *View(*store->read().value()).worker(key.public_key()).value();
  }

  // A job of a provider's, drawn and opened.
  std::uint64_t opened_job(const SigningKey& provider) {
    const Digest id = say(renter, wire::order_statement(order())).value().statement;
    log(provider, wire::acceptance_statement(acceptance(id)));
    const std::uint64_t at = log(provider, wire::attestation_statement(attestation(id, provider)));
    log(verifier, wire::draw_statement(draw()));
    log(provider, wire::spotcheck_statement(spotcheck(at)));
    return at;
  }
  std::uint64_t judge(std::uint64_t at, Outcome outcome,
                      const std::vector<const SigningKey*>& workers) {
    return log(verifier, wire::verdict_statement(named(at, outcome, workers)));
  }
  wire::Verdict named(std::uint64_t at, Outcome outcome,
                      const std::vector<const SigningKey*>& workers) {
    wire::Verdict it = verdict(at, outcome);
    for (const SigningKey* key : workers) {
      it.workers.push_back({key->public_key(), "cpu/scalar", "", {}});
    }
    std::ranges::sort(it.workers, {}, &wire::VerdictWorker::worker);
    return it;
  }

  // All that a provider's score is folded from, and its income by day; as bytes.
  Bytes scored(const SigningKey& provider) {
    const Digest id = reputation::provider_id(provider.public_key());
    const auto txn = store->read();
    const View view(*txn.value());
    Bytes out;
    const std::vector<reputation::ClassState> classes = view.classes_of(id).value();
    for (const reputation::ClassState& row : classes) append(out, encode(row));
    (void)txn.value()->scan_prefix(reputation::tables::kDays, id.view(),
                                   [&](ByteView, ByteView value) {
                                     append(out, value);
                                     return true;
                                   });
    put_u64_be(out, view.provider(id).value()->income_micros);
    const reputation::ProviderScore score =
        view.score(id, *view.provider(id).value(), now, policy).value();
    for (const reputation::ClassScore& one_class : score.classes) {
      put_u64_be(out, static_cast<std::uint64_t>(one_class.trust));
    }
    return out;
  }
};

}  // namespace

TEST_CASE("a worker is enabled and suspended by the verifier or an operator, and nobody else") {
  const struct {
    const char* name;
    Code code;
    std::function<Result<reputation::Appended>(Staffed&)> say;
  } refused[] = {
      {"by a stranger", Code::permission,
       [](Staffed& s) { return s.say(s.stranger, wire::worker_statement(s.enabled(s.one))); }},
      {"by itself", Code::permission,
       [](Staffed& s) { return s.say(s.one, wire::worker_statement(s.enabled(s.one))); }},
      {"suspending nobody known", Code::not_found,
       [](Staffed& s) { return s.say(s.verifier, wire::worker_statement(s.suspended(s.one, 0))); }},
      {"void from a leaf that is not there", Code::conflict,
       [](Staffed& s) {
         s.enable(s.one);
         return s.say(s.verifier, wire::worker_statement(s.suspended(s.one, s.head().size + 1)));
       }},
      {"a call, which is not logged", Code::malformed,
       [](Staffed& s) {
         return s.say(s.one,
                      wire::worker_call_statement({s.one.public_key(), kSceneOrigin, s.now, {}}));
       }},
  };
  for (const auto& row : refused) {
    INFO(row.name);
    Staffed scene;
    const Result<reputation::Appended> said = row.say(scene);
    REQUIRE_FALSE(said.ok());
    CHECK(said.error().code == row.code);
    CHECK(scene.check().ok());
  }
  Staffed scene;
  scene.log(seeded("operator"), wire::worker_statement(scene.enabled(scene.one)));
  CHECK(scene.worker_row(scene.one).enabled);
  const std::uint64_t since = scene.worker_row(scene.one).since_index;
  scene.log(scene.verifier, wire::worker_statement(scene.suspended(scene.one, 0)));
  CHECK_FALSE(scene.worker_row(scene.one).enabled);
  CHECK(scene.worker_row(scene.one).cause == "missed-canary");
  CHECK(scene.worker_row(scene.one).since_index == since);
  scene.enable(scene.one);
  CHECK(scene.worker_row(scene.one).enabled);
  CHECK(scene.worker_row(scene.one).cause.empty());
  CHECK(scene.check().ok());
}

// The log is public: what an operator said once must not be said again by whoever reads it.
TEST_CASE("what was said of a worker is said once, and can be meant again") {
  Staffed scene;
  const SigningKey operator_key = seeded("operator");
  const wire::Worker first = scene.enabled(scene.one);
  scene.log(operator_key, wire::worker_statement(first));
  const wire::Worker suspension = scene.suspended(scene.one, 1);
  scene.log(operator_key, wire::worker_statement(suspension));
  for (const wire::Worker& again : {first, suspension}) {
    const auto said = scene.say(operator_key, wire::worker_statement(again));
    REQUIRE(said.ok());
    CHECK(said.value().already_known);
    CHECK_FALSE(scene.worker_row(scene.one).enabled);
  }
  // The verifier's signature makes another statement of it, but it follows nothing any more.
  const auto stale = scene.say(scene.verifier, wire::worker_statement(first));
  REQUIRE_FALSE(stale.ok());
  CHECK(stale.error().code == Code::conflict);
  // Enabled and suspended anew, in the same words.
  for (int times = 0; times < 3; ++times) {
    scene.log(operator_key, wire::worker_statement(scene.enabled(scene.one)));
    CHECK(scene.worker_row(scene.one).enabled);
    scene.judge(scene.opened_job(scene.alice), Outcome::match, {&scene.one});
    scene.log(operator_key, wire::worker_statement(scene.suspended(scene.one, 1)));
    CHECK_FALSE(scene.worker_row(scene.one).enabled);
    CHECK(scene.worker_row(scene.one).voided == static_cast<std::uint64_t>(times) + 1);
  }
  CHECK(scene.check().ok());
}

TEST_CASE("a verdict names workers that are enabled, and counts for each by its outcome") {
  Staffed scene;
  scene.enable(scene.one);
  scene.enable(scene.two);
  scene.judge(scene.opened_job(scene.alice), Outcome::match, {&scene.one});
  scene.judge(scene.opened_job(scene.alice), Outcome::mismatch, {&scene.one, &scene.two});
  scene.judge(scene.opened_job(scene.bob), Outcome::inconclusive, {&scene.two});
  CHECK(scene.worker_row(scene.one).matches == 1);
  CHECK(scene.worker_row(scene.one).mismatches == 1);
  CHECK(scene.worker_row(scene.two).matches == 0);
  CHECK(scene.worker_row(scene.two).mismatches == 1);
  CHECK(scene.worker_row(scene.two).inconclusive == 1);
  const std::uint64_t at = scene.opened_job(scene.bob);
  const auto say = [&](const SigningKey& worker) {
    return scene.say(scene.verifier,
                     wire::verdict_statement(scene.named(at, Outcome::match, {&worker})));
  };
  CHECK(say(scene.stranger).error().code == Code::permission);
  scene.log(scene.verifier, wire::worker_statement(scene.suspended(scene.two, 0)));
  CHECK(say(scene.two).error().code == Code::permission);
  CHECK(say(scene.one).ok());
  CHECK(scene.check().ok());
}

TEST_CASE("what a suspended worker said from a leaf on is void, and due again with its opening") {
  Staffed scene;
  scene.enable(scene.one);
  scene.enable(scene.two);
  const std::uint64_t before = scene.opened_job(scene.alice);
  const std::uint64_t early = scene.judge(before, Outcome::match, {&scene.one});
  const std::uint64_t others = scene.opened_job(scene.alice);
  scene.judge(others, Outcome::match, {&scene.two});
  const std::uint64_t late = scene.opened_job(scene.alice);
  scene.judge(late, Outcome::match, {&scene.one, &scene.two});
  const std::uint64_t wrong = scene.opened_job(scene.bob);
  scene.judge(wrong, Outcome::mismatch, {&scene.one, &scene.two});
  const std::uint64_t failed = scene.opened_job(scene.bob);
  scene.judge(failed, Outcome::inconclusive, {&scene.one});

  scene.suspend(scene.one, early + 1);
  const AttestationState row = scene.attestation_row(late);
  CHECK(row.audit == AuditStatus::due);
  CHECK(row.verdict_index == 0);
  CHECK(row.spotcheck_index != 0);
  CHECK(scene.job_row(row.job).status == reputation::JobStatus::attested);
  CHECK(scene.worker_row(scene.one).voided == 1);
  CHECK(scene.attestation_row(before).audit == AuditStatus::done);  // vouched for
  CHECK(scene.attestation_row(others).audit == AuditStatus::done);  // another's word
  // What the scalar definition found stands, whoever found it first.
  CHECK(scene.attestation_row(wrong).outcome == Outcome::mismatch);
  CHECK(scene.attestation_row(wrong).audit == AuditStatus::done);
  // Judged again under the same draw and opening.
  CHECK(scene
            .say(scene.verifier,
                 wire::verdict_statement(scene.named(late, Outcome::match, {&scene.one})))
            .error()
            .code == Code::permission);
  scene.judge(late, Outcome::match, {&scene.two});
  CHECK(scene.job_row(row.job).status == reputation::JobStatus::settled);
  // Once void, never void again.
  scene.enable(scene.one);
  scene.suspend(scene.one, 1);
  CHECK(scene.worker_row(scene.one).voided == 2);  // the early one
  CHECK(scene.attestation_row(late).audit == AuditStatus::done);
  CHECK(scene.check().ok());
}

// Two logs with the same jobs at the same times. In one a worker's matches are voided and said
// again later; in the other they are said later and by somebody else from the start.
TEST_CASE("scores are, byte for byte, what they would be without the verdicts that are void") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    const auto run = [seed](bool with_liar, bool judged_in_the_end) {
      auto scene = std::make_unique<Staffed>();
      SeededRandom random(seed);
      scene->enable(scene->one);
      scene->enable(scene->two);
      std::vector<std::uint64_t> lied;
      for (int i = 0; i < 25; ++i) {
        scene->now = scene->now + static_cast<std::int64_t>(random.below(40)) * kHourMs;
        const bool alice = random.below(2) == 0;
        const bool liars = random.below(3) != 0;
        const std::uint64_t at = scene->opened_job(alice ? scene->alice : scene->bob);
        if (!liars) {
          scene->judge(at, Outcome::match, {&scene->two});
        } else {
          lied.push_back(at);
          if (with_liar) scene->judge(at, Outcome::match, {&scene->one});
        }
      }
      scene->now = scene->now + static_cast<std::int64_t>(random.below(60)) * kHourMs;
      scene->suspend(scene->one, 1);
      if (judged_in_the_end) {
        for (const std::uint64_t at : lied) scene->judge(at, Outcome::match, {&scene->two});
      }
      // A later epoch in which everybody passes once more, so that both logs have folded as far.
      scene->now = scene->now + 50 * kHourMs;
      for (const SigningKey* key : {&scene->alice, &scene->bob}) {
        scene->judge(scene->opened_job(*key), Outcome::match, {&scene->two});
      }
      return scene;
    };
    for (const bool judged : {false, true}) {
      const std::unique_ptr<Staffed> lied = run(true, judged);
      const std::unique_ptr<Staffed> honest = run(false, judged);
      CHECK(lied->worker_row(lied->one).voided > 0);
      CHECK(to_hex(lied->scored(lied->alice)) == to_hex(honest->scored(honest->alice)));
      CHECK(to_hex(lied->scored(lied->bob)) == to_hex(honest->scored(honest->bob)));
      const Status sound = lied->check();
      CHECK((sound.ok() ? "" : sound.error().what) == "");
    }
  }
}

TEST_CASE("a first audit that is void takes its place back when the later one is over") {
  for (const bool over_before : {true, false}) {
    INFO((over_before ? "the challenge was over" : "the challenge was under way"));
    Staffed scene;
    scene.enable(scene.one);
    scene.enable(scene.two);
    const std::uint64_t at = scene.opened_job(scene.alice);
    const std::uint64_t verdict = scene.judge(at, Outcome::match, {&scene.one});
    const AttestationState first = scene.attestation_row(at);
    const std::uint64_t challenge = scene.log(
        scene.stranger,
        wire::paid_challenge_statement({.attestation_index = at,
                                        .attestation = first.statement,
                                        .job = first.job,
                                        .challenger = scene.stranger.public_key(),
                                        .deposit_micros = scene.policy.reference_value_micros}));
    scene.log(scene.verifier, wire::draw_statement(scene.draw()));
    scene.log(scene.alice, wire::spotcheck_statement(scene.spotcheck(at)));
    if (over_before) scene.judge(at, Outcome::match, {&scene.two});
    scene.suspend(scene.one, verdict);
    CHECK(scene.score(scene.alice).passed == 0);
    if (!over_before) {
      CHECK(scene.attestation_row(at).reason == wire::Reason::paid);
      scene.judge(at, Outcome::match, {&scene.two});
    }
    const AttestationState row = scene.attestation_row(at);
    CHECK(row.reason == wire::Reason::first);
    CHECK(row.audit == AuditStatus::due);
    CHECK(row.draw_index == first.draw_index);
    CHECK(row.spotcheck_index == first.spotcheck_index);
    CHECK_FALSE(row.first.has_value());
    CHECK(View(*scene.store->read().value()).challenge(challenge).value()->outcome ==
          Outcome::match);
    CHECK(scene.check().ok());
    scene.judge(at, Outcome::match, {&scene.two});
    CHECK(scene.score(scene.alice).passed == 1);
    CHECK(scene.job_row(row.job).status == reputation::JobStatus::settled);
    CHECK(scene.check().ok());
  }
}

}  // namespace assay::test
