#include "verifier/main/replay_engine.h"

namespace assay::verifier {
namespace {

Result<compute::CpuLevel> level_of(const std::string& name) {
  if (name == "best") return compute::best_cpu_level();
  const Result<compute::CpuLevel> level = compute::parse_cpu_level(name);
  if (!level.ok()) return fail(Code::usage, "--cpu-level: " + level.error().what);
  if (!compute::cpu_level_supported(level.value())) {
    return fail(Code::usage, "--cpu-level: this machine lacks " + name);
  }
  return level;
}

}  // namespace

Result<ReplayEngine> replay_engine(const ReplaysOn& on, Output& output, std::string& why) {
  const Result<compute::CpuLevel> level = level_of(on.cpu_level);
  if (!level.ok()) return level.error();
  const Result<compute::cuda::Backend> backend = compute::cuda::parse_backend(on.backend);
  if (!backend.ok()) return backend.error().in("--backend");
  Result<compute::cuda::ChosenDevice> chosen = compute::cuda::choose_device(
      backend.value(),
      on.cuda_module.empty() ? compute::cuda::default_module_path() : on.cuda_module);
  if (!chosen.ok()) return chosen.error().in("--backend cuda");
  why = chosen.value().why;
  return ReplayEngine{level.value(), 1, std::move(chosen).value().device,
                      [&output](const std::string& what) { output.say(what); }};
}

}  // namespace assay::verifier
