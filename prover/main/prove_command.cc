#include "core/base/file.h"
#include "core/wire/dsse.h"
#include "prover/attest.h"
#include "prover/main/commands.h"
#include "prover/main/this_machine.h"
#include "prover/offer.h"

namespace assay::prover {
namespace {

constexpr std::size_t kOrderBytesMax = std::size_t{1} << 20;

struct NamedOrder {
  wire::Order order;
  Digest job;
  bool is_signed = false;
};

// An envelope, or the bare predicate, whose job id is then that of its statement.
Result<NamedOrder> read_order(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, kOrderBytesMax);
  if (!bytes.ok()) return bytes.error();
  const std::string_view text = as_text(bytes.value());
  const Result<wire::Json> json = wire::parse_json(text, {.fractions = true});
  if (!json.ok()) return json.error().in(path);
  NamedOrder out;
  if (json.value().find("payload") != nullptr) {
    Result<wire::Order> order = open_order(text, out.job);
    if (!order.ok()) return order.error().in(path);
    out.order = std::move(order).value();
    out.is_signed = true;
    return out;
  }
  Result<wire::Order> order = wire::order_from_json(json.value());
  if (!order.ok()) return order.error().in(path);
  out.order = std::move(order).value();
  out.job = wire::statement_digest(wire::statement_text(wire::order_statement(out.order)));
  return out;
}

compute::InputSource files_of(const std::string& folder) {
  return [folder](const wire::Input& input) -> Result<Bytes> {
    const std::size_t size = static_cast<std::size_t>(input.size_bytes);
    const Result<Bytes> by_name = read_file(folder + "/" + input.name, size);
    if (by_name.ok()) return by_name;
    const Result<Bytes> by_digest = read_file(folder + "/" + input.sha256.hex(), size);
    if (by_digest.ok()) return by_digest;
    return fail(Code::no_evidence, by_name.error().what + "; put the file the order names \"" +
                                       input.name + "\" into '" + folder + "' (--inputs)");
  };
}

Status write_out(const std::string& folder, const std::string& name, ByteView bytes) {
  return write_file_durably(folder + "/" + name, bytes);
}

void print(const wire::Attestation& claim, const std::string& artefact, const Digest& attestation,
           const ProveOptions& options, Console& console) {
  wire::Json json;
  json.set("job", claim.job.hex())
      .set("result", claim.result.hex())
      .set("root", claim.root.hex())
      .set("steps", claim.steps)
      .set("attestation", attestation.hex())
      .set("seq", wire::u64_text(claim.seq))
      .set("backend", claim.backend)
      .set("out", options.out)
      .set("artefact", artefact);
  console.result("job          " + claim.job.hex() + "\nresult       " + claim.result.hex() +
                     "\ntrace root   " + claim.root.hex() + "\nsteps        " +
                     std::to_string(claim.steps) + "\nattestation  " + attestation.hex() +
                     "\nfiles        " + options.out + "/{attestation.dsse, trace, result, " +
                     artefact + "}",
                 json);
}

Result<ChainPlace> place_of(const ProveOptions& options) {
  ChainPlace place;
  place.seq = options.seq;
  if (options.prev.empty()) {
    if (options.seq != 1) return fail(Code::usage, "--seq needs --prev, the digest before it");
    return place;
  }
  const Result<Digest> prev = Digest::parse_hex(options.prev);
  if (!prev.ok()) return fail(Code::usage, "--prev: " + prev.error().what);
  place.prev = prev.value();
  return place;
}

Error on_cpu_instead(Error error) {
  if (error.code == Code::inconclusive) error.what += "; run it with --backend cpu";
  return error;
}

// Puts the job on the device, if there is one, with what it must be checked for and named after.
Result<std::shared_ptr<const compute::Program>> place_on(
    const std::shared_ptr<const compute::Program>& program,
    const std::shared_ptr<const compute::cuda::Device>& device, RunOptions& run,
    RunRecord& record) {
  if (device == nullptr) return program;
  Result<std::unique_ptr<compute::Program>> placed = compute::cuda::on_device(program, device);
  if (!placed.ok()) return on_cpu_instead(placed.error());
  run.self_check = draw_self_check(*program, system_random());
  record.devices.push_back(gpu_of_this_machine(*device));
  record.backend = compute::cuda::backend_name(*device);
  return std::shared_ptr<const compute::Program>(std::move(placed).value());
}

Status prove(const ProveOptions& options, const SigningKey& key, Console& console,
             const std::atomic<bool>& stop) {
  const Result<ChainPlace> place = place_of(options);
  if (!place.ok()) return place.error();
  const Result<NamedOrder> order = read_order(options.order);
  if (!order.ok()) return order.error();
  const Result<unsigned> threads = engine_threads(options.engine);
  if (!threads.ok()) return threads.error();
  const compute::Engine engine(compute::best_cpu_level(), threads.value());
  const auto device = choose_device(options.engine, console);
  if (!device.ok()) return device.error();
  Result<std::unique_ptr<compute::Program>> loaded =
      compute::load_program(order.value().order.spec, files_of(options.inputs));
  if (!loaded.ok()) return loaded.error();
  const std::shared_ptr<const compute::Program> program = std::move(loaded).value();
  const Digest job = order.value().job;
  if (!order.value().is_signed)
    console.say("note", "the order is not signed: nobody is bound by it");

  RunRecord record{system_clock().unix_now(),
                   {},
                   devices_of_this_machine(key.public_key()),
                   std::string("cpu/") + compute::cpu_level_name(engine.level())};
  RunOptions run;
  run.cancelled = &stop;
  Result<std::shared_ptr<const compute::Program>> placed =
      place_on(program, device.value(), run, record);
  if (!placed.ok()) return placed.error();
  const std::uint32_t steps = program->plan().steps;
  run.progress = [&](std::uint32_t step) { console.progress(job, step, steps); };
  const Result<Execution> execution = run_job(*placed.value(), engine, run);
  console.clear();
  if (!execution.ok()) {
    return device.value() == nullptr ? execution.error() : on_cpu_instead(execution.error());
  }
  record.finished = system_clock().unix_now();

  const Bytes trace = wire::trace_file(execution.value().trace);
  const wire::Attestation claim =
      make_attestation(job, key.public_key(), execution.value(), trace, place.value(), record);
  const std::string text = wire::statement_text(wire::attestation_statement(claim));
  const std::string envelope = wire::seal(key, text);
  Status done = check_own_proof(envelope, key.public_key(), job, place.value(), *program, engine,
                                trace, execution.value().result, system_random());
  if (!done.ok()) return done;
  const Result<compute::Artefact> artefact = program->artefact(execution.value().result);
  if (!artefact.ok()) return artefact.error();
  done = make_folders(options.out);
  if (done.ok()) done = write_out(options.out, "attestation.dsse", as_bytes(envelope));
  if (done.ok()) done = write_out(options.out, "trace", trace);
  if (done.ok()) done = write_out(options.out, "result", execution.value().result);
  if (done.ok()) done = write_out(options.out, artefact.value().file_name, artefact.value().bytes);
  if (!done.ok()) return done;
  print(claim, artefact.value().file_name, wire::statement_digest(text), options, console);
  return {};
}

}  // namespace

int prove_command(const ProveOptions& options, Console& console, const std::atomic<bool>& stop) {
  const Result<SigningKey> key = load_key(options.key);
  if (!key.ok()) return console.error(key.error());
  const Status done = prove(options, key.value(), console, stop);
  return done.ok() ? 0 : console.error(done.error());
}

}  // namespace assay::prover
