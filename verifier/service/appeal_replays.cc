#include "verifier/service/appeal_replays.h"

#include <algorithm>
#include <set>

#include "core/wire/events.h"
#include "core/wire/poll.h"
#include "core/wire/receipt.h"
#include "reputation/policy/slashing.h"
#include "verifier/service/disputes.h"

namespace assay::verifier {

using compute::CpuLevel;
using reputation::SlashState;
using reputation::View;
using wire::Outcome;

namespace {

constexpr std::size_t kDeviceBytesMax = 96;

AppealDecision our_failure(const std::string& what) {
  AppealDecision decision;
  decision.detail = "our own failure: " + what;
  return decision;
}

Result<wire::LogLeaf> leaf_at(const Context& context, std::uint64_t index) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  return View(*txn.value()).log(index + 1).leaf(index);
}

// The unit that the verdict found wrong, and all that is needed to look at it again.
struct Accused {
  OpenAudit audit;
  std::unique_ptr<compute::Program> program;
  wire::Opening opening;
  std::uint32_t step = 0;
  std::optional<std::uint64_t> row;
};

Result<Accused> load_accused(const Context& context, const SlashState& slash) {
  Accused it;
  Result<OpenAudit> audit = load_audit(context, slash.attestation_index);
  if (!audit.ok()) return audit.error();
  it.audit = std::move(audit).value();
  Result<wire::LogLeaf> leaf = leaf_at(context, it.audit.state.verdict_index);
  if (!leaf.ok()) return leaf.error();
  Result<wire::Verdict> verdict = wire::parse_verdict(leaf.value().payload);
  if (!verdict.ok()) return verdict.error();
  it.step = verdict.value().faulty_step.value_or(0);
  it.row = verdict.value().faulty_row;
  Result<Bytes> file = context.blobs.get(it.audit.state.opening_blob);
  if (!file.ok()) return file.error();
  Result<wire::Opening> opening =
      wire::parse_opening_file(file.value(), context.options.blob_bytes_max);
  if (!opening.ok()) return opening.error();
  it.opening = std::move(opening).value();
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(it.audit.order.spec, context.inputs(), context.options.caps);
  if (!program.ok()) return program.error();
  it.program = std::move(program).value();
  return it;
}

// The replays against one audit, in the order in which they are made.
class AuditReplays {
 public:
  AuditReplays(const Context& context, Accused accused, const Digest& seed)
      : context_(context), accused_(std::move(accused)) {
    decision_.scope =
        appeal_scope(seed, accused_.audit.scope, accused_.program->plan(),
                     accused_.audit.order.assurance, accused_.audit.policy->policy, accused_.step);
  }

  AppealDecision run() {
    ask_definition(accused_.step, accused_.row);
    const CpuLevel best = compute::best_cpu_level();
    for (const CpuLevel level : {best, CpuLevel::avx2, CpuLevel::sse2}) {
      const bool again = level == best && decision_.whole_match;
      if (!again && compute::cpu_level_supported(level)) replay_at(level);
    }
    ask_runner();
    while (decision_.replays.size() < reputation::kAppealReplays) {
      replay_at(compute::best_cpu_level());
    }
    return std::move(decision_);
  }

 private:
  void tell(std::string device, Outcome outcome) {
    if (decision_.replays.size() < wire::kAppealReplaysMax) {
      decision_.replays.push_back({std::move(device), outcome});
    }
  }

  // The definition's word on one unit, once for each. Of a unit that was never opened it has none:
  // then it looks at all that was.
  void ask_definition(std::uint32_t step, std::optional<std::uint64_t> row) {
    if (!asked_.emplace(step, row).second) return;
    const wire::Trace& trace = accused_.audit.trace;
    Outcome said = convict(*accused_.program, trace, accused_.opening, step, row);
    std::string where =
        "step " + std::to_string(step) + (row ? ", row " + std::to_string(*row) : "");
    if (said == Outcome::inconclusive) {
      const Report all = replay(*accused_.program, trace, decision_.scope, accused_.opening,
                                compute::Engine(CpuLevel::scalar, 1));
      said = all.outcome;
      where = all.detail;
    }
    if (said == Outcome::mismatch) {
      decision_.detail = "different again by the scalar definition: " + where;
    }
    tell(std::string(wire::kScalarDevice), said);
  }

  // What anybody else finds is told; it is for the definition to say whether it is so.
  void heard(const std::string& device, const Report& report) {
    tell(device, report.outcome);
    if (report.outcome == Outcome::mismatch && report.faulty_step) {
      ask_definition(*report.faulty_step, report.faulty_row);
    }
  }

