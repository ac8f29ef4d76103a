#include "prover/agent.h"

#include <algorithm>

#include "core/wire/dsse.h"
#include "prover/agent_parts.h"

namespace assay::prover {
namespace {

constexpr std::int64_t kPollMinMs = 20;
constexpr std::int64_t kPollMaxMs = 300'000;
constexpr std::int64_t kBackoffFirstMs = 250;
constexpr std::int64_t kBackoffMaxMs = 60'000;
constexpr std::int64_t kSliceMs = 50;
constexpr std::int64_t kShowEveryMs = 250;  // polls come so soon when there is something to show
constexpr int kRefusalsMax = 3;

std::string place_text(std::uint64_t seq, const Digest& prev) {
  return "seq " + std::to_string(seq) + " after " + prev.hex();
}

}  // namespace

const char* event_name(AgentEvent::Kind kind) {
  switch (kind) {
    case AgentEvent::Kind::registered: return "registered";
    case AgentEvent::Kind::notice: return "notice";
    case AgentEvent::Kind::declined: return "declined";
    case AgentEvent::Kind::accepted: return "accepted";
    case AgentEvent::Kind::started: return "started";
    case AgentEvent::Kind::finished: return "finished";
    case AgentEvent::Kind::attested: return "attested";
    case AgentEvent::Kind::opened: return "opened";
    case AgentEvent::Kind::closed: return "closed";
    case AgentEvent::Kind::trouble: return "trouble";
  }
  return "?";
}

bool tried_again(Code code) {
  switch (code) {
    case Code::network:
    case Code::rate_limited:
    case Code::internal:
    case Code::storage:
    case Code::stale:
    case Code::inconclusive:
    case Code::interrupted: return true;
    default: return false;
  }
}

Agent::Agent(AgentPorts ports, SigningKey key, compute::Engine& engine, Journal& journal,
             AgentOptions options)
    : ports_(ports),
      key_(std::move(key)),
      engine_(engine),
      opening_engine_(engine.level(), options.background_jobs ? engine.threads() : 1),
      journal_(journal),
      options_(std::move(options)) {
  options_.profile.provider = key_.public_key();
}

Agent::~Agent() = default;  // the tasks stop first: they are declared last

Result<Step> Agent::step() {
  const Status turned = turn();
  if (final_) return *final_;
  journal_.forget_old(ports_.clock.unix_now(), options_.retention_ms);
  Step out;
  out.busy = open_jobs() > 0 || !journal_.challenges().empty();
  if (turned.ok()) {
    failures_ = 0;
    out.wait_ms = benchmark_waits() ? 0 : jittered(next_poll_ms_);
    return out;
  }
  ++failures_;
  out.trouble = turned.error();
  out.wait_ms = backoff_ms();
  tell(AgentEvent::Kind::trouble, {},
       turned.error().what + " (trying again in " + std::to_string(out.wait_ms) + " ms)");
  return out;
}

Status Agent::turn() {
  if (Status s = register_once(); !s.ok()) return s;
  const Status sent = send_pending();
  const Status polled = final_ ? Status() : poll();
  Status worked;
  // What is timed comes first.
  for (Status (Agent::*work)() :
       {&Agent::answer_benchmark, &Agent::answer_challenges, &Agent::answer_disputes,
        &Agent::take_offers, &Agent::advance_jobs}) {
    if (final_) return *final_;
    Status done = (this->*work)();
    if (worked.ok()) worked = done;
  }
  if (!polled.ok()) return polled;
  return sent.ok() ? worked : sent;
}

Status Agent::register_once() {
  if (registered_) return {};
  wire::Registration profile = options_.profile;
  profile.devices = devices();
  const std::string text = wire::statement_text(wire::registration_statement(profile));
  const Result<api::Accepted> accepted =
      ports_.port.submit(wire::Kind::registration, wire::seal(key_, text));
  const Digest about = wire::statement_digest(text);
  if (!accepted.ok()) {
    if (refused_for_good(about, accepted.error())) {
      final_ = accepted.error().in("registration refused");
    }
    return accepted.error().in("registration");
  }
  refusals_.erase(about);
  registered_ = true;
  if (!accepted.value().already_known) {
    tell(AgentEvent::Kind::registered, {}, "as " + key_id(key_.public_key()));
  }
  return {};
}

wire::Heartbeat Agent::heartbeat() {
  const Handed& handed = journal_.handed();
  wire::Heartbeat out;
  if (!resync_) {
    out.nonce = handed.nonce;
    out.handed = handed.reply;
  }
  out.sent = ports_.clock.unix_now();
  // By the clock, so that a journal restored from a backup does not go back.
  out.seq = std::max(handed.heartbeat_seq + 1, static_cast<std::uint64_t>(out.sent.ms));
  out.load_ppm = job_task_.active() ? 1'000'000 : 0;
  if (options_.free_memory_bytes) out.free_memory_bytes = options_.free_memory_bytes();
  out.accepts_jobs = accepts_jobs();
  out.benchmark = benchmark_answer();
  if (!out.benchmark) out.outputs = previews_.next();  // together they might not fit
  return out;
}

Status Agent::poll() {
  polled_ = ports_.clock.steady_now();
  const wire::Heartbeat beat = heartbeat();
  const std::string text = wire::statement_text(wire::heartbeat_statement(beat));
  const Result<std::string> reply = ports_.port.poll(wire::seal(key_, text));
  if (!reply.ok()) {
    Handed handed = journal_.handed();
    handed.heartbeat_seq = beat.seq;
    if (Status s = keep(journal_.record_handed(handed, false)); !s.ok()) return s;
    const Code code = reply.error().code;
    if (code == Code::not_found) registered_ = false;
    if (code == Code::conflict || code == Code::stale) resync_ = true;
    if (!tried_again(code) && code != Code::not_found && !resync_ &&
        refused_for_good(Digest{}, reply.error())) {
      final_ = reply.error().in("the verifier refuses our heartbeats");
    }
    return reply.error().in("poll");
  }
  const Result<wire::PollReply> parsed = wire::parse_poll_reply(reply.value());
  if (!parsed.ok()) return parsed.error().in("poll reply");
  refusals_.erase(Digest{});
  resync_ = false;
  previews_.taken(beat.outputs);
  benchmark_sent_ = beat.benchmark;
  return take_reply(parsed.value(), sha256(as_bytes(reply.value())), beat.seq);
}

Status Agent::take_reply(const wire::PollReply& reply, const Digest& digest, std::uint64_t seq) {
  clock_offset_ms_ = reply.now - ports_.clock.unix_now();
  next_poll_ms_ = std::clamp<std::int64_t>(reply.next_poll_ms, kPollMinMs, kPollMaxMs);
  if (Status s = check_chain(reply); !s.ok()) return s;
  note_challenges(reply.challenges);
  if (final_) return *final_;
  std::vector<wire::Notice> news;
  for (const wire::Notice& notice : reply.notices) {
    const Result<bool> fresh = journal_.remember_notice(notice, ports_.clock.unix_now());
    if (!fresh.ok()) return keep(fresh.error());
    if (fresh.value()) news.push_back(notice);
  }
  const bool something = !reply.offers.empty() || !reply.challenges.empty() ||
                         !reply.notices.empty() || !reply.disputes.empty() || reply.benchmark;
  if (Status s = keep(journal_.record_handed({reply.nonce, digest, seq}, something)); !s.ok()) {
    return s;
  }
  offers_ = reply.offers;
  disputes_ = reply.disputes;
  benchmark_ = reply.benchmark;
  for (const wire::Notice& notice : news) take_notice(notice);
  return {};
}

Status Agent::check_chain(const wire::PollReply& reply) {
  const ChainPlace& ours = journal_.next();
  const std::optional<PendingAttestation>& pending = journal_.pending();
  if (reply.next_seq == ours.seq && reply.prev == ours.prev) return {};
  if (pending && reply.next_seq == ours.seq + 1 && reply.prev == pending->digest) return {};
  if (!pending && (options_.cheat.active || (options_.adopt_chain && journal_.fresh()))) {
    return keep(journal_.adopt({reply.next_seq, reply.prev}));
  }
  if (options_.cheat.active) return {};
  final_ = fail(Code::conflict,
                "the log expects " + place_text(reply.next_seq, reply.prev) +
                    ", this state folder is at " + place_text(ours.seq, ours.prev) +
                    ". Nothing more is signed, so that no sequence number is used twice. Is the "
                    "folder an old copy, does another agent use this key, or is this another "
                    "verifier? If the folder was lost for good, start once with --adopt-chain on "
                    "an empty one.");
  return *final_;
}

void Agent::take_notice(const wire::Notice& notice) {
  tell(AgentEvent::Kind::notice, {}, notice.kind + ": " + notice.detail);
  if (notice.kind != "timeout" && notice.kind != "cancel") return;
  for (const Digest& job : unfinished_jobs()) {
    if (notice.detail.find(job.hex()) != std::string::npos) close_job(job, notice.detail);
  }
}

bool Agent::refused_for_good(const Digest& statement, const Error& error) {
  if (tried_again(error.code)) return false;
  return ++refusals_[statement] >= kRefusalsMax;
}

std::int64_t Agent::jittered(std::int64_t ms) {
  const auto spread = static_cast<std::uint64_t>(ms) * options_.jitter_ppm / 1'000'000;
  return ms - static_cast<std::int64_t>(spread) +
         static_cast<std::int64_t>(ports_.random.below(2 * spread + 1));
}

std::int64_t Agent::backoff_ms() {
  const std::int64_t full =
      std::min(kBackoffMaxMs, kBackoffFirstMs << std::min<std::uint32_t>(failures_ - 1, 10));
  return full / 2 +
         static_cast<std::int64_t>(ports_.random.below(static_cast<std::uint64_t>(full) / 2 + 1));
}

Status Agent::run(const std::atomic<bool>& stop) {
  while (!stop) {
    const Result<Step> step = this->step();
    if (!step.ok()) return step.error();
    if (finished_all()) return {};
    wait(step.value(), stop);
  }
  return {};
}

bool Agent::finished_all() const {
  return options_.jobs_max > 0 && jobs_taken_ >= options_.jobs_max && open_jobs() == 0;
}

void Agent::wait(const Step& step, const std::atomic<bool>& stop) {
  const SteadyMillis until = ports_.clock.steady_now() + step.wait_ms;
  while (!stop && !job_task_.done() && !opening_task_.done() && !benchmark_task_.done()) {
    const SteadyMillis now = ports_.clock.steady_now();
    const bool may_show = !step.trouble && now - polled_ >= kShowEveryMs;
    const std::int64_t left = until - now;
    if (left <= 0 || (may_show && previews_.waiting())) return;
    ports_.clock.sleep(std::min(left, kSliceMs));
  }
}

Status Agent::keep(Status status) {
  if (!status.ok()) final_ = status.error().in("state folder");
  return status;
}

void Agent::tell(AgentEvent::Kind kind, const Digest& job, std::string text) {
  if (options_.on_event) options_.on_event({kind, job, std::move(text)});
}

UnixMillis Agent::log_now() {
  return ports_.clock.unix_now() + clock_offset_ms_;
}

}  // namespace assay::prover
