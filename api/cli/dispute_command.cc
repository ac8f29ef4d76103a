#include "api/cli/dispute_command.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "api/cli/checks.h"
#include "api/cli/renter_key.h"
#include "api/cli/units.h"
#include "api/command/whole_number.h"
#include "core/base/file.h"
#include "core/base/time.h"
#include "core/compute/dispute/case.h"
#include "core/wire/attestation.h"
#include "core/wire/dsse.h"
#include "core/wire/leaf.h"
#include "core/wire/receipt.h"
#include "core/wire/tlog_proof.h"
#include "verifier/rerun.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::int64_t kAskEveryMs = 200;
constexpr std::size_t kStateBytesMax = 4096;

struct DisputeCommand {
  std::string job;
  std::string state = "dispute.json";
  std::string key;
  std::uint64_t deposit_micros = 0;
};

// What is disputed, out of the job's receipt.
struct Disputed {
  wire::Order order;
  wire::Attestation attestation;
  Digest attestation_digest;
  std::uint64_t attestation_index = 0;
  wire::Trace trace;
  std::shared_ptr<const compute::Program> program;
};

Result<std::pair<wire::LogLeaf, std::uint64_t>> entry_of(const wire::CaseFile& file,
                                                         wire::Kind kind) {
  for (const wire::LoggedEntry& entry : file.entries) {
    if (entry.name != wire::entry_name(kind)) continue;
    const Result<wire::TlogProof> proof = wire::parse_tlog_proof(entry.proof);
    if (!proof.ok()) return proof.error();
    if (!proof.value().extra) break;
    Result<wire::LogLeaf> leaf = wire::parse_leaf(*proof.value().extra);
    if (!leaf.ok()) return leaf.error();
    if (Status sealed = wire::verify_leaf(leaf.value()); !sealed.ok()) return sealed.error();
    return std::pair{std::move(leaf).value(), proof.value().index};
  }
  return fail(Code::no_evidence,
              "the receipt has no " + std::string(wire::entry_name(kind)) + " of this job");
}

Result<Disputed> read_disputed(api::Client& client, const std::string& job) {
  const Result<std::string> text = client.receipt(job);
  if (!text.ok()) return text.error();
  const Result<wire::CaseFile> file = wire::parse_case_file(text.value());
  if (!file.ok()) return file.error();
  const auto order = entry_of(file.value(), wire::Kind::order);
  if (!order.ok()) return order.error();
  const auto attested = entry_of(file.value(), wire::Kind::attestation);
  if (!attested.ok()) return attested.error();
  Disputed out;
  Result<wire::Order> said = wire::parse_order(order.value().first.payload);
  if (!said.ok()) return said.error();
  out.order = std::move(said).value();
  Result<wire::Attestation> attestation = wire::parse_attestation(attested.value().first.payload);
  if (!attestation.ok()) return attestation.error();
  out.attestation = std::move(attestation).value();
  out.attestation_digest = attested.value().first.pae_digest;
  out.attestation_index = attested.value().second;
  if (out.attestation.job != order.value().first.pae_digest ||
      sha256(file.value().trace) != out.attestation.trace_blob) {
    return fail(Code::unbound, "the receipt's parts do not belong together");
  }
  const compute::InputSource inputs(
      [&client](const wire::Input& input) { return client.get_blob(input.sha256); });
  Result<std::unique_ptr<compute::Program>> program = compute::load_program(out.order.spec, inputs);
  if (!program.ok()) return program.error();
  out.program = std::move(program).value();
  Result<wire::Trace> trace = wire::parse_trace_file(file.value().trace, out.program->plan().steps);
  if (!trace.ok()) return trace.error();
  out.trace = std::move(trace).value();
  return out;
}

// The dispute this state file is about; empty when there is none yet.
Result<std::string> read_state(const DisputeCommand& command) {
  const Result<Bytes> bytes = read_file(command.state, kStateBytesMax);
  if (!bytes.ok() && bytes.error().code == Code::not_found) return std::string();
  if (!bytes.ok()) return bytes.error().in("--state");
  const Result<Json> json = wire::parse_json(as_text(bytes.value()));
  if (!json.ok() || text_of(json.value(), "job") != command.job) {
    return fail(Code::conflict, command.state + " is the state of another dispute");
  }
  return text_of(json.value(), "dispute");
}

// Opens the dispute. The same statement again is the same dispute, so that a crash before the state
// file is written costs nothing.
Result<std::string> open_dispute(api::Client& client, const DisputeCommand& command,
                                 const Disputed& disputed, std::uint32_t step,
                                 const SigningKey& key) {
  const std::uint64_t deposit =
      std::max({command.deposit_micros, disputed.order.price_micros, std::uint64_t{1}});
  const wire::Statement statement =
      wire::dispute_statement({disputed.attestation_index, disputed.attestation_digest,
                               disputed.attestation.job, step, key.public_key(), deposit});
  const Result<api::Accepted> accepted =
      client.submit(wire::Kind::dispute, wire::seal(key, wire::statement_text(statement)));
  if (!accepted.ok()) return accepted.error();
  const std::string id = std::to_string(accepted.value().log_index);
  const std::string text = Json::object({{"job", command.job}, {"dispute", id}}).pretty() + "\n";
  if (Status kept = write_file_durably(command.state, as_bytes(text)); !kept.ok()) {
    return kept.error().in("--state");
  }
  return id;
}

