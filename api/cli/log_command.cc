#include "api/cli/log_command.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "api/cli/leaf_proof.h"
#include "api/cli/log_report.h"
#include "api/cli/units.h"
#include "core/base/file.h"

namespace assay::cli {
namespace {

using verifier::monitor::Look;
using verifier::monitor::Monitor;

constexpr std::int64_t kPauseMaxMs = 60'000;  // between tries at a verifier that does not answer
constexpr std::int64_t kLookForStopMs = 100;

struct VerifyCommand {
  std::string policy;
  std::string known_head;
  std::string state;
  std::string evidence;
  std::string interval = "10s";
  std::string max_age;
  bool follow = false;
  bool inputs = false;
  bool disputes = false;
};

// The head seen before; empty when there is none yet.
Result<std::string> known_head(const std::string& path) {
  if (path.empty()) return std::string();
  const Result<Bytes> note = read_file(path, wire::kNoteBytesMax);
  if (note.ok()) return std::string(as_text(note.value()));
  if (note.error().code == Code::not_found) return std::string();
  return note.error();
}

struct Options {
  std::int64_t interval_ms = 0;
  verifier::monitor::MonitorOptions monitor;
};

Result<Options> options_of(Session& session, const VerifyCommand& command) {
  Options out;
  const Result<std::int64_t> interval = parse_duration_ms(command.interval);
  if (!interval.ok()) return interval.error().in("--interval");
  out.interval_ms = interval.value();
  if (!command.max_age.empty()) {
    const Result<std::int64_t> age = parse_duration_ms(command.max_age);
    if (!age.ok()) return age.error().in("--max-age");
    out.monitor.max_age_ms = age.value();
  }
  out.monitor.follow.stop = &session.stop();
  out.monitor.follow.progress = log_progress(session.console);
  return out;
}

verifier::monitor::MonitorPorts ports_of(api::Client& client, reputation::Store& store,
                                         const VerifyCommand& command) {
  verifier::monitor::MonitorPorts ports = log_ports(client, store);
  const auto input = [&client](const wire::Input& it) { return client.get_blob(it.sha256); };
  if (command.inputs) ports.plans = verifier::monitor::plans_from(input);
  if (command.disputes) {
    ports.disputes = verifier::monitor::disputes_from(
        input, [&client](const Digest& digest) { return client.get_blob(digest); });
  }
  return ports;
}

// The two heads of a fork, where whoever watches will find them.
void keep_evidence(Session& session, const VerifyCommand& command, const Look& look) {
  if (!look.update.evidence) return;
  std::string path = command.evidence;
  if (path.empty()) path = (command.state.empty() ? "" : command.state + "/") + "equivocation.json";
  const std::string text =
      verifier::monitor::two_heads_text(look.update.head.checkpoint.origin, *look.update.evidence);
  const Status kept = write_file_durably(path, as_bytes(text));
  session.console.say(kept.ok() ? "both signed heads are in " + path
                                : "the signed heads could not be kept: " + kept.error().what);
}

Status keep_known_head(const VerifyCommand& command, const Look& look) {
  if (command.known_head.empty() || !look.update.good()) return {};
  const Status kept = write_file_durably(command.known_head, as_bytes(look.update.note));
  return kept.ok() ? kept : Status(kept.error().in("--known-head"));
}

// A log that cannot be followed any further: forked, or at a leaf that nothing can come after.
bool is_over(const Look& look) {
  return look.update.evidence || std::ranges::any_of(look.update.findings, [&](const auto& it) {
           return it.leaf == look.update.size &&
                  look.update.size < look.update.head.checkpoint.size;
         });
}

int follow(Session& session, const VerifyCommand& command, const Options& options,
           Monitor& monitor) {
  Console& console = session.console;
  int code = 0;
  bool first = true;
  std::int64_t pause_ms = options.interval_ms;
  while (!session.stopped()) {
    const Result<Look> look = monitor.look();
    if (look.ok()) {
      code = look.value().exit_code;
      pause_ms = options.interval_ms;
      if (first || look.value().update.size > look.value().update.old_size ||
          !look.value().fresh.empty()) {
        console.out(look_line(console, monitor, look.value()));
      }
      first = false;
      keep_evidence(session, command, look.value());
      if (Status kept = keep_known_head(command, look.value()); !kept.ok()) {
        return console.error(kept.error());
      }
      if (is_over(look.value())) return code;
    } else if (look.error().code == Code::network || look.error().code == Code::rate_limited) {
      pause_ms = std::max(options.interval_ms, std::min(kPauseMaxMs, pause_ms * 2));
      console.say(look.error().what + "; trying again in " + duration_text(pause_ms));
    } else if (look.error().code != Code::interrupted) {
      return console.error(look.error());
    }
    for (std::int64_t left = pause_ms; left > 0 && !session.stopped(); left -= kLookForStopMs) {
      system_clock().sleep(std::min(left, kLookForStopMs));
    }
  }
  return code;
}

int verify_once(Session& session, const VerifyCommand& command, Monitor& monitor) {
  Console& console = session.console;
  const Result<Look> look = monitor.look();
  if (!look.ok()) return console.error(look.error());
  keep_evidence(session, command, look.value());
  if (Status kept = keep_known_head(command, look.value()); !kept.ok()) {
    return console.error(kept.error());
  }
  show_look(console, monitor, look.value(), !command.known_head.empty() || !command.state.empty());
  return look.value().exit_code;
}

int log_verify(Session& session, const VerifyCommand& command) {
  Console& console = session.console;
  const Result<Options> options = options_of(session, command);
  if (!options.ok()) return console.error(options.error());
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  Result<wire::Trust> trust = whom_to_trust(session, *client.value(), command.policy);
  if (!trust.ok()) return console.error(trust.error().in("--policy"));
  const Result<std::string> known = known_head(command.known_head);
  if (!known.ok()) return console.error(known.error().in("--known-head"));
  std::unique_ptr<reputation::Store> store = verifier::monitor::make_memory_state();
  if (!command.state.empty()) {
    Result<std::unique_ptr<reputation::Store>> opened =
        verifier::monitor::open_state(command.state);
    if (!opened.ok()) return console.error(opened.error().in("--state"));
    store = std::move(opened).value();
  }
  const Result<std::unique_ptr<Monitor>> monitor =
      Monitor::open(ports_of(*client.value(), *store, command), std::move(trust).value(),
                    options.value().monitor, known.value());
  if (!monitor.ok()) return console.error(monitor.error());
  return command.follow ? follow(session, command, options.value(), *monitor.value())
                        : verify_once(session, command, *monitor.value());
}

}  // namespace

verifier::monitor::MonitorPorts log_ports(api::Client& client, reputation::Store& store) {
  return {store, [&client] { return client.checkpoint(); },
          [&client](const wire::TilePath& path) { return client.tile(wire::tile_path_text(path)); },
          system_clock(), verifier::monitor::plans_from({})};
}

void add_log_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* log = app.add_subcommand("log", "The transparency log behind all of it");
  log->require_subcommand(1);
  log->footer("Example:\n  assay log verify --known-head head.txt");
  add_log_prove(*log, chosen);
  CLI::App* verify = add_command(
      *log, chosen, "verify",
      "Checks the whole log, and that its verifier did what the log says it owes",
      "assay log verify --policy policy.txt --state monitor\n"
      "  assay log verify --policy policy.txt --state monitor --follow --max-age 1h -o ndjson\n\n"
      "Needs the log's tiles and nothing else. A finding is a fault (shown by what was signed) or\n"
      "a silence (something due has not come); the exit code is that of the gravest one:\n"
      "  20 split_view                            10 bad_head, bad_signature\n"
      "  16 rolled_back, stale_log                12 wrong_tiles, altered_entry, wrong_draw\n"
      "  14 broken_rule, wrong_dispute, wrong_ruling   8 not_a_leaf\n"
      "  13 other_policy, wrong_steps, wrong_opening, wrong_verdict, wrong_summary, wrong_slash\n"
      "  11 unopened_verdict, missing_draw, missing_verdict, missing_slash, missing_dispute_end,\n"
      "     missing_ruling, missing_snapshot");
  const auto options = add_run(*verify, chosen, log_verify);
  verify->add_option("--policy", options->policy, "Whom you trust: the verifier's policy.txt")
      ->envname("ASSAY_POLICY");
  verify->add_option("--known-head", options->known_head,
                     "The head seen before: read, compared, and then replaced by the new one");
  verify->add_option("--state", options->state,
                     "A folder that keeps the log as far as it was followed: nothing is fetched "
                     "or checked twice, and what was found is remembered");
  verify->add_flag("--follow", options->follow,
                   "Goes on until it is stopped: a line for each new head and each finding");
  verify->add_option("--interval", options->interval, "Between two looks, with --follow")
      ->capture_default_str();
  verify->add_option("--max-age", options->max_age,
                     "A log with nothing new for longer is a finding (such as 1h)");
  verify->add_flag("--inputs", options->inputs,
                   "Fetches inputs of orders, so that what was drawn of them can be derived too");
  verify->add_flag("--disputes", options->disputes,
                   "Fetches what was said in disputes, and replays them to their end");
  verify->add_option("--evidence", options->evidence,
                     "Where the two heads of a forked log go (default: equivocation.json)");
}

}  // namespace assay::cli
