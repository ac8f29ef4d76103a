// The watch as text, so that it goes on after a restart where it was.
#include "verifier/monitor/watch.h"

namespace assay::verifier::monitor {

using wire::Json;

namespace {

// Enough for a hundred thousand open audits.
constexpr wire::JsonLimits kLimits{.bytes_max = std::size_t{64} << 20,
                                   .values_max = std::size_t{1} << 21};

std::int64_t number(const Json& row, std::size_t at, Status& status) {
  if (row.is_array() && at < row.items().size()) {
    if (const std::optional<std::int64_t> value = row.items()[at].as_i64()) return *value;
  }
  status = fail(Code::malformed, "a number is missing");
  return 0;
}

std::uint64_t index(const Json& row, std::size_t at, Status& status) {
  const std::int64_t value = number(row, at, status);
  if (value < 0) status = fail(Code::malformed, "an index below 0");
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
}

Json row(std::initializer_list<std::int64_t> numbers) {
  Json out = Json::array();
  for (const std::int64_t each : numbers) out.push(each);
  return out;
}

// A provider's key, and the numbers that belong to it.
Result<std::pair<PublicKey, const Json*>> by_provider(const Json& each, const char* what) {
  if (!each.is_array() || each.items().size() != 2 || !each.items()[0].is_string()) {
    return fail(Code::malformed, std::string(what) + ": not a provider and its numbers");
  }
  Result<PublicKey> provider = PublicKey::parse_hex(each.items()[0].as_string());
  if (!provider.ok()) return provider.error();
  return std::pair{provider.value(), &each.items()[1]};
}

std::int64_t as_signed(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::string Watch::state_text() const {
  Json json = Json::object({{"last_time_ms", last_time_.ms}});
  Json policies = Json::array();
  for (const reputation::LoggedPolicy& it : policies_) {
    policies.push(Json::array({it.text, row({as_signed(it.index), as_signed(it.from_epoch)})}));
  }
  json.set("policies", std::move(policies));
  Json statements = Json::object();
  for (const auto& [kind, count] : totals_.statements) {
    statements.set(std::string(wire::kind_name(kind)), count);
  }
  json.set("statements", std::move(statements));
  json.set("totals", row({as_signed(totals_.passed_over), as_signed(totals_.audited),
                          as_signed(totals_.unchecked), as_signed(totals_.replayed)}));
  Json undrawn = Json::array();
  for (const Undrawn& it : undrawn_) {
    undrawn.push(
        row({as_signed(it.index), it.logged_ms, it.ready_ms, it.told, as_signed(it.about)}));
  }
  json.set("undrawn", std::move(undrawn));
  Json due = Json::array();
  for (const auto& [at, it] : due_) {
    due.push(Json::array({it.provider.hex(),
                          row({as_signed(at), it.opened_ms, it.asked, it.next_ask_ms, it.told})}));
  }
  json.set("due", std::move(due));
  Json guilty = Json::array();
  for (const auto& [at, it] : guilty_) guilty.push(row({as_signed(at), it.since_ms, it.told}));
  json.set("guilty", std::move(guilty));
  Json disputes = Json::array();
  for (const auto& [at, it] : disputes_) {
    disputes.push(Json::array({it.provider.hex(), row({as_signed(at), as_signed(it.attestation),
                                                       it.moved_ms, it.provider_turn, it.decided,
                                                       it.asked, it.next_ask_ms, it.told})}));
  }
  json.set("disputes", std::move(disputes));
  Json appeals = Json::array();
  for (const auto& [at, it] : appeals_) {
    appeals.push(row({as_signed(at), as_signed(it.attestation), it.until_ms, it.ruled, it.told}));
  }
  json.set("appeals", std::move(appeals));
  return json.dump();
}

Status Watch::restore(std::string_view text) {
  Result<Json> json = wire::parse_json(text, kLimits);
  if (!json.ok()) return json.error();
  wire::Fields in(json.value(), "watch");
  last_time_.ms = in.value("last_time_ms").as_i64().value_or(0);
  Status status;
  for (const Json& each : in.array("policies", kLimits.values_max)) {
    const bool whole = each.is_array() && each.items().size() == 2 && each.items()[0].is_string();
    if (!whole) return fail(Code::malformed, "watch: policies: not a text and its numbers");
    const Json& numbers = each.items()[1];
    const Status added = add_policy(index(numbers, 0, status), index(numbers, 1, status),
                                    each.items()[0].as_string());
    if (!added.ok()) return added;
  }
  enter(last_time_);
  const Json& statements = in.value("statements");
  for (int kind = 0; kind <= static_cast<int>(wire::Kind::settlement); ++kind) {
    const Json* count = statements.find(wire::kind_name(static_cast<wire::Kind>(kind)));
    if (count == nullptr) continue;
    totals_.statements[static_cast<wire::Kind>(kind)] = count->as_u64().value_or(0);
  }
  const Json& totals = in.value("totals");
  totals_.passed_over = index(totals, 0, status);
  totals_.audited = index(totals, 1, status);
  totals_.unchecked = index(totals, 2, status);
  totals_.replayed = index(totals, 3, status);
  for (const Json& each : in.array("undrawn", kLimits.values_max)) {
    undrawn_.push_back({index(each, 0, status), number(each, 1, status), number(each, 2, status),
                        number(each, 3, status) != 0, index(each, 4, status)});
  }
  for (const Json& each : in.array("due", kLimits.values_max)) {
    const Result<std::pair<PublicKey, const Json*>> named = by_provider(each, "due");
    if (!named.ok()) return named.error();
    const auto& [provider, row] = named.value();
    const Json& numbers = *row;
    const std::uint64_t at = index(numbers, 0, status);
    due_[at] = {provider, number(numbers, 1, status),
                static_cast<std::uint32_t>(number(numbers, 2, status)), number(numbers, 3, status),
                number(numbers, 4, status) != 0};
    due_of_[provider].insert(at);
  }
  for (const Json& each : in.array("guilty", kLimits.values_max)) {
    guilty_[index(each, 0, status)] = {number(each, 1, status), number(each, 2, status) != 0};
  }
  for (const Json& each : in.array("disputes", kLimits.values_max)) {
    const Result<std::pair<PublicKey, const Json*>> named = by_provider(each, "disputes");
    if (!named.ok()) return named.error();
    const Json& numbers = *named.value().second;
    disputes_[index(numbers, 0, status)] = {named.value().first,
                                            index(numbers, 1, status),
                                            number(numbers, 2, status),
                                            number(numbers, 3, status) != 0,
                                            number(numbers, 4, status) != 0,
                                            static_cast<std::uint32_t>(number(numbers, 5, status)),
                                            number(numbers, 6, status),
                                            number(numbers, 7, status) != 0};
  }
  if (in.has("appeals")) {  // of a state that was kept before there were any: none
    for (const Json& each : in.array("appeals", kLimits.values_max)) {
      appeals_[index(each, 0, status)] = {index(each, 1, status), number(each, 2, status),
                                          number(each, 3, status) != 0,
                                          number(each, 4, status) != 0};
    }
  }
  if (!status.ok()) return status;
  return in.close();
}

}  // namespace assay::verifier::monitor
