// Lies about the log itself: forks, heads set back, entries dropped, altered or moved.
#include "tests/monitor/malice_table.h"

namespace assay::test::malice {

namespace {

// A reveal that nobody asked for: it changes the log, and little else.
Bytes another_leaf(HonestLog& honest) {
  return leaf_by(honest.scene.stranger,
                 wire::registration_statement(honest.scene.registration(honest.scene.stranger)),
                 honest.scene.now);
}

// The signed text of leaf `at`, one bit of it flipped.
void flip_payload(Bytes& leaf, Random& random) {
  const std::size_t at = wire::kLeafHeadBytes + random.below(leaf.size() - wire::kLeafHeadBytes);
  leaf[at] ^= static_cast<std::uint8_t>(1U << random.below(8));
}

}  // namespace

std::string other_head_of_one_size(std::uint64_t seed) {
  Begun it(seed);
  it.watched.log.leaves.back() = another_leaf(it.honest);
  return it.watched.finds();
}

std::string fork_that_grows(std::uint64_t seed) {
  Begun it(seed);
  it.honest.steps(5);
  const std::uint64_t seen = it.watched.size;
  it.watched.show_all(it.honest);
  it.watched.log.leaves[it.honest.random.below(seen)] = another_leaf(it.honest);
  return it.watched.finds();
}

std::string fork_that_is_smaller(std::uint64_t seed) {
  Begun it(seed);
  it.watched.size -= 1 + it.honest.random.below(it.watched.size / 2);
  it.watched.log.leaves[it.honest.random.below(it.watched.size)] = another_leaf(it.honest);
  return it.watched.finds();
}

std::string smaller_than_before(std::uint64_t seed) {
  Begun it(seed);
  it.watched.size -= 1 + it.honest.random.below(it.watched.size - 1);
  return it.watched.finds();
}

// Before anybody saw it, but after it was drawn over.
std::string dropped_before_it_was_seen(std::uint64_t seed) {
  Begun it(seed, false);
  auto& leaves = it.watched.log.leaves;
  const std::uint64_t drawn = it.drawn_size();
  leaves.erase(leaves.begin() + static_cast<std::ptrdiff_t>(it.honest.random.below(drawn)));
  it.watched.size = leaves.size();
  return it.watched.finds();
}

std::string dropped_from_its_bundle(std::uint64_t seed) {
  Begun it(seed, false);
  const std::uint64_t at = it.honest.random.below(it.watched.size);
  it.watched.lie = [at](const wire::TilePath& path, Result<Bytes>& bytes) {
    if (!path.entries || path.index != at / wire::kTileWidth || !bytes.ok()) return;
    std::vector<Bytes> entries = wire::parse_entries(bytes.value(), path.width).value();
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at % wire::kTileWidth));
    bytes = wire::encode_entries(entries);
  };
  return it.watched.finds();
}

std::string tile_not_served(std::uint64_t seed) {
  Begun it(seed, false);
  const bool entries = seed % 2 == 0;
  it.watched.lie = [entries](const wire::TilePath& path, Result<Bytes>& bytes) {
    if (path.entries == entries) bytes = fail(Code::not_found, "no such tile");
  };
  return it.watched.finds();
}

std::string bit_flipped_in_a_bundle(std::uint64_t seed) {
  Begun it(seed, false);
  Random& random = it.honest.random;
  it.watched.lie = [&random](const wire::TilePath& path, Result<Bytes>& bytes) {
    if (!path.entries || !bytes.ok()) return;
    Bytes& data = bytes.value();
    data[random.below(data.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
  };
  return it.watched.finds();
}

std::string bit_flipped_in_a_hash_tile(std::uint64_t seed) {
  Begun it(seed, false);
  Random& random = it.honest.random;
  it.watched.lie = [&random](const wire::TilePath& path, Result<Bytes>& bytes) {
    if (path.entries || !bytes.ok()) return;
    Bytes& data = bytes.value();
    data[random.below(data.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
  };
  return it.watched.finds();
}

// Altered and committed to: the tree is right, what was signed is not.
std::string altered_and_committed(std::uint64_t seed) {
  Begun it(seed, false);
  auto& leaves = it.watched.log.leaves;
  flip_payload(leaves[it.honest.random.below(leaves.size())], it.honest.random);
  return it.watched.finds();
}

std::string signature_altered(std::uint64_t seed) {
  Begun it(seed, false);
  auto& leaves = it.watched.log.leaves;
  leaves[it.honest.random.below(leaves.size())][74 + it.honest.random.below(64)] ^= 1;
  return it.watched.finds();
}

std::string two_entries_swapped(std::uint64_t seed) {
  Begun it(seed, false);
  auto& leaves = it.watched.log.leaves;
  const std::uint64_t drawn = it.drawn_size();
  const std::uint64_t at = it.honest.random.below(drawn - 1);
  // Each under the other's log time, so that the times alone do not tell.
  std::swap(leaves[at], leaves[at + 1]);
  std::swap_ranges(leaves[at].begin() + 2, leaves[at].begin() + 10, leaves[at + 1].begin() + 2);
  return it.watched.finds();
}

std::string time_runs_backwards(std::uint64_t seed) {
  Begun it(seed, false);
  auto& leaves = it.watched.log.leaves;
  const std::uint64_t at = 1 + it.honest.random.below(leaves.size() - 1);
  for (std::size_t i = 2; i < 10; ++i) leaves[at][i] = 0;
  return it.watched.finds();
}

std::string logged_twice(std::uint64_t seed) {
  Begun it(seed);
  auto& leaves = it.watched.log.leaves;
  Bytes again = leaves[1 + it.honest.random.below(leaves.size() - 1)];
  std::copy_n(leaves.back().begin() + 2, 8, again.begin() + 2);
  leaves.push_back(std::move(again));
  it.watched.size = leaves.size();
  return it.watched.finds();
}

std::string signed_by_another(std::uint64_t seed) {
  Begun it(seed);
  it.honest.step();
  it.watched.show_all(it.honest);
  wire::Note note = wire::sign_checkpoint(it.watched.log.head(it.watched.size),
                                          SigningKey::from_seed(Bytes(32, 9)).value());
  it.watched.note = wire::note_text(note);
  return it.watched.finds();
}

std::string too_few_witnesses(std::uint64_t seed) {
  Begun it(seed, true, true);
  it.honest.step();
  it.watched.show_all(it.honest);
  it.watched.note = it.watched.log.note(it.watched.size, static_cast<unsigned>(seed % 2));
  return it.watched.finds();
}

std::string cosignature_forged(std::uint64_t seed) {
  Begun it(seed, true, true);
  it.honest.step();
  it.watched.show_all(it.honest);
  wire::Note note = wire::parse_note(it.watched.log.note(it.watched.size, 3)).value();
  note.signatures.back().bytes[it.honest.random.below(72)] ^= 1;
  it.watched.note = wire::note_text(note);
  return it.watched.finds();
}

std::string nothing_new_any_more(std::uint64_t seed) {
  Begun it(seed, true, false, 3'600'000);
  return it.watched.finds(3'700'000);
}

}  // namespace assay::test::malice
