// What happens to a provider's bond, and what a job's price comes to: the ledger records and says,
// money itself moves elsewhere.
// Values; any thread. Bytes: FORMAT.md. Vectors: vectors/events/.
#pragma once

#include "core/wire/verdict.h"

namespace assay::wire {

inline constexpr std::uint64_t kAmountMaxMicros = std::uint64_t{1} << 53;

// bond, unbond: the provider's own. delegate, undelegate: somebody else's, for this provider.
enum class StakeMove { bond, unbond, delegate, undelegate };
std::string_view stake_move_name(StakeMove move);  // "bond", …

// By an operator that the policy names, or the verifier: what a payment or a chain says.
struct Stake {
  PublicKey provider;
  StakeMove move = StakeMove::bond;
  std::uint64_t amount_micros = 0;  // 1..2^53, in millionths of the policy's currency unit
  std::string reference;            // 1..128 bytes: names the payment; a log takes each name once
};
Statement stake_statement(const Stake& stake);  // subject "provider"
Result<Stake> parse_stake(std::string_view payload);

// By the verifier, given out, not logged: what an escrow may pay for a job that has ended.
struct Settlement {
  Digest job;
  PublicKey provider;
  std::string origin;
  std::uint64_t tree_size = 0;  // of the log that it follows from
  Digest root;
  std::uint64_t verdict_index = 0;    // 0: the coin passed the job over
  std::uint64_t price_micros = 0;     // what the order offered
  std::uint64_t payable_micros = 0;   // now
  std::uint64_t holdback_micros = 0;  // from `released`, unless a slash stands by then
  UnixMillis released;
};
Statement settlement_statement(const Settlement& settlement);  // subject "job"
Result<Settlement> parse_settlement(std::string_view payload);

}  // namespace assay::wire
