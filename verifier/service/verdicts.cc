// The end of an audit: its verdict, and what follows from it.
#include "core/wire/events.h"
#include "verifier/service/audits.h"
#include "verifier/service/case_files.h"
#include "verifier/service/slash_notices.h"

namespace assay::verifier {

using reputation::AttestationState;
using reputation::AuditStatus;
using reputation::View;
using wire::Outcome;

namespace {

// By the numbers of the policy that the job was ordered under.
wire::Slash slash_for(const Context& context, const OpenAudit& audit, wire::Fault fault,
                      std::string detail) {
  const AttestationState& state = audit.state;
  const wire::Policy& policy = audit.policy->policy;
  wire::Slash slash;
  slash.provider = state.provider;
  slash.class_name = state.class_name;
  slash.fault = fault;
  slash.job = state.job;
  slash.attestation = state.statement;
  slash.attestation_index = audit.attestation_index;
  slash.severity_ppm =
      fault == wire::Fault::withheld ? policy.severity_withheld_ppm : policy.severity_wrong_ppm;
  slash.finality =
      context.clock.unix_now() +
      static_cast<std::int64_t>(reputation::finality_after_ms(slash.severity_ppm, policy));
  slash.detail = std::move(detail);
  return slash;
}

// What the logged verdict says was wrong, with its step and row.
std::string verdict_detail(const Context& context, std::uint64_t verdict_index) {
  const std::string plain = "a recomputed step differs from the attested one";
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return plain;
  Result<wire::LogLeaf> leaf = View(*txn.value()).log(verdict_index + 1).leaf(verdict_index);
  if (!leaf.ok()) return plain;
  Result<wire::Verdict> verdict = wire::parse_verdict(leaf.value().payload);
  return verdict.ok() && !verdict.value().detail.empty() ? verdict.value().detail : plain;
}

// An appeal was granted: the definition found right what is found wrong here again. Then it is
// whoever found that which fails.
bool was_acquitted(const Context& context, const AttestationState& state) {
  if (state.cleared_slash == 0) return false;
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return false;
  const auto slash = View(*txn.value()).slash(state.cleared_slash);
  return slash.ok() && slash.value() &&
         slash.value()->phase == reputation::SlashPhase::overturned &&
         slash.value()->fault == wire::Fault::wrong_result &&
         state.draw_index < slash.value()->ruling_index;  // else it was drawn anew since
}

std::optional<reputation::Submission> summary_of(const Context& context, const OpenAudit& audit,
                                                 const wire::Verdict& verdict) {
  Result<PlanSize> size = plan_size(context, audit);
  if (!size.ok()) return std::nullopt;
  return sign_own(context, wire::summary_statement(wire::summarise(
                               verdict, audit.state.steps, size.value().rows, audit.state.result,
                               audit.policy->digest, context.origin(), context.clock.unix_now())));
}

wire::Verdict verdict_of(const OpenAudit& audit, const wire::Challenge& challenge,
                         const ReplayAnswer& answer) {
  wire::Verdict verdict;
  verdict.draw = challenge.draw;
  verdict.attestation_index = challenge.attestation_index;
  verdict.attestation = challenge.attestation;
  verdict.job = challenge.job;
  verdict.provider = audit.state.provider;
  verdict.reason = challenge.reason;
  verdict.ordinal = challenge.ordinal;
  verdict.p_ppm = challenge.p_ppm;
  verdict.positions = challenge.positions;
  verdict.rows = challenge.rows;
  verdict.pairs = wire::digest_of_pairs(challenge.pairs);
  verdict.position_outcomes = answer.report.positions;
  verdict.row_outcomes = answer.report.rows;
  verdict.pair_outcomes = answer.report.pairs;
  verdict.position_outcomes.resize(verdict.positions.size(), answer.report.outcome);
  verdict.row_outcomes.resize(verdict.rows.size(), answer.report.outcome);
  verdict.pair_outcomes.resize(verdict.pairs.count, answer.report.outcome);
  verdict.outcome = answer.report.outcome;
  if (answer.report.outcome == Outcome::mismatch) {
    verdict.faulty_step = answer.report.faulty_step;
    verdict.faulty_row = answer.report.faulty_row;
  }
  verdict.runs = answer.runs;
  verdict.device = answer.device;
  verdict.replay_ops = answer.report.ops;
  verdict.detail = answer.report.detail;
  if (audit.state.void_index != 0) {  // else it might be the same statement again
    const std::string before =
        "in place of leaf " + std::to_string(audit.state.void_index) + ", which is void";
    verdict.detail = before + (verdict.detail.empty() ? "" : "; " + verdict.detail);
  }
  verdict.workers = answer.workers;
  return verdict;
}

}  // namespace

wire::Challenge challenge_of(const OpenAudit& open) {
  return {.draw = open.state.draw,
          .attestation_index = open.attestation_index,
          .attestation = open.state.statement,
          .job = open.state.job,
          .reason = open.state.reason,
          .ordinal = open.state.redraws,
          .p_ppm = open.state.p_ppm,
          .positions = open.scope.positions,
          .rows = open.scope.rows,
          .pairs = open.scope.pairs,
          .deadline = {}};
}

std::vector<reputation::Submission> Audits::found_right(std::uint64_t attestation,
                                                        std::uint64_t ops, std::size_t runs) const {
  std::vector<reputation::Submission> said;
  Result<OpenAudit> audit = load_audit(context_, attestation);
  if (!audit.ok()) return said;
  ReplayAnswer answer;
  answer.report.outcome = Outcome::match;
  answer.report.ops = ops;
  answer.report.detail = "found right upon appeal";
  answer.runs = static_cast<std::uint32_t>(runs);
  answer.device = "cpu/scalar and others";
  const wire::Verdict verdict = verdict_of(audit.value(), challenge_of(audit.value()), answer);
  std::optional<reputation::Submission> summary = summary_of(context_, audit.value(), verdict);
  if (!summary) return said;
  said.push_back(sign_own(context_, wire::verdict_statement(verdict)));
  if (verdict.reason == wire::Reason::first) said.push_back(std::move(*summary));
  return said;
}

// Whether the verdict is in the log.
bool Audits::conclude(std::uint64_t index, const OpenAudit& audit, ReplayAnswer answer) {
  if (answer.report.outcome == Outcome::mismatch && was_acquitted(context_, audit.state)) {
    answer.report = {};
    answer.report.detail =
        "our own failure: " + answer.device + " finds wrong again what was found right upon appeal";
  }
  wire::Challenge challenge;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = due_.find(index);
    if (found == due_.end()) return false;
    challenge = found->second.challenge;
  }
  challenge.ordinal = audit.state.redraws;
  const wire::Verdict verdict = verdict_of(audit, challenge, answer);

