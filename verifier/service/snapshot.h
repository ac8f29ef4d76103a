// What documents are made from: one snapshot of the ledger and the moment it was taken. Private to
// the service's documents.
#pragma once

#include "core/wire/json.h"
#include "verifier/service/context.h"

namespace assay::verifier {

struct Snapshot {
  std::unique_ptr<reputation::ReadTxn> txn;
  reputation::Head head;
  UnixMillis now;

  reputation::View view() const { return reputation::View(*txn); }
};
Result<Snapshot> snapshot(const Reading& context);

struct FoundProvider {
  Digest id;
  reputation::ProviderState state;
  reputation::ProviderScore score;
};
//   malformed    not an id
//   not_found    nobody of that id is registered
Result<FoundProvider> find_provider(const Reading& context, const Snapshot& at,
                                    const std::string& text);

wire::Json claims_json(const reputation::ProviderState& state);
wire::Json slash_json(std::uint64_t index, const reputation::SlashState& row, UnixMillis now);

}  // namespace assay::verifier
