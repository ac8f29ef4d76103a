#include "verifier/service/service.h"

#include <algorithm>

#include "core/crypto/hmac.h"
#include "core/wire/appeal.h"
#include "core/wire/events.h"
#include "reputation/ledger/memory_store.h"
#include "reputation/ledger/snapshots.h"
#include "verifier/service/documents.h"
#include "verifier/service/slash_notices.h"

namespace assay::verifier {

using wire::Json;
using wire::Kind;

namespace {

constexpr std::int64_t kTickMs = 50;
constexpr std::int64_t kIdleReplayMs = 10;
constexpr std::int64_t kToldAgainMs = 86'400'000;  // slashes that ended, after a restart

std::uint64_t window_of(UnixMillis time, const wire::Policy& policy) {
  return static_cast<std::uint64_t>(time.ms / 1000) / policy.uptime_window_seconds;
}

}  // namespace

Service::Service(ServicePorts ports, ServiceKeys keys, std::string origin, wire::Policy policy,
                 ServiceOptions options, ReplayRunner replay)
    : ports_(ports),
      keys_(std::move(keys)),
      policies_(policy),
      ledger_(ports.store,
              {std::move(origin), keys_.verifier.public_key(), keys_.vrf.public_key()}),
      writer_(ledger_, keys_.log, ports.heads, ports.clock, options.threaded),
      publisher_(ledger_, writer_, ports.clock, options.witnesses, options.threaded),
      context_{{ports_.store, ledger_.roles().origin, ports_.blobs, ports_.clock, policies_,
                options, [this] { return publisher_.published(); }},
               ledger_,
               writer_,
               publisher_,
               ports_.random,
               keys_,
               replay ? std::move(replay) : local_runner(policy, options.caps, ReplayEngine{}),
               notices_,
               worker_key(keys_).public_key()},
      jobs_(context_),
      audits_(context_),
      own_leases_(ports.leases == nullptr ? reputation::make_memory_store(LeaseTable::names())
                                          : nullptr),
      workers_(context_, audits_, ports.leases == nullptr ? *own_leases_ : *ports.leases),
      appeals_(context_, audits_),
      disputes_(context_),
      asked_(context_),
      benchmarks_(context_),
      agents_(context_, jobs_, audits_, appeals_, disputes_, previews_, asked_, benchmarks_),
      top_up_(context_, agents_, jobs_),
      index_(context_, hmac_sha256(keys_.verifier.seed(), {as_bytes("assay/reads-seal/v1\n")}),
             options.threaded, [this] { return agents_.available(); }) {
  audits_.refuted = [this](const PublicKey& worker) { workers_.refuted(worker); };
}

Result<std::unique_ptr<Service>> Service::start(ServicePorts ports, ServiceKeys keys,
                                                std::string origin, std::string_view policy_text,
                                                ServiceOptions options, ReplayRunner replay) {
  Result<wire::Policy> policy = wire::parse_policy(policy_text);
  if (!policy.ok()) return policy.error();
  std::unique_ptr<Service> service(new Service(ports, std::move(keys), std::move(origin),
                                               std::move(policy).value(), options,
                                               std::move(replay)));
  if (Status booted = service->boot(policy_text); !booted.ok()) return booted.error();
  return service;
}

// The policy that is to follow, in force as soon as a policy may be.
Status Service::announce_policy() {
  const std::string& text = context_.options.next_policy;
  if (Status read = policies_.refresh(ports_.store, ports_.clock.unix_now()); !read.ok()) {
    return read;
  }
  if (text.empty() || policies_.newest().digest == wire::policy_digest(text)) return {};
  const Result<wire::Policy> next = wire::parse_policy(text);
  if (!next.ok()) return next.error();
  const std::uint64_t epoch = reputation::epoch_of(ports_.clock.unix_now(), context_.policy());
  const std::uint64_t from =
      std::max(epoch + reputation::kPolicyNoticeEpochs + 1, policies_.newest().from_epoch + 1);
  const Result<reputation::Appended> logged = log_own(
      context_, wire::policy_change_statement({.document = text, .activation_epoch = from}));
  if (!logged.ok()) return logged.error();
  return policies_.refresh(ports_.store, ports_.clock.unix_now());
}

Status Service::boot(std::string_view policy_text) {
  ledger_.sign_snapshots([this](const wire::Snapshot& snapshot) {
    return sign_own(context_, wire::snapshot_statement(snapshot));
  });
  if (Status started = writer_.start(); !started.ok()) return started;
  // Before anything new is signed.
  if (Status seen = publisher_.start(); !seen.ok()) return seen;
  if (writer_.checkpoint().size == 0) {
    Result<reputation::Appended> first =
        log_own(context_, wire::policy_change_statement(
                              {.document = std::string(policy_text), .activation_epoch = 0}));
    if (!first.ok()) return first.error();
  }
  {
    Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
    if (!txn.ok()) return txn.error();
    Result<reputation::Head> head = reputation::View(*txn.value()).head();
    if (!head.ok()) return head.error();
    const Digest given = context_.policy_digest();
    const auto logged = reputation::View(*txn.value()).policy_text(given);
    if (!logged.ok()) return logged.error();
    if (!logged.value()) {
      return fail(Code::conflict, "this log runs by policy " + head.value().policy.hex() +
                                      ", not by the one given (" + given.hex() +
                                      "); a policy is changed with --change-policy");
    }
    noticed_to_ = head.value().size;
  }
  if (Status announced = announce_policy(); !announced.ok()) return announced;
  if (Status loaded = jobs_.load(); !loaded.ok()) return loaded;
  if (Status loaded = audits_.load(); !loaded.ok()) return loaded;
  if (Status loaded = workers_.load(); !loaded.ok()) return loaded;
  if (Status loaded = disputes_.load(); !loaded.ok()) return loaded;
  if (Status loaded = appeals_.load(); !loaded.ok()) return loaded;
  if (Status loaded = top_up_.load(); !loaded.ok()) return loaded;
  if (Status told = tell_open_slashes(context_, kToldAgainMs); !told.ok()) return told;
  last_tick_ = ports_.clock.steady_now();
  window_ = window_of(ports_.clock.unix_now(), context_.policy());
  begin_watch();
  index_.start();
  if (!context_.options.threaded) return {};
  threads_.emplace_back([this] {
    while (!stop_) {
      tick();
      ports_.clock.sleep(kTickMs);
    }
  });
  for (unsigned i = 0; i < context_.options.replay_threads; ++i) {
    threads_.emplace_back([this] {
      while (!stop_) {
        if (!run_replay()) ports_.clock.sleep(kIdleReplayMs);
      }
    });
  }
  return {};
}

Service::~Service() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

// From here on we have been there for everybody without a break. What was asked or accepted before
// is not held against anybody who did not answer in time.
void Service::begin_watch() {
  alive_since_ = ports_.clock.unix_now();
  first_window_ = window_of(alive_since_, context_.policy()) + 1;
  audits_.excuse();
  disputes_.excuse();
  agents_.drop_probes();
  benchmarks_.drop();
}

void Service::tick() {
  const std::scoped_lock one_at_a_time(tick_mutex_);
  const SteadyMillis now = ports_.clock.steady_now();
  const std::int64_t elapsed = now - last_tick_;
  last_tick_ = now;
  (void)policies_.refresh(ports_.store, ports_.clock.unix_now());  // or with the next tick
  const bool stood_still = elapsed > context_.policy().probe_grace_ms / 2;
  if (turned_away_.exchange(false) || stood_still) begin_watch();
  agents_.tick_probes(elapsed);
  benchmarks_.tick(elapsed);
  close_uptime_window();
  close_snapshot_period();
  jobs_.expire(alive_since_);
  previews_.keep(
      [this](const Digest& job, const Digest& provider) { return jobs_.worker(job) == provider; });
  asked_.expire();
  top_up_.tick();
  if (jobs_.open_count() > 0) match_jobs();
  (void)audits_.draw();  // what went wrong is in failed(), and the next tick tries again
  audits_.check_deadlines();
  workers_.expire();
  disputes_.check_deadlines();
  appeals_.tick();
  benchmarks_.check_deadlines();
  accuse_what_waited();
  noticed_to_ = tell_new_slashes(context_, noticed_to_);
  publisher_.tick();
}

bool Service::run_replay() {
  if (workers_.prepare_canary()) return true;
  const bool leave_to_workers = context_.options.leases.workers_first && workers_.are_calling();
  return audits_.run_replay(leave_to_workers) || appeals_.run_replay() || benchmarks_.run_check();
}

// Whatever is logged in a new period is preceded by the snapshot of the last one; this is for logs
// in which nothing else happens.
void Service::close_snapshot_period() {
  const std::uint64_t period = reputation::epoch_of(ports_.clock.unix_now(), context_.policy()) /
                               reputation::snapshot_epochs(context_.policy());
  if (period <= snapshot_period_) return;
  snapshot_period_ = period;
  (void)writer_.submit_all({});  // what goes wrong is in failed()
}

void Service::close_uptime_window() {
  const std::uint64_t now = window_of(ports_.clock.unix_now(), context_.policy());
  if (now <= window_) return;
  const std::uint64_t closed = window_;
  window_ = now;
  Agents::ProbeCounts counts = agents_.take_probes();
  std::sort(counts.rows.begin(), counts.rows.end(),
            [](const Agents::ProbeCount& a, const Agents::ProbeCount& b) {
              return a.provider < b.provider;
            });
  // A window that we did not see whole says nothing about anybody.
  if (closed < first_window_ || counts.rows.empty()) return;
  const Digest answers = sha256(as_bytes(counts.answers));
  if (!ports_.blobs.put(answers, as_bytes(counts.answers)).ok()) return;
  std::uint32_t part = 0;
  for (std::size_t from = 0; from < counts.rows.size(); from += wire::kUptimeRowsMax, ++part) {
    wire::Uptime uptime;
    uptime.window = closed;
    uptime.window_seconds = context_.policy().uptime_window_seconds;
    uptime.part = part;
    uptime.answers = answers;
    const std::size_t to = std::min(counts.rows.size(), from + wire::kUptimeRowsMax);
    for (std::size_t i = from; i < to; ++i) {
      uptime.rows.push_back(
          {counts.rows[i].provider, counts.rows[i].answered, counts.rows[i].asked});
    }
    (void)log_own(context_, wire::uptime_statement(uptime));
  }
}

std::optional<Error> Service::failed() const {
  return writer_.failed();
}

Result<api::Accepted> Service::submit(Kind kind, const std::string& envelope) {
  if (kind == Kind::order && jobs_.queue_length() >= context_.policy().open_jobs_max) {
    return fail(Code::rate_limited,
                "the verifier is full: " + std::to_string(jobs_.queue_length()) +
                    " jobs are waiting or at work; try again later");
  }
  return answer_to(take_in(context_, kind, envelope), envelope);
}

Result<std::vector<Result<api::Accepted>>> Service::submit_attestations(
    std::span<const std::string> envelopes) {
  if (const Status fits = api::check_batch(envelopes.size()); !fits.ok()) return fits.error();
  std::vector<Result<TakenIn>> taken = take_in_attestations(context_, envelopes);
  std::vector<Result<api::Accepted>> answers;
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    answers.push_back(answer_to(std::move(taken[i]), envelopes[i]));
  }
  return answers;
}

