// What FastBook keeps: running sums, what voiding and reversing leave behind, what passes weigh.
// That it agrees with the ledger: twin_test.cc.
#include "reputation/policy/jail.h"
#include "reputation/policy/pass_weight.h"
#include "tests/catch.h"
#include "tests/sim/economy/fast_book.h"

namespace assay::sim {
namespace {

constexpr UnixMillis kStart{20'600 * kDayMs};

Rules all_audited() {
  Rules rules = assay_rules();
  rules.policy.audit_ppm = kMillion;
  return rules;
}

// A book in which one provider has done some jobs, an hour each, all of them audited.
struct OneProvider {
  FastBook book{all_audited(), kStart, 1};
  JobNo jobs = 0;
  std::int64_t hours = 0;

  OneProvider() {
    for (WorkerNo worker = 0; worker < 2; ++worker) book.hire(worker);
    book.join(0);
    book.stake(0, wire::StakeMove::bond, 200 * kDollar);
  }
  JobNo attest(std::uint32_t renter) {
    book.at(kStart + ++hours * kHourMs);
    const JobNo job = jobs++;
    book.order(job, {.renter = renter});
    book.accept(job, 0);
    book.attest(job);
    book.draw();
    return job;
  }
  JobNo pass(std::uint32_t renter, WorkerNo by = 0) {
    const JobNo job = attest(renter);
    book.verdict(job, wire::Outcome::match, by);
    return job;
  }
  Bytes row() {
    book.at(kStart + ++hours * kHourMs);
    return book.class_bytes(0, 0);
  }
};

}  // namespace

TEST_CASE("running sums of uptime are measure_uptime(), window by window") {
  SeededRandom random(7);
  const std::uint64_t first = 500'000;
  UptimeTrack track(first);
  reputation::UptimeHistory history;
  std::uint64_t incidents = 0;
  std::uint64_t jails = 0;
  for (std::uint64_t window = first; window < first + 2000; ++window) {
    track.advance(window + 1);
    const bool observed = random.below(10) > 0;
    const bool bad_week = window % 700 > 500;
    const std::uint32_t asked = observed ? 1 + static_cast<std::uint32_t>(random.below(20)) : 0;
    const auto answered = static_cast<std::uint32_t>(bad_week ? random.below(asked + 1) : asked);
    track.enter(answered, asked);
    reputation::enter(history, window, answered, asked);
    const reputation::UptimeScore score = reputation::measure_uptime(history, window + 1);
    incidents = std::max<std::uint64_t>(incidents, score.incidents);
    REQUIRE(track.uptime() == score.uptime);
    REQUIRE(track.month() == score.month);
    REQUIRE(track.day() == score.day);
    const auto jail = reputation::jailed(history, {}, window + 1);
    jails += jail ? 1U : 0U;
    if (!jail) continue;
    REQUIRE(track.had_bad_week());
    REQUIRE(reputation::jailed(track.history(), {}, window + 1) == jail);
  }
  CHECK(incidents > 3);  // the rule about many of them was met
  CHECK(jails > 10);
}

TEST_CASE("a verdict taken back leaves no trace, not even in what later passes weigh") {
  // Renter 1 reaches the share that one renter may have; what its passes weigh depends on others'.
  const auto live = [](bool with_voided) {
    OneProvider it;
    for (int i = 0; i < 6; ++i) it.pass(1);
    if (with_voided) {
      const JobNo voided = it.pass(2, 1);
      for (int i = 0; i < 30; ++i) it.pass(3 + static_cast<std::uint32_t>(i) % 3);
      CHECK(it.book.suspend(1) == std::vector<JobNo>{voided});
    } else {
      it.attest(2);
      for (int i = 0; i < 30; ++i) it.pass(3 + static_cast<std::uint32_t>(i) % 3);
    }
    for (int i = 0; i < 3; ++i) it.pass(1);
    return it.row();
  };
  CHECK(live(true) == live(false));
}

TEST_CASE("a slash that is reversed leaves the record and the stake as they were") {
  OneProvider clean, framed;
  for (int i = 0; i < 30; ++i) clean.pass(static_cast<std::uint32_t>(i));
  for (int i = 0; i < 30; ++i) framed.pass(static_cast<std::uint32_t>(i));
  const JobNo a = clean.attest(50);  // and not judged yet
  const JobNo b = framed.attest(50);
  framed.book.verdict(b, wire::Outcome::mismatch, {});
  framed.book.slash(b, wire::Fault::wrong_result);
  CHECK(framed.book.stake_of(0).slashed_micros == 20 * kDollar);
  CHECK(framed.book.score(0, 0).record.proven == 1);
  framed.book.appeal(b);
  for (int i = 0; i < 40; ++i) clean.pass(static_cast<std::uint32_t>(i));
  for (int i = 0; i < 40; ++i) framed.pass(static_cast<std::uint32_t>(i));
  CHECK(framed.row() != clean.row());
  framed.book.rule(b, true);
  framed.book.reverse(b, false);
  CHECK(framed.row() == clean.row());
  for (OneProvider* it : {&clean, &framed})
    it->book.verdict(it == &clean ? a : b, wire::Outcome::match, {});
  CHECK(framed.row() == clean.row());
  CHECK(encode(framed.book.stake_of(0)) == encode(clean.book.stake_of(0)));
  CHECK(framed.book.stake_of(0).own_micros == 200 * kDollar);
}

TEST_CASE("an appeal that is refuted costs its deposit") {
  OneProvider it;
  const JobNo job = it.attest(1);
  it.book.verdict(job, wire::Outcome::mismatch, {});
  it.book.slash(job, wire::Fault::wrong_result);
  it.book.appeal(job);
  CHECK(it.book.stake_of(0).locked_micros == 2 * kDollar);
  it.book.rule(job, false);
  CHECK(it.book.stake_of(0).locked_micros == 0);
  CHECK(it.book.stake_of(0).slashed_micros == 22 * kDollar);
}

TEST_CASE("one renter's passes count for four, and then for a fifth of the whole") {
  OneProvider it;
  for (int i = 0; i < 40; ++i) it.pass(1);
  it.row();
  CHECK(it.book.refolded(0, 0).pass_mass == reputation::kRenterFree);
}

}  // namespace assay::sim
