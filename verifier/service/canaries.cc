#include "verifier/service/canaries.h"

#include <algorithm>

#include "core/compute/tensor.h"
#include "core/merkle/tree.h"

namespace assay::verifier {
namespace {

// A subtree by the leaves that it covers.
struct Span {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  bool operator==(const Span&) const = default;
};

// The siblings on the way from `leaf` up to the root over `of` (RFC 6962).
void siblings(std::uint64_t leaf, Span of, std::vector<Span>& out) {
  if (of.count < 2) return;
  std::uint64_t left = 1;
  while (left * 2 < of.count) left *= 2;
  const Span low{of.first, left};
  const Span high{of.first + left, of.count - left};
  const bool is_low = leaf < high.first;
  siblings(leaf, is_low ? low : high, out);
  out.push_back(is_low ? high : low);
}

struct Node {
  Span of;
  Digest hash;
};

// The nodes above a leaf, itself first and the root last.
std::vector<Node> nodes_above(const wire::OpenedPart& part, std::uint64_t leaves) {
  std::vector<Span> beside;
  siblings(part.leaf, {0, leaves}, beside);
  std::vector<Node> nodes{{{part.leaf, 1}, leaf_hash(part.data)}};
  for (std::size_t i = 0; i < beside.size() && i < part.path.size(); ++i) {
    const Node& below = nodes.back();
    const bool sibling_is_left = beside[i].first < below.of.first;
    nodes.push_back({{std::min(beside[i].first, below.of.first), beside[i].count + below.of.count},
                     sibling_is_left ? node_hash(part.path[i], below.hash)
                                     : node_hash(below.hash, part.path[i])});
  }
  return nodes;
}

// What other leaves of the same state are proven with follows.
void follow(std::vector<wire::OpenedPart>& parts, const wire::OpenedPart& bent,
            const std::vector<Node>& nodes, std::uint64_t leaves) {
  for (wire::OpenedPart& part : parts) {
    if (part.state != bent.state || part.whole || part.leaf == bent.leaf) continue;
    std::vector<Span> beside;
    siblings(part.leaf, {0, leaves}, beside);
    for (std::size_t i = 0; i < beside.size() && i < part.path.size(); ++i) {
      const auto found = std::ranges::find(nodes, beside[i], &Node::of);
      if (found != nodes.end()) part.path[i] = found->hash;
    }
  }
}

void change(Bytes& data, Random& random) {
  data[random.below(data.size())] ^= static_cast<std::uint8_t>(1U << random.below(7));
}

// One byte of one opened state, and its digest in the trace.
std::optional<ReplayTask> bend_state(const compute::Plan& plan, ReplayTask task, Random& random) {
  std::vector<wire::OpenedPart>& parts = task.opening.parts;
  if (parts.empty()) return {};
  wire::OpenedPart& part = parts[random.below(parts.size())];
  if (part.data.empty() || part.state >= task.trace.size()) return {};
  change(part.data, random);
  if (part.whole) {
    const Result<compute::State> state = compute::state_from_bytes(plan.state_shape, part.data);
    if (!state.ok()) return {};
    task.trace[part.state].state = compute::state_digest(state.value());
    return task;
  }
  const std::uint64_t leaves = compute::leaf_count(plan.state_shape);
  const std::vector<Node> nodes = nodes_above(part, leaves);
  if (nodes.back().of != Span{0, leaves}) return {};
  task.trace[part.state].state = nodes.back().hash;
  follow(parts, part, nodes, leaves);
  return task;
}

// The output of one step, of which a worker sees the digest alone.
std::optional<ReplayTask> bend_output(ReplayTask task, Random& random) {
  std::vector<std::uint32_t> steps = task.scope.positions;
  if (steps.empty())
    steps.push_back(1 + static_cast<std::uint32_t>(random.below(task.trace.size() - 1)));
  Digest& output = task.trace[steps[random.below(steps.size())]].output;
  random.fill(output.bytes);
  return task;
}

}  // namespace

std::optional<ReplayTask> bend(const compute::Plan& plan, ReplayTask task, Random& random) {
  if (task.trace.size() < 2) return {};
  if (plan.shape == compute::Shape::chained) return bend_state(plan, std::move(task), random);
  return bend_output(std::move(task), random);
}

}  // namespace assay::verifier
