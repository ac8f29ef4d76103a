#include "verifier/service/agents.h"

#include <algorithm>

#include "verifier/service/jail_words.h"

namespace assay::verifier {

using reputation::ProviderState;
using reputation::View;

namespace {

constexpr std::int64_t kClockSkewMs = 60'000;
constexpr std::size_t kHandoutsKept = 2;
// Whoever a penalty could reach polls so often that it learns of one within 5 s, though its agent
// may poll a fifth later than it was told.
constexpr std::uint32_t kAtStakePollMs = 3'500;
constexpr std::int64_t kPollsBeforeDead = 3;
// Newcomers, whose trust is zero, still get this share of a fully trusted provider's chance.
constexpr std::uint64_t kNewcomerWeight = 50'000;

Digest random_digest(Random& random) {
  Digest digest;
  random.fill(digest.bytes);
  return digest;
}

}  // namespace

bool Agents::is_alive(const Agent& agent) const {
  return context_.clock.steady_now() - agent.last_poll <=
         kPollsBeforeDead * context_.policy().poll_ms + context_.policy().poll_ms;
}

// Checks the heartbeat against what this agent was handed before and records it. Returns the agent,
// whose lock the caller holds.
Result<Agents::Agent*> Agents::admit(const Digest& id, const ProviderState& state,
                                     const wire::Heartbeat& heartbeat,
                                     const std::string& envelope) {
  const UnixMillis now = context_.clock.unix_now();
  if (heartbeat.sent - now > kClockSkewMs) {
    return fail(Code::conflict, "the heartbeat is from " + std::to_string(heartbeat.sent - now) +
                                    " ms in the future: set this machine's clock");
  }
  Agent& agent = agents_[id];
  if (heartbeat.seq <= agent.last_seq) {
    return fail(Code::conflict, "heartbeat " + std::to_string(heartbeat.seq) + " after " +
                                    std::to_string(agent.last_seq) + ": a replay, or a second " +
                                    "agent with the same key");
  }
  const auto handout =
      std::find_if(agent.handouts.begin(), agent.handouts.end(),
                   [&](const Handout& past) { return past.reply == heartbeat.handed; });
  if (handout != agent.handouts.end()) {
    if (handout->nonce != heartbeat.nonce) {
      return fail(Code::conflict, "the heartbeat's nonce is not the one of the reply it signs");
    }
    audits_.delivered(handout->attestations, envelope);
    disputes_.delivered(handout->disputes, envelope);
    context_.notices.delivered(id, handout->notices_end);
  }
  benchmarks_.heard(id, handout != agent.handouts.end() ? handout->benchmark : Digest{});
  if (heartbeat.benchmark) benchmarks_.answered(id, *heartbeat.benchmark);
  agent.key = state.key;
  agent.last_poll = context_.clock.steady_now();
  agent.last_seq = heartbeat.seq;
  agent.accepts_jobs = heartbeat.accepts_jobs;
  if (agent.probe_ends) {
    agent.probe_ends.reset();
    ++agent.asked;
    ++agent.answered;
    agent.answers += envelope + "\n";
  }
  return &agent;
}

// Only who is at a job shows something of it. What anybody else shows is ignored, not refused: a
// job may end while a heartbeat is on its way, and a preview is no reason to turn a poll away.
void Agents::show(const Digest& id, const wire::Heartbeat& heartbeat) {
  for (const wire::ShownOutputs& shown : heartbeat.outputs) {
    if (jobs_.worker(shown.job) == id) previews_.take(id, shown);
  }
}

Result<std::string> Agents::poll(const std::string& envelope) {
  if (envelope.size() > wire::kHeartbeatBytesMax) {
    return fail(Code::malformed, "a heartbeat of " + std::to_string(envelope.size()) +
                                     " bytes, where at most " +
                                     std::to_string(wire::kHeartbeatBytesMax) + " are allowed");
  }
  Result<Received> received = receive(context_, wire::Kind::heartbeat, envelope);
  if (!received.ok()) return received.error();
  Result<wire::Heartbeat> heartbeat = wire::parse_heartbeat(received.value().opened.payload);
  if (!heartbeat.ok()) return heartbeat.error();
  const Digest id = reputation::provider_id(received.value().opened.signer);
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  Result<std::optional<ProviderState>> state = view.provider(id);
  if (!state.ok()) return state.error();
  if (!state.value()) return fail(Code::not_found, "this provider is not registered here");
  Result<std::optional<reputation::Jail>> jail =
      view.jail(id, *state.value(), context_.clock.unix_now(), context_.policy());
  if (!jail.ok()) return jail.error();
  txn.value().reset();

  const std::scoped_lock lock(mutex_);
  Result<Agent*> agent = admit(id, *state.value(), heartbeat.value(), envelope);
  if (!agent.ok()) return agent.error();
  show(id, heartbeat.value());
  tell_of_jail(id, *agent.value(), jail.value());
  wire::PollReply reply;
  if (Status given = give_work(reply, id, *state.value(), heartbeat.value()); !given.ok()) {
    return given.error();
  }
  const std::size_t of_audits = reply.challenges.size();
  for (wire::Challenge& challenge : asked_.challenges_for(id)) {
    if (reply.challenges.size() < wire::kChallengesMax) {
      reply.challenges.push_back(std::move(challenge));
    }
  }
  Notices::Batch notices = context_.notices.waiting(id);
  reply.notices = std::move(notices.notices);
  // Only who has nothing else to do: what is measured is the machine, not how busy it is.
  const bool idle = heartbeat.value().accepts_jobs && reply.offers.empty() &&
                    reply.challenges.empty() && reply.disputes.empty() && !jobs_.is_busy(id);
  reply.benchmark = benchmarks_.task_for(id, *state.value(), idle);
  reply.next_poll_ms = next_poll_ms(id, reply);

  std::string text = wire::poll_reply_text(reply);
  Handout handout{sha256(as_bytes(text)), reply.nonce, {}, {}, notices.end, {}};
  for (std::size_t i = 0; i < of_audits; ++i) {
    handout.attestations.push_back(reply.challenges[i].attestation_index);
  }
  for (const wire::DisputeTask& task : reply.disputes) {
    handout.disputes.push_back({task.dispute_index, task.moves.size()});
  }
  if (reply.benchmark) {
    handout.benchmark = wire::benchmark_round(*reply.benchmark, state.value()->key);
  }
  agent.value()->handouts.push_back(std::move(handout));
  if (agent.value()->handouts.size() > kHandoutsKept) agent.value()->handouts.pop_front();
  return text;
}

std::uint32_t Agents::next_poll_ms(const Digest& id, const wire::PollReply& reply) const {
  const bool at_stake = !reply.offers.empty() || !reply.disputes.empty() ||
                        !reply.notices.empty() || audits_.concerns(id) || appeals_.concerns(id) ||
                        jobs_.is_busy(id);
  const std::uint32_t usual = context_.policy().poll_ms;
  return at_stake ? std::min(usual, kAtStakePollMs) : usual;
}

// What the log and the jobs have for it.
Status Agents::give_work(wire::PollReply& reply, const Digest& id, const ProviderState& state,
                         const wire::Heartbeat& heartbeat) {
  reply.nonce = random_digest(context_.random);
  reply.now = context_.clock.unix_now();
  reply.next_seq = state.next_seq;
  reply.prev = state.prev;
  if (heartbeat.accepts_jobs) {
    Result<std::vector<wire::Offer>> offers = jobs_.offers_for(id);
    if (!offers.ok()) return offers.error();
    reply.offers = std::move(offers).value();
  }
  reply.challenges = audits_.challenges_for(id);
  reply.disputes = disputes_.tasks_for(id);
  return {};
}

// Once when it begins, with the reason and the way out, and once when it is over.
void Agents::tell_of_jail(const Digest& id, Agent& agent,
                          const std::optional<reputation::Jail>& jail) {
  const std::optional<std::uint64_t> since =
      jail ? std::optional(jail->since) : std::optional<std::uint64_t>();
  if (since == agent.jailed_since) return;
  agent.jailed_since = since;
  if (jail) {
    context_.notices.add(
        id,
        {"jail",
         "no new jobs: " + jail_reason(*jail) + ". " + jail_way_out(*jail, context_.policy()), 0});
  } else {
    context_.notices.add(id, {"jail", "over: new jobs are given again", 0});
  }
}

std::vector<Digest> Agents::available() {
  const std::set<Digest> busy = jobs_.busy();
  std::vector<Digest> free;
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, agent] : agents_) {
    if (agent.accepts_jobs && is_alive(agent) && !busy.contains(id) &&
        !benchmarks_.is_measuring(id)) {
      free.push_back(id);
    }
  }
  return free;
}

