#include "core/wire/policy.h"

#include <limits>

#include "core/wire/challenge.h"
#include "core/wire/predicate.h"
#include "core/wire/stake.h"

namespace assay::wire {

namespace {

static_assert(kDepthMax <= kPairsMax);

constexpr std::uint32_t kDayMs = 86'400'000;
constexpr std::uint64_t kYearMs = 365ull * kDayMs;
constexpr std::uint32_t kDaySeconds = 86'400;

// Every number of the document: its name, its place and its range, in the order of the text.
template <class SomePolicy, class Visitor>
void visit(SomePolicy& p, Visitor&& number) {
  number("epoch_seconds", p.epoch_seconds, 1, kDaySeconds);
  number("uptime_window_seconds", p.uptime_window_seconds, 1, kDaySeconds);
  number("first_jobs", p.first_jobs, 0, kMillion);
  number("audit_ppm", p.audit_ppm, 1, kMillion);
  number("audit_after_soft_failure_jobs", p.audit_after_soft_failure_jobs, 0, kMillion);
  number("standard", p.standard);
  number("strict", p.strict);
  number("forensic", p.forensic);
  number("micro_columns", p.micro_columns, 1, kDepthMax);
  number("reveal_window_ms", p.reveal_window_ms, 0, kDayMs);
  number("draw_deadline_ms", p.draw_deadline_ms, 1, kDayMs);
  number("opening_deadline_ms", p.opening_deadline_ms, 1, kDayMs);
  number("openings_asked_max", p.openings_asked_max, 1, 100);
  number("ask_again_after_ms", p.ask_again_after_ms, 0, 7 * kDayMs);
  number("confirm_runs", p.confirm_runs, 1, 100);
  number("confirm_devices_min", p.confirm_devices_min, 1, 100);
  number("accept_within_ms", p.accept_within_ms, 1, kDayMs);
  number("job_deadline_max_ms", p.job_deadline_max_ms, 1, kYearMs);
  number("open_jobs_max", p.open_jobs_max, 1, 100 * kMillion);
  number("poll_ms", p.poll_ms, 1, 3'600'000);
  number("probe_mean_ms", p.probe_mean_ms, 1, kDayMs);
  number("probe_grace_ms", p.probe_grace_ms, 1, kDayMs);
  number("severity_wrong_ppm", p.severity_wrong_ppm, 1, 2 * kMillion);
  number("severity_withheld_ppm", p.severity_withheld_ppm, 1, 2 * kMillion);
  number("severity_equivocation_ppm", p.severity_equivocation_ppm, 1, 2 * kMillion);
  number("finality_ms", p.finality_ms, 0, kYearMs);
  number("retention_ms", p.retention_ms, 0, 10 * kYearMs);
  number("stake_required_micros", p.stake_required_micros, 0, kAmountMaxMicros);
  number("unbonding_ms", p.unbonding_ms, 0, kYearMs);
  number("operators", p.operators);
  number("performance_ppm", p.performance_ppm, 0, kMillion);
  number("reference_value_micros", p.reference_value_micros, 1,
         std::uint64_t{std::numeric_limits<std::int64_t>::max()});
}

class Writer {
 public:
  explicit Writer(Json& json) : json_(json) {}

  void operator()(const char* name, std::uint32_t value, std::uint32_t, std::uint32_t) {
    json_.set(name, value);
  }
  void operator()(const char* name, std::uint64_t value, std::uint64_t, std::uint64_t) {
    json_.set(name, u64_text(value));
  }
  void operator()(const char* name, const Depth& depth) {
    Json json;
    json.set("units", depth.units)
        .set("steps", depth.steps)
        .set("rows", depth.rows)
        .set("micro", depth.micro);
    json_.set(name, std::move(json));
  }
  void operator()(const char* name, const std::vector<PublicKey>& keys) {
    Json json = Json::array();
    for (const PublicKey& key : keys) json.push(key.hex());
    json_.set(name, std::move(json));
  }

