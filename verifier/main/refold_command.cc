#include "reputation/ledger/memory_store.h"
#include "reputation/ledger/state_hash.h"
#include "reputation/ledger/tables.h"
#include "reputation/ledger/view.h"
#include "verifier/main/commands.h"
#include "verifier/main/data_folder.h"

namespace assay::verifier {

int refold_command(const std::string& data, Output& output) {
  const DataFolder folder(data);
  const Result<Identity> identity = load_identity(folder);
  if (!identity.ok()) return output.error(identity.error());
  const Result<std::unique_ptr<reputation::Store>> stored = open_store(folder, true);
  if (!stored.ok()) return output.error(stored.error());
  const auto from = stored.value()->read();
  if (!from.ok()) return output.error(from.error());
  const Result<reputation::Head> head = reputation::View(*from.value()).head();
  if (!head.ok()) return output.error(head.error());

  output.say("refolding " + std::to_string(head.value().size) + " leaves");
  const std::unique_ptr<reputation::Store> again =
      reputation::make_memory_store(reputation::tables::names());
  const SteadyMillis began = system_clock().steady_now();
  const Status folded = reputation::refold(*from.value(), identity.value().roles, *again);
  if (!folded.ok()) return output.error(folded.error());
  const std::int64_t took_ms = std::max<std::int64_t>(1, system_clock().steady_now() - began);
  const auto refolded = again->read();
  if (!refolded.ok()) return output.error(refolded.error());
  const Status same =
      reputation::compare_tables(*from.value(), *refolded.value(), reputation::tables::kAll);
  if (!same.ok()) return output.error(same.error());
  const Result<Digest> state = reputation::state_hash(*refolded.value(), reputation::tables::kAll);
  if (!state.ok()) return output.error(state.error());
  output.result(wire::Json::object(
      {{"leaves", head.value().size},
       {"root", head.value().root.hex()},
       {"state_hash", state.value().hex()},
       {"tables", std::uint64_t{reputation::tables::kAll.size()}},
       {"milliseconds", took_ms},
       {"leaves_per_second", head.value().size * 1000 / static_cast<std::uint64_t>(took_ms)},
       {"result", "every table equals its refold"}}));
  return 0;
}

}  // namespace assay::verifier
