// The policy document: every number the service is run by, in one signed, logged, digested text.
// A value; any thread. Bytes: FORMAT.md "policy". Its digest is what a renter's policy.txt pins.
// Vectors: vectors/policy/.
#pragma once

#include "core/wire/order.h"

namespace assay::wire {

inline constexpr std::size_t kPolicyBytesMax = 16'384;
inline constexpr std::size_t kOperatorsMax = 16;
inline constexpr std::uint32_t kDepthMax = 1024;  // so that every verdict fits a log leaf

// How much of an audited job is checked at one assurance level: each number 0..kDepthMax, and
// steps, rows and micro not all 0.
struct Depth {
  std::uint32_t units = 0;  // independent: random units besides the first and the last
  std::uint32_t steps = 0;  // chains: whole steps; one at least where the plan has no such rows
  std::uint32_t rows = 0;   // row-local chains: rows followed from the inputs to the result
  std::uint32_t micro = 0;  // row-local chains: rows of single steps, some columns of each
  bool operator==(const Depth&) const = default;
};

struct Policy {
  std::string name = "default";
  std::string currency = "USD";

  // Time grids.
  std::uint32_t epoch_seconds = 3600;
  std::uint32_t uptime_window_seconds = 3600;

  // Audits. The probability is 1 for a class's first jobs, then what tier and price ask for
  // (reputation/policy/audit_rate.h), and never less than audit_ppm.
  std::uint32_t first_jobs = 20;
  std::uint32_t audit_ppm = 23'500;
  std::uint32_t audit_after_soft_failure_jobs = 20;  // p*4 (at most 1) for so many jobs
  Depth standard{3, 0, 3, 459};                      // 1 - 0.99^459 = 99 %
  Depth strict{29, 3, 29, 688};                      // 99.9 %
  Depth forensic{299, 10, 100, 1024};                // full: everything
  std::uint32_t micro_columns = 32;  // of a row that is micro-checked, besides its largest
  std::uint32_t reveal_window_ms = 0;
  std::uint32_t draw_deadline_ms = 60'000;      // a draw must be logged so soon after a leaf
  std::uint32_t opening_deadline_ms = 600'000;  // of one asking, from its proven delivery
  std::uint32_t openings_asked_max = 3;
  std::uint32_t ask_again_after_ms = 28'800'000;
  std::uint32_t confirm_runs = 3;
  std::uint32_t confirm_devices_min = 1;

  // Jobs.
  std::uint32_t accept_within_ms = 600'000;  // an offer not accepted goes to somebody else
  std::uint64_t job_deadline_max_ms = 86'400'000;
  std::uint32_t open_jobs_max = 10'000;  // beyond: 429 and the queue's length

  // Polling and uptime probes.
  std::uint32_t poll_ms = 10'000;
  std::uint32_t probe_mean_ms = 300'000;  // Poisson
  std::uint32_t probe_grace_ms = 60'000;

  // Slashing.
  std::uint32_t severity_wrong_ppm = 1'000'000;
  std::uint32_t severity_withheld_ppm = 1'000'000;
  std::uint32_t severity_equivocation_ppm = 2'000'000;
  std::uint64_t finality_ms = 1'209'600'000;   // 14 d
  std::uint64_t retention_ms = 2'419'200'000;  // 28 d

  // Stake. What a provider must have bonded for K = 0.8; 0: no stake is asked for, and K = 1.
  std::uint64_t stake_required_micros = 0;
  std::uint64_t unbonding_ms = 1'814'400'000;  // 21 d: no longer counted, still there to be slashed
  // Who may tell what was bonded, besides the verifier. Ascending.
  std::vector<PublicKey> operators;

  // A component that is a constant until it is measured (shown as `unmeasured`).
  std::uint32_t performance_ppm = 1'000'000;
  std::uint64_t reference_value_micros = 1'000'000;  // Vref: a pass at this price weighs 1
};

const Depth& depth_for(const Policy& policy, Assurance assurance);  // not `full`

// One spelling per policy: fixed member order, every member present.
std::string policy_text(const Policy& policy);
//   malformed    not the schema, a number outside its range (FORMAT.md has the ranges; the message
//                too), or a spelling other than policy_text()'s
Result<Policy> parse_policy(std::string_view text);
Digest policy_digest(std::string_view text);

// What `assay demo` and the tests run by: the same rules with windows of seconds.
Policy demo_policy();

}  // namespace assay::wire