std::vector<Candidate> Agents::candidates(const Market& market,
                                          const LedgerChanges::OpenJobs& open) {
  std::vector<Candidate> candidates;
  for (const Digest& id : available()) {
    const std::optional<std::uint32_t> place = market.find(id);
    if (!place) continue;
    const Market::Row& row = market.row(*place);
    if (row.candidate.tombstoned || row.candidate.jailed) continue;
    const MarketEntry& entry = *row.entry;
    Candidate it{.id = id,
                 .device_class = entry.state.device_class,
                 .weight = kNewcomerWeight,
                 .maintenance = entry.state.maintenance,
                 .revoked = {},
                 .exposure = {.bonded_stake = entry.exposure.bonded_stake},
                 .tiers = {}};
    if (const auto& worst = entry.score.headline) {
      it.weight += reputation::ppm_from_q30(entry.score.classes[*worst].trust);
    }
    if (const auto found = open.find(id); found != open.end()) {
      it.exposure.open_jobs = found->second.open_jobs;
      it.exposure.unsettled = found->second.unsettled;
    }
    for (const reputation::ClassScore& of_class : entry.score.classes) {
      it.tiers.emplace(of_class.name, of_class.tier);
      if (of_class.revoked) it.revoked.push_back(of_class.name);
    }
    candidates.push_back(std::move(it));
  }
  return candidates;
}

