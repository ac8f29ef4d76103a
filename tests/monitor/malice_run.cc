// The malicious-log simulator: every kind of dishonesty over many seeds, each of which must be
// found as what it is, and honest logs followed head by head, in which nothing may be found.
//
// malice_run [--runs N] [--updates N] [--seed N]; prints figures; exits 1 on a miss or an alarm.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>

#include "tests/monitor/malice.h"

namespace assay::test {
namespace {

constexpr std::uint64_t kLeavesMax = 300;  // of one honest log; then another

std::uint64_t look_at_malice(std::uint64_t runs, std::uint64_t seed) {
  std::uint64_t missed = 0;
  std::map<std::string, std::uint64_t> found;
  for (std::uint64_t run = 0; run < runs; ++run) {
    const Malice& malice = malices()[run % malices().size()];
    const std::string as = malice.run(seed + run);
    std::fflush(stdout);
    ++found[as];
    if (std::ranges::find(malice.found_as, as) != malice.found_as.end()) continue;
    ++missed;
    std::printf("missed: %s, seed %llu: %s\n", malice.name,
                static_cast<unsigned long long>(seed + run), as.c_str());
  }
  for (const auto& [as, count] : found) {
    std::printf("  %-17s %llu\n", as.c_str(), static_cast<unsigned long long>(count));
  }
  return missed;
}

std::uint64_t look_at_honesty(std::uint64_t updates, std::uint64_t seed) {
  std::uint64_t alarms = 0;
  std::uint64_t seen = 0;
  std::uint64_t leaves = 0;
  for (std::uint64_t log = seed; seen < updates; ++log) {
    HonestLog honest(log);
    Watched watched(honest, {.quorum = log % 2 == 0});
    while (seen < updates && honest.log.leaves.size() < kLeavesMax) {
      honest.step();
      watched.show_all(honest);
      const std::string as = watched.finds();
      ++seen;
      if (as == "none") continue;
      ++alarms;
      std::printf("false alarm: log %llu, size %zu: %s\n", static_cast<unsigned long long>(log),
                  honest.log.leaves.size(), as.c_str());
    }
    leaves += honest.log.leaves.size();
    const Status sound = honest.scene.check();
    ASSAY_CHECK(sound.ok(), sound.ok() ? "" : sound.error().what);
  }
  std::printf("  %llu leaves\n", static_cast<unsigned long long>(leaves));
  return alarms;
}

bool read_number(const char* text, std::uint64_t& number) {
  const char* end = text + std::strlen(text);
  return std::from_chars(text, end, number).ptr == end && end != text;
}

int run(int argc, char** argv) {
  std::uint64_t runs = 2 * malices().size();
  std::uint64_t updates = 1'000;
  std::uint64_t seed = system_random().u64() >> 32;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    std::uint64_t& number = name == "--runs" ? runs : name == "--updates" ? updates : seed;
    if (!read_number(argv[i + 1], number)) return static_cast<int>(Code::usage);
  }
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  const SteadyMillis begun = system_clock().steady_now();
  const std::uint64_t missed = look_at_malice(runs, seed);
  std::printf("malicious logs: %llu runs of %zu kinds, %llu missed, %.1f s\n",
              static_cast<unsigned long long>(runs), malices().size(),
              static_cast<unsigned long long>(missed),
              static_cast<double>(system_clock().steady_now() - begun) / 1000);
  const SteadyMillis honest = system_clock().steady_now();
  const std::uint64_t alarms = look_at_honesty(updates, seed);
  std::printf("honest logs: %llu updates, %llu false alarms, %.1f s\n",
              static_cast<unsigned long long>(updates), static_cast<unsigned long long>(alarms),
              static_cast<double>(system_clock().steady_now() - honest) / 1000);
  return missed == 0 && alarms == 0 ? 0 : 1;
}

}  // namespace
}  // namespace assay::test

int main(int argc, char** argv) {
  return assay::test::run(argc, argv);
}
