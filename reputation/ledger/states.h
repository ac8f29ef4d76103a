// What the ledger knows about each job, provider, class, attestation and slash: rows that follow
// from the log alone. Values; any thread. Each has one canonical byte form (encode/decode), so that
// a rebuilt ledger can be compared byte for byte.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/crypto/ed25519.h"
#include "core/crypto/sha256.h"
#include "core/wire/challenge.h"
#include "core/wire/dispute.h"
#include "core/wire/events.h"
#include "core/wire/order.h"
#include "core/wire/provider.h"
#include "core/wire/verdict.h"
#include "reputation/policy/fold.h"
#include "reputation/policy/maintenance.h"
#include "reputation/policy/milestones.h"
#include "reputation/policy/performance.h"
#include "reputation/policy/slashing.h"
#include "reputation/policy/tiers.h"

namespace assay::reputation {

// A provider's id: SHA-256 of its raw key, whose hex is the DSSE keyid.
Digest provider_id(const PublicKey& key);

struct Head {
  std::uint64_t size = 0;
  Digest root;
  UnixMillis last_time;
  std::uint64_t draws = 0;     // k of the next draw
  std::uint64_t drawn_to = 0;  // where it starts
  Digest policy;               // the one logged last
  std::uint64_t providers = 0;
  std::uint64_t jobs = 0;
  std::uint64_t attestations = 0;
  std::uint64_t verdicts = 0;
  std::uint64_t slashes = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t snapshot_index = 0;   // the last one's leaf; 0: none
  std::uint64_t snapshot_missed = 0;  // the last leaf that stands where one was due; 0: none
};

enum class JobStatus : std::uint8_t {
  open,      // waiting for a provider
  accepted,  // a provider is at work
  attested,  // waiting to be drawn, or being audited
  settled,  // audited, or passed over by the coin: nothing more will happen unless it is challenged
  failed,   // shown wrong, or its openings were withheld to the end: unpaid
  cancelled,
};
const char* job_status_name(JobStatus status);

struct JobState {
  std::uint64_t order_index = 0;
  std::uint64_t policy_index = 0;  // the policy's leaf that the job is run, audited and paid by
  UnixMillis ordered;
  PublicKey renter;
  std::string class_name;
  std::string device_class;
  wire::Assurance assurance = wire::Assurance::standard;
  std::uint64_t price_micros = 0;
  std::int64_t deadline_ms = 0;
  std::optional<PublicKey> wanted;  // the provider the renter named
  Digest secret_commitment;
  std::optional<Digest> secret;
  std::uint64_t secret_index = 0;
  JobStatus status = JobStatus::open;
  std::optional<PublicKey> provider;  // at work, or whose attestation stands
  std::uint64_t acceptance_index = 0;
  UnixMillis accepted;
  std::optional<std::uint64_t> attestation_index;
  std::vector<Digest> gave_up;  // ids of providers that accepted and let the deadline pass
  // By the provider's tier when it accepted: how many prices of its stake are locked, and which
  // share of the price is kept until finality.
  std::uint32_t stake_factor = 0;
  std::uint32_t holdback_ppm = 0;
  std::uint64_t locked_micros = 0;  // of its stake, to this job
};

enum class AuditStatus : std::uint8_t {
  undrawn,
  passed_over,  // the coin said no
  due,          // to be opened and replayed
  done,         // a verdict stands
};

// What the first audit of an attestation came to, while a later one stands in its place.
struct FirstAudit {
  std::uint32_t p_ppm = 0;
  AuditStatus audit = AuditStatus::passed_over;  // due: its verdict is void, it is to be made again
  std::uint64_t draw_index = 0;
  Digest draw;
  Digest seed;
  std::uint64_t spotcheck_index = 0;
  Digest opening_blob;
  std::uint32_t redraws = 0;
  std::uint64_t verdict_index = 0;
  wire::Outcome outcome = wire::Outcome::inconclusive;

