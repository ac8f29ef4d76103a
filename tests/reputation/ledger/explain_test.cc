#include "reputation/ledger/explain.h"

#include <algorithm>

#include "core/base/random.h"
#include "reputation/ledger/apply.h"
#include "reputation/ledger/memory_store.h"
#include "reputation/ledger/rules.h"
#include "reputation/ledger/state_hash.h"
#include "tests/catch.h"

namespace assay::reputation::test {
namespace {

constexpr std::uint64_t kFirstEpoch = 500'000;
const std::string kClass = "cpu/gemm@1";
const Factors kFactors{.uptime = q30_from_ppm(994'000),
                       .performance = q30_from_ppm(970'000),
                       .stake = q30_from_ppm(800'000)};

// One leaf's word about the provider, as a test writes it.
struct Said {
  std::uint64_t epoch = kFirstEpoch;
  EventState event;
};

// A store into which histories are counted as the rules do.
class Counted {
 public:
  Counted() : store_(make_memory_store(tables::names())) {}

  void say(const std::vector<Said>& history) {
    std::unique_ptr<WriteTxn> txn = store_->write().value();
    for (const Said& it : history) {
      const UnixMillis time = time_of(it.epoch);
      const std::uint64_t index = ++last_index_;
      if (it.event.kind != EventKind::pass && it.event.kind != EventKind::soft) {
        REQUIRE(count_fault(*txn, id_, it.event, index, time, policy_).ok());
        continue;
      }
      ClassState row = rules::class_row(*txn, id_, kClass).value();
      REQUIRE(count_event(*txn, id_, row, it.event, index, time, policy_).ok());
    }
    REQUIRE(txn->commit().ok());
  }

  void take_back(std::string_view class_name, std::uint64_t index, std::uint64_t epoch) {
    std::unique_ptr<WriteTxn> txn = store_->write().value();
    REQUIRE(uncount(*txn, id_, class_name, index, time_of(epoch), policy_).ok());
    REQUIRE(txn->commit().ok());
  }

  Digest hash(std::span<const TableId> tables) {
    return state_hash(*store_->read().value(), tables).value();
  }

  // The class's record at an epoch: what a score is made of.
  Record record(std::uint64_t epoch) {
    std::unique_ptr<ReadTxn> txn = store_->read().value();
    const View view(*txn);
    const ClassState row = rules::class_row(*txn, id_, kClass).value();
    return view.record_at(id_, row, epoch, policy_).value();
  }

  Explanation explained(std::uint64_t epoch, std::size_t lines_max) {
    std::unique_ptr<ReadTxn> txn = store_->read().value();
    return explain(View(*txn), id_, kClass, kFactors, epoch, policy_, lines_max).value();
  }

  void skip_leaf() { ++last_index_; }
  std::uint64_t last_index() const { return last_index_; }

 private:
  UnixMillis time_of(std::uint64_t epoch) const {
    return {static_cast<std::int64_t>(epoch * policy_.epoch_seconds) * 1000 + 5};
  }

  std::unique_ptr<Store> store_;
  wire::Policy policy_;
  Digest id_ = sha256(as_bytes("provider"));
  std::uint64_t last_index_ = 0;
};

// A history of some months: mostly passes of every weight, now and then a failure, rarely fraud.
std::vector<Said> random_history(Random& random, std::size_t events) {
  std::vector<Said> history;
  std::uint64_t epoch = kFirstEpoch;
  for (std::size_t i = 0; i < events; ++i) {
    if (random.below(3) != 0) epoch += random.below(2) == 0 ? random.below(4) : random.below(200);
    EventState event{.sixteenths = static_cast<std::uint32_t>(random.below(65))};
    // One renter pays for a good part of it, more than may count; some are canaries.
    event.renter = random.below(3) == 0 ? 1 : random.below(9);
    event.seconds = static_cast<std::uint32_t>(random.below(5'000));
    const std::uint64_t what = random.below(100);
    if (what < 8) event = {.kind = EventKind::soft};
    if (what == 99) event = {.kind = EventKind::proven, .sixteenths = 0, .severity_ppm = 100'000};
    history.push_back({epoch, event});
  }
  return history;
}

std::uint32_t trust_ppm(const Record& record) {
  return ppm_from_q30(trust(record, kFactors.uptime, kFactors.performance, kFactors.stake));
}

}  // namespace

TEST_CASE("an explanation sums to the score exactly, however much of it is listed") {
  SeededRandom random(11);
  for (std::size_t round = 0; round < 60; ++round) {
    Counted counted;
    const std::vector<Said> history = random_history(random, 1 + random.below(150));
    counted.say(history);
    const std::uint64_t now = history.back().epoch + random.below(3'000);
    const Record record = counted.record(now);
    for (const std::size_t lines_max : {std::size_t{1'000}, std::size_t{10}, std::size_t{0}}) {
      const Explanation told = counted.explained(now, lines_max);
      std::int64_t sum = told.earlier_ppm;
      std::uint64_t events = told.earlier;
      for (const ScoreLine& line : told.lines) {
        sum += line.points_ppm;
        events += line.index ? 1U : 0U;
        CHECK(line.trust_ppm == sum);
      }
      CHECK(sum == trust_ppm(record));
      CHECK(told.trust_ppm == trust_ppm(record));
      CHECK(told.record == record);
      CHECK(events == history.size());
      CHECK(told.earlier == history.size() - std::min(history.size(), lines_max));
    }
  }
}

TEST_CASE("the order of events inside an epoch changes nothing") {
  SeededRandom random(12);
  const std::array kFolded = {tables::kClasses, tables::kRenters};
  for (std::size_t round = 0; round < 40; ++round) {
    std::vector<Said> history = random_history(random, 120);
    Counted as_said;
    as_said.say(history);
    const std::uint64_t now = history.back().epoch + 1;
    for (std::size_t first = 0; first < history.size();) {
      std::size_t end = first;
      while (end < history.size() && history[end].epoch == history[first].epoch) ++end;
      for (std::size_t i = end - 1; i > first; --i) {
        std::swap(history[i], history[first + random.below(i - first + 1)]);
      }
      first = end;
    }
    Counted shuffled;
    shuffled.say(history);
    CHECK(as_said.record(now) == shuffled.record(now));
    CHECK(as_said.hash(kFolded) == shuffled.hash(kFolded));
  }
}

TEST_CASE("what is taken back leaves the state as if it had never been said") {
  struct TakenBack {
    EventState event;
    std::string_view counted_for;
  };
  const TakenBack kinds[] = {
      {{.kind = EventKind::proven, .sixteenths = 0, .severity_ppm = 1'000'000}, ""},
      {{.kind = EventKind::equivocation, .sixteenths = 0, .severity_ppm = 2'000'000}, ""},
      {{.kind = EventKind::pass, .sixteenths = 11}, kClass},
      {{.kind = EventKind::pass, .sixteenths = 64, .renter = 1, .seconds = 77}, kClass},
      {{.kind = EventKind::report}, ""},
      {{.kind = EventKind::soft}, kClass}};
  SeededRandom random(13);
  for (std::size_t round = 0; round < 60; ++round) {
    const TakenBack& it = kinds[round % std::size(kinds)];
    const std::vector<Said> history = random_history(random, 80);
    const auto cut = history.begin() + 1 + static_cast<std::ptrdiff_t>(random.below(79));
    const std::vector<Said> before(history.begin(), cut);
    const std::vector<Said> after(cut, history.end());
    const std::uint64_t epoch = before.back().epoch;
    Counted never;
    never.say(before);
    never.skip_leaf();
    Counted reversed;
    reversed.say(before);
    reversed.say({{epoch, it.event}});
    const std::uint64_t index = reversed.last_index();
    const bool late = round % 2 == 0;
    if (!late) reversed.take_back(it.counted_for, index, epoch);
    for (Counted* counted : {&never, &reversed}) {
      counted->say(after);
      counted->say({{history.back().epoch + 9, {.sixteenths = 16}}});
    }
    if (late) {
      CHECK_FALSE(reversed.hash(tables::kAll) == never.hash(tables::kAll));
      reversed.take_back(it.counted_for, index, epoch);
    }
    CHECK(reversed.hash(tables::kAll) == never.hash(tables::kAll));
  }
}

TEST_CASE("what would happen next is what then happens") {
  SeededRandom random(14);
  for (std::size_t round = 0; round < 20; ++round) {
    Counted counted;
    std::vector<Said> history(30 + random.below(200), {kFirstEpoch, {.sixteenths = 16}});
    counted.say(history);
    const std::uint64_t next = kFirstEpoch + 1;
    UptimeHistory windows;
    for (std::uint64_t w = 0; w < 100; ++w) enter(windows, w, 1, 1);
    const Record record = counted.record(next);
    Factors factors = kFactors;
    factors.uptime = uptime(windows, 100);
    const WhatIf then = what_if(record, factors, 1'000'000, windows, 100);
    const std::uint32_t now =
        ppm_from_q30(trust(record, factors.uptime, factors.performance, factors.stake));
    CHECK(then.pass >= now);
    CHECK(then.soft < now);
    CHECK(then.outage < now);
    CHECK(then.day_idle <= now);
    CHECK(then.proven == 0);  // fr is 0: a pass must come first
    counted.say({{next, {.kind = EventKind::soft}}});
    CHECK(then.soft == ppm_from_q30(trust(counted.record(next), factors.uptime, factors.performance,
                                          factors.stake)));
  }
}

}  // namespace assay::reputation::test
