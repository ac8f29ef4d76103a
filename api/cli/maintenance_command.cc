#include "api/cli/maintenance_command.h"

#include <CLI/CLI.hpp>

#include "api/cli/renter_key.h"
#include "api/cli/units.h"
#include "core/crypto/key_file.h"
#include "core/wire/dsse.h"
#include "core/wire/policy.h"
#include "core/wire/provider.h"

namespace assay::cli {
namespace {

using wire::Json;

struct MaintenanceCommand {
  std::string key;
  std::string from;
  std::string length;
};

// A provider's key is made by assay-prover, not here.
Result<SigningKey> provider_key(const std::string& path) {
  if (Result<bool> there = key_file_is_encrypted(path); !there.ok()) return there.error();
  Result<RenterKey> key = renter_key(path);
  if (!key.ok()) return key.error();
  return std::move(key.value().key);
}

// How long an uptime window is under the policy that this verifier runs by.
Result<std::int64_t> window_ms(api::Port& port) {
  const Result<std::string> text = port.trust();
  if (!text.ok()) return text.error();
  const Result<wire::Trust> trust = wire::parse_trust(text.value());
  if (!trust.ok()) return trust.error().in("the verifier's policy.txt");
  if (trust.value().policies.empty()) {
    return fail(Code::malformed, "the verifier's policy.txt names no policy");
  }
  const Result<std::string> document = port.policy(trust.value().policies.front().hex());
  if (!document.ok()) return document.error();
  const Result<wire::Policy> policy = wire::parse_policy(document.value());
  if (!policy.ok()) return policy.error();
  return std::int64_t{policy.value().uptime_window_seconds} * 1000;
}

std::int64_t up_to(std::int64_t ms, std::int64_t grid) {
  return (ms + grid - 1) / grid * grid;
}

int maintenance(Session& session, const MaintenanceCommand& command) {
  Console& console = session.console;
  const Result<std::int64_t> from_now = parse_duration_ms(command.from);
  if (!from_now.ok()) return console.error(from_now.error().in("--from"));
  const Result<std::int64_t> length = parse_duration_ms(command.length);
  if (!length.ok()) return console.error(length.error().in("--for"));
  const Result<SigningKey> key = provider_key(command.key);
  if (!key.ok()) return console.error(key.error().in("--key"));
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  // Only windows that lie wholly inside are excused: begin and end with one.
  const Result<std::int64_t> window = window_ms(*client.value());
  if (!window.ok()) return console.error(window.error());
  wire::Maintenance it;
  it.provider = key.value().public_key();
  it.from.ms = up_to(system_clock().unix_now().ms + from_now.value(), window.value());
  it.to = it.from + up_to(length.value(), window.value());
  const std::string text = wire::statement_text(wire::maintenance_statement(it));
  const Result<api::Accepted> accepted =
      client.value()->submit(wire::Kind::maintenance, wire::seal(key.value(), text));
  if (!accepted.ok()) return console.error(accepted.error());
  console.result(Json::object({{"provider", key_id(it.provider)},
                               {"from", to_rfc3339(it.from)},
                               {"to", to_rfc3339(it.to)},
                               {"log_index", accepted.value().log_index}}),
                 {{},
                  {{"provider", key_id(it.provider)},
                   {"from", to_rfc3339(it.from)},
                   {"to", to_rfc3339(it.to)},
                   {"logged", "leaf " + std::to_string(accepted.value().log_index)}}});
  return 0;
}

}  // namespace

void add_maintenance_command(CLI::App& provider, Chosen& chosen) {
  CLI::App* command =
      add_command(provider, chosen, "maintenance",
                  "Announces, as the provider, when it need not answer: 24 hours ahead, at most 4 "
                  "hours of any 30 days",
                  "assay provider maintenance --from 26h --for 2h --key provider.key");
  const auto options = add_run(*command, chosen, maintenance);
  command
      ->add_option("--from", options->from,
                   "How long from now it begins: 26h, 3d; put off to the next uptime window")
      ->required();
  command->add_option("--for", options->length, "How long it takes: 30m, 2h; whole uptime windows")
      ->required();
  command->add_option("--key", options->key, "The provider's key file")->required();
}

}  // namespace assay::cli