  bool matched_by(std::uint64_t verdict) const {
    return verdict_index == verdict && audit == AuditStatus::done &&
           outcome == wire::Outcome::match;
  }
};

struct AttestationState {
  Digest statement;
  Digest leaf;  // leaf hash
  Digest job;
  PublicKey provider;
  std::string class_name;
  Digest result;
  Digest result_blob;
  Digest trace_blob;
  Digest root;
  std::uint32_t steps = 0;
  std::uint64_t seq = 0;
  UnixMillis logged;
  std::uint32_t p_ppm = 0;  // fixed by the fold at this index, before anybody knew the draw
  AuditStatus audit = AuditStatus::undrawn;
  std::uint64_t draw_index = 0;
  Digest draw;
  Digest seed;
  std::uint64_t spotcheck_index = 0;  // 0: none (leaf 0 is the policy)
  Digest opening_blob;
  std::uint32_t redraws = 0;  // inconclusive verdicts so far: the next challenge's ordinal
  std::uint64_t verdict_index = 0;
  std::uint64_t summary_index = 0;
  wire::Outcome outcome = wire::Outcome::inconclusive;
  std::uint64_t slash_index = 0;
  std::uint64_t dispute_index = 0;  // the last one about it; 0: none
  std::uint64_t cleared_slash = 0;  // the last that an appeal reversed: what it was for is not
                                    // punished again
  // An attestation is audited again when somebody pays for it or its provider unbonds. The fields
  // from p_ppm to outcome are of the latest audit, which these say more of.
  wire::Reason reason = wire::Reason::first;
  std::uint64_t cause_index = 0;    // the paid challenge, or the unbonding
  std::uint64_t waiting_index = 0;  // a cause that is not drawn over yet; 0: none
  std::uint64_t retro_index = 0;    // the unbonding whose coin was thrown, or waits; 0: none
  std::uint32_t challenges = 0;     // paid ones so far
  std::uint64_t void_index = 0;     // the last verdict on it that is void; 0: none
  std::optional<FirstAudit> first;

