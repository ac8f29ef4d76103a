#include "verifier/audit_case.h"

#include <algorithm>
#include <array>

#include "core/merkle/tree.h"
#include "core/wire/tlog_proof.h"

namespace assay::verifier {

std::string_view check_status_name(CheckStatus status) {
  switch (status) {
    case CheckStatus::passed: return "passed";
    case CheckStatus::failed: return "failed";
    case CheckStatus::skipped: return "skipped";
    case CheckStatus::note: return "note";
  }
  return "";
}

}  // namespace assay::verifier

namespace assay::verifier::audit {

using wire::Kind;

void CheckList::pass(std::string_view layer, std::string name, std::string detail) {
  checks_.push_back(
      {std::string(layer), std::move(name), CheckStatus::passed, std::move(detail), {}});
}

void CheckList::fail(std::string_view layer, std::string name, Error error) {
  if (!failure_) failure_ = error.in(name).in(layer);
  checks_.push_back({std::string(layer), std::move(name), CheckStatus::failed,
                     std::move(error.what), error.code});
}

void CheckList::skip(std::string_view layer, std::string name, std::string why) {
  checks_.push_back(
      {std::string(layer), std::move(name), CheckStatus::skipped, std::move(why), {}});
}

void CheckList::note(std::string_view layer, std::string name, std::string what) {
  checks_.push_back({std::string(layer), std::move(name), CheckStatus::note, std::move(what), {}});
}

bool CheckList::check(std::string_view layer, std::string name, const Status& status,
                      std::string detail) {
  if (status.ok()) {
    pass(layer, std::move(name), std::move(detail));
  } else {
    fail(layer, std::move(name), status.error());
  }
  return status.ok();
}

bool CheckList::check(std::string_view layer, std::string name, bool holds, Code code,
                      std::string what) {
  return check(layer, std::move(name),
               holds ? Status() : Status(assay::fail(code, std::move(what))));
}

void skip_after(std::string_view failed, CheckList& list) {
  constexpr std::array kLayers{layer::kBinding, layer::kDraw,   layer::kOpening,
                               layer::kVerdict, layer::kReplay, layer::kFreshness};
  const auto at = std::find(kLayers.begin(), kLayers.end(), failed);
  for (auto next = at == kLayers.end() ? kLayers.begin() : at + 1; next != kLayers.end(); ++next) {
    list.skip(*next, "all", "it rests on what failed above");
  }
}

const ProvenEntry* Case::find(Kind kind) const {
  for (const ProvenEntry& entry : entries) {
    if (entry.kind == kind) return &entry;
  }
  return nullptr;
}

namespace {

std::optional<Kind> kind_of(std::string_view name) {
  // The kinds a case file is made of. Any other entry belongs to nothing that is checked here.
  constexpr std::array kKinds{Kind::policy,      Kind::order,   Kind::acceptance,
                              Kind::attestation, Kind::reveal,  Kind::draw,
                              Kind::spotcheck,   Kind::verdict, Kind::summary,
                              Kind::slash,       Kind::dispute, Kind::dispute_move,
                              Kind::dispute_end, Kind::stake,   Kind::paid_challenge};
  for (const Kind kind : kKinds) {
    if (wire::entry_name(kind) == name) return kind;
  }
  return {};
}

Status check_kind(const wire::LogLeaf& leaf, Kind kind) {
  Result<wire::Statement> statement = wire::parse_statement(leaf.payload);
  if (!statement.ok()) return statement.error();
  if (statement.value().kind == kind) return {};
  return fail(Code::unbound, "the leaf is in the log, but it is a statement of another kind: " +
                                 std::string(wire::kind_name(statement.value().kind)));
}

// One entry through its layers. Stops at the first that fails.
std::optional<ProvenEntry> prove_entry(const wire::LoggedEntry& logged, const wire::Trust& trust,
                                       std::optional<wire::CheckedCheckpoint>& head,
                                       CheckList& list) {
  const std::string& name = logged.name;
  const std::optional<Kind> kind = kind_of(name);
  if (!kind) {
    list.fail(layer::kBinding, name, fail(Code::unbound, "is no part of a case file"));
    return {};
  }
  Result<wire::TlogProof> proof = wire::parse_tlog_proof(logged.proof);
  if (!proof.ok()) {
    list.fail(layer::kFile, name + ": proof text", proof.error());
    return {};
  }
  Result<wire::CheckedCheckpoint> checked = wire::check_checkpoint(trust, proof.value().checkpoint);
  if (!checked.ok()) {
    list.fail(layer::kSignature, name + ": checkpoint", checked.error());
    return {};
  }
  const wire::Checkpoint& checkpoint = checked.value().checkpoint;
  list.pass(layer::kSignature, name + ": checkpoint",
            checkpoint.origin + " at size " + std::to_string(checkpoint.size));
  if (!proof.value().extra) {
    list.fail(layer::kProof, name + ": leaf", fail(Code::no_evidence, "the proof has no leaf"));
    return {};
  }
  const Bytes& leaf_bytes = *proof.value().extra;
  ProvenEntry entry{*kind, proof.value().index, leaf_hash(leaf_bytes), {}};
  const Status included = verify_inclusion(entry.leaf_hash, entry.index, checkpoint.size,
                                           proof.value().path, checkpoint.root);
  if (!list.check(layer::kProof, name + ": in the log", included,
                  "leaf " + std::to_string(entry.index))) {
    return {};
  }
  Result<wire::LogLeaf> leaf = wire::parse_leaf(leaf_bytes);
  if (!leaf.ok()) {
    list.fail(layer::kFile, name + ": leaf", leaf.error());
    return {};
  }
  entry.leaf = std::move(leaf).value();
  if (!list.check(layer::kSignature, name + ": statement", wire::verify_leaf(entry.leaf),
                  "by key " + key_id(entry.leaf.signer).substr(0, 16))) {
    return {};
  }
  if (Status right = check_kind(entry.leaf, *kind); !right.ok()) {
    list.fail(layer::kBinding, name + ": kind", right.error());
    return {};
  }
  // One head for the whole file: two would leave open whether they are of one log.
  if (!head) head = checked.value();
  if (head->checkpoint != checkpoint) {
    list.fail(layer::kBinding, name + ": head",
              fail(Code::unbound, "it is proven at another head than the entries before it"));
    return {};
  }
  return entry;
}

void tell_quorum(const wire::Trust& trust, const wire::CheckedCheckpoint& head, CheckList& list) {
  if (head.quorum_none) {
    list.note(layer::kSignature, "witnesses",
              "none: the policy file has \"quorum none\", so that the log alone vouches for "
              "showing everybody the same");
    return;
  }
  std::string names;
  for (const wire::Witnessed& witness : head.witnesses) names += " " + witness.name;
  list.pass(layer::kSignature, "witnesses", "quorum " + trust.quorum + " met by" + names);
}

bool check_trust(const wire::Trust& trust, CheckList& list) {
  std::string lacks;
  if (trust.logs.empty()) lacks += " log";
  if (!trust.verifier) lacks += " #assay-verifier";
  if (!trust.vrf) lacks += " #assay-vrf";
  if (trust.policies.empty()) lacks += " #assay-policy";
  return list.check(layer::kSignature, "trusted keys", lacks.empty(), Code::usage,
                    "the policy file lacks:" + lacks + "; get it from the verifier you trust");
}

}  // namespace

std::optional<Case> open_case(std::string_view text, wire::CaseFileKind kind,
                              const wire::Trust& trust, CheckList& list) {
  if (!check_trust(trust, list)) return {};
  Result<wire::CaseFile> parsed = wire::parse_case_file(text);
  if (!parsed.ok()) {
    list.fail(layer::kFile, "form", parsed.error());
    return {};
  }
  const bool receipt = kind == wire::CaseFileKind::receipt;
  if (!list.check(layer::kFile, "form", parsed.value().kind == kind, Code::malformed,
                  receipt ? "this is evidence, not a receipt" : "this is a receipt, no evidence")) {
    return {};
  }
  Case out{std::move(parsed).value(), {}, {}};
  std::optional<wire::CheckedCheckpoint> head;
  for (const wire::LoggedEntry& logged : out.file.entries) {
    std::optional<ProvenEntry> entry = prove_entry(logged, trust, head, list);
    if (!entry) continue;
    if (entry->kind != Kind::dispute_move && out.find(entry->kind) != nullptr) {
      list.fail(layer::kBinding, logged.name, fail(Code::unbound, "is in the file twice"));
      continue;
    }
    out.entries.push_back(std::move(*entry));
  }
  if (!list.ok()) return {};
  if (!list.check(layer::kProof, "entries", head.has_value(), Code::no_evidence,
                  "the file has no log entry at all")) {
    return {};
  }
  out.head = std::move(*head);
  tell_quorum(trust, out.head, list);
  return out;
}

bool check_verifier_signed(const ProvenEntry& entry, const wire::Trust& trust, CheckList& list) {
  return list.check(layer::kSignature,
                    std::string(wire::entry_name(entry.kind)) + ": by the trusted verifier",
                    entry.leaf.signer == *trust.verifier, Code::signature,
                    "it is signed by " + entry.leaf.signer.hex());
}

}  // namespace assay::verifier::audit
