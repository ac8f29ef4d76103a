// What a verifier may do wrong with its snapshots.
#include "tests/monitor/malice_table.h"

namespace assay::test::malice {

namespace {

using reputation::MadeSnapshot;
constexpr std::int64_t kPeriodMs = 10'000;  // of the watched policy, whose epochs are seconds
constexpr std::uint64_t kOtherSeed = 1'000'000'007;

// A log in which a snapshot is due, and what it must say. Of at least two providers: there are
// seeds whose log begins with one alone, and then the log of another seed is taken.
struct Due {
  explicit Due(std::uint64_t seed) {
    for (; right.states.states.size() < 2; seed += kOtherSeed) {
      it.emplace(seed);
      it->honest.pass(kPeriodMs);
      std::optional<MadeSnapshot> made = it->honest.scene.due_snapshot();
      ASSAY_CHECK(made.has_value(), "a period with leaves is over");
      right = std::move(*made);
    }
  }
  std::string says(const wire::Snapshot& said) {
    it->force_first(it->honest.scene.verifier, wire::snapshot_statement(said));
    return it->finds_now();
  }
  // The right one, but for its states.
  std::string says_states(const std::vector<Bytes>& states) {
    std::vector<Digest> leaves;
    for (const Bytes& state : states) leaves.push_back(leaf_hash(state));
    wire::Snapshot said = right.said;
    said.states = states.size();
    said.states_root = merkle_root(leaves);
    return says(said);
  }
  std::size_t one_of_them() { return it->honest.random.below(right.states.states.size()); }

  std::optional<Begun> it;
  MadeSnapshot right;
};

void bend(Digest& digest, Random& random) {
  digest.bytes[random.below(Digest::kSize)] ^= static_cast<std::uint8_t>(1U << random.below(8));
}

}  // namespace

std::string snapshot_of_another_root(std::uint64_t seed) {
  Due due(seed);
  wire::Snapshot said = due.right.said;
  bend(said.states_root, due.it->honest.random);
  return due.says(said);
}

std::string snapshot_without_somebody(std::uint64_t seed) {
  Due due(seed);
  std::vector<Bytes> states = due.right.states.states;
  states.erase(states.begin() + static_cast<std::ptrdiff_t>(due.one_of_them()));
  return due.says_states(states);
}

std::string snapshot_with_a_state_raised(std::uint64_t seed) {
  Due due(seed);
  std::vector<Bytes> states = due.right.states.states;
  Bytes& bytes = states[due.one_of_them()];
  wire::ScoreState state = wire::parse_score_state(bytes).value();
  state.r += reputation::kOne >> due.it->honest.random.below(30);
  bytes = wire::score_state_bytes(state);
  return due.says_states(states);
}

std::string snapshot_with_somebody_more(std::uint64_t seed) {
  Due due(seed);
  std::vector<Bytes> states = due.right.states.states;
  wire::ScoreState state = wire::parse_score_state(states[due.one_of_them()]).value();
  state.provider = due.it->honest.scene.stranger.public_key();
  states.push_back(wire::score_state_bytes(state));
  return due.says_states(states);
}

std::string snapshot_in_another_order(std::uint64_t seed) {
  Due due(seed);
  std::vector<Bytes> states = due.right.states.states;
  std::swap(states.front(), states.back());
  return due.says_states(states);
}

std::string snapshot_of_another_epoch(std::uint64_t seed) {
  Due due(seed);
  wire::Snapshot said = due.right.said;
  said.epoch += seed % 2 == 0 ? 1 : std::uint64_t{0} - 1;
  return due.says(said);
}

std::string snapshot_by_another_policy(std::uint64_t seed) {
  Due due(seed);
  wire::Snapshot said = due.right.said;
  bend(said.policy, due.it->honest.random);
  return due.says(said);
}

std::string snapshot_of_another_history(std::uint64_t seed) {
  Due due(seed);
  wire::Snapshot said = due.right.said;
  bend(said.root, due.it->honest.random);
  return due.says(said);
}

std::string snapshot_of_another_size(std::uint64_t seed) {
  Due due(seed);
  wire::Snapshot said = due.right.said;
  said.tree_size -= 1;
  said.root = due.it->honest.log.head(said.tree_size).root;
  return due.says(said);
}

std::string snapshot_that_counts_wrongly(std::uint64_t seed) {
  Due due(seed);
  wire::Snapshot said = due.right.said;
  said.states += 1;
  return due.says(said);
}

std::string snapshot_by_another(std::uint64_t seed) {
  Due due(seed);
  due.it->force_first(due.it->honest.scene.alice, wire::snapshot_statement(due.right.said));
  return due.it->finds_now();
}

// Right in every number, but that its period goes on.
std::string snapshot_too_early(std::uint64_t seed) {
  Begun it(seed);
  it.honest.pass(kPeriodMs);
  filler(it.honest, it.honest.scene.bob);
  const UnixMillis now = it.honest.scene.now;
  it.honest.scene.now = now + kPeriodMs;
  const std::optional<MadeSnapshot> made = it.honest.scene.due_snapshot();
  ASSAY_CHECK(made.has_value(), "a period with a leaf");
  it.honest.scene.now = now;
  it.force_first(it.honest.scene.verifier, wire::snapshot_statement(made->said));
  return it.finds_now();
}

std::string snapshot_again(std::uint64_t seed) {
  Due due(seed);
  due.it->honest.close_period();
  filler(due.it->honest, due.it->honest.scene.bob);
  wire::Snapshot said = due.right.said;
  said.tree_size = due.it->honest.log.leaves.size();
  said.root = due.it->honest.log.head(said.tree_size).root;
  return due.says(said);
}

std::string snapshot_too_late(std::uint64_t seed) {
  Due due(seed);
  HonestLog& honest = due.it->honest;
  wire::Registration first = honest.scene.registration(honest.scene.bob);
  first.region = "elsewhere";
  due.it->force_first(honest.scene.bob, wire::registration_statement(first));
  wire::Snapshot said = due.right.said;
  PublicLog& log = due.it->watched.log;
  said.tree_size = log.leaves.size();
  said.root = log.head(said.tree_size).root;
  log.leaves.push_back(
      leaf_by(honest.scene.verifier, wire::snapshot_statement(said), honest.scene.now));
  due.it->watched.size = log.leaves.size();
  return due.it->finds_now();
}

std::string snapshot_never_written(std::uint64_t seed) {
  Due due(seed);
  HonestLog& honest = due.it->honest;
  wire::Registration said = honest.scene.registration(honest.scene.bob);
  said.region = "elsewhere";
  due.it->force_first(honest.scene.bob, wire::registration_statement(said));
  return due.it->finds_now();
}

}  // namespace assay::test::malice
