#include "reputation/ledger/apply.h"

#include <algorithm>

#include "core/wire/stake.h"
#include "reputation/ledger/rules.h"
#include "reputation/ledger/snapshots.h"
#include "reputation/policy/uptime_days.h"

namespace assay::reputation {
namespace rules {
namespace {

Status must_be_verifier(const Scene& scene) {
  if (scene.signer() == scene.roles.verifier) return {};
  return fail(Code::permission, "only this log's verifier may say that");
}

Status policy_change(WriteTxn& txn, const Roles& roles, PoliciesInForce& policies, Head& head,
                     const Entry& entry) {
  if (entry.submission.opened.signer != roles.verifier) {
    return fail(Code::permission, "only this log's verifier may set the policy");
  }
  const Result<wire::PolicyChange> change =
      wire::parse_policy_change(entry.submission.opened.payload);
  if (!change.ok()) return change.error();
  const wire::PolicyChange& it = change.value();
  const Result<wire::Policy> policy = wire::parse_policy(it.document);
  if (!policy.ok()) return policy.error();
  if (entry.index == 0) {
    if (it.activation_epoch != 0) {
      return fail(Code::conflict, "the first policy is in force from epoch 0 on");
    }
  } else {
    const auto all = policies.all(txn, head.policy);
    if (!all.ok()) return all.error();
    const Status may =
        may_follow(all.value()->back(), policy.value(), it.activation_epoch, entry.time);
    if (!may.ok()) return may;
  }
  head.policy = wire::policy_digest(it.document);
  return put_policy(txn, entry.index, it.activation_epoch, it.document);
}

Status dispatch(Scene& scene) {
  using wire::Kind;
  switch (scene.entry.submission.kind) {
    case Kind::registration: return registration(scene);
    case Kind::order: return order(scene);
    case Kind::cancel: return cancel(scene);
    case Kind::reveal: return reveal(scene);
    case Kind::acceptance: return acceptance(scene);
    case Kind::attestation: return attestation(scene);
    case Kind::spotcheck: return spotcheck(scene);
    case Kind::dispute: return dispute(scene);
    case Kind::dispute_move: return dispute_move(scene);
    case Kind::stake: return stake(scene);
    case Kind::appeal: return appeal(scene);
    case Kind::maintenance: return maintenance(scene);
    case Kind::worker: return worker(scene);
    case Kind::paid_challenge: return paid_challenge(scene);
    case Kind::dispute_end:
    case Kind::draw:
    case Kind::verdict:
    case Kind::summary:
    case Kind::timeout:
    case Kind::uptime:
    case Kind::measurement:
    case Kind::slash:
    case Kind::ruling:
    case Kind::reversal:
    case Kind::snapshot: break;
    case Kind::policy:
    case Kind::heartbeat:
    case Kind::worker_call:
    case Kind::worker_result:
    case Kind::score:
    case Kind::settlement:
      return fail(Code::malformed, "this kind of statement is not logged here");
  }
  if (Status verifier = must_be_verifier(scene); !verifier.ok()) return verifier;
  switch (scene.entry.submission.kind) {
    case Kind::draw: return draw(scene);
    case Kind::verdict: return verdict(scene);
    case Kind::summary: return summary(scene);
    case Kind::timeout: return timeout(scene);
    case Kind::uptime: return uptime(scene);
    case Kind::measurement: return measurement(scene);
    case Kind::slash: return slash(scene);
    case Kind::dispute_end: return dispute_end(scene);
    case Kind::ruling: return ruling(scene);
    case Kind::snapshot: return snapshot(scene);
    default: return reversal(scene);
  }
}

}  // namespace

Result<JobState> need_job(const ReadTxn& txn, const Digest& id) {
  Result<std::optional<JobState>> row = View(txn).job(id);
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::not_found, "no order with the digest " + id.hex());
  return std::move(*row.value());
}

Result<const wire::Policy*> policy_of(const Scene& scene, const JobState& job) {
  const auto logged = scene.policies.logged(scene.txn, scene.head.policy, job.policy_index);
  if (!logged.ok()) return logged.error();
  return &logged.value()->policy;
}

Result<ProviderState> need_provider(const ReadTxn& txn, const PublicKey& key) {
  Result<std::optional<ProviderState>> row = View(txn).provider(provider_id(key));
  if (!row.ok()) return row.error();
  if (!row.value()) {
    return fail(Code::not_found, "provider " + key_id(key) + " is not registered here");
  }
  return std::move(*row.value());
}

Status close_days_of(Scene& scene, const Digest& id, ProviderState& row) {
  return close_days(scene.txn, id, row, scene.entry.time, scene.policy);
}

Result<ProviderState> changing_provider(Scene& scene, const PublicKey& key) {
  Result<ProviderState> row = need_provider(scene.txn, key);
  if (!row.ok()) return row;
  const Status closed = close_days_of(scene, provider_id(key), row.value());
  if (!closed.ok()) return closed.error();
  return row;
}

Status earn(Scene& scene, const JobState& job) {
  Result<ProviderState> row = changing_provider(scene, *job.provider);
  if (!row.ok()) return row.error();
  row.value().income_micros += std::min(job.price_micros, wire::kAmountMaxMicros);
  return put_provider(scene.txn, provider_id(*job.provider), row.value());
}

Status unearn(Scene& scene, const JobState& job, UnixMillis earned) {
  const Digest id = provider_id(*job.provider);
  Result<ProviderState> row = changing_provider(scene, *job.provider);
  if (!row.ok()) return row.error();
  const std::uint64_t price = std::min(job.price_micros, wire::kAmountMaxMicros);
  const std::uint64_t day = day_of(earned);
  if (day == row.value().days_below) {
    row.value().income_micros -= std::min(row.value().income_micros, price);
    return put_provider(scene.txn, id, row.value());
  }
  Result<DayState> then = day_state(scene.txn, id, day, scene.policy);
  if (!then.ok()) return then.error();
  then.value().income_micros -= std::min(then.value().income_micros, price);
  if (Status put = put_provider(scene.txn, id, row.value()); !put.ok()) return put;
  return scene.txn.put(tables::kDays, day_key(id, day), encode(then.value()));
}

Result<AttestationState> need_attestation(const ReadTxn& txn, std::uint64_t index) {
  Result<std::optional<AttestationState>> row = View(txn).attestation(index);
  if (!row.ok()) return row.error();
  if (!row.value()) {
    return fail(Code::not_found, "leaf " + std::to_string(index) + " is not an attestation");
  }
  return std::move(*row.value());
}

Result<ClassState> class_row(const ReadTxn& txn, const Digest& provider, const std::string& name) {
  Result<std::optional<ClassState>> row = View(txn).class_of(provider, name);
  if (!row.ok()) return row.error();
  if (row.value()) return std::move(*row.value());
  ClassState fresh;
  fresh.name = name;
  return fresh;
}

Status registration(Scene& scene) {
  Result<wire::Registration> said =
      scene.read([](const auto& it) { return wire::parse_registration(it); });
  if (!said.ok()) return said.error();
  const wire::Registration& it = said.value();
  if (it.provider != scene.signer()) {
    return fail(Code::permission, "a registration is signed by the key that it registers");
  }
  const Digest id = provider_id(it.provider);
  Result<std::optional<ProviderState>> known = View(scene.txn).provider(id);
  if (!known.ok()) return known.error();
  if (!known.value()) {  // once for a key: it takes as long as four signatures
    if (Status sound = check_public_key(it.provider); !sound.ok()) return sound;
  }
  ProviderState row = known.value().value_or(ProviderState{});
  if (!known.value()) {
    row.key = it.provider;
    row.since = scene.entry.time;
    row.days_below = day_of(scene.entry.time);
    row.uptime = uptime_bytes({});
    ++scene.head.providers;
  }
  row.name = it.name;
  row.region = it.region;
  row.device_class = it.device_class;
  row.registration_index = scene.entry.index;
  row.claims.clear();
  for (const wire::Claim& claim : it.claims) {
    row.claims.push_back({claim.class_name, claim.part, claim.rate});
  }
  return put_provider(scene.txn, id, row);
}

Status uptime(Scene& scene) {
  Result<wire::Uptime> said = wire::parse_uptime(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Uptime& it = said.value();
  if (it.window_seconds != scene.policy.uptime_window_seconds) {
    return fail(Code::conflict, "the policy's uptime windows have another length");
  }
  if (it.window >= window_of(scene.entry.time, scene.policy)) {
    return fail(Code::conflict, "that uptime window is not over yet");
  }
  const auto begins = [&](std::uint64_t window) {
    return UnixMillis{static_cast<std::int64_t>(window * it.window_seconds) * 1000};
  };

  for (const wire::UptimeRow& row : it.rows) {
    Result<ProviderState> known = need_provider(scene.txn, row.provider);
    if (!known.ok()) return known.error();
  }
  for (const wire::UptimeRow& row : it.rows) {
    if (!it.verifier_alive || row.asked == 0) continue;  // unobserved: says nothing
    Result<ProviderState> known = need_provider(scene.txn, row.provider);
    if (!known.ok()) return known.error();
    if (is_excused(known.value().maintenance, begins(it.window), begins(it.window + 1))) {
      continue;  // unobserved by agreement
    }
    Result<ProviderState> provider = changing_provider(scene, row.provider);
    if (!provider.ok()) return provider.error();
    Result<UptimeHistory> history = parse_uptime_bytes(provider.value().uptime);
    if (!history.ok()) return history.error();
    Result<UptimeDays> days = parse_uptime_days_bytes(provider.value().uptime_days);
    if (!days.ok()) return days.error();
    enter(history.value(), days.value(), it.window, row.answered, row.asked);
    provider.value().uptime = uptime_bytes(history.value());
    provider.value().uptime_days = uptime_days_bytes(days.value());
    const Status put = put_provider(scene.txn, provider_id(row.provider), provider.value());
    if (!put.ok()) return put;
  }
  return {};
}

}  // namespace rules

namespace {

// Whether it may stand here at all is not the rules' business: a log that lacks a snapshot still
// folds, and a monitor tells of it.
Status note_missed(const ReadTxn& txn, PoliciesInForce& policies, Head& head, const Entry& entry) {
  if (entry.index == 0 || entry.submission.kind == wire::Kind::snapshot) return {};
  const auto in_force = policies.at(txn, head.policy, head.last_time);
  if (!in_force.ok()) return in_force.error();
  const auto due = snapshot_due(txn, head, entry.time, in_force.value()->policy);
  if (!due.ok()) return due.error();
  if (due.value()) head.snapshot_missed = entry.index;
  return {};
}

}  // namespace

Status apply(WriteTxn& txn, const Roles& roles, PoliciesInForce& policies, Head& head,
             const Entry& entry) {
  if (Status noted = note_missed(txn, policies, head, entry); !noted.ok()) return noted;
  if (entry.submission.kind == wire::Kind::policy) {
    return rules::policy_change(txn, roles, policies, head, entry);
  }
  const Result<const LoggedPolicy*> in_force = policies.at(txn, head.policy, entry.time);
  if (!in_force.ok()) return in_force.error();
  rules::Scene scene{txn,     roles, head, entry, *in_force.value(), in_force.value()->policy,
                     policies};
  return rules::dispatch(scene);
}

}  // namespace assay::reputation
