#include "verifier/monitor/score_check.h"

#include <algorithm>

#include "core/merkle/tree.h"
#include "core/wire/dsse.h"
#include "core/wire/leaf.h"
#include "core/wire/tlog_proof.h"
#include "reputation/policy/score_state.h"
#include "verifier/audit_case.h"

namespace assay::verifier {
namespace {

using audit::CheckList;
namespace layer = audit::layer;
constexpr std::string_view kScore = "score";

Result<wire::OpenedEnvelope> open_statement(std::string_view line, const wire::Trust& trust) {
  const Result<wire::Envelope> envelope = wire::parse_envelope(line);
  if (!envelope.ok()) return envelope.error();
  if (!trust.verifier) {
    return fail(Code::usage, "the policy file has no #assay-verifier line: whose word is this?");
  }
  return wire::open_envelope(envelope.value(), *trust.verifier);
}

// The checks of one file, in order; each function says whether what rests on it can be checked.
class ScoreChecks {
 public:
  ScoreChecks(const wire::Trust& trust, CheckList& list, ScoreReport& report)
      : trust_(trust), list_(list), report_(report) {}

  void check(std::string_view text) {
    const std::size_t end = text.find('\n');
    const std::string_view proof =
        end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (!statement(text.substr(0, end)) || !rules() || !state()) return;
    list_.check(kScore, "numbers: " + numbers(), !wrong_, Code::mismatch,
                "the state has another " + wrong_.value_or(""));
    if (proof.empty()) {
      list_.skip(
          layer::kProof, "snapshot: in the log",
          "the file holds the statement alone; assay score final ID --out FILE adds the proof");
      return;
    }
    report_.in_log = snapshot(proof);
  }

 private:
  bool statement(std::string_view line) {
    Result<wire::OpenedEnvelope> opened = open_statement(line, trust_);
    if (!opened.ok() && opened.error().code == Code::malformed) {
      list_.fail(layer::kFile, "score: a signed statement", opened.error());
      return false;
    }
    list_.check(layer::kSignature, "score: by the verifier",
                opened.ok() ? Status() : Status(opened.error()));
    if (!opened.ok()) return false;
    Result<wire::Score> said = wire::parse_score(opened.value().payload);
    if (!list_.check(layer::kFile, "score: its schema",
                     said.ok() ? Status() : Status(said.error()))) {
      return false;
    }
    report_.score = std::move(said).value();
    return true;
  }

  bool rules() {
    const wire::Score& score = *report_.score;
    const bool known = std::ranges::any_of(
        trust_.logs, [&](const wire::TrustedLog& log) { return log.key.name == score.origin; });
    bool sound = list_.check(layer::kBinding, "score: of a trusted log", known, Code::unbound,
                             "the log " + score.origin + " is not in the policy file");
    sound =
        list_.check(layer::kBinding, "score: by a trusted policy",
                    trust_.policies.empty() || trust_.trusts_policy(score.policy), Code::unbound,
                    "policy " + score.policy.hex() + " is none that you trust") &&
        sound;
    return list_.check(layer::kBinding, "score: final", score.final, Code::no_evidence,
                       "it is a preview: the epoch " + std::to_string(score.epoch) +
                           " may still change; ask for a final one") &&
           sound;
  }

  bool state() {
    const wire::Score& score = *report_.score;
    const wire::ScoreProof& proof = *score.proof;
    Result<wire::ScoreState> parsed = wire::parse_score_state(proof.state);
    if (!list_.check(layer::kFile, "state: its bytes",
                     parsed.ok() ? Status() : Status(parsed.error()))) {
      return false;
    }
    const wire::ScoreState& state = report_.state.emplace(std::move(parsed).value());
    bool sound =
        list_.check(layer::kBinding, "state: of this provider and class",
                    state.provider == score.provider && state.class_name == score.class_name,
                    Code::unbound, "it is of another provider or class");
    sound = list_.check(layer::kBinding, "snapshot: at the size that the score is of",
                        proof.index == score.tree_size, Code::unbound,
                        "it is leaf " + std::to_string(proof.index) + ", the score is of " +
                            std::to_string(score.tree_size) + " leaves") &&
            sound;
    const Status included = verify_inclusion(leaf_hash(proof.state), proof.state_index,
                                             proof.states, proof.path, proof.states_root);
    sound = list_.check(layer::kProof,
                        "state: " + std::to_string(proof.state_index) + " of " +
                            std::to_string(proof.states) + " in the snapshot",
                        included) &&
            sound;
    if (const char* wrong = reputation::wrong_number(score, state); wrong != nullptr) {
      wrong_ = wrong;
    }
    return sound;
  }

