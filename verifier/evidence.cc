#include "verifier/evidence.h"

#include <algorithm>

#include "core/wire/dsse.h"
#include "verifier/audit_case.h"
#include "verifier/replay.h"

namespace assay::verifier {

using namespace audit;
using wire::Outcome;

namespace {

const std::string kName = "fraud";

void show(EvidenceReport& report, CheckList& list, wire::Fault fault, Code code, std::string what) {
  report.shown = fault;
  report.code = code;
  list.pass(layer::kReplay, kName, "shown: " + what);
  report.failure = fail(code, std::move(what));
}

// The opening that the file's spot-check names; empty where there is none.
std::string opening_named(const Case& file) {
  const ProvenEntry* entry = file.find(wire::Kind::spotcheck);
  if (entry == nullptr) return {};
  const Result<wire::Spotcheck> spotcheck = wire::parse_spotcheck(entry->leaf.payload);
  return spotcheck.ok() ? spotcheck.value().opening_blob.hex() : std::string();
}

// The envelope that the log refused: it stands among the openings, under its own digest.
const wire::NamedBytes* second_envelope(const Case& file) {
  const std::string opening = opening_named(file);
  for (const wire::NamedBytes& blob : file.file.openings) {
    if (blob.name != opening) return &blob;
  }
  return nullptr;
}

template <class T, class Holds>
Status check_about(const ProvenEntry& entry, Result<T> (*parse)(std::string_view), Holds holds) {
  const Result<T> said = parse(entry.leaf.payload);
  if (!said.ok()) return said.error();
  if (holds(said.value())) return {};
  return fail(Code::unbound,
              std::string(wire::entry_name(entry.kind)) + " is about something else");
}

Status check_entry(const ProvenEntry& entry, const BoundJob& job, const DrawCause& cause) {
  const auto same = [&job](const auto& it) { return it.attestation == job.attestation_digest; };
  switch (entry.kind) {
    case wire::Kind::spotcheck: return check_about(entry, wire::parse_spotcheck, same);
    case wire::Kind::verdict: return check_about(entry, wire::parse_verdict, same);
    case wire::Kind::summary: return check_about(entry, wire::parse_summary, same);
    case wire::Kind::reveal:
      return check_about(entry, wire::parse_reveal,
                         [&](const auto& it) { return it.job == job.job; });
    case wire::Kind::draw:
      return check_about(entry, wire::parse_draw, [&](const auto& it) {
        return it.from <= cause.leaf && cause.leaf < it.to;
      });
    default: return {};  // bound already, or the slash, which is looked at on its own
  }
}

// Equivocation rests on two attestations, but a file may carry all that a receipt has. Nothing in
// it may be about something else: a proof is whole, or it is none.
Status check_carried(const Case& file, const BoundJob& job, const std::string& second,
                     const wire::Trust& trust) {
  const Result<DrawCause> cause = draw_cause(file, job, trust);
  if (!cause.ok()) return cause.error();
  for (const ProvenEntry& entry : file.entries) {
    if (Status about = check_entry(entry, job, cause.value()); !about.ok()) return about;
  }
  if (!file.file.trace.empty() && sha256(file.file.trace) != job.attestation.trace_blob) {
    return fail(Code::unbound, "the trace is not the attested file");
  }
  for (const wire::NamedBytes& blob : file.file.openings) {
    if (blob.name == second) continue;
    if (blob.name != opening_named(file)) {
      return fail(Code::unbound, "no spot-check in the file names " + blob.name);
    }
    if (sha256(blob.data).hex() != blob.name) {
      return fail(Code::unbound, "the opening does not hash to its name");
    }
  }
  for (const wire::NamedBytes& held : file.file.inputs) {
    const auto& inputs = job.order.spec.inputs;
    const bool ordered = std::any_of(inputs.begin(), inputs.end(), [&](const wire::Input& input) {
      return input.name == held.name && input.sha256 == sha256(held.data);
    });
    if (!ordered) return fail(Code::unbound, "the order has no such input \"" + held.name + "\"");
  }
  return {};
}

// Two different attestations of one job under one key are the whole proof.
void check_equivocation(const wire::NamedBytes& second, const BoundJob& job, EvidenceReport& report,
                        CheckList& list) {
  if (!list.check(layer::kOpening, "second attestation: its digest",
                  sha256(second.data).hex() == second.name, Code::unbound,
                  "its bytes do not hash to its name")) {
    return;
  }
  Result<wire::Envelope> envelope = wire::parse_envelope(as_text(second.data));
  if (!envelope.ok()) {
    list.fail(layer::kOpening, "second attestation: envelope", envelope.error());
    return;
  }
  Result<wire::OpenedEnvelope> said = wire::open_envelope(envelope.value(), job.provider);
  if (!said.ok()) {
    list.fail(layer::kSignature, "second attestation: by the same provider", said.error());
    return;
  }
  list.pass(layer::kSignature, "second attestation: by the same provider");
  Result<wire::Attestation> other = wire::parse_attestation(said.value().payload);
  if (!other.ok()) {
    list.fail(layer::kBinding, "second attestation: statement", other.error());
    return;
  }
  if (!list.check(layer::kBinding, "second attestation: of the same job",
                  other.value().job == job.job, Code::unbound,
                  "it is about job " + other.value().job.hex())) {
    return;
  }
  if (said.value().pae_digest == job.attestation_digest) {
    list.note(layer::kReplay, kName, "not shown: the second attestation is the first one again");
    return;
  }
  show(report, list, wire::Fault::equivocation, Code::equivocation,
       "two different attestations of one job, both signed by the provider: " +
           job.attestation_digest.hex() + " and " + said.value().pae_digest.hex());
}

// The smallest unit that shows the difference, by the scalar definition alone.
void check_wrong_result(const BoundTrace& trace, const wire::Opening& opening,
                        const wire::Verdict& verdict, EvidenceReport& report, CheckList& list) {
  if (verdict.outcome != Outcome::mismatch || !verdict.faulty_step) {
    list.note(layer::kReplay, kName,
              "not shown: the verdict is " + std::string(wire::outcome_name(verdict.outcome)));
    return;
  }
  const std::uint32_t step = *verdict.faulty_step;
  const compute::Plan& plan = trace.program->plan();
  if (step > plan.steps || (verdict.faulty_row && *verdict.faulty_row >= plan.rows)) {
    list.fail(layer::kVerdict, "verdict: faulty step",
              fail(Code::unbound, "the job has no such step or row"));
    return;
  }
  std::string where = "step " + std::to_string(step);
  if (verdict.faulty_row) where += ", row " + std::to_string(*verdict.faulty_row);
  switch (convict(*trace.program, trace.trace, opening, step, verdict.faulty_row)) {
    case Outcome::mismatch:
      report.faulty_step = step;
      report.faulty_row = verdict.faulty_row;
      show(report, list, wire::Fault::wrong_result, Code::mismatch,
           where + ": the scalar definition gives another result than the provider committed to");
      return;
    case Outcome::match:
      list.note(layer::kReplay, kName,
                "not shown: at " + where + " the scalar definition gives what the provider says");
      return;
    default:
      list.fail(layer::kReplay, kName, fail(Code::inconclusive, where + " cannot be recomputed"));
  }
}

void check_replayable(const Case& file, const BoundJob& job, const AuditOptions& options,
                      EvidenceReport& report, CheckList& list) {
  const std::optional<BoundTrace> trace = bind_trace(file, job, options, list);
  if (!trace) return skip_after(layer::kBinding, list);
  const compute::Plan& plan = trace->program->plan();
  report.facts.steps = plan.steps;
  report.facts.rows = plan.rows;
  const std::optional<DrawnAudit> drawn = check_draw(file, job, plan, options.trust, list);
  if (!list.ok()) return skip_after(layer::kDraw, list);
  std::optional<OpenedAudit> opened;
  if (drawn) opened = check_opened(file, job, *trace, *drawn, list);
  if (!list.ok()) return skip_after(layer::kOpening, list);
  const std::optional<wire::Verdict> verdict =
      check_verdict(file, job, plan, drawn, opened, options.trust, list);
  if (!list.ok()) return skip_after(layer::kVerdict, list);
  if (!verdict || !opened) {
    list.note(layer::kReplay, kName, "not shown: nothing was opened and judged");
    return;
  }
  report.facts.verdict = verdict->outcome;
  check_wrong_result(*trace, opened->opening, *verdict, report, list);
}

// One operation of a disputed step, from what was opened, on this CPU.
void check_dispute(const Case& file, const BoundJob& job, const AuditOptions& options,
                   EvidenceReport& report, CheckList& list) {
  const std::optional<BoundTrace> trace = bind_trace(file, job, options, list);
  if (!trace) return skip_after(layer::kBinding, list);
  report.facts.steps = trace->program->plan().steps;
  report.facts.rows = trace->program->plan().rows;
  const std::optional<std::uint32_t> step = check_disputed(file, job, *trace, list);
  if (!step) return;
  report.faulty_step = step;
  show(report, list, wire::Fault::wrong_result, Code::mismatch,
       "step " + std::to_string(*step) +
           ": an operation of it gives another result than the provider committed to");
}

}  // namespace

EvidenceReport check_evidence(std::string_view text, const AuditOptions& options) {
  CheckList list;
  EvidenceReport report;
  const std::optional<Case> file =
      open_case(text, wire::CaseFileKind::evidence, options.trust, list);
  std::optional<BoundJob> job;
  if (file) job = bind_job(*file, options.trust, list);
  if (!job) {
    skip_after(file ? layer::kBinding : layer::kProof, list);
  } else {
    tell_job(*file, *job, report.facts);
    if (file->find(wire::Kind::dispute) != nullptr) {
      check_dispute(*file, *job, options, report, list);
    } else if (const wire::NamedBytes* second = second_envelope(*file)) {
      check_equivocation(*second, *job, report, list);
      if (list.ok()) {
        list.check(layer::kBinding, "what else is in the file",
                   check_carried(*file, *job, second->name, options.trust));
      }
    } else {
      check_replayable(*file, *job, options, report, list);
    }
    if (const auto slash = check_slash(*file, *job, options.trust, list)) {
      report.facts.slash = slash->fault;
    }
  }
  list.check(layer::kFile, "digest of the file", wire::check_case_file_digest(text));
  // Whatever does not hold takes the rest with it: a proof that is partly wrong is none.
  if (list.failure()) {
    report.failure = list.failure();
    report.code = report.failure->code;
    report.shown.reset();
    report.faulty_step.reset();
    report.faulty_row.reset();
  }
  report.checks = list.take();
  return report;
}

}  // namespace assay::verifier
