// The seam between an economy and the ledger that keeps its scores. Three books:
//   LedgerBook  every statement goes through Ledger::append on a store
//   FastBook    the same rules on the same pure functions, without statements, for large economies
//   TwinBook    both at once, which must agree after every step
// One thread. What a book refuses is a bug of the economy and stops the program.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/wire/draw.h"
#include "core/wire/events.h"
#include "core/wire/stake.h"
#include "reputation/ledger/explain.h"
#include "tests/sim/economy/rules.h"

namespace assay::sim {

using reputation::Q30;
using reputation::Tier;
using ProviderNo = std::uint32_t;  // 0, 1, 2, … in the order of joining
using JobNo = std::uint32_t;       // 0, 1, 2, … in the order of being ordered
using ClassNo = std::uint8_t;
using WorkerNo = std::uint32_t;

// Two kinds of work, so that there are two classes of evidence.
inline constexpr std::array<const char*, 2> kWorkloads{"gemm", "render"};
inline constexpr const char* kDeviceClass = "gpu";
std::string class_name_of(ClassNo workload);
inline constexpr std::uint64_t kClaimedRate = 1'000'000'000;  // multiply-adds a second, of all

struct JobTerms {
  ClassNo workload = 0;
  std::uint64_t price = kPrice;
  std::uint64_t work = kPrice;  // what it costs by the meter; no book knows it
  std::uint32_t renter = 0;
  std::optional<ProviderNo> wanted = {};  // whom it is directed to; none: the matcher drew
  bool top_up = false;                    // the verifier's own, under a renter's key of one job
};

// One attestation of a draw: by its first coin, or by a second one because its provider unbonds.
struct Drawn {
  JobNo job = 0;
  bool audited = false;
  std::uint32_t p_ppm = 0;
  Digest seed;  // positions follow from it
  wire::Reason reason = wire::Reason::first;
  Tier tier = Tier::entry;  // when it was accepted
  std::uint32_t stake_factor = 0;
  std::uint32_t holdback_ppm = 0;
  std::uint64_t locked = 0;
};

// Where a provider stands in a class, everything up to now counted.
struct Score {
  reputation::Record record;
  Q30 trust = 0;
  Q30 uptime = 0;
  Q30 stake = 0;
  Q30 slash = 0;
  Q30 performance = 0;
  Tier tier = Tier::entry;  // all days that are over counted
  std::uint64_t audited = 0;
  std::uint64_t rent = 0;  // what the tier is worth by the policy's own estimate, in micros
  bool revoked = false;    // the class is not what was claimed
  bool operator==(const Score&) const = default;
};

class Book {
 public:
  virtual ~Book() = default;

  // Time moves on; never back.
  virtual void at(UnixMillis now) = 0;

  virtual void join(ProviderNo provider) = 0;
  virtual void stake(ProviderNo provider, wire::StakeMove move, std::uint64_t micros) = 0;
  virtual void order(JobNo job, const JobTerms& terms) = 0;
  virtual void accept(JobNo job, ProviderNo provider) = 0;
  virtual void attest(JobNo job) = 0;
  virtual void time_out(JobNo job, bool verifier_at_fault) = 0;  // then it is open no more
  // Everything that was attested since the last draw.
  virtual std::vector<Drawn> draw() = 0;
  // Workers of the verifier, 0, 1, 2, … A verdict that one gave counts under its name; `proven`:
  // it found what it had to find in a job whose answer was known; `suspend`: it did not, and what
  // it has said since it was last proven is void. Answers whose audits are due again.
  virtual void hire(WorkerNo worker) = 0;
  virtual void proven(WorkerNo worker) = 0;
  virtual std::vector<JobNo> suspend(WorkerNo worker) = 0;
  virtual void verdict(JobNo job, wire::Outcome outcome, std::optional<WorkerNo> by) = 0;
  virtual void slash(JobNo job, wire::Fault fault) = 0;
  // Of the slash about this job. An appeal is drawn over before it is ruled on.
  virtual void appeal(JobNo job) = 0;
  virtual void rule(JobNo job, bool granted) = 0;
  // Takes it back, for its openings came or its appeal was granted; the job is due again.
  virtual void reverse(JobNo job, bool delivered) = 0;
  // A hardware round of every class; parts of a million of what is claimed.
  virtual void measure(ProviderNo provider, std::uint32_t measured_ppm) = 0;
  // Answers to `asked` probes of the window that has just ended, by provider.
  struct Probes {
    ProviderNo provider = 0;
    std::uint32_t answered = 0;
    std::uint32_t asked = 0;
  };
  virtual void uptime(std::uint64_t window, const std::vector<Probes>& probes) = 0;

  virtual Score score(ProviderNo provider, ClassNo workload) = 0;
  virtual bool jailed(ProviderNo provider) = 0;
  virtual reputation::StakeState stake_of(ProviderNo provider) = 0;
  // The class's row, every epoch before this one folded, as the ledger encodes it; empty when the
  // provider has none.
  virtual Bytes class_bytes(ProviderNo provider, ClassNo workload) = 0;
  // What a day that is over ended with, as the ledger encodes it.
  virtual Bytes day_bytes(ProviderNo provider, std::uint64_t day) = 0;
  // Does the ledger's explanation of the class's score sum to it exactly? True without the class.
  virtual bool explains(ProviderNo provider, ClassNo workload) = 0;
};

inline constexpr std::size_t kLinesMax = 50;  // of an explanation; what is earlier is summed

// The same for an explanation in hand.
bool sums_to(const reputation::Explanation& explanation, std::uint32_t trust_ppm);

}  // namespace assay::sim
