#include "reputation/ledger/states.h"

#include <type_traits>

namespace assay::reputation {
namespace {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

// Ends the head's row, so that a store of another layout is known by whoever opens it. Raised with
// every change of a row: 2 has the days of a provider's uptime.
constexpr std::uint64_t kLayout = 2;

// The last value of each enum that a row holds.
constexpr JobStatus last_of(JobStatus) {
  return JobStatus::cancelled;
}
constexpr AuditStatus last_of(AuditStatus) {
  return AuditStatus::done;
}
constexpr Tier last_of(Tier) {
  return Tier::ultra_high;
}
constexpr EventKind last_of(EventKind) {
  return EventKind::report;
}
constexpr wire::Part last_of(wire::Part) {
  return wire::Part::network;
}
constexpr wire::Assurance last_of(wire::Assurance) {
  return wire::Assurance::full;
}
constexpr wire::Outcome last_of(wire::Outcome) {
  return wire::Outcome::inconclusive;
}
constexpr wire::DisputeCause last_of(wire::DisputeCause) {
  return wire::DisputeCause::silent;
}
constexpr wire::Reason last_of(wire::Reason) {
  return wire::Reason::paid;
}
constexpr SlashPhase last_of(SlashPhase) {
  return SlashPhase::expired;
}
constexpr StakeLineKind last_of(StakeLineKind) {
  return StakeLineKind::deposit;
}
constexpr wire::Fault last_of(wire::Fault) {
  return wire::Fault::equivocation;
}

// Structures inside rows: their members in order.
template <class T, class Plain>
concept Is = std::is_same_v<std::remove_const_t<T>, Plain>;

template <class A, Is<Unbonding> T>
void members(A& a, T& it) {
  a(it.amount_micros), a(it.released);
}
template <class A, Is<FirstAudit> T>
void members(A& a, T& it) {
  a(it.p_ppm), a(it.audit), a(it.draw_index), a(it.draw), a(it.seed);
  a(it.spotcheck_index), a(it.opening_blob), a(it.redraws), a(it.verdict_index), a(it.outcome);
}
template <class A, Is<ClaimState> T>
void members(A& a, T& it) {
  a(it.class_name), a(it.part), a(it.rate);
}
template <class A, Is<Maintenance> T>
void members(A& a, T& it) {
  a(it.from), a(it.to);
}
template <class A, Is<Measurement> T>
void members(A& a, T& it) {
  a(it.measured), a(it.claimed);
}
template <class A, Is<ComponentState> T>
void members(A& a, T& it) {
  a(it.mean), a(it.variance), a(it.rounds);
}
template <class A, Is<Standing> T>
void members(A& a, T& it) {
  a(it.class_proven), a(it.gpu_seconds), a(it.reports_confirmed), a(it.audits_passed);
  a(it.days), a(it.good_days), a(it.days_ultra);
}
// Of a day that is not over; what is known at its end alone is not there yet.
template <class A, Is<WorkDay> T>
void members(A& a, T& it) {
  a(it.class_measured), a(it.audits_passed), a(it.failures), a(it.gpu_seconds);
  a(it.reports_confirmed);
}
template <class A, class T>
concept HasMembers = requires(A& a, T& it) {
  members(a, it);
};

// Writes fields one after the other; the mirror of Unpacker, driven by the same field list.
class Packer {
 public:
  template <class T>
  void operator()(const T& field) {
    if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>) {
      put_u32_be(bytes, static_cast<std::uint32_t>(field.size()));
      for (const auto c : field) bytes.push_back(static_cast<std::uint8_t>(c));
    } else if constexpr (IsOptional<T>::value) {
      bytes.push_back(field.has_value() ? 1 : 0);
      if (field.has_value()) (*this)(*field);
    } else if constexpr (IsVector<T>::value) {
      put_u32_be(bytes, static_cast<std::uint32_t>(field.size()));
      for (const auto& item : field) (*this)(item);
    } else if constexpr (std::is_same_v<T, UnixMillis>) {
      put_u64_be(bytes, static_cast<std::uint64_t>(field.ms));
    } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      put_u64_be(bytes, static_cast<std::uint64_t>(field));
    } else if constexpr (HasMembers<Packer, const T>) {
      members(*this, field);
    } else {
      append(bytes, field.view());
    }
  }
  Bytes bytes;
};

class Unpacker {
 public:
  explicit Unpacker(ByteView view) : in_(view) {}

