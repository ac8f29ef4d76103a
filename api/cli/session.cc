#include "api/cli/session.h"

#include <algorithm>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "api/cli/units.h"
#include "core/base/file.h"

namespace assay::cli {

using wire::Json;

namespace {

constexpr std::size_t kPrefixMin = 4;
constexpr std::size_t kPagesMax = 10'000;

std::string provider_line(const Json& provider) {
  return text_of(provider, "id").substr(0, 16) + " (" + text_of(provider, "name") + ")";
}

}  // namespace

Result<std::unique_ptr<api::Client>> Session::connect() {
  if (shared.verifier.empty()) {
    return fail(Code::usage,
                "which verifier? Give --verifier http://127.0.0.1:8790, set ASSAY_VERIFIER, or "
                "write verifier = \"http://127.0.0.1:8790\" into assay.toml");
  }
  return connect_to(shared.verifier);
}

Result<std::unique_ptr<api::Client>> Session::connect_to(const std::string& verifier) {
  const Result<std::int64_t> timeout = parse_duration_ms(shared.timeout);
  if (!timeout.ok()) return timeout.error().in("--timeout");
  api::ClientOptions options;
  options.read_timeout_ms = timeout.value();
  options.connect_timeout_ms = std::min(options.connect_timeout_ms, timeout.value());
  const ShownCalls shown{shared.explain || shared.verbose, shared.curl, shared.dry_run};
  options.watch = watch_calls(console, shown, held_);
  Result<std::unique_ptr<api::Client>> client = api::Client::connect(verifier, options);
  if (!client.ok()) return client.error().in("--verifier " + verifier);
  return client;
}

namespace {

// --timeout, --explain and --curl.
void add_call_options(CLI::App& command, Shared& shared) {
  command.add_option("--timeout", shared.timeout, "Longest wait for one answer")
      ->capture_default_str()
      ->envname("ASSAY_TIMEOUT")
      ->group("Connection");
  command.add_flag("--explain", shared.explain, "Show each HTTP call on stderr")
      ->group("Connection");
  command.add_flag("--curl", shared.curl, "Show each HTTP call on stderr, as a command of curl")
      ->group("Connection");
}

}  // namespace

CLI::App* add_command(CLI::App& parent, Chosen& chosen, const std::string& name,
                      const std::string& description, const std::string& example, Asks asks) {
  CLI::App* command = parent.add_subcommand(name, description);
  // Each command has its own: variables of the environment are read for all commands there are.
  const auto own = std::make_shared<Shared>();
  Shared& shared = *own;
  CLI::Option* const output =
      command->add_option("-o,--output", shared.format, "Form of the result")
          ->capture_default_str()
          ->check(CLI::IsMember(command::format_names()))
          ->envname("ASSAY_OUTPUT")
          ->group("Output");
  command->parse_complete_callback([&chosen, own, output] {
    // CLI11 from 2.3 on passes over a variable that the check refuses. An unknown form is an error.
    const char* const variable = std::getenv("ASSAY_OUTPUT");
    if (output->count() == 0 && variable != nullptr && *variable != '\0') {
      throw CLI::ValidationError("ASSAY_OUTPUT",
                                 std::string(variable) + " is not a form of output");
    }
    chosen.shared = *own;
  });
  command->add_flag("--json", shared.json, "The same as -o json")->group("Output");
  command->add_flag("--no-color", shared.no_color, "No colours (as NO_COLOR=1)")
      ->envname("ASSAY_NO_COLOR")
      ->group("Output");
  command->add_flag("-q,--quiet", shared.quiet, "Errors only on stderr")
      ->envname("ASSAY_QUIET")
      ->group("Output");
  command
      ->add_flag("-v,--verbose", shared.verbose,
                 "Say on stderr which settings count, and each HTTP call")
      ->envname("ASSAY_VERBOSE")
      ->group("Output");
  if (asks == Asks::named) add_call_options(*command, shared);
  if (asks == Asks::verifier) {
    command->add_option("--verifier", shared.verifier, "The verifier's address")
        ->envname("ASSAY_VERIFIER")
        ->group("Connection");
    add_call_options(*command, shared);
    command
        ->add_flag("--dry-run", shared.dry_run,
                   "Send nothing that changes anything: show what would be sent")
        ->group("Connection");
  }
  command->footer("Example:\n  " + example);
  return command;
}

void set_run(CLI::App& command, Chosen& chosen, std::function<int(Session&)> run) {
  command.callback([&chosen, run = std::move(run)] { chosen.run = run; });
}

int finish(Session& session, const Status& status) {
  return status.ok() ? 0 : session.console.error(status.error());
}

Result<Json> find_provider(api::Port& port, const std::string& text) {
  if (Digest::parse_hex(text).ok()) return port.provider(text);
  const Result<Json::Array> providers =
      all_pages([&](const api::Page& page) { return port.providers(page); }, "providers");
  if (!providers.ok()) return providers.error();
  std::vector<const Json*> found;
  for (const Json& provider : providers.value()) {
    const bool by_id = text.size() >= kPrefixMin && text_of(provider, "id").starts_with(text);
    if (by_id || text_of(provider, "name") == text) found.push_back(&provider);
  }
  if (found.size() == 1) return port.provider(text_of(*found[0], "id"));
  if (found.empty()) {
    return fail(Code::not_found, "no provider has the id or the name '" + text +
                                     "'; list them with: assay provider list");
  }
  std::string names = provider_line(*found[0]);
  for (std::size_t i = 1; i < found.size() && i < 5; ++i) names += ", " + provider_line(*found[i]);
  return fail(Code::usage, "'" + text + "' fits " + std::to_string(found.size()) +
                               " providers: " + names + "; give more of the id");
}

Result<wire::Trust> read_trust(const std::string& path) {
  const Result<Bytes> text = read_file(path, wire::kTrustBytesMax);
  if (!text.ok()) {
    Error error = text.error();
    if (error.code == Code::not_found) {
      error.what +=
          "; it is the verifier's policy.txt, which you trust: get it once from its "
          "operator, or from the verifier itself (GET /v1/policy.txt)";
    }
    return error;
  }
  Result<wire::Trust> trust = wire::parse_trust(as_text(text.value()));
  if (!trust.ok()) return trust.error().in(path);
  return trust;
}

Result<wire::Trust> whom_to_trust(Session& session, api::Client& client,
                                  const std::string& policy) {
  if (!policy.empty()) return read_trust(policy);
  const Result<std::string> text = client.trust();
  if (!text.ok()) return text.error();
  session.console.say("no --policy: its keys are taken from the verifier itself this time");
  return wire::parse_trust(text.value());
}

const Json& member_of(const Json& document, std::string_view key) {
  static const Json none;
  const Json* found = document.find(key);
  return found == nullptr ? none : *found;
}

std::string text_of(const Json& document, std::string_view key) {
  const Json& value = member_of(document, key);
  if (value.is_string()) return value.as_string();
  return value.is_null() ? "" : value.dump();
}

std::int64_t number_of(const Json& document, std::string_view key) {
  return member_of(document, key).as_i64().value_or(0);
}

const Json::Array& items_of(const Json& document, std::string_view key) {
  static const Json::Array none;
  const Json& value = member_of(document, key);
  return value.is_array() ? value.items() : none;
}

Result<Json::Array> all_pages(const std::function<Result<Json>(const api::Page&)>& page,
                              const std::string& key) {
  Json::Array all;
  api::Page at{"", 500};
  for (std::size_t n = 0; n < kPagesMax; ++n) {
    const Result<Json> document = page(at);
    if (!document.ok()) return document.error();
    const Json::Array& items = items_of(document.value(), key);
    all.insert(all.end(), items.begin(), items.end());
    const std::string next = text_of(document.value(), "next");
    if (next.empty() || next == at.cursor) return all;
    at.cursor = next;
  }
  return fail(Code::network, "the verifier's list of " + key + " does not end");
}

}  // namespace assay::cli
