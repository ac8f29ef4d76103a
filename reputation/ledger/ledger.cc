#include "reputation/ledger/ledger.h"

#include <algorithm>

#include "reputation/ledger/apply.h"
#include "reputation/ledger/replay.h"
#include "reputation/ledger/snapshots.h"

namespace assay::reputation {
namespace {

constexpr std::size_t kRefoldBatch = 1024;

// A refusal concerns one submission; anything of the store concerns the whole batch.
bool is_refusal(const Error& error) {
  return error.code != Code::storage && error.code != Code::internal;
}

Status put_head(WriteTxn& txn, const Head& head) {
  return txn.put(tables::kHead, as_bytes("head"), encode(head));
}

// One batch on its way into the log.
struct Batch {
  WriteTxn& txn;
  const Roles& roles;
  PoliciesInForce& policies;
  Head& head;
  LogAppender log{txn};
};

Result<Appended> append_one(Batch& batch, const Submission& submission, UnixMillis now,
                            const MadeSnapshot* made = nullptr) {
  WriteTxn& txn = batch.txn;
  Head& head = batch.head;
  const wire::OpenedEnvelope& opened = submission.opened;
  const Digest dedup = wire::dedup_key(opened.signer, opened.pae_digest);
  Result<std::optional<std::uint64_t>> known = View(txn).logged_at(dedup);
  if (!known.ok()) return known.error();
  if (known.value()) {
    Result<wire::LogLeaf> leaf = LogView(txn, head.size).leaf(*known.value());
    if (!leaf.ok()) return fail(Code::storage, leaf.error().what);
    return Appended{*known.value(), leaf.value().time, opened.pae_digest, true};
  }

  const UnixMillis time = std::max(now, head.last_time);
  const Bytes leaf = wire::encode_leaf({.kind = wire::LeafKind::statement,
                                        .time = time,
                                        .signer = opened.signer,
                                        .pae_digest = opened.pae_digest,
                                        .signature = opened.signature,
                                        .payload = opened.payload});
  const Entry entry{submission, head.size, time, leaf_hash(leaf), made};
  const bool looks_at_tiles =
      submission.kind == wire::Kind::draw || submission.kind == wire::Kind::snapshot;
  if (looks_at_tiles) {
    if (Status flushed = batch.log.flush(); !flushed.ok()) return flushed.error();
  }
  Head next = head;
  if (Status applied = apply(txn, batch.roles, batch.policies, next, entry); !applied.ok())
    return applied.error();

  Bytes at;
  put_u64_be(at, entry.index);
  if (Status put = txn.put(tables::kDedup, dedup.view(), at); !put.ok()) return put.error();
  if (Status put = batch.log.append(entry.index, leaf, entry.leaf); !put.ok()) return put.error();
  next.size = entry.index + 1;
  next.last_time = time;
  head = next;
  return Appended{entry.index, time, opened.pae_digest, false};
}

// The snapshot that is due before anything else is said.
Status append_snapshot(Batch& batch, const SnapshotSigner& sign, UnixMillis now) {
  if (!sign || batch.head.size == 0) return {};
  const Result<MadeSnapshot> made = make_snapshot(batch.txn, batch.roles, batch.policies,
                                                  batch.head, std::max(now, batch.head.last_time));
  if (!made.ok()) return made.error().code == Code::not_found ? Status() : made.error();
  const Result<Appended> logged = append_one(batch, sign(made.value().said), now, &made.value());
  if (logged.ok() || !is_refusal(logged.error())) return logged.ok() ? Status() : logged.error();
  return fail(Code::internal, "our own snapshot: " + logged.error().what);
}

// A leaf that says what its signer signed.
Result<LoggedLeaf> checked_leaf(const LogView& log, std::uint64_t index) {
  Result<wire::LogLeaf> leaf = log.leaf(index);
  if (!leaf.ok()) return leaf.error();
  if (Status valid = wire::verify_leaf(leaf.value()); !valid.ok()) return valid.error();
  Result<LoggedLeaf> logged = logged_leaf(std::move(leaf).value());
  if (!logged.ok()) return fail(Code::mismatch, logged.error().what);
  return logged;
}

// The new root, the head, and all of it on the disk.
Status finish(Batch& batch, ReplayHooks* hooks = nullptr) {
  WriteTxn& txn = batch.txn;
  Head& head = batch.head;
  if (Status flushed = batch.log.flush(); !flushed.ok()) return flushed;
  Result<Digest> root = root_of(head.size, LogView(txn, head.size).subtrees());
  if (!root.ok()) return fail(Code::storage, root.error().what);
  head.root = root.value();
  if (Status put = put_head(txn, head); !put.ok()) return put;
  if (hooks != nullptr) {
    if (Status closed = hooks->closing(txn, head); !closed.ok()) return closed;
  }
  return txn.commit();
}

}  // namespace

Result<std::vector<Result<Appended>>> Ledger::append(std::span<const Submission> batch,
                                                     UnixMillis now) {
  Result<std::unique_ptr<WriteTxn>> begun = store_.write();
  if (!begun.ok()) return begun.error();
  WriteTxn& txn = *begun.value();
  Result<Head> head = View(txn).head();
  if (!head.ok()) return head.error();
  const std::uint64_t size_before = head.value().size;
  Batch all{txn, roles_, policies_, head.value()};

  if (Status closed = append_snapshot(all, sign_snapshot_, now); !closed.ok()) {
    return closed.error();
  }
  std::vector<Result<Appended>> answers;
  for (const Submission& submission : batch) {
    Result<Appended> answer = append_one(all, submission, now);
    if (!answer.ok() && !is_refusal(answer.error())) return answer.error();
    answers.push_back(std::move(answer));
  }
  if (head.value().size == size_before) return answers;  // refused or known: nothing to write
  if (Status finished = finish(all); !finished.ok()) return finished.error();
  return answers;
}

Result<LoggedLeaf> logged_leaf(wire::LogLeaf leaf) {
  Result<wire::Statement> statement = wire::parse_statement(leaf.payload);
  if (!statement.ok()) return statement.error();
  return LoggedLeaf{{.kind = statement.value().kind,
                     .opened = {.payload = std::move(leaf.payload),
                                .pae_digest = leaf.pae_digest,
                                .signer = leaf.signer,
                                .signature = leaf.signature}},
                    leaf.time};
}

Result<Replayed> replay(Store& store, const Roles& roles, std::span<const LoggedLeaf> leaves,
                        ReplayHooks* hooks) {
  Replayed done;
  if (leaves.empty()) return done;
  Result<std::unique_ptr<WriteTxn>> begun = store.write();
  if (!begun.ok()) return begun.error();
  WriteTxn& txn = *begun.value();
  Result<Head> begun_at = View(txn).head();
  if (!begun_at.ok()) return begun_at.error();
  Head& head = begun_at.value();
  PoliciesInForce policies;
  Batch all{txn, roles, policies, head};
  for (const LoggedLeaf& leaf : leaves) {
    const std::uint64_t index = head.size;
    if (leaf.time < head.last_time) {
      done.refused = fail(Code::malformed, "its log time is before the last leaf's");
      break;
    }
    Result<Appended> answer = append_one(all, leaf.submission, leaf.time);
    if (!answer.ok() && !is_refusal(answer.error())) return answer.error();
    if (!answer.ok()) {
      done.refused = answer.error();
      break;
    }
    if (answer.value().already_known) {
      done.refused = fail(Code::conflict, "the same statement is leaf " +
                                              std::to_string(answer.value().index) + " already");
      break;
    }
    ++done.leaves;
    if (hooks == nullptr) continue;
    if (Status flushed = all.log.flush(); !flushed.ok()) return flushed.error();
    if (Status told = hooks->applied(View(txn), head, index, leaf); !told.ok()) return told.error();
  }
  if (done.leaves == 0) return done;
  if (Status finished = finish(all, hooks); !finished.ok()) return finished.error();
  return done;
}

Status check_log(const ReadTxn& txn) {
  Result<Head> head = View(txn).head();
  if (!head.ok()) return head.error();
  const LogView log(txn, head.value().size);
  Tree tree;
  for (std::uint64_t i = 0; i < head.value().size; ++i) {
    Result<Bytes> leaf = log.leaf_bytes(i);
    if (!leaf.ok()) return leaf.error();
    tree.append(leaf_hash(leaf.value()));
    Result<Digest> kept = log.leaf_hash(i);
    if (!kept.ok()) return kept.error();
    if (kept.value() != leaf_hash(leaf.value())) {
      return fail(Code::proof, "leaf " + std::to_string(i) + " is not what its tile says");
    }
  }
  Result<Digest> root = root_of(head.value().size, log.subtrees());
  if (!root.ok()) return root.error();
  if (root.value() != tree.root()) {
    return fail(Code::proof, "the tiles give another root than the leaves");
  }
  if (head.value().root != tree.root()) {
    return fail(Code::proof, "the head has another root than the leaves");
  }
  return {};
}

Status check_snapshot(const ReadTxn& txn) {
  const Result<Head> head = View(txn).head();
  if (!head.ok()) return head.error();
  if (head.value().snapshots == 0) return {};
  const std::uint64_t index = head.value().snapshot_index;
  const Result<wire::LogLeaf> leaf = LogView(txn, head.value().size).leaf(index);
  if (!leaf.ok()) return leaf.error();
  const Result<wire::Snapshot> said = wire::parse_snapshot(leaf.value().payload);
  if (!said.ok()) return said.error();
  std::vector<Digest> states;
  const Status scanned = txn.scan(tables::kStates, {}, [&](ByteView, ByteView state) {
    states.push_back(leaf_hash(state));
    return true;
  });
  if (!scanned.ok()) return scanned;
  const wire::Snapshot& it = said.value();
  if (it.states == states.size() && it.states_root == merkle_root(states)) return {};
  return fail(Code::mismatch,
              "the states kept are not those of the snapshot of leaf " + std::to_string(index));
}

Status refold(const ReadTxn& from, const Roles& roles, Store& into) {
  Result<Head> head = View(from).head();
  if (!head.ok()) return head.error();
  const LogView log(from, head.value().size);
  std::vector<LoggedLeaf> batch;
  for (std::uint64_t i = 0; i < head.value().size; ++i) {
    Result<LoggedLeaf> leaf = checked_leaf(log, i);
    if (!leaf.ok()) return leaf.error().in("leaf " + std::to_string(i));
    batch.push_back(std::move(leaf).value());
    if (batch.size() < kRefoldBatch && i + 1 < head.value().size) continue;
    Result<Replayed> done = replay(into, roles, batch);
    if (!done.ok()) return done.error();
    if (done.value().refused) {
      const std::uint64_t refused = i + 1 - batch.size() + done.value().leaves;
      return fail(Code::mismatch,
                  "leaf " + std::to_string(refused) + ": " + done.value().refused->what);
    }
    batch.clear();
  }
  return {};
}

}  // namespace assay::reputation
