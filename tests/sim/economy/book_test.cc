// The books: a market kept by the ledger's rules, statement by statement, and the same market kept
// by their fast twin must be the same to the byte; and what a verdict said must go without a trace.
#include "reputation/ledger/memory_store.h"
#include "reputation/policy/pass_weight.h"
#include "tests/catch.h"
#include "tests/sim/economy/economy.h"
#include "tests/sim/economy/twin_book.h"

namespace assay::sim {
namespace {

constexpr UnixMillis kStart{20'600 * kDayMs};

// A few honest ones and everybody who does what the ledger has a statement for.
Setup mixed_market(std::int32_t days) {
  Setup setup;
  setup.keys.resize(kinds().size());
  setup.keys[0] = 8;
  for (const char* name : {"new-key", "vetted", "zero-state", "withhold", "never-attest",
                           "answer-late", "offline-when-sampled", "equivocate", "self-jobs",
                           "cheap-jobs", "reform", "framed", "denial-of-service"}) {
    setup.keys[kind_number(name)] = 1;
  }
  setup.days = days;
  setup.seed = 5;
  setup.auditor.turncoats = false;
  return setup;
}

// A book in which one provider has done some jobs, an hour each.
struct OneProvider {
  FastBook book{assay_rules(), kStart, 1};
  JobNo jobs = 0;
  std::int64_t hours = 0;

  OneProvider() {
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
  JobNo pass(std::uint32_t renter) {
    const JobNo job = attest(renter);
    book.verdict(job, wire::Outcome::match);
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
  for (std::uint64_t window = first; window < first + 2000; ++window) {
    track.advance(window + 1);
    const bool observed = random.below(10) > 0;
    const bool bad_week = window % 700 > 600;
    const std::uint32_t asked = observed ? 1 + static_cast<std::uint32_t>(random.below(20)) : 0;
    const auto answered = static_cast<std::uint32_t>(bad_week ? random.below(asked + 1) : asked);
    track.enter(answered, asked);
    reputation::enter(history, window, answered, asked);
    const reputation::UptimeScore score = reputation::measure_uptime(history, window + 1);
    incidents = std::max<std::uint64_t>(incidents, score.incidents);
    REQUIRE(track.uptime() == score.uptime);
    REQUIRE(track.month() == score.month);
  }
  CHECK(incidents > 3);  // the rule about many of them was met
}

TEST_CASE("the ledger and its fast twin agree about a market, to the byte; and the log refolds") {
  const Rules rules = ledger_rules();
  const Setup setup = mixed_market(9);
  TwinBook book(rules, kStart, setup.seed, true);
  Economy economy(setup, rules, book, nullptr, kStart);
  economy.run();
  book.compare();
  const MarketResult& result = economy.result();
  CHECK(book.compared() > 20'000);
  CHECK(book.ledger().leaves() > 8'000);
  CHECK(result.totals.unexplained == 0);
  CHECK(result.totals.explained > 20);
  // Everything that it is about has happened.
  Tally all;
  for (const Tally& tally : result.kinds) add(all, tally);
  CHECK(all.slashes > 8);
  CHECK(all.reversed >= 2);
  CHECK(all.timeouts > 20);
  CHECK(all.tombstones >= 1);
  CHECK(all.false_slashes == 0);
  CHECK(result.auditor.device_errors + result.auditor.timeouts > 0);

  const auto from = book.ledger().store().read();
  REQUIRE(from.ok());
  const auto rebuilt = reputation::make_memory_store(reputation::tables::names());
  const Status folded = reputation::refold(*from.value(), book.ledger().roles(), *rebuilt);
  INFO((folded.ok() ? "" : folded.error().what));
  REQUIRE(folded.ok());
  const Status same =
      reputation::compare_tables(*from.value(), *rebuilt->read().value(), reputation::tables::kAll);
  INFO((same.ok() ? "" : same.error().what));
  CHECK(same.ok());
}

TEST_CASE("a verdict taken back leaves no trace, not even in what later passes weigh") {
  // Renter 1 reaches the share that one renter may have; what its passes weigh depends on others'.
  const auto live = [](bool with_voided) {
    OneProvider it;
    for (int i = 0; i < 6; ++i) it.pass(1);
    if (with_voided) {
      const JobNo voided = it.pass(2);
      for (int i = 0; i < 30; ++i) it.pass(3 + static_cast<std::uint32_t>(i) % 3);
      it.book.void_verdict(voided);
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
  const JobNo a = clean.attest(50);
  const JobNo b = framed.attest(50);
  clean.book.verdict(a, wire::Outcome::mismatch);  // told, and not slashed for
  framed.book.verdict(b, wire::Outcome::mismatch);
  framed.book.slash(b, wire::Fault::wrong_result);
  CHECK(framed.book.stake_of(0).slashed_micros == 20 * kDollar);
  CHECK(framed.book.score(0, 0).trust < clean.book.score(0, 0).trust);
  for (int i = 0; i < 40; ++i) clean.pass(static_cast<std::uint32_t>(i));
  for (int i = 0; i < 40; ++i) framed.pass(static_cast<std::uint32_t>(i));
  CHECK(framed.row() != clean.row());
  framed.book.reverse(b, false);
  CHECK(framed.row() == clean.row());
  CHECK(framed.book.stake_of(0).own_micros == 200 * kDollar);
  CHECK(framed.book.stake_of(0).slashed_micros == 0);
}

TEST_CASE("one renter's passes weigh four, and then a fifth of the whole") {
  OneProvider it;
  for (int i = 0; i < 40; ++i) it.pass(1);
  std::uint64_t weight = 0;
  for (const Counted& event : it.book.history(0, 0)) weight += event.event.sixteenths;
  CHECK(weight == reputation::kRenterFree);
}

}  // namespace assay::sim
