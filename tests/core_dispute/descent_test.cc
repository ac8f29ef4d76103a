// The tree under a dispute: how a node is cut, and joined again.
#include <algorithm>
#include <map>

#include "tests/catch.h"
#include "tests/core_dispute/lab.h"

namespace assay::test {
namespace {

using namespace compute;

TEST_CASE("a node's children are at most sixteen, and join to its hash") {
  for (const std::uint64_t count :
       {1U, 2U, 3U, 15U, 16U, 17U, 31U, 33U, 255U, 256U, 257U, 1000U, 4097U}) {
    INFO(count);
    std::vector<Digest> leaves;
    for (std::uint64_t i = 0; i < count; ++i) {
      Bytes text;
      put_u64_be(text, i);
      leaves.push_back(leaf_hash(text));
    }
    std::vector<Digest> hashes;
    std::uint64_t first = 0;
    for (const std::uint64_t part : children_of(count)) {
      hashes.push_back(merkle_root(std::span(leaves).subspan(first, part)));
      first += part;
    }
    CHECK(first == count);
    CHECK(hashes.size() <= 16);
    CHECK(join_children(count, hashes) == merkle_root(leaves));
  }
}

// Of the deepest leaf, by trying all.
std::uint32_t deepest(std::uint64_t count, std::map<std::uint64_t, std::uint32_t>& known) {
  if (const auto found = known.find(count); found != known.end()) return found->second;
  std::uint32_t most = 0;
  for (const std::uint64_t part : children_of(count)) {
    if (part > 1) most = std::max(most, deepest(part, known));
  }
  return known[count] = most + 1;
}

TEST_CASE("a gigabyte takes seven answers, and eight are enough for 2^28 leaves") {
  std::map<std::uint64_t, std::uint32_t> known;
  for (std::uint64_t count = 1; count < 70'000; ++count) {
    if (answers_for(count) != 1 + deepest(count, known)) FAIL(count);
  }
  CHECK(answers_for(1) == 2);
  CHECK(answers_for(16) == 2);
  CHECK(answers_for(17) == 3);
  CHECK(answers_for(1 + (std::uint64_t{1} << 20)) == 7);
  CHECK(answers_for(std::uint64_t{1} << 28) == kAnswersMax);
  CHECK(answers_for(1 + (std::uint64_t{1} << 28)) == kAnswersMax + 1);
}

TEST_CASE("a step whose tensor takes more answers, or with too many operations, is not disputed") {
  // Nothing of it is made but its plan.
  class Huge final : public Program, public DisputedSteps {
   public:
    explicit Huge(std::uint64_t bytes, std::size_t operations)
        : Program([] {
            Plan plan;
            plan.steps = 1;
            plan.state_shape = {{DType::u8, {1}}};
            return plan;
          }()),
          bytes_(bytes),
          operations_(operations) {}
    Result<State> start(const Engine&) const override { return State{}; }
    Result<Artefact> artefact(ByteView) const override { return Artefact{}; }
    Result<Tape> step_tape(std::uint32_t) const override {
      Tape tape;
      tape.state_shape = plan().state_shape;
      for (std::size_t i = 0; i < operations_; ++i) {
        tape.add("huge", {DType::u8, {bytes_}}, 1, {}, {});
      }
      return tape;
    }

   private:
    std::uint64_t bytes_;
    std::size_t operations_;
  };
  const Engine engine;
  const std::uint64_t most = (std::uint64_t{1} << 38) - kChunkBytes;  // with a header 2^28 leaves
  CHECK(tape_of(Huge(most, 1), 1, engine).ok());
  const Result<Tape> deep = tape_of(Huge(most + 1, 1), 1, engine);
  REQUIRE_FALSE(deep.ok());
  CHECK(deep.error().what.find("takes 9 answers of at most 8") != std::string::npos);
  CHECK(tape_of(Huge(1, kOperationsMax), 1, engine).ok());
  const Result<Tape> long_one = tape_of(Huge(1, kOperationsMax + 1), 1, engine);
  REQUIRE_FALSE(long_one.ok());
  CHECK(long_one.error().what.find("524289 operations") != std::string::npos);
}

}  // namespace
}  // namespace assay::test
