// A dispute: did this step of an attested trace follow from the states before it? A challenger who
// ran the step itself asks, the provider answers, and after a few answers one unit of one operation
// is left, which any CPU recomputes in about a millisecond. Pure; one thread; both sides and every
// judge hold the same object and feed it the same moves.
//
// The trace of a job is public (its digests are a blob that the attestation names), so finding the
// first state that differs needs no answers: a dispute begins inside one step, whose tape (tape.h)
// both sides have.
//
//   answer 1   the provider's state_digest() of every operation's tensor, 32 bytes each
//   choice     the challenger names a tree: an operation's tensor, the state after the step, or its
//              output. Honestly: the first operation that differs; if none does, a claim that
//              differs from what the tape ends with
//   answer     of a node of that tree, its children four levels down (16 at most): 32 bytes each;
//              or, where all of them are leaves, the leaves' data one after the other
//   choice     one of the children, by number; and so on
//   conviction of the leaves' data: one leaf, one element of it, and what its unit reads, opened
//              against what the provider has committed to (conviction_file below)
//
// A tensor of a gigabyte, 2^20 leaves and a header, takes 7 answers in all; 2^28 leaves are the
// most that kAnswersMax = 8 do, and a step with more is not disputed (tape_of). Whoever is silent
// loses, by rules of the ledger that know nothing of this object.
//
// Why it is right. Every answer is bound by hashes to the attested trace or to answer 1. The
// element is recomputed from committed tensors of *earlier* operations, so that a provider who
// computed honestly cannot be convicted whatever the challenger chooses, and of one who did not
// some operation is the first whose tensor differs: all that it reads is what the challenger has
// too, and can open.
#pragma once

#include <optional>

#include "core/compute/dispute/tape.h"
#include "core/wire/trace.h"

namespace assay::compute {

inline constexpr std::uint32_t kAnswersMax = 8;
inline constexpr std::size_t kConvictionBytesMax = std::size_t{32} << 20;

// The children of the RFC 6962 node over `count` leaves, four levels down: how many leaves each
// has, in order; 16 at most.
std::vector<std::uint64_t> children_of(std::uint64_t count);
// How many answers it takes, the digests of all operations included, to come from the root of a
// tree of so many leaves to any leaf's data.
std::uint32_t answers_for(std::uint64_t leaves);
// The node's hash from those of its children.
Digest join_children(std::uint64_t count, std::span<const Digest> children);

struct Choice {
  enum class What : std::uint8_t { operation, state, output, child };
  What what = What::child;
  std::uint32_t number = 0;  // operation, child
  bool operator==(const Choice&) const = default;
};

class Dispute {
 public:
  // `trace` is the attested one, of plan.steps + 1 entries; step 0..steps. Borrows the tape, which
  // is that of the step.
  Dispute(const Tape& tape, wire::Trace trace, std::uint32_t step);

  // Whose move it is. After a conviction it is nobody's.
  enum class Turn { provider, challenger, over };
  Turn turn() const { return turn_; }
  std::uint32_t answers() const { return answers_; }
  bool provider_lied() const { return provider_lied_; }  // when over; else it was the challenger

  // The provider's next move has exactly so many bytes.
  std::size_t answer_bytes() const;
  //   conflict     not the provider's turn
  //   malformed    another length
  //   proof        the hashes do not follow: this is not what was committed to
  Status answer(ByteView bytes);

  //   conflict     not the challenger's turn to choose
  //   malformed    there is no such operation, output or child
  Status choose(const Choice& choice);

  // Decides. What is malformed or incomplete decides nothing.
  //   conflict     not before the leaves' data are there
  //   malformed    not a conviction file
  //   proof        something opened is not what was committed to
  //   no_evidence  the unit reads what was not opened
  Status convict(ByteView file);

  // What a player looks at. The node in question; its children or its leaves' data, once answered.
  const Tape& tape() const { return tape_; }
  const wire::Trace& trace() const { return trace_; }
  std::uint32_t step() const { return step_; }
  const std::vector<Digest>& digests() const { return digests_; }  // of answer 1
  Choice tree() const { return tree_; }
  std::uint64_t first_leaf() const { return first_; }
  std::uint64_t leaves() const { return count_; }
  bool tree_chosen() const { return chosen_; }
  const std::vector<Digest>& children() const { return children_; }
  const std::vector<Bytes>& data() const { return data_; }
  bool at_leaves() const;    // the answer to this node is its leaves' data
  StateShape shape() const;  // of the chosen tree

 private:
  Digest root() const;
  Status take_digests(ByteView bytes);
  Status take_children(ByteView bytes);
  Status take_data(ByteView bytes);

  const Tape& tape_;
  wire::Trace trace_;
  std::uint32_t step_;
  Turn turn_ = Turn::provider;
  std::uint32_t answers_ = 0;
  bool provider_lied_ = false;
  std::vector<Digest> digests_;
  bool chosen_ = false;
  Choice tree_;
  std::uint64_t first_ = 0, count_ = 0;  // of the node
  Digest node_;
  std::vector<Digest> children_;
  std::vector<Bytes> data_;
};

// What a conviction holds. In the file: "assay/conviction/v1\n", leaf u8 (among those of the last
// answer), element u32 LE (in that leaf), count u32 LE, then the openings in ascending order: of
// u8, number u32 LE, leaf u64 LE, the leaf's data, its path. How long data and path are follows
// from the shape.
struct OpenedLeaf {
  TensorRef tree;  // its `tensor` is 0: the leaf is counted over the whole state
  std::uint64_t leaf = 0;
  Bytes data;
  std::vector<Digest> path;
};
struct Conviction {
  std::uint8_t leaf = 0;
  std::uint32_t element = 0;
  std::vector<OpenedLeaf> opened;
};
Bytes conviction_file(const Conviction& conviction);
//   malformed    not such a file, or beyond kConvictionBytesMax
Result<Conviction> parse_conviction_file(const Tape& tape, ByteView file);

}  // namespace assay::compute
