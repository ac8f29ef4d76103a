#include "api/cli/stake_commands.h"

#include <CLI/CLI.hpp>

#include "api/cli/renter_key.h"
#include "api/cli/units.h"
#include "core/crypto/key_file.h"
#include "core/wire/dsse.h"
#include "core/wire/stake.h"

namespace assay::cli {
namespace {

using wire::Json;
using wire::StakeMove;

struct StakeCommand {
  StakeMove move = StakeMove::bond;
  std::string provider;
  std::string amount;
  std::string reference;
  std::string key;
};

// Unlike a renter's, an operator's key means nothing unless a policy names it: it is not made here.
Result<SigningKey> operator_key(const std::string& path) {
  if (Result<bool> there = key_file_is_encrypted(path); !there.ok()) {
    if (there.error().code != Code::not_found) return there.error();
    return fail(Code::not_found, "there is no " + path + ": `assay stake init --key " + path +
                                     "` makes an operator's key, whose hex belongs in the "
                                     "policy's `operators`");
  }
  Result<RenterKey> key = renter_key(path);
  if (!key.ok()) return key.error();
  return std::move(key.value().key);
}

int stake_move(Session& session, const StakeCommand& command) {
  Console& console = session.console;
  const Result<std::uint64_t> amount = parse_price_micros(command.amount);
  if (!amount.ok()) return console.error(amount.error().in("--amount"));
  const Result<SigningKey> key = operator_key(command.key);
  if (!key.ok()) return console.error(key.error().in("--key"));
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<Json> provider = find_provider(*client.value(), command.provider);
  if (!provider.ok()) return console.error(provider.error());
  const Result<PublicKey> whose = PublicKey::parse_hex(text_of(provider.value(), "key"));
  if (!whose.ok()) return console.error(whose.error().in("the verifier's answer"));
  const std::string text = wire::statement_text(
      wire::stake_statement({whose.value(), command.move, amount.value(), command.reference}));
  const Result<api::Accepted> accepted =
      client.value()->submit(wire::Kind::stake, wire::seal(key.value(), text));
  if (!accepted.ok()) return console.error(accepted.error());
  const std::string move(wire::stake_move_name(command.move));
  const std::string leaf = std::to_string(accepted.value().log_index);
  console.result(
      Json::object({{"provider", text_of(provider.value(), "id")},
                    {"move", move},
                    {"amount_micros", std::to_string(amount.value())},
                    {"reference", command.reference},
                    {"log_index", accepted.value().log_index},
                    {"already_known", accepted.value().already_known}}),
      {{},
       {{"provider", text_of(provider.value(), "name")},
        {move, price_text(amount.value())},
        {"logged", "leaf " + leaf + (accepted.value().already_known ? ", before" : "")}}});
  return 0;
}

int stake_init(Session& session, const StakeCommand& command) {
  Console& console = session.console;
  const Result<bool> there = key_file_is_encrypted(command.key);
  if (there.ok() || there.error().code != Code::not_found) {
    return console.error(fail(Code::conflict, command.key + " is there already"));
  }
  const Result<RenterKey> key = renter_key(command.key);
  if (!key.ok()) return console.error(key.error().in("--key"));
  const std::string hex = key.value().key.public_key().hex();
  console.result(Json::object({{"key", hex}, {"file", command.key}}),
                 {{}, {{"file", command.key}, {"for the policy's operators", hex}}});
  return 0;
}

void add_move(CLI::App& stake, Chosen& chosen, StakeMove move, const char* description) {
  const std::string name(wire::stake_move_name(move));
  CLI::App* command = add_command(stake, chosen, name, description,
                                  "assay stake " + name +
                                      " alder --amount 100 --reference 'transfer 17' \\\n"
                                      "      --key operator.key");
  const auto options = add_run(*command, chosen, stake_move);
  options->move = move;
  command->add_option("provider", options->provider, "Its id, the beginning of its id, or its name")
      ->required();
  command->add_option("--amount", options->amount, "In the policy's currency: 100, 0.25")
      ->required();
  command
      ->add_option("--reference", options->reference,
                   "Names the payment, 1..128 bytes; each name is taken once")
      ->required();
  command->add_option("--key", options->key, "The operator's key file")->required();
}

}  // namespace

void add_stake_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* stake = app.add_subcommand("stake", "Tells the log of bonds, as the policy's operator");
  stake->require_subcommand(1);
  stake->footer(
      "Example:\n  assay stake bond alder --amount 100 --reference 'transfer 17' "
      "--key operator.key");
  CLI::App* init = add_command(*stake, chosen, "init", "Makes an operator's key",
                               "assay stake init --key operator.key", Asks::nobody);
  init->add_option("--key", add_run(*init, chosen, stake_init)->key, "The file to make")
      ->required();
  add_move(*stake, chosen, StakeMove::bond, "A provider paid in");
  add_move(*stake, chosen, StakeMove::unbond, "A provider takes out what is not locked to jobs");
  add_move(*stake, chosen, StakeMove::delegate, "Somebody else paid in for a provider");
  add_move(*stake, chosen, StakeMove::undelegate, "Somebody else takes out");
}

}  // namespace assay::cli