  template <class T>
  void operator()(T& field) {
    if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>) {
      const ByteView raw = in_.take(in_.u32_be());
      field.assign(raw.begin(), raw.end());
    } else if constexpr (IsOptional<T>::value) {
      if (number(in_.u8(), 1) != 0) (*this)(field.emplace());
    } else if constexpr (IsVector<T>::value) {
      const std::uint32_t count = in_.u32_be();
      for (std::uint32_t i = 0; i < count && in_.ok(); ++i) (*this)(field.emplace_back());
    } else if constexpr (std::is_same_v<T, UnixMillis>) {
      field.ms = static_cast<std::int64_t>(in_.u64_be());
    } else if constexpr (std::is_same_v<T, bool>) {
      field = number(in_.u64_be(), 1) != 0;
    } else if constexpr (HasMembers<Unpacker, T>) {
      members(*this, field);
    } else if constexpr (std::is_enum_v<T>) {
      field = static_cast<T>(number(in_.u64_be(), static_cast<std::uint64_t>(last_of(T()))));
    } else if constexpr (std::is_integral_v<T>) {
      const std::uint64_t value = in_.u64_be();
      field = static_cast<T>(value);
      in_range_ = in_range_ && static_cast<std::uint64_t>(field) == value;
    } else {
      const ByteView raw = in_.take(T::kSize);
      for (std::size_t i = 0; i < raw.size(); ++i) field.bytes[i] = raw[i];
    }
  }

  // Everything was there, nothing more, and every number one that its field can hold.
  bool whole() const { return in_.ok() && in_.at_end() && in_range_; }

 private:
  std::uint64_t number(std::uint64_t value, std::uint64_t most) {
    in_range_ = in_range_ && value <= most;
    return in_range_ ? value : 0;
  }

  Reader in_;
  bool in_range_ = true;
};

