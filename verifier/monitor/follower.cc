#include "verifier/monitor/follower.h"

#include <algorithm>
#include <future>
#include <thread>

#include "core/base/file.h"
#include "verifier/monitor/leaf_reader.h"

namespace assay::verifier::monitor {

using reputation::View;

namespace {

class MemoryKnownHead final : public KnownHead {
 public:
  Result<std::optional<std::string>> load() override { return note_; }
  Status keep(const std::string& note) override {
    note_ = note;
    return {};
  }

 private:
  std::optional<std::string> note_;
};

class FileKnownHead final : public KnownHead {
 public:
  explicit FileKnownHead(std::string path) : path_(std::move(path)) {}
  Result<std::optional<std::string>> load() override {
    Result<Bytes> bytes = read_file(path_, wire::kNoteBytesMax);
    if (bytes.ok()) return std::optional<std::string>(std::string(as_text(bytes.value())));
    if (bytes.error().code == Code::not_found) return std::optional<std::string>{};
    return bytes.error();
  }
  Status keep(const std::string& note) override {
    return write_file_durably(path_, as_bytes(note));
  }

 private:
  std::string path_;
};

std::string leaves(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " leaf" : " leaves");
}

Finding about_head(FindingKind kind, std::string text) {
  return {kind, std::nullopt, {}, std::move(text)};
}

}  // namespace

std::unique_ptr<KnownHead> make_memory_known_head() {
  return std::make_unique<MemoryKnownHead>();
}
std::unique_ptr<KnownHead> make_file_known_head(std::string path) {
  return std::make_unique<FileKnownHead>(std::move(path));
}

Result<reputation::Roles> roles_of(const wire::Trust& trust) {
  if (trust.logs.size() != 1 || !trust.verifier || !trust.vrf) {
    return fail(Code::malformed,
                "the trust file must name one log, its #assay-verifier and its #assay-vrf: take "
                "the verifier's own policy.txt");
  }
  return reputation::Roles{trust.logs[0].key.name, *trust.verifier, *trust.vrf};
}

// How far the log was followed, and the newest head that was good.
struct Follower::Position {
  std::uint64_t size = 0;
  Digest root;  // of the stored leaves
  std::string note;
  wire::CheckedCheckpoint known;  // of size 0 before there is one
};

Follower::Follower(FollowerPorts ports, wire::Trust trust, reputation::Roles roles,
                   FollowerOptions options, reputation::ReplayHooks* hooks)
    : ports_(std::move(ports)),
      trust_(std::move(trust)),
      roles_(std::move(roles)),
      options_(std::move(options)),
      hooks_(hooks) {
  if (options_.threads == 0) options_.threads = std::max(1U, std::thread::hardware_concurrency());
  options_.batch_leaves = std::max<std::uint64_t>(1, options_.batch_leaves);
}

Result<Follower::Position> Follower::position() const {
  Position at;
  at.known.checkpoint.origin = roles_.origin;
  at.known.checkpoint.root = merkle_root({});
  Result<std::unique_ptr<reputation::ReadTxn>> txn = ports_.store.read();
  if (!txn.ok()) return txn.error();
  Result<reputation::Head> head = View(*txn.value()).head();
  if (!head.ok()) return head.error();
  at.size = head.value().size;
  at.root = at.size == 0 ? merkle_root({}) : head.value().root;
  Result<std::optional<std::string>> note = ports_.known.load();
  if (!note.ok()) return note.error().in("the known head");
  if (note.value()) {
    at.note = std::move(*note.value());
    Result<wire::CheckedCheckpoint> checked = wire::check_checkpoint(trust_, at.note);
    if (!checked.ok()) return checked.error().in("the known head");
    at.known = std::move(checked).value();
  }
  return at;
}

// A head that is no larger than the known one.
Result<std::optional<Finding>> Follower::judge_head(const Position& at,
                                                    const wire::Checkpoint& head) const {
  const wire::Checkpoint& known = at.known.checkpoint;
  if (head.size > known.size || head == known) return std::optional<Finding>{};
  if (head.size == known.size) {
    return std::optional<Finding>(about_head(
        FindingKind::split_view, "two different heads of " + leaves(head.size) + " were signed"));
  }
  if (head.size > 0 && head.size <= at.size) {
    Result<std::unique_ptr<reputation::ReadTxn>> txn = ports_.store.read();
    if (!txn.ok()) return txn.error();
    Result<Digest> root = root_of(head.size, View(*txn.value()).log(at.size).subtrees());
    if (!root.ok()) return root.error();
    if (root.value() != head.root) {
      return std::optional<Finding>(
          about_head(FindingKind::split_view, "the signed head of " + leaves(head.size) +
                                                  " is not the beginning of the " +
                                                  leaves(known.size) + " that were signed before"));
    }
  }
  return std::optional<Finding>(about_head(
      FindingKind::rolled_back, "the log shows " + leaves(head.size) + " where a head of " +
                                    std::to_string(known.size) + " was signed before"));
}

