// Rules for what a provider's machines do: hardware rounds, and time in which they need not answer.
#include <algorithm>

#include "core/wire/measurement.h"
#include "reputation/ledger/rules.h"

namespace assay::reputation::rules {
namespace {

// The parts of a round as the fold takes them. What is measured is a claim of the registration in
// force: nobody is held against a number that he did not say.
Result<PerformanceRound> parts_of(const wire::Measurement& said, const ProviderState& provider) {
  PerformanceRound round;
  for (const wire::MeasuredPart& part : said.parts) {
    const ClaimState claim{said.class_name, part.part, part.claimed};
    if (std::ranges::find(provider.claims, claim) == provider.claims.end()) {
      return fail(Code::conflict, "the provider does not claim " + std::to_string(part.claimed) +
                                      " " + std::string(wire::part_unit(part.part)) + " of its " +
                                      std::string(wire::part_name(part.part)) + " in " +
                                      said.class_name);
    }
    round[static_cast<std::size_t>(part.part)] = {part.measured, part.claimed};
  }
  return round;
}

}  // namespace

Status measurement(Scene& scene) {
  Result<wire::Measurement> said = wire::parse_measurement(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Measurement& it = said.value();
  Result<ProviderState> provider = need_provider(scene.txn, it.provider);
  if (!provider.ok()) return provider.error();
  Result<PerformanceRound> round = parts_of(it, provider.value());
  if (!round.ok()) return round.error();
  const Digest id = provider_id(it.provider);
  const std::uint64_t epoch = epoch_of(scene.entry.time, scene.policy);
  Result<std::optional<Bytes>> known =
      scene.txn.get(tables::kRounds, round_key(id, it.class_name, epoch, it.round));
  if (!known.ok()) return known.error();
  if (known.value()) return fail(Code::conflict, "that round was measured already");
  Result<ClassState> row = class_row(scene.txn, id, it.class_name);
  if (!row.ok()) return row.error();
  const RoundState measured{.index = scene.entry.index, .parts = round.value()};
  return count_round(scene.txn, id, row.value(), it.round, measured, scene.entry.time,
                     scene.policy);
}

Status maintenance(Scene& scene) {
  Result<wire::Maintenance> said = wire::parse_maintenance(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Maintenance& it = said.value();
  if (it.provider != scene.signer()) {
    return fail(Code::permission, "maintenance is announced by the provider that it names");
  }
  Result<ProviderState> provider = need_provider(scene.txn, it.provider);
  if (!provider.ok()) return provider.error();
  std::vector<Maintenance> announced = provider.value().maintenance;
  forget_past(announced, scene.entry.time);
  const Maintenance wanted{it.from, it.to};
  if (Status may = may_announce(announced, wanted, scene.entry.time); !may.ok()) return may;
  // Jobs accepted later have to be over before; of those accepted earlier only this is known.
  if (provider.value().busy_until > it.from) {
    return fail(Code::conflict, "a job that was accepted may be open until " +
                                    to_rfc3339(provider.value().busy_until) +
                                    ": no job may be open when maintenance begins");
  }
  announced.push_back(wanted);
  provider.value().maintenance = std::move(announced);
  return put_provider(scene.txn, provider_id(it.provider), provider.value());
}

Status may_take_jobs(const Scene& scene, const Digest& id, const ProviderState& provider,
                     const JobState& job) {
  const View view(scene.txn);
  const UnixMillis now = scene.entry.time;
  Result<std::optional<Jail>> jail = view.jail(id, provider, now, scene.policy);
  if (!jail.ok()) return jail.error();
  if (jail.value()) {
    return fail(Code::permission,
                "this provider is in jail: it answered too little in seven days, and takes no new "
                "jobs until it has answered for three uptime windows in a row, or passed an audit");
  }
  Result<ClassState> row = class_row(scene.txn, id, job.class_name);
  if (!row.ok()) return row.error();
  if (row.value().rounds > 0) {
    const std::uint64_t below = epoch_of(now, scene.policy) + 1;
    const Status closed = close_epochs(scene.txn, id, row.value(), below, scene.policy);
    if (!closed.ok()) return closed;
  }
  if (class_revoked(row.value().performance)) {
    return fail(Code::permission,
                "class " + job.class_name + " is revoked: three of the last five hardware rounds " +
                    "came under 80 % of what is claimed. Claim what the machine does");
  }
  const Maintenance* next = overlapping(provider.maintenance, now, now + job.deadline_ms);
  if (next == nullptr) return {};
  return fail(Code::permission, "the job may be open until " + to_rfc3339(now + job.deadline_ms) +
                                    ", and maintenance is announced from " +
                                    to_rfc3339(next->from) + " to " + to_rfc3339(next->to));
}

}  // namespace assay::reputation::rules
