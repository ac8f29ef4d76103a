#include "reputation/policy/performance.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace assay::reputation {
namespace {

constexpr Q30 kKept = ratio(9, 10);
constexpr Q30 kNew = kOne - kKept;
constexpr Q30 kFirstVariance = ratio(1, 100);
constexpr Q30 kUnder = ratio(8, 10);
constexpr Q30 kZSquared = ratio(2'706'025, 1'000'000);  // 1.645^2
constexpr std::uint32_t kRoundsRemembered = 19;         // (1 + .9) / (1 - .9)
constexpr std::uint8_t kLastFive = 0x1f;
constexpr int kRevokingRounds = 3;
constexpr std::array<std::uint32_t, kComponents> kWeightPercent{60, 20, 10, 5, 5};

Q30 share_of(const Measurement& it) {
  if (it.measured >= it.claimed) return kOne;
  return static_cast<Q30>(divide(it.measured, it.claimed));
}

void observe(ComponentState& state, Q30 x) {
  if (state.rounds == 0) {
    state = {.mean = x, .variance = kFirstVariance, .rounds = 1};
    return;
  }
  const Q30 apart = x > state.mean ? x - state.mean : state.mean - x;
  const Wide moved = multiply(multiply(apart, apart), kNew);
  state.variance = static_cast<Q30>(multiply(state.variance + moved, kKept));
  state.mean = static_cast<Q30>(multiply(state.mean, kKept) + multiply(x, kNew));
  if (state.rounds < std::numeric_limits<std::uint32_t>::max()) ++state.rounds;
}

// Does what this round measured come under the claim? Asked of rounds that measured the GPU.
bool comes_under(const PerformanceRound& round) {
  Wide sum = 0;
  Wide weights = 0;
  for (std::size_t i = 0; i < kComponents; ++i) {
    if (round[i].claimed == 0) continue;
    sum += Wide{kWeightPercent[i]} * share_of(round[i]);
    weights += kWeightPercent[i];
  }
  return share_of(round[0]) < kUnder || sum < weights * kUnder;
}

}  // namespace

const char* component_name(Component component) {
  switch (component) {
    case Component::gpu: return "gpu";
    case Component::cpu: return "cpu";
    case Component::memory: return "memory";
    case Component::disk: return "disk";
    case Component::network: return "network";
  }
  return "";
}

PerformanceState fold_round(PerformanceState state, const PerformanceRound& round) {
  for (std::size_t i = 0; i < kComponents; ++i) {
    if (round[i].claimed != 0) observe(state.components[i], share_of(round[i]));
  }
  if (round[0].claimed != 0) {
    const unsigned bits = static_cast<unsigned>(state.under) << 1 | (comes_under(round) ? 1U : 0U);
    state.under = static_cast<std::uint8_t>(bits & kLastFive);
  }
  return state;
}

Q30 component_bound(const ComponentState& component) {
  if (component.rounds == 0) return 0;
  const std::uint32_t n = std::min(component.rounds, kRoundsRemembered);
  const Wide spread = square_root(multiply(kZSquared, component.variance / n) << 30);
  return spread >= component.mean ? 0 : component.mean - static_cast<Q30>(spread);
}

Q30 performance(const PerformanceState& state) {
  Wide sum = 0;
  for (std::size_t i = 0; i < kComponents; ++i) {
    sum += Wide{kWeightPercent[i]} * component_bound(state.components[i]);
  }
  return static_cast<Q30>(sum / 100);
}

bool is_unmeasured(const PerformanceState& state) {
  return std::all_of(state.components.begin(), state.components.end(),
                     [](const ComponentState& it) { return it.rounds == 0; });
}

bool class_revoked(const PerformanceState& state) {
  return std::popcount(state.under) >= kRevokingRounds;
}

Q30 counted_performance(const PerformanceState& state, Q30 unmeasured) {
  if (class_revoked(state)) return 0;
  Wide sum = 0;
  for (std::size_t i = 0; i < kComponents; ++i) {
    const ComponentState& it = state.components[i];
    sum += Wide{kWeightPercent[i]} * (it.rounds == 0 ? unmeasured : component_bound(it));
  }
  return static_cast<Q30>(sum / 100);
}

}  // namespace assay::reputation
