// A market kept by the ledger's rules, statement by statement on LMDB, and the same market kept by
// their fast twin must be the same to the byte; and the log must fold to it again.
#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/memory_store.h"
#include "tests/catch.h"
#include "tests/sim/economy/economy.h"
#include "tests/sim/economy/twin_book.h"
#include "tests/temporary_folder.h"

namespace assay::sim {
namespace {

using wire::Fault;
using wire::Outcome;

constexpr UnixMillis kStart{20'600 * kDayMs};

std::unique_ptr<reputation::Store> on_disk(const std::string& folder) {
  reputation::LmdbOptions options;
  options.folder = folder;
  options.tables = reputation::tables::names();
  Result<std::unique_ptr<reputation::Store>> store = reputation::open_lmdb_store(options);
  REQUIRE(store.ok());
  return std::move(store).value();
}

// A few honest ones and everybody who does what can be done in days.
Setup mixed_market(std::int32_t days) {
  Setup setup;
  setup.keys.resize(kinds().size());
  setup.keys[0] = 6;
  for (const char* name : {"new-key", "vetted", "withhold", "never-attest", "answer-late",
                           "offline-when-sampled", "equivocate", "frivolous-appeal", "self-jobs",
                           "class-hop", "class-spoof", "framed", "denial-of-service"}) {
    setup.keys[kind_number(name)] = 1;
  }
  setup.days = days;
  setup.seed = 5;
  setup.auditor.workers = 8;
  return setup;
}

void check_refold(TwinBook& book) {
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

// Providers without plans: whatever may be done next, drawn by lot.
class Lot {
 public:
  Lot(TwinBook& book, std::uint64_t seed) : book_(book), random_(seed) {
    for (WorkerNo worker = 0; worker < kWorkers; ++worker) book_.hire(next_worker_++);
    for (ProviderNo i = 0; i < kProviders; ++i) {
      book_.join(i);
      book_.stake(i, wire::StakeMove::bond, (i < 3 ? 21 : 400) * kDollar);
    }
  }

  void hour(std::uint64_t number) {
    const UnixMillis begins = kStart + static_cast<std::int64_t>(number) * kHourMs;
    book_.at(begins + 60'000);
    if (number > 0) tell_uptime(number);
    for (const JobNo job : std::exchange(ruled_, {})) decide(job);
    for (const JobNo job : std::exchange(due_, {})) judge(job);
    for (ProviderNo i = 0; i < kProviders; ++i) {
      if (number % 6 == 1) book_.measure(i, 700'000 + i * 100'000);
      if (lot(40) && book_.stake_of(i).free() > 0) {
        ++unbonded;
        book_.stake(i, wire::StakeMove::unbond, 1 + random_.below(book_.stake_of(i).free()));
      }
      if (lot(30)) book_.stake(i, wire::StakeMove::bond, kDollar);
      work(i);
    }
    book_.at(begins + 2'400'000);
    for (const JobNo job : std::exchange(working_, {})) book_.attest(job);
    for (const Drawn& it : book_.draw()) {
      retro += it.reason == wire::Reason::retro && it.audited;
      if (it.audited) due_.push_back(it.job);
    }
    book_.at(begins + 2'700'000);
  }

  std::uint64_t slashed = 0, granted = 0, refuted = 0, voided = 0, unbonded = 0, retro = 0;

 private:
  static constexpr ProviderNo kProviders = 5;
  static constexpr WorkerNo kWorkers = 3;

  bool lot(std::uint64_t of) { return random_.below(of) == 0; }

  void tell_uptime(std::uint64_t number) {
    std::vector<Book::Probes> probes;
    for (ProviderNo i = 0; i < kProviders; ++i) {
      probes.push_back({i, static_cast<std::uint32_t>(i == 4 ? random_.below(13) : 12), 12});
    }
    book_.uptime(reputation::epoch_of(kStart, assay_rules().policy) + number - 1, probes);
  }

  void work(ProviderNo provider) {
    const auto workload = static_cast<ClassNo>(lot(4));
    const Score score = book_.score(provider, workload);
    if (score.revoked || score.record.tombstoned || book_.jailed(provider)) return;
    JobTerms terms;
    terms.workload = workload;
    terms.price = kPrice / (1 + random_.below(3));
    terms.renter = static_cast<std::uint32_t>(random_.below(6));
    book_.order(jobs_, terms);
    book_.accept(jobs_, provider);
    providers_.push_back(provider);
    working_.push_back(jobs_++);
  }

  void judge(JobNo job) {
    const auto by = next_worker_ - 1 - static_cast<WorkerNo>(random_.below(kWorkers - 1));
    if (lot(20)) {
      book_.verdict(job, Outcome::inconclusive, {});
      due_.push_back(job);
      return;
    }
    if (lot(12) && !cleared_.contains(job)) {
      const bool withheld = lot(2);
      book_.verdict(job, withheld ? Outcome::unavailable : Outcome::mismatch, {});
      book_.slash(job, withheld ? Fault::withheld : Fault::wrong_result);
      ++slashed;
      if (book_.stake_of(providers_[job]).free() > 20 * kDollar) {
        book_.appeal(job);
        withheld_[job] = withheld;
        ruled_.push_back(job);
      }
      return;
    }
    book_.verdict(job, Outcome::match, by);
    if (lot(10)) book_.proven(by);
    if (!lot(15)) return;
    const std::vector<JobNo> again = book_.suspend(next_worker_ - kWorkers);  // the oldest
    voided += again.size();
    due_.insert(due_.end(), again.begin(), again.end());
    book_.hire(next_worker_++);
  }

  void decide(JobNo job) {
    const bool right = lot(2);
    book_.rule(job, right);
    refuted += !right;
    if (!right) return;
    ++granted;
    cleared_.insert({job, true});
    book_.reverse(job, false);
    due_.push_back(job);
  }

  TwinBook& book_;
  SeededRandom random_;
  JobNo jobs_ = 0;
  WorkerNo next_worker_ = 0;
  std::vector<ProviderNo> providers_;
  std::vector<JobNo> working_, due_, ruled_;
  std::map<JobNo, bool> withheld_, cleared_;
};

}  // namespace

TEST_CASE("the ledger and its fast twin agree about a market, to the byte; and the log refolds") {
  const test::TemporaryFolder folder;
  const Rules rules = assay_rules();
  const Setup setup = mixed_market(12);
  TwinBook book(rules, kStart, setup.seed, true, on_disk(folder.path()));
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
  CHECK(all.slashes > 6);
  CHECK(all.reversed >= 1);
  CHECK(all.timeouts > 10);
  CHECK(all.tombstones >= 1);
  CHECK(all.false_slashes == 0);
  CHECK(result.totals.top_ups > 10);
  CHECK(result.auditor.voided > 3);
  CHECK(result.auditor.device_errors + result.auditor.timeouts > 0);
  check_refold(book);
}

TEST_CASE("the books agree whatever is done next: second coins, rulings, voided verdicts") {
  std::uint64_t slashed = 0, granted = 0, refuted = 0, voided = 0, unbonded = 0, retro = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Rules rules = assay_rules();
    rules.policy.first_jobs = 3;
    TwinBook book(rules, kStart, seed, true,
                  reputation::make_memory_store(reputation::tables::names()));
    Lot lot(book, seed);
    for (std::uint64_t hour = 0; hour < 12 * kHoursPerDay; ++hour) {
      lot.hour(hour);
      if (hour % 6 == 0) book.compare();
    }
    slashed += lot.slashed;
    granted += lot.granted;
    refuted += lot.refuted;
    voided += lot.voided;
    unbonded += lot.unbonded;
    retro += lot.retro;
    check_refold(book);
  }
  CHECK(slashed > 40);
  CHECK(granted > 10);
  CHECK(refuted > 10);
  CHECK(voided > 40);
  CHECK(unbonded > 40);
  CHECK(retro > 3);
}

}  // namespace assay::sim
