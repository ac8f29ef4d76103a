#include "core/compute/dispute/player.h"

#include <algorithm>
#include <cstring>

namespace assay::compute {
namespace {

// The tensors of the dispute's tree as this side has them.
Result<State> own_tree(const Dispute& dispute, TapeRun& run) {
  switch (dispute.tree().what) {
    case Choice::What::operation: {
      const Result<const Tensor*> tensor = run.tensor(dispute.tree().number);
      if (!tensor.ok()) return tensor.error();
      return State{*tensor.value()};
    }
    case Choice::What::output: return run.output();
    default: return run.state();
  }
}

// The hashes of the node's children, of these tensors.
std::vector<Digest> children_hashes(const Dispute& dispute, const State& tree) {
  std::vector<Digest> hashes(dispute.leaves());
  for (std::uint64_t i = 0; i < hashes.size(); ++i) {
    hashes[i] = leaf_hash(leaf_data(tree, dispute.first_leaf() + i));
  }
  std::vector<Digest> out;
  std::span<const Digest> rest = hashes;
  for (const std::uint64_t part : children_of(dispute.leaves())) {
    out.push_back(merkle_root(rest.first(part)));
    rest = rest.subspan(part);
  }
  return out;
}

Error provider_is_right() {
  return fail(Code::no_evidence,
              "dispute: the provider's answers are those of a run here: there is nothing to show");
}

Result<ChallengerMove> choose_tree(const Dispute& dispute, TapeRun& run) {
  const Result<std::vector<Digest>> own = run.digests();
  if (!own.ok()) return own.error();
  const auto [mine, theirs] = std::ranges::mismatch(own.value(), dispute.digests());
  if (mine != own.value().end()) {
    return ChallengerMove(
        Choice{Choice::What::operation, static_cast<std::uint32_t>(mine - own.value().begin())});
  }
  const wire::StepDigests& claimed = dispute.trace()[dispute.step()];
  const Result<State> state = run.state();
  if (!state.ok()) return state.error();
  if (state_digest(state.value()) != claimed.state) {
    return ChallengerMove(Choice{Choice::What::state, 0});
  }
  const Result<State> output = run.output();
  if (!output.ok()) return output.error();
  if (!output.value().empty() && state_digest(output.value()) != claimed.output) {
    return ChallengerMove(Choice{Choice::What::output, 0});
  }
  return provider_is_right();
}

// The first leaf of the last answer that differs, and the first element in it.
Result<ChallengerMove> convict(const Dispute& dispute, const State& own, TapeRun& run) {
  for (std::size_t i = 0; i < dispute.data().size(); ++i) {
    const Bytes mine = leaf_data(own, dispute.first_leaf() + i);
    const auto [a, b] = std::ranges::mismatch(mine, dispute.data()[i]);
    if (a == mine.end()) continue;
    std::uint32_t element = 0;
    if (dispute.tree().what == Choice::What::operation) {
      const TensorShape& shape = dispute.tape().operations[dispute.tree().number].shape;
      element = static_cast<std::uint32_t>(static_cast<std::size_t>(a - mine.begin()) /
                                           dtype_bytes(shape.dtype));
    }
    const Result<Conviction> opened =
        open_operands(dispute, static_cast<std::uint8_t>(i), element, run);
    if (!opened.ok()) return opened.error();
    return ChallengerMove(conviction_file(opened.value()));
  }
  return provider_is_right();
}

}  // namespace

Result<Bytes> next_answer(const Dispute& dispute, TapeRun& run, const ClaimedStep& claimed) {
  if (dispute.turn() != Dispute::Turn::provider) {
    return fail(Code::conflict, "dispute: it is not the provider's turn");
  }
  Bytes out;
  if (!dispute.tree_chosen()) {
    const Result<std::vector<Digest>> digests = run.digests();
    if (!digests.ok()) return digests.error();
    for (const Digest& digest : digests.value()) append(out, digest.view());
    return out;
  }
  const Result<State> tree = dispute.tree().what == Choice::What::operation ? own_tree(dispute, run)
                             : dispute.tree().what == Choice::What::output  ? claimed.output()
                                                                            : claimed.state();
  if (!tree.ok()) return tree.error();
  if (!dispute.at_leaves()) {
    for (const Digest& hash : children_hashes(dispute, tree.value())) append(out, hash.view());
    return out;
  }
  for (std::uint64_t i = 0; i < dispute.leaves(); ++i) {
    append(out, leaf_data(tree.value(), dispute.first_leaf() + i));
  }
  return out;
}

Result<ChallengerMove> next_challenge(const Dispute& dispute, TapeRun& run) {
  if (dispute.turn() != Dispute::Turn::challenger) {
    return fail(Code::conflict, "dispute: it is not the challenger's turn");
  }
  if (!dispute.tree_chosen()) return choose_tree(dispute, run);
  const Result<State> own = own_tree(dispute, run);
  if (!own.ok()) return own.error();
  if (!dispute.data().empty()) return convict(dispute, own.value(), run);
  const std::vector<Digest> mine = children_hashes(dispute, own.value());
  const auto [a, b] = std::ranges::mismatch(mine, dispute.children());
  if (a == mine.end()) return provider_is_right();
  return ChallengerMove(Choice{Choice::What::child, static_cast<std::uint32_t>(a - mine.begin())});
}

}  // namespace assay::compute
