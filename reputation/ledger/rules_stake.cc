// Rules for stake: what operators tell of bonds, and what jobs lock, release and lose of them.
#include <algorithm>

#include "core/wire/stake.h"
#include "reputation/ledger/rules.h"
#include "reputation/policy/slashing.h"

namespace assay::reputation::rules {
namespace {

// What has waited long enough is the provider's again, and gone from here; but not before the
// audits that unbonding asked for are over.
void release_unbonded(StakeState& row, UnixMillis now) {
  if (row.retro_open > 0) return;
  std::erase_if(row.unbonding, [now](const Unbonding& part) { return part.released <= now; });
}

Status take_out(StakeState& row, std::uint64_t& from, std::uint64_t amount, UnixMillis released) {
  if (amount > from) {
    return fail(Code::conflict, "only " + std::to_string(from) + " micros are bonded");
  }
  if (amount > row.free()) {
    return fail(Code::conflict, std::to_string(row.locked_micros) +
                                    " micros are locked to jobs that have not ended; only " +
                                    std::to_string(row.free()) + " can be unbonded");
  }
  from -= amount;
  row.unbonding.push_back({amount, released});
  return {};
}

Status put_in(std::uint64_t& to, std::uint64_t amount) {
  if (amount > wire::kAmountMaxMicros - std::min(to, wire::kAmountMaxMicros)) {
    return fail(Code::conflict, "more than 2^53 micros would be bonded");
  }
  to += amount;
  return {};
}

std::uint64_t take_from(std::uint64_t& part, std::uint64_t& wanted) {
  const std::uint64_t taken = std::min(part, wanted);
  part -= taken;
  wanted -= taken;
  return taken;
}

std::uint64_t unbonding_of(const StakeState& row) {
  std::uint64_t sum = 0;
  for (const Unbonding& part : row.unbonding) sum += part.amount_micros;
  return sum;
}

}  // namespace

Status must_be_operator(const Scene& scene, const char* what) {
  const std::vector<PublicKey>& operators = scene.policy.operators;
  const bool may = scene.signer() == scene.roles.verifier ||
                   std::ranges::find(operators, scene.signer()) != operators.end();
  if (may) return {};
  return fail(Code::permission,
              std::string("only an operator that the policy names may tell of ") + what);
}

Status stake(Scene& scene) {
  if (Status may = must_be_operator(scene, "stake"); !may.ok()) return may;
  Result<wire::Stake> said = wire::parse_stake(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Stake& it = said.value();
  Result<ProviderState> provider = need_provider(scene.txn, it.provider);
  if (!provider.ok()) return provider.error();
  const Digest payment = sha256(as_bytes(it.reference));
  Result<std::optional<Bytes>> taken = scene.txn.get(tables::kPayments, payment.view());
  if (!taken.ok()) return taken.error();
  if (taken.value()) {
    return fail(Code::conflict, "the payment '" + it.reference + "' was told of before");
  }
  const Digest id = provider_id(it.provider);
  Result<StakeState> found = View(scene.txn).stake(id);
  if (!found.ok()) return found.error();
  StakeState& row = found.value();
  release_unbonded(row, scene.entry.time);
  const std::uint64_t reachable = row.bonded() + unbonding_of(row);
  const UnixMillis released{scene.entry.time.ms +
                            static_cast<std::int64_t>(scene.policy.unbonding_ms)};
  Status moved;
  switch (it.move) {
    case wire::StakeMove::bond: moved = put_in(row.own_micros, it.amount_micros); break;
    case wire::StakeMove::delegate: moved = put_in(row.delegated_micros, it.amount_micros); break;
    case wire::StakeMove::unbond:
      moved = take_out(row, row.own_micros, it.amount_micros, released);
      break;
    case wire::StakeMove::undelegate:
      moved = take_out(row, row.delegated_micros, it.amount_micros, released);
      break;
  }
  if (!moved.ok()) return moved;
  if (Status closed = close_days_of(scene, id, provider.value()); !closed.ok()) return closed;
  if (it.move == wire::StakeMove::unbond) {
    if (Status owed = owe_retro_audits(scene, id, row, reachable); !owed.ok()) return owed;
  }
  if (Status put = scene.txn.put(tables::kPayments, payment.view(), index_key(scene.entry.index));
      !put.ok()) {
    return put;
  }
  if (Status put = put_provider(scene.txn, id, provider.value()); !put.ok()) return put;
  return put_stake(scene.txn, id, row);
}

Status lock_stake(Scene& scene, JobState& job) {
  const Digest id = provider_id(*job.provider);
  Result<StakeState> row = View(scene.txn).stake(id);
  if (!row.ok()) return row.error();
  const std::uint64_t price = std::min(job.price_micros, wire::kAmountMaxMicros);
  job.locked_micros = std::min(row.value().free(), job.stake_factor * price);
  if (job.locked_micros == 0) return {};
  row.value().locked_micros += job.locked_micros;
  return put_stake(scene.txn, id, row.value());
}

Status release_stake(Scene& scene, JobState& job) {
  if (job.locked_micros == 0) return {};
  const Digest id = provider_id(*job.provider);
  Result<StakeState> row = View(scene.txn).stake(id);
  if (!row.ok()) return row.error();
  row.value().locked_micros -= std::min(row.value().locked_micros, job.locked_micros);
  job.locked_micros = 0;
  return put_stake(scene.txn, id, row.value());
}

Status take_stake(Scene& scene, JobState& job, SlashState& slash) {
  const Digest id = provider_id(slash.provider);
  Result<StakeState> found = View(scene.txn).stake(id);
  if (!found.ok()) return found.error();
  StakeState& row = found.value();
  release_unbonded(row, scene.entry.time);
  Result<AttestationState> about = need_attestation(scene.txn, slash.attestation_index);
  if (!about.ok()) return about.error();
  const std::uint64_t unbonding = unbonding_of(row);
  const std::uint64_t locked = job.locked_micros;
  row.locked_micros -= std::min(row.locked_micros, locked);
  job.locked_micros = 0;
  // A job that had been settled was audited again: of what is unbonding as much stands for it as
  // was locked to it once.
  const std::uint64_t due = job.stake_factor * std::min(job.price_micros, wire::kAmountMaxMicros);
  const std::uint64_t stands_in = about.value().reason == wire::Reason::first
                                      ? 0
                                      : std::min(unbonding, due - std::min(due, locked));
  const std::uint64_t free = row.free() - std::min(row.free(), locked) + unbonding - stands_in;
  std::uint64_t wanted = slash_amount(slash.severity_ppm, {.locked = locked + stands_in,
                                                           .free = free,
                                                           .price = job.price_micros,
                                                           .stake_factor = job.stake_factor});
  // What is unbonding goes before what other jobs have locked.
  std::uint64_t beyond = wanted - std::min(wanted, locked);
  for (Unbonding& part : row.unbonding) {
    const std::uint64_t taken = take_from(part.amount_micros, beyond);
    slash.unbonding_micros += taken;
    wanted -= taken;
  }
  std::erase_if(row.unbonding, [](const Unbonding& part) { return part.amount_micros == 0; });
  slash.own_micros = take_from(row.own_micros, wanted);
  slash.delegated_micros = take_from(row.delegated_micros, wanted);
  row.slashed_micros += slash.amount_micros();
  return put_stake(scene.txn, id, row);
}

Status give_back_stake(Scene& scene, SlashState& slash) {
  if (slash.amount_micros() == 0) return {};
  const Digest id = provider_id(slash.provider);
  Result<StakeState> row = View(scene.txn).stake(id);
  if (!row.ok()) return row.error();
  row.value().own_micros += slash.own_micros + slash.unbonding_micros;
  row.value().delegated_micros += slash.delegated_micros;
  row.value().slashed_micros -= std::min(row.value().slashed_micros, slash.amount_micros());
  return put_stake(scene.txn, id, row.value());
}

}  // namespace assay::reputation::rules
