#include "tests/core/wire/statements/example_scores.h"

#include "core/merkle/tree.h"
#include "core/wire/dsse.h"
#include "tests/core/wire/statements/examples.h"

namespace assay::test {

using namespace assay::wire;

namespace {

constexpr std::uint64_t kOne = std::uint64_t{1} << 30;

ScoreState clean(const char* class_name) {
  ScoreState it;
  it.provider = example_key("provider").public_key();
  it.class_name = class_name;
  it.uptime = it.performance = it.stake = kOne;
  return it;
}

// 40 passes and two soft failures; 30 hours later two passes and a proven fault.
ScoreState caught() {
  ScoreState it;
  it.provider = example_key("worker").public_key();
  it.class_name = "cuda/gemm@1";
  it.headline = true;
  it.r = 42'415'616'902;
  it.s = 33'197'593'962;
  it.fs = 25 * kOne;
  it.slash = kOne;
  it.proven = 1;
  it.hours = 30;
  it.last_proven = 30;
  it.uptime = 1'067'299'373;
  it.performance = 1'041'529'569;
  it.stake = 858'993'459;
  it.age_days = 40;
  it.tier = 1;
  it.attested = it.audited = 43;
  it.passed = 42;
  return it;
}

Tree tree_of(const std::vector<Bytes>& states) {
  Tree tree;
  for (const Bytes& state : states) tree.append(leaf_hash(state));
  return tree;
}

}  // namespace

std::vector<Bytes> example_states() {
  ScoreState first = clean("cpu/gemm@1");
  first.headline = true;
  first.r = first.fr = kOne;  // one pass
  first.attested = first.audited = first.passed = 1;
  return {score_state_bytes(first), score_state_bytes(clean("cpu/render@1")),
          score_state_bytes(caught())};
}

Score example_preview(const Digest& root, const Digest& policy) {
  Score score;
  score.provider = example_key("provider").public_key();
  score.class_name = "cpu/gemm@1";
  score.origin = "assay.example/log";
  score.tree_size = 9;
  score.root = root;
  score.policy = policy;
  score.epoch = 1'795'363'204;
  score.trust_ppm = score.integrity_ppm = 269'830;
  score.slash_ppm = score.uptime_ppm = score.performance_ppm = score.stake_ppm = 1'000'000;
  score.audits = 1;
  score.uncertainty_ppm = 666'666;
  return score;
}

Snapshot example_snapshot(const Digest& root, const Digest& policy) {
  const Tree tree = tree_of(example_states());
  return {"assay.example/log", 1'795'363'209, 9, root, policy, tree.size(), tree.root()};
}

Score example_final_score(Score score, const Snapshot& snapshot) {
  const Tree tree = tree_of(example_states());
  score.epoch = snapshot.epoch;
  score.final = true;
  score.proof =
      ScoreProof{.index = snapshot.tree_size,
                 .statement = statement_digest(statement_text(snapshot_statement(snapshot))),
                 .states = snapshot.states,
                 .states_root = snapshot.states_root,
                 .state_index = 0,
                 .state = example_states()[0],
                 .path = tree.inclusion(0)};
  return score;
}

}  // namespace assay::test
