// Rules for stake: what operators tell of bonds, and what jobs lock, release and lose of them.
#include <algorithm>

#include "core/wire/stake.h"
#include "reputation/ledger/rules.h"
#include "reputation/ledger/stake_lines.h"
#include "reputation/policy/slashing.h"

namespace assay::reputation::rules {
namespace {

// What could be taken from the provider now: of what unbonds, nothing that is its own again.
std::uint64_t reachable_of(const StakeState& row, UnixMillis now) {
  std::uint64_t sum = row.bonded();
  for (const Unbonding& part : row.unbonding) {
    if (row.retro_open > 0 || part.released > now) sum += part.amount_micros;
  }
  return sum;
}

// May so much leave `part` of the bond?
Status may_leave(const StakeState& row, std::uint64_t part, std::uint64_t amount) {
  if (amount > part) {
    return fail(Code::conflict, "only " + std::to_string(part) + " micros are bonded");
  }
  if (amount > row.free()) {
    return fail(Code::conflict, std::to_string(row.locked_micros) +
                                    " micros are locked to jobs or appeals that have not ended; "
                                    "only " +
                                    std::to_string(row.free()) + " can be unbonded");
  }
  return {};
}

Status may_come(std::uint64_t part, std::uint64_t amount) {
  if (amount <= wire::kAmountMaxMicros - std::min(part, wire::kAmountMaxMicros)) return {};
  return fail(Code::conflict, "more than 2^53 micros would be bonded");
}

Status may_move(const StakeState& row, const wire::Stake& it) {
  switch (it.move) {
    case wire::StakeMove::bond: return may_come(row.own_micros, it.amount_micros);
    case wire::StakeMove::delegate: return may_come(row.delegated_micros, it.amount_micros);
    case wire::StakeMove::unbond: return may_leave(row, row.own_micros, it.amount_micros);
    case wire::StakeMove::undelegate: return may_leave(row, row.delegated_micros, it.amount_micros);
  }
  return fail(Code::malformed, "a move that does not exist");
}

StakeLineKind line_kind(wire::StakeMove move) {
  switch (move) {
    case wire::StakeMove::bond: return StakeLineKind::bond;
    case wire::StakeMove::unbond: return StakeLineKind::unbond;
    case wire::StakeMove::delegate: return StakeLineKind::delegate;
    case wire::StakeMove::undelegate: return StakeLineKind::undelegate;
  }
  return StakeLineKind::bond;
}

// Keeps the line of this leaf and changes the row by it.
Result<Taken> enter_line(Scene& scene, const Digest& id, StakeState& row, StakeLine line) {
  line.held = row.retro_open > 0;
  if (Status put = put_stake_line(scene.txn, id, {scene.entry.index, line}); !put.ok()) {
    return put.error();
  }
  return apply_line(row, line);
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
  if (Status may = may_move(row, it); !may.ok()) return may;
  if (Status closed = close_days_of(scene, id, provider.value()); !closed.ok()) return closed;
  if (Status put = scene.txn.put(tables::kPayments, payment.view(), index_key(scene.entry.index));
      !put.ok()) {
    return put;
  }
  if (Status put = put_provider(scene.txn, id, provider.value()); !put.ok()) return put;
  const StakeLine line{
      .kind = line_kind(it.move),
      .time = scene.entry.time,
      .amount_micros = it.amount_micros,
      .released = scene.entry.time + static_cast<std::int64_t>(scene.policy.unbonding_ms),
      .everything = false,
      .kept_micros = 0,
      .unbonding_micros = 0,
      .held = false};
  const std::uint64_t reachable = reachable_of(row, scene.entry.time);
  if (Result<Taken> entered = enter_line(scene, id, row, line); !entered.ok()) {
    return entered.error();
  }
  if (it.move == wire::StakeMove::unbond) {
    if (Status owed = owe_retro_audits(scene, id, row, reachable); !owed.ok()) return owed;
  }
  return put_stake(scene.txn, id, row);
}

Status lock_stake(Scene& scene, JobState& job) {
  // A job whose dispute was lost keeps its lock until the slash: it is not locked twice.
  if (Status freed = release_stake(scene, job); !freed.ok()) return freed;
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

Status lock_again(Scene& scene, JobState& job, std::uint64_t locked) {
  const Digest id = provider_id(*job.provider);
  Result<StakeState> row = View(scene.txn).stake(id);
  if (!row.ok()) return row.error();
  job.locked_micros = std::min(row.value().free(), locked);
  if (job.locked_micros == 0) return {};
  row.value().locked_micros += job.locked_micros;
  return put_stake(scene.txn, id, row.value());
}

Status take_stake(Scene& scene, JobState& job, SlashState& slash) {
  const Digest id = provider_id(slash.provider);
  Result<StakeState> found = View(scene.txn).stake(id);
  if (!found.ok()) return found.error();
  StakeState& row = found.value();
  Result<AttestationState> about = need_attestation(scene.txn, slash.attestation_index);
  if (!about.ok()) return about.error();
  const std::uint64_t locked = job.locked_micros;
  row.locked_micros -= std::min(row.locked_micros, locked);
  job.locked_micros = 0;
  slash.job_locked_micros = locked;
  // A job that had been settled was audited again: of what is unbonding as much stands for it as
  // was locked to it once.
  const std::uint64_t unbonding = reachable_of(row, scene.entry.time) - row.bonded();
  const std::uint64_t due = job.stake_factor * std::min(job.price_micros, wire::kAmountMaxMicros);
  const std::uint64_t stands_in = about.value().reason == wire::Reason::first
                                      ? 0
                                      : std::min(unbonding, due - std::min(due, locked));
  // All of the job's share, and for more than severity 1 all that is free besides.
  const std::uint64_t share = slash_amount(slash.severity_ppm, {.locked = locked + stands_in,
                                                                .free = 0,
                                                                .price = job.price_micros,
                                                                .stake_factor = job.stake_factor});
  const bool everything = takes_everything(slash.severity_ppm);
  const std::uint64_t amount = std::min(share, locked);
  const StakeLine line{.kind = StakeLineKind::slash,
                       .time = scene.entry.time,
                       .amount_micros = amount,
                       .released = {},
                       .everything = everything,
                       .kept_micros = everything ? row.locked_micros + (locked - amount) : 0,
                       .unbonding_micros = share - amount,
                       .held = false};
  const bool nothing_bonded = row.bonded() == 0 && row.unbonding.empty();
  if (share == 0 && (!everything || nothing_bonded)) {
    return locked == 0 ? Status() : put_stake(scene.txn, id, row);
  }
  Result<Taken> taken = enter_line(scene, id, row, line);
  if (!taken.ok()) return taken.error();
  slash.own_micros = taken.value().own_micros;
  slash.delegated_micros = taken.value().delegated_micros;
  slash.unbonding_micros = taken.value().unbonding_micros;
  return put_stake(scene.txn, id, row);
}

Status lock_deposit(Scene& scene, const SlashState& slash) {
  const Digest id = provider_id(slash.provider);
  Result<StakeState> row = View(scene.txn).stake(id);
  if (!row.ok()) return row.error();
  if (slash.deposit_micros > row.value().free()) {
    return fail(Code::conflict,
                "the deposit of " + std::to_string(slash.deposit_micros) +
                    " micros is not covered: " + std::to_string(row.value().free()) +
                    " micros of the provider's stake are free");
  }
  if (slash.deposit_micros == 0) return {};
  row.value().locked_micros += slash.deposit_micros;
  return put_stake(scene.txn, id, row.value());
}

Status release_deposit(Scene& scene, const SlashState& slash, bool lost) {
  if (slash.deposit_micros == 0) return {};
  const Digest id = provider_id(slash.provider);
  Result<StakeState> row = View(scene.txn).stake(id);
  if (!row.ok()) return row.error();
  row.value().locked_micros -= std::min(row.value().locked_micros, slash.deposit_micros);
  if (lost) {
    const StakeLine line{.kind = StakeLineKind::deposit,
                         .time = scene.entry.time,
                         .amount_micros = slash.deposit_micros,
                         .released = {},
                         .everything = false,
                         .kept_micros = 0,
                         .unbonding_micros = 0,
                         .held = false};
    if (Result<Taken> taken = enter_line(scene, id, row.value(), line); !taken.ok()) {
      return taken.error();
    }
  }
  return put_stake(scene.txn, id, row.value());
}

}  // namespace assay::reputation::rules