// Does a larger head continue the known one, and what is stored?
Result<std::optional<Finding>> Follower::judge_prefix(const Position& at,
                                                      AuthenticTiles& tiles) const {
  const std::pair<std::uint64_t, Digest> olds[] = {
      {at.known.checkpoint.size, at.known.checkpoint.root}, {at.size, at.root}};
  for (const auto& [size, root] : olds) {
    if (size == 0) continue;
    if (size > tiles.size()) {
      return fail(Code::storage, "the store has more leaves than the head it was followed to");
    }
    Result<Digest> before = root_of(size, tiles.subtrees());
    if (!before.ok()) {
      Result<Finding> finding = finding_of(before.error());
      if (!finding.ok()) return finding.error();
      return std::optional<Finding>(std::move(finding).value());
    }
    if (before.value() == root) continue;
    return std::optional<Finding>(
        about_head(FindingKind::split_view, "the log of " + leaves(tiles.size()) +
                                                " does not begin with the " + std::to_string(size) +
                                                " that were signed before"));
  }
  return std::optional<Finding>{};
}

Result<Update> Follower::update() {
  Result<std::string> note = ports_.checkpoint();
  if (!note.ok()) return note.error();
  Result<Position> position_now = position();
  if (!position_now.ok()) return position_now.error();
  const Position& at = position_now.value();
  Update update;
  update.head = at.known;
  update.note = at.note;
  update.known_size = at.known.checkpoint.size;
  update.old_size = update.size = at.size;

  Result<wire::CheckedCheckpoint> checked = wire::check_checkpoint(trust_, note.value());
  if (!checked.ok()) {
    update.findings.push_back(about_head(FindingKind::bad_head, checked.error().what));
    return update;
  }
  const wire::Checkpoint head = checked.value().checkpoint;
  Result<std::optional<Finding>> finding = judge_head(at, head);
  if (!finding.ok()) return finding.error();
  if (!finding.value() && head.size == at.size && head.root == at.root) {
    if (note.value() != at.note) {
      if (Status kept = ports_.known.keep(note.value()); !kept.ok()) return kept.error();
    }
    update.head = std::move(checked).value();
    update.note = std::move(note).value();
    return update;
  }
  std::optional<AuthenticTiles> tiles;
  if (!finding.value()) {
    Result<AuthenticTiles> opened = AuthenticTiles::open(head, ports_.tiles);
    if (opened.ok()) {
      tiles = std::move(opened).value();
      finding = judge_prefix(at, *tiles);
    } else {
      Result<Finding> wrong = finding_of(opened.error());
      if (!wrong.ok()) return wrong.error();
      finding = std::optional<Finding>(std::move(wrong).value());
    }
    if (!finding.ok()) return finding.error();
  }
  if (finding.value()) {
    if (finding.value()->kind == FindingKind::split_view) {
      update.evidence = TwoHeads{at.note, note.value()};
    }
    update.findings.push_back(std::move(*finding.value()));
    return update;
  }
  // Kept before its leaves are: the store is never ahead of what was signed.
  if (Status kept = ports_.known.keep(note.value()); !kept.ok()) return kept.error();
  update.head = std::move(checked).value();
  update.note = std::move(note).value();
  if (Status taken = take_leaves(*tiles, at.size, update); !taken.ok()) return taken.error();
  return update;
}

// Reads the next batch while this one is replayed.
Status Follower::take_leaves(AuthenticTiles& tiles, std::uint64_t from, Update& update) {
  const auto read = [&](std::uint64_t first) {
    const std::uint64_t end = std::min(tiles.size(), first + options_.batch_leaves);
    return read_leaves(tiles, ports_.tiles, first, end, options_.threads);
  };
  Result<ReadLeaves> batch = read(from);
  while (true) {
    if (!batch.ok()) return batch.error();
    ReadLeaves now = std::move(batch).value();
    const std::uint64_t next = from + now.leaves.size();
    std::future<Result<ReadLeaves>> ahead;
    if (!now.broken && next < tiles.size()) {
      ahead = std::async(std::launch::async, read, next);
    }
    Result<reputation::Replayed> done =
        reputation::replay(ports_.store, roles_, now.leaves, hooks_);
    if (ahead.valid()) batch = ahead.get();
    if (!done.ok()) return done.error();
    update.size = from + done.value().leaves;
    if (done.value().refused) {
      const reputation::LoggedLeaf& leaf = now.leaves[done.value().leaves];
      const bool draw = leaf.submission.kind == wire::Kind::draw;
      update.findings.push_back({draw ? FindingKind::wrong_draw : FindingKind::broken_rule,
                                 update.size, leaf.submission.opened.pae_digest,
                                 "leaf " + std::to_string(update.size) + ", " +
                                     std::string(wire::kind_name(leaf.submission.kind)) + ": " +
                                     done.value().refused->what});
      return {};
    }
    if (now.broken) {
      update.findings.push_back(std::move(*now.broken));
      return {};
    }
    if (options_.progress) options_.progress(next, tiles.size());
    if (next >= tiles.size()) return {};
    if (options_.stop != nullptr && *options_.stop) {
      return fail(Code::interrupted, "stopped at leaf " + std::to_string(next));
    }
    from = next;
  }
}

}  // namespace assay::verifier::monitor