  void replay_at(CpuLevel level) {
    const Report report = replay(*accused_.program, accused_.audit.trace, decision_.scope,
                                 accused_.opening, compute::Engine(level, 1));
    decision_.whole_match = decision_.whole_match || report.outcome == Outcome::match;
    decision_.ops += report.ops;
    heard(std::string("cpu/") + compute::cpu_level_name(level), report);
  }

  void ask_runner() {
    const ReplayAnswer answer =
        context_.replay({.attestation_index = accused_.audit.attestation_index,
                         .spec = accused_.audit.order.spec,
                         .trace = accused_.audit.trace,
                         .scope = decision_.scope,
                         .opening = accused_.opening},
                        context_.inputs());
    heard("runner: " + answer.device.substr(0, kDeviceBytesMax), answer.report);
  }

  const Context& context_;
  Accused accused_;
  AppealDecision decision_;
  std::set<std::pair<std::uint32_t, std::optional<std::uint64_t>>> asked_;
};

AppealDecision against_audit(const Context& context, const SlashState& slash) {
  Result<Accused> accused = load_accused(context, slash);
  if (!accused.ok()) return our_failure(accused.error().what);
  AppealDecision decision =
      AuditReplays(context, std::move(accused).value(), slash.appeal_seed).run();
  if (decision.detail.empty()) decision.detail = "the scalar definition finds no fault";
  return decision;
}

AppealDecision against_dispute(const Context& context, const SlashState& slash) {
  Result<LoggedDispute> dispute = load_dispute(context, slash.dispute_index);
  if (!dispute.ok()) return our_failure(dispute.error().what);
  Result<std::unique_ptr<compute::DisputeCase>> replayed = replay_dispute(context, dispute.value());
  if (!replayed.ok()) return our_failure(replayed.error().what);
  const bool lied = replayed.value()->dispute().provider_lied();
  AppealDecision decision;
  decision.replays = {
      {std::string(wire::kScalarDevice), lied ? Outcome::mismatch : Outcome::match}};
  decision.detail = lied ? "the moves of the dispute come to the same conviction"
                         : "the moves of the dispute do not convict";
  return decision;
}

AppealDecision by_signatures(bool holds, Outcome fault, const char* what) {
  AppealDecision decision;
  decision.replays = {{std::string(wire::kSignaturesDevice), holds ? fault : Outcome::match}};
  decision.detail = std::string(what) + (holds ? ": so it is" : ": it is none");
  return decision;
}

AppealDecision against_withholding(const wire::Slash& said) {
  return by_signatures(wire::proves_delivery(said.delivery_proof, said.provider),
                       Outcome::unavailable,
                       "the proof of delivery should be a heartbeat that the provider signed");
}

// Is `envelope` another attestation of that job, by that provider?
bool is_second(const std::string& envelope, const wire::Slash& said) {
  const Result<wire::Envelope> parsed = wire::parse_envelope(envelope);
  if (!parsed.ok()) return false;
  const Result<wire::OpenedEnvelope> opened = wire::open_envelope(parsed.value(), said.provider);
  if (!opened.ok()) return false;
  const Result<wire::Attestation> second = wire::parse_attestation(opened.value().payload);
  return second.ok() && second.value().job == said.job &&
         opened.value().pae_digest != said.attestation;
}

AppealDecision against_equivocation(const Context& context, const wire::Slash& said) {
  Result<Bytes> bytes = context.blobs.get(said.evidence_blob);
  if (!bytes.ok()) return our_failure(bytes.error().what);
  Result<wire::CaseFile> file = wire::parse_case_file(as_text(bytes.value()));
  const bool holds =
      file.ok() && std::ranges::any_of(file.value().openings, [&](const wire::NamedBytes& one) {
        return is_second(std::string(as_text(one.data)), said);
      });
  return by_signatures(holds, Outcome::mismatch,
                       "the evidence should hold a second attestation that the provider signed");
}

}  // namespace

AppealDecision replay_appeal(const Context& context, std::uint64_t slash_index,
                             const SlashState& slash) {
  if (slash.fault == wire::Fault::wrong_result) {
    return slash.dispute_index == 0 ? against_audit(context, slash)
                                    : against_dispute(context, slash);
  }
  Result<wire::LogLeaf> leaf = leaf_at(context, slash_index);
  if (!leaf.ok()) return our_failure(leaf.error().what);
  Result<wire::Slash> said = wire::parse_slash(leaf.value().payload);
  if (!said.ok()) return our_failure(said.error().what);
  return slash.fault == wire::Fault::withheld ? against_withholding(said.value())
                                              : against_equivocation(context, said.value());
}

}  // namespace assay::verifier