  // What belongs together is logged together: reversal, verdict and summary stand or fall as one.
  std::vector<reputation::Submission> batch = own_worker_if_new(answer);
  const bool reversed = audit.state.audit == AuditStatus::done && audit.state.slash_index != 0;
  if (reversed) {
    Result<Digest> slash = leaf_statement(context_, audit.state.slash_index);
    if (!slash.ok()) {
      put_off(index);
      return false;
    }
    // Whatever the replay says, even that ours failed: it was delivered.
    batch.push_back(
        sign_own(context_, wire::reversal_statement({.slash_index = audit.state.slash_index,
                                                     .provider = audit.state.provider,
                                                     .cause = "delivered"},
                                                    slash.value())));
  }
  const std::size_t verdict_at = batch.size();
  batch.push_back(sign_own(context_, wire::verdict_statement(verdict)));
  if (verdict.outcome != Outcome::inconclusive && verdict.reason == wire::Reason::first) {
    if (auto summary = summary_of(context_, audit, verdict)) batch.push_back(std::move(*summary));
  }
  std::vector<Result<reputation::Appended>> logged = context_.writer.submit_all(std::move(batch));
  const Result<reputation::Appended>& said = logged[verdict_at];
  // A store that takes nothing now may take it later, and a worker that was suspended meanwhile is
  // one that another will stand in for; any other refusal by the rules stays one.
  if (!said.ok() && (said.error().code == Code::storage || said.error().code == Code::permission)) {
    put_off(index);
    return false;
  }
  forget(index);
  if (reversed) tell_outcome(context_, audit.state.slash_index);
  if (!said.ok()) return false;
  if (verdict.outcome == Outcome::inconclusive) {
    track(index);  // asked again
  } else if (verdict.outcome == Outcome::mismatch) {
    accuse(index);
  } else {
    take_up_again(index);
  }
  return true;
}