  std::string numbers() const {
    return "trust " + std::to_string(report_.score->trust_ppm) + " ppm and its factors";
  }

  // Is the snapshot of the statement the leaf of the proof, and that leaf in the log?
  bool snapshot(std::string_view text) {
    const Result<wire::TlogProof> proof = wire::parse_tlog_proof(text);
    if (!list_.check(layer::kFile, "snapshot: its proof",
                     proof.ok() ? Status() : Status(proof.error()))) {
      return false;
    }
    const Result<wire::CheckedCheckpoint> head =
        wire::check_checkpoint(trust_, proof.value().checkpoint);
    if (!list_.check(layer::kSignature, "snapshot: the head of the log",
                     head.ok() ? Status() : Status(head.error()))) {
      return false;
    }
    if (head.value().quorum_none) {
      list_.note(layer::kSignature, "head: witnesses",
                 "none: the policy file has \"quorum none\", so that the log alone vouches for "
                 "itself");
    }
    const Bytes leaf = proof.value().extra.value_or(Bytes{});
    const wire::Checkpoint& at = head.value().checkpoint;
    const Status included = verify_inclusion(leaf_hash(leaf), proof.value().index, at.size,
                                             proof.value().path, at.root);
    if (!list_.check(layer::kProof,
                     "snapshot: leaf " + std::to_string(proof.value().index) + " of " +
                         std::to_string(at.size) + " in the log",
                     included)) {
      return false;
    }
    const Status same = same_snapshot(leaf, proof.value().index, at.origin);
    return list_.check(layer::kBinding, "snapshot: the one that the score names", same);
  }

  Status same_snapshot(const Bytes& bytes, std::uint64_t index, const std::string& origin) const {
    const wire::Score& score = *report_.score;
    const wire::ScoreProof& proof = *score.proof;
    const Result<wire::LogLeaf> leaf = wire::parse_leaf(bytes);
    if (!leaf.ok()) return leaf.error();
    if (const Status valid = wire::verify_leaf(leaf.value()); !valid.ok()) return valid;
    if (leaf.value().signer != *trust_.verifier) {
      return fail(Code::signature, "the leaf is not the verifier's");
    }
    const Result<wire::Snapshot> said = wire::parse_snapshot(leaf.value().payload);
    if (!said.ok()) return said.error();
    const wire::Snapshot named{.origin = score.origin,
                               .epoch = score.epoch,
                               .tree_size = score.tree_size,
                               .root = score.root,
                               .policy = score.policy,
                               .states = proof.states,
                               .states_root = proof.states_root};
    if (index == proof.index && leaf.value().pae_digest == proof.statement &&
        said.value() == named && origin == score.origin) {
      return {};
    }
    return fail(Code::unbound, "that leaf is another snapshot than the score names");
  }

  const wire::Trust& trust_;
  CheckList& list_;
  ScoreReport& report_;
  std::optional<std::string> wrong_;
};

}  // namespace

ScoreReport check_score(std::string_view text, const wire::Trust& trust) {
  ScoreReport report;
  CheckList list;
  ScoreChecks(trust, list, report).check(text);
  report.failure = list.failure();
  if (report.failure) report.code = report.failure->code;
  report.checks = list.take();
  return report;
}

}  // namespace assay::verifier
