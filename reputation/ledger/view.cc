#include "reputation/ledger/view.h"

#include <algorithm>
#include <tuple>

#include "core/merkle/tree.h"
#include "reputation/ledger/close.h"
#include "reputation/ledger/rows.h"
#include "reputation/policy/stake.h"
#include "reputation/policy/uptime.h"

namespace assay::reputation {
namespace {

constexpr std::int64_t kMillisPerSecond = 1000;
constexpr std::uint64_t kSecondsPerHour = 3600;
constexpr std::uint64_t kSecondsPerDay = 86'400;

ByteView as_key(std::string_view text) {
  return as_bytes(text);
}

}  // namespace

Bytes class_key(const Digest& provider, std::string_view class_name) {
  Bytes key = to_bytes(provider.view());
  append(key, as_key(class_name));
  return key;
}

namespace {

Bytes of_class(const Digest& provider, std::string_view class_name) {
  Bytes key = to_bytes(provider.view());
  key.push_back(static_cast<std::uint8_t>(class_name.size()));
  append(key, as_key(class_name));
  return key;
}

}  // namespace

Bytes counted_key(const Digest& provider, std::string_view class_name, std::uint64_t epoch,
                  std::uint64_t index) {
  Bytes key = of_class(provider, class_name);
  put_u64_be(key, epoch);
  put_u64_be(key, index);
  return key;
}

Bytes round_key(const Digest& provider, std::string_view class_name, std::uint64_t epoch,
                const Digest& round) {
  Bytes key = of_class(provider, class_name);
  put_u64_be(key, epoch);
  append(key, round.view());
  return key;
}

Bytes renter_key(const Digest& provider, std::string_view class_name, std::uint64_t renter) {
  Bytes key = of_class(provider, class_name);
  put_u64_be(key, renter);
  return key;
}

Bytes claim_key(const Digest& job, const Digest& provider) {
  Bytes key = to_bytes(job.view());
  append(key, provider.view());
  return key;
}

Bytes day_key(const Digest& provider, std::uint64_t day) {
  Bytes key = to_bytes(provider.view());
  put_u64_be(key, day);
  return key;
}

std::uint64_t day_of(UnixMillis time) {
  return static_cast<std::uint64_t>(time.ms / kMillisPerSecond) / kSecondsPerDay;
}

std::uint64_t first_epoch_of(std::uint64_t day, const wire::Policy& policy) {
  return (day * kSecondsPerDay + policy.epoch_seconds - 1) / policy.epoch_seconds;
}

std::uint64_t epoch_of(UnixMillis time, const wire::Policy& policy) {
  return static_cast<std::uint64_t>(time.ms / kMillisPerSecond) / policy.epoch_seconds;
}

std::uint64_t hour_of_epoch(std::uint64_t epoch, const wire::Policy& policy) {
  return epoch * policy.epoch_seconds / kSecondsPerHour;
}

std::uint64_t window_of(UnixMillis time, const wire::Policy& policy) {
  return static_cast<std::uint64_t>(time.ms / kMillisPerSecond) / policy.uptime_window_seconds;
}

Result<Head> View::head() const {
  Result<std::optional<Head>> row = get_row<Head>(txn_, tables::kHead, as_key("head"));
  if (!row.ok()) return row.error();
  if (row.value()) return *row.value();
  Head empty;
  empty.root = Tree().root();
  return empty;
}

Result<std::optional<std::string>> View::policy_text(const Digest& digest) const {
  std::optional<std::string> found;
  const Status scanned = txn_.scan(tables::kPolicies, {}, [&](ByteView, ByteView value) {
    const std::string_view text =
        as_text(value.subspan(std::min(value.size(), sizeof(std::uint64_t))));
    if (wire::policy_digest(text) == digest) found = text;
    return !found;
  });
  if (!scanned.ok()) return scanned.error();
  return found;
}

Result<wire::Policy> View::policy() const {
  const Result<Head> at = head();
  if (!at.ok()) return at.error();
  Result<LoggedPolicy> in_force = policy_at(at.value(), at.value().last_time);
  if (!in_force.ok()) return in_force.error();
  return std::move(in_force.value().policy);
}

Result<LoggedPolicy> View::policy_at(const Head& head, UnixMillis time) const {
  PoliciesInForce policies;
  const auto in_force = policies.at(txn_, head.policy, time);
  if (!in_force.ok()) return in_force.error();
  return *in_force.value();
}

Result<std::optional<JobState>> View::job(const Digest& id) const {
  return get_row<JobState>(txn_, tables::kJobs, id.view());
}

Result<std::optional<ProviderState>> View::provider(const Digest& id) const {
  return get_row<ProviderState>(txn_, tables::kProviders, id.view());
}

Result<std::optional<AttestationState>> View::attestation(std::uint64_t index) const {
  return get_row<AttestationState>(txn_, tables::kAttestations, index_key(index));
}

Result<std::optional<SlashState>> View::slash(std::uint64_t index) const {
  return get_row<SlashState>(txn_, tables::kSlashes, index_key(index));
}

Result<std::optional<DisputeState>> View::dispute(std::uint64_t index) const {
  return get_row<DisputeState>(txn_, tables::kDisputes, index_key(index));
}

Result<StakeState> View::stake(const Digest& provider) const {
  Result<std::optional<StakeState>> row =
      get_row<StakeState>(txn_, tables::kStakes, provider.view());
  if (!row.ok()) return row.error();
  return std::move(row.value()).value_or(StakeState{});
}

Result<std::optional<ClassState>> View::class_of(const Digest& provider,
                                                 std::string_view name) const {
  return get_row<ClassState>(txn_, tables::kClasses, class_key(provider, name));
}

Result<std::vector<ClassState>> View::classes_of(const Digest& provider) const {
  std::vector<ClassState> classes;
  const Status scanned = each_row<ClassState>(
      txn_, tables::kClasses, provider.view(), [&](ByteView key, const ClassState& row) {
        if (key.size() < Digest::kSize ||
            !std::equal(provider.bytes.begin(), provider.bytes.end(), key.begin())) {
          return false;
        }
        classes.push_back(row);
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  return classes;
}

Result<std::optional<std::uint64_t>> View::logged_at(const Digest& dedup_key) const {
  return get_index(txn_, tables::kDedup, dedup_key.view());
}

Result<std::optional<std::uint64_t>> View::claim(const Digest& job, const Digest& provider) const {
  return get_index(txn_, tables::kClaims, claim_key(job, provider));
}

Status View::each_provider(
    const std::optional<Digest>& after,
    const std::function<bool(const Digest&, const ProviderState&)>& visit) const {
  return each_row<ProviderState>(txn_, tables::kProviders, after ? after->view() : ByteView{},
                                 [&](ByteView key, const ProviderState& row) {
                                   const Result<Digest> id = Digest::from_view(key);
                                   if (!id.ok() || (after && id.value() == *after)) return id.ok();
                                   return visit(id.value(), row);
                                 });
}

Status View::each_class(const std::function<bool(const Digest&, const ClassState&)>& visit) const {
  return each_row<ClassState>(txn_, tables::kClasses, {}, [&](ByteView key, const ClassState& row) {
    const Result<Digest> id = Digest::from_view(key.first(std::min(key.size(), Digest::kSize)));
    return id.ok() && visit(id.value(), row);
  });
}

Status View::each_job(const std::function<bool(const Digest&, const JobState&)>& visit) const {
  return each_row<JobState>(txn_, tables::kJobs, {}, [&](ByteView key, const JobState& row) {
    const Result<Digest> id = Digest::from_view(key);
    return id.ok() && visit(id.value(), row);
  });
}

Status View::each_attestation(
    std::uint64_t from,
    const std::function<bool(std::uint64_t, const AttestationState&)>& visit) const {
  return each_row<AttestationState>(
      txn_, tables::kAttestations, index_key(from),
      [&](ByteView key, const AttestationState& row) { return visit(Reader(key).u64_be(), row); });
}

Status View::each_slash(std::uint64_t from,
                        const std::function<bool(std::uint64_t, const SlashState&)>& visit) const {
  return each_row<SlashState>(
      txn_, tables::kSlashes, index_key(from),
      [&](ByteView key, const SlashState& row) { return visit(Reader(key).u64_be(), row); });
}

Status View::each_appeal(std::uint64_t from,
                         const std::function<bool(std::uint64_t, std::uint64_t)>& visit) const {
  Status problem;
  const Status scanned =
      txn_.scan(tables::kAppeals, index_key(from), [&](ByteView key, ByteView value) {
        Reader slash(value);
        const std::uint64_t index = slash.u64_be();
        if (slash.ok() && slash.at_end()) return visit(Reader(key).u64_be(), index);
        problem = fail(Code::storage, "an index row has a wrong size");
        return false;
      });
  return scanned.ok() ? problem : scanned;
}

Status View::each_dispute(
    std::uint64_t from,
    const std::function<bool(std::uint64_t, const DisputeState&)>& visit) const {
  return each_row<DisputeState>(
      txn_, tables::kDisputes, index_key(from),
      [&](ByteView key, const DisputeState& row) { return visit(Reader(key).u64_be(), row); });
}

Result<std::vector<CountedEvent>> View::history(const Digest& provider,
                                                std::optional<std::string_view> class_name) const {
  std::vector<CountedEvent> lines;
  const Status scanned = each_row<EventState>(
      txn_, tables::kCounted, provider.view(), [&](ByteView key, const EventState& event) {
        Reader in(key);
        const ByteView owner = in.take(Digest::kSize);
        if (!in.ok() || !std::equal(owner.begin(), owner.end(), provider.bytes.begin())) {
          return false;
        }
        const std::string name(as_text(in.take(in.u8())));
        if (class_name && !name.empty() && name != *class_name) return true;
        const std::uint64_t epoch = in.u64_be();
        lines.push_back({name, epoch, in.u64_be(), event});
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  std::ranges::sort(lines, [](const CountedEvent& a, const CountedEvent& b) {
    return std::tie(a.epoch, a.event.kind, a.index) < std::tie(b.epoch, b.event.kind, b.index);
  });
  return lines;
}

Result<Record> View::record_at(const Digest& provider, const ClassState& state, std::uint64_t epoch,
                               const wire::Policy& policy) const {
  ClassState copy = state;
  if (Status closed = close_epochs(txn_, provider, copy, epoch + 1, policy); !closed.ok()) {
    return closed.error();
  }
  return idle_until(copy, hour_of_epoch(epoch, policy));
}

Result<ProviderScore> View::score(const Digest& id, const ProviderState& state, UnixMillis now,
                                  const wire::Policy& policy) const {
  ProviderScore score{.provider = state.key,
                      .uptime = 0,
                      .stake = 0,
                      .epoch = epoch_of(now, policy),
                      .age_days = static_cast<std::uint32_t>(
                          day_of(now) - std::min(day_of(state.since), day_of(now))),
                      .classes = {},
                      .headline = {}};
  Result<UptimeHistory> history = parse_uptime_bytes(state.uptime);
  if (!history.ok()) return history.error();
  score.uptime = uptime(history.value(), window_of(now, policy));
  Result<StakeState> stake = this->stake(id);
  if (!stake.ok()) return stake.error();
  score.stake = stake_factor({.own = stake.value().own_micros,
                              .delegated = stake.value().delegated_micros,
                              .required = policy.stake_required_micros});
  Result<std::vector<ClassState>> classes = classes_of(id);
  if (!classes.ok()) return classes.error();
  for (ClassState& row : classes.value()) {
    if (Status closed = close_epochs(txn_, id, row, score.epoch + 1, policy); !closed.ok()) {
      return closed.error();
    }
    const Record record = idle_until(row, hour_of_epoch(score.epoch, policy));
    const Q30 performance =
        counted_performance(row.performance, q30_from_ppm(policy.performance_ppm));
    const Q30 uncapped = trust(record, score.uptime, performance, score.stake);
    const Q30 trust_now = cap_by_age(uncapped, score.age_days);
    score.classes.push_back({.name = row.name,
                             .record = record,
                             .trust = trust_now,
                             .tier = row.tier.tier,
                             .attested = row.attested,
                             .audited = row.audited,
                             .passed = row.passed,
                             .performance = performance,
                             .unmeasured = is_unmeasured(row.performance),
                             .revoked = class_revoked(row.performance),
                             .measured_rate = measured_rate(row),
                             .shown = shown_card(row),
                             .standing = row.standing,
                             .reward_milli = row.reward_milli,
                             .last_hour = row.last_hour});
    const bool audited = row.audited > 0 || record.proven > 0;
    if (audited && (!score.headline || trust_now < score.classes[*score.headline].trust)) {
      score.headline = score.classes.size() - 1;
    }
  }
  return score;
}

Result<std::optional<Jail>> View::jail(const Digest& id, const ProviderState& state, UnixMillis now,
                                       const wire::Policy& policy) const {
  Result<UptimeHistory> uptimes = parse_uptime_bytes(state.uptime);
  if (!uptimes.ok()) return uptimes.error();
  const std::uint64_t window = window_of(now, policy);
  if (!may_be_jailed(uptimes.value(), window)) return std::optional<Jail>{};
  Result<std::vector<CountedEvent>> events = history(id);
  if (!events.ok()) return events.error();
  std::vector<std::uint64_t> passes;  // by the first window of their epoch: never too early
  for (const CountedEvent& it : events.value()) {
    const std::uint64_t begins = it.epoch * policy.epoch_seconds;
    if (it.event.kind == EventKind::pass) passes.push_back(begins / policy.uptime_window_seconds);
  }
  return jailed(uptimes.value(), passes, window);
}

}  // namespace assay::reputation
