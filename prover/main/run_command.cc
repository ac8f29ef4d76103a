#include <cmath>

#include "api/client/client.h"
#include "core/base/file.h"
#include "core/base/file_lock.h"
#include "core/compute/generate/generate.h"
#include "core/compute/generate/model_source.h"
#include "core/wire/json.h"
#include "prover/agent.h"
#include "prover/main/commands.h"
#include "prover/main/this_machine.h"
#include "prover/misbehave.h"

namespace assay::prover {
namespace {

constexpr double kPriceMax = 1e9;
constexpr double kClaimMax = 1e18;

Result<AgentOptions> agent_options(const RunOptionsCli& options, const PublicKey& provider,
                                   Console& console) {
  AgentOptions out;
  out.profile.name =
      options.name.empty() ? "provider-" + key_id(provider).substr(0, 8) : options.name;
  out.profile.region = options.region;
  out.profile.device_class = options.device_class;
  out.profile.devices = devices_of_this_machine(provider);
  if (!(options.price >= 0 && options.price <= kPriceMax)) {
    return fail(Code::usage, "--price: a number from 0 to 1e9 is needed");
  }
  const double price_micros = options.price * 1e6 + 0.5;
  out.profile.price_micros = static_cast<std::uint64_t>(price_micros);
  if (!(options.claim >= 0 && options.claim <= kClaimMax)) {
    return fail(Code::usage, "--claim: a number from 0 to 1e18 is needed");
  }
  if (options.claim >= 1) {
    out.profile.claims = {{options.device_class + "/gemm@1", wire::Part::gpu,
                           static_cast<std::uint64_t>(options.claim)}};
  }
  out.jobs_max = options.max_jobs;
  out.checkpoint_bytes = options.keep_mib << 20;
  out.jitter_ppm = options.poll_jitter_percent * 10'000;
  out.previews = !options.no_previews;
  out.adopt_chain = options.adopt_chain;
  out.background_jobs = !options.once;
  out.free_memory_bytes = free_memory_bytes;
  out.on_event = [&console](const AgentEvent& event) {
    const std::string job = event.job == Digest{} ? "" : event.job.hex().substr(0, 8) + ": ";
    console.say(event_name(event.kind), job + event.text);
  };
  out.on_progress = [&console](const Digest& job, std::uint32_t step, std::uint32_t steps) {
    console.progress(job, step, steps);
  };
  if (options.misbehave.empty()) return out;
  if (options.engine.backend == "cuda") {
    return fail(Code::usage, "--misbehave: cheats run on the CPU; leave out --backend cuda");
  }
  const Result<Misbehave> kind = parse_misbehave(options.misbehave);
  if (!kind.ok()) return kind.error().in("--misbehave");
  if (!is_loopback_url(options.verifier)) {
    return fail(Code::permission,
                "--misbehave is for verifiers on this machine only (127.0.0.1, "
                "[::1], localhost); '" +
                    options.verifier + "' is not one");
  }
  out.cheat = make_cheat(kind.value(), {.peer_folder = options.peer});
  console.say("cheating", std::string(misbehave_info(kind.value()).saves));
  return out;
}

int report(const Agent& agent, const PublicKey& provider, Console& console) {
  console.result(std::to_string(agent.jobs_attested()) + " jobs attested",
                 wire::Json::object(
                     {{"provider", key_id(provider)}, {"jobs_attested", agent.jobs_attested()}}));
  return 0;
}

}  // namespace

int run_command(const RunOptionsCli& options, Console& console, const std::atomic<bool>& stop) {
  // The key file is locked as well as the folder: two folders must not share one key.
  const Result<std::unique_ptr<FileLock>> key_lock = FileLock::take(options.key, false);
  if (!key_lock.ok() && key_lock.error().code == Code::conflict) {
    return console.error(key_lock.error());
  }
  Result<SigningKey> key = load_key(options.key);
  if (!key.ok()) return console.error(key.error());
  const PublicKey provider = key.value().public_key();
  Result<AgentOptions> agent = agent_options(options, provider, console);
  if (!agent.ok()) return console.error(agent.error());
  const Result<unsigned> threads = engine_threads(options.engine);
  if (!threads.ok()) return console.error(threads.error());
  compute::Engine engine(compute::best_cpu_level(), threads.value());
  const std::string folder = options.state.empty() ? options.key + ".state" : options.state;
  const Result<std::unique_ptr<Journal>> journal = Journal::open(folder, provider);
  if (!journal.ok()) return console.error(journal.error());
  const std::string models = folder + "/models";
  if (Status made = make_folders(models); !made.ok()) return console.error(made.error());
  agent.value().models = compute::generate::stored_models(
      compute::generate::ModelStore(models, compute::generate::kModelBytesMax));
  const Result<std::unique_ptr<api::Client>> client = api::Client::connect(options.verifier);
  if (!client.ok()) return console.error(client.error().in(options.verifier));

  EngineOptions where = options.engine;
  if (!options.misbehave.empty()) where.backend = "cpu";
  const auto device = choose_device(where, console);
  if (!device.ok()) return console.error(device.error());
  if (device.value() != nullptr) {
    agent.value().device = device.value();
    agent.value().device_named = gpu_of_this_machine(*device.value());
  }
  console.say("provider", key_id(provider));
  console.say("engine", std::string("cpu/") + compute::cpu_level_name(engine.level()) + ", " +
                            std::to_string(threads.value()) + " threads; state in " + folder);
  Agent worker({*client.value(), system_clock(), system_random()}, std::move(key).value(), engine,
               *journal.value(), std::move(agent).value());
  if (options.once) {
    const Result<Step> step = worker.step();
    if (!step.ok()) return console.error(step.error());
    if (step.value().trouble) return console.error(*step.value().trouble);
    return report(worker, provider, console);
  }
  const Status ran = worker.run(stop);
  console.clear();
  if (!ran.ok()) return console.error(ran.error());
  if (stop) {
    console.say("stopped", "jobs and challenges are kept in " + folder +
                               "; start again to go on, before the deadlines pass");
    return static_cast<int>(Code::interrupted);
  }
  return report(worker, provider, console);
}

}  // namespace assay::prover
