#include "api/cli/slash_appeal.h"

#include <CLI/CLI.hpp>

#include "api/cli/renter_key.h"
#include "api/cli/units.h"
#include "core/base/random.h"
#include "core/crypto/key_file.h"
#include "core/wire/appeal.h"
#include "core/wire/dsse.h"

namespace assay::cli {
namespace {

using wire::Json;

struct AppealCommand {
  std::string id;
  std::string key;
  std::string remark;
};

// The key that the slashed provider signs with: it is never made here.
Result<SigningKey> provider_key(const std::string& path) {
  if (Result<bool> there = key_file_is_encrypted(path); !there.ok()) {
    if (there.error().code != Code::not_found) return there.error();
    return fail(Code::not_found, "there is no " + path +
                                     ": an appeal is signed with the key of the provider that was "
                                     "slashed, the one that assay-prover runs with");
  }
  Result<RenterKey> key = renter_key(path);
  if (!key.ok()) return key.error();
  return std::move(key.value().key);
}

bool is_true(const Json& json, const char* name) {
  const Json* found = json.find(name);
  return found != nullptr && found->is_bool() && found->as_bool();
}

// Whose slash it is, and whether it may be appealed at all.
Status check_appeal(const Json& slash, const PublicKey& key) {
  if (text_of(slash, "provider") != key_id(key)) {
    return fail(Code::permission, "not your slash: slash " + text_of(slash, "id") +
                                      " is about provider " + text_of(slash, "provider") +
                                      ", and this key is provider " + key_id(key));
  }
  const Json& appeal = member_of(slash, "appeal");
  if (is_true(appeal, "possible")) return {};
  return fail(Code::conflict, "slash " + text_of(slash, "id") +
                                  " cannot be appealed: " + text_of(appeal, "why_not"));
}

Result<wire::Statement> statement_of(const Json& slash, const AppealCommand& command,
                                     const PublicKey& key) {
  const Result<std::uint64_t> index = wire::parse_u64(text_of(slash, "id"));
  const Result<std::uint64_t> deposit =
      wire::parse_u64(text_of(member_of(slash, "appeal"), "deposit_micros"));
  const Result<Digest> about = Digest::parse_hex(text_of(slash, "statement"));
  if (!index.ok() || !deposit.ok() || !about.ok()) {
    return fail(Code::network, "the verifier's answer makes no sense");
  }
  wire::Appeal appeal;
  appeal.slash_index = index.value();
  appeal.provider = key;
  appeal.deposit_micros = deposit.value();
  system_random().fill(appeal.nonce.bytes);
  appeal.remark = command.remark;
  wire::Statement statement = wire::appeal_statement(appeal, about.value());
  const Result<wire::Appeal> sound = wire::parse_appeal(wire::statement_text(statement));
  if (!sound.ok()) return sound.error().in("--remark");
  return statement;
}

std::string next_text(const Json& slash, std::uint64_t deposit) {
  const std::string stake = deposit > 0 ? " and the deposit is given back" : "";
  std::string text = "granted, undecided or not decided in time: the slash is reversed" + stake +
                     "; refuted: it is final";
  if (deposit > 0) text += " and the deposit is lost";
  if (text_of(slash, "fault") == "withheld") {
    text += ". Openings that you deliver before finality reverse it at no cost";
  } else if (text_of(slash, "fault") == "equivocation") {
    text += ". Only the two signatures are looked at again";
  }
  return text;
}

int slash_appeal(Session& session, const AppealCommand& command) {
  Console& console = session.console;
  const Result<SigningKey> key = provider_key(command.key);
  if (!key.ok()) return console.error(key.error().in("--key"));
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<Json> slash = client.value()->slash(command.id);
  if (!slash.ok()) return console.error(slash.error());
  const PublicKey own = key.value().public_key();
  if (Status may = check_appeal(slash.value(), own); !may.ok()) return console.error(may.error());
  const Result<wire::Statement> statement = statement_of(slash.value(), command, own);
  if (!statement.ok()) return console.error(statement.error());
  const Json& terms = member_of(slash.value(), "appeal");
  const std::string deposit = text_of(terms, "deposit_micros");
  const std::uint64_t micros = wire::parse_u64(deposit).value();

  Json document = Json::object({{"slash", text_of(slash.value(), "id")},
                                {"provider", text_of(slash.value(), "provider")},
                                {"deposit_micros", deposit},
                                {"until", text_of(terms, "until")},
                                {"sent", !session.shared.dry_run}});
  Table table{{},
              {{"slash", text_of(slash.value(), "id")},
               {"fault", text_of(slash.value(), "fault")},
               {"deposit", micros == 0 ? "none" : price_text(micros) + ", locked until the ruling"},
               {"may be sent", "until " + text_of(terms, "until")}}};
  if (session.shared.dry_run) {
    table.rows.push_back({"sent", "no: --dry-run"});
  } else {
    const Result<api::Accepted> accepted = client.value()->submit(
        wire::Kind::appeal, wire::seal(key.value(), wire::statement_text(statement.value())));
    if (!accepted.ok()) return console.error(accepted.error());
    const Result<Json> after = client.value()->slash(command.id);
    const std::string decide_until =
        after.ok() ? text_of(member_of(after.value(), "appeal"), "decide_until") : "";
    document.set("log_index", accepted.value().log_index).set("decide_until", decide_until);
    table.rows.push_back({"logged", "leaf " + std::to_string(accepted.value().log_index)});
    table.rows.push_back({"decided", "until " + decide_until});
  }
  const std::string next = next_text(slash.value(), micros);
  table.rows.push_back({"next", next});
  document.set("next", next);
  console.result(document, table);
  return 0;
}

}  // namespace

void add_slash_appeal(CLI::App& slash, Chosen& chosen) {
  CLI::App* command = add_command(
      slash, chosen, "appeal", "Contests a slash, with the provider's key; once, before finality",
      "assay slash appeal 42 --key provider.key --remark 'see ticket 17'");
  const auto options = add_run(*command, chosen, slash_appeal);
  command->add_option("id", options->id, "The slash: a log index")->required();
  command->add_option("--key", options->key, "The key file of the slashed provider")->required();
  command->add_option("--remark", options->remark, "For people, up to 500 bytes; it is logged");
  command->get_option("--dry-run")
      ->description("Says what it would cost and come to; sends nothing");
}

}  // namespace assay::cli
