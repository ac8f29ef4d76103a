#include "verifier/service/market_row.h"

#include <algorithm>

#include "reputation/policy/newcomers.h"
#include "reputation/policy/uptime.h"

namespace assay::verifier {

using reputation::ClassScore;
using reputation::ppm_from_q30;
using reputation::ProviderScore;
using reputation::ProviderState;
using reputation::View;
namespace query = reputation::query;

namespace {

constexpr std::uint64_t kVerifiedAudits = 20;
constexpr std::int64_t kUnit = 1'000'000;           // cells are in millionths
constexpr std::uint64_t kWholeMax = 1'000'000'000;  // of what a cell counts
constexpr std::uint64_t kBytesPerMillionthGb = 1000;
// Faults are kept under no class, and count in every one: this is the name of none.
constexpr const char* kNoClass = "-";

query::Cell whole(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min(count, kWholeMax)) * kUnit;
}
query::Cell millionths(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min(value, kWholeMax * kUnit));
}
query::Cell share(std::uint32_t ppm) {
  return static_cast<std::int64_t>(ppm);
}

Status read_registration(const View& view, std::uint64_t log_size, MarketEntry& entry) {
  Result<wire::LogLeaf> leaf = view.log(log_size).leaf(entry.state.registration_index);
  if (!leaf.ok()) return leaf.error();
  Result<wire::Registration> said = wire::parse_registration(leaf.value().payload);
  if (!said.ok()) return said.error();
  entry.price_micros = said.value().price_micros;
  const std::vector<wire::Device>& devices = said.value().devices;
  entry.devices = static_cast<std::uint32_t>(devices.size());
  if (devices.empty()) return {};
  entry.device_memory_bytes =
      std::ranges::min_element(devices, {}, &wire::Device::memory_bytes)->memory_bytes;
  return {};
}

}  // namespace

Result<MarketEntry> read_entry(const View& view, std::uint64_t log_size, const Digest& id,
                               const ProviderState& state, UnixMillis now,
                               const wire::Policy& policy, const MarketEntry* before) {
  MarketEntry entry;
  entry.id = id;
  entry.state = state;
  if (before != nullptr && before->state.registration_index == state.registration_index) {
    entry.price_micros = before->price_micros;
    entry.devices = before->devices;
    entry.device_memory_bytes = before->device_memory_bytes;
  } else if (Status read = read_registration(view, log_size, entry); !read.ok()) {
    return read.error();
  }
  Result<ProviderScore> score = view.score(id, state, now, policy);
  if (!score.ok()) return score.error();
  entry.score = std::move(score).value();
  const bool had_faults = state.slashes_standing > 0 ||
                          std::ranges::any_of(entry.score.classes, [](const ClassScore& row) {
                            return row.record.proven > 0;
                          });
  if (had_faults) {
    reputation::ClassState none;
    none.name = kNoClass;
    Result<reputation::Record> faults = view.record_at(id, none, entry.score.epoch, policy);
    if (!faults.ok()) return faults.error();
    entry.faults = faults.value();
  }
  Result<reputation::StakeState> stake = view.stake(id);
  if (!stake.ok()) return stake.error();
  entry.bonded_micros = stake.value().bonded();
  if (policy.stake_required_micros > 0) entry.exposure.bonded_stake = entry.bonded_micros;
  entry.performance_ppm = policy.performance_ppm;
  const Result<std::optional<reputation::Jail>> jail = view.jail(id, state, now, policy);
  if (!jail.ok()) return jail.error();
  entry.jailed = jail.value().has_value();
  entry.state.uptime.clear();
  return entry;
}

std::string_view device_class_of(std::string_view class_name) {
  return class_name.substr(0, class_name.rfind('/'));
}
std::string_view workload_of(std::string_view class_name) {
  const std::size_t slash = class_name.rfind('/');
  return slash == std::string_view::npos ? class_name : class_name.substr(slash + 1);
}

bool is_current_class(const MarketEntry& entry, std::size_t of_class) {
  return device_class_of(entry.score.classes[of_class].name) == entry.state.device_class;
}

ClassScore standing_in(const MarketEntry& entry, std::optional<std::size_t> of_class) {
  if (of_class) return entry.score.classes[*of_class];
  ClassScore none;
  none.record = entry.faults;
  none.performance = reputation::q30_from_ppm(entry.performance_ppm);
  return none;
}

