#include <filesystem>
#include <set>

#include "core/base/file.h"
#include "core/wire/attestation.h"
#include "core/wire/challenge.h"
#include "core/wire/dispute.h"
#include "core/wire/events.h"
#include "reputation/ledger/ledger.h"
#include "reputation/ledger/tables.h"
#include "verifier/main/commands.h"
#include "verifier/main/data_folder.h"

namespace assay::verifier {
namespace {

using reputation::View;

// The head kept beside the store must be one that this log had, signed by this log's key.
Result<std::uint64_t> check_kept_head(const std::optional<std::string>& kept,
                                      const Identity& identity, const View& view,
                                      const reputation::Head& head) {
  if (!kept) {
    if (head.size == 0) return std::uint64_t{0};
    return fail(Code::stale, "the newest signed head is missing: restore the file 'head'");
  }
  wire::Trust own = identity.trust;
  own.quorum = "none";  // it is kept as the log signed it, before any witness did
  const Result<wire::CheckedCheckpoint> checked = wire::check_checkpoint(own, *kept);
  if (!checked.ok()) return checked.error().in("the kept head");
  const wire::Checkpoint& signed_head = checked.value().checkpoint;
  if (signed_head.size > head.size) {
    return fail(Code::stale, "the store has " + std::to_string(head.size) +
                                 " leaves, but a head of " + std::to_string(signed_head.size) +
                                 " was signed: this is an old copy; restore the newest one");
  }
  const Result<Digest> root = root_of(signed_head.size, view.log(head.size).subtrees());
  if (!root.ok()) return root.error();
  if (root.value() != signed_head.root) {
    return fail(Code::stale, "the store is not the log whose head was signed");
  }
  return signed_head.size;
}

// The blobs that one leaf names.
Status add_blobs_of(const std::string& payload, std::set<Digest>& wanted) {
  const Result<wire::Statement> statement = wire::parse_statement(payload);
  if (!statement.ok()) return statement.error();
  switch (statement.value().kind) {
    case wire::Kind::order: {
      const Result<wire::Order> order = wire::parse_order(payload);
      if (!order.ok()) return order.error();
      for (const wire::Input& input : order.value().spec.inputs) wanted.insert(input.sha256);
      return {};
    }
    case wire::Kind::attestation: {
      const Result<wire::Attestation> said = wire::parse_attestation(payload);
      if (!said.ok()) return said.error();
      wanted.insert({said.value().trace_blob, said.value().result_blob});
      return {};
    }
    case wire::Kind::spotcheck: {
      const Result<wire::Spotcheck> said = wire::parse_spotcheck(payload);
      if (!said.ok()) return said.error();
      wanted.insert(said.value().opening_blob);
      return {};
    }
    case wire::Kind::uptime: {
      const Result<wire::Uptime> said = wire::parse_uptime(payload);
      if (!said.ok()) return said.error();
      wanted.insert(said.value().answers);
      return {};
    }
    case wire::Kind::slash: {
      const Result<wire::Slash> said = wire::parse_slash(payload);
      if (!said.ok()) return said.error();
      wanted.insert(said.value().evidence_blob);
      return {};
    }
    case wire::Kind::dispute_move: {
      const Result<wire::DisputeMove> said = wire::parse_dispute_move(payload);
      if (!said.ok()) return said.error();
      wanted.insert(said.value().move.blob);  // zeros where it has none
      return {};
    }
    default: return {};
  }
}

Result<std::set<Digest>> blobs_wanted(const View& view, std::uint64_t log_size) {
  std::set<Digest> wanted;
  const reputation::LogView log = view.log(log_size);
  for (std::uint64_t index = 0; index < log_size; ++index) {
    const Result<wire::LogLeaf> leaf = log.leaf(index);
    if (!leaf.ok()) return leaf.error();
    if (const Status added = add_blobs_of(leaf.value().payload, wanted); !added.ok()) {
      return added.error().in("leaf " + std::to_string(index));
    }
  }
  wanted.erase(Digest{});  // a slash for withheld openings has no evidence file
  return wanted;
}

Result<wire::Json> check_all(const DataFolder& folder) {
  const Result<Identity> identity = load_identity(folder);
  if (!identity.ok()) return identity.error();
  // Before the store: beside a running verifier the store may only be newer.
  const Result<std::optional<std::string>> kept = make_file_head_keeper(folder.head())->load();
  if (!kept.ok()) return kept.error();
  const auto store = open_store(folder, true);
  if (!store.ok()) return store.error();
  const auto txn = store.value()->read();
  if (!txn.ok()) return txn.error();
  const Result<std::vector<std::uint64_t>> counts = reputation::verify_all(*txn.value());
  if (!counts.ok()) return counts.error();
  if (const Status log = reputation::check_log(*txn.value()); !log.ok()) return log.error();
  const Result<std::uint64_t> events = reputation::check_scores(*txn.value());
  if (!events.ok()) return events.error();
  if (const Status last = reputation::check_snapshot(*txn.value()); !last.ok()) {
    return last.error();
  }
  const View view(*txn.value());
  const Result<reputation::Head> head = view.head();
  if (!head.ok()) return head.error();
  const Result<std::uint64_t> signed_size =
      check_kept_head(kept.value(), identity.value(), view, head.value());
  if (!signed_size.ok()) return signed_size.error();

  const Result<std::set<Digest>> wanted = blobs_wanted(view, head.value().size);
  if (!wanted.ok()) return wanted.error();
  const auto blobs = open_file_blobs(folder.blobs(), UINT64_MAX);
  if (!blobs.ok()) return blobs.error();
  // A replica, which has no keys, keeps the blobs that it was asked for.
  std::error_code ignored;
  const bool has_all = std::filesystem::exists(folder.keys(), ignored);
  std::uint64_t here = 0;
  for (const Digest& digest : wanted.value()) {
    const Result<Bytes> bytes = blobs.value()->get(digest);
    if (!bytes.ok() && !has_all && bytes.error().code == Code::not_found) continue;
    if (!bytes.ok()) return fail(Code::storage, bytes.error().what);
    ++here;
  }
  std::uint64_t records = 0;
  for (const std::uint64_t count : counts.value()) records += count;
  return wire::Json::object({{"leaves", head.value().size},
                             {"root", head.value().root.hex()},
                             {"records", records},
                             {"events", events.value()},
                             {"signed_head", signed_size.value()},
                             {"blobs", here},
                             {"result", "sound"}});
}

}  // namespace

int fsck_command(const std::string& data, Output& output) {
  const Result<wire::Json> checked = check_all(DataFolder(data));
  if (!checked.ok()) return output.error(checked.error());
  output.result(checked.value());
  return 0;
}

}  // namespace assay::verifier
