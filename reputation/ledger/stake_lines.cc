#include "reputation/ledger/stake_lines.h"

#include <algorithm>

#include "reputation/ledger/close.h"

namespace assay::reputation {
namespace {

std::uint64_t take_from(std::uint64_t& part, std::uint64_t& wanted) {
  const std::uint64_t taken = std::min(part, wanted);
  part -= taken;
  wanted -= taken;
  return taken;
}

void take_out(std::uint64_t& from, StakeState& row, const StakeLine& line) {
  from -= std::min(from, line.amount_micros);
  row.unbonding.push_back({line.amount_micros, line.released});
}

Taken take_away(StakeState& row, const StakeLine& line) {
  Taken taken;
  std::uint64_t wanted = line.amount_micros;
  if (line.everything) {
    const std::uint64_t spared = line.kept_micros + line.amount_micros;
    wanted += row.bonded() - std::min(row.bonded(), spared);
    // What is unbonding goes first: then nothing that others have locked is touched.
    for (const Unbonding& part : row.unbonding) taken.unbonding_micros += part.amount_micros;
    row.unbonding.clear();
  } else {
    std::uint64_t of_unbonding = line.unbonding_micros;
    for (Unbonding& part : row.unbonding) {
      taken.unbonding_micros += take_from(part.amount_micros, of_unbonding);
    }
    std::erase_if(row.unbonding, [](const Unbonding& part) { return part.amount_micros == 0; });
  }
  taken.own_micros = take_from(row.own_micros, wanted);
  taken.delegated_micros = take_from(row.delegated_micros, wanted);
  row.slashed_micros += taken.total();
  return taken;
}

Bytes line_key(const Digest& provider, std::uint64_t leaf) {
  Bytes key = to_bytes(provider.view());
  put_u64_be(key, leaf);
  return key;
}

Result<std::vector<LoggedLine>> lines_of(const ReadTxn& txn, const Digest& provider) {
  std::vector<LoggedLine> lines;
  Status problem;
  const Status scanned =
      txn.scan(tables::kStakeLines, provider.view(), [&](ByteView key, ByteView value) {
        if (!std::equal(provider.bytes.begin(), provider.bytes.end(), key.begin())) return false;
        Result<StakeLine> line = decode<StakeLine>(value);
        if (!line.ok()) {
          problem = line.error();
          return false;
        }
        lines.push_back({Reader(key.subspan(Digest::kSize)).u64_be(), line.value()});
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  if (!problem.ok()) return problem.error();
  return lines;
}

// What a slash has taken may be another amount, or from elsewhere, without the one before it.
Status retell_slash(WriteTxn& txn, std::uint64_t leaf, const Taken& taken) {
  Result<std::optional<SlashState>> row = View(txn).slash(leaf);
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::storage, "a line of stake without its slash");
  SlashState& slash = *row.value();
  if (Taken{slash.own_micros, slash.delegated_micros, slash.unbonding_micros} == taken) return {};
  slash.own_micros = taken.own_micros;
  slash.delegated_micros = taken.delegated_micros;
  slash.unbonding_micros = taken.unbonding_micros;
  return put_slash(txn, leaf, slash);
}

// Writes K of the days [from, below) anew, as the lines have it at the end of each.
Status retell_days(WriteTxn& txn, const Digest& provider, std::span<const LoggedLine> lines,
                   std::uint64_t from, std::uint64_t below, const wire::Policy& policy) {
  StakeState row;
  std::size_t next = 0;
  for (std::uint64_t day = from; day < below; ++day) {
    while (next < lines.size() && day_of(lines[next].line.time) <= day) {
      apply_line(row, lines[next++].line);
    }
    const Bytes key = day_key(provider, day);
    Result<std::optional<Bytes>> bytes = txn.get(tables::kDays, key);
    if (!bytes.ok()) return bytes.error();
    if (!bytes.value()) continue;
    Result<DayState> state = decode<DayState>(*bytes.value());
    if (!state.ok()) return state.error();
    const Result<wire::Policy> then = policy_of_day(txn, day, policy);
    if (!then.ok()) return then.error();
    state.value().stake = stake_share(row, then.value());
    if (Status put = txn.put(tables::kDays, key, encode(state.value())); !put.ok()) return put;
  }
  return {};
}

}  // namespace

Taken apply_line(StakeState& row, const StakeLine& line) {
  if (line.kind != StakeLineKind::deposit && !line.held) {
    // What has waited long enough is the provider's again, and gone from here; but not before the
    // audits that unbonding asked for are over.
    std::erase_if(row.unbonding, [&](const Unbonding& part) { return part.released <= line.time; });
  }
  switch (line.kind) {
    case StakeLineKind::bond: row.own_micros += line.amount_micros; break;
    case StakeLineKind::delegate: row.delegated_micros += line.amount_micros; break;
    case StakeLineKind::unbond: take_out(row.own_micros, row, line); break;
    case StakeLineKind::undelegate: take_out(row.delegated_micros, row, line); break;
    case StakeLineKind::slash:
    case StakeLineKind::deposit: return take_away(row, line);
  }
  return {};
}

Status put_stake_line(WriteTxn& txn, const Digest& provider, const LoggedLine& logged) {
  return txn.put(tables::kStakeLines, line_key(provider, logged.leaf), encode(logged.line));
}

Status take_back_stake_line(WriteTxn& txn, std::uint64_t slash, const SlashState& row,
                            std::uint64_t days_below, const wire::Policy& policy) {
  const Digest provider = provider_id(row.provider);
  Result<std::vector<LoggedLine>> found = lines_of(txn, provider);
  if (!found.ok()) return found.error();
  std::vector<LoggedLine>& lines = found.value();
  if (std::erase_if(lines, [&](const LoggedLine& each) { return each.leaf == slash; }) == 0) {
    return {};  // it took nothing
  }
  if (Status erased = txn.erase(tables::kStakeLines, line_key(provider, slash)); !erased.ok()) {
    return erased;
  }
  for (LoggedLine& each : lines) {
    if (each.leaf < slash || !each.line.everything) continue;
    each.line.kept_micros += row.job_locked_micros;
    if (Status put = put_stake_line(txn, provider, each); !put.ok()) return put;
  }

  Result<StakeState> before = View(txn).stake(provider);
  if (!before.ok()) return before.error();
  StakeState after;
  after.locked_micros = before.value().locked_micros;
  after.retro_open = before.value().retro_open;
  for (const LoggedLine& each : lines) {
    const Taken taken = apply_line(after, each.line);
    if (each.line.kind != StakeLineKind::slash || each.leaf < slash) continue;
    if (Status told = retell_slash(txn, each.leaf, taken); !told.ok()) return told;
  }
  if (Status put = put_stake(txn, provider, after); !put.ok()) return put;
  return retell_days(txn, provider, lines, day_of(row.logged), days_below, policy);
}

}  // namespace assay::reputation
