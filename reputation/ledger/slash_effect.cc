#include "reputation/ledger/slash_effect.h"

#include <algorithm>

#include "reputation/ledger/close.h"

namespace assay::reputation {
namespace {

// The fold of these events, ascending by epoch, but for the one of leaf `except`; at that epoch.
Record folded_without(std::span<const CountedEvent> events, std::uint64_t except,
                      std::uint64_t epoch, const wire::Policy& policy) {
  ClassState state;
  PassMass mass;
  for (std::size_t first = 0; first < events.size();) {
    EpochEvents of_epoch;
    std::size_t next = first;
    for (; next < events.size() && events[next].epoch == events[first].epoch; ++next) {
      if (events[next].index == except) continue;
      of_epoch.add(events[next].event);
    }
    if (of_epoch.is_evidence()) {
      const std::uint64_t hour = hour_of_epoch(events[first].epoch, policy);
      const std::uint64_t last = state.last_hour.value_or(hour);
      state.closed =
          fold_epoch(state.closed, of_epoch.counts(mass), static_cast<std::uint32_t>(hour - last));
      state.last_hour = hour;
    }
    first = next;
  }
  return idle_until(state, hour_of_epoch(epoch, policy));
}

}  // namespace

Result<SlashEffectNow> effect_now(const View& view, std::uint64_t index, const SlashState& slash,
                                  UnixMillis now, const wire::Policy& policy) {
  const Digest id = provider_id(slash.provider);
  Result<std::optional<ProviderState>> provider = view.provider(id);
  if (!provider.ok()) return provider.error();
  if (!provider.value()) return fail(Code::storage, "a slash without its provider");
  Result<ProviderScore> score = view.score(id, *provider.value(), now, policy);
  if (!score.ok()) return score.error();
  const auto of_class =
      std::ranges::find(score.value().classes, slash.class_name, &ClassScore::name);
  if (of_class == score.value().classes.end()) {
    return fail(Code::storage, "a slash in a class that its provider does not have");
  }
  SlashEffectNow out;
  out.trust_ppm = out.without_ppm = ppm_from_q30(of_class->trust);
  if (slash.reversal_index != 0) return out;
  Result<std::vector<CountedEvent>> events = view.history(id, slash.class_name);
  if (!events.ok()) return events.error();
  Result<StakeState> stake = view.stake(id);
  if (!stake.ok()) return stake.error();
  stake.value().own_micros += slash.own_micros;
  stake.value().delegated_micros += slash.delegated_micros;
  const Record record = folded_without(events.value(), index, score.value().epoch, policy);
  const Q30 uncapped = trust(record, score.value().uptime, of_class->performance,
                             stake_share(stake.value(), policy));
  out.without_ppm = ppm_from_q30(cap_by_age(uncapped, score.value().age_days));
  return out;
}

}  // namespace assay::reputation
