#include "verifier/service/snapshot.h"

#include "verifier/service/documents.h"

namespace assay::verifier {

using reputation::ProviderScore;
using reputation::ProviderState;
using reputation::View;
using wire::Json;

Result<Digest> parse_id(const std::string& text, const char* what) {
  Result<Digest> id = Digest::parse_hex(text);
  if (!id.ok()) {
    return fail(Code::malformed, std::string(what) + " ids are 64 lower-case hex digits, not '" +
                                     text.substr(0, 80) + "'");
  }
  return id;
}

Result<Snapshot> snapshot(const Reading& context) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  Result<reputation::Head> head = View(*txn.value()).head();
  if (!head.ok()) return head.error();
  return Snapshot{std::move(txn).value(), head.value(), context.clock.unix_now()};
}

Result<FoundProvider> find_provider(const Reading& context, const Snapshot& at,
                                    const std::string& text) {
  Result<Digest> id = parse_id(text, "provider");
  if (!id.ok()) return id.error();
  Result<std::optional<ProviderState>> state = at.view().provider(id.value());
  if (!state.ok()) return state.error();
  if (!state.value()) return fail(Code::not_found, "no provider " + text + " is registered here");
  Result<ProviderScore> score = at.view().score(id.value(), *state.value(), at.now, context.policy);
  if (!score.ok()) return score.error();
  return FoundProvider{id.value(), std::move(*state.value()), std::move(score).value()};
}

Json slash_json(std::uint64_t index, const reputation::SlashState& row, UnixMillis now) {
  const char* status = row.reversal_index != 0 ? "REVERSED"
                       : now <= row.finality   ? "PENDING"
                                               : "UPHELD";
  Json json = Json::object({{"id", std::to_string(index)},
                            {"provider", reputation::provider_id(row.provider).hex()},
                            {"class", row.class_name},
                            {"fault", std::string(wire::fault_name(row.fault))},
                            {"attestation_index", row.attestation_index},
                            {"severity_ppm", row.severity_ppm},
                            {"amount_micros", std::to_string(row.amount_micros())},
                            {"status", status},
                            {"logged", to_rfc3339(row.logged)},
                            {"finality", to_rfc3339(row.finality)}});
  if (row.reversal_index != 0) json.set("reversal_index", row.reversal_index);
  return json;
}

}  // namespace assay::verifier