bool is_newcomer(const ClassScore& standing) {
  return standing.audited == 0 && standing.record.proven == 0;
}

bool is_verified(const ClassScore& standing) {
  return standing.audited >= kVerifiedAudits && standing.passed == standing.audited &&
         standing.record.proven == 0;
}

std::optional<std::uint64_t> hours_since_audit(const ClassScore& standing, UnixMillis at,
                                               const wire::Policy& policy) {
  if (!standing.last_hour) return std::nullopt;
  const std::uint64_t now = reputation::hour_of_epoch(reputation::epoch_of(at, policy), policy);
  return now - std::min(now, *standing.last_hour);
}

query::Row cells_of(const MarketEntry& entry, std::optional<std::size_t> of_class, UnixMillis at,
                    const wire::Policy& policy) {
  const ClassScore standing = standing_in(entry, of_class);
  query::Row row(query::kProviderFields);
  row[query::kId] = entry.id.hex();
  row[query::kName] = entry.state.name;
  if (!entry.state.region.empty()) row[query::kRegion] = entry.state.region;
  row[query::kGpuName] =
      of_class ? std::string(device_class_of(standing.name)) : entry.state.device_class;
  if (of_class) row[query::kWorkload] = std::string(workload_of(standing.name));
  if (entry.devices > 0) row[query::kNumGpus] = whole(entry.devices);
  if (entry.device_memory_bytes > 0) {
    row[query::kGpuRam] = millionths(entry.device_memory_bytes / kBytesPerMillionthGb);
  }
  if (entry.price_micros > 0) row[query::kPrice] = millionths(entry.price_micros);
  row[query::kScore] = share(ppm_from_q30(standing.trust));
  row[query::kIntegrity] = share(ppm_from_q30(reputation::integrity(standing.record)));
  row[query::kUptime] = share(ppm_from_q30(entry.score.uptime));
  row[query::kPerformance] = share(ppm_from_q30(standing.performance));
  row[query::kUncertainty] = share(ppm_from_q30(reputation::uncertainty(standing.record)));
  row[query::kTier] = static_cast<std::int64_t>(standing.tier);
  if (standing.shown != nullptr) {
    row[query::kHardware] =
        static_cast<std::int64_t>(reputation::hardware_tier(standing.shown->dollars));
  }
  row[query::kAudits] = whole(standing.audited);
  if (const auto hours = hours_since_audit(standing, at, policy)) {
    row[query::kLastAuditHours] = whole(*hours);
  }
  row[query::kAgeDays] = whole(entry.score.age_days);
  row[query::kSlashes] = whole(entry.state.slashes_standing);
  row[query::kBonded] = millionths(entry.bonded_micros);
  row[query::kOpenJobs] = whole(entry.exposure.open_jobs);
  row[query::kVerified] = is_verified(standing);
  if (entry.available) row[query::kAvailable] = *entry.available;
  row[query::kNewcomer] = is_newcomer(standing);
  return row;
}

reputation::Candidate candidate_of(const MarketEntry& entry, std::optional<std::size_t> of_class) {
  const ClassScore standing = standing_in(entry, of_class);
  reputation::Candidate it;
  it.provider = entry.id;
  it.device_class = entry.state.device_class;
  it.region = entry.state.region;
  it.price = entry.price_micros;
  it.trust_ppm = ppm_from_q30(standing.trust);
  it.uptime_ppm = ppm_from_q30(entry.score.uptime);
  it.slash_ppm = ppm_from_q30(reputation::slash_factor(standing.record));
  it.stake_ppm = ppm_from_q30(entry.score.stake);
  it.tier = standing.tier;
  it.newcomer = reputation::shares_newcomer_floor(standing.audited, standing.record);
  it.tombstoned = entry.faults.tombstoned ||
                  std::ranges::any_of(entry.score.classes,
                                      [](const ClassScore& row) { return row.record.tombstoned; });
  it.jailed = entry.jailed;
  it.slots = 1;
  it.free_slots = entry.available.value_or(false) ? 1 : 0;
  it.exposure = entry.exposure;
  return it;
}

}  // namespace assay::verifier
