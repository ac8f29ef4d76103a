#include "api/cli/job_commands.h"

#include <CLI/CLI.hpp>

#include "api/cli/job_submit.h"
#include "api/cli/order_examples.h"
#include "api/cli/order_options.h"
#include "api/cli/preview.h"
#include "api/cli/receipt_reader.h"
#include "api/cli/renter_key.h"
#include "api/cli/units.h"
#include "core/base/file.h"
#include "core/wire/dsse.h"
#include "core/wire/events.h"
#include "core/wire/stake.h"

namespace assay::cli {

using wire::Json;

namespace {

constexpr std::int64_t kReceiptWaitMs = 3'000;

struct AskedJob {
  Digest id;
  std::unique_ptr<api::Client> client;
};

Result<AskedJob> ask_about(Session& session, const std::string& text) {
  const Result<Digest> id = Digest::parse_hex(text);
  if (!id.ok()) {
    return fail(Code::malformed, "'" + text + "' is not a job: they are 64 lower-case hex " +
                                     "digits, as assay job submit prints them");
  }
  Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return client.error();
  return AskedJob{id.value(), std::move(client).value()};
}

int job_status(Session& session, const std::string& id) {
  const Result<AskedJob> asked = ask_about(session, id);
  if (!asked.ok()) return session.console.error(asked.error());
  const Result<Json> job = asked.value().client->job(id);
  if (!job.ok()) return session.console.error(job.error());
  session.console.result(job.value(), job_table(job.value()));
  return 0;
}

struct ReceiptOptions {
  std::string id;
  std::string out;
  std::string export_to;
};

Result<std::string> export_from(const std::string& text, const ReceiptOptions& options) {
  const Result<wire::CaseFile> file = wire::parse_case_file(text);
  if (!file.ok()) return file.error();
  const Result<wire::LogLeaf> leaf = signed_entry(file.value(), "attestation");
  if (!leaf.ok()) return leaf.error();
  if (Status written = export_entry(leaf.value(), options.export_to); !written.ok()) {
    return written.error();
  }
  return key_id(leaf.value().signer);
}

int job_receipt(Session& session, const ReceiptOptions& options) {
  Console& console = session.console;
  const Result<AskedJob> job = ask_about(session, options.id);
  if (!job.ok()) return console.error(job.error());
  api::Client& client = *job.value().client;
  const Result<std::string> text = fetch_receipt(client, options.id, kReceiptWaitMs);
  if (!text.ok()) return console.error(text.error());
  Json document = Json::object({{"job", options.id}});
  if (!options.out.empty()) {
    const Status written = write_file_durably(options.out, as_bytes(text.value()));
    if (!written.ok()) return console.error(written.error().in("--out"));
    document.set("file", options.out).set("bytes", std::uint64_t{text.value().size()});
    console.say("check it with: assay audit " + options.out + " --policy policy.txt");
  }
  if (!options.export_to.empty()) {
    const Result<std::string> signer = export_from(text.value(), options);
    if (!signer.ok()) return console.error(signer.error().in("--export-attestation"));
    document.set("folder", options.export_to).set("signer", signer.value());
    console.say("signed by " + signer.value() + "; check it with:\n  cd " + options.export_to +
                " && openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in pae.bin "
                "-sigfile sig.bin");
  }
  if (options.out.empty() && options.export_to.empty()) {
    console.out(text.value());
  } else {
    console.result_for_programs(document);
  }
  return 0;
}

struct ResultOptions {
  std::string id;
  std::string out;
  bool raw = false;
};

int job_result(Session& session, const ResultOptions& options) {
  Console& console = session.console;
  const Result<AskedJob> job = ask_about(session, options.id);
  if (!job.ok()) return console.error(job.error());
  api::Client& client = *job.value().client;
  const Result<std::string> text = client.receipt(options.id);
  if (!text.ok()) return console.error(text.error());
  const Result<wire::CaseFile> receipt = wire::parse_case_file(text.value());
  if (!receipt.ok()) return console.error(receipt.error().in("receipt"));
  const Result<JobResult> result = fetch_result(client, job.value().id, receipt.value());
  if (!result.ok()) return console.error(result.error());
  const Bytes& bytes = options.raw ? result.value().raw : result.value().artefact.bytes;
  const std::string out = !options.out.empty()
                              ? options.out
                              : (options.raw ? "result.bin" : result.value().artefact.file_name);
  if (Status written = write_file_durably(out, bytes); !written.ok()) {
    return console.error(written.error());
  }
  const std::string provider = key_id(result.value().provider);
  console.result(Json::object({{"file", out},
                               {"bytes", std::uint64_t{bytes.size()}},
                               {"result", result.value().attestation.result.hex()},
                               {"provider", provider}}),
                 {{},
                  {{"file", out + " (" + bytes_text(bytes.size()) + ")"},
                   {"result", result.value().attestation.result.hex()},
                   {"attested by", provider}}});
  return 0;
}

struct SettlementOptions {
  std::string id;
  bool statement = false;
};

int job_settlement(Session& session, const SettlementOptions& options) {
  Console& console = session.console;
  const Result<AskedJob> job = ask_about(session, options.id);
  if (!job.ok()) return console.error(job.error());
  const Result<std::string> sealed = job.value().client->settlement(options.id);
  if (!sealed.ok()) return console.error(sealed.error());
  if (options.statement) {
    console.out(sealed.value() + "\n");
    return 0;
  }
  const Result<wire::Envelope> envelope = wire::parse_envelope(sealed.value());
  if (!envelope.ok()) return console.error(envelope.error());
  const Result<wire::Settlement> said = wire::parse_settlement(as_text(envelope.value().payload));
  if (!said.ok()) return console.error(said.error());
  const wire::Settlement& it = said.value();
  const std::string provider = key_id(it.provider);
  console.result(
      Json::object({{"job", options.id},
                    {"provider", provider},
                    {"price_micros", std::to_string(it.price_micros)},
                    {"payable_micros", std::to_string(it.payable_micros)},
                    {"holdback_micros", std::to_string(it.holdback_micros)},
                    {"released", to_rfc3339(it.released)},
                    {"verdict_index", it.verdict_index},
                    {"tree_size", it.tree_size}}),
      {{},
       {{"provider", provider},
        {"price", price_text(it.price_micros)},
        {"payable now", price_text(it.payable_micros)},
        {"held back", price_text(it.holdback_micros) + ", until " + to_rfc3339(it.released)},
        {"by", it.verdict_index == 0 ? std::string("the coin: it was not audited")
                                     : "the verdict, leaf " + std::to_string(it.verdict_index)}}});
  return 0;
}

struct CancelOptions {
  std::string id;
  std::string key;
};

int job_cancel(Session& session, const CancelOptions& options) {
  Console& console = session.console;
  const Result<AskedJob> job = ask_about(session, options.id);
  if (!job.ok()) return console.error(job.error());
  api::Client& client = *job.value().client;
  const Result<RenterKey> key = renter_key(options.key);
  if (!key.ok()) return console.error(key.error().in("--key"));
  const std::string text = wire::statement_text(wire::cancel_statement({job.value().id}));
  const Result<api::Accepted> accepted =
      client.submit(wire::Kind::cancel, wire::seal(key.value().key, text));
  if (!accepted.ok()) return console.error(accepted.error());
  console.result(
      Json::object(
          {{"id", options.id}, {"status", "cancelled"}, {"log_index", accepted.value().log_index}}),
      {{}, {{"cancelled", options.id}}});
  return 0;
}

void add_gemm_options(CLI::App& command, OrderOptions& order) {
  const auto add = [&](const char* name, auto& value, const char* help) {
    command.add_option(name, value, help)->group("gemm");
  };
  add("--rows", order.rows, "Rows of X (default: the file's, or 64)");
  add("--cols", order.cols, "Columns of X and of every weight (default: the file's, or 256)");
  add("--steps", order.steps, "Steps of the chain (default: 16)");
  add("--gemms-per-step", order.gemms_per_step, "1..8 (default: 1)");
  add("--x", order.x, "X as .npy; generated from the job's nonce otherwise");
  add("--w", order.w, "The weights as .npy, one option or one argument each, in order");
  add("--tensors", order.tensors, "X and the weights (x, w0, w1, …) as .safetensors");
}

void add_render_options(CLI::App& command, OrderOptions& order) {
  const auto add = [&](const char* name, auto& value, const char* help) {
    command.add_option(name, value, help)->group("render");
  };
  add("--scene", order.scene, "The scene file (JSON); its OBJ meshes are found beside it");
  add("--width", order.width, "Pixels (default: 480)");
  add("--height", order.height, "Pixels (default: 320)");
  add("--samples", order.samples, "Paths per pixel (default: 64)");
  add("--max-bounces", order.max_bounces, "0..64 (default: 8)");
}

void add_generate_options(CLI::App& command, OrderOptions& order) {
  const auto add = [&](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->group("generate");
  };
  add("--model", order.model, "A Hugging Face folder, or a pack that `assay model pack` made");
  add("--prompt", order.prompt_files, "A file with the beginning of a text; several make a batch");
  add("--prompt-text", order.prompts, "The same on the command line, once for each text");
  add("--max-tokens", order.max_tokens, "At most so many tokens are added (default: 64)");
  add("--temperature", order.temperature, "0 takes the likeliest token (default); up to 16");
  add("--top-k", order.top_k, "Only among so many of the likeliest tokens (default: all)");
  add("--top-p", order.top_p, "Only among the likeliest with this share together (default: 1)");
  add("--precision", order.precision, "w8a8 (default), or a16w8: 16-bit activations");
  add("--chunk", order.chunk, "Positions in a step, 1..512 (default: 32)");
  command.add_flag("--no-stop", order.no_stop, "Go on where the model would end the text")
      ->group("generate");
}

void add_parameters_options(CLI::App& command, OrderOptions& order) {
  command
      .add_option("--parameters", order.parameters,
                  "The order's parameters as JSON; `assay job example NAME` prints some. train: "
                  "without \"steps_per_commit\" so many are chosen that hashing states is little "
                  "beside the work")
      ->group("train and simulate");
  command.add_option("--input", order.named_inputs, "An input of the order: NAME=FILE")
      ->group("train and simulate");
}

void add_submit(CLI::App& job, Chosen& chosen) {
  CLI::App* command =
      add_command(job, chosen, "submit", "Orders a job, and waits for it with --wait",
                  "assay job submit --verifier http://127.0.0.1:8790 --workload render \\\n"
                  "      --scene scene.json --samples 64 --wait --out picture.png --receipt "
                  "picture.assay");
  const auto options = add_run(*command, chosen, job_submit);
  set_run(*command, chosen, [options, command](Session& session) {
    options->order.given = given_options(
        [command](const std::string& name) { return command->get_option(name)->count() > 0; });
    return job_submit(session, *options);
  });
  OrderOptions& order = options->order;
  command->add_option("--workload", order.workload, "gemm, render, generate, train or simulate")
      ->required();
  add_gemm_options(*command, order);
  add_render_options(*command, order);
  add_generate_options(*command, order);
  add_parameters_options(*command, order);
  command->add_option("--class", order.device_class, "Device class (default: cpu)");
  command->add_option("--price", order.price, "Price offered (default: 1.00)");
  command->add_option("--assurance", order.assurance,
                      "How deep a sampled job is checked: standard, strict, forensic or full");
  command->add_option("--deadline", order.deadline,
                      "From acceptance to attestation (default: 10m)");
  command->add_option("--provider", options->provider,
                      "Whom to give it to: id, beginning of an id, or name (default: the matcher)");
  command->add_option("--key", options->key, "Your renter key; made on first use")
      ->envname("ASSAY_KEY");
  command->add_flag("--wait", options->wait, "Wait until the job is audited and settled");
  command->add_option("--out", options->out,
                      "With --wait: write the result here (PNG, NPY, text, safetensors)");
  command->add_option("--receipt", options->receipt, "With --wait: write the receipt here");
  command->get_option("--dry-run")->description("Check the order here and send nothing");
}

void add_receipt(CLI::App& job, Chosen& chosen) {
  CLI::App* command = add_command(
      job, chosen, "receipt", "Fetches a job's receipt, to audit it offline",
      "assay job receipt ID --out job.assay\n  assay job receipt ID --export-attestation proof");
  const auto options = add_run(*command, chosen, job_receipt);
  command->add_option("id", options->id, "The job")->required();
  command->add_option("--out", options->out, "Write it here (default: stdout)");
  command->add_option("--export-attestation", options->export_to,
                      "Write pae.bin, sig.bin and pub.pem of the attestation into this folder, for "
                      "openssl pkeyutl -verify");
}

void add_result(CLI::App& job, Chosen& chosen) {
  CLI::App* command =
      add_command(job, chosen, "result", "Downloads a result and checks it against its attestation",
                  "assay job result ID --out picture.png");
  const auto options = add_run(*command, chosen, job_result);
  command->add_option("id", options->id, "The job")->required();
  command->add_option("--out", options->out, "Write it here (default: picture.png, result.npy)");
  command->add_flag("--raw", options->raw, "The canonical bytes, as `assay audit --result` needs");
}

}  // namespace

Table job_table(const Json& job) {
  Table table;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.rows.push_back({name, value});
  };
  add("job", text_of(job, "id"));
  add("status", text_of(job, "status"));
  add("class", text_of(job, "class"));
  add("assurance", text_of(job, "assurance"));
  const Result<std::uint64_t> price = wire::parse_u64(text_of(job, "price_micros"));
  if (price.ok()) add("price", price_text(price.value()));
  add("ordered", text_of(job, "ordered"));
  add("provider", text_of(job, "provider"));
  add("accepted", text_of(job, "accepted"));
  const Json& attestation = member_of(job, "attestation");
  add("attested", text_of(attestation, "logged"));
  add("result", text_of(attestation, "result"));
  add("audit", text_of(attestation, "audit"));
  add("outcome", text_of(attestation, "outcome"));
  add("slash", text_of(attestation, "slash_index"));
  add("result file", text_of(job, "result_file"));
  add("receipt", text_of(job, "receipt_file"));
  return table;
}

