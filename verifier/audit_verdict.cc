// The verdict, the summary and a slash: do they follow from what was drawn and opened?
#include "verifier/audit_case.h"

namespace assay::verifier::audit {

using wire::Kind;
using wire::Outcome;

namespace {

Status check_about(const wire::Verdict& it, const BoundJob& job, const DrawnAudit& drawn) {
  if (it.draw != drawn.statement || it.reason != drawn.reason) {
    return fail(Code::unbound, "it rests on another draw");
  }
  if (it.attestation != job.attestation_digest || it.attestation_index != job.attestation_index ||
      it.job != job.job || it.provider != job.provider) {
    return fail(Code::unbound, "it is about another attestation, job or provider");
  }
  if (!repeats(it, drawn.scope)) {
    return fail(Code::unbound, "it judges other positions than were drawn");
  }
  return {};
}

// The probability itself is a function of the whole log; what a file can show is that it is not
// below the policy's and that the coin fell as it says.
Status check_coin(const wire::Verdict& it, const wire::Policy& policy, std::uint64_t coin) {
  // What is owed beyond the coin before may be little; what somebody paid for is certain.
  const std::uint32_t least = it.reason == wire::Reason::first  ? policy.audit_ppm
                              : it.reason == wire::Reason::paid ? 1'000'000
                                                                : 1;
  if (it.p_ppm < least || it.p_ppm > 1'000'000) {
    return fail(Code::unbound, "p is " + std::to_string(it.p_ppm) + " ppm, where at least " +
                                   std::to_string(least) + " are due");
  }
  if (!wire::coin_says_audit(coin, it.p_ppm)) {
    return fail(Code::unbound, "the coin says that this attestation is not audited");
  }
  return {};
}

// Whoever says that something matched or differed must have had it opened before.
Status check_rests_on(const wire::Verdict& it, std::uint64_t index,
                      const std::optional<OpenedAudit>& opened) {
  if (it.outcome != Outcome::match && it.outcome != Outcome::mismatch) return {};
  if (!opened) return fail(Code::no_evidence, "it judges openings that are not in the file");
  if (opened->ordinal != it.ordinal || opened->index >= index) {
    return fail(Code::unbound, "it rests on another opening than the one in the file");
  }
  return {};
}

Status check_summary(const wire::Summary& it, const wire::Verdict& verdict, const BoundJob& job,
                     const compute::Plan& plan, const std::string& origin) {
  const wire::Summary due = wire::summarise(verdict, plan.steps, plan.rows, job.attestation.result,
                                            job.policy_digest, origin, it.time_verified);
  if (it.job != due.job || it.result != due.result || it.attestation != due.attestation ||
      it.policy != due.policy || it.verifier_id != due.verifier_id) {
    return fail(Code::unbound, "it is about another job, result, policy or verifier");
  }
  if (it.passed != due.passed || it.levels != due.levels) {
    return fail(Code::unbound, "it claims " + it.levels.front() + " where the verdict gives " +
                                   due.levels.front());
  }
  return {};
}

bool check_summary_entry(const Case& file, const BoundJob& job, const compute::Plan& plan,
                         const wire::Verdict* verdict, const wire::Trust& trust, CheckList& list) {
  const ProvenEntry* entry = file.find(Kind::summary);
  if (entry == nullptr) {
    if (verdict != nullptr) list.skip(layer::kVerdict, "summary", "none in this file");
    return true;
  }
  if (!check_verifier_signed(*entry, trust, list)) return false;
  const auto summary = read_entry<wire::Summary>(*entry, wire::parse_summary, list);
  if (!summary) return false;
  const std::string name = "summary: follows from the verdict";
  if (verdict == nullptr) {
    list.fail(layer::kVerdict, name,
              fail(Code::unbound, "there is no verdict: what is only signed has not passed"));
    return false;
  }
  return list.check(layer::kVerdict, name,
                    check_summary(*summary, *verdict, job, plan, file.head.checkpoint.origin),
                    summary->levels.front());
}

void tell_no_verdict(const BoundJob& job, const std::optional<DrawnAudit>& drawn, CheckList& list) {
  std::string why = "nothing was drawn yet";
  if (drawn && wire::coin_says_audit(drawn->coin, job.policy.audit_ppm)) {
    why = "the draw says that it is to be audited: ask for the receipt again";
  } else if (drawn) {
    why = "the draw passes it over, unless its class is new or was at fault lately";
  }
  list.note(layer::kVerdict, "not audited",
            why + ". Nobody replayed anything: this file shows what the provider signed, no more");
}

}  // namespace

std::optional<wire::Verdict> check_verdict(const Case& file, const BoundJob& job,
                                           const compute::Plan& plan,
                                           const std::optional<DrawnAudit>& drawn,
                                           const std::optional<OpenedAudit>& opened,
                                           const wire::Trust& trust, CheckList& list) {
  const ProvenEntry* entry = file.find(Kind::verdict);
  if (entry == nullptr) {
    if (check_summary_entry(file, job, plan, nullptr, trust, list)) {
      tell_no_verdict(job, drawn, list);
    }
    return {};
  }
  if (!check_verifier_signed(*entry, trust, list)) return {};
  auto verdict = read_entry<wire::Verdict>(*entry, wire::parse_verdict, list);
  if (!verdict) return {};
  if (!drawn) {
    list.fail(layer::kVerdict, "verdict: rests on a draw",
              fail(Code::no_evidence, "the file has no draw"));
    return {};
  }
  if (!list.check(layer::kVerdict, "verdict: of this attestation and these positions",
                  check_about(*verdict, job, *drawn)) ||
      !list.check(layer::kVerdict, "verdict: the coin",
                  check_coin(*verdict, job.policy, drawn->coin),
                  "p = " + std::to_string(verdict->p_ppm) + " ppm") ||
      !list.check(layer::kVerdict, "verdict: rests on the opening",
                  check_rests_on(*verdict, entry->index, opened)) ||
      !check_summary_entry(file, job, plan, &*verdict, trust, list)) {
    return {};
  }
  return verdict;
}

std::optional<wire::Slash> check_slash(const Case& file, const BoundJob& job,
                                       const wire::Trust& trust, CheckList& list) {
  const ProvenEntry* entry = file.find(Kind::slash);
  if (entry == nullptr) return {};
  if (!check_verifier_signed(*entry, trust, list)) return {};
  auto slash = read_entry<wire::Slash>(*entry, wire::parse_slash, list);
  if (!slash) return {};
  const bool about = slash->provider == job.provider && slash->job == job.job &&
                     slash->attestation_index == job.attestation_index &&
                     entry->index > job.attestation_index;
  if (!list.check(layer::kVerdict, "slash: of this attestation", about, Code::unbound,
                  "it is about another attestation")) {
    return {};
  }
  return slash;
}

Bound bound_of(std::string unit, std::uint64_t picks, std::uint64_t total) {
  Bound bound{std::move(unit), picks, total, 1'000'000, 1'000'000, 1'000'000};
  if (picks >= total) return bound;
  bound.at_1_percent_ppm = detection_ppm(10'000, picks);
  bound.at_5_percent_ppm = detection_ppm(50'000, picks);
  bound.at_10_percent_ppm = detection_ppm(100'000, picks);
  return bound;
}

Bound micro_bound_of(const compute::Plan& plan, std::uint64_t pairs, std::uint64_t columns) {
  Bound bound = bound_of("pairs", pairs, compute::pair_count(plan));
  bound.columns = std::min(columns, plan.columns);
  if (plan.columns == 0) return bound;  // rows are recomputed whole
  // Whoever looks at all columns sees any wrong one.
  const std::uint32_t columns_wrong_ppm = bound.columns < plan.columns ? 10'000 : 1'000'000;
  bound.thin_at_1_percent_ppm =
      detection_ppm(1'000'000, bound.picks, columns_wrong_ppm, bound.columns);
  return bound;
}

}  // namespace assay::verifier::audit
