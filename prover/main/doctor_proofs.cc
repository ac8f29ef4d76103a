#include "core/compute/cuda/inventory.h"
#include "core/wire/dsse.h"
#include "prover/attest.h"
#include "prover/main/doctor.h"
#include "prover/main/this_machine.h"

namespace assay::prover {
namespace {

using wire::Json;

// One small job of each shape there is: a chain by rows, independent units, a chain of whole steps.
struct Trial {
  const char* check;
  const char* workload;
  const char* parameters;
};
constexpr Trial kTrials[] = {
    {"PROOF_GEMM", "gemm", R"({"rows":64,"cols":256,"steps":4,"weights":"philox"})"},
    {"PROOF_RENDER", "render", R"({"width":64,"height":64,"samples":1,"max_bounces":2})"},
    {"PROOF_SIMULATE", "simulate",
     R"({"system":"lattice","size":[16,16,4],"steps":4,"steps_per_commit":2,)"
     R"("viscosity_millionths":10000})"}};

constexpr const char* kScene = R"({
  "camera": {"position": [0, 0, 5], "look_at": [0, 0, 0]}, "background": {"color": [1, 1, 1]},
  "materials": {"m": {"type": "diffuse", "color": [0.5, 0.5, 0.5]}},
  "objects": [{"type": "sphere", "center": [0, 0, 0], "radius": 1, "material": "m"}]
})";

wire::WorkloadSpec spec_of(const Trial& trial) {
  wire::WorkloadSpec spec;
  spec.workload = trial.workload;
  spec.parameters = wire::parse_json(trial.parameters).value();
  system_random().fill(spec.nonce.bytes);
  if (spec.workload == "render") {
    const std::string_view scene = kScene;
    spec.inputs = {{"scene", sha256(as_bytes(scene)), scene.size()}};
  }
  return spec;
}

Result<std::unique_ptr<compute::Program>> load(const Trial& trial) {
  return compute::load_program(spec_of(trial), [](const wire::Input&) -> Result<Bytes> {
    return to_bytes(as_bytes(kScene));
  });
}

Digest drawn_job() {
  Digest job;
  system_random().fill(job.bytes);
  return job;
}

// Runs, signs, and reads back. Returns the digest of the trace, which must not depend on the
// machine; the root does, since its leaves name the provider.
Result<Digest> prove_trial(const Digest& job, const compute::Program& program,
                           const compute::Program& runs_on, const compute::Engine& engine) {
  const Result<Execution> execution = run_job(runs_on, engine);
  if (!execution.ok()) return execution.error();
  const SigningKey key = SigningKey::generate(system_random());
  const Bytes trace = wire::trace_file(execution.value().trace);
  RunRecord record{system_clock().unix_now(), system_clock().unix_now(),
                   devices_of_this_machine(key.public_key()), "cpu"};
  const wire::Attestation claim =
      make_attestation(job, key.public_key(), execution.value(), trace, ChainPlace{}, record);
  const std::string envelope =
      wire::seal(key, wire::statement_text(wire::attestation_statement(claim)));
  const Status sound = check_own_proof(envelope, key.public_key(), job, ChainPlace{}, program,
                                       engine, trace, execution.value().result, system_random());
  if (!sound.ok()) return sound.error();
  return sha256(trace);
}

