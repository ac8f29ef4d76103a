#include "api/cli/job_submit.h"

#include <algorithm>

#include "api/cli/commits.h"
#include "api/cli/job_commands.h"
#include "api/cli/preview.h"
#include "api/cli/receipt_reader.h"
#include "api/cli/renter_key.h"
#include "api/cli/units.h"
#include "core/base/file.h"
#include "core/wire/dsse.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::int64_t kAskEveryMs = 200;
constexpr std::int64_t kReceiptWaitMs = 10'000;
// An audit may take as long as three askings with their deadlines, after the work itself.
constexpr std::int64_t kAuditPatienceMs = 3'600'000;

struct Sent {
  std::string job;
  std::string key_file;
};

// Nothing is sent that is there already: models are large, and renters order from them again.
Status upload_if_missing(api::Client& client, const Digest& sha256, ByteView bytes) {
  const Result<bool> there = client.has_blob(sha256);
  if (!there.ok()) return there.error();
  return there.value() ? Status() : client.put_blob(sha256, bytes);
}

Status upload_model(Session& session, api::Client& client, const ModelFile& model) {
  Progress progress(session.console, "uploading the model", bytes_text);
  std::uint64_t done = 0;
  for (std::size_t i = 0; i < model.manifest.chunks.size(); ++i) {
    const wire::Input chunk = model.chunk(i);
    progress.at(done, model.manifest.size);
    done += chunk.size_bytes;
    const Status put = upload_if_missing(client, chunk.sha256, model.chunk_bytes(i));
    if (!put.ok()) return put.error().in("the model");
  }
  return {};
}

Status upload(Session& session, api::Client& client, const MadeOrder& made) {
  for (const wire::Input& input : made.order.spec.inputs) {
    session.console.progress("uploading " + input.name + " (" + bytes_text(input.size_bytes) + ")");
    const Status put = upload_if_missing(client, input.sha256, made.inputs.at(input.sha256));
    if (!put.ok()) return put.error().in("input \"" + input.name + "\"");
  }
  return made.model == nullptr ? Status() : upload_model(session, client, *made.model);
}

Status name_provider(api::Client& client, const std::string& text, wire::Order& order) {
  const Result<Json> provider = find_provider(client, text);
  if (!provider.ok()) return provider.error().in("--provider");
  const Result<PublicKey> key = PublicKey::parse_hex(text_of(provider.value(), "key"));
  if (!key.ok()) return key.error().in("--provider: its key");
  order.provider = key.value();
  return {};
}

Result<Sent> send(Session& session, api::Client& client, const SubmitOptions& options,
                  MadeOrder& made) {
  if (!options.provider.empty()) {
    const Status named = name_provider(client, options.provider, made.order);
    if (!named.ok()) return named.error();
  }
  const Result<RenterKey> key = renter_key(options.key);
  if (!key.ok()) return key.error().in("--key");
  if (key.value().made) session.console.say("made your renter key: " + key.value().path);
  made.order.renter = key.value().key.public_key();
  if (Status sent = upload(session, client, made); !sent.ok()) return sent.error();
  const std::string text = wire::statement_text(wire::order_statement(made.order));
  const Result<api::Accepted> accepted =
      client.submit(wire::Kind::order, wire::seal(key.value().key, text));
  if (!accepted.ok()) return accepted.error();
  const Digest id = wire::statement_digest(text);
  if (accepted.value().statement != id) {
    return fail(Code::unbound,
                "the verifier logged another order than was sent: do not rely on it");
  }
  return Sent{id.hex(), key.value().path};
}

bool is_over(const std::string& status) {
  return status == "settled" || status == "failed" || status == "cancelled";
}

// Follows the job until nothing more happens to it.
Result<Json> wait_for(Session& session, api::Client& client, const std::string& id,
                      std::optional<Watcher>& watcher) {
  const SteadyMillis began = system_clock().steady_now();
  std::int64_t patience_ms = kAuditPatienceMs;
  std::string last;
  for (;;) {
    Result<Json> job = client.job(id);
    if (!job.ok()) return job;
    const std::string status = text_of(job.value(), "status");
    if (is_over(status)) return job;
    if (watcher && status == "accepted") watcher->look(client);
    patience_ms = kAuditPatienceMs + number_of(job.value(), "deadline_ms");
    const std::int64_t waited_ms = system_clock().steady_now() - began;
    session.console.progress("job " + id.substr(0, 8) + ": " + status + ", " +
                             duration_text(waited_ms));
    if (session.stopped()) {
      return fail(Code::interrupted, "stopped waiting; the job goes on: assay job status " + id);
    }
    if (waited_ms > patience_ms) {
      return fail(Code::network, "gave up waiting for job " + id + ", which is " + status +
                                     "; ask again with: assay job status " + id);
    }
    system_clock().sleep(kAskEveryMs);
  }
}

