#include "reputation/ledger/snapshots.h"

#include "core/merkle/tree.h"
#include "reputation/ledger/rules.h"

namespace assay::reputation {
namespace {

constexpr std::int64_t kMillisPerEpochSecond = 1000;

wire::ScoreState state_of(const ProviderScore& score, std::size_t at) {
  const ClassScore& row = score.classes[at];
  wire::ScoreState state;
  state.provider = score.provider;
  state.class_name = row.name;
  state.headline = score.headline == at;
  state.r = row.record.r;
  state.s = row.record.s;
  state.fr = row.record.fr;
  state.fs = row.record.fs;
  state.slash = row.record.slash;
  state.proven = row.record.proven;
  state.hours = row.record.hours;
  state.last_proven = row.record.last_proven;
  state.tombstoned = row.record.tombstoned;
  state.uptime = score.uptime;
  state.performance = row.performance;
  state.stake = score.stake;
  state.age_days = score.age_days;
  state.tier = static_cast<std::uint8_t>(row.tier);
  state.attested = row.attested;
  state.audited = row.audited;
  state.passed = row.passed;
  return state;
}

}  // namespace

std::uint64_t snapshot_epochs(const wire::Policy& policy) {
  return (kSnapshotSecondsMin + policy.epoch_seconds - 1) / policy.epoch_seconds;
}

Result<std::optional<std::uint64_t>> snapshot_due(const ReadTxn& txn, const Head& head,
                                                  UnixMillis time, const wire::Policy& policy) {
  const std::uint64_t epochs = snapshot_epochs(policy);
  const std::uint64_t last = epoch_of(head.last_time, policy) / epochs;
  const bool anything_new = head.size > head.snapshot_index + 1;  // leaf 0 is the policy
  if (!anything_new || epoch_of(time, policy) / epochs <= last) {
    return std::optional<std::uint64_t>{};
  }
  const Result<std::uint64_t> classes = txn.count(tables::kClasses);
  if (!classes.ok()) return classes.error();
  if (classes.value() == 0) return std::optional<std::uint64_t>{};
  return std::optional<std::uint64_t>((last + 1) * epochs - 1);
}

Result<SnapshotStates> snapshot_states(const ReadTxn& txn, std::uint64_t epoch,
                                       const wire::Policy& policy) {
  const View view(txn);
  const UnixMillis at{
      static_cast<std::int64_t>((epoch + 1) * policy.epoch_seconds) * kMillisPerEpochSecond - 1};
  SnapshotStates all;
  std::vector<Digest> leaves;
  Status problem;
  const Status scanned =
      view.each_provider(std::nullopt, [&](const Digest& id, const ProviderState& row) {
        const Result<ProviderScore> score = view.score(id, row, at, policy);
        if (!score.ok()) {
          problem = score.error();
          return false;
        }
        for (std::size_t i = 0; i < score.value().classes.size(); ++i) {
          all.keys.push_back(class_key(id, score.value().classes[i].name));
          all.states.push_back(wire::score_state_bytes(state_of(score.value(), i)));
          leaves.push_back(leaf_hash(all.states.back()));
        }
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  if (!problem.ok()) return problem.error();
  all.root = merkle_root(leaves);
  return all;
}

Result<MadeSnapshot> make_snapshot(const ReadTxn& txn, const Roles& roles,
                                   PoliciesInForce& policies, const Head& head, UnixMillis time) {
  const auto latest = policies.at(txn, head.policy, head.last_time);
  if (!latest.ok()) return latest.error();
  const auto due = snapshot_due(txn, head, time, latest.value()->policy);
  if (!due.ok()) return due.error();
  if (!due.value()) return fail(Code::not_found, "no snapshot is due");
  const std::uint64_t epoch = *due.value();
  // Time grids are the same in every policy of a log, so that any of them finds the epoch.
  const UnixMillis in_epoch{
      static_cast<std::int64_t>(epoch * latest.value()->policy.epoch_seconds) *
      kMillisPerEpochSecond};
  const auto in_force = policies.at(txn, head.policy, in_epoch);
  if (!in_force.ok()) return in_force.error();
  Result<SnapshotStates> states = snapshot_states(txn, epoch, in_force.value()->policy);
  if (!states.ok()) return states.error();
  const Result<Digest> root = root_of(head.size, LogView(txn, head.size).subtrees());
  if (!root.ok()) return fail(Code::storage, root.error().what);
  return MadeSnapshot{{.origin = roles.origin,
                       .epoch = epoch,
                       .tree_size = head.size,
                       .root = root.value(),
                       .policy = in_force.value()->digest,
                       .states = states.value().states.size(),
                       .states_root = states.value().root},
                      std::move(states).value()};
}

namespace rules {
namespace {

const char* first_difference(const wire::Snapshot& said, const wire::Snapshot& due) {
  if (said.origin != due.origin) return "it is of another log";
  if (said.epoch != due.epoch) return "it is of another epoch than the one that is due";
  if (said.tree_size != due.tree_size) return "it stands at another leaf than it says";
  if (said.root != due.root) return "the log has another root at that size";
  if (said.policy != due.policy) return "another policy was in force in that epoch";
  if (said.states != due.states) return "there are more or fewer states";
  if (said.states_root != due.states_root) return "the states have another root";
  return nullptr;
}

}  // namespace

Status snapshot(Scene& scene) {
  const Result<wire::Snapshot> said = wire::parse_snapshot(scene.payload());
  if (!said.ok()) return said.error();
  // Computed here, whoever says it: a snapshot is nobody's word.
  std::optional<MadeSnapshot> again;
  if (scene.entry.made == nullptr) {
    Result<MadeSnapshot> due =
        make_snapshot(scene.txn, scene.roles, scene.policies, scene.head, scene.entry.time);
    if (!due.ok() && due.error().code == Code::not_found) {
      return fail(Code::conflict, "no snapshot is due here");
    }
    if (!due.ok()) return due.error();
    again = std::move(due).value();
  }
  const MadeSnapshot& due = again ? *again : *scene.entry.made;
  if (const char* wrong = first_difference(said.value(), due.said); wrong != nullptr) {
    return fail(Code::conflict, std::string("that snapshot is false: ") + wrong);
  }
  const SnapshotStates& states = due.states;
  for (std::size_t i = 0; i < states.states.size(); ++i) {
    const Status put = scene.txn.put(tables::kStates, states.keys[i], states.states[i]);
    if (!put.ok()) return put;
  }
  ++scene.head.snapshots;
  scene.head.snapshot_index = scene.entry.index;
  return {};
}

}  // namespace rules
}  // namespace assay::reputation
