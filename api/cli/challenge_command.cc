#include "api/cli/challenge_command.h"

#include <algorithm>

#include "api/cli/checks.h"
#include "api/cli/renter_key.h"
#include "api/cli/units.h"
#include "api/command/whole_number.h"
#include "core/base/time.h"
#include "core/wire/dsse.h"
#include "core/wire/paid_challenge.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::int64_t kAskEveryMs = 500;

struct ChallengeCommand {
  std::string job;
  std::string key;
  std::uint64_t deposit_micros = 0;
  bool wait = false;
};

// The challenge about a job, as its document has it.
Result<wire::PaidChallenge> challenge_to(const Json& job, const ChallengeCommand& command,
                                         const PublicKey& challenger) {
  const Json* attestation = job.find("attestation");
  if (attestation == nullptr) {
    return fail(Code::not_found, "the job is " + text_of(job, "status") +
                                     ": there is something to challenge once it is attested");
  }
  const Json* index = attestation->find("index");
  const Result<Digest> statement = Digest::parse_hex(text_of(*attestation, "statement"));
  const Result<Digest> id = Digest::parse_hex(text_of(job, "id"));
  const Result<std::uint64_t> price = wire::parse_u64(text_of(job, "price_micros"));
  if (index == nullptr || !index->as_u64() || !statement.ok() || !id.ok() || !price.ok()) {
    return fail(Code::network, "the verifier's answer makes no sense");
  }
  return wire::PaidChallenge{
      .attestation_index = *index->as_u64(),
      .attestation = statement.value(),
      .job = id.value(),
      .challenger = challenger,
      .deposit_micros = std::max({command.deposit_micros, price.value(), std::uint64_t{1}})};
}

bool is_over(const Json& challenge) {
  const std::string status = text_of(challenge, "status");
  return status != "waiting" && status != "audited";
}

void show(Console& console, const Json& it) {
  console.result(it, {{},
                      {{"challenge", text_of(it, "id")},
                       {"status", text_of(it, "status")},
                       {"deposit", text_of(it, "deposit")},
                       {"bounty_micros", text_of(it, "bounty_micros")}}});
}

int slash_challenge(Session& session, const ChallengeCommand& command) {
  Console& console = session.console;
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<RenterKey> key = renter_key(command.key);
  if (!key.ok()) return console.error(key.error());
  const Result<Json> job = client.value()->job(command.job);
  if (!job.ok()) return console.error(job.error());
  const Result<wire::PaidChallenge> challenge =
      challenge_to(job.value(), command, key.value().key.public_key());
  if (!challenge.ok()) return console.error(challenge.error());
  const std::string text = wire::statement_text(wire::paid_challenge_statement(challenge.value()));
  const Result<api::Accepted> accepted =
      client.value()->submit(wire::Kind::paid_challenge, wire::seal(key.value().key, text));
  if (!accepted.ok()) return console.error(accepted.error());
  const std::string id = std::to_string(accepted.value().log_index);
  console.say("challenge " + id + " is logged; its positions are drawn after it");
  Result<Json> document = client.value()->challenge(id);
  while (document.ok() && command.wait && !is_over(document.value())) {
    if (session.stopped()) {
      return console.error(fail(Code::interrupted, "the challenge goes on: it is leaf " + id));
    }
    system_clock().sleep(kAskEveryMs);
    document = client.value()->challenge(id);
  }
  if (!document.ok()) return console.error(document.error());
  show(console, document.value());
  return text_of(document.value(), "status") == "mismatch" ? static_cast<int>(Code::mismatch) : 0;
}

}  // namespace

void add_challenge_command(CLI::App& slash, Chosen& chosen) {
  CLI::App* command = add_command(
      slash, chosen, "challenge", "Pays for another audit of a job: 14 when it finds a fault",
      "assay slash challenge 3f5a… --wait --verifier http://localhost:8080");
  const auto options = add_run(*command, chosen, slash_challenge);
  command->add_option("job", options->job, "The job's id")->required();
  command->add_option("--key", options->key, "The challenger's key; not the provider's");
  command
      ->add_option("--deposit-micros", options->deposit_micros,
                   "Forfeited when it matches; at least the job's price")
      ->check(command::whole_number(0, kPriceMaxMicros));
  command->add_flag("--wait", options->wait, "Wait for what it comes to");
}

}  // namespace assay::cli