  // The verdict that ended the latest audit, and a match.
  bool matched_by(std::uint64_t verdict) const {
    return verdict_index == verdict && audit == AuditStatus::done &&
           outcome == wire::Outcome::match;
  }
  // Nobody found anything against it so far, and no audit of it is under way.
  bool stands() const {
    return slash_index == 0 && (audit == AuditStatus::passed_over ||
                                (audit == AuditStatus::done && outcome == wire::Outcome::match));
  }
  // An audit that unbonding asked for has come to nothing yet: no pass, and no slash.
  bool holds_unbonding() const {
    const bool open = audit == AuditStatus::due || (audit == AuditStatus::done && slash_index == 0);
    return reason == wire::Reason::retro && open && !stands();
  }
};
// The row as the first audit left it: what renters' receipts and settlements speak of.
AttestationState as_first_audited(AttestationState row);

// An audit that waits for the draw which covers its cause.
struct ReauditState {
  wire::Reason reason = wire::Reason::paid;
  std::uint32_t p_ppm = 0;
};

// What somebody staked on an attestation being wrong.
struct ChallengeState {
  std::uint64_t attestation_index = 0;
  PublicKey challenger;
  std::uint64_t deposit_micros = 0;
  UnixMillis logged;
  bool dropped = false;  // when its draw came, it was found wrong already: nothing to be drawn
  std::uint64_t verdict_index = 0;  // 0: none yet
  wire::Outcome outcome = wire::Outcome::inconclusive;
};

// Who replays for the verifier, and what verdicts say of it.
struct WorkerState {
  PublicKey key;
  std::string name;
  std::string device;
  std::string driver;
  bool enabled = true;
  std::string cause;                // why it is suspended
  std::uint64_t since_index = 0;    // its first statement
  std::uint64_t changed_index = 0;  // its last
  std::uint64_t matches = 0;        // verdicts that rest on it, by outcome; void ones too
  std::uint64_t mismatches = 0;
  std::uint64_t inconclusive = 0;
  std::uint64_t voided = 0;  // of the matches
};

// One class of one provider: the fold of all closed epochs, kept so that reading is cheap.
struct ClassState {
  std::string name;
  Record closed;
  std::uint64_t closed_below = 0;          // epochs < this are folded into `closed`
  std::optional<std::uint64_t> last_hour;  // absolute hour index of the last folded epoch
  std::uint64_t attested = 0;
  std::uint64_t audited = 0;  // passes and proven failures observed
  std::uint64_t passed = 0;
  std::uint32_t careful_jobs = 0;         // still audited at p*4 after a soft failure
  std::uint32_t carry = 0;                // sixteenths of a pass that `closed` has not counted yet
  std::uint64_t pass_mass = 0;            // sixteenths that it has: what renters' shares are of
  std::uint64_t judged = 0;               // passes and proven faults folded into `closed`
  std::uint64_t rounds = 0;               // of measurements in the log
  PerformanceState performance;           // the fold of the closed ones
  std::uint64_t claimed_rate = 0;         // of the last of them that measured the GPU
  TierState tier;                         // as it was when the day `tier_day` began
  std::optional<std::uint64_t> tier_day;  // the next to fold; none before the first event
  bool proven_that_day = false;           // in what is folded of it so far
  Standing standing;                      // as it was when that day began
  WorkDay work;                           // what is folded of it so far
  std::uint64_t reward_milli = 0;         // points of the days before, in thousandths
};

// What a provider's trust was made of besides its record when a day ended. Written by the first
// leaf about it of a later day; kept, so that tiers can be folded again when an event is reversed.
struct DayState {
  Q30 uptime = 0;                   // U
  Q30 uptime_mean = 0;              // of 30 d
  Q30 uptime_day = 0;               // of the last 24 windows
  Q30 stake = 0;                    // K
  std::uint64_t income_micros = 0;  // prices of the jobs that were settled on that day
};

// What one leaf says for or against a provider. The score is a fold of these rows and of nothing
// else: take one away, fold again, and the score is what it would have been without that leaf.
//
// A report is somebody else's fraud that this provider showed in a dispute: it moves no score.
enum class EventKind : std::uint8_t { pass, soft, proven, equivocation, report };
const char* event_kind_name(EventKind kind);  // "pass", "soft", "proven", "equivocation", "report"

struct EventState {
  EventKind kind = EventKind::pass;
  std::uint32_t sixteenths = 0;    // pass: its weight, 16 for a whole one, before its renter's cap
  std::uint32_t severity_ppm = 0;  // proven, equivocation
  std::uint64_t renter = 0;        // pass: who paid, renter_number(); 0: nobody, a canary
  std::uint32_t seconds = 0;       // pass: from the job's acceptance to its attestation
  bool operator==(const EventState&) const = default;
};
// The first eight bytes of SHA-256 of the key, big-endian: to tell renters apart.
std::uint64_t renter_number(const PublicKey& renter);

// What one logged round measured of one provider in one class.
struct RoundState {
  std::uint64_t index = 0;  // the leaf
  PerformanceRound parts;   // by Component; claimed 0: not measured
};

struct ClaimState {
  std::string class_name;
  wire::Part part = wire::Part::gpu;
  std::uint64_t rate = 0;
  bool operator==(const ClaimState&) const = default;
};

struct ProviderState {
  PublicKey key;
  std::string name;
  std::string region;
  std::string device_class;
  std::uint64_t registration_index = 0;  // the latest
  UnixMillis since;                      // of the first
  std::uint64_t next_seq = 1;
  Digest prev;
  std::uint64_t accepted_jobs = 0;
  std::uint64_t attested_jobs = 0;
  std::uint64_t timeouts = 0;
  std::uint32_t slashes_standing = 0;
  Bytes uptime;                          // UptimeHistory, serialised by reputation/policy/uptime.h
  std::uint64_t days_below = 0;          // days < this have their DayState
  std::uint64_t income_micros = 0;       // of the day `days_below`, so far
  std::vector<ClaimState> claims;        // of the latest registration
  std::vector<Maintenance> maintenance;  // announced, in the order of the log
  UnixMillis busy_until;                 // no job accepted so far has a deadline after this
  Bytes uptime_days;                     // UptimeDays, by reputation/policy/uptime_days.h: to show
};

// A provider's bond. What is unbonding counts no longer and can still be slashed.
struct Unbonding {
  std::uint64_t amount_micros = 0;
  UnixMillis released;  // from here on it is the provider's again
};
struct StakeState {
  std::uint64_t own_micros = 0;
  std::uint64_t delegated_micros = 0;
  std::uint64_t locked_micros = 0;   // to jobs and appeals; at most own and delegated together
  std::uint64_t slashed_micros = 0;  // ever, less what was given back
  std::vector<Unbonding> unbonding;  // oldest first
  std::uint64_t retro_open = 0;  // audits that unbonding asked for: nothing is released before them

