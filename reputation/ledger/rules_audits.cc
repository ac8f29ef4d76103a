// Rules for draws and audits.
#include <algorithm>

#include "core/crypto/ecvrf.h"
#include "reputation/ledger/rules.h"
#include "reputation/policy/pass_weight.h"

namespace assay::reputation::rules {
namespace {

// The log knows no plans, and so not what a job costs by the meter: one reference at the most is
// taken for it. A job that cost nothing proves nothing, and a dear one no more than one pass.
Result<EventState> pass_of(const Scene& scene, const JobState& job, const AttestationState& row) {
  const Result<const wire::Policy*> policy = policy_of(scene, job);
  if (!policy.ok()) return policy.error();
  const std::uint64_t reference = policy.value()->reference_value_micros;
  const bool canary = job.renter == scene.roles.verifier;
  constexpr std::int64_t kMillisPerSecond = 1000;
  const std::int64_t seconds = (row.logged - job.accepted) / kMillisPerSecond;
  return EventState{
      .kind = EventKind::pass,
      .sixteenths = pass_weight(job.price_micros, reference, reference),
      .severity_ppm = 0,
      .renter = canary ? 0 : renter_number(job.renter),
      .seconds = static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, UINT32_MAX))};
}

// The renter's secret counts when it was revealed below the draw's checkpoint.
Digest secret_in(const JobState& job, const wire::Draw& draw) {
  return job.secret && job.secret_index < draw.size ? *job.secret : Digest{};
}

// Gives every attestation of the drawn range its seed and its coin.
Status throw_coins(Scene& scene, const wire::Draw& draw, const VrfOutput& beta) {
  std::vector<std::pair<std::uint64_t, AttestationState>> drawn;
  const Status scanned = View(scene.txn).each_attestation(
      draw.from, [&](std::uint64_t index, const AttestationState& row) {
        if (index >= draw.to) return false;
        drawn.emplace_back(index, row);
        return true;
      });
  if (!scanned.ok()) return scanned;
  for (auto& [index, row] : drawn) {
    Result<JobState> job = need_job(scene.txn, row.job);
    if (!job.ok()) return job.error();
    row.seed =
        wire::draw_seed(beta, index, row.leaf, wire::Reason::first, secret_in(job.value(), draw));
    const bool audited = wire::coin_says_audit(wire::DrawStream(row.seed).word(), row.p_ppm);
    row.audit = audited ? AuditStatus::due : AuditStatus::passed_over;
    row.draw_index = scene.entry.index;
    row.draw = scene.entry.submission.opened.pae_digest;
    Result<bool> lost = lost_in_dispute(scene.txn, row);
    if (!lost.ok()) return lost.error();
    if (!audited && !lost.value()) {
      job.value().status = JobStatus::settled;
      if (Status freed = release_stake(scene, job.value()); !freed.ok()) return freed;
      if (Status earned = earn(scene, job.value()); !earned.ok()) return earned;
      if (Status put = put_job(scene.txn, row.job, job.value()); !put.ok()) return put;
    }
    if (Status put = put_attestation(scene.txn, index, row); !put.ok()) return put;
  }
  return {};
}

// Is this audit the one that the log expects an answer or a verdict for?
template <class Said>
Status is_due(const AttestationState& row, const Said& said) {
  if (row.audit != AuditStatus::due) {
    return fail(Code::conflict, "no audit of that attestation is open");
  }
  if (said.draw != row.draw || said.attestation != row.statement || said.reason != row.reason ||
      said.ordinal != row.redraws) {
    return fail(Code::conflict, "that answers another draw, attestation, reason or ordinal");
  }
  return {};
}

// Late delivery: openings may still come while a slash for withholding them is not final.
Result<bool> delivers_late(const Scene& scene, const AttestationState& row) {
  if (row.audit != AuditStatus::done || row.outcome != wire::Outcome::unavailable ||
      row.slash_index == 0) {
    return false;
  }
  Result<SlashState> slash = need_slash(scene.txn, row.slash_index);
  if (!slash.ok()) return slash.error();
  return advance(case_of(slash.value()), SlashEvent::delivery, scene.entry.time, 0).ok();
}

