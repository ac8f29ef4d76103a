// A slash that was reversed leaves no trace in anything a score is made of: two ledgers live
// through the same random history, in one of which somebody is framed and wins the appeal, and in
// the end the rows are equal byte for byte. What takes a leaf in one log takes one in the other, at
// the same time.
#include "core/wire/stake.h"
#include "tests/catch.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {
namespace {

using reputation::TableId;
using wire::Fault;
using wire::Outcome;
using wire::StakeMove;

constexpr std::uint64_t kDollar = 1'000'000;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;

// What scores are made of: classes with their records and tiers, counted events, stakes and the
// lines that they are folded from, days, providers.
constexpr std::array kScored{reputation::tables::kClasses, reputation::tables::kCounted,
                             reputation::tables::kStakes,  reputation::tables::kStakeLines,
                             reputation::tables::kDays,    reputation::tables::kProviders};

SigningKey operator_key() {
  return SigningKey::from_seed(sha256(as_bytes("an operator")).view()).value();
}

wire::Policy policy() {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  policy.stake_required_micros = 100 * kDollar;
  policy.operators = {operator_key().public_key()};
  return policy;
}

class Twins {
 public:
  explicit Twins(std::uint64_t seed) : random(seed), framed(policy()), spared(policy()) {
    move(StakeMove::bond, 200 * kDollar);
    move(StakeMove::delegate, 50 * kDollar);
  }

  SeededRandom random;
  LedgerScene framed;
  LedgerScene spared;

  bool chance(std::uint32_t percent) { return random.below(100) < percent; }

  void pass(std::int64_t ms) {
    framed.now = framed.now + ms;
    spared.now = spared.now + ms;
  }
  // The same in both. Returns the leaf, which is one.
  template <class Say>
  std::uint64_t both(const Say& say) {
    const std::uint64_t at = say(framed);
    const std::uint64_t other = say(spared);
    ASSAY_CHECK(at == other, "the two logs have come apart");
    return at;
  }
  // Something that is said in one; in the other somebody orders something, which says nothing about
  // anybody.
  template <class Say>
  std::uint64_t framed_only(const Say& say) {
    (void)framed.order();
    spared.log(spared.renter, wire::order_statement(spared.order()));
    return say(framed);
  }

  void move(StakeMove move, std::uint64_t amount) {
    const std::string reference = "payment " + std::to_string(++payments_);
    both([&](LedgerScene& s) {
      return s.log(operator_key(), wire::stake_statement({.provider = s.alice.public_key(),
                                                          .move = move,
                                                          .amount_micros = amount,
                                                          .reference = reference}));
    });
  }

  Digest accepted(std::uint64_t price) {
    Digest job;
    both([&](LedgerScene& s) {
      wire::Order order = s.order();
      order.price_micros = price;
      const Result<reputation::Appended> ordered = s.say(s.renter, wire::order_statement(order));
      ASSAY_CHECK(ordered.ok(), "an order was refused");
      job = ordered.value().statement;
      return ordered.value().index;
    });
    both([&](LedgerScene& s) {
      return s.log(s.alice, wire::acceptance_statement(s.acceptance(job)));
    });
    return job;
  }
  std::uint64_t attested(const Digest& job) {
    const std::uint64_t at = both([&](LedgerScene& s) {
      return s.log(s.alice, wire::attestation_statement(s.attestation(job, s.alice)));
    });
    draw();
    return at;
  }
  void draw() {
    both([](LedgerScene& s) { return s.log(s.verifier, wire::draw_statement(s.draw())); });
  }
  void judged(std::uint64_t attestation, Outcome outcome) {
    both([&](LedgerScene& s) {
      return s.log(s.verifier, wire::verdict_statement(s.verdict(attestation, outcome)));
    });
  }
  std::uint64_t slashed(std::uint64_t attestation, Fault fault) {
    return both([&](LedgerScene& s) {
      return s.log(s.verifier, wire::slash_statement(s.slash(attestation, fault)));
    });
  }

