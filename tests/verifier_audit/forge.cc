#include "tests/verifier_audit/forge.h"

#include <algorithm>

#include "core/wire/dsse.h"
#include "core/wire/tile.h"
#include "core/wire/tlog_proof.h"

namespace assay::test {
namespace {

wire::LogLeaf leaf_of(const std::string& payload, const SigningKey& signer, UnixMillis time) {
  const Bytes signed_bytes = wire::pae(wire::kPayloadType, as_bytes(payload));
  return {.kind = wire::LeafKind::statement,
          .time = time,
          .signer = signer.public_key(),
          .pae_digest = wire::statement_digest(payload),
          .signature = signer.sign(signed_bytes),
          .payload = payload};
}

}  // namespace

Forge::Forge(const Lab& lab, const std::string& text)
    : file(wire::parse_case_file(text.empty() ? lab.receipt : text).value()),
      origin_(lab.trust.logs.front().key.name) {
  std::uint64_t size = 0;
  for (const wire::LoggedEntry& entry : file.entries) {
    const wire::TlogProof proof = wire::parse_tlog_proof(entry.proof).value();
    const wire::Note note = wire::parse_note(proof.checkpoint).value();
    size = wire::parse_checkpoint(note.text).value().size;
    places_.push_back({entry.name, proof.index});
  }
  for (std::uint64_t tile = 0; tile * wire::kTileWidth < size; ++tile) {
    // The log may have grown since: what was a partial bundle then is a wider one now.
    const std::uint64_t now = lab.world.service->context().writer.checkpoint().size;
    const unsigned width = wire::tile_width(0, tile, now);
    const Bytes bytes =
        lab.world.service->tile(wire::tile_path_text({true, 0, tile, width})).value();
    const std::vector<Bytes> entries = wire::parse_entries(bytes, width).value();
    for (const Bytes& entry : entries) {
      if (leaves_.size() < size) leaves_.push_back(wire::parse_leaf(entry).value());
    }
  }
}

const Forge::Place& Forge::place(wire::Kind kind) const {
  const auto found = std::find_if(places_.begin(), places_.end(), [&](const Place& place) {
    return place.name == wire::entry_name(kind);
  });
  ASSAY_CHECK(found != places_.end(), "the case file has no such entry");
  return *found;
}

const wire::LogLeaf& Forge::leaf(wire::Kind kind) const {
  return leaves_[place(kind).index];
}
std::uint64_t Forge::index(wire::Kind kind) const {
  return place(kind).index;
}

void Forge::say(wire::Kind kind, const std::string& payload, const SigningKey& signer) {
  wire::LogLeaf& old = leaves_[place(kind).index];
  old = leaf_of(payload, signer, old.time);
}

void Forge::add(wire::Kind kind, const std::string& payload, const SigningKey& signer) {
  places_.push_back({std::string(wire::entry_name(kind)), leaves_.size()});
  leaves_.push_back(leaf_of(payload, signer, leaves_.back().time));
}

void Forge::drop(wire::Kind kind) {
  std::erase_if(places_, [&](const Place& it) { return it.name == wire::entry_name(kind); });
}

std::string Forge::text() const {
  Tree tree;
  for (const wire::LogLeaf& leaf : leaves_) tree.append(leaf_hash(wire::encode_leaf(leaf)));
  const std::string note = wire::note_text(
      wire::sign_checkpoint({origin_, tree.size(), tree.root(), ""}, sim_key("log")));
  wire::CaseFile forged = file;
  forged.entries.clear();
  for (const Place& place : places_) {
    forged.entries.push_back(
        {place.name, wire::tlog_proof_text({.extra = wire::encode_leaf(leaves_[place.index]),
                                            .index = place.index,
                                            .path = tree.inclusion(place.index),
                                            .checkpoint = note})});
  }
  return wire::case_file_text(forged);
}

}  // namespace assay::test
