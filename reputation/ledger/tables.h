// The tables of a verifier's store. All but `leaves` follow from the leaves: `refold` rebuilds them
// from nothing and compares them byte for byte.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "reputation/ledger/store.h"

namespace assay::reputation::tables {

inline constexpr TableId kLeaves{0};     // index u64 BE -> log leaf
inline constexpr TableId kTiles{1};      // level u8, tile u64 BE -> up to 256 hashes
inline constexpr TableId kDedup{2};      // SHA-256(signer || PAE digest) -> index u64 BE
inline constexpr TableId kHead{3};       // "head" -> Head
inline constexpr TableId kProviders{4};  // provider id -> ProviderState
inline constexpr TableId kClasses{5};    // provider id, class name -> ClassState
// provider id, u8 length, class name ("" counts in every class), epoch u64 BE, leaf u64 BE ->
// EventState
inline constexpr TableId kCounted{6};
inline constexpr TableId kJobs{7};          // job digest -> JobState
inline constexpr TableId kAttestations{8};  // index u64 BE -> AttestationState
inline constexpr TableId kClaims{9};        // job digest, provider id -> attestation index u64 BE
inline constexpr TableId kSlashes{10};      // index u64 BE -> SlashState
inline constexpr TableId kDraws{11};        // k u64 BE -> draw's index u64 BE
inline constexpr TableId kPolicies{12};     // index u64 BE -> from epoch u64 BE, policy text
inline constexpr TableId kDisputes{13};     // index u64 BE -> DisputeState
inline constexpr TableId kStakes{14};       // provider id -> StakeState
inline constexpr TableId kPayments{15};     // SHA-256 of a stake's reference -> index u64 BE
inline constexpr TableId kDays{16};         // provider id, day u64 BE -> DayState
inline constexpr TableId kAppeals{17};      // index u64 BE -> the slash's index u64 BE
inline constexpr TableId kStakeLines{18};   // provider id, leaf u64 BE -> StakeLine
// provider id, u8 length, class name, epoch u64 BE, round -> RoundState
inline constexpr TableId kRounds{19};
// provider id, u8 length, class name, renter u64 BE -> sixteenths of its passes that count, u64 BE
inline constexpr TableId kRenters{20};
// Cause's index u64 BE, attestation's index u64 BE -> ReauditState, until the draw over the cause.
inline constexpr TableId kReaudits{21};
inline constexpr TableId kChallenges{22};      // paid challenge's index u64 BE -> ChallengeState
inline constexpr TableId kWorkers{23};         // SHA-256 of a worker's key -> WorkerState
inline constexpr TableId kWorkerVerdicts{24};  // that, verdict's index -> attestation's index

// The states of the last snapshot: provider id, class name -> wire::score_state_bytes()
inline constexpr TableId kStates{25};

inline std::vector<std::string> names() {
  return {"leaves",          "tiles",    "dedup",        "head",     "providers",  "classes",
          "counted",         "jobs",     "attestations", "claims",   "slashes",    "draws",
          "policies",        "disputes", "stakes",       "payments", "days",       "appeals",
          "stake_lines",     "rounds",   "renters",      "reaudits", "challenges", "workers",
          "worker_verdicts", "states"};
}

// Everything that refold compares: all of it.
inline constexpr std::array kAll = {
    kLeaves,   kTiles,        kDedup,   kHead,           kProviders,  kClasses,  kCounted,
    kJobs,     kAttestations, kClaims,  kSlashes,        kDraws,      kPolicies, kDisputes,
    kStakes,   kPayments,     kDays,    kAppeals,        kStakeLines, kRounds,   kRenters,
    kReaudits, kChallenges,   kWorkers, kWorkerVerdicts, kStates};

}  // namespace assay::reputation::tables