Status job_verdict(const Json& job) {
  const std::string status = text_of(job, "status");
  const std::string id = text_of(job, "id");
  if (status == "cancelled") return fail(Code::conflict, "the job was cancelled");
  if (status != "failed") return {};
  const Json& attestation = member_of(job, "attestation");
  const std::string slash = text_of(attestation, "slash_index");
  if (text_of(attestation, "outcome") == "mismatch") {
    return fail(
        Code::mismatch,
        "the provider's result was shown wrong: do not use or pay for it; the proof: " +
            (slash.empty() ? "assay slash list, in a moment" : "assay slash show " + slash));
  }
  return fail(Code::no_evidence,
              "the provider never opened its work for checking: do not use or "
              "pay for job " +
                  id + "; order it again from another one");
}

void add_job_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* job = app.add_subcommand("job", "Order work, follow it, fetch result and receipt");
  job->require_subcommand(1);
  job->footer("Example:\n  assay job submit --workload gemm --steps 8 --wait");
  add_submit(*job, chosen);
  add_example_command(*job, chosen);
  CLI::App* status =
      add_command(*job, chosen, "status", "Says how a job stands", "assay job status ID -o json");
  status->add_option("id", *add_run(*status, chosen, job_status), "The job")->required();
  add_watch(*job, chosen);
  add_receipt(*job, chosen);
  add_result(*job, chosen);
  CLI::App* settlement =
      add_command(*job, chosen, "settlement", "What a job that has ended comes to, signed",
                  "assay job settlement ID --statement > settlement.json");
  const auto settled = add_run(*settlement, chosen, job_settlement);
  settlement->add_option("id", settled->id, "The job")->required();
  settlement->add_flag("--statement", settled->statement,
                       "The signed statement, as DSSE, for whoever holds the money");
  CLI::App* cancel = add_command(
      *job, chosen, "cancel", "Takes an order back before it is attested", "assay job cancel ID");
  const auto options = add_run(*cancel, chosen, job_cancel);
  cancel->add_option("id", options->id, "The job")->required();
  cancel->add_option("--key", options->key, "The key that signed the order")->envname("ASSAY_KEY");
}

}  // namespace assay::cli
