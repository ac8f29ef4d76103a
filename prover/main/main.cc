// assay-prover: what a provider runs. All wiring of the prover is here and in *_command.cc.
#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "api/command/frame.h"
#include "api/command/whole_number.h"
#include "core/base/memory.h"
#include "prover/main/commands.h"
#include "prover/misbehave.h"

namespace {

using namespace assay::prover;
using assay::command::whole_number;

constexpr std::uint64_t kKeepMaxMib = 1U << 30;  // 1 PiB
constexpr std::uint64_t kJobsMax = 1'000'000'000;
constexpr std::uint64_t kSeqMax = std::uint64_t{1} << 53;

std::atomic<bool> g_stop = false;

// The second signal ends the program at once.
void on_signal(int number) {
  g_stop = true;
  std::signal(number, SIG_DFL);
}

void add_engine(CLI::App& command, EngineOptions& engine) {
  command
      .add_option("--backend", engine.backend,
                  "What runs the jobs: auto (the GPU where there is one), cpu, or cuda (an error "
                  "where there is none)")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command.add_option("--cuda-module", engine.cuda_module,
                     "The module that drives the GPU (default: $ASSAY_CUDA_MODULE, or "
                     "libassay_cuda.so beside this program)");
  command.add_option("--threads", engine.threads, "Threads to compute with (0: all processors)");
}

void add_init(CLI::App& command, InitOptions& options) {
  command.add_option("--key", options.key, "The key file to write; never over an old one")
      ->required();
  command.add_flag("--encrypt", options.encrypt,
                   "Under a passphrase (ASSAY_KEY_PASSPHRASE, or asked for)");
  command.footer("Example:\n  assay-prover init --key provider.key");
}

void add_run(CLI::App& command, RunOptionsCli& options) {
  command.add_option("--verifier", options.verifier, "The verifier's address")
      ->envname("ASSAY_VERIFIER")
      ->required();
  command.add_option("--key", options.key, "The provider's key file")->required();
  command.add_option("--state", options.state,
                     "Folder of the agent's journal (default: <key>.state)");
  command.add_option("--name", options.name, "A name for people");
  command.add_option("--region", options.region, "Where the machine stands, such as eu-west");
  command.add_option("--class", options.device_class, "Device class (default: cpu)");
  command.add_option("--price", options.price, "Price asked per hour");
  command.add_option("--claim", options.claim,
                     "Multiply-adds a second that you claim for gemm jobs, the way to the verifier "
                     "and back included; the verifier measures now and then, and a score counts "
                     "what it finds (assay-prover measure says what is safe; default: no claim)");
  add_engine(command, options.engine);
  command
      .add_option("--poll-jitter", options.poll_jitter_percent,
                  "Polls come up to this many percent earlier or later")
      ->check(CLI::Range(0u, 90u));
  command.add_option("--keep", options.keep_mib, "MiB of checkpoints kept per job (default: 256)")
      ->check(whole_number(0, kKeepMaxMib));
  command.add_flag("--once", options.once, "One poll and the work that follows from it, then exit");
  command
      .add_option("--max-jobs", options.max_jobs,
                  "Take so many jobs, and exit when they are attested. Openings are asked for "
                  "later: start again in time")
      ->check(whole_number(0, kJobsMax));
  command.add_flag("--no-previews", options.no_previews,
                   "Do not show renters their texts while they are made");
  command.add_flag("--adopt-chain", options.adopt_chain,
                   "An empty state folder takes its sequence number from the log: only when the "
                   "old folder is lost and nothing else uses the key");
  std::string kinds;
  for (const MisbehaveInfo& info : misbehaviours()) {
    kinds += "\n  " + std::string(info.name) + ": " + std::string(info.saves);
  }
  command.add_option("--misbehave", options.misbehave,
                     "Cheat, to see it caught: loopback verifiers only (kinds below)");
  command.add_option("--peer", options.peer,
                     "With --misbehave copy-from-peer: the state folder copied from");
  command.footer(
      "Examples:\n"
      "  assay-prover run --verifier http://127.0.0.1:8790 --key provider.key --name rack7\n"
      "  assay-prover run --verifier http://127.0.0.1:8790 --key cheat.key --misbehave zero-state\n"
      "\nA part of what a GPU computes is computed again on the CPU before it is signed. A GPU "
      "that\n"
      "fails or differs is given up until the next start: jobs run again on the CPU.\n"
      "\nKinds of --misbehave, and what each saves the cheat:" +
      kinds);
}

void add_doctor(CLI::App& command, DoctorOptions& options) {
  command
      .add_option("--verifier", options.verifier,
                  "The verifier's address (default: what needs one is skipped)")
      ->envname("ASSAY_VERIFIER");
  command.add_option("--key", options.key, "The provider's key file");
  command.add_option("--state", options.state,
                     "Folder of the agent's journal (default: <key>.state)");
  command.add_option("--class", options.device_class, "Device class you would run with")
      ->capture_default_str();
  command.add_option("--bundle", options.bundle,
                     "Write a report to hand on, without keys, paths, addresses and ids");
  add_engine(command, options.engine);
  command.footer(
      "Examples:\n"
      "  assay-prover doctor\n"
      "  assay-prover doctor --verifier http://127.0.0.1:8790 --key provider.key --bundle b.json\n"
      "\nOnly looks: nothing is sent that changes anything. Each check has a name that programs\n"
      "may rely on, and is pass, warn, fail or skip. The exit code is that of the first failure:\n"
      "3 no key, 4 a key that others can read, 5 no answer, 10 a head of the log that its key did\n"
      "not sign, 12 and 14 this machine computes wrongly, 16 an old state folder or clock.");
}

void add_prove(CLI::App& command, ProveOptions& options) {
  command.add_option("order", options.order, "An order: a signed envelope, or its predicate alone")
      ->required();
  command.add_option("--key", options.key, "The provider's key file")->required();
  command.add_option("--inputs", options.inputs, "Folder with the files the order names")
      ->default_val(".");
  command.add_option("--out", options.out, "Folder to write to")->required();
  add_engine(command, options.engine);
  command
      .add_option("--seq", options.seq,
                  "Sequence number to sign (default 1); one the key never used")
      ->check(whole_number(1, kSeqMax));
  command.add_option("--prev", options.prev, "Digest of the attestation before it, in hex");
  command.footer(
      "Example:\n"
      "  assay-prover prove order.json --key provider.key --inputs . --out proof");
}

}  // namespace

