// What jobs and slashes do to a provider's stake, on the lines of reputation/ledger.
#include <algorithm>

#include "core/base/check.h"
#include "reputation/policy/slashing.h"
#include "tests/sim/economy/fast_book.h"

namespace assay::sim {

using reputation::LoggedLine;
using reputation::StakeLine;
using reputation::StakeLineKind;
using reputation::StakeState;
using reputation::Taken;
using wire::Fault;

// What could be taken now: of what unbonds, nothing that is the provider's own again.
std::uint64_t FastBook::reachable_of(const StakeState& row) const {
  std::uint64_t sum = row.bonded();
  for (const auto& part : row.unbonding) {
    if (row.retro_open > 0 || part.released > now_) sum += part.amount_micros;
  }
  return sum;
}

Taken FastBook::enter_line(Member& member, StakeLine line) {
  line.held = member.stake.retro_open > 0;
  member.lines.push_back({++lines_, line});
  return reputation::apply_line(member.stake, line);
}

void FastBook::stake(ProviderNo provider, wire::StakeMove move, std::uint64_t micros) {
  Member& member = members_.at(provider);
  const bool bonds = move == wire::StakeMove::bond;
  ASSAY_CHECK(bonds || (move == wire::StakeMove::unbond && micros <= member.stake.free()),
              "only what is free can be unbonded");
  StakeLine line;
  line.kind = bonds ? StakeLineKind::bond : StakeLineKind::unbond;
  line.time = now_;
  line.amount_micros = micros;
  line.released = now_ + static_cast<std::int64_t>(rules_.policy.unbonding_ms);
  const std::uint64_t reachable = reachable_of(member.stake);
  enter_line(member, line);
  if (!bonds) owe_retro_audits(provider, reachable);
}

StakeState FastBook::stake_of(ProviderNo provider) {
  return members_.at(provider).stake;
}

void FastBook::lock(Member& member, JobRow& job, std::uint64_t wanted) {
  job.locked = std::min(member.stake.free(), wanted);
  member.stake.locked_micros += job.locked;
}

void FastBook::lock(Member& member, JobRow& job) {
  lock(member, job, job.stake_factor * job.terms.price);
}

void FastBook::release(Member& member, JobRow& job) {
  member.stake.locked_micros -= std::min(member.stake.locked_micros, job.locked);
  job.locked = 0;
}

void FastBook::slash(JobNo number, Fault fault) {
  JobRow& job = jobs_.at(number);
  Member& member = members_.at(job.provider);
  ClassRow& row = row_of(member, job.terms.workload);
  ASSAY_CHECK(!job.slash, "one cause is punished once");
  using reputation::EventKind;
  if (rules_.conviction == Conviction::storj) {
    release(member, job);
    return;
  }
  if (fault == Fault::withheld && !rules_.prices_withholding) {
    release(member, job);
    const bool today = !row.events.empty() && row.events.back().event.kind == EventKind::soft &&
                       row.events.back().epoch / kHoursPerDay == epoch_ / kHoursPerDay;
    if (!today) count(member, row, number, {.kind = EventKind::soft});
    return;
  }
  const bool equivocation = fault == Fault::equivocation;
  const std::uint32_t severity =
      reputation::severity_ppm(equivocation               ? reputation::Offence::equivocation
                               : fault == Fault::withheld ? reputation::Offence::withheld
                                                          : reputation::Offence::proven_wrong,
                               rules_.policy);
  Slash slash;
  slash.fault = fault;
  slash.epoch = epoch_;
  slash.day = day_;
  take_stake(member, job, slash, severity);
  const bool held = job.holds_unbonding();
  job.slash = slash;
  hold(member, job, held);
  const Counted event{epoch_,
                      number,
                      {.kind = equivocation ? EventKind::equivocation : EventKind::proven,
                       .sixteenths = 0,
                       .severity_ppm = severity}};
  if (rules_.faults_everywhere) {
    member.faults.push_back(event);
  } else {
    count(member, row, number, event.event);
  }
}

void FastBook::take_stake(Member& member, JobRow& job, Slash& slash, std::uint32_t severity_ppm) {
  StakeState& row = member.stake;
  const std::uint64_t locked = job.locked;
  release(member, job);
  slash.job_locked = locked;
  if (!rules_.takes_stake) return;
  // Of what is unbonding as much stands for a job that had been settled as was locked to it once.
  const std::uint64_t unbonding = reachable_of(row) - row.bonded();
  const std::uint64_t due = job.stake_factor * job.terms.price;
  const std::uint64_t stands_in =
      job.reason == wire::Reason::first ? 0 : std::min(unbonding, due - std::min(due, locked));
  const std::uint64_t share =
      reputation::slash_amount(severity_ppm, {.locked = locked + stands_in,
                                              .free = 0,
                                              .price = job.terms.price,
                                              .stake_factor = job.stake_factor});
  const std::uint64_t amount = std::min(share, locked);
  StakeLine line;
  line.kind = StakeLineKind::slash;
  line.time = now_;
  line.amount_micros = amount;
  line.everything = reputation::takes_everything(severity_ppm);
  line.kept_micros = line.everything ? row.locked_micros + (locked - amount) : 0;
  line.unbonding_micros = share - amount;
  const bool nothing_bonded = row.bonded() == 0 && row.unbonding.empty();
  if (share == 0 && (!line.everything || nothing_bonded)) return;
  slash.took = enter_line(member, line).total();
  slash.line = lines_;
}

void FastBook::appeal(JobNo number) {
  JobRow& job = jobs_.at(number);
  Slash& slash = job.slash.value();
  StakeState& row = members_[job.provider].stake;
  slash.deposit =
      rules_.policy.stake_required_micros > 0 ? reputation::appeal_deposit(slash.took) : 0;
  ASSAY_CHECK(slash.deposit <= row.free(), "an appeal's deposit must be covered");
  row.locked_micros += slash.deposit;
}

void FastBook::rule(JobNo number, bool granted) {
  JobRow& job = jobs_.at(number);
  Slash& slash = job.slash.value();
  Member& member = members_[job.provider];
  StakeState& row = member.stake;
  row.locked_micros -= std::min(row.locked_micros, slash.deposit);
  if (granted || slash.deposit == 0) return;
  StakeLine line;
  line.kind = StakeLineKind::deposit;
  line.time = now_;
  line.amount_micros = slash.deposit;
  enter_line(member, line);
}

// As if its line had never been: without that slash its job had gone on, and what it had locked had
// been spared by the others.
void FastBook::take_back_line(Member& member, const Slash& slash) {
  if (std::erase_if(member.lines, [&](const LoggedLine& it) { return it.leaf == slash.line; }) ==
      0) {
    return;
  }
  StakeState after;
  after.locked_micros = member.stake.locked_micros;
  after.retro_open = member.stake.retro_open;
  for (LoggedLine& it : member.lines) {
    if (it.leaf > slash.line && it.line.everything) it.line.kept_micros += slash.job_locked;
    reputation::apply_line(after, it.line);
  }
  member.stake = after;
  StakeState row;  // as it was at the end of each day since
  std::size_t next = 0;
  for (std::uint64_t day = slash.day; day < day_; ++day) {
    while (next < member.lines.size() && reputation::day_of(member.lines[next].line.time) <= day) {
      reputation::apply_line(row, member.lines[next++].line);
    }
    member.days.at(day - member.since_day).stake = reputation::stake_share(row, rules_.policy);
  }
}

void FastBook::reverse(JobNo number, bool delivered) {
  JobRow& job = jobs_.at(number);
  Member& member = members_.at(job.provider);
  ASSAY_CHECK(job.slash.has_value(), "no slash stands about that job");
  const Slash slash = *job.slash;
  ASSAY_CHECK(slash.fault != Fault::equivocation, "nobody takes two signatures back");
  take_back_line(member, slash);
  const bool held = job.holds_unbonding();
  job.slash.reset();
  job.audit = Audit::due;
  job.settled = job.settled && job.reason != wire::Reason::first;
  job.verdict = 0;
  --row_of(member, job.terms.workload).fold.state.audited;
  lock(member, job, slash.job_locked);
  hold(member, job, held);
  ASSAY_CHECK(!delivered || slash.fault == Fault::withheld, "only what was withheld is delivered");
  std::erase_if(member.faults, [number](const Counted& it) { return it.job == number; });
  refold_from(member, slash.epoch);
}

}  // namespace assay::sim