// What follows from an intake, whatever its end was.
Result<api::Accepted> Service::answer_to(Result<TakenIn> intake, const std::string& envelope) {
  const Result<TakenIn> taken = noting_failures(std::move(intake));
  if (!taken.ok()) {
    if (taken.error().code == Code::equivocation) accuse_equivocation(envelope);
    return taken.error();
  }
  const api::Accepted& accepted = taken.value().accepted;
  if (!accepted.already_known) after_submit(taken.value().received, accepted);
  return accepted;
}

// The in-memory views follow what has been logged.
void Service::after_submit(const Received& received, const api::Accepted& accepted) {
  switch (received.kind) {
    case Kind::order: jobs_.refresh(accepted.statement); break;
    case Kind::cancel:
    case Kind::acceptance: {
      Result<wire::Statement> said = wire::parse_statement(received.opened.payload);
      if (said.ok()) jobs_.refresh(said.value().subject);
      break;
    }
    case Kind::attestation: {
      Result<wire::Attestation> said = wire::parse_attestation(received.opened.payload);
      if (said.ok()) jobs_.refresh(said.value().job);
      break;
    }
    case Kind::spotcheck: {
      Result<wire::Spotcheck> said = wire::parse_spotcheck(received.opened.payload);
      if (said.ok()) audits_.opened(said.value().attestation_index);
      break;
    }
    case Kind::appeal: {
      Result<wire::Appeal> said = wire::parse_appeal(received.opened.payload);
      if (said.ok()) appeals_.logged(said.value().slash_index);
      break;
    }
    case Kind::worker: {
      Result<wire::Worker> said = wire::parse_worker(received.opened.payload);
      if (said.ok()) workers_.told(said.value());
      break;
    }
    case Kind::dispute:
    case Kind::dispute_move: disputes_.logged(received, accepted.log_index); break;
    default: break;
  }
}

Result<std::string> Service::poll(const std::string& heartbeat_envelope) {
  return noting_failures(agents_.poll(heartbeat_envelope));
}

}  // namespace assay::verifier
