// train_model ORDER NONCE OUT NAME=FILE …: runs one train job and writes its artefact into OUT.
//   ORDER   a JSON file of the workload's parameters
//   NONCE   64 hex digits
//   NAME=FILE   an input of the order
// The job is what a provider runs, and its losses are printed as it goes. What a job may cost is
// for the caller to say here: caps are those of an order but for the operations of a whole job.
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <thread>

#include "core/base/file.h"
#include "core/compute/program.h"

namespace assay {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{64} << 20;

int failed(const Error& error) {
  std::fprintf(stderr, "train_model: %s\n", error.what.c_str());
  return static_cast<int>(error.code);
}

struct Job {
  wire::WorkloadSpec spec;
  std::map<std::string, Bytes> files;
};

Result<Job> read_job(int argc, char** argv) {
  Job job;
  const Result<Bytes> order = read_file(argv[1], 1 << 20);
  if (!order.ok()) return order.error();
  Result<wire::Json> parameters = wire::parse_json(as_text(order.value()));
  if (!parameters.ok()) return parameters.error().in(argv[1]);
  const Result<Digest> nonce = Digest::parse_hex(argv[2]);
  if (!nonce.ok()) return nonce.error().in("nonce");
  job.spec.workload = "train";
  job.spec.parameters = std::move(parameters.value());
  job.spec.nonce = nonce.value();
  for (int i = 4; i < argc; ++i) {
    const std::string text = argv[i];
    const std::size_t sign = text.find('=');
    if (sign == std::string::npos) return fail(Code::usage, text + " is not NAME=FILE");
    Result<Bytes> bytes = read_file(text.substr(sign + 1), kFileMax);
    if (!bytes.ok()) return bytes.error();
    const std::string name = text.substr(0, sign);
    job.spec.inputs.push_back({name, sha256(bytes.value()), bytes.value().size()});
    job.files[name] = std::move(bytes.value());
  }
  return job;
}

// Of the optimiser's last step in `step` of `steps` of the chain.
float loss_of(const compute::State& state, std::uint32_t step, std::uint32_t steps) {
  const std::size_t per_step = state.back().data.size() / sizeof(float) / steps;
  float out = 0;
  std::memcpy(&out, state.back().data.data() + (step * per_step - 1) * sizeof out, sizeof out);
  return out;
}

int run(const Job& job, const std::string& folder) {
  const auto loaded = compute::load_program(
      job.spec,
      [&job](const wire::Input& input) -> Result<Bytes> { return job.files.at(input.name); });
  if (!loaded.ok()) return failed(loaded.error());
  const compute::Program& program = *loaded.value();
  const compute::Engine engine(compute::best_cpu_level(),
                               std::max(1U, std::thread::hardware_concurrency()));
  Result<compute::State> state = program.start(engine);
  if (!state.ok()) return failed(state.error());
  const std::uint32_t steps = program.plan().steps;
  std::fprintf(stderr, "%u steps of %.3g multiply-adds, %u threads, %s\n", steps,
               static_cast<double>(program.plan().step_ops), engine.threads(),
               compute::cpu_level_name(engine.level()));
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint32_t step = 1; step <= steps; ++step) {
    const Status advanced = program.advance(step, state.value(), engine);
    if (!advanced.ok()) return failed(advanced.error());
    if (step % 50 == 0 || step == steps || step == 1) {
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      std::fprintf(stderr, "step %u loss %.4f, %.1f s\n", step,
                   static_cast<double>(loss_of(state.value(), step, steps)), took.count());
    }
  }
  std::printf("%s\n", compute::state_digest(state.value(), engine).hex().c_str());
  const Result<compute::Artefact> artefact = program.artefact(compute::state_bytes(state.value()));
  if (!artefact.ok()) return failed(artefact.error());
  if (const Status made = make_folders(folder); !made.ok()) return failed(made.error());
  const Status written =
      write_file_durably(folder + "/" + artefact.value().file_name, artefact.value().bytes);
  return written.ok() ? 0 : failed(written.error());
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  // What a step frees, the next one takes: without giving it back to the system in between.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  if (argc < 4) {
    std::fprintf(stderr, "usage: train_model ORDER NONCE OUT NAME=FILE ...\n");
    return 2;
  }
  const assay::Result<assay::Job> job = assay::read_job(argc, argv);
  return job.ok() ? assay::run(job.value(), argv[3]) : assay::failed(job.error());
}
