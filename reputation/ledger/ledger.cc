#include "reputation/ledger/ledger.h"

#include <algorithm>

#include "reputation/ledger/apply.h"

namespace assay::reputation {
namespace {

// A refusal concerns one submission; anything of the store concerns the whole batch.
bool is_refusal(const Error& error) {
  return error.code != Code::storage && error.code != Code::internal;
}

Status put_head(WriteTxn& txn, const Head& head) {
  return txn.put(tables::kHead, as_bytes("head"), encode(head));
}

Result<Appended> append_one(WriteTxn& txn, const Roles& roles, Head& head,
                            const Submission& submission, UnixMillis now) {
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
  const Entry entry{submission, head.size, time, leaf_hash(leaf)};
  Head next = head;
  if (Status applied = apply(txn, roles, next, entry); !applied.ok()) return applied.error();

  Bytes at;
  put_u64_be(at, entry.index);
  if (Status put = txn.put(tables::kDedup, dedup.view(), at); !put.ok()) return put.error();
  if (Status put = append_leaf(txn, entry.index, leaf); !put.ok()) return put.error();
  next.size = entry.index + 1;
  next.last_time = time;
  head = next;
  return Appended{entry.index, time, opened.pae_digest, false};
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

  std::vector<Result<Appended>> answers;
  for (const Submission& submission : batch) {
    Result<Appended> answer = append_one(txn, roles_, head.value(), submission, now);
    if (!answer.ok() && !is_refusal(answer.error())) return answer.error();
    answers.push_back(std::move(answer));
  }
  if (head.value().size == size_before) return answers;  // refused or known: nothing to write
  Result<Digest> root = root_of(head.value().size, LogView(txn, head.value().size).subtrees());
  if (!root.ok()) return fail(Code::storage, root.error().what);
  head.value().root = root.value();
  if (Status put = put_head(txn, head.value()); !put.ok()) return put.error();
  if (Status committed = txn.commit(); !committed.ok()) return committed.error();
  return answers;
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

Status refold(const ReadTxn& from, const Roles& roles, Store& into) {
  Result<Head> head = View(from).head();
  if (!head.ok()) return head.error();
  const LogView log(from, head.value().size);
  Ledger rebuilt(into, roles);
  for (std::uint64_t i = 0; i < head.value().size; ++i) {
    Result<wire::LogLeaf> leaf = log.leaf(i);
    if (!leaf.ok()) return leaf.error();
    const std::string where = "leaf " + std::to_string(i);
    if (Status valid = wire::verify_leaf(leaf.value()); !valid.ok()) {
      return valid.error().in(where);
    }
    Result<wire::Statement> statement = wire::parse_statement(leaf.value().payload);
    if (!statement.ok()) return fail(Code::mismatch, statement.error().in(where).what);
    const Submission submission{.kind = statement.value().kind,
                                .opened = {.payload = leaf.value().payload,
                                           .pae_digest = leaf.value().pae_digest,
                                           .signer = leaf.value().signer,
                                           .signature = leaf.value().signature}};
    Result<std::vector<Result<Appended>>> answers =
        rebuilt.append({&submission, 1}, leaf.value().time);
    if (!answers.ok()) return answers.error();
    const Result<Appended>& answer = answers.value().front();
    if (!answer.ok()) return fail(Code::mismatch, answer.error().in(where).what);
    if (answer.value().index != i || answer.value().time != leaf.value().time) {
      return fail(Code::mismatch, where + ": logged twice, or out of time order");
    }
  }
  return {};
}

}  // namespace assay::reputation
