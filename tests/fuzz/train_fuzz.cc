// Orders of train jobs with their inputs, whole small jobs, and states that somebody else sent.
#include <algorithm>

#include "core/compute/files/safetensors.h"
#include "tests/fuzz/bundle.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/jobs.h"

namespace assay::fuzz {
namespace {

using namespace compute;

// The bytes as a state of the plan's shape: advanced alike by all levels, or refused.
void advance_foreign(const Program& program, ByteView bytes) {
  const Result<State> state = state_from_bytes(program.plan().state_shape, bytes);
  if (!accepted(state)) return;
  for (const std::uint32_t step : {1U, program.plan().steps}) {
    const Result<State> after = same_advance(program, step, state.value());
    if (!after.ok()) check_refusal(after.error(), {Code::malformed});
  }
}

void train_bundle(const BundledJob& job, ByteView state) {
  const MemoryBound bound(memory_for(job.bytes()) + 64 * kSmallCaps.state_bytes_max);
  const Result<std::unique_ptr<Program>> loaded = load_program(job.spec, job.source(), kSmallCaps);
  if (!accepted(loaded)) return;
  const Program& program = *loaded.value();
  check_program(program, kSmallCaps);
  State at = program.start(Engine(CpuLevel::scalar)).value();
  for (std::uint32_t step = 1; step <= std::min(program.plan().steps, 2U); ++step) {
    Result<State> after = same_advance(program, step, at);
    require(after.ok(), "an honest state can be advanced");
    at = std::move(after.value());
  }
  if (program.plan().steps <= 2) {
    const Result<Artefact> artefact = program.artefact(state_bytes(at));
    require(artefact.ok() && parse_safetensors(artefact.value().bytes).ok(),
            "a result is a safetensors file");
  }
  if (!state.empty()) advance_foreign(program, state);
}

}  // namespace
}  // namespace assay::fuzz

// In a bundle, "state" is no input but a state to advance.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  std::vector<BundledFile> files = split_bundle(assay::ByteView(data, size));
  assay::Bytes state;
  if (!files.empty() && files.back().name == "state") {
    state = std::move(files.back().bytes);
    files.pop_back();
  }
  if (std::optional<BundledJob> job = bundled_job("train", std::move(files))) {
    train_bundle(*job, state);
  }
  return 0;
}