  std::uint64_t bonded() const { return own_micros + delegated_micros; }
  std::uint64_t free() const { return bonded() - locked_micros; }
};

struct SlashState {
  PublicKey provider;
  std::string class_name;
  wire::Fault fault = wire::Fault::wrong_result;
  std::uint64_t attestation_index = 0;
  std::uint64_t epoch = 0;
  std::uint32_t severity_ppm = 0;
  UnixMillis logged;
  UnixMillis finality;
  std::uint64_t reversal_index = 0;  // 0: it stands
  // What it took, so that a reversal can give it back.
  std::uint64_t own_micros = 0;
  std::uint64_t delegated_micros = 0;
  std::uint64_t unbonding_micros = 0;
  std::uint64_t job_locked_micros = 0;  // what the job had locked until then
  std::uint64_t dispute_index = 0;      // whose end alone it rests on; 0: an audit, two messages

  Digest statement;
  // As the log left it. What time has made of it since: case_of() and advance().
  SlashPhase phase = SlashPhase::pending;
  std::uint64_t appeal_index = 0;  // 0: none
  UnixMillis decide_until;         // of the appeal
  std::uint64_t deposit_micros = 0;
  Digest appeal_draw;  // the draw that covers the appeal's leaf; zeros before
  Digest appeal_seed;
  std::uint64_t ruling_index = 0;  // 0: none

  std::uint64_t amount_micros() const { return own_micros + delegated_micros + unbonding_micros; }
};
SlashCase case_of(const SlashState& row);

// What happened to a provider's stake, by the leaf that said so. The stake is a fold of these rows,
// but for what jobs and deposits have locked: take one away, fold again (stake_lines.h), and it is
// what it would have been without that leaf.
enum class StakeLineKind : std::uint8_t { bond, unbond, delegate, undelegate, slash, deposit };
struct StakeLine {
  StakeLineKind kind = StakeLineKind::bond;
  UnixMillis time;
  std::uint64_t amount_micros = 0;
  UnixMillis released;  // unbond, undelegate: when it is the provider's again
  // slash: it takes all that is free or unbonding besides, but not what others have locked.
  bool everything = false;
  std::uint64_t kept_micros = 0;
  std::uint64_t unbonding_micros = 0;  // slash: else it takes so much of that
  bool held = false;  // audits that unbonding asked for were open: nothing was released
};

struct DisputeState {
  Digest statement;
  std::uint64_t attestation_index = 0;
  PublicKey challenger;
  std::uint32_t step = 0;
  std::uint64_t deposit_micros = 0;
  UnixMillis moved;                  // log time of the last move, or of the opening
  std::vector<std::uint64_t> moves;  // their leaves
  bool provider_turn = true;
  bool decided = false;         // the last move was a conviction: nobody moves any more
  std::uint64_t end_index = 0;  // 0: it is open
  bool provider_lost = false;
  wire::DisputeCause cause = wire::DisputeCause::acquitted;

  bool lost_by_provider() const { return end_index != 0 && provider_lost; }
};

// decode: `storage` when the bytes are not a row of this kind.
Bytes encode(const Head& row);
Bytes encode(const JobState& row);
Bytes encode(const AttestationState& row);
Bytes encode(const ClassState& row);
Bytes encode(const ProviderState& row);
Bytes encode(const SlashState& row);
Bytes encode(const DisputeState& row);
Bytes encode(const StakeState& row);
Bytes encode(const DayState& row);
Bytes encode(const EventState& row);
Bytes encode(const StakeLine& row);
Bytes encode(const RoundState& row);
Bytes encode(const ReauditState& row);
Bytes encode(const ChallengeState& row);
Bytes encode(const WorkerState& row);
template <class Row>
Result<Row> decode(ByteView bytes);

}  // namespace assay::reputation
