#include "reputation/ledger/explain.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kHoursOfDay = 24;

std::uint32_t trust_of(const Record& record, const Factors& factors) {
  const Q30 uncapped = trust(record, factors.uptime, factors.performance, factors.stake);
  return ppm_from_q30(cap_by_age(uncapped, factors.age_days));
}

// Writes the lines down as the fold goes on.
class Teller {
 public:
  Teller(const Factors& factors, std::size_t unlisted) : factors_(factors), unlisted_(unlisted) {}

  // Time up to the hour of `epoch`, by itself: as fold_epoch() lets it pass first.
  void pass_time(std::uint64_t epoch, std::uint64_t hour) {
    if (last_hour_ && hour > *last_hour_) {
      hours_ = static_cast<std::uint32_t>(hour - *last_hour_);
      ScoreLine line;
      line.epoch = epoch;
      line.hours = hours_;
      tell(line, decayed(said_.record, hours_));
    } else {
      hours_ = 0;
    }
    last_hour_ = hour;
  }

  // The events of one epoch, ascending by kind and leaf.
  void epoch_events(std::span<const CountedEvent> events) {
    EpochEvents so_far;
    PassMass mass;
    Record after = before_;
    for (const CountedEvent& it : events) {
      so_far.add(it.event);
      mass = mass_before(so_far);
      after = fold_epoch(before_, so_far.counts(mass), hours_);
      ScoreLine line;
      line.epoch = it.epoch;
      line.index = it.index;
      line.event = it.event;
      tell(line, after);
    }
    before_ = after;
    mass_.carry = mass.carry;
    mass_.total = mass.total;
    for (const auto& [renter, counted] : mass.of_renters) mass_.of_renters[renter] = counted;
  }

  Explanation said() { return std::move(said_); }

 private:
  // Of the renters of these events alone.
  PassMass mass_before(const EpochEvents& events) const {
    PassMass mass{.carry = mass_.carry, .total = mass_.total, .of_renters = {}};
    for (const auto& [renter, sixteenths] : events.sixteenths) {
      const auto known = mass_.of_renters.find(renter);
      if (known != mass_.of_renters.end()) mass.of_renters.insert(*known);
    }
    return mass;
  }

  void tell(ScoreLine line, const Record& record) {
    said_.record = record;
    line.trust_ppm = trust_of(record, factors_);
    line.points_ppm = std::int64_t{line.trust_ppm} - said_.trust_ppm;
    said_.trust_ppm = line.trust_ppm;
    if (unlisted_ == 0) {
      said_.lines.push_back(line);
      return;
    }
    said_.earlier_ppm += line.points_ppm;
    if (line.index) {
      ++said_.earlier;
      --unlisted_;
    }
  }

  const Factors& factors_;
  std::size_t unlisted_;  // events still to be passed over
  Explanation said_;
  Record before_;  // the fold of all epochs before
  PassMass mass_;
  std::uint32_t hours_ = 0;
  std::optional<std::uint64_t> last_hour_;
};

}  // namespace

Result<Explanation> explain(const View& view, const Digest& provider, std::string_view class_name,
                            const Factors& factors, std::uint64_t epoch, const wire::Policy& policy,
                            std::size_t lines_max) {
  Result<std::vector<CountedEvent>> history = view.history(provider, class_name);
  if (!history.ok()) return history.error();
  std::erase_if(history.value(), [](const CountedEvent& it) {
    return it.event.kind == EventKind::report;  // moves no score
  });
  const std::vector<CountedEvent>& events = history.value();
  Teller teller(factors, events.size() > lines_max ? events.size() - lines_max : 0);
  for (std::size_t first = 0; first < events.size();) {
    std::size_t end = first;
    while (end < events.size() && events[end].epoch == events[first].epoch) ++end;
    teller.pass_time(events[first].epoch, hour_of_epoch(events[first].epoch, policy));
    teller.epoch_events(std::span(events).subspan(first, end - first));
    first = end;
  }
  teller.pass_time(epoch, hour_of_epoch(epoch, policy));
  return teller.said();
}

WhatIf what_if(const Record& record, const Factors& factors, std::uint32_t severity_ppm,
               const UptimeHistory& history, std::uint64_t window) {
  WhatIf it;
  it.pass = trust_of(fold_epoch(record, {.passes = 1}, 0), factors);
  it.soft = trust_of(fold_epoch(record, {.soft = 1}, 0), factors);
  it.proven = trust_of(fold_epoch(record, {.proven = 1, .severity_ppm = severity_ppm}, 0), factors);
  it.day_idle = trust_of(decayed(record, kHoursOfDay), factors);
  UptimeHistory with_outage = history;
  enter(with_outage, window, 0, 1);
  Factors then = factors;
  then.uptime = uptime(with_outage, window + 1);
  it.outage = trust_of(record, then);
  return it;
}

}  // namespace assay::reputation