int main(int argc, char** argv) try {
  assay::keep_freed_memory();
  InitOptions init;
  RunOptionsCli run;
  ProveOptions prove;
  EngineOptions measure;
  DoctorOptions doctor;
  CLI::App app{"Runs jobs for a verifier and proves that they were run as ordered."};
  app.name("assay-prover");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 ok, 2 usage, 3 not found, 4 permission, 5 network, 6 rate limited,\n"
      "7 conflict, 8 malformed, 10 signature, 12 proof, 15 inconclusive (the GPU failed),\n"
      "75 storage, 130 interrupted.");
  CLI::App* init_app = app.add_subcommand("init", "Makes a provider's key");
  CLI::App* run_app = app.add_subcommand("run", "Polls a verifier, runs jobs, answers challenges");
  CLI::App* prove_app = app.add_subcommand("prove", "Runs one order offline and writes its proof");
  CLI::App* measure_app =
      app.add_subcommand("measure", "How fast this machine is in a hardware round");
  CLI::App* doctor_app =
      app.add_subcommand("doctor", "Finds out here what a verifier would find out");
  add_doctor(*doctor_app, doctor);
  add_init(*init_app, init);
  add_run(*run_app, run);
  add_prove(*prove_app, prove);
  add_engine(*measure_app, measure);
  measure_app->footer("Example:\n  assay-prover measure --backend cpu");
  assay::command::Frame frame(app, "prover", ASSAY_VERSION);
  if (const std::optional<int> done = frame.parse(argc, argv)) return *done;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  Console console({frame.output().format(), frame.output().quiet, !frame.output().no_color});
  if (init_app->parsed()) return init_command(init, console);
  if (run_app->parsed()) return run_command(run, console, g_stop);
  if (prove_app->parsed()) return prove_command(prove, console, g_stop);
  if (doctor_app->parsed()) return doctor_command(doctor, console);
  return measure_command(measure, console);
} catch (const std::exception& error) {
  std::fprintf(stderr, "error (internal error): %s\n", error.what());
  return static_cast<int>(assay::Code::internal);
}
