// The seam between an economy and the ledger that keeps its scores. Three books:
//   LedgerBook  every statement goes through Ledger::append on a store in memory
//   FastBook    the same rules on the same pure functions, without statements, for large economies
//   TwinBook    both at once, which must agree after every step
// One thread. What a book refuses is a bug of the economy and stops the program.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

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

// Two kinds of work. Of the second an audit meets the cheapest forgery once in four: the training
// of the corpus, where one link of four is broken.
struct Workload {
  const char* name;
  std::uint32_t detection_ppm;
};
inline constexpr std::array kWorkloads{Workload{"gemm", 950'000}, Workload{"train", 250'000}};
inline constexpr const char* kDeviceClass = "gpu";
std::string class_name_of(ClassNo workload);

struct JobTerms {
  ClassNo workload = 0;
  std::uint64_t price = kPrice;
  std::uint64_t metered = kPrice;  // what the plan's operations cost by the meter
  std::uint32_t renter = 0;
  std::optional<ProviderNo> wanted = {};  // whom the renter directed it to; none: the matcher drew
  bool canary = false;                    // the verifier's own, its answer known: always audited
};

// One attestation of a draw.
struct Drawn {
  JobNo job = 0;
  bool audited = false;
  std::uint32_t p_ppm = 0;
  Digest seed;  // positions follow from it
  Tier tier = Tier::entry;
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
  virtual void verdict(JobNo job, wire::Outcome outcome) = 0;
  virtual void slash(JobNo job, wire::Fault fault) = 0;
  // Takes back the slash about this job. `delivered`: its openings came, and it is due again.
  virtual void reverse(JobNo job, bool delivered) = 0;
  // Answers to `asked` probes of the window that has just ended, by provider.
  struct Probes {
    ProviderNo provider = 0;
    std::uint32_t answered = 0;
    std::uint32_t asked = 0;
  };
  virtual void uptime(std::uint64_t window, const std::vector<Probes>& probes) = 0;

  virtual Score score(ProviderNo provider, ClassNo workload) = 0;
  virtual reputation::StakeState stake_of(ProviderNo provider) = 0;
  // The class's row, every epoch before this one folded, as the ledger encodes it; empty when the
  // provider has none.
  virtual Bytes class_bytes(ProviderNo provider, ClassNo workload) = 0;
  // What a day that is over ended with, as the ledger encodes it.
  virtual Bytes day_bytes(ProviderNo provider, std::uint64_t day) = 0;
  // Does the ledger's explanation of the class's score sum to it exactly? True without the class.
  virtual bool explains(ProviderNo provider, ClassNo workload) = 0;
};

// The same for an explanation in hand.
bool sums_to(const reputation::Explanation& explanation, std::uint32_t trust_ppm);

}  // namespace assay::sim
