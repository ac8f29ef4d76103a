#include "core/compute/dispute/dispute.h"

#include <algorithm>
#include <bit>

#include "core/compute/dispute/judge.h"

namespace assay::compute {
namespace {

constexpr unsigned kLevels = 4;

void split(std::uint64_t count, unsigned levels, std::vector<std::uint64_t>& out) {
  if (count == 1 || levels == 0) {
    out.push_back(count);
    return;
  }
  const std::uint64_t left = std::bit_floor(count - 1);
  split(left, levels - 1, out);
  split(count - left, levels - 1, out);
}

Digest join(std::uint64_t count, unsigned levels, std::span<const Digest>& rest) {
  if (count == 1 || levels == 0) {
    const Digest hash = rest.front();
    rest = rest.subspan(1);
    return hash;
  }
  const std::uint64_t left = std::bit_floor(count - 1);
  const Digest first = join(left, levels - 1, rest);
  return node_hash(first, join(count - left, levels - 1, rest));
}

Status not_yours(const char* what) {
  return fail(Code::conflict, std::string("dispute: it is not the time for ") + what);
}

}  // namespace

std::vector<std::uint64_t> children_of(std::uint64_t count) {
  std::vector<std::uint64_t> out;
  split(count, kLevels, out);
  return out;
}

std::uint32_t answers_for(std::uint64_t leaves) {
  std::uint32_t answers = 2;  // the digests, and the data of the last
  while (true) {
    leaves = std::ranges::max(children_of(leaves));
    if (leaves == 1) return answers;
    ++answers;
  }
}

Digest join_children(std::uint64_t count, std::span<const Digest> children) {
  return join(count, kLevels, children);
}

Digest take_digest(Reader& in) {
  const Result<Digest> digest = Digest::from_view(in.take(Digest::kSize));
  return digest.ok() ? digest.value() : Digest{};
}

Dispute::Dispute(const Tape& tape, wire::Trace trace, std::uint32_t step)
    : tape_(tape), trace_(std::move(trace)), step_(step) {
  ASSAY_CHECK(step < trace_.size(), "a dispute about a step beyond the trace");
}

StateShape Dispute::shape() const {
  switch (tree_.what) {
    case Choice::What::operation: return {tape_.operations[tree_.number].shape};
    case Choice::What::output: return {tape_.shape(tape_.output.front())};
    default: return tape_.state_shape;
  }
}

Digest Dispute::root() const {
  switch (tree_.what) {
    case Choice::What::operation: return digests_[tree_.number];
    case Choice::What::output: return trace_[step_].output;
    default: return trace_[step_].state;
  }
}

bool Dispute::at_leaves() const {
  const std::vector<std::uint64_t> parts = children_of(count_);
  return std::ranges::all_of(parts, [](std::uint64_t part) { return part == 1; });
}

std::size_t Dispute::answer_bytes() const {
  if (!chosen_) return tape_.operations.size() * Digest::kSize;
  if (!at_leaves()) return children_of(count_).size() * Digest::kSize;
  std::size_t bytes = 0;
  const StateShape tree = shape();
  for (std::uint64_t leaf = first_; leaf < first_ + count_; ++leaf) bytes += leaf_size(tree, leaf);
  return bytes;
}

Status Dispute::answer(ByteView bytes) {
  if (turn_ != Turn::provider) return not_yours("an answer of the provider");
  if (bytes.size() != answer_bytes()) {
    return fail(Code::malformed, "dispute: an answer of " + std::to_string(bytes.size()) +
                                     " bytes where " + std::to_string(answer_bytes()) + " are due");
  }
  const Status taken = !chosen_      ? take_digests(bytes)
                       : at_leaves() ? take_data(bytes)
                                     : take_children(bytes);
  if (!taken.ok()) return taken;
  ++answers_;
  turn_ = Turn::challenger;
  return {};
}

Status Dispute::take_digests(ByteView bytes) {
  Reader in(bytes);
  for (std::size_t i = 0; i < tape_.operations.size(); ++i) {
    digests_.push_back(take_digest(in));
  }
  return {};
}

Status Dispute::take_children(ByteView bytes) {
  std::vector<Digest> children;
  Reader in(bytes);
  for (std::size_t i = 0; i < bytes.size() / Digest::kSize; ++i) {
    children.push_back(take_digest(in));
  }
  if (join_children(count_, children) != node_) {
    return fail(Code::proof, "dispute: these are not the children of that node");
  }
  children_ = std::move(children);
  return {};
}

Status Dispute::take_data(ByteView bytes) {
  const StateShape tree = shape();
  std::vector<Bytes> data;
  std::vector<Digest> hashes;
  for (std::uint64_t leaf = first_; leaf < first_ + count_; ++leaf) {
    const ByteView here = bytes.first(leaf_size(tree, leaf));
    bytes = bytes.subspan(here.size());
    hashes.push_back(leaf_hash(here));
    data.push_back(to_bytes(here));
  }
  if (join_children(count_, hashes) != node_) {
    return fail(Code::proof, "dispute: these are not the leaves of that node");
  }
  data_ = std::move(data);
  return {};
}

Status Dispute::choose(const Choice& choice) {
  if (turn_ != Turn::challenger || !data_.empty()) return not_yours("a choice of the challenger");
  const auto wrong = [](const std::string& what) {
    return fail(Code::malformed, "dispute: there is no " + what);
  };
  if (!chosen_) {
    if (choice.what == Choice::What::child) return wrong("child before a tree is chosen");
    if (choice.what == Choice::What::operation && choice.number >= tape_.operations.size()) {
      return wrong("operation " + std::to_string(choice.number));
    }
    if (choice.what == Choice::What::output && tape_.output.empty()) {
      return wrong("output of this step");
    }
    chosen_ = true;
    tree_ = choice;
    first_ = 0;
    count_ = leaf_count(shape());
    node_ = root();
  } else {
    if (choice.what != Choice::What::child || choice.number >= children_.size()) {
      return wrong("child " + std::to_string(choice.number) + " of that node");
    }
    const std::vector<std::uint64_t> parts = children_of(count_);
    for (std::uint32_t i = 0; i < choice.number; ++i) first_ += parts[i];
    count_ = parts[choice.number];
    node_ = children_[choice.number];
    children_.clear();
  }
  turn_ = Turn::provider;
  return {};
}

Status Dispute::convict(ByteView file) {
  if (turn_ != Turn::challenger || data_.empty()) return not_yours("a conviction");
  const Result<Conviction> parsed = parse_conviction_file(tape_, file);
  if (!parsed.ok()) return parsed.error();
  if (parsed.value().leaf >= data_.size()) {
    return fail(Code::malformed, "conviction: there is no leaf " +
                                     std::to_string(parsed.value().leaf) + " in the last answer");
  }
  const Result<bool> lied = is_wrong(*this, parsed.value());
  if (!lied.ok()) return lied.error();
  provider_lied_ = lied.value();
  turn_ = Turn::over;
  return {};
}

}  // namespace assay::compute
