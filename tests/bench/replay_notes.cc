#include "tests/bench/replay_notes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace assay::bench {
namespace {

using compute::Plan;
using compute::Reach;
using compute::Shape;
using verifier::Scope;

constexpr double kPasses = 0.01;

std::string two_digits(double ratio) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", ratio);
  return text;
}

std::string percent(double part) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g %%", part * 100);
  return text;
}

double found(std::uint32_t wrong_ppm, std::uint64_t picks) {
  return verifier::detection_ppm(wrong_ppm, picks) / 1e6;
}

// The probability that a share of all rows, broken in one step each and right from there, is met.
// Some steps have one pair more than others; where there are fewer than steps, some have none.
double broken_found(const Plan& plan, const Scope& scope, double share) {
  const std::uint64_t pairs = scope.pairs.size();
  const auto each = static_cast<double>(scope.rows.size() + pairs / plan.steps);
  const double steps = plan.steps;
  const double more = static_cast<double>(pairs % plan.steps) / steps;
  const double whole = static_cast<double>(scope.positions.size()) / steps;
  return 1 - std::pow(1 - share, each) * (1 - more * share) * (1 - whole);
}

// The share of the work that the cheapest known forgery does honestly, if it is to pass once in a
// hundred audits: rows zeroed at one step, of which all later steps are right for free.
double forge_ratio(const Plan& plan, const Scope& scope) {
  if (1 - broken_found(plan, scope, 1) >= kPasses) return 0;
  double honest = 0;
  double most = 1;
  for (int i = 0; i < 50; ++i) {  // more honest work, less that is found: halve until it is told
    const double middle = (honest + most) / 2;
    (1 - broken_found(plan, scope, 1 - middle) < kPasses ? honest : most) = middle;
  }
  return honest;
}

// The same of a text, where nothing is free: rows skipped in some of the steps, a share of each.
double text_forge_ratio(const Plan& plan, const Scope& scope) {
  const double steps = plan.steps;
  const double rows = static_cast<double>(scope.pairs.size()) / steps;  // looked at in each step
  double saved = 0;
  double passes = 1;  // that none of these steps is drawn whole
  for (std::uint32_t j = 1; j <= plan.steps; ++j) {
    const auto whole = static_cast<double>(scope.positions.size());
    passes *= std::max(0.0, steps - whole - j + 1) / (steps - j + 1);
    if (passes <= kPasses || rows == 0) break;
    const double share = 1 - std::pow(kPasses / passes, 1 / (rows * j));
    saved = std::max(saved, share * j / steps);
  }
  return 1 - saved;
}

// "3", or "0.5" where only every second step has one.
std::string rows_of_step(const Plan& plan, const Scope& scope) {
  char text[16];
  std::snprintf(text, sizeof text, "%.3g",
                static_cast<double>(scope.pairs.size()) / static_cast<double>(plan.steps));
  return text;
}

// Why the ratio is what it is, where README's words on the chains of gemm do not say it.
std::string why(const Plan& plan, const Scope& scope) {
  const std::string rows = rows_of_step(plan, scope);
  const std::string whole = std::to_string(scope.positions.size());
  const std::string drawn = scope.positions.empty() ? "" : ", and " + whole + " whole steps";
  if (plan.shape == Shape::appended) {
    return " (no row is free; " + rows + " rows of each step looked at" + drawn + ")";
  }
  if (plan.reach == Reach::none) {
    return " (one broken step may diverge for good, which is free: met with " + whole + "/" +
           std::to_string(plan.steps) + ")";
  }
  if (plan.reach == Reach::same_row) return "";
  return " (share g broken once, taken as free from there; " + rows +
         " rows of each step looked at" + drawn + ")";
}

std::string chain_note(const Plan& plan, const Scope& scope) {
  constexpr std::uint32_t kHundredth = 10'000;
  const double rows =
      scope.positions.empty() ? found(kHundredth, scope.rows.size() + scope.pairs.size()) : 1;
  const double ratio =
      plan.shape == Shape::appended ? text_forge_ratio(plan, scope) : forge_ratio(plan, scope);
  return "1 % of rows wrong in every step: " + percent(rows) +
         "; broken in one step: " + percent(broken_found(plan, scope, 0.01)) +
         "; a whole state: " + percent(broken_found(plan, scope, 1)) + "; forge ratio " +
         two_digits(ratio) + why(plan, scope);
}

std::string units_note(const Plan& plan, const Scope& scope, std::uint64_t drawn) {
  const double ratio = std::pow(kPasses, 1 / static_cast<double>(drawn));
  return std::to_string(scope.positions.size()) + " of " + std::to_string(plan.steps) + " tiles, " +
         std::to_string(drawn) + " of them drawn; 1 % forged: " + percent(found(10'000, drawn)) +
         ", 10 %: " + percent(found(100'000, drawn)) + "; forge ratio " + two_digits(ratio);
}

}  // namespace

std::string note_of(const Plan& plan, const Scope& scope, std::uint64_t drawn) {
  return plan.shape == Shape::independent ? units_note(plan, scope, drawn)
                                          : chain_note(plan, scope);
}

}  // namespace assay::bench