Finding check_trial(const Trial& trial, const compute::Engine& engine) {
  constexpr const char* kFix =
      "do not run jobs on this machine: what it signs would be found wrong. Test its memory, and "
      "undo overclocking";
  const Result<std::unique_ptr<compute::Program>> program = load(trial);
  if (!program.ok()) return fails(trial.check, program.error(), kFix);
  const Digest job = drawn_job();
  const SteadyMillis began = system_clock().steady_now();
  const Result<Digest> here = prove_trial(job, *program.value(), *program.value(), engine);
  if (!here.ok()) return fails(trial.check, here.error(), kFix);
  const std::int64_t took_ms = system_clock().steady_now() - began;
  const compute::Engine scalar(compute::CpuLevel::scalar, 1);
  const Result<Digest> defined = prove_trial(job, *program.value(), *program.value(), scalar);
  if (!defined.ok()) return fails(trial.check, defined.error(), kFix);
  if (defined.value() != here.value()) {
    return fails(trial.check,
                 fail(Code::mismatch, "cpu/" + std::string(cpu_level_name(engine.level())) +
                                          " computes other bits than the scalar definition"),
                 kFix);
  }
  return passes(trial.check, "run, signed, opened and read back in " + std::to_string(took_ms) +
                                 " ms; equal to the scalar definition");
}

}  // namespace

void check_proofs(const compute::Engine& engine, Findings& out) {
  out.push_back(passes("CPU_LEVEL", "cpu/" + std::string(cpu_level_name(engine.level())) + ", " +
                                        std::to_string(engine.threads()) + " threads"));
  for (const Trial& trial : kTrials) out.push_back(check_trial(trial, engine));
}

void check_gpu(const EngineOptions& options, const compute::Engine& engine, Findings& out) {
  const Result<compute::cuda::Backend> backend = compute::cuda::parse_backend(options.backend);
  if (!backend.ok()) {
    out.push_back(fails("GPU_BACKEND", backend.error().in("--backend"), ""));
    return;
  }
  if (backend.value() == compute::cuda::Backend::cpu) {
    out.push_back(skips("GPU_BACKEND", "--backend cpu"));
    return;
  }
  const Result<std::vector<wire::Device>> listed = compute::cuda::gpu_inventory();
  if (listed.ok()) {
    std::string text;
    for (const wire::Device& gpu : listed.value()) {
      text += (text.empty() ? "" : "; ") + gpu.model + ", driver " + gpu.driver;
    }
    out.push_back(passes("GPU_LISTED", text));
  } else {
    out.push_back(skips("GPU_LISTED", listed.error().what));
  }
  const Result<compute::cuda::ChosenDevice> chosen = compute::cuda::choose_device(
      backend.value(),
      options.cuda_module.empty() ? compute::cuda::default_module_path() : options.cuda_module);
  if (!chosen.ok()) {
    out.push_back(fails("GPU_BACKEND", chosen.error(), "run with --backend cpu meanwhile"));
    return;
  }
  if (chosen.value().device == nullptr) {
    out.push_back(listed.ok() ? warns("GPU_BACKEND", chosen.value().why,
                                      "a GPU is there and is not used: see --cuda-module")
                              : skips("GPU_BACKEND", chosen.value().why));
    return;
  }
  out.push_back(passes("GPU_BACKEND", chosen.value().why));
  constexpr const char* kFix = "run with --backend cpu, and have this GPU looked at";
  Result<std::unique_ptr<compute::Program>> loaded = load(kTrials[0]);
  if (!loaded.ok()) {
    out.push_back(fails("PROOF_GPU", loaded.error(), kFix));
    return;
  }
  const std::shared_ptr<const compute::Program> program = std::move(loaded).value();
  const Digest job = drawn_job();
  const Result<std::unique_ptr<compute::Program>> placed =
      compute::cuda::on_device(program, chosen.value().device);
  const Result<Digest> there = placed.ok() ? prove_trial(job, *program, *placed.value(), engine)
                                           : Result<Digest>(placed.error());
  const Result<Digest> here = prove_trial(job, *program, *program, engine);
  if (!there.ok()) {
    out.push_back(fails("PROOF_GPU", there.error(), kFix));
  } else if (!here.ok() || here.value() != there.value()) {
    out.push_back(
        fails("PROOF_GPU", fail(Code::mismatch, "the GPU computes other bits than the CPU"), kFix));
  } else {
    out.push_back(passes("PROOF_GPU", "equal to the CPU, to the last bit"));
  }
}

}  // namespace assay::prover
