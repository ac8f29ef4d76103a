// Replaying positions of the caller's own choosing out of states that nobody opened before: whoever
// has them is asked, through AuditSources, and what comes is proven against the trace.
#include <algorithm>

#include "core/compute/opening_parts.h"
#include "core/wire/receipt.h"
#include "verifier/audit_case.h"

namespace assay::verifier::audit {

using compute::Plan;

namespace {

// What is asked for at once. One that alone is larger is asked for all the same.
constexpr std::uint64_t kAskedBytes = std::uint64_t{16} << 20;

// A pick is a row of a single step where the job has them, else a whole step.
struct Picks {
  bool are_pairs = false;
  std::vector<std::uint64_t> numbers;  // pairs, or steps less one
};

Scope scope_of(const Picks& picks, std::size_t from, std::size_t to) {
  Scope scope;
  for (std::size_t i = from; i < to; ++i) {
    if (picks.are_pairs) {
      scope.pairs.push_back(picks.numbers[i]);
    } else {
      scope.positions.push_back(static_cast<std::uint32_t>(picks.numbers[i] + 1));
    }
  }
  return scope;
}

std::uint64_t bytes_of(const Plan& plan, const Picks& picks, std::size_t count) {
  return compute::opening_bytes_bound(plan, picks.are_pairs ? 0 : count, 0,
                                      picks.are_pairs ? count : 0);
}

std::string name_of(const Plan& plan, const Picks& picks, std::size_t i) {
  if (!picks.are_pairs) return "step " + std::to_string(picks.numbers[i] + 1);
  const compute::Pair pair = compute::pair_at(plan, picks.numbers[i]);
  return "row " + std::to_string(pair.row) + " of step " + std::to_string(pair.step);
}

Result<wire::Opening> fetch(const BoundJob& job, const BoundTrace& trace, const Scope& scope,
                            const AuditOptions& options) {
  const Result<Bytes> file =
      options.sources.opening(job.job, {scope.positions, scope.rows, scope.pairs});
  if (!file.ok()) return file.error();
  Result<wire::Opening> opening =
      wire::parse_opening_file(file.value(), wire::kOpeningFileBytesMax);
  if (!opening.ok()) return opening.error().in("what was fetched");
  const Status proven = check_opening(trace.program->plan(), trace.trace, scope, opening.value());
  if (!proven.ok()) return proven.error().in("what was fetched");
  return opening;
}

}  // namespace

void replay_fetched(const BoundJob& job, const BoundTrace& trace, const AuditOptions& options,
                    CheckList& list, AuditFacts& facts) {
  const Plan& plan = trace.program->plan();
  const std::uint64_t pairs = compute::pair_count(plan);
  const std::uint64_t total = pairs > 0 ? pairs : plan.steps;
  const Picks picks{pairs > 0, choose(options.replay, total, options.random)};
  const std::size_t count = picks.numbers.size();
  const std::string what = picks.are_pairs ? "rows" : "steps";
  for (std::size_t from = 0; from < count;) {
    std::size_t to = from + 1;
    while (to < count && to - from < wire::kPairsMax &&
           bytes_of(plan, picks, to + 1 - from) <= kAskedBytes) {
      ++to;
    }
    const Scope scope = scope_of(picks, from, to);
    const Result<wire::Opening> opening = fetch(job, trace, scope, options);
    if (!opening.ok()) {
      facts.own_error = opening.error();
      for (; from < to; ++from) facts.own_unavailable.push_back(name_of(plan, picks, from));
      continue;
    }
    const Report report =
        replay(*trace.program, trace.trace, scope, opening.value(), options.engine);
    const Status settled = settle(trace, opening.value(), report);
    if (!settled.ok()) {
      list.fail(layer::kReplay, what + " of your own choosing", settled.error());
      return;
    }
    facts.own_replayed += to - from;
    from = to;
  }
  if (facts.own_unavailable.empty()) {
    facts.own_bound = bound_of(picks.are_pairs ? "pairs" : "steps", count, total);
    list.pass(layer::kReplay, what + " of your own choosing", bound_text(*facts.own_bound));
    return;
  }
  if (facts.own_replayed > 0) {
    list.pass(layer::kReplay, what + " of your own choosing",
              std::to_string(facts.own_replayed) + " of " + std::to_string(count) +
                  " were opened and are right; no bound follows from a choice of others");
  }
  list.skip(layer::kReplay, what + " of your own choosing",
            "unavailable: " + std::to_string(facts.own_unavailable.size()) + " of " +
                std::to_string(count) + ": " + facts.own_error->what);
}

}  // namespace assay::verifier::audit
