// The replays of audits: who makes them, and what their answers come to.
#include <algorithm>

#include "core/wire/worker.h"
#include "verifier/service/audits.h"

namespace assay::verifier {

using reputation::View;
using wire::Outcome;

namespace {

// Replays that fail on our side are tried so often before the log hears of it.
constexpr std::uint32_t kReplayAttempts = 3;

Error ours(const Error& error) {
  return fail(Code::inconclusive, "our own failure: " + error.what);
}

}  // namespace

ReplayTask task_of(const Audits::Leased& leased) {
  return {.attestation_index = leased.audit.attestation_index,
          .spec = leased.audit.order.spec,
          .trace = leased.audit.trace,
          .scope = leased.audit.scope,
          .opening = leased.opening};
}

void Audits::queue(std::uint64_t attestation, Audit& audit, bool here_only) {
  audit.queued = true;
  to_replay_.add(
      {attestation, audit.provider, audit.newcomer, here_only, context_.clock.steady_now()});
}

std::size_t Audits::replay_backlog() const {
  const std::scoped_lock lock(mutex_);
  return to_replay_.size();
}

std::int64_t Audits::oldest_replay_ms() const {
  const std::scoped_lock lock(mutex_);
  const std::optional<SteadyMillis> since = to_replay_.oldest();
  return since ? context_.clock.steady_now() - *since : 0;
}

Result<Audits::Leased> Audits::load_leased(std::uint64_t attestation) const {
  Result<OpenAudit> audit = load_audit(context_, attestation);
  if (!audit.ok()) return ours(audit.error());
  Result<Bytes> blob = context_.blobs.get(audit.value().state.opening_blob);
  if (!blob.ok()) return ours(blob.error());
  Result<wire::Opening> opening =
      wire::parse_opening_file(blob.value(), context_.options.blob_bytes_max);
  if (!opening.ok()) return ours(opening.error());
  return Leased{std::move(audit).value(), std::move(opening).value(), blob.value().size()};
}

bool Audits::is_enabled(const PublicKey& worker) const {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return false;
  Result<std::optional<reputation::WorkerState>> row = View(*txn.value()).worker(worker);
  return row.ok() && row.value() && row.value()->enabled;
}

bool Audits::counts_here() const {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return true;  // what the store says then is said where it is used
  Result<std::optional<reputation::WorkerState>> row =
      View(*txn.value()).worker(context_.own_worker);
  return !row.ok() || !row.value() || row.value()->enabled;
}

std::vector<reputation::Submission> Audits::own_worker_if_new(const ReplayAnswer& answer) const {
  if (std::ranges::find(answer.workers, context_.own_worker, &wire::VerdictWorker::worker) ==
      answer.workers.end()) {
    return {};
  }
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return {};
  Result<std::optional<reputation::WorkerState>> row =
      View(*txn.value()).worker(context_.own_worker);
  if (!row.ok() || row.value()) return {};
  wire::Worker own;
  own.worker = context_.own_worker;
  own.name = "in the verifier";
  own.device = answer.device.substr(0, answer.device.find('+'));
  if (own.device.empty()) own.device = "cpu";
  own.driver = answer.driver;
  return {sign_own(context_, wire::worker_statement(own))};
}

bool Audits::run_replay(bool leave_to_workers) {
  if (replay_backlog() == 0 || !counts_here()) return false;
  std::uint64_t index = 0;
  {
    const std::scoped_lock lock(mutex_);
    const std::optional<WaitingReplay> taken = to_replay_.take(
        leave_to_workers ? ReplayQueue::Taker::here_only : ReplayQueue::Taker::here);
    if (!taken) return false;
    index = taken->attestation;
  }
  ReplayAnswer answer;
  Result<Leased> leased = load_leased(index);
  if (leased.ok()) {
    answer = context_.replay(task_of(leased.value()), context_.inputs());
  } else {
    answer.report.detail = leased.error().what;
  }
  answer.workers = {{context_.own_worker, answer.device, answer.driver, {}}};
  if (leased.ok()) {
    judged(index, leased.value().audit, std::move(answer));
    return true;
  }
  Result<OpenAudit> audit = load_audit(context_, index);
  if (audit.ok()) {
    judged(index, audit.value(), std::move(answer));
  } else {
    put_off(index);
  }
  return true;
}

// What a replay came to, whoever made it.
void Audits::judged(std::uint64_t index, const OpenAudit& audit, ReplayAnswer answer) {
  std::vector<wire::VerdictWorker> claims;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = due_.find(index);
    if (found == due_.end()) return;
    if (answer.report.outcome == Outcome::inconclusive &&
        ++found->second.replays_failed < kReplayAttempts) {
      return queue(index, found->second, !found->second.claims.empty());
    }
    if (answer.report.outcome != Outcome::inconclusive) claims = found->second.claims;
  }
  if (answer.report.outcome == Outcome::mismatch) {
    for (const wire::VerdictWorker& claim : claims) {
      if (is_enabled(claim.worker)) answer.workers.push_back(claim);
    }
    const auto key = [](const wire::VerdictWorker& it) { return it.worker; };
    std::ranges::sort(answer.workers, {}, key);
    answer.workers.resize(std::min(answer.workers.size(), wire::kVerdictWorkersMax));
  }
  const bool concluded = conclude(index, audit, answer);
  if (!concluded || answer.report.outcome != Outcome::match || !refuted) return;
  for (const wire::VerdictWorker& claim : claims) refuted(claim.worker);
}

Result<Audits::Leased> Audits::take_for_worker() {
  std::uint64_t index = 0;
  {
    const std::scoped_lock lock(mutex_);
    const std::optional<WaitingReplay> taken = to_replay_.take(ReplayQueue::Taker::worker);
    if (!taken) return fail(Code::not_found, "no replay waits");
    index = taken->attestation;
  }
  Result<Leased> leased = load_leased(index);
  if (!leased.ok()) put_off(index);
  return leased;
}

void Audits::hold(std::uint64_t attestation) {
  const std::scoped_lock lock(mutex_);
  (void)to_replay_.drop(attestation);
}

void Audits::not_answered(std::uint64_t attestation, bool here_only) {
  const std::scoped_lock lock(mutex_);
  const auto found = due_.find(attestation);
  if (found == due_.end() || !found->second.queued) return;
  (void)to_replay_.drop(attestation);
  queue(attestation, found->second, here_only || !found->second.claims.empty());
}

void Audits::answered(std::uint64_t attestation, const ReplayAnswer& answer) {
  Result<OpenAudit> audit = load_audit(context_, attestation);
  if (!audit.ok()) return put_off(attestation);
  judged(attestation, audit.value(), answer);
}

void Audits::claimed(std::uint64_t attestation, const wire::VerdictWorker& worker) {
  const std::scoped_lock lock(mutex_);
  const auto found = due_.find(attestation);
  if (found == due_.end()) return;
  if (found->second.claims.size() + 1 < wire::kVerdictWorkersMax) {
    found->second.claims.push_back(worker);
  }
  queue(attestation, found->second, true);
}

std::optional<std::uint64_t> Audits::some_match() {
  const std::scoped_lock lock(mutex_);
  if (matched_.empty()) return {};
  return matched_[context_.random.below(matched_.size())];
}

}  // namespace assay::verifier
