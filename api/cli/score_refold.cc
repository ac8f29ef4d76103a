#include "api/cli/score_refold.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "api/cli/log_command.h"
#include "api/cli/log_report.h"
#include "api/cli/refold_report.h"
#include "api/cli/units.h"
#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

using verifier::monitor::Look;
using verifier::monitor::Monitor;
using verifier::monitor::SaidScore;
using verifier::monitor::ScoreRefold;
using wire::Json;

constexpr std::int64_t kPauseMs = 200;  // between two looks at a log whose head is behind

struct RefoldCommand {
  std::vector<std::string> providers;
  std::string policy;
  std::string state;
};

struct Named {
  Digest id;
  std::string name;
};

Result<Named> named(const Json& provider) {
  const Result<Digest> id = Digest::parse_hex(text_of(provider, "id"));
  if (!id.ok()) return fail(Code::network, "the verifier names a provider without an id");
  return Named{id.value(), text_of(provider, "name")};
}

// Those asked for, each once; all of them where nobody is.
Result<std::vector<Named>> whom(api::Client& client, const RefoldCommand& command) {
  Json::Array found;
  for (const std::string& text : command.providers) {
    Result<Json> provider = find_provider(client, text);
    if (!provider.ok()) return provider.error();
    found.push_back(std::move(provider).value());
  }
  if (command.providers.empty()) {
    Result<Json::Array> all =
        all_pages([&](const api::Page& page) { return client.providers(page); }, "providers");
    if (!all.ok()) return all.error();
    found = std::move(all).value();
  }
  std::vector<Named> out;
  for (const Json& provider : found) {
    Result<Named> one = named(provider);
    if (!one.ok()) return one.error();
    const bool again =
        std::ranges::any_of(out, [&](const Named& it) { return it.id == one.value().id; });
    if (!again) out.push_back(std::move(one).value());
  }
  return out;
}

// The size that a checkpoint says, unchecked: no more than where to begin to compare.
Result<std::uint64_t> said_size(api::Client& client) {
  const Result<std::string> text = client.checkpoint();
  if (!text.ok()) return text.error();
  const Result<wire::Note> note = wire::parse_note(text.value());
  if (!note.ok()) return note.error().in("/checkpoint");
  const Result<wire::Checkpoint> head = wire::parse_checkpoint(note.value().text);
  if (!head.ok()) return head.error().in("/checkpoint");
  return head.value().size;
}

Result<wire::Score> said_statement(api::Client& client, const wire::Trust& trust,
                                   const Named& provider) {
  const Result<std::string> envelope = client.score(provider.id.hex());
  if (!envelope.ok()) return envelope.error();
  Result<wire::Score> score = verifier::monitor::open_preview(envelope.value(), trust, provider.id);
  if (!score.ok()) return score.error().in("the score statement of " + provider.id.hex());
  return score;
}

// What the verifier says of one provider, between two of its statements.
Result<SaidScore> ask(api::Client& client, const wire::Trust& trust, const Named& provider) {
  SaidScore said;
  said.provider = provider.id;
  said.name = provider.name;
  said.asked = system_clock().unix_now();
  const Result<std::uint64_t> size = said_size(client);
  if (!size.ok()) return size.error();
  Result<wire::Score> statement = said_statement(client, trust, provider);
  if (!statement.ok()) return statement.error();
  Result<Json> document = client.provider(provider.id.hex());
  if (!document.ok()) return document.error();
  const Result<wire::Score> after = said_statement(client, trust, provider);
  if (!after.ok()) return after.error();
  said.answered = system_clock().unix_now();
  said.statement = std::move(statement).value();
  said.document = std::move(document).value();
  said.document_from = std::min(size.value(), said.statement.tree_size);
  said.document_to = std::max(said.statement.tree_size, after.value().tree_size);
  return said;
}

std::string count_text(std::uint64_t count) {
  return std::to_string(count);
}

Result<std::vector<SaidScore>> ask_all(Session& session, api::Client& client,
                                       const wire::Trust& trust,
                                       const std::vector<Named>& providers) {
  Progress progress(session.console, "scores that the verifier says", count_text);
  std::vector<SaidScore> all;
  for (const Named& provider : providers) {
    if (session.stopped()) return fail(Code::interrupted, "stopped before the log was folded");
    Result<SaidScore> one = ask(client, trust, provider);
    if (!one.ok()) return one.error();
    all.push_back(std::move(one).value());
    progress.at(all.size(), providers.size());
  }
  return all;
}

// What the state holds already counts as seen.
Status see_state(reputation::Store& store, ScoreRefold& refold) {
  const Result<std::unique_ptr<reputation::ReadTxn>> txn = store.read();
  if (!txn.ok()) return txn.error();
  const reputation::View view(*txn.value());
  const Result<reputation::Head> head = view.head();
  if (!head.ok()) return head.error();
  return head.value().size == 0 ? Status() : refold.at(view, head.value());
}