// Gives every appeal of the drawn range its seed: that of the attestation, for another reason.
Status seed_appeals(Scene& scene, const wire::Draw& draw, const VrfOutput& beta) {
  std::vector<std::uint64_t> slashes;
  const Status scanned =
      View(scene.txn).each_appeal(draw.from, [&](std::uint64_t appeal, std::uint64_t slash) {
        if (appeal < draw.to) slashes.push_back(slash);
        return appeal < draw.to;
      });
  if (!scanned.ok()) return scanned;
  for (const std::uint64_t index : slashes) {
    Result<SlashState> slash = need_slash(scene.txn, index);
    if (!slash.ok()) return slash.error();
    Result<AttestationState> row = need_attestation(scene.txn, slash.value().attestation_index);
    if (!row.ok()) return row.error();
    Result<JobState> job = need_job(scene.txn, row.value().job);
    if (!job.ok()) return job.error();
    slash.value().appeal_seed =
        wire::draw_seed(beta, slash.value().attestation_index, row.value().leaf,
                        wire::Reason::appeal, secret_in(job.value(), draw));
    slash.value().appeal_draw = scene.entry.submission.opened.pae_digest;
    if (Status put = put_slash(scene.txn, index, slash.value()); !put.ok()) return put;
  }
  return {};
}

// The appeal of this cause was granted: what was found right then is not found wrong again.
Status may_be_found_wrong(const Scene& scene, const AttestationState& row) {
  Result<std::optional<SlashState>> cleared = cleared_slash(scene.txn, row);
  if (!cleared.ok()) return cleared.error();
  const std::optional<SlashState>& slash = cleared.value();
  const bool acquitted = slash && slash->phase == SlashPhase::overturned &&
                         slash->fault == wire::Fault::wrong_result && slash->dispute_index == 0 &&
                         row.draw_index < slash->ruling_index;  // else it was drawn anew since
  if (!acquitted) return {};
  return fail(Code::conflict, "the ruling of leaf " + std::to_string(slash->ruling_index) +
                                  " found that audit's result right");
}

// An audit that ended: what it says of the job and of its provider's class.
Status conclude(Scene& scene, AttestationState& row, JobState& job) {
  const bool passed = row.outcome == wire::Outcome::match;
  const bool again = row.reason != wire::Reason::first;
  const Digest id = provider_id(row.provider);
  Result<ClassState> of_class = class_row(scene.txn, id, row.class_name);
  if (!of_class.ok()) return of_class.error();
  Result<bool> lost = lost_in_dispute(scene.txn, row);
  if (!lost.ok()) return lost.error();
  row.audit = AuditStatus::done;
  job.status = passed && !lost.value() ? JobStatus::settled : JobStatus::failed;
  if (job.status == JobStatus::settled) {
    if (Status freed = release_stake(scene, job); !freed.ok()) return freed;
    if (!again) {  // else it was earned when it was settled first
      if (Status earned = earn(scene, job); !earned.ok()) return earned;
    }
  }
  // Who pays for an audit chooses it: that it passed says nothing about the jobs that nobody chose.
  const bool counts = !passed || row.reason != wire::Reason::paid;
  if (counts) ++of_class.value().audited;
  if (counts && passed) ++of_class.value().passed;
  Status counted;
  if (counts && passed) {
    const Result<EventState> pass = pass_of(scene, job, row);
    if (!pass.ok()) return pass.error();
    counted = count_event(scene.txn, id, of_class.value(), pass.value(), scene.entry.index,
                          scene.entry.time, scene.policy);
  } else {
    counted = put_class(scene.txn, id, of_class.value());  // what it costs, the slash says
  }
  if (!counted.ok()) return counted;
  if (Status told = tell_challenge(scene, row); !told.ok()) return told;
  return passed ? restore_first(scene, row, job) : Status();
}

}  // namespace

