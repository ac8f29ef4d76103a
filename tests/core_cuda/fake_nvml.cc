// An NVML without NVIDIA, for tests: two GPUs. ASSAY_FAKE_NVML makes it fail: "init", "none" (no
// GPU), "lost" (the second GPU has fallen off the bus).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int kSuccess = 0, kUnknown = 999, kLost = 15;

bool fault(const char* name) {
  const char* text = std::getenv("ASSAY_FAKE_NVML");
  return text != nullptr && std::string(text) == name;
}

struct Memory {
  unsigned long long total, free, used;
};

int number_of(const void* device) {
  return static_cast<int>(reinterpret_cast<std::uintptr_t>(device)) - 1;
}

void write(char* to, unsigned room, const char* text, int number) {
  std::snprintf(to, room, "%s%d", text, number);
}

}  // namespace

EXPORT int nvmlInit_v2() {
  return fault("init") ? kUnknown : kSuccess;
}
EXPORT int nvmlShutdown() {
  return kSuccess;
}
EXPORT const char* nvmlErrorString(int status) {
  return status == kLost ? "GPU is lost" : "Unknown Error";
}
EXPORT int nvmlSystemGetDriverVersion(char* to, unsigned room) {
  write(to, room, "580.0", 1);
  return kSuccess;
}
EXPORT int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = fault("none") ? 0 : 2;
  return kSuccess;
}
EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = reinterpret_cast<void*>(std::uintptr_t{index} + 1);
  return kSuccess;
}
EXPORT int nvmlDeviceGetName(void* device, char* to, unsigned room) {
  write(to, room, "Fake GPU ", number_of(device));
  return kSuccess;
}
EXPORT int nvmlDeviceGetUUID(void* device, char* to, unsigned room) {
  write(to, room, "GPU-fake-", number_of(device));
  return kSuccess;
}
EXPORT int nvmlDeviceGetMemoryInfo(void* device, Memory* to) {
  if (fault("lost") && number_of(device) == 1) return kLost;
  *to = {(1ULL + static_cast<unsigned>(number_of(device))) << 34, 0, 0};
  return kSuccess;
}