// Follows the log until a signed head covers all that is to be compared.
Result<wire::Checkpoint> fold(Session& session, Monitor& monitor, std::uint64_t leaves) {
  const Result<std::int64_t> timeout_ms = parse_duration_ms(session.shared.timeout);
  if (!timeout_ms.ok()) return timeout_ms.error().in("--timeout");
  const SteadyMillis began = system_clock().steady_now();
  while (true) {
    const Result<Look> look = monitor.look();
    if (!look.ok()) return look.error();
    const verifier::monitor::Update& update = look.value().update;
    if (!update.findings.empty()) {
      const verifier::monitor::Finding& finding = update.findings.front();
      return fail(verifier::monitor::code_of(finding.kind),
                  "the log cannot be folded: " +
                      std::string(verifier::monitor::finding_name(finding.kind)) + ": " +
                      wire::printable(finding.text) + " (assay log verify shows all of it)");
    }
    if (update.size >= leaves) return update.head.checkpoint;
    if (session.stopped()) return fail(Code::interrupted, "stopped while the log was folded");
    if (system_clock().steady_now() - began >= timeout_ms.value()) {
      return fail(Code::stale, "the newest signed head covers " + std::to_string(update.size) +
                                   " leaves, and the scores are of " + std::to_string(leaves) +
                                   ": nothing signed has come for them yet");
    }
    system_clock().sleep(kPauseMs);
  }
}

int score_refold(Session& session, const RefoldCommand& command) {
  Console& console = session.console;
  const Result<std::unique_ptr<api::Client>> connected = session.connect();
  if (!connected.ok()) return console.error(connected.error());
  api::Client& client = *connected.value();
  const Result<wire::Trust> trust = whom_to_trust(session, client, command.policy);
  if (!trust.ok()) return console.error(trust.error().in("--policy"));
  const Result<std::vector<Named>> providers = whom(client, command);
  if (!providers.ok()) return console.error(providers.error());
  Result<std::vector<SaidScore>> said = ask_all(session, client, trust.value(), providers.value());
  if (!said.ok()) return console.error(said.error());
  ScoreRefold refold(std::move(said).value());

  Result<std::unique_ptr<reputation::Store>> store = verifier::monitor::make_memory_state();
  if (!command.state.empty()) store = verifier::monitor::open_state(command.state);
  if (!store.ok()) return console.error(store.error().in("--state"));
  if (Status seen = see_state(*store.value(), refold); !seen.ok()) {
    return console.error(seen.error().in("--state"));
  }
  verifier::monitor::MonitorOptions options;
  options.follow.stop = &session.stop();
  options.follow.progress = log_progress(console);
  verifier::monitor::MonitorPorts ports = log_ports(client, *store.value());
  ports.folded = [&](const reputation::View& view, const reputation::Head& head) {
    return refold.at(view, head);
  };
  const Result<std::unique_ptr<Monitor>> monitor =
      Monitor::open(std::move(ports), trust.value(), options);
  if (!monitor.ok()) return console.error(monitor.error());
  const Result<wire::Checkpoint> head = fold(session, *monitor.value(), refold.leaves());
  if (!head.ok()) return console.error(head.error());
  if (const std::size_t found = monitor.value()->findings().size(); found > 0) {
    console.say("the log holds " + std::to_string(found) +
                " findings against its verifier besides: assay log verify shows them");
  }

  std::vector<ShownScore> scores;
  std::vector<verifier::monitor::Refolded> refolded = refold.take();
  for (std::size_t i = 0; i < refolded.size(); ++i) {
    const Named& provider = providers.value()[i];
    scores.push_back({provider.id, provider.name, std::move(refolded[i])});
  }
  show_refold(console, head.value(), scores);
  const std::optional<Error> wrong = refold_error(scores);
  return wrong ? console.error(*wrong) : 0;
}

}  // namespace

void add_score_refold(CLI::App& score, Chosen& chosen) {
  CLI::App* refold = add_command(
      score, chosen, "refold",
      "Folds the public log on this machine, and compares every number of every score",
      "assay score refold --policy policy.txt\n"
      "  assay score refold alder rack7 --policy policy.txt --state monitor -o json\n\n"
      "Needs no trust but the policy file's: tiles, heads and witnesses are checked as by assay "
      "log\n"
      "verify, each statement is compared at the size of the log that it names, and the numbers "
      "of\n"
      "every class with the provider's document. Exit codes:\n"
      "  0 every score equals its refold      14 a number differs: names it, by the log and as "
      "said\n"
      "  12 another root than the log has     13 another policy, log or provider\n"
      "  10 not signed by this verifier       16 a score of long ago, or no signed head for it\n"
      "and those of assay log verify where the log cannot be folded at all.");
  const auto command = add_run(*refold, chosen, score_refold);
  refold->add_option("provider", command->providers,
                     "Ids, beginnings of ids, or names (default: everybody)");
  refold->add_option("--policy", command->policy, "Whom you trust: the verifier's policy.txt")
      ->envname("ASSAY_POLICY");
  refold->add_option("--state", command->state,
                     "A folder that keeps the log as far as it was followed, as that of assay log "
                     "verify: nothing is fetched or checked twice");
}

}  // namespace assay::cli