Status draw(Scene& scene) {
  Result<wire::Draw> said = wire::parse_draw(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Draw& it = said.value();
  const Head& head = scene.head;
  if (it.k != head.draws || it.from != head.drawn_to) {
    return fail(Code::conflict, "draw " + std::to_string(head.draws) + " starts at leaf " +
                                    std::to_string(head.drawn_to) + ": draws partition the log");
  }
  if (it.to <= it.from || it.to > it.size || it.size > scene.entry.index) {
    return fail(Code::conflict, "a draw covers leaves below a checkpoint that exists");
  }
  const LogView log(scene.txn, scene.entry.index);
  Result<Digest> root = root_of(it.size, log.subtrees());
  if (!root.ok()) return root.error();
  if (root.value() != it.root) return fail(Code::proof, "the draw's checkpoint is not of this log");
  Result<VrfOutput> beta =
      vrf_verify(scene.roles.vrf, wire::draw_alpha(scene.roles.origin, it).view(), it.proof);
  if (!beta.ok()) return fail(Code::proof, beta.error().in("the draw's VRF proof").what);
  if (Status thrown = throw_coins(scene, it, beta.value()); !thrown.ok()) return thrown;
  if (Status again = throw_coins_again(scene, it, beta.value()); !again.ok()) return again;
  if (Status seeded = seed_appeals(scene, it, beta.value()); !seeded.ok()) return seeded;
  scene.head.draws += 1;
  scene.head.drawn_to = it.to;
  return scene.txn.put(tables::kDraws, index_key(it.k), index_key(scene.entry.index));
}

Status spotcheck(Scene& scene) {
  Result<wire::Spotcheck> said =
      scene.read([](const auto& it) { return wire::parse_spotcheck(it); });
  if (!said.ok()) return said.error();
  Result<AttestationState> found = need_attestation(scene.txn, said.value().attestation_index);
  if (!found.ok()) return found.error();
  AttestationState& row = found.value();
  if (row.provider != scene.signer()) {
    return fail(Code::permission, "only the provider that attested may open its attestation");
  }
  Result<bool> late = delivers_late(scene, row);
  if (!late.ok()) return late.error();
  if (!late.value()) {
    if (Status due = is_due(row, said.value()); !due.ok()) return due;
  }
  row.spotcheck_index = scene.entry.index;
  row.opening_blob = said.value().opening_blob;
  return put_attestation(scene.txn, said.value().attestation_index, row);
}

Status verdict(Scene& scene) {
  Result<wire::Verdict> said = wire::parse_verdict(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Verdict& it = said.value();
  Result<AttestationState> found = need_attestation(scene.txn, it.attestation_index);
  if (!found.ok()) return found.error();
  AttestationState& row = found.value();
  if (Status due = is_due(row, it); !due.ok()) return due;
  if (it.p_ppm != row.p_ppm || it.job != row.job || it.provider != row.provider) {
    return fail(Code::conflict, "the verdict names another probability, job or provider");
  }
  if (it.outcome == wire::Outcome::unavailable && row.spotcheck_index != 0) {
    return fail(Code::conflict, "the openings are leaf " + std::to_string(row.spotcheck_index) +
                                    ": what was delivered is not unavailable");
  }
  if (Status named = may_be_named(scene, it); !named.ok()) return named;
  if (it.outcome == wire::Outcome::mismatch) {
    if (Status may = may_be_found_wrong(scene, row); !may.ok()) return may;
  }
  Result<JobState> job = need_job(scene.txn, row.job);
  if (!job.ok()) return job.error();

  const bool held = row.holds_unbonding();
  row.outcome = it.outcome;
  row.verdict_index = scene.entry.index;
  ++scene.head.verdicts;
  if (it.outcome == wire::Outcome::inconclusive) {
    ++row.redraws;  // our failure: asked again under the next ordinal, nothing for or against
    row.spotcheck_index = 0;
  } else {
    if (Status ended = conclude(scene, row, job.value()); !ended.ok()) return ended;
    if (Status put = put_job(scene.txn, row.job, job.value()); !put.ok()) return put;
  }
  if (Status noted = note_workers(scene, it); !noted.ok()) return noted;
  if (Status kept = hold_unbonding(scene, row, held); !kept.ok()) return kept;
  return put_attestation(scene.txn, it.attestation_index, row);
}

Status summary(Scene& scene) {
  Result<wire::Summary> said = wire::parse_summary(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Summary& it = said.value();
  Result<JobState> job = need_job(scene.txn, it.job);
  if (!job.ok()) return job.error();
  if (!job.value().attestation_index) return fail(Code::conflict, "that job has no attestation");
  Result<AttestationState> row = need_attestation(scene.txn, *job.value().attestation_index);
  if (!row.ok()) return row.error();
  if (row.value().reason != wire::Reason::first) {
    return fail(Code::conflict, "a summary is of a job's first audit");
  }
  const bool passed = row.value().outcome == wire::Outcome::match;
  if (row.value().verdict_index == 0 || it.attestation != row.value().statement ||
      it.result != row.value().result || it.passed != passed) {
    return fail(Code::conflict, "the summary does not follow from the verdict");
  }
  row.value().summary_index = scene.entry.index;
  return put_attestation(scene.txn, *job.value().attestation_index, row.value());
}

}  // namespace assay::reputation::rules
