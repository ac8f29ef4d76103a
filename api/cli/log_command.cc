#include "api/cli/log_command.h"

#include <map>

#include "api/cli/units.h"
#include "core/base/file.h"
#include "verifier/log_check.h"

namespace assay::cli {
namespace {

using wire::Json;

struct VerifyCommand {
  std::string policy;
  std::string known_head;
};

// Every tile is fetched once, whoever asks for it.
wire::TileFetcher caching(api::Client& client) {
  const auto kept = std::make_shared<std::map<std::string, Bytes>>();
  return [&client, kept](const wire::TilePath& path) -> Result<Bytes> {
    const std::string name = wire::tile_path_text(path);
    const auto found = kept->find(name);
    if (found != kept->end()) return found->second;
    Result<Bytes> bytes = client.tile(name);
    if (!bytes.ok()) return bytes.error().in(name);
    // Bundles of entries are large and read once.
    if (!path.entries) kept->emplace(name, bytes.value());
    return bytes;
  };
}

// The policy file given, or what the verifier says of itself.
Result<wire::Trust> whom_to_trust(Session& session, api::Client& client,
                                  const std::string& policy) {
  if (!policy.empty()) return read_trust(policy);
  const Result<std::string> text = client.trust();
  if (!text.ok()) return text.error();
  session.console.say("no --policy: its keys are taken from the verifier itself this time");
  return wire::parse_trust(text.value());
}

// The head seen before: of size 0 when there is none yet.
Result<wire::Checkpoint> known_head(const wire::Trust& trust, const std::string& path,
                                    const std::string& origin) {
  wire::Checkpoint none;
  none.origin = origin;
  none.root = merkle_root({});
  if (path.empty()) return none;
  const Result<Bytes> note = read_file(path, wire::kNoteBytesMax);
  if (!note.ok() && note.error().code == Code::not_found) return none;
  if (!note.ok()) return note.error();
  Result<wire::CheckedCheckpoint> checked = wire::check_checkpoint(trust, as_text(note.value()));
  if (!checked.ok()) return checked.error();
  return std::move(checked).value().checkpoint;
}

struct Verified {
  wire::CheckedCheckpoint head;
  std::uint64_t old_size = 0;
  verifier::EntryCounts counts;
};

Result<Verified> verify_log(Session& session, api::Client& client, const VerifyCommand& command) {
  const Result<wire::Trust> trust = whom_to_trust(session, client, command.policy);
  if (!trust.ok()) return trust.error().in("--policy");
  const Result<std::string> note = client.checkpoint();
  if (!note.ok()) return note.error();
  Result<wire::CheckedCheckpoint> head = wire::check_checkpoint(trust.value(), note.value());
  if (!head.ok()) return head.error().in("checkpoint");
  const wire::Checkpoint& now = head.value().checkpoint;
  const Result<wire::Checkpoint> old = known_head(trust.value(), command.known_head, now.origin);
  if (!old.ok()) return old.error().in("--known-head");
  const wire::TileFetcher fetch = caching(client);
  session.console.progress("checking " + std::to_string(now.size) + " entries of " + now.origin);
  if (Status grew = verifier::check_growth(old.value(), now, fetch); !grew.ok()) {
    return grew.error();
  }
  Result<verifier::EntryCounts> counts = verifier::check_entries(now.size, 0, now.size, fetch);
  if (!counts.ok()) return counts.error();
  if (!command.known_head.empty()) {
    const Status kept = write_file_durably(command.known_head, as_bytes(note.value()));
    if (!kept.ok()) return kept.error().in("--known-head");
  }
  return Verified{std::move(head).value(), old.value().size, std::move(counts).value()};
}

int log_verify(Session& session, const VerifyCommand& command) {
  Console& console = session.console;
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<Verified> verified = verify_log(session, *client.value(), command);
  if (!verified.ok()) return console.error(verified.error());
  const wire::Checkpoint& head = verified.value().head.checkpoint;
  const verifier::EntryCounts& counts = verified.value().counts;
  Json kinds = Json::object();
  std::string kinds_text;
  for (const auto& [kind, count] : counts.statements) {
    const std::string name(wire::kind_name(kind));
    kinds.set(name, count);
    kinds_text += (kinds_text.empty() ? "" : ", ") + std::to_string(count) + " " + name;
  }
  const bool quorum_none = verified.value().head.quorum_none;
  Table table{
      {},
      {{"log", head.origin},
       {"size", std::to_string(head.size)},
       {"root", head.root.hex()},
       {"grew from", command.known_head.empty() ? "not asked (--known-head FILE remembers)"
                                                : std::to_string(verified.value().old_size)},
       {"signatures", std::to_string(counts.entries - counts.not_inline) + " hold"},
       {"statements", kinds_text}}};
  if (quorum_none) table.rows.push_back({"witnesses", "none asked for by the policy file"});
  console.result(Json::object({{"origin", head.origin},
                               {"size", head.size},
                               {"root", head.root.hex()},
                               {"old_size", verified.value().old_size},
                               {"signatures", counts.entries - counts.not_inline},
                               {"statements", kinds},
                               {"quorum_none", quorum_none}}),
                 table);
  return 0;
}

}  // namespace

void add_log_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* log = app.add_subcommand("log", "The transparency log behind all of it");
  log->require_subcommand(1);
  log->footer("Example:\n  assay log verify --known-head head.txt");
  CLI::App* verify =
      add_command(*log, chosen, "verify", "Fetches the whole log and checks it against its head",
                  "assay log verify --policy policy.txt --known-head head.txt");
  const auto options = add_run(*verify, chosen, log_verify);
  verify->add_option("--policy", options->policy, "Whom you trust: the verifier's policy.txt")
      ->envname("ASSAY_POLICY");
  verify->add_option("--known-head", options->known_head,
                     "The head seen before: read, compared, and then replaced by the new one");
}

}  // namespace assay::cli
