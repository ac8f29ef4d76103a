// gpu_check MODULE OUTPUT COMMIT DATE [small]: proves that the GPU equals the definition, then
// times it. `small` proves with fewer cases, and neither times nor writes. Exit 0: equal, 1: not,
// or the device failed; 77: no module, driver or GPU.
#include <fstream>
#include <sstream>

#include "tests/gpu/check.h"

namespace assay::gpu {

void require(const Status& status, const std::string& what) {
  if (status.ok()) return;
  std::printf("FAILED %s: %s\n", what.c_str(), status.error().what.c_str());
  std::exit(1);
}

void Report::compare(const std::string& what, bool equal) {
  ++compared_;
  if (equal) return;
  ++differing_;
  std::printf("DIFFERS %s\n", what.c_str());
}

void Report::measure(const std::string& bench, const std::string& what, double value,
                     const std::string& unit) {
  timings_.push_back({bench, what, unit, value});
  std::printf("%-12s %-40s %12.3f %s\n", bench.c_str(), what.c_str(), value, unit.c_str());
  std::fflush(stdout);
}

std::string Report::json(const DeviceInfo& info, const std::string& commit, const std::string& date,
                         const std::string& sanitizer) const {
  std::ostringstream out;
  out << "{\n  \"device\": \"" << info.name << "\",\n  \"compute\": \"" << info.compute_major << "."
      << info.compute_minor << "\",\n  \"multiprocessors\": " << info.multiprocessors
      << ",\n  \"memory_bytes\": \"" << info.memory_bytes << "\",\n  \"cuda\": \""
      << info.driver_version / 1000 << "." << info.driver_version % 1000 / 10
      << "\",\n  \"commit\": \"" << commit << "\",\n  \"date\": \"" << date
      << "\",\n  \"sanitizer\": \"" << sanitizer << "\",\n  \"compared\": " << compared_
      << ",\n  \"differing\": " << differing_ << ",\n  \"timings\": [";
  const char* comma = "\n";
  for (const Timing& t : timings_) {
    out << comma << "    {\"bench\": \"" << t.bench << "\", \"case\": \"" << t.what
        << "\", \"value\": " << t.value << ", \"unit\": \"" << t.unit << "\"}";
    comma = ",\n";
  }
  out << "\n  ]\n}\n";
  return out.str();
}

}  // namespace assay::gpu

int main(int count, char** arguments) {
  using namespace assay;
  constexpr int kSkipped = 77;
  if (count < 5) {
    std::puts("usage: gpu_check MODULE OUTPUT COMMIT DATE [small | what the sanitizer said]");
    return 2;
  }
  Result<std::shared_ptr<const gpu::Module>> module = gpu::Module::load(arguments[1]);
  if (!module.ok()) {
    std::printf("skipped: %s\n", module.error().what.c_str());
    return kSkipped;
  }
  const Result<std::unique_ptr<gpu::Device>> device = gpu::Device::open(module.value(), 0);
  if (!device.ok()) {
    std::printf("skipped: %s\n", device.error().what.c_str());
    return device.error().code == Code::not_found ? kSkipped : 1;
  }
  const gpu::DeviceInfo& info = device.value()->info();
  std::printf("%s, compute %u.%u\n", info.name, info.compute_major, info.compute_minor);
  gpu::Report report;
  const bool small = count > 5 && std::string(arguments[5]) == "small";
  gpu::check_ops(*device.value(), report, small);
  gpu::check_rx1(*device.value(), report, small);
  gpu::check_jobs(*device.value(), report, small);
  gpu::check_workloads(*device.value(), report, small);
  std::printf("%llu comparisons, %llu differ\n", static_cast<unsigned long long>(report.compared()),
              static_cast<unsigned long long>(report.differing()));
  if (!small && report.differing() == 0) gpu::time_all(*device.value(), report);
  if (!small) {
    const std::string sanitizer = count > 5 ? arguments[5] : "not run";
    std::ofstream(arguments[2]) << report.json(info, arguments[3], arguments[4], sanitizer);
  }
  return report.differing() == 0 ? 0 : 1;
}
