// What the GPU check's parts share: one report of cases and timings. One thread.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "core/compute/cuda/device.h"

namespace assay::gpu {

using namespace assay::compute::cuda;

// A device call that fails ends the check: its text and exit code 1.
void require(const Status& status, const std::string& what);
template <class T>
T require(Result<T> result, const std::string& what) {
  if (!result.ok()) require(Status(result.error()), what);
  return std::move(result).value();
}

class Report {
 public:
  // One comparison with the definition; prints the case when it differs.
  void compare(const std::string& what, bool equal);
  // One measured number; `correct` as the comparisons so far.
  void measure(const std::string& bench, const std::string& what, double value,
               const std::string& unit);

  std::uint64_t compared() const { return compared_; }
  std::uint64_t differing() const { return differing_; }
  // {"device", "driver", …, "sanitizer", "compared", "differing",
  //  "timings": [{bench, case, value, unit}]}
  std::string json(const DeviceInfo& info, const std::string& commit, const std::string& date,
                   const std::string& sanitizer) const;

 private:
  struct Timing {
    std::string bench, what, unit;
    double value;
  };
  std::uint64_t compared_ = 0, differing_ = 0;
  std::vector<Timing> timings_;
};

// Parity of every entry of the table, on poisoned memory with sentinels; and of small whole jobs.
// `small`: fewer and smaller cases of each kind, for tools that slow the device down.
void check_ops(const Device& device, Report& report, bool small);
void check_rx1(const Device& device, Report& report, bool small);
void check_jobs(const Device& device, Report& report, bool small);
void check_workloads(const Device& device, Report& report, bool small);
// The timings, in the order that compute.md gives.
void time_all(const Device& device, Report& report);
void time_workloads(const Device& device, Report& report);

}  // namespace assay::gpu
