#include "verifier/service/final_scores.h"

#include <algorithm>

#include "core/wire/dsse.h"
#include "reputation/ledger/tables.h"
#include "reputation/policy/score_state.h"
#include "verifier/service/documents.h"
#include "verifier/service/snapshot.h"

namespace assay::verifier {

struct FinalScores::States {
  std::uint64_t index = 0;  // the snapshot's leaf
  Digest statement;
  wire::Snapshot said;
  std::vector<Bytes> keys;  // ascending
  std::vector<Bytes> states;
  Tree tree;
};

Result<std::shared_ptr<const FinalScores::States>> FinalScores::states_of(
    const reputation::ReadTxn& txn, const reputation::Head& head) {
  if (head.snapshots == 0) {
    return fail(Code::not_found,
                "there is no snapshot yet: the first one follows the first period with a score");
  }
  const std::scoped_lock lock(mutex_);
  if (last_ != nullptr && last_->index == head.snapshot_index) return last_;
  const auto made = std::make_shared<States>();
  made->index = head.snapshot_index;
  const Result<wire::LogLeaf> leaf = reputation::LogView(txn, head.size).leaf(made->index);
  if (!leaf.ok()) return leaf.error();
  Result<wire::Snapshot> said = wire::parse_snapshot(leaf.value().payload);
  if (!said.ok()) return fail(Code::storage, said.error().what);
  made->said = std::move(said).value();
  made->statement = leaf.value().pae_digest;
  const Status scanned =
      txn.scan(reputation::tables::kStates, {}, [&](ByteView key, ByteView state) {
        made->keys.push_back(to_bytes(key));
        made->states.push_back(to_bytes(state));
        made->tree.append(leaf_hash(state));
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  if (made->tree.root() != made->said.states_root) {
    return fail(Code::storage, "the states kept are not those of the last snapshot: run fsck");
  }
  last_ = made;
  return last_;
}

namespace {

struct FoundState {
  std::size_t at = 0;
  wire::ScoreState state;
};

// Among the keys of one provider, which begin with its id.
Result<FoundState> find_state(const std::vector<Bytes>& keys, const std::vector<Bytes>& states,
                              const Digest& id, const std::string& class_name) {
  auto key = std::ranges::lower_bound(keys, to_bytes(id.view()));
  for (; key != keys.end() && std::equal(id.bytes.begin(), id.bytes.end(), key->begin()); ++key) {
    const auto at = static_cast<std::size_t>(key - keys.begin());
    Result<wire::ScoreState> state = wire::parse_score_state(states[at]);
    if (!state.ok()) return fail(Code::storage, state.error().what);
    const bool wanted =
        class_name.empty() ? state.value().headline : state.value().class_name == class_name;
    if (wanted) return FoundState{at, std::move(state).value()};
  }
  return fail(Code::not_found,
              "the last snapshot has no " +
                  (class_name.empty() ? std::string("audited class") : "class " + class_name) +
                  " of provider " + id.hex());
}

}  // namespace

Result<std::string> FinalScores::envelope(const Context& context, const std::string& id,
                                          const std::string& class_name) {
  const Result<Digest> provider = parse_id(id, "provider");
  if (!provider.ok()) return provider.error();
  const Result<Snapshot> now = snapshot(context);
  if (!now.ok()) return now.error();
  const auto found = states_of(*now.value().txn, now.value().head);
  if (!found.ok()) return found.error();
  const States& all = *found.value();
  const Result<FoundState> one = find_state(all.keys, all.states, provider.value(), class_name);
  if (!one.ok()) return one.error();
  const auto& [at, state] = one.value();
  wire::Score score;
  score.provider = state.provider;
  score.class_name = state.class_name;
  score.origin = all.said.origin;
  score.tree_size = all.said.tree_size;
  score.root = all.said.root;
  score.policy = all.said.policy;
  score.epoch = all.said.epoch;
  score.final = true;
  reputation::set_numbers(score, state);
  score.proof = wire::ScoreProof{.index = all.index,
                                 .statement = all.statement,
                                 .states = all.said.states,
                                 .states_root = all.said.states_root,
                                 .state_index = at,
                                 .state = all.states[at],
                                 .path = all.tree.inclusion(at)};
  return wire::seal(context.keys.verifier, wire::statement_text(wire::score_statement(score)));
}

}  // namespace assay::verifier
