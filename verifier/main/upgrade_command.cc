#include <filesystem>

#include "core/base/file.h"
#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/replay.h"
#include "reputation/ledger/tables.h"
#include "reputation/ledger/view.h"
#include "verifier/main/commands.h"
#include "verifier/main/data_folder.h"

namespace assay::verifier {
namespace {

namespace fs = std::filesystem;
using reputation::LoggedLeaf;

constexpr std::uint64_t kBatch = 4096;

std::string kept_at(const DataFolder& folder) {
  return folder.path + "/store.before";
}
std::string made_at(const DataFolder& folder) {
  return folder.path + "/store.new";
}

Result<LoggedLeaf> leaf_at(const reputation::LogView& log, std::uint64_t index) {
  Result<wire::LogLeaf> leaf = log.leaf(index);
  if (!leaf.ok()) return leaf.error();
  if (Status valid = wire::verify_leaf(leaf.value()); !valid.ok()) return valid.error();
  return reputation::logged_leaf(std::move(leaf).value());
}

// All leaves of one store into another, by this program's rules and in its layout.
Status replay_all(const reputation::ReadTxn& from, std::uint64_t size,
                  const reputation::Roles& roles, reputation::Store& into, Output& output) {
  const reputation::LogView log(from, size);
  std::vector<LoggedLeaf> batch;
  for (std::uint64_t i = 0; i < size; ++i) {
    Result<LoggedLeaf> leaf = leaf_at(log, i);
    if (!leaf.ok()) return leaf.error().in("leaf " + std::to_string(i));
    batch.push_back(std::move(leaf).value());
    if (batch.size() < kBatch && i + 1 < size) continue;
    const Result<reputation::Replayed> done = reputation::replay(into, roles, batch);
    if (!done.ok()) return done.error();
    if (done.value().refused) {
      const std::uint64_t refused = i + 1 - batch.size() + done.value().leaves;
      return fail(Code::mismatch,
                  "leaf " + std::to_string(refused) +
                      ", which an earlier version took, is against the rules of "
                      "this one: " +
                      done.value().refused->what +
                      ". Nothing was changed: go on with the version that wrote it");
    }
    batch.clear();
    output.say("leaf " + std::to_string(i + 1) + " of " + std::to_string(size));
  }
  return {};
}

// The new store takes the place of the old one, which is kept.
Status change_places(const DataFolder& folder) {
  std::error_code error;
  fs::rename(folder.store(), kept_at(folder), error);
  if (!error) fs::rename(made_at(folder), folder.store(), error);
  if (error) {
    return fail(Code::storage, "renaming " + made_at(folder) + " to " + folder.store() + ": " +
                                   error.message() + "; the old store is " + kept_at(folder));
  }
  return {};
}

// The number of leaves, once the new store has them all.
Result<std::uint64_t> rebuild(const DataFolder& folder, const Identity& identity, Output& output) {
  const Result<std::unique_ptr<reputation::Store>> stored = open_store(folder, false);
  if (!stored.ok()) return stored.error();
  const auto from = stored.value()->read();
  if (!from.ok()) return from.error();
  const Result<std::uint64_t> size = from.value()->count(reputation::tables::kLeaves);
  if (!size.ok()) return size.error();
  std::error_code error;
  fs::remove_all(made_at(folder), error);  // of an upgrade that was interrupted
  reputation::LmdbOptions options;
  options.folder = made_at(folder);
  options.tables = reputation::tables::names();
  const Result<std::unique_ptr<reputation::Store>> made = reputation::open_lmdb_store(options);
  if (!made.ok()) return made.error();
  const Status replayed =
      replay_all(*from.value(), size.value(), identity.roles, *made.value(), output);
  if (!replayed.ok()) return replayed.error();
  return size;
}

}  // namespace

int upgrade_command(const std::string& data, Output& output) {
  const DataFolder folder(data);
  const Result<Identity> identity = load_identity(folder);
  if (!identity.ok()) return output.error(identity.error());
  if (fs::exists(kept_at(folder))) {
    return output.error(fail(Code::conflict, kept_at(folder) +
                                                 " is there, the store before an earlier upgrade: "
                                                 "move it away, then upgrade again"));
  }
  const Result<std::uint64_t> leaves = rebuild(folder, identity.value(), output);
  if (!leaves.ok()) {
    std::error_code ignored;
    fs::remove_all(made_at(folder), ignored);
    return output.error(leaves.error());
  }
  if (Status changed = change_places(folder); !changed.ok()) return output.error(changed.error());
  output.result(wire::Json::object({{"leaves", leaves.value()},
                                    {"store", folder.store()},
                                    {"before", kept_at(folder)},
                                    {"result", "every table was made again from the leaves"}}));
  return 0;
}

}  // namespace assay::verifier
