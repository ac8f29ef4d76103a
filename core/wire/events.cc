#include "core/wire/events.h"

#include "core/wire/policy.h"
#include "core/wire/predicate.h"

namespace assay::wire {

namespace {

Json rows_to_json(const std::vector<UptimeRow>& rows) {
  Json out = Json::array();
  for (const UptimeRow& row : rows) {
    out.push(Json::array({Json(row.provider.hex()), Json(row.answered), Json(row.asked)}));
  }
  return out;
}

// A row is [key, answered, asked]: as an object 500 of them would not fit a leaf.
std::optional<UptimeRow> read_row(const Json& json) {
  if (!json.is_array() || json.items().size() != 3 || !json.items()[0].is_string()) {
    return std::nullopt;
  }
  const Result<PublicKey> provider = PublicKey::parse_hex(json.items()[0].as_string());
  const std::optional<std::uint64_t> answered = json.items()[1].as_u64();
  const std::optional<std::uint64_t> asked = json.items()[2].as_u64();
  if (!provider.ok() || !answered || !asked || *asked > UINT32_MAX || *answered > *asked) {
    return std::nullopt;
  }
  return UptimeRow{provider.value(), static_cast<std::uint32_t>(*answered),
                   static_cast<std::uint32_t>(*asked)};
}

std::vector<UptimeRow> read_uptime_rows(Fields& in) {
  std::vector<UptimeRow> rows;
  for (const Json& json : in.array("rows", kUptimeRowsMax)) {
    const std::optional<UptimeRow> row = read_row(json);
    if (!row) {
      in.note("rows", item_name(rows.size()) + ": is not [key, answered, asked]");
      return {};
    }
    if (!rows.empty() && !(rows.back().provider < row->provider)) {
      in.note("rows", "keys must ascend");
      return {};
    }
    rows.push_back(*row);
  }
  return rows;
}

}  // namespace

Statement cancel_statement(const Cancel& cancel) {
  Json json;
  json.set("job", cancel.job.hex());
  return {Kind::cancel, "job", cancel.job, std::move(json)};
}

Result<Cancel> parse_cancel(std::string_view payload) {
  return parse_predicate<Cancel>(payload, Kind::cancel, [](Fields& in, const Statement& statement) {
    Cancel cancel;
    cancel.job = in.fixed<Digest>("job");
    expect_subject(in, statement, "job", cancel.job);
    return cancel;
  });
}

Statement reveal_statement(const Reveal& reveal) {
  Json json;
  json.set("job", reveal.job.hex()).set("secret", reveal.secret.hex());
  return {Kind::reveal, "job", reveal.job, std::move(json)};
}

Result<Reveal> parse_reveal(std::string_view payload) {
  return parse_predicate<Reveal>(payload, Kind::reveal, [](Fields& in, const Statement& statement) {
    Reveal reveal;
    reveal.job = in.fixed<Digest>("job");
    reveal.secret = in.fixed<Digest>("secret");
    expect_subject(in, statement, "job", reveal.job);
    return reveal;
  });
}

Statement timeout_statement(const Timeout& timeout) {
  Json json;
  json.set("job", timeout.job.hex())
      .set("provider", timeout.provider.hex())
      .set("acceptance_index", u64_text(timeout.acceptance_index))
      .set("verifier_at_fault", timeout.verifier_at_fault);
  return {Kind::timeout, "job", timeout.job, std::move(json)};
}

Result<Timeout> parse_timeout(std::string_view payload) {
  return parse_predicate<Timeout>(payload, Kind::timeout,
                                  [](Fields& in, const Statement& statement) {
                                    Timeout timeout;
                                    timeout.job = in.fixed<Digest>("job");
                                    timeout.provider = in.fixed<PublicKey>("provider");
                                    timeout.acceptance_index = in.u64("acceptance_index");
                                    timeout.verifier_at_fault = in.boolean("verifier_at_fault");
                                    expect_subject(in, statement, "job", timeout.job);
                                    return timeout;
                                  });
}

Statement uptime_statement(const Uptime& uptime) {
  Json json;
  json.set("window", u64_text(uptime.window))
      .set("window_seconds", uptime.window_seconds)
      .set("part", uptime.part)
      .set("verifier_alive", uptime.verifier_alive)
      .set("answers", uptime.answers.hex())
      .set("rows", rows_to_json(uptime.rows));
  return {Kind::uptime, "answers", uptime.answers, std::move(json)};
}

Result<Uptime> parse_uptime(std::string_view payload) {
  return parse_predicate<Uptime>(payload, Kind::uptime, [](Fields& in, const Statement& statement) {
    Uptime uptime;
    uptime.window = in.u64("window");
    uptime.window_seconds = in.u32("window_seconds", 1);
    uptime.part = in.u32("part");
    uptime.verifier_alive = in.boolean("verifier_alive");
    uptime.answers = in.fixed<Digest>("answers");
    uptime.rows = read_uptime_rows(in);
    expect_subject(in, statement, "answers", uptime.answers);
    return uptime;
  });
}

Statement policy_change_statement(const PolicyChange& change) {
  Json json;
  json.set("document", change.document).set("activation_epoch", u64_text(change.activation_epoch));
  return {Kind::policy, "policy", policy_digest(change.document), std::move(json)};
}

Result<PolicyChange> parse_policy_change(std::string_view payload) {
  return parse_predicate<PolicyChange>(
      payload, Kind::policy, [](Fields& in, const Statement& statement) {
        PolicyChange change;
        change.document = opaque_text(in, "document", kPolicyBytesMax);
        change.activation_epoch = in.u64("activation_epoch");
        const Result<Policy> policy = parse_policy(change.document);
        if (!policy.ok()) in.note("document", policy.error().what);
        expect_subject(in, statement, "policy", policy_digest(change.document));
        return change;
      });
}

}  // namespace assay::wire