  // Anything that may happen in a day. `may_work`: she is not tombstoned in either.
  void live(bool may_work) {
    pass(static_cast<std::int64_t>(random.below(5 * kHourMs)));
    switch (random.below(may_work ? 8 : 4)) {
      case 0: return move(StakeMove::bond, 1 + random.below(20 * kDollar));
      case 1: return move(StakeMove::delegate, 1 + random.below(20 * kDollar));
      case 2: return leave(chance(50) ? StakeMove::unbond : StakeMove::undelegate);
      case 3: return seen();
      case 4: return late();
      default: return judged(attested(accepted(1 + random.below(2 * kDollar))), Outcome::match);
    }
  }

  Status equal() {
    for (LedgerScene* each : {&framed, &spared}) {
      if (Status sound = each->check(); !sound.ok()) return sound;
    }
    return reputation::compare_tables(*framed.store->read().value(), *spared.store->read().value(),
                                      kScored);
  }

 private:
  // No more than may be taken out in both.
  void leave(StakeMove what) {
    const reputation::StakeState row = framed.stake_row(framed.alice);
    const std::uint64_t part = what == StakeMove::unbond ? row.own_micros : row.delegated_micros;
    const std::uint64_t most = std::min({part, row.free(), 10 * kDollar});
    if (most > 0) move(what, 1 + random.below(most));
  }
  void seen() {
    const std::uint32_t asked = 1 + static_cast<std::uint32_t>(random.below(6));
    const auto answered = static_cast<std::uint32_t>(random.below(asked + 1));
    both([&](LedgerScene& s) {
      wire::Uptime uptime = s.uptime();
      uptime.rows = {{s.alice.public_key(), answered, asked}};
      uptime.answers = sha256(as_bytes(std::to_string(s.head().size)));
      return s.log(s.verifier, wire::uptime_statement(uptime));
    });
  }
  void late() {
    const Digest job = accepted(kDollar);
    pass(10'001);
    both([&](LedgerScene& s) {
      return s.log(s.verifier,
                   wire::timeout_statement({.job = job,
                                            .provider = s.alice.public_key(),
                                            .acceptance_index = s.job_row(job).acceptance_index,
                                            .verifier_at_fault = false}));
    });
  }

  int payments_ = 0;
};

// How an appeal may end well.
enum class End { granted, undecided, expired };

struct Frame {
  std::uint64_t attestation = 0;
  std::uint64_t slash = 0;
};

// A verdict that is a lie, and the slash for it.
Frame frame(Twins& it, Fault fault) {
  Frame out;
  out.attestation = it.attested(it.accepted(1 + it.random.below(2 * kDollar)));
  const Outcome lie = fault == Fault::withheld ? Outcome::unavailable : Outcome::mismatch;
  it.framed_only([&](LedgerScene& s) {
    return s.log(s.verifier, wire::verdict_statement(s.verdict(out.attestation, lie)));
  });
  out.slash = it.framed_only([&](LedgerScene& s) {
    return s.log(s.verifier, wire::slash_statement(s.slash(out.attestation, fault)));
  });
  return out;
}

void appeal(Twins& it, const Frame& frame) {
  it.framed_only([&](LedgerScene& s) { return s.log(s.alice, s.appeal(frame.slash)); });
}

void end_well(Twins& it, const Frame& frame, End end) {
  const char* cause = end == End::granted ? "overturned" : "drawn";
  if (end == End::expired) {
    cause = "expired";
    const std::int64_t left_ms = it.framed.slash_row(frame.slash).decide_until - it.framed.now + 1;
    if (left_ms > 0) it.pass(left_ms);
  } else {
    it.draw();
    const Outcome found = end == End::granted ? Outcome::match : Outcome::inconclusive;
    it.framed_only([&](LedgerScene& s) {
      return s.log(s.verifier, s.ruling_statement(s.ruling(frame.slash, found)));
    });
  }
  it.framed_only([&](LedgerScene& s) { return s.log(s.verifier, s.reversal(frame.slash, cause)); });
}

}  // namespace

TEST_CASE("an appeal that succeeds leaves every scored row as if nobody had been slashed") {
  std::size_t stretched = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Twins it(seed);
    for (std::uint64_t i = it.random.below(8); i > 0; --i) it.live(true);
    const Frame framed = frame(it, it.chance(70) ? Fault::wrong_result : Fault::withheld);
    for (std::uint64_t i = it.random.below(6); i > 0; --i) it.live(true);
    const bool days = it.chance(50);
    if (days) it.pass(kDayMs + static_cast<std::int64_t>(it.random.below(10 * kDayMs)));
    stretched += days ? 1 : 0;
    appeal(it, framed);
    const End end = static_cast<End>(it.random.below(3));
    // Time for an appeal is shorter than two days: no more than that passes before its end.
    for (std::uint64_t i = it.random.below(5); i > 0; --i) it.live(true);
    end_well(it, framed, end);
    it.judged(framed.attestation, Outcome::match);
    for (std::uint64_t i = it.random.below(6); i > 0; --i) it.live(true);
    it.pass(kDayMs);
    it.live(true);
    it.move(StakeMove::bond, 1);  // a leaf about her, so that all days are closed in both
    const Status equal = it.equal();
    INFO((equal.ok() ? "" : equal.error().what));
    CHECK(equal.ok());
  }
  CHECK(stretched > 10);
}

