// Rules for draws, audits, slashes and their reversal.
#include <algorithm>

#include "core/crypto/ecvrf.h"
#include "reputation/ledger/rules.h"

namespace assay::reputation::rules {
namespace {

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
    const bool secret_counts = job.value().secret && job.value().secret_index < draw.size;
    row.seed = wire::draw_seed(beta, index, row.leaf, wire::Reason::first,
                               secret_counts ? *job.value().secret : Digest{});
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

bool within_finality(const Scene& scene, const SlashState& slash) {
  return slash.reversal_index == 0 && scene.entry.time <= slash.finality;
}

// Late delivery: openings may still come while a slash for withholding them is not final.
Result<bool> delivers_late(const Scene& scene, const AttestationState& row) {
  if (row.audit != AuditStatus::done || row.outcome != wire::Outcome::unavailable ||
      row.slash_index == 0) {
    return false;
  }
  Result<std::optional<SlashState>> slash = View(scene.txn).slash(row.slash_index);
  if (!slash.ok()) return slash.error();
  return slash.value() && within_finality(scene, *slash.value());
}

// A dispute that the provider lost gives grounds: by conviction for a wrong result, by silence for
// withholding.
Result<bool> dispute_shows(const ReadTxn& txn, const AttestationState& row, wire::Fault fault) {
  Result<bool> lost = lost_in_dispute(txn, row);
  if (!lost.ok() || !lost.value()) return lost;
  Result<DisputeState> dispute = need_dispute(txn, row.dispute_index);
  if (!dispute.ok()) return dispute.error();
  return dispute.value().cause == (fault == wire::Fault::withheld ? wire::DisputeCause::silent
                                                                  : wire::DisputeCause::convicted);
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
    const EventState event{.kind = EventKind::pass, .sixteenths = pass_weight(job, scene.policy)};
    counted = count_event(scene.txn, id, of_class.value(), event, scene.entry.index,
                          scene.entry.time, scene.policy);
  } else {
    counted = put_class(scene.txn, id, of_class.value());  // what it costs, the slash says
  }
  if (!counted.ok()) return counted;
  // A retro-audit that did not pass goes on until its slash.
  if (passed || row.reason != wire::Reason::retro) {
    if (Status closed = close_reaudit(scene, row); !closed.ok()) return closed;
  }
  return passed ? restore_first(scene, row, job) : Status();
}

}  // namespace

std::uint32_t pass_weight(const JobState& job, const wire::Policy& policy) {
  const std::uint64_t value = std::min(job.price_micros, policy.reference_value_micros);
  return static_cast<std::uint32_t>(value * 16 / policy.reference_value_micros);
}

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
  Result<JobState> job = need_job(scene.txn, row.job);
  if (!job.ok()) return job.error();

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