// A match: and perhaps the first audit takes its place back, to be made again.
void Audits::take_up_again(std::uint64_t index) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return try_later();
  Result<std::optional<AttestationState>> row = View(*txn.value()).attestation(index);
  txn.value().reset();
  if (!row.ok() || !row.value()) return try_later();
  if (row.value()->audit == AuditStatus::due) {
    track(index);
    if (row.value()->spotcheck_index != 0) opened(index);
    return;
  }
  const std::scoped_lock lock(mutex_);
  matched_.push_back(index);
  if (matched_.size() > kMatchedKept) matched_.pop_front();
}

// A verdict was logged, and then we ended or failed before its slash was.
void Audits::accuse_again(std::uint64_t attestation, std::uint64_t verdict_index) {
  bool slashed_before = false;  // and reversed since: that was the last word
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return try_later();
  const Status scanned =
      View(*txn.value()).each_slash(verdict_index, [&](std::uint64_t, const auto& slash) {
        slashed_before = slash.attestation_index == attestation;
        return !slashed_before;
      });
  txn.value().reset();
  if (!scanned.ok()) return try_later();
  if (!slashed_before) accuse(attestation);
}

// Evidence is made of what is published, and that may have had to wait for witnesses.
void Audits::accuse_what_waited() {
  std::vector<std::uint64_t> covered;
  {
    const std::scoped_lock lock(mutex_);
    if (to_accuse_.empty()) return;
    const std::uint64_t size = context_.publisher.size();
    for (const auto& [attestation, needed] : to_accuse_) {
      if (needed <= size) covered.push_back(attestation);
    }
    for (const std::uint64_t attestation : covered) to_accuse_.erase(attestation);
  }
  for (const std::uint64_t attestation : covered) accuse(attestation);
}

void Audits::accuse(std::uint64_t index) {
  const std::vector<std::uint64_t> entries = evidence_indices(context_, index);
  if (!entries.empty() && entries.back() >= context_.publisher.size()) {
    const std::scoped_lock lock(mutex_);
    to_accuse_[index] = entries.back() + 1;
    return;
  }
  Result<OpenAudit> audit = load_audit(context_, index);
  Result<wire::CaseFile> evidence = evidence_file(context_, index);
  // A penalty needs a proof that anyone can recheck: without its file there is none. What failed
  // here is ours, and load() tries again.
  if (!audit.ok() || !evidence.ok()) return try_later();
  const std::string text = wire::case_file_text(evidence.value());
  wire::Slash slash =
      slash_for(context_, audit.value(), wire::Fault::wrong_result,
                verdict_detail(context_, audit.value().state.verdict_index) +
                    ". Recheck it with the evidence file on any CPU. Appeal before finality: " +
                    "assay slash appeal, with the leaf of this record.");
  slash.evidence_blob = sha256(as_bytes(text));
  slash.evidence_indices = entries;
  if (!context_.blobs.put(slash.evidence_blob, as_bytes(text)).ok()) return try_later();
  if (!log_own(context_, wire::slash_statement(slash)).ok()) try_later();
}

void Audits::withheld(std::uint64_t index, const Audit& audit) {
  Result<OpenAudit> open = load_audit(context_, index);
  if (!open.ok()) return;  // ours: nothing is held against anybody
  if (breaker_holds(index, audit, open.value())) return;
  ReplayAnswer answer;
  answer.report.outcome = Outcome::unavailable;
  answer.report.detail = "openings were asked for " + std::to_string(audit.asked) +
                         " times with proof of delivery and never came";
  answer.runs = 0;
  answer.device = "none";
  const wire::Verdict verdict = verdict_of(open.value(), audit.challenge, answer);
  wire::Slash slash = slash_for(
      context_, open.value(), wire::Fault::withheld,
      answer.report.detail + ". Deliver the openings before finality and this is reversed. " +
          "Appeal before finality: assay slash appeal, with the leaf of this record.");
  slash.delivery_proof = audit.delivery_proof;
  slash.evidence_indices = evidence_indices(context_, index);
  std::vector<reputation::Submission> batch;
  batch.push_back(sign_own(context_, wire::verdict_statement(verdict)));
  batch.push_back(sign_own(context_, wire::slash_statement(slash)));
  const std::vector<Result<reputation::Appended>> logged =
      context_.writer.submit_all(std::move(batch));
  if (!logged.front().ok() && logged.front().error().code == Code::storage) return;  // asked again
  forget(index);
}

}  // namespace assay::verifier
