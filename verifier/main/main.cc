// assay-verifier: the service. All wiring of the verifier is here and in *_command.cc.
#include <cstdio>

#include <CLI/CLI.hpp>

#include "api/command/frame.h"
#include "api/command/whole_number.h"
#include "core/wire/stake.h"
#include "verifier/main/commands.h"

namespace {

using namespace assay::verifier;
using assay::command::whole_number;

constexpr std::uint64_t kLeavesMax = std::uint64_t{1} << 53;  // what JSON can number
constexpr std::uint64_t kReplaysMax = 1'000'000'000;

void add_data(CLI::App& command, std::string& data) {
  command.add_option("--data", data, "The verifier's folder")->required();
}

void add_init(CLI::App& command, InitOptions& options) {
  add_data(command, options.data);
  command.add_option("--origin", options.origin, "Name of the log and of its key")
      ->capture_default_str();
  command
      .add_option("--policy", options.policy,
                  "default, demo (windows of seconds), or a policy file")
      ->capture_default_str();
  command.footer(
      "Example:\n"
      "  assay-verifier init --data /var/lib/assay --origin verifier.example/assay");
}

void add_serve(CLI::App& command, ServeOptions& options) {
  add_data(command, options.data);
  command.add_option("--listen", options.listen, "Address and port (port 0: any free one)")
      ->capture_default_str();
  command.add_option("--admin", options.admin,
                     "Address and port for /livez, /readyz and /metrics (default: none)");
  command.add_option("--replay-threads", options.replay_threads, "Replays at a time")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  command
      .add_option("--cpu-level", options.cpu_level,
                  "What replays compute with: best, scalar, sse2, avx2 or avx512")
      ->capture_default_str();
  command
      .add_option("--backend", options.backend,
                  "What replays compute whole steps and tiles with: auto (the GPU where there is "
                  "one), cpu, or cuda (an error where there is none)")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command.add_option("--cuda-module", options.cuda_module,
                     "The module that drives the GPU (default: $ASSAY_CUDA_MODULE, or "
                     "libassay_cuda.so beside this program)");
  command.add_option("--blobs-gib", options.blobs_gib, "Room for inputs, results and evidence")
      ->check(whole_number(1, 1U << 20))
      ->capture_default_str();
  command.add_flag("--public", options.beyond_loopback,
                   "Listen beyond loopback. This is plain HTTP without an edge's limits");
  command
      .add_option("--prefix-rate", options.rates.of_prefix,
                  "Requests a second from one network (IPv4/24, IPv6/56), ten times as many at "
                  "once; 0: no limit. This machine itself has none")
      ->check(CLI::Range(0u, 1'000'000u))
      ->capture_default_str();
  command
      .add_option("--key-rate", options.rates.of_key,
                  "Statements a second that are taken in from one key, ten times as many at once; "
                  "0: no limit")
      ->check(CLI::Range(0u, 1'000'000u))
      ->capture_default_str();
  command.add_flag("--workers-first", options.workers_first,
                   "Leave replays to workers while some call: here only what must be made here");
  command
      .add_option("--top-up-micros", options.top_up_micros,
                  "What may be spent in 24 h on orders of the verifier's own, for providers "
                  "that are audited too rarely (default: nothing)")
      ->check(whole_number(0, assay::wire::kAmountMaxMicros));
  command.footer(
      "Prints \"listening on http://HOST:PORT\" when it is ready. SIGTERM and SIGINT stop it.\n"
      "The witnesses and the quorum in the folder's policy.txt are asked and met: without its\n"
      "quorum no checkpoint is published. One that has seen more than there is here ends it (16).\n"
      "What a GPU finds wrong counts only when the scalar definition finds it wrong on the CPU.\n"
      "A GPU that fails, or finds what the definition does not, is given up until the next start.\n"
      "Example:\n"
      "  assay-verifier serve --data /var/lib/assay --admin 127.0.0.1:8791\n"
      "  assay-verifier serve --data /var/lib/assay --webhook https://market.example/assay\n"
      "A read replica, which verifies what it copies and serves all reads:\n"
      "  assay-verifier serve --follow http://127.0.0.1:8790 --data /var/lib/replica \\\n"
      "    --policy policy.txt --listen 127.0.0.1:8890");
}

void add_replays_on(CLI::App& command, ReplaysOn& on) {
  command
      .add_option("--cpu-level", on.cpu_level,
                  "What replays compute with: best, scalar, sse2, avx2 or avx512")
      ->capture_default_str();
  command.add_option("--backend", on.backend, "auto (the GPU where there is one), cpu, or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command.add_option("--cuda-module", on.cuda_module, "The module that drives the GPU");
}

void add_worker(CLI::App& command, WorkerOptions& options) {
  command.add_option("--verifier", options.url, "The verifier to work for")
      ->envname("ASSAY_VERIFIER")
      ->type_name("URL");
  command.add_option("--key", options.key, "The worker's key file")->required();
  command.add_flag("--init", options.init, "Make the key, print it, and end");
  add_replays_on(command, options.on);
  command.add_option("--models", options.cache, "Folder for language models (default: in memory)");
  command.add_option("--replays", options.turns, "End after so many replays (default: go on)")
      ->check(whole_number(0, kReplaysMax));
  command.footer(
      "Asks the verifier for replays, makes them here, and signs what they came to. Its word for "
      "a\n"
      "mismatch convicts nobody: the verifier replays that itself. Some replays are ones whose\n"
      "answer is known; who misses one is suspended.\n"
      "Example:\n"
      "  assay-verifier worker --init --key worker.key\n"
      "  assay-verifier workers --verifier http://127.0.0.1:8790 --enable HEX --key operator.key\n"
      "  assay-verifier worker --verifier http://127.0.0.1:8790 --key worker.key");
}

void add_workers(CLI::App& command, WorkersOptions& options) {
  command.add_option("--verifier", options.url, "The verifier")
      ->envname("ASSAY_VERIFIER")
      ->type_name("URL")
      ->required();
  CLI::Option* enable =
      command.add_option("--enable", options.enable, "Let this worker's replays count")
          ->type_name("HEX");
  command.add_option("--suspend", options.suspend, "Let them count no more")
      ->type_name("HEX")
      ->excludes(enable);
  command
      .add_option("--void-from", options.void_from,
                  "With --suspend: the first leaf of which what it said is void")
      ->check(whole_number(0, kLeavesMax));
  command.add_option("--name", options.name, "For people")->capture_default_str();
  command.add_option("--device", options.device, "What it replays on")->capture_default_str();
  command.add_option("--driver", options.driver, "With which driver");
  command.add_option("--key", options.key,
                     "With --enable and --suspend: the key of an operator, or the verifier's");
  command.footer(
      "Without --enable and --suspend it lists the workers; ODD says whose mismatches chance "
      "hardly\n"
      "explains.\n"
      "Example:\n"
      "  assay-verifier workers --verifier http://127.0.0.1:8790");
}

void add_change_policy(CLI::App& command, ServeOptions& options) {
  command
      .add_option(
          "--change-policy", options.change_policy,
          "Announce this policy (default, demo or a file): in force 24 epochs from now. The "
          "folder's policy.txt gets a line for it: hand that to renters again")
      ->type_name("POLICY");
}

void add_webhooks(CLI::App& command, WebhookSettings& settings) {
  command
      .add_option("--webhook", settings.urls,
                  "Tell this address of every penalty and reversal (Standard Webhooks, v1a). "
                  "May be given several times")
      ->type_name("URL");
  command.add_flag("--webhook-private", settings.allow_private,
                   "Subscribers may have private addresses: they are on your own network");
  command
      .add_option("--webhook-ca", settings.ca_file,
                  "Certificates that sign https subscribers (default: the system's)")
      ->type_name("FILE");
  command
      .add_option("--webhook-from", settings.from,
                  "Tell all subscribers again, from this leaf of the log on")
      ->type_name("LEAF")
      ->check(whole_number(0, kLeavesMax));
}

void add_follow(CLI::App& command, FollowOptions& options) {
  command
      .add_option("--follow", options.url,
                  "Be a read replica of the verifier at this address: needs no keys")
      ->type_name("URL");
  command.add_option("--policy", options.policy,
                     "With --follow: whom to trust, the primary's policy.txt (kept in the folder)");
  command
      .add_option("--follow-ms", options.interval_ms,
                  "With --follow: milliseconds between two looks at the primary")
      ->check(CLI::Range(1, 3'600'000))
      ->capture_default_str();
  command.add_flag("--once", options.once,
                   "With --follow: catch up, print the state's hash, and end");
}

void add_witness(CLI::App& witness, CLI::App*& init, CLI::App*& run, WitnessInitOptions& made,
                 WitnessRunOptions& options) {
  witness.require_subcommand(1);
  init = witness.add_subcommand("init", "Makes a witness's folder and key, and prints its vkey");
  init->add_option("--data", made.data, "The witness's folder")->required();
  init->add_option("--name", made.name, "Its name, such as witness.example/w1")->required();
  init->footer(
      "Example:\n"
      "  assay-verifier witness init --data /var/lib/witness --name witness.example/w1");
  run = witness.add_subcommand("run", "Cosigns the checkpoints of the logs that it knows");
  run->add_option("--data", options.data, "The witness's folder")->required();
  run->add_option("--logs", options.logs,
                  "Trust files whose `log` lines name the logs, such as a verifier's policy.txt "
                  "(default: logs.txt in the folder)");
  run->add_option("--listen", options.listen, "Address and port (port 0: any free one)")
      ->capture_default_str();
  run->add_flag("--public", options.beyond_loopback,
                "Listen beyond loopback. This is plain HTTP without an edge's limits");
  run->footer(
      "POST /add-checkpoint as C2SP tlog-witness says. A head is on the disk before it is signed.\n"
      "Prints \"listening on http://HOST:PORT\" when it is ready. SIGTERM and SIGINT stop it.\n"
      "Example:\n"
      "  assay-verifier witness run --data /var/lib/witness --logs policy.txt");
}

}  // namespace

int main(int argc, char** argv) try {
  InitOptions init;
  ServeOptions serve;
  WitnessInitOptions witness_init;
  WitnessRunOptions witness_run;
  FollowOptions follow;
  WorkerOptions worker;
  WorkersOptions workers;
  std::string data;
  CLI::App app{"Replays what providers claim to have computed, and keeps the log of it."};
  app.name("assay-verifier");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 ok, 1 internal, 2 usage, 3 not found, 4 permission, 5 network, 7 conflict,\n"
      "8 malformed, 10 signature, 12 proof, 14 mismatch, 15 inconclusive (the GPU failed),\n"
      "16 stale, 20 equivocation (a forked log), 75 storage failed.");
  CLI::App* init_app = app.add_subcommand("init", "Makes a verifier's folder and keys");
  CLI::App* serve_app = app.add_subcommand("serve", "Runs the service");
  CLI::App* refold_app = app.add_subcommand(
      "refold", "Rebuilds every score from the log and compares; beside a running verifier too");
  CLI::App* fsck_app = app.add_subcommand(
      "fsck", "Checks seals, log, signed head and blobs; beside a running verifier too");
  CLI::App* upgrade_app = app.add_subcommand(
      "upgrade", "Makes the store anew from its leaves, for this version; the old one is kept");
  CLI::App* witness_app = app.add_subcommand("witness", "A witness of logs: cosigns checkpoints");
  CLI::App* witness_init_app = nullptr;
  CLI::App* witness_run_app = nullptr;
  add_witness(*witness_app, witness_init_app, witness_run_app, witness_init, witness_run);
  CLI::App* worker_app = app.add_subcommand("worker", "Replays for a verifier, on this machine");
  CLI::App* workers_app = app.add_subcommand("workers", "Who replays for a verifier");
  add_worker(*worker_app, worker);
  add_workers(*workers_app, workers);
  add_init(*init_app, init);
  add_serve(*serve_app, serve);
  add_change_policy(*serve_app, serve);
  add_webhooks(*serve_app, serve.webhooks);
  add_follow(*serve_app, follow);
  for (CLI::App* command : {refold_app, fsck_app, upgrade_app}) {
    add_data(*command, data);
    command->footer("Example:\n  assay-verifier " + command->get_name() + " --data /var/lib/assay");
  }
  assay::command::Frame frame(app, "verifier", ASSAY_VERSION);
  if (const std::optional<int> done = frame.parse(argc, argv)) return *done;
  Output output({frame.output().format(), frame.output().quiet});
  if (init_app->parsed()) return init_command(init, output);
  if (serve_app->parsed() && follow.url.empty() && (follow.once || !follow.policy.empty())) {
    return output.error(assay::fail(assay::Code::usage, "--policy and --once go with --follow"));
  }
  if (serve_app->parsed() && !follow.url.empty()) {
    follow.data = serve.data;
    follow.listen = serve.listen;
    follow.admin = serve.admin;
    follow.blobs_gib = serve.blobs_gib;
    follow.beyond_loopback = serve.beyond_loopback;
    follow.rates = serve.rates;
    return follow_command(follow, output);
  }
  if (serve_app->parsed()) return serve_command(serve, output);
  if (witness_init_app->parsed()) return witness_init_command(witness_init, output);
  if (witness_run_app->parsed()) return witness_run_command(witness_run, output);
  if (worker_app->parsed() && !worker.init && worker.url.empty()) {
    return output.error(assay::fail(assay::Code::usage, "worker: --verifier URL is missing"));
  }
  if (worker_app->parsed()) return worker_command(worker, output);
  if (workers_app->parsed()) return workers_command(workers, output);
  if (refold_app->parsed()) return refold_command(data, output);
  if (upgrade_app->parsed()) return upgrade_command(data, output);
  return fsck_command(data, output);
} catch (const std::exception& error) {
  std::fprintf(stderr, "error (internal error): %s\n", error.what());
  return static_cast<int>(assay::Code::internal);
}