Result<std::unique_ptr<compute::DisputeCase>> replay(api::Client& client, const Disputed& disputed,
                                                     const Json& document,
                                                     const compute::Engine& engine) {
  auto out =
      compute::DisputeCase::open(disputed.program, disputed.trace,
                                 static_cast<std::uint32_t>(number_of(document, "step")), engine);
  if (!out.ok()) return out.error();
  for (const Json& item : items_of(document, "moves")) {
    wire::Fields in(item, "move");
    const wire::Move move = wire::read_move(in);
    if (Status read = in.finish_open(); !read.ok()) return read.error();
    Result<Bytes> blob =
        move.blob == Digest{} ? Result<Bytes>(Bytes{}) : client.get_blob(move.blob);
    if (!blob.ok()) return blob.error();
    if (Status moved = out.value()->move(move, blob.value()); !moved.ok()) return moved.error();
  }
  return out;
}

Status make_move(api::Client& client, const Disputed& disputed, const verifier::Rerun& rerun,
                 const Json& document, const SigningKey& key, const compute::Engine& engine) {
  const auto state = replay(client, disputed, document, engine);
  if (!state.ok()) return state.error();
  compute::TapeRun run(state.value()->tape(), rerun.states(), engine);
  const Result<compute::ChallengerMove> next =
      compute::next_challenge(state.value()->dispute(), run);
  if (!next.ok()) return next.error();
  const wire::Move move = compute::move_of(next.value());
  if (const Bytes* file = std::get_if<Bytes>(&next.value())) {
    if (Status put = client.put_blob(move.blob, *file); !put.ok()) return put;
  }
  const Result<std::uint64_t> index = wire::parse_u64(text_of(document, "id"));
  const Result<Digest> opening = Digest::parse_hex(text_of(document, "statement"));
  if (!index.ok() || !opening.ok()) {
    return fail(Code::network, "the verifier's answer makes no sense");
  }
  const auto number = static_cast<std::uint32_t>(items_of(document, "moves").size());
  const wire::Statement statement =
      wire::dispute_move_statement({index.value(), number, move}, opening.value());
  const Result<api::Accepted> said =
      client.submit(wire::Kind::dispute_move, wire::seal(key, wire::statement_text(statement)));
  return said.ok() ? Status() : said.error();
}

// Moves until somebody has lost. Returns the dispute as it ended.
Result<Json> play(Session& session, api::Client& client, const Disputed& disputed,
                  const verifier::Rerun& rerun, const std::string& id, const SigningKey& key,
                  const compute::Engine& engine) {
  std::size_t told = 0;
  while (!session.stopped()) {
    Result<Json> document = client.dispute(id);
    if (!document.ok()) return document;
    const std::size_t moves = items_of(document.value(), "moves").size();
    if (moves > told) session.console.say("move " + std::to_string(moves) + " is logged");
    told = moves;
    if (!text_of(document.value(), "lost").empty()) return document;
    if (text_of(document.value(), "turn") == "challenger") {
      const Status moved = make_move(client, disputed, rerun, document.value(), key, engine);
      if (!moved.ok()) return moved.error();
      continue;
    }
    system_clock().sleep(kAskEveryMs);
  }
  return fail(Code::interrupted, "the dispute goes on: run the same command again");
}

int slash_dispute(Session& session, const DisputeCommand& command) {
  Console& console = session.console;
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<RenterKey> key = renter_key(command.key);
  if (!key.ok()) return console.error(key.error());
  Result<std::string> id = read_state(command);
  if (!id.ok()) return console.error(id.error());
  const Result<Disputed> disputed = read_disputed(*client.value(), command.job);
  if (!disputed.ok()) return console.error(disputed.error());
  const compute::Engine engine = machine_engine();
  console.say("running the job again");
  const Result<verifier::Rerun> rerun =
      verifier::Rerun::run(*disputed.value().program, disputed.value().trace,
                           disputed.value().program->plan().steps, engine);
  if (!rerun.ok()) return console.error(rerun.error());
  if (!rerun.value().departs()) {
    console.say("every step is what the provider says: there is nothing to dispute");
    console.result_for_programs(
        Json::object({{"job", command.job}, {"status", "nothing to dispute"}}));
    return 0;
  }
  const std::uint32_t step = *rerun.value().departs();
  console.say("step " + std::to_string(step) + " comes out otherwise here");
  if (id.value().empty()) {
    id = open_dispute(*client.value(), command, disputed.value(), step, key.value().key);
    if (!id.ok()) return console.error(id.error());
  }
  const Result<Json> end = play(session, *client.value(), disputed.value(), rerun.value(),
                                id.value(), key.value().key, engine);
  if (!end.ok()) return console.error(end.error());
  const Json& it = end.value();
  console.result(it, {{},
                      {{"dispute", text_of(it, "id")},
                       {"step", std::to_string(step)},
                       {"lost by", text_of(it, "lost")},
                       {"cause", text_of(it, "cause")}}});
  return text_of(it, "lost") == "provider" ? 0 : static_cast<int>(Code::mismatch);
}

}  // namespace

void add_dispute_command(CLI::App& slash, Chosen& chosen) {
  CLI::App* command =
      add_command(slash, chosen, "dispute",
                  "Runs a job again and disputes the first step that comes out otherwise",
                  "assay slash dispute 3f5a… --verifier http://localhost:8080");
  const auto options = add_run(*command, chosen, slash_dispute);
  command->add_option("job", options->job, "The job's id")->required();
  command->add_option("--state", options->state,
                      "Remembers the dispute here, so that the same command goes on with it");
  command->add_option("--key", options->key, "The challenger's key; not the provider's");
  command
      ->add_option("--deposit-micros", options->deposit_micros,
                   "Forfeited when the dispute is lost; at least the job's price")
      ->check(command::whole_number(0, kPriceMaxMicros));
}

}  // namespace assay::cli
