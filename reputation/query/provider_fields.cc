#include "reputation/query/provider_fields.h"

#include <array>

namespace assay::reputation::query {
namespace {

constexpr std::int64_t kOne = 1'000'000;  // in millionths
constexpr std::int64_t kThousand = 1000 * kOne;
constexpr std::int64_t kBillion = 1'000'000 * kThousand;
constexpr std::array<std::string_view, 5> kTiers{"entry", "low", "medium", "high", "ultra-high"};

constexpr Field number(std::string_view name, std::string_view unit, std::int64_t max,
                       std::string_view doc) {
  return {name, Kind::number, unit, doc, max, {}};
}
constexpr Field text(std::string_view name, std::string_view doc) {
  return {name, Kind::text, "", doc, 0, {}};
}
constexpr Field flag(std::string_view name, std::string_view doc) {
  return {name, Kind::flag, "", doc, 0, {}};
}
constexpr Field level(std::string_view name, std::string_view doc) {
  return {name, Kind::level, "", doc, 0, kTiers};
}

constexpr std::array<Field, kProviderFields> kFields{{
    text("id", "SHA-256 of the provider's key"),
    text("name", "what the provider calls itself"),
    text("region", "where it says it is"),
    text("gpu_name", "device class, as measured where it was measured"),
    number("num_gpus", "devices", kThousand, "how many of them"),
    number("gpu_ram", "GB", 1000 * kThousand, "memory of one"),
    text("workload", "the class's workload and version: gemm@1"),
    number("price", "per hour", kBillion, "asked, in the policy's currency"),
    number("score", "share", kOne, "trust T in this class"),
    number("integrity", "share", kOne, "I: correct work, from below"),
    number("uptime", "share", kOne, "U: probes answered, from below"),
    number("performance", "share", kOne, "P: measured against claimed, from below"),
    number("uncertainty", "share", kOne, "u = 2 / (r + s + 2)"),
    level("tier", "trust tier"),
    level("hardware", "hardware tier of the measured class"),
    number("audits", "audits", kBillion, "of this class, passed or failed"),
    number("last_audit_hours", "hours", kBillion,
           "since an audit or a missed deadline last counted"),
    number("age_days", "days", 1000 * kThousand, "since the key was registered"),
    number("slashes", "slashes", kBillion, "standing"),
    number("bonded", "currency", kBillion, "stake, locked or not"),
    number("open_jobs", "jobs", kBillion, "accepted and not settled"),
    flag("verified", "20 audits or more in this class, and none shows it wrong"),
    flag("available", "answers its probes and may take a job now"),
    flag("newcomer", "no audit in this class yet"),
}};

}  // namespace

Fields provider_fields() {
  return kFields;
}

}  // namespace assay::reputation::query
