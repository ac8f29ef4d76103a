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
  Result<ProviderScore> score =
      at.view().score(id.value(), *state.value(), at.now, context.policy());
  if (!score.ok()) return score.error();
  return FoundProvider{id.value(), std::move(*state.value()), std::move(score).value()};
}

}  // namespace assay::verifier