void Agents::tick_probes(std::int64_t elapsed_ms) {
  if (elapsed_ms <= 0) return;
  const std::scoped_lock lock(mutex_);
  const SteadyMillis now = context_.clock.steady_now();
  for (auto& [id, agent] : agents_) {
    if (agent.last_seq == 0) continue;  // never seen by this process: nothing to say
    if (agent.probe_ends) {
      if (now < *agent.probe_ends) continue;
      agent.probe_ends.reset();
      ++agent.asked;
      continue;
    }
    // A coin with probability elapsed/mean at each tick: Poisson arrivals.
    if (context_.random.below(context_.policy().probe_mean_ms) <
        static_cast<std::uint64_t>(elapsed_ms)) {
      agent.probe_ends = now + context_.policy().probe_grace_ms;
    }
  }
}

void Agents::drop_probes() {
  const std::scoped_lock lock(mutex_);
  for (auto& [id, agent] : agents_) agent.probe_ends.reset();
}

Agents::ProbeCounts Agents::take_probes() {
  const std::scoped_lock lock(mutex_);
  ProbeCounts counts;
  for (auto& [id, agent] : agents_) {
    if (agent.asked == 0) continue;
    counts.rows.push_back({agent.key, agent.answered, agent.asked});
    counts.answers += agent.answers;
    agent.asked = 0;
    agent.answered = 0;
    agent.answers.clear();
  }
  return counts;
}

std::size_t Agents::alive_count() {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      agents_.begin(), agents_.end(),
      [&](const auto& entry) { return entry.second.last_seq > 0 && is_alive(entry.second); }));
}

}  // namespace assay::verifier
