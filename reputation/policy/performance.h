// Performance: how much of what was claimed was measured, from below. Pure; any thread; integers
// only. Source: reputation policy v1, "Performance P". Vectors: vectors/performance/.
//
// Each round of measurements moves, per component, an average and a variance that forget by 0.9:
//   x = min(1, measured / claimed),   e <- .9 e + .1 x,   var <- .9 (var + .1 (x - e)^2)
// and what counts is e - 1.645 sqrt(var / n), n the rounds measured, at most 19 (what forgetting by
// 0.9 remembers). The first round starts at e = x, var = 0.01: one reading proves little.
#pragma once

#include <array>
#include <cstdint>

#include "reputation/policy/fixed.h"

namespace assay::reputation {

enum class Component : std::uint8_t { gpu, cpu, memory, disk, network };
inline constexpr std::size_t kComponents = 5;
const char* component_name(Component component);

// In whatever unit, the same for both. claimed = 0: not measured in this round.
struct Measurement {
  std::uint64_t measured = 0;
  std::uint64_t claimed = 0;
};
using PerformanceRound = std::array<Measurement, kComponents>;  // by Component

struct ComponentState {
  Q30 mean = 0;
  Q30 variance = 0;
  std::uint32_t rounds = 0;  // saturates
  bool operator==(const ComponentState&) const = default;
};

struct PerformanceState {
  std::array<ComponentState, kComponents> components;
  // The last five rounds that measured the GPU, the latest in bit 0: 1 where the GPU alone or the
  // weighted whole of what was measured came under 0.8 of the claim.
  std::uint8_t under = 0;
  bool operator==(const PerformanceState&) const = default;
};

PerformanceState fold_round(PerformanceState state, const PerformanceRound& round);

// The lower bound of one component; 0 while unmeasured.
Q30 component_bound(const ComponentState& component);

// P: the bounds weighted .6 GPU, .2 CPU, .1 memory, .05 disk, .05 network. What was never measured
// is 0, so a class without any benchmark has P = 0.
Q30 performance(const PerformanceState& state);
bool is_unmeasured(const PerformanceState& state);  // not one component

// Three of the last five rounds came under: the class is not what was claimed, and is revoked until
// later rounds hold what is claimed by then.
bool class_revoked(const PerformanceState& state);

// What a class counts with under a policy: P with `unmeasured` (the policy's performance_ppm) in
// place of each part that was never measured, and nothing while the class is revoked. At 0, the
// strict rule, that is P itself: no benchmark, no trust. At one it is what was measured that counts
// and nothing else, so that a provider is not worse off for a part that nobody measures here.
Q30 counted_performance(const PerformanceState& state, Q30 unmeasured);

}  // namespace assay::reputation
