// Tensors in files, gemm parameters, whole gemm jobs, and states that somebody else sent.
#include <algorithm>

#include "core/compute/files/npy.h"
#include "core/compute/files/safetensors.h"
#include "tests/fuzz/bundle.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/jobs.h"

namespace assay::fuzz {
namespace {

using namespace compute;

std::uint64_t elements_of(const NumberArray& array) {
  return array.data.size() / number_bytes(array.type);
}

void check_array(const NumberArray& array) {
  require(array.dims.size() <= kRankMax, "an array has at most kRankMax dimensions");
  require(array.data.size() == array_bytes(array.type, array.dims),
          "an array has as many bytes as its dimensions say");
  std::vector<float> first(std::min<std::uint64_t>(elements_of(array), 64));
  read_numbers(array, elements_of(array) - first.size(), first);
}

// What write_npy() makes of an f32 array is that array.
void check_rewritten(const NumberArray& array) {
  if (array.type != NumberType::f32) return;
  std::vector<float> values(elements_of(array));
  read_numbers(array, 0, values);
  const Bytes file = write_npy(array.dims, values);
  const Result<NumberArray> again = parse_npy(file);
  require(again.ok() && again.value().dims == array.dims &&
              std::ranges::equal(again.value().data, array.data),
          "a written .npy reads as what was written");
}

void read_files(ByteView input) {
  const MemoryBound bound(memory_for(input.size()));
  const Result<NumberArray> npy = parse_npy(input);
  if (accepted(npy)) {
    check_array(npy.value());
    check_rewritten(npy.value());
  }
  const Result<std::vector<NamedArray>> tensors = parse_safetensors(input);
  if (!accepted(tensors)) return;
  std::size_t bytes = 0;
  for (const NamedArray& tensor : tensors.value()) {
    check_array(tensor.array);
    bytes += tensor.array.data.size();
  }
  require(bytes < input.size(), "tensors lie within their file");
}

// The bytes as a state of the plan's shape: advanced alike by all levels, or refused.
void advance_foreign(const Program& program, ByteView bytes) {
  const Result<State> state = state_from_bytes(program.plan().state_shape, bytes);
  if (!accepted(state)) return;
  require(std::ranges::equal(state_bytes(state.value()), bytes), "a state is its bytes");
  for (const std::uint32_t step : {1U, program.plan().steps}) {
    const Result<State> after = same_advance(program, step, state.value());
    const Result<Bytes> row = program.advance_row(step, row_of_state(state.value(), 0));
    if (after.ok()) {
      require(row.ok() && row.value() == row_of_state(after.value(), 0),
              "a row alone becomes what it becomes in its state");
    } else if (!row.ok()) {
      check_refusal(row.error(), {Code::malformed});
    }
  }
  const Result<Artefact> artefact = program.artefact(bytes);
  if (accepted(artefact)) require(parse_npy(artefact.value().bytes).ok(), "a result is a .npy");
}

void multiply_bundle(const BundledJob& job, ByteView state) {
  const MemoryBound bound(memory_for(job.bytes()) + 16 * kSmallCaps.state_bytes_max);
  const Result<std::unique_ptr<Program>> program = load_program(job.spec, job.source(), kSmallCaps);
  if (!accepted(program)) return;
  check_program(*program.value(), kSmallCaps);
  const Plan& plan = program.value()->plan();
  const Result<Bytes> row = program.value()->start_row(plan.rows - 1);
  require(row.ok() && program.value()->advance_row(1, row.value()).ok(),
          "the start state is one that can be advanced");
  if (!state.empty()) advance_foreign(*program.value(), state);
}

}  // namespace
}  // namespace assay::fuzz

// In a bundle, "state" is no input but a state to advance.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  const assay::ByteView input(data, size);
  std::vector<BundledFile> files = split_bundle(input);
  if (files.empty()) {
    read_files(input);
    return 0;
  }
  assay::Bytes state;
  if (files.back().name == "state") {
    state = std::move(files.back().bytes);
    files.pop_back();
  }
  if (std::optional<BundledJob> job = bundled_job("gemm", std::move(files))) {
    multiply_bundle(*job, state);
  }
  return 0;
}
