#include "tests/sim/economy/audits.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "tests/sim/economy/fast_book.h"

namespace assay::sim {
namespace {

using wire::Outcome;

constexpr ProviderNo kProviders = 100;  // of one block
constexpr std::uint64_t kJobsAnHour = 4;
constexpr std::uint64_t kBlockAudits = 100'000;
constexpr std::uint32_t kRenters = 25;
constexpr unsigned kWorkers = 20;
constexpr std::uint32_t kProbes = 12;
constexpr UnixMillis kStart{20'600 * kDayMs};

// One block: a book, its jobs, and which verdicts were told when.
class Block {
 public:
  Block(const AuditsOptions& options, std::uint64_t number, std::uint64_t audits)
      : seed_(options.seed * 1'000'003 + number),
        hours_((audits + kProviders * kJobsAnHour - 1) / (kProviders * kJobsAnHour)),
        book_(rules(), kStart, seed_),
        auditor_(
            {.workers = kWorkers, .faults = true, .turncoats = true, .confirms = options.confirms},
            seed_) {}

  AuditsResult run() {
    join_all(book_);
    for (WorkerNo worker = 0; worker < kWorkers; ++worker) book_.hire(worker);
    SeededRandom random(seed_);
    for (; hour_ < hours_; ++hour_) {
      begin_hour(book_);
      if (hour_ % kHoursPerDay == 0) auditor_.new_day();
      for (const JobNo job : std::exchange(again_, {})) audit(job);
      for (ProviderNo i = 0; i < kProviders; ++i) {
        for (std::uint64_t j = 0; j < kJobsAnHour; ++j) {
          terms_.push_back({.renter = static_cast<std::uint32_t>(random.below(kRenters))});
          begin(book_, static_cast<JobNo>(terms_.size() - 1), i);
        }
      }
      for (const Drawn& it : book_.draw()) audit(it.job);
    }
    return compare();
  }

 private:
  static Rules rules() {
    Rules all = assay_rules();
    all.policy.audit_ppm = kMillion;
    return all;
  }
  UnixMillis now() const { return kStart + static_cast<std::int64_t>(hour_) * kHourMs; }

  static void join_all(FastBook& book) {
    for (ProviderNo i = 0; i < kProviders; ++i) {
      book.join(i);
      book.stake(i, wire::StakeMove::bond, 200 * kDollar);
    }
  }

  // Everybody answered all through the hour before.
  void begin_hour(FastBook& book) const {
    book.at(now());
    if (hour_ == 0) return;
    std::vector<Book::Probes> probes;
    for (ProviderNo i = 0; i < kProviders; ++i) probes.push_back({i, kProbes, kProbes});
    book.uptime(reputation::epoch_of(now(), book.rules().policy) - 1, probes);
  }

  void begin(FastBook& book, JobNo job, ProviderNo provider) const {
    book.order(job, terms_[job]);
    book.accept(job, provider);
    book.attest(job);
  }

  void audit(JobNo job) {
    const Replayed it = auditor_.replay(false);
    if (it.outcome == Outcome::inconclusive) {
      again_.push_back(job);
      return;
    }
    ++result_.verdicts;
    book_.verdict(job, it.outcome, it.by);
    if (it.outcome == Outcome::mismatch) {
      book_.slash(job, wire::Fault::wrong_result);
      ++result_.false_slashes;
    } else {
      standing_.resize(std::max<std::size_t>(standing_.size(), job + 1), kNever);
      standing_[job] = told_.size();
      told_.push_back({hour_, job});
    }
    for (const JobNo voided : heed(auditor_, book_)) {
      standing_[voided] = kNever;
      again_.push_back(voided);
    }
  }

  // The same history without what was voided.
  AuditsResult compare() {
    FastBook clean(rules(), kStart, seed_);
    join_all(clean);
    std::size_t next = 0;
    JobNo job = 0;
    for (hour_ = 0; hour_ < hours_; ++hour_) {
      begin_hour(clean);
      const JobNo before = job;
      while (next < told_.size() && told_[next].hour == hour_ && told_[next].job < before) {
        tell(clean, next++);
      }
      for (ProviderNo i = 0; i < kProviders; ++i) {
        for (std::uint64_t j = 0; j < kJobsAnHour; ++j) begin(clean, job++, i);
      }
      clean.draw();
      while (next < told_.size() && told_[next].hour == hour_) tell(clean, next++);
    }
    Sha256 hash;
    book_.at(now());
    clean.at(now());
    for (ProviderNo i = 0; i < kProviders; ++i) {
      const Bytes bytes = rows_of(book_, i);
      ++result_.scores;
      result_.inexact += bytes != rows_of(clean, i);
      hash.update(bytes);
    }
    result_.providers = kProviders;
    result_.auditor = auditor_.stats();
    result_.state = hash.finish();
    return result_;
  }

  // Its class, and how each of its days ended.
  static Bytes rows_of(FastBook& book, ProviderNo provider) {
    Bytes rows = book.class_bytes(provider, 0);
    for (std::uint64_t day = reputation::day_of(kStart);; ++day) {
      const Bytes row = book.day_bytes(provider, day);
      if (row.empty()) return rows;
      rows.insert(rows.end(), row.begin(), row.end());
    }
  }

  void tell(FastBook& clean, std::size_t at) const {
    if (standing_[told_[at].job] == at) clean.verdict(told_[at].job, Outcome::match, {});
  }

  static constexpr std::size_t kNever = SIZE_MAX;
  struct Told {
    std::uint64_t hour;
    JobNo job;
  };
  const std::uint64_t seed_;
  const std::uint64_t hours_;
  std::uint64_t hour_ = 0;
  FastBook book_;
  Auditor auditor_;
  std::vector<JobTerms> terms_;
  std::vector<JobNo> again_;
  std::vector<Told> told_;             // matches, in order
  std::vector<std::size_t> standing_;  // by job: which of them counts
  AuditsResult result_;
};

}  // namespace

AuditsResult run_audits(const AuditsOptions& options) {
  const std::uint64_t blocks = (options.audits + kBlockAudits - 1) / kBlockAudits;
  std::vector<AuditsResult> results(blocks);
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> done{0};
  std::mutex mutex;
  const auto work = [&] {
    for (std::uint64_t i = next++; i < blocks; i = next++) {
      const std::uint64_t left = options.audits - i * kBlockAudits;
      results[i] = Block(options, i, std::min(left, kBlockAudits)).run();
      const std::scoped_lock lock(mutex);
      options.say("block " + std::to_string(++done) + " of " + std::to_string(blocks));
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.threads && i < blocks; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();

  AuditsResult all;
  Sha256 hash;
  for (const AuditsResult& it : results) {
    all.providers += it.providers;
    all.verdicts += it.verdicts;
    all.false_slashes += it.false_slashes;
    all.scores += it.scores;
    all.inexact += it.inexact;
    all.auditor.add(it.auditor);
    hash.update(it.state.view());
  }
  all.state = hash.finish();
  return all;
}

}  // namespace assay::sim
