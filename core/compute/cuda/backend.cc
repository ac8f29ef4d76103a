#include "core/compute/cuda/backend.h"

#include "core/compute/cuda/device_programs.h"
#include "core/compute/gemm/gemm_inputs.h"

namespace assay::compute::cuda {

GemmWork gemm_work(const DeviceJob& job) {
  GemmWork work;
  work.rows = job.gemm->rows;
  work.cols = job.gemm->cols;
  work.gemms_per_step = job.gemm->gemms_per_step;
  work.key = job.tensors->key();
  std::vector<std::int8_t> unused;
  for (std::uint32_t j = 0; j < job.tensors->loaded_weights(); ++j) {
    work.weights.push_back(job.tensors->w_rows(j, 0, work.cols, CpuLevel::scalar, unused));
    work.scales.push_back(job.tensors->w_scales(j));
  }
  if (work.weights.empty()) work.scales.push_back(job.tensors->w_scales(0));
  return work;
}

namespace {

// The twin of a program's workload, or null.
MakeDeviceProgram* twin_of(const Program& program) {
  const DeviceJob job = program.device_job();
  if (job.gemm != nullptr) return gemm_on_device;
  if (job.render != nullptr) return render_on_device;
  if (job.lattice != nullptr) return lattice_on_device;
  if (job.bodies != nullptr) return bodies_on_device;
  if (job.text != nullptr) return texts_on_device;
  if (job.train != nullptr) return train_on_device;
  return nullptr;
}

Result<std::shared_ptr<const Device>> first_device(const std::string& module_path) {
  Result<std::shared_ptr<const Module>> module = Module::load(module_path);
  if (!module.ok()) return module.error();
  Result<std::unique_ptr<Device>> device = Device::open(std::move(module).value(), 0);
  if (!device.ok()) return device.error();
  return std::shared_ptr<const Device>(std::move(device).value());
}

}  // namespace

Result<std::unique_ptr<Program>> on_device(std::shared_ptr<const Program> program,
                                           std::shared_ptr<const Device> device) {
  MakeDeviceProgram* const twin = twin_of(*program);
  if (twin == nullptr) return std::unique_ptr<Program>(std::make_unique<OnCpu>(std::move(program)));
  const auto turn = device->lock();
  return twin(std::move(program), device);
}

std::string backend_name(const Device& device) {
  const DeviceInfo& info = device.info();
  return "cuda/sm_" + std::to_string(info.compute_major) + std::to_string(info.compute_minor);
}

Result<Backend> parse_backend(std::string_view name) {
  if (name == "auto") return Backend::automatic;
  if (name == "cpu") return Backend::cpu;
  if (name == "cuda") return Backend::cuda;
  return fail(Code::usage, "backend \"" + std::string(name) + "\" is not one of auto, cpu, cuda");
}

Result<ChosenDevice> choose_device(Backend backend, const std::string& module_path) {
  if (backend == Backend::cpu) return ChosenDevice{nullptr, "cpu: as asked"};
  Result<std::shared_ptr<const Device>> device = first_device(module_path);
  if (device.ok()) {
    std::string why = std::string("cuda: ") + device.value()->info().name;
    return ChosenDevice{std::move(device).value(), std::move(why)};
  }
  if (backend == Backend::cuda) return device.error();
  return ChosenDevice{nullptr, "cpu: " + device.error().what};
}

}  // namespace assay::compute::cuda
