#include "api/cli/provider_history.h"

#include "api/cli/units.h"

namespace assay::cli {
namespace {

using wire::Json;

Result<Json> part_of(Session& session, const std::string& id, api::ProviderPart part) {
  Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return client.error();
  Result<Json> provider = find_provider(*client.value(), id);
  if (!provider.ok()) return provider.error();
  return client.value()->provider_part(text_of(provider.value(), "id"), part);
}

}  // namespace

int provider_history(Session& session, const std::string& id) {
  const Result<Json> said = part_of(session, id, api::ProviderPart::history);
  if (!said.ok()) return session.console.error(said.error());
  Table table{{"EPOCH", "FROM", "TRUST"}, {}};
  for (const Json& point : items_of(said.value(), "points")) {
    table.rows.push_back({text_of(point, "epoch"), text_of(point, "at"),
                          percent_text(number_of(point, "trust_ppm"))});
  }
  session.console.result(said.value(), items_of(said.value(), "points"), table);
  return 0;
}

int provider_audits(Session& session, const std::string& id) {
  const Result<Json> said = part_of(session, id, api::ProviderPart::audits);
  if (!said.ok()) return session.console.error(said.error());
  Table table{{"LEAF", "FROM", "EVENT", "CLASS"}, {}};
  for (const Json& it : items_of(said.value(), "audits")) {
    const std::string name = text_of(it, "class");
    table.rows.push_back({text_of(it, "leaf"), text_of(it, "at"), text_of(it, "event"),
                          name.empty() ? "every class" : name});
  }
  session.console.result(said.value(), items_of(said.value(), "audits"), table);
  return 0;
}

}  // namespace assay::cli