// Result and receipt as files.
Status collect(Session& session, api::Client& client, const SubmitOptions& options, Json& job) {
  if (options.out.empty() && options.receipt.empty()) return {};
  const std::string id = text_of(job, "id");
  const Result<std::string> text = fetch_receipt(client, id, kReceiptWaitMs);
  if (!text.ok()) return text.error().in("receipt");
  if (!options.receipt.empty()) {
    const Status written = write_file_durably(options.receipt, as_bytes(text.value()));
    if (!written.ok()) return written.error().in("--receipt");
    job.set("receipt_file", options.receipt);
  }
  if (options.out.empty()) return {};
  session.console.progress("downloading the result");
  const Result<wire::CaseFile> receipt = wire::parse_case_file(text.value());
  if (!receipt.ok()) return receipt.error().in("receipt");
  const Result<Digest> digest = Digest::parse_hex(id);
  if (!digest.ok()) return digest.error();
  const Result<JobResult> result = fetch_result(client, digest.value(), receipt.value());
  if (!result.ok()) return result.error().in("result");
  const Status written = write_file_durably(options.out, result.value().artefact.bytes);
  if (!written.ok()) return written.error().in("--out");
  job.set("result_file", options.out);
  return {};
}

void say_advice(Console& console, const MadeOrder& made) {
  if (const auto advice = advise_on_commits(made.program->plan(), made.order.spec)) {
    console.say("hint: a step does " + std::to_string(advice->ops) +
                " operations for each byte of state that is hashed after it. About " +
                std::to_string(advice->times) + " times as many in a step (" + advice->option +
                ") make hashing a small part of the work");
  }
}

int dry_run(Session& session, const MadeOrder& made) {
  const compute::Plan& plan = made.program->plan();
  Json inputs = Json::array();
  for (const wire::Input& input : made.order.spec.inputs) inputs.push(input.name);
  const Json document = Json::object({{"workload", made.order.spec.workload},
                                      {"parameters", made.order.spec.parameters},
                                      {"inputs", inputs},
                                      {"steps", plan.steps},
                                      {"state_bytes", state_bytes(plan)},
                                      {"reference_cost_ops", plan.reference_cost},
                                      {"result_bytes", plan.result_bytes},
                                      {"price_micros", wire::u64_text(made.order.price_micros)}});
  session.console.result(document, {{},
                                    {{"workload", made.order.spec.workload},
                                     {"parameters", made.order.spec.parameters.dump()},
                                     {"inputs", inputs.dump()},
                                     {"steps", std::to_string(plan.steps)},
                                     {"state", bytes_text(state_bytes(plan))},
                                     {"operations", std::to_string(plan.reference_cost)},
                                     {"result", bytes_text(plan.result_bytes)},
                                     {"price", price_text(made.order.price_micros)},
                                     {"sent", "nothing (--dry-run)"}}});
  say_advice(session.console, made);
  return 0;
}

}  // namespace

int job_submit(Session& session, const SubmitOptions& options) {
  Console& console = session.console;
  if (!options.wait && (!options.out.empty() || !options.receipt.empty())) {
    return console.error(fail(Code::usage,
                              "--out and --receipt need --wait; or fetch them later "
                              "with assay job result and assay job receipt"));
  }
  Result<MadeOrder> made = make_order(options.order, system_random());
  if (!made.ok()) return console.error(made.error());
  if (const auto chosen = made.value().steps_per_commit) {
    console.say("the order says \"steps_per_commit\": " + std::to_string(*chosen) +
                ", chosen here so that hashing states is little beside the work");
  }
  if (session.shared.dry_run) return dry_run(session, made.value());
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<Sent> sent = send(session, *client.value(), options, made.value());
  if (!sent.ok()) return console.error(sent.error());
  const std::string& id = sent.value().job;
  if (!options.wait) {
    console.say("follow it with: assay job status " + id);
    console.result(Json::object({{"id", id}, {"status", "open"}}), {{}, {{"job", id}}});
    return 0;
  }
  std::optional<Watcher> watcher = watcher_of(console, made.value(), id);
  Result<Json> job = wait_for(session, *client.value(), id, watcher);
  if (!job.ok()) return console.error(job.error());
  if (Status verdict = job_verdict(job.value()); !verdict.ok()) {
    console.result(job.value(), job_table(job.value()));
    return console.error(verdict.error());
  }
  if (watcher) watcher->finish(*client.value());
  if (Status got = collect(session, *client.value(), options, job.value()); !got.ok()) {
    return console.error(got.error());
  }
  console.result(job.value(), job_table(job.value()));
  return 0;
}

}  // namespace assay::cli
