#include "api/cli/leaf_proof.h"

#include <CLI/CLI.hpp>

#include "api/cli/units.h"
#include "api/command/whole_number.h"
#include "core/base/file.h"
#include "core/wire/tlog_proof.h"
#include "verifier/authentic_tiles.h"

namespace assay::cli {

Result<std::string> leaf_proof(api::Client& client, std::uint64_t index) {
  const Result<std::string> note = client.checkpoint();
  if (!note.ok()) return note.error();
  const Result<wire::Note> parsed = wire::parse_note(note.value());
  if (!parsed.ok()) return parsed.error();
  const Result<wire::Checkpoint> head = wire::parse_checkpoint(parsed.value().text);
  if (!head.ok()) return head.error();
  const std::uint64_t size = head.value().size;
  if (size <= index) return std::string();
  const wire::TileFetcher fetch = [&client](const wire::TilePath& path) {
    return client.tile(wire::tile_path_text(path));
  };
  Result<verifier::AuthenticTiles> tiles = verifier::AuthenticTiles::open(head.value(), fetch);
  if (!tiles.ok()) return tiles.error();
  const Result<std::vector<Digest>> path = inclusion_path(index, size, tiles.value().subtrees());
  if (!path.ok()) return path.error();
  const std::uint64_t bundle = index / wire::kTileWidth;
  const wire::TilePath at{true, 0, bundle, wire::tile_width(0, bundle, size)};
  const Result<Bytes> bytes = fetch(at);
  if (!bytes.ok()) return bytes.error();
  Result<std::vector<Bytes>> entries = wire::parse_entries(bytes.value(), at.width);
  if (!entries.ok()) return entries.error();
  return wire::tlog_proof_text({.extra = std::move(entries.value()[index % wire::kTileWidth]),
                                .index = index,
                                .path = path.value(),
                                .checkpoint = note.value()});
}

namespace {

using wire::Json;

constexpr std::uint64_t kLeavesMax = std::uint64_t{1} << 53;  // what JSON can number

struct ProveCommand {
  std::uint64_t index = 0;
  std::string policy;
  std::string out;
};

// The proof as whoever gets it will check it, by our own policy.txt where we have one.
Status check_proof(const std::string& text, const std::string& policy) {
  const Result<wire::TlogProof> proof = wire::parse_tlog_proof(text);
  if (!proof.ok()) return proof.error();
  const Result<wire::Trust> trust = read_trust(policy);
  if (!trust.ok()) return trust.error().in("--policy");
  const Result<wire::CheckedCheckpoint> head =
      wire::check_checkpoint(trust.value(), proof.value().checkpoint);
  if (!head.ok()) return head.error();
  return verify_inclusion(leaf_hash(*proof.value().extra), proof.value().index,
                          head.value().checkpoint.size, proof.value().path,
                          head.value().checkpoint.root);
}

int log_prove(Session& session, const ProveCommand& command) {
  Console& console = session.console;
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<std::string> proof = leaf_proof(*client.value(), command.index);
  if (!proof.ok()) return console.error(proof.error());
  if (proof.value().empty()) {
    return console.error(fail(Code::not_found, "leaf " + std::to_string(command.index) +
                                                   " is not below the newest signed head: look "
                                                   "at its size, or wait for the next one"));
  }
  if (!command.policy.empty()) {
    const Status holds = check_proof(proof.value(), command.policy);
    if (!holds.ok()) return console.error(holds.error());
  }
  if (command.out.empty()) {
    console.out(proof.value());
    return 0;
  }
  const Status written = write_file_durably(command.out, as_bytes(proof.value()));
  if (!written.ok()) return console.error(written.error().in("--out"));
  const std::string checked = command.policy.empty() ? "not checked: no --policy" : "checked";
  console.result(
      Json::object({{"leaf", command.index}, {"file", command.out}, {"proof", checked}}),
      Table{{},
            {{"leaf", std::to_string(command.index)}, {"file", command.out}, {"proof", checked}}});
  return 0;
}

}  // namespace

void add_log_prove(CLI::App& log, Chosen& chosen) {
  CLI::App* prove = add_command(
      log, chosen, "prove", "One leaf of the log with the proof that it is in it",
      "assay log prove 42 --policy policy.txt --out leaf42.proof\n\n"
      "The file is a C2SP tlog-proof: the leaf, its path, and the signed head that it leads to.");
  const auto options = add_run(*prove, chosen, log_prove);
  prove->add_option("leaf", options->index, "Its number")
      ->required()
      ->check(command::whole_number(0, kLeavesMax));
  prove
      ->add_option("--policy", options->policy,
                   "The verifier's policy.txt: checks the proof and the head's signatures")
      ->envname("ASSAY_POLICY");
  prove->add_option("--out", options->out, "A file (default: standard output)");
}

}  // namespace assay::cli
