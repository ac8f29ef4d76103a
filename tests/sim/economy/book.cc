#include "tests/sim/economy/book.h"

namespace assay::sim {

std::string class_name_of(ClassNo workload) {
  return std::string(kDeviceClass) + "/" + kWorkloads.at(workload) + "@1";
}

bool sums_to(const reputation::Explanation& explanation, std::uint32_t trust_ppm) {
  std::int64_t sum = explanation.earlier_ppm;
  for (const reputation::ScoreLine& line : explanation.lines) sum += line.points_ppm;
  return sum == trust_ppm && explanation.trust_ppm == trust_ppm;
}

}  // namespace assay::sim