 private:
  Json& json_;
};

class Reading {
 public:
  explicit Reading(Fields& in) : in_(in) {}

  void operator()(const char* name, std::uint32_t& value, std::uint32_t min, std::uint32_t max) {
    value = in_.u32(name, min, max);
  }
  void operator()(const char* name, std::uint64_t& value, std::uint64_t min, std::uint64_t max) {
    value = in_.u64(name);
    if (value >= min && value <= max) return;
    in_.note(name, u64_text(value) + " is outside " + u64_text(min) + ".." + u64_text(max));
  }
  void operator()(const char* name, Depth& depth) {
    Fields in(in_.value(name), name);
    depth.units = in.u32("units", 0, kDepthMax);
    depth.steps = in.u32("steps", 0, kDepthMax);
    depth.rows = in.u32("rows", 0, kDepthMax);
    depth.micro = in.u32("micro", 0, kDepthMax);
    if (depth.steps + depth.rows + depth.micro == 0) {
      in.note("steps", "and rows and micro are all 0: no chain is checked");
    }
    if (Status status = in.close(); !status.ok()) in_.note(name, status.error().what);
  }
  void operator()(const char* name, std::vector<PublicKey>& keys) {
    for (const Json& json : in_.array(name, kOperatorsMax)) {
      const Result<PublicKey> key = PublicKey::parse_hex(json.is_string() ? json.as_string() : "");
      if (!key.ok() || (!keys.empty() && !(keys.back() < key.value()))) {
        in_.note(name, item_name(keys.size()) + ": must be a key in hex, greater than the last");
        return;
      }
      keys.push_back(key.value());
    }
  }

 private:
  Fields& in_;
};

}  // namespace

const Depth& depth_for(const Policy& policy, Assurance assurance) {
  ASSAY_CHECK(assurance != Assurance::full, "full has no depth: it is everything");
  if (assurance == Assurance::standard) return policy.standard;
  return assurance == Assurance::strict ? policy.strict : policy.forensic;
}

std::string policy_text(const Policy& policy) {
  Json json;
  json.set("assay", "policy/v1").set("name", policy.name).set("currency", policy.currency);
  visit(policy, Writer(json));
  return json.dump();
}

Result<Policy> parse_policy(std::string_view text) {
  JsonLimits limits;
  limits.bytes_max = kPolicyBytesMax;
  const Result<Json> json = parse_json(text, limits);
  if (!json.ok()) return json.error().in("policy");
  Fields in(json.value(), "policy");
  Policy policy;
  if (in.text("assay") != "policy/v1") in.note("assay", "must be policy/v1");
  policy.name = some_text(in, "name", 64);
  policy.currency = some_text(in, "currency", 16);
  visit(policy, Reading(in));
  if (policy.confirm_devices_min > policy.confirm_runs) {
    in.note("confirm_devices_min", "is more than confirm_runs");
  }
  if (Status status = in.close(); !status.ok()) return status.error();
  if (policy_text(policy) != text) {
    return fail(Code::malformed, "policy: not in its one spelling (member order, no spaces)");
  }
  return policy;
}

Digest policy_digest(std::string_view text) {
  return sha256(as_bytes(text));
}

Policy demo_policy() {
  Policy policy;
  policy.name = "demo";
  policy.audit_ppm = 500'000;
  policy.standard = {3, 1, 3, 8};
  policy.epoch_seconds = 1;
  policy.uptime_window_seconds = 1;
  policy.draw_deadline_ms = 10'000;
  policy.opening_deadline_ms = 3'000;
  policy.ask_again_after_ms = 1'000;
  policy.accept_within_ms = 4'000;
  policy.job_deadline_max_ms = 600'000;
  policy.poll_ms = 150;
  policy.probe_mean_ms = 300;
  policy.probe_grace_ms = 2'000;
  policy.finality_ms = 3'600'000;
  return policy;
}

}  // namespace assay::wire
