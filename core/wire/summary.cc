// The SLSA Verification Summary of verdict.h.
#include <algorithm>
#include <charconv>

#include "core/wire/predicate.h"
#include "core/wire/verdict.h"

namespace assay::wire {

namespace {

constexpr std::string_view kReplayed = "ASSAY_REPLAYED_";
constexpr std::string_view kFollowed = "ASSAY_FOLLOWED_ROWS_";
constexpr std::string_view kMicro = "ASSAY_MICRO_ROWS_";
constexpr std::string_view kFailed = "FAILED";

Json digest_json(const Digest& digest) {
  Json json;
  json.set("sha256", digest.hex());
  return json;
}

Json reference_json(std::string_view scheme, const Digest& digest) {
  Json json;
  json.set("uri", std::string(scheme) + digest.hex()).set("digest", digest_json(digest));
  return json;
}

Digest digest_after(std::string_view scheme, Fields& in, std::string_view key) {
  const std::string uri = in.text(key);
  const bool known = uri.starts_with(scheme);
  const Result<Digest> digest =
      Digest::parse_hex(known ? std::string_view(uri).substr(scheme.size()) : std::string_view());
  if (digest.ok()) return digest.value();
  in.note(key, "must be " + std::string(scheme) + "<64 lower-case hex digits>");
  return {};
}

Digest read_reference(const Json& json, std::string_view scheme, Fields& in, std::string_view key) {
  Fields reference(json, scheme);
  const Digest named = digest_after(scheme, reference, "uri");
  Fields digest(reference.value("digest"), "digest");
  const Digest value = digest.fixed<Digest>("sha256");
  if (Status status = digest.close(); !status.ok()) reference.note("digest", status.error().what);
  if (named != value) reference.note("uri", "names another digest");
  if (Status status = reference.close(); !status.ok()) in.note(key, status.error().what);
  return value;
}

// Days from 1970-01-01 to a date of the Gregorian calendar.
std::int64_t days_to(std::int64_t year, std::int64_t month, std::int64_t day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t from_march = month <= 2 ? month + 9 : month - 3;
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1 - 719'468;
}

// The one spelling that to_rfc3339() gives: the numbers are read, and written again to compare.
std::optional<UnixMillis> parse_time(std::string_view text) {
  if (text.size() != std::string_view("2026-11-22T16:02:05.123Z").size()) return std::nullopt;
  const auto number = [text](std::size_t at, std::size_t digits) {
    std::int64_t value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  const std::int64_t days = days_to(number(0, 4), number(5, 2), number(8, 2));
  const std::int64_t seconds = number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2);
  const UnixMillis time{(days * 86'400 + seconds) * 1000 + number(20, 3)};
  if (time.ms < 0 || to_rfc3339(time) != text) return std::nullopt;
  return time;
}

bool says_what_was_done(std::string_view level) {
  for (const std::string_view prefix : {kReplayed, kFollowed, kMicro}) {
    if (!level.starts_with(prefix)) continue;
    level.remove_prefix(prefix.size());
    return !level.empty() && level[0] >= '1' && level[0] <= '9';
  }
  return false;
}

std::vector<std::string> read_levels(Fields& in, bool passed) {
  std::vector<std::string> levels;
  for (const Json& json : in.array("verifiedLevels", 8)) {
    const bool good = json.is_string() && json.as_string().size() <= 64 &&
                      (passed ? says_what_was_done(json.as_string()) : json == Json(kFailed));
    if (!good) {
      in.note("verifiedLevels", passed ? "must say what was replayed" : "must be FAILED");
      return {};
    }
    levels.push_back(json.as_string());
  }
  if (levels.empty()) in.note("verifiedLevels", "is empty");
  if (!passed && levels.size() > 1) in.note("verifiedLevels", "must be FAILED, once");
  return levels;
}

bool read_result(Fields& in) {
  const std::string result = in.text("verificationResult");
  if (result != "PASSED" && result != kFailed) {
    in.note("verificationResult", "is neither PASSED nor FAILED");
  }
  return result == "PASSED";
}

Summary read_summary(Fields& in, const Statement& statement) {
  Summary summary;
  summary.result = statement.subject;
  Fields verifier(in.value("verifier"), "verifier");
  summary.verifier_id = some_text(verifier, "id", 256);
  if (Status status = verifier.close(); !status.ok()) in.note("verifier", status.error().what);
  const std::optional<UnixMillis> time = parse_time(in.text("timeVerified"));
  if (!time) in.note("timeVerified", "is not RFC 3339 in UTC with milliseconds");
  summary.time_verified = time.value_or(UnixMillis{});
  summary.job = digest_after("job:", in, "resourceUri");
  summary.policy = read_reference(in.value("policy"), "policy:", in, "policy");
  const Json::Array& inputs = in.array("inputAttestations", 1);
  if (inputs.size() == 1) {
    summary.attestation = read_reference(inputs[0], "attestation:", in, "inputAttestations");
  } else {
    in.note("inputAttestations", "must hold exactly one");
  }
  summary.passed = read_result(in);
  summary.levels = read_levels(in, summary.passed);
  if (in.text("slsaVersion") != "1.0") in.note("slsaVersion", "must be 1.0");
  expect_subject(in, statement, "result", summary.result);
  return summary;
}

}  // namespace

Statement summary_statement(const Summary& summary) {
  Json verifier;
  verifier.set("id", summary.verifier_id);
  Json levels = Json::array();
  for (const std::string& level : summary.levels) levels.push(level);
  Json json;
  json.set("verifier", std::move(verifier))
      .set("timeVerified", to_rfc3339(summary.time_verified))
      .set("resourceUri", "job:" + summary.job.hex())
      .set("policy", reference_json("policy:", summary.policy))
      .set("inputAttestations", Json::array({reference_json("attestation:", summary.attestation)}))
      .set("verificationResult", summary.passed ? "PASSED" : kFailed)
      .set("verifiedLevels", std::move(levels))
      .set("slsaVersion", "1.0");
  return {Kind::summary, "result", summary.result, std::move(json)};
}

Result<Summary> parse_summary(std::string_view payload) {
  return parse_predicate<Summary>(payload, Kind::summary, read_summary);
}

Summary summarise(const Verdict& verdict, std::uint32_t steps, std::uint64_t rows,
                  const Digest& result, const Digest& policy, std::string verifier_id,
                  UnixMillis now) {
  Summary summary;
  summary.verifier_id = std::move(verifier_id);
  summary.time_verified = now;
  summary.job = verdict.job;
  summary.result = result;
  summary.policy = policy;
  summary.attestation = verdict.attestation;
  const auto matched = [](const std::vector<Outcome>& outcomes) {
    return std::to_string(std::count(outcomes.begin(), outcomes.end(), Outcome::match));
  };
  if (verdict.outcome == Outcome::match) {
    if (!verdict.positions.empty()) {
      summary.levels.push_back(std::string(kReplayed) + matched(verdict.position_outcomes) +
                               "_OF_" + std::to_string(steps));
    }
    if (!verdict.rows.empty()) {
      summary.levels.push_back(std::string(kFollowed) + matched(verdict.row_outcomes) + "_OF_" +
                               std::to_string(rows));
    }
    if (verdict.pairs.count > 0) {
      summary.levels.push_back(std::string(kMicro) + matched(verdict.pair_outcomes) + "_OF_" +
                               std::to_string(steps * rows));
    }
  }
  summary.passed = !summary.levels.empty();
  if (!summary.passed) summary.levels.emplace_back(kFailed);
  return summary;
}

}  // namespace assay::wire