// The field lists: what a row is, in order. `Row` is const when packing.
template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, Head>
void fields(A& a, Row& row) {
  a(row.size), a(row.root), a(row.last_time), a(row.draws), a(row.drawn_to), a(row.policy);
  a(row.providers), a(row.jobs), a(row.attestations), a(row.verdicts), a(row.slashes);
  a(row.snapshots), a(row.snapshot_index), a(row.snapshot_missed);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, JobState>
void fields(A& a, Row& row) {
  a(row.order_index), a(row.policy_index), a(row.ordered), a(row.renter), a(row.class_name),
      a(row.device_class);
  a(row.assurance), a(row.price_micros), a(row.deadline_ms), a(row.wanted);
  a(row.secret_commitment), a(row.secret), a(row.secret_index), a(row.status), a(row.provider);
  a(row.acceptance_index), a(row.accepted), a(row.attestation_index), a(row.gave_up);
  a(row.stake_factor), a(row.holdback_ppm), a(row.locked_micros);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, AttestationState>
void fields(A& a, Row& row) {
  a(row.statement), a(row.leaf), a(row.job), a(row.provider), a(row.class_name), a(row.result);
  a(row.result_blob), a(row.trace_blob), a(row.root), a(row.steps), a(row.seq), a(row.logged);
  a(row.p_ppm), a(row.audit), a(row.draw_index), a(row.draw), a(row.seed);
  a(row.spotcheck_index), a(row.opening_blob), a(row.redraws), a(row.verdict_index);
  a(row.summary_index), a(row.outcome), a(row.slash_index), a(row.dispute_index);
  a(row.cleared_slash), a(row.reason), a(row.cause_index), a(row.waiting_index);
  a(row.retro_index), a(row.challenges), a(row.void_index), a(row.first);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, ClassState>
void fields(A& a, Row& row) {
  auto& record = row.closed;
  a(row.name), a(record.r), a(record.s), a(record.fr), a(record.fs), a(record.slash);
  a(record.proven), a(record.hours), a(record.last_proven), a(record.tombstoned);
  a(row.closed_below), a(row.last_hour), a(row.attested), a(row.audited), a(row.passed);
  a(row.careful_jobs), a(row.carry), a(row.pass_mass), a(row.judged);
  a(row.tier.tier);
  for (auto& days : row.tier.met) a(days);
  a(row.tier.days_in_tier), a(row.tier_day), a(row.proven_that_day);
  a(row.standing), a(row.work), a(row.reward_milli), a(row.rounds);
  if (row.rounds == 0) return;  // most classes are not measured
  for (auto& component : row.performance.components) a(component);
  a(row.performance.under), a(row.claimed_rate);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, DayState>
void fields(A& a, Row& row) {
  a(row.uptime), a(row.uptime_mean), a(row.uptime_day), a(row.stake), a(row.income_micros);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, ProviderState>
void fields(A& a, Row& row) {
  a(row.key), a(row.name), a(row.region), a(row.device_class), a(row.registration_index);
  a(row.since), a(row.next_seq), a(row.prev), a(row.accepted_jobs), a(row.attested_jobs);
  a(row.timeouts), a(row.slashes_standing), a(row.uptime), a(row.days_below);
  a(row.income_micros), a(row.claims), a(row.maintenance), a(row.busy_until);
  a(row.uptime_days);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, SlashState>
void fields(A& a, Row& row) {
  a(row.provider), a(row.class_name), a(row.fault), a(row.attestation_index), a(row.epoch);
  a(row.severity_ppm), a(row.logged), a(row.finality), a(row.reversal_index);
  a(row.own_micros), a(row.delegated_micros), a(row.unbonding_micros);
  a(row.job_locked_micros), a(row.dispute_index), a(row.statement), a(row.phase);
  a(row.appeal_index), a(row.decide_until), a(row.deposit_micros), a(row.appeal_draw);
  a(row.appeal_seed), a(row.ruling_index);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, StakeLine>
void fields(A& a, Row& row) {
  a(row.kind), a(row.time), a(row.amount_micros), a(row.released), a(row.everything);
  a(row.kept_micros), a(row.unbonding_micros), a(row.held);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, StakeState>
void fields(A& a, Row& row) {
  a(row.own_micros), a(row.delegated_micros), a(row.locked_micros), a(row.slashed_micros);
  a(row.unbonding), a(row.retro_open);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, DisputeState>
void fields(A& a, Row& row) {
  a(row.statement), a(row.attestation_index), a(row.challenger), a(row.step);
  a(row.deposit_micros), a(row.moved), a(row.moves), a(row.provider_turn), a(row.decided);
  a(row.end_index), a(row.provider_lost), a(row.cause);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, EventState>
void fields(A& a, Row& row) {
  a(row.kind), a(row.sixteenths), a(row.severity_ppm), a(row.renter), a(row.seconds);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, RoundState>
void fields(A& a, Row& row) {
  a(row.index);
  for (auto& part : row.parts) a(part);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, ReauditState>
void fields(A& a, Row& row) {
  a(row.reason), a(row.p_ppm);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, ChallengeState>
void fields(A& a, Row& row) {
  a(row.attestation_index), a(row.challenger), a(row.deposit_micros), a(row.logged);
  a(row.dropped), a(row.verdict_index), a(row.outcome);
}

template <class A, class Row>
requires std::is_same_v<std::remove_const_t<Row>, WorkerState>
void fields(A& a, Row& row) {
  a(row.key), a(row.name), a(row.device), a(row.driver), a(row.enabled), a(row.cause);
  a(row.since_index), a(row.changed_index), a(row.matches), a(row.mismatches);
  a(row.inconclusive), a(row.voided);
}

template <class Row>
Bytes pack(const Row& row) {
  Packer packer;
  fields(packer, row);
  if constexpr (std::is_same_v<Row, Head>) packer(kLayout);
  return std::move(packer.bytes);
}

}  // namespace

Bytes encode(const Head& row) {
  return pack(row);
}
Bytes encode(const JobState& row) {
  return pack(row);
}
Bytes encode(const AttestationState& row) {
  return pack(row);
}
Bytes encode(const ClassState& row) {
  return pack(row);
}
Bytes encode(const ProviderState& row) {
  return pack(row);
}
Bytes encode(const SlashState& row) {
  return pack(row);
}
Bytes encode(const DisputeState& row) {
  return pack(row);
}
Bytes encode(const StakeState& row) {
  return pack(row);
}
Bytes encode(const DayState& row) {
  return pack(row);
}
Bytes encode(const EventState& row) {
  return pack(row);
}
Bytes encode(const StakeLine& row) {
  return pack(row);
}
Bytes encode(const RoundState& row) {
  return pack(row);
}
Bytes encode(const ReauditState& row) {
  return pack(row);
}
Bytes encode(const ChallengeState& row) {
  return pack(row);
}
Bytes encode(const WorkerState& row) {
  return pack(row);
}

template <class Row>
Result<Row> decode(ByteView bytes) {
  Row row;
  Unpacker unpacker(bytes);
  fields(unpacker, row);
  std::uint64_t layout = kLayout;
  if constexpr (std::is_same_v<Row, Head>) unpacker(layout);
  if (layout != kLayout || !unpacker.whole()) {
    return fail(
        Code::storage,
        "a row of the ledger has another layout than this program writes: the store is of another "
        "version; assay-verifier upgrade makes a verifier's anew, and that of a monitor or replica "
        "is removed, to follow the log again");
  }
  return row;
}

template Result<Head> decode<Head>(ByteView);
template Result<JobState> decode<JobState>(ByteView);
template Result<AttestationState> decode<AttestationState>(ByteView);
template Result<ClassState> decode<ClassState>(ByteView);
template Result<ProviderState> decode<ProviderState>(ByteView);
template Result<SlashState> decode<SlashState>(ByteView);
template Result<DisputeState> decode<DisputeState>(ByteView);
template Result<StakeState> decode<StakeState>(ByteView);
template Result<DayState> decode<DayState>(ByteView);
template Result<EventState> decode<EventState>(ByteView);
template Result<StakeLine> decode<StakeLine>(ByteView);
template Result<RoundState> decode<RoundState>(ByteView);
template Result<ReauditState> decode<ReauditState>(ByteView);
template Result<ChallengeState> decode<ChallengeState>(ByteView);
template Result<WorkerState> decode<WorkerState>(ByteView);

}  // namespace assay::reputation
