#include "core/compute/opening_parts.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "core/wire/challenge.h"

namespace assay::compute {
namespace {

using Leaves = std::set<std::uint64_t>;

void add_row(const Plan& plan, std::uint64_t row, Leaves& leaves) {
  for (const LeafRun& run : row_leaves(plan, row)) {
    for (std::uint64_t i = 0; i < run.count; ++i) leaves.insert(run.first + i);
  }
}

struct Needs {
  std::set<std::uint32_t> whole;
  Leaves followed;                         // of every state
  std::map<std::uint32_t, Leaves> single;  // of one
};

void add_pair(const Plan& plan, const Pair& pair, Needs& needs) {
  const std::uint32_t before = pair.step - 1;
  add_row(plan, pair.row, needs.single[pair.step]);
  if (plan.reach == Reach::same_row) add_row(plan, pair.row, needs.single[before]);
  if (plan.reach == Reach::whole_state) needs.whole.insert(before);
  if (plan.reach == Reach::neighbours) {
    for (const std::uint64_t row : neighbours_of(plan, pair.row)) {
      add_row(plan, row, needs.single[before]);
    }
  }
}

// Of a plan with neighbours, an audit's pairs together read a quarter of all states at most, or so
// many bytes if that is more: of small states every link is looked at.
constexpr std::uint64_t kReachedShare = 4;
constexpr std::uint64_t kReachedBytes = std::uint64_t{8} << 20;

// Bytes of the opening file besides data and paths: of the file, a whole state, a leaf.
constexpr std::uint64_t kFileBytes = 17 + 4;
constexpr std::uint64_t kWholeBytes = 4 + 1 + 4;
constexpr std::uint64_t kLeafBytes = 4 + 1 + 8 + 1 + 4;

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// The most chunks that `width` bytes at a multiple of `width` touch.
std::uint64_t chunks_touched(std::uint64_t width) {
  if (width % kChunkBytes == 0) return width / kChunkBytes;
  if (kChunkBytes % width == 0) return 1;
  return (width - 1) / kChunkBytes + 2;
}

std::uint64_t state_bytes_of(const Plan& plan) {
  std::uint64_t bytes = kWholeBytes;
  for (const TensorShape& shape : plan.state_shape) bytes += shape.bytes();
  return bytes;
}

// A leaf with its path.
std::uint64_t leaf_bytes_of(const Plan& plan) {
  const auto path = static_cast<std::uint64_t>(std::bit_width(leaf_count(plan.state_shape)));
  return kLeafBytes + path * Digest::kSize + kChunkBytes;
}

// Would so many leaves, almost all of them whole chunks, take more bytes than the state?
bool is_smaller_whole(const Plan& plan, std::uint64_t leaves) {
  return leaves * (leaf_bytes_of(plan) - Digest::kSize) > state_bytes_of(plan) + kChunkBytes;
}

// The most rows of the state before that one pair reads.
std::uint64_t rows_reached(const Plan& plan) {
  if (plan.reach != Reach::neighbours) return 1;
  std::uint64_t count = 1;
  for (const std::uint64_t size : plan.grid) {
    count = saturating_mul(count, std::min(saturating_add(saturating_mul(2, plan.halo), 1), size));
  }
  return count;
}

// The most leaves of all the chain's states that rows and pairs can ask for.
std::uint64_t leaves_bound(const Plan& plan, std::uint64_t rows, std::uint64_t pairs) {
  std::uint64_t total = 0;
  if (plan.rows == 0) return total;
  for (const TensorShape& shape : plan.state_shape) {
    if (shape.dims.empty() || shape.dims[0] != plan.rows) continue;
    const std::uint64_t of_row = chunks_touched(shape.bytes() / plan.rows);
    const std::uint64_t chunks = (shape.bytes() + kChunkBytes - 1) / kChunkBytes;
    const std::uint64_t followed =
        saturating_mul(plan.steps, std::min(saturating_mul(rows, of_row), chunks));
    const std::uint64_t of_pair = saturating_mul(saturating_add(rows_reached(plan), 1), of_row);
    const std::uint64_t single = saturating_mul(pairs, of_pair);
    const std::uint64_t all = saturating_mul(plan.steps, chunks);
    total = saturating_add(total, std::min(saturating_add(followed, single), all));
  }
  return total;
}

}  // namespace

std::vector<PartRef> opening_parts(const Plan& plan, std::span<const std::uint32_t> positions,
                                   std::span<const std::uint64_t> rows,
                                   std::span<const std::uint64_t> pairs) {
  std::vector<PartRef> parts;
  if (plan.shape == Shape::independent) return parts;
  Needs needs;
  for (const std::uint32_t step : positions) needs.whole.insert({step - 1, step});
  for (const std::uint64_t row : rows) add_row(plan, row, needs.followed);
  for (const std::uint64_t number : pairs) add_pair(plan, pair_at(plan, number), needs);
  for (std::uint32_t state = 1; state <= plan.steps; ++state) {
    if (plan.shape == Shape::appended || needs.whole.contains(state)) {
      parts.push_back({.state = state, .whole = true, .leaf = 0});
      continue;
    }
    Leaves leaves = needs.followed;
    leaves.merge(needs.single[state]);
    if (plan.reach == Reach::neighbours && is_smaller_whole(plan, leaves.size())) {
      parts.push_back({.state = state, .whole = true, .leaf = 0});
      continue;
    }
    for (const std::uint64_t leaf : leaves) {
      parts.push_back({.state = state, .whole = false, .leaf = leaf});
    }
  }
  return parts;
}

std::uint64_t opening_bytes_bound(const Plan& plan, std::uint64_t whole_steps, std::uint64_t rows,
                                  std::uint64_t pairs) {
  if (plan.shape == Shape::independent) return kFileBytes;
  const std::uint64_t state_bytes = state_bytes_of(plan);
  std::uint64_t states = saturating_mul(2, whole_steps);
  if (plan.reach == Reach::whole_state) states = saturating_add(states, pairs);
  if (plan.shape == Shape::appended) states = plan.steps;
  states = std::min<std::uint64_t>(states, plan.steps);
  const std::uint64_t leaf_bytes = leaf_bytes_of(plan);
  const std::uint64_t leaves = leaves_bound(plan, rows, pairs);
  return saturating_add(saturating_add(kFileBytes, saturating_mul(states, state_bytes)),
                        saturating_mul(leaves, leaf_bytes));
}

namespace {

// As many pairs as read kReachedShare of all rows, or kReachedBytes if that is more; one at least.
std::uint64_t affordable_pairs(const Plan& plan) {
  const std::uint64_t reached = rows_reached(plan);
  const std::uint64_t by_share = pair_count(plan) / (kReachedShare * reached);
  const std::uint64_t bytes = saturating_mul(reached, state_bytes_of(plan) / plan.rows);
  return std::max({by_share, kReachedBytes / std::max<std::uint64_t>(1, bytes), std::uint64_t{1}});
}

}  // namespace

std::uint64_t pairs_at(const Plan& plan, const wire::Depth& depth) {
  if (plan.reach == Reach::same_row) {
    return std::min<std::uint64_t>(depth.micro, pair_count(plan));
  }
  const std::uint64_t of_step = std::min<std::uint64_t>(std::max(depth.rows, 1U), plan.rows);
  std::uint64_t count = std::min<std::uint64_t>(plan.steps * of_step, wire::kPairsMax);
  if (plan.reach == Reach::neighbours) count = std::min(count, affordable_pairs(plan));
  return std::min(count, pair_count(plan));
}

Status check_openable(const Plan& plan, wire::Assurance assurance, const wire::Policy& policy,
                      std::uint64_t bytes_max) {
  if (assurance == wire::Assurance::full && plan.reference_cost > kFullOpsMax) {
    return fail(Code::malformed, "an audit at assurance 'full' would compute all of " +
                                     std::to_string(plan.reference_cost) +
                                     " operations again where at most " +
                                     std::to_string(kFullOpsMax) +
                                     " are allowed: order a smaller job or a lower assurance");
  }
  std::uint64_t whole = plan.steps;
  std::uint64_t rows = 0;
  std::uint64_t pairs = 0;
  if (assurance != wire::Assurance::full) {
    const wire::Depth& depth = wire::depth_for(policy, assurance);
    whole = std::clamp<std::uint64_t>(depth.steps, 1, plan.steps);  // 1: of chains without rows
    pairs = pairs_at(plan, depth);
    if (plan.reach == Reach::same_row) {
      rows = std::min<std::uint64_t>(std::max(depth.rows, 1U), plan.rows);  // 1: of few pairs
    }
  }
  const std::uint64_t bytes = opening_bytes_bound(plan, whole, rows, pairs);
  const std::uint64_t in_time = saturating_mul(policy.opening_deadline_ms, kOpeningBytesPerMilli);
  const bool too_late = in_time < bytes_max;
  bytes_max = std::min(bytes_max, in_time);
  if (bytes <= bytes_max) return {};
  return fail(Code::malformed,
              "an audit at assurance '" + std::string(wire::assurance_name(assurance)) +
                  "' could ask for an opening of " + std::to_string(bytes) + " bytes (" +
                  std::to_string(whole) + " whole steps, " + std::to_string(rows) + " rows over " +
                  std::to_string(plan.steps) + " steps, " + std::to_string(pairs) +
                  " row micro-checks) where at most " + std::to_string(bytes_max) +
                  " can be shipped" +
                  (too_late ? " in the " + std::to_string(policy.opening_deadline_ms) +
                                  " ms that the policy gives"
                            : "") +
                  ": order fewer steps or rows, narrower ones, or a lower "
                  "assurance");
}

}  // namespace assay::compute