Status slash(Scene& scene) {
  Result<wire::Slash> said = wire::parse_slash(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Slash& it = said.value();
  Result<ProviderState> provider = need_provider(scene.txn, it.provider);
  if (!provider.ok()) return provider.error();
  Result<AttestationState> found = need_attestation(scene.txn, it.attestation_index);
  if (!found.ok()) return found.error();
  AttestationState& row = found.value();
  Result<bool> disputed = dispute_shows(scene.txn, row, it.fault);
  if (!disputed.ok()) return disputed.error();
  const bool grounds =
      it.fault == wire::Fault::equivocation || disputed.value() ||
      (row.audit == AuditStatus::done &&
       row.outcome == (it.fault == wire::Fault::withheld ? wire::Outcome::unavailable
                                                         : wire::Outcome::mismatch));
  if (!grounds || row.provider != it.provider) {
    return fail(Code::conflict, "no verdict or dispute in the log gives grounds for that slash");
  }
  if (row.slash_index != 0) {
    return fail(Code::conflict, "one cause is punished once: leaf " +
                                    std::to_string(row.slash_index) + " slashed it already");
  }
  Result<JobState> job = need_job(scene.txn, row.job);
  if (!job.ok()) return job.error();
  SlashState slash{.provider = it.provider,
                   .class_name = row.class_name,
                   .fault = it.fault,
                   .attestation_index = it.attestation_index,
                   .epoch = epoch_of(scene.entry.time, scene.policy),
                   .severity_ppm = it.severity_ppm,
                   .logged = scene.entry.time,
                   .finality = it.finality,
                   .reversal_index = 0,
                   .own_micros = 0,
                   .delegated_micros = 0,
                   .unbonding_micros = 0};
  const Digest id = provider_id(it.provider);
  if (Status closed = close_days_of(scene, id, provider.value()); !closed.ok()) return closed;
  if (Status taken = take_stake(scene, job.value(), slash); !taken.ok()) return taken;
  row.slash_index = scene.entry.index;
  if (row.reason == wire::Reason::retro) {
    if (Status closed = close_reaudit(scene, row); !closed.ok()) return closed;
  }
  ++provider.value().slashes_standing;
  ++scene.head.slashes;
  const EventState event{
      .kind = it.fault == wire::Fault::equivocation ? EventKind::equivocation : EventKind::proven,
      .sixteenths = 0,
      .severity_ppm = it.severity_ppm};
  if (Status counted =
          count_fault(scene.txn, id, event, scene.entry.index, scene.entry.time, scene.policy);
      !counted.ok()) {
    return counted;
  }
  if (Status put = put_job(scene.txn, row.job, job.value()); !put.ok()) return put;
  if (Status put = put_provider(scene.txn, id, provider.value()); !put.ok()) return put;
  if (Status put = put_attestation(scene.txn, it.attestation_index, row); !put.ok()) return put;
  return put_slash(scene.txn, scene.entry.index, slash);
}

Status reversal(Scene& scene) {
  Result<wire::Reversal> said = wire::parse_reversal(scene.payload());
  if (!said.ok()) return said.error();
  Result<std::optional<SlashState>> found = View(scene.txn).slash(said.value().slash_index);
  if (!found.ok()) return found.error();
  if (!found.value()) {
    return fail(Code::not_found,
                "leaf " + std::to_string(said.value().slash_index) + " is not a slash");
  }
  SlashState& slash = *found.value();
  if (slash.provider != said.value().provider || !within_finality(scene, slash)) {
    return fail(Code::conflict, "that slash is reversed already, final, or another provider's");
  }
  Result<ProviderState> provider = changing_provider(scene, slash.provider);
  if (!provider.ok()) return provider.error();
  Result<AttestationState> row = need_attestation(scene.txn, slash.attestation_index);
  if (!row.ok()) return row.error();
  Result<JobState> job = need_job(scene.txn, row.value().job);
  if (!job.ok()) return job.error();

  // The audit is open again: what was delivered is judged like any other opening.
  if (Status back = give_back_stake(scene, slash); !back.ok()) return back;
  slash.reversal_index = scene.entry.index;
  --provider.value().slashes_standing;
  row.value().slash_index = 0;
  const Digest id = provider_id(slash.provider);
  Result<bool> in_dispute = lost_in_dispute(scene.txn, row.value());
  if (!in_dispute.ok()) return in_dispute.error();
  if (slash.fault == wire::Fault::withheld && !in_dispute.value()) {
    row.value().audit = AuditStatus::due;
    if (Status open = reopen_reaudit(scene, row.value()); !open.ok()) return open;
    job.value().status = JobStatus::attested;
    if (Status locked = lock_stake(scene, job.value()); !locked.ok()) return locked;
    Result<ClassState> of_class = class_row(scene.txn, id, slash.class_name);
    if (!of_class.ok()) return of_class.error();
    --of_class.value().audited;  // it is audited once, by the verdict to come
    if (Status put = put_class(scene.txn, id, of_class.value()); !put.ok()) return put;
  }
  if (Status taken_back =
          uncount(scene.txn, id, "", said.value().slash_index, slash.logged, scene.policy);
      !taken_back.ok()) {
    return taken_back;
  }
  if (Status put = put_provider(scene.txn, id, provider.value()); !put.ok()) return put;
  if (Status put = put_job(scene.txn, row.value().job, job.value()); !put.ok()) return put;
  if (Status put = put_attestation(scene.txn, slash.attestation_index, row.value()); !put.ok()) {
    return put;
  }
  return put_slash(scene.txn, said.value().slash_index, slash);
}

}  // namespace assay::reputation::rules
