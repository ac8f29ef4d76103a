#include "api/client/witness_client.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/compute/generate/generate.h"
#include "core/compute/generate/model_source.h"
#include "verifier/main/commands.h"
#include "verifier/main/data_folder.h"
#include "verifier/main/replay_engine.h"
#include "verifier/main/servers.h"
#include "verifier/main/signals.h"
#include "verifier/service/market_match.h"
#include "verifier/service/service.h"

namespace assay::verifier {
namespace {

// The witnesses of the folder's trust file, each by its URL.
Result<WitnessSetup> witness_setup(const wire::Trust& trust) {
  WitnessSetup setup{.trust = trust, .ports = {}};
  for (const wire::TrustedWitness& witness : trust.witnesses) {
    setup.ports.push_back(nullptr);
    if (witness.url.empty()) continue;
    Result<std::unique_ptr<api::WitnessClient>> client = api::WitnessClient::connect(witness.url);
    if (!client.ok()) return client.error().in("policy.txt: witness " + witness.name);
    setup.ports.back() = std::move(client).value();
  }
  return setup;
}

// Everything that serves, in the order in which it is made and, backwards, undone.
struct Running {
  std::unique_ptr<reputation::Store> store;
  std::unique_ptr<reputation::Store> leases;
  std::unique_ptr<Blobs> blobs;
  std::unique_ptr<HeadKeeper> heads;
  std::unique_ptr<Service> service;
  std::string replays_on;
  WebhookSenders webhooks;
  Servers servers;
};

Status start_service(const ServeOptions& options, Output& output, Running& run) {
  const DataFolder folder(options.data);
  const Result<Identity> identity = load_identity(folder);
  if (!identity.ok()) return identity.error();
  Result<ServiceKeys> keys = load_keys(folder, identity.value());
  if (!keys.ok()) return keys.error();
  const Result<std::string> policy_text = load_policy_text(folder);
  if (!policy_text.ok()) return policy_text.error();
  const Result<wire::Policy> policy = wire::parse_policy(policy_text.value());
  if (!policy.ok()) return policy.error().in(folder.policy());

  Result<std::unique_ptr<reputation::Store>> store = open_store(folder, false);
  if (!store.ok()) return store.error();
  run.store = std::move(store).value();
  Result<std::unique_ptr<Blobs>> blobs = open_file_blobs(folder.blobs(), options.blobs_gib << 30);
  if (!blobs.ok()) return blobs.error();
  run.blobs = std::move(blobs).value();
  run.heads = make_file_head_keeper(folder.head());
  Result<std::unique_ptr<reputation::Store>> leases = open_leases(folder);
  if (!leases.ok()) return leases.error();
  run.leases = std::move(leases).value();

  Result<ReplayEngine> engine = replay_engine(
      {options.cpu_level, options.backend, options.cuda_module}, output, run.replays_on);
  if (!engine.ok()) return engine.error();
  Result<WitnessSetup> witnesses = witness_setup(identity.value().trust);
  if (!witnesses.ok()) return witnesses.error();
  ServiceOptions service_options;
  if (!options.change_policy.empty()) {
    Result<std::string> next = policy_text_of(options.change_policy);
    if (next.ok() && !wire::parse_policy(next.value()).ok()) {
      next = wire::parse_policy(next.value()).error();
    }
    if (!next.ok()) return next.error().in("--change-policy");
    service_options.next_policy = std::move(next).value();
  }
  service_options.witnesses = std::move(witnesses).value();
  service_options.replay_threads = options.replay_threads;
  service_options.leases.workers_first = options.workers_first;
  service_options.top_up.budget_micros = options.top_up_micros;
  if (Status made = make_folders(folder.models()); !made.ok()) return made;
  service_options.models = compute::generate::stored_models(compute::generate::ModelStore(
      folder.models(), compute::generate::kModelBytesMax, options.blobs_gib << 30));
  Result<std::unique_ptr<Service>> service = Service::start(
      {*run.store, *run.blobs, *run.heads, system_clock(), system_random(), run.leases.get()},
      std::move(keys).value(), identity.value().origin, policy_text.value(), service_options,
      local_runner(policy.value(), service_options.caps, std::move(engine).value()));
  if (!service.ok()) return service.error();
  run.service = std::move(service).value();
  const reputation::LoggedPolicy newest = run.service->context().policies.newest();
  if (Status named = trust_policy(folder, newest.digest); !named.ok()) return named;
  return run.webhooks.start(options.webhooks, folder, run.service->context(), output);
}

void announce(const Running& run, const ServeOptions& options, Output& output) {
  run.servers.announce(output);
  output.say("log " + run.service->context().origin() + ", policy " + run.service->policy().name +
             " (" + run.service->context().policy_digest().hex() + "), data in " + options.data);
  const reputation::LoggedPolicy newest = run.service->context().policies.newest();
  if (newest.digest != run.service->context().policy_digest()) {
    const auto from_s = static_cast<std::int64_t>(newest.from_epoch * newest.policy.epoch_seconds);
    output.say("policy " + newest.policy.name + " (" + newest.digest.hex() + ") is in force from " +
               to_rfc3339({from_s * 1'000}) + " on; " + DataFolder(options.data).trust() +
               " names both: hand it to renters");
  }
  output.say("replays on " + run.replays_on);
  if (!options.webhooks.urls.empty()) {
    output.say("webhooks to " + std::to_string(options.webhooks.urls.size()) +
               " subscribers, signed by " + run.webhooks.key_text());
  }
  const WitnessSetup& witnesses = run.service->context().options.witnesses;
  output.say("quorum " + witnesses.trust.quorum + ", " +
             std::to_string(witnesses.trust.witnesses.size()) + " witnesses" +
             (run.service->checkpoint().ok() ? "" : ": none published yet, waiting for them"));
}

}  // namespace

int serve_command(const ServeOptions& options, Output& output) {
  keep_freed_memory_up_to(kMatchMemoryBytes);
  const Result<Addresses> addresses =
      parse_addresses(options.listen, options.admin, options.beyond_loopback);
  if (!addresses.ok()) return output.error(addresses.error());
  const sigset_t signals = block_stop_signals();
  raise_file_limit();
  Running run;
  Status started = start_service(options, output, run);
  if (started.ok()) {
    started =
        run.servers.start(addresses.value(), *run.service, *run.service,
                          run.service->context().options.blob_bytes_max, options.rates, [&run] {
                            std::vector<PublicKey> keys = run.service->policy().operators;
                            keys.push_back(run.service->context().keys.verifier.public_key());
                            return keys;
                          });
  }
  if (!started.ok()) return output.error(started.error());
  announce(run, options, output);

  const auto failed = wait_for_stop(
      signals, *run.store, [&] { return run.service->failed(); }, output);
  if (failed) {
    output.say("nothing is acknowledged any more; stopping");
    run.servers.stop();
    return output.error(
        fail(failed->code == Code::stale ? Code::stale : Code::storage, failed->what));
  }
  unblock_signals(signals);
  output.say("stopping");
  run.servers.stop();
  run.webhooks.stop();
  run.service.reset();
  output.say("stopped");
  return 0;
}

}  // namespace assay::verifier