TEST_CASE("so it is with faults besides that stand, whatever they took") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    Twins it(seed);
    // Little of her own: what is taken comes out of both purses, and in another way without the
    // slash that was reversed.
    it.move(StakeMove::unbond, 198 * kDollar + it.random.below(kDollar));
    for (std::uint64_t i = it.random.below(4); i > 0; --i) it.live(true);
    const Digest other = it.accepted(1 + it.random.below(3 * kDollar));
    const std::uint64_t attestation = it.attested(other);
    const Frame framed = frame(it, Fault::wrong_result);
    it.pass(static_cast<std::int64_t>(it.random.below(3 * kDayMs)));
    const bool twice = it.chance(50);
    it.judged(attestation, twice ? Outcome::match : Outcome::mismatch);
    const std::uint64_t standing =
        it.slashed(attestation, twice ? Fault::equivocation : Fault::wrong_result);
    for (std::uint64_t i = it.random.below(4); i > 0; --i) it.live(false);
    it.pass(static_cast<std::int64_t>(it.random.below(3 * kDayMs)));
    it.move(StakeMove::bond, 10 * kDollar);  // for the deposit
    appeal(it, framed);
    end_well(it, framed, End::granted);
    it.judged(framed.attestation, Outcome::match);
    it.pass(kDayMs);
    it.move(StakeMove::bond, 1);
    const Status equal = it.equal();
    INFO((equal.ok() ? "" : equal.error().what));
    CHECK(equal.ok());
    CHECK(it.framed.slash_row(standing).amount_micros() ==
          it.spared.slash_row(standing).amount_micros());
    CHECK(it.framed.slash_row(standing).own_micros == it.spared.slash_row(standing).own_micros);
  }
}

TEST_CASE("an appeal that fails costs the deposit, and changes nothing else") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    Twins it(seed);
    for (std::uint64_t i = it.random.below(6); i > 0; --i) it.live(true);
    const std::uint64_t attestation = it.attested(it.accepted(kDollar));
    it.judged(attestation, Outcome::mismatch);
    const Frame guilty{attestation, it.slashed(attestation, Fault::wrong_result)};
    appeal(it, guilty);
    it.draw();
    it.framed_only([&](LedgerScene& s) {
      return s.log(s.verifier, s.ruling_statement(s.ruling(guilty.slash, Outcome::mismatch)));
    });
    const std::uint64_t deposit = it.framed.slash_row(guilty.slash).deposit_micros;
    CHECK(deposit == 200'000);  // a tenth of two prices
    const reputation::StakeState paid = it.framed.stake_row(it.framed.alice);
    const reputation::StakeState kept = it.spared.stake_row(it.spared.alice);
    CHECK(paid.bonded() + deposit == kept.bonded());
    CHECK(paid.slashed_micros == kept.slashed_micros + deposit);
    CHECK(paid.locked_micros == kept.locked_micros);
    constexpr std::array kRest{reputation::tables::kClasses, reputation::tables::kCounted,
                               reputation::tables::kProviders};
    const Status equal = reputation::compare_tables(*it.framed.store->read().value(),
                                                    *it.spared.store->read().value(), kRest);
    INFO((equal.ok() ? "" : equal.error().what));
    CHECK(equal.ok());
    CHECK(it.framed.check().ok());
  }
}

}  // namespace assay::test
