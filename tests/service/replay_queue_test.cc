#include "verifier/service/replay_queue.h"

#include <set>
#include <string>

#include "tests/catch.h"

namespace assay::test {
namespace {

using verifier::ReplayQueue;
using verifier::WaitingReplay;
using Taker = ReplayQueue::Taker;

Digest who(const std::string& name) {
  return sha256(as_bytes(name));
}

// Attestations in the order in which they are taken.
std::vector<std::uint64_t> taken(ReplayQueue& queue, Taker taker, std::size_t count = 99) {
  std::vector<std::uint64_t> out;
  while (out.size() < count) {
    const std::optional<WaitingReplay> one = queue.take(taker);
    if (!one) break;
    out.push_back(one->attestation);
  }
  return out;
}

}  // namespace

TEST_CASE("Replay queue: providers take turns, each in the order in which its replays came") {
  ReplayQueue queue;
  for (std::uint64_t i = 0; i < 6; ++i) queue.add({i, who("flood"), false, false, {}});
  queue.add({100, who("a"), false, false, {}});
  queue.add({200, who("b"), false, false, {}});
  queue.add({201, who("b"), false, false, {}});
  CHECK(queue.size() == 9);
  CHECK(taken(queue, Taker::worker) == std::vector<std::uint64_t>{0, 100, 200, 1, 201, 2, 3, 4, 5});
  CHECK(queue.size() == 0);
  CHECK_FALSE(queue.oldest().has_value());
}

TEST_CASE("Replay queue: newcomers have at most every second turn while others wait") {
  ReplayQueue queue;
  for (std::uint64_t i = 0; i < 50; ++i) {
    queue.add({i, who("new " + std::to_string(i)), true, false, {}});
  }
  for (std::uint64_t i = 100; i < 110; ++i) queue.add({i, who("old"), false, false, {}});
  std::size_t newcomers = 0;
  for (const std::uint64_t one : taken(queue, Taker::here, 20)) newcomers += one < 50 ? 1 : 0;
  CHECK(newcomers == 10);
  CHECK(taken(queue, Taker::here).size() == 40);  // and all of it when nobody else does
}

TEST_CASE("Replay queue: what no worker may have is taken here, first") {
  ReplayQueue queue;
  queue.add({1, who("a"), false, false, {}});
  queue.add({2, who("a"), false, true, {}});
  queue.add({3, who("b"), true, true, {}});
  CHECK(taken(queue, Taker::here_only) == std::vector<std::uint64_t>{2, 3});
  queue.add({4, who("b"), true, true, {}});
  CHECK(taken(queue, Taker::worker) == std::vector<std::uint64_t>{1});
  CHECK(taken(queue, Taker::here) == std::vector<std::uint64_t>{4});
}

TEST_CASE("Replay queue: one can be taken out of turn, and the age of the oldest is known") {
  ReplayQueue queue;
  queue.add({1, who("a"), false, false, {5}});
  queue.add({2, who("b"), true, false, {3}});
  queue.add({3, who("c"), false, true, {9}});
  queue.add({4, who("a"), false, false, {7}});
  CHECK(queue.oldest() == SteadyMillis{3});
  CHECK(queue.drop(2));
  CHECK_FALSE(queue.drop(2));
  CHECK(queue.oldest() == SteadyMillis{5});
  CHECK(queue.drop(1));
  CHECK(queue.drop(3));
  CHECK(queue.size() == 1);
  CHECK(taken(queue, Taker::here) == std::vector<std::uint64_t>{4});
}

}  // namespace assay::test
