#include "core/compute/generate/merges.h"

#include <algorithm>
#include <queue>
#include <string>
#include <tuple>

namespace assay::compute::generate {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX;

// Two neighbours that had a merge when this was noted. Tokens only grow, so they still have it if
// both are there as they were.
struct Candidate {
  std::uint32_t rank, at, left, right, result;
  bool operator>(const Candidate& other) const {
    return std::tie(rank, at) > std::tie(other.rank, other.at);
  }
};

using Queue = std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>>;

}  // namespace

Result<Merges> Merges::make(std::span<const Merge> ranked, std::uint32_t tokens) {
  ASSAY_CHECK(ranked.size() < kNone, "merges: ranks are 32 bits");
  std::vector<std::uint32_t> order(ranked.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto pair = [&](std::uint32_t i) { return std::tie(ranked[i].left, ranked[i].right); };
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) { return pair(a) < pair(b); });
  Merges out;
  out.first_.assign(std::size_t{tokens} + 1, 0);
  out.entries_.reserve(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Merge& merge = ranked[order[i]];
    ASSAY_CHECK(std::max({merge.left, merge.right, merge.result}) < tokens, "merges: a token");
    if (i > 0 && pair(order[i]) == pair(order[i - 1])) {
      return fail(Code::malformed, "merges " + std::to_string(order[i - 1]) + " and " +
                                       std::to_string(order[i]) + " are of the same pair");
    }
    ++out.first_[std::size_t{merge.left} + 1];
    out.entries_.push_back({merge.right, order[i], merge.result});
  }
  for (std::size_t i = 0; i < tokens; ++i) out.first_[i + 1] += out.first_[i];
  return out;
}

const Merges::Entry* Merges::find(std::uint32_t left, std::uint32_t right) const {
  const Entry* begin = entries_.data() + first_[left];
  const Entry* end = entries_.data() + first_[std::size_t{left} + 1];
  const Entry* found = std::lower_bound(
      begin, end, right, [](const Entry& entry, std::uint32_t r) { return entry.right < r; });
  return found != end && found->right == right ? found : nullptr;
}

void Merges::apply(std::vector<std::uint32_t>& tokens) const {
  ASSAY_CHECK(tokens.size() < kNone, "merges: places are 32 bits");
  const auto count = static_cast<std::uint32_t>(tokens.size());
  // A list through the places; what has gone into its left neighbour is kNone.
  std::vector<std::uint32_t> before(count), after(count);
  std::vector<Candidate> noted;
  const auto note = [&](std::uint32_t at, const auto& push) {
    const std::uint32_t next = after[at];
    if (next >= count) return;
    if (const Entry* entry = find(tokens[at], tokens[next])) {
      push(Candidate{entry->rank, at, tokens[at], tokens[next], entry->result});
    }
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    before[i] = i - 1;  // kNone for the first
    after[i] = i + 1;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    note(i, [&](const Candidate& candidate) { noted.push_back(candidate); });
  }
  Queue queue(std::greater<>{}, std::move(noted));
  const auto push = [&](const Candidate& candidate) { queue.push(candidate); };
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    const std::uint32_t next = after[top.at];
    if (tokens[top.at] != top.left || next >= count || tokens[next] != top.right) continue;
    tokens[top.at] = top.result;
    tokens[next] = kNone;
    after[top.at] = after[next];
    if (after[next] < count) before[after[next]] = top.at;
    note(top.at, push);
    if (before[top.at] != kNone) note(before[top.at], push);
  }
  std::erase(tokens, kNone);
}

}  // namespace assay::compute::generate
