#include "tests/api/contract/life.h"

#include "core/wire/appeal.h"
#include "core/wire/events.h"
#include "core/wire/paid_challenge.h"
#include "core/wire/poll.h"
#include "core/wire/provider.h"
#include "core/wire/stake.h"
#include "prover/misbehave.h"
#include "tests/service/by_hand.h"
#include "tests/service/wronged.h"
#include "tests/sim/challenger.h"

namespace assay::test {

using wire::Json;

namespace {

using Facts = std::map<std::string, std::string>;

void need(bool holds, const std::string& what) {
  ASSAY_CHECK(holds, what);
}
template <class T>
T got(Result<T> result, const std::string& what) {
  ASSAY_CHECK(result.ok(), what + (result.ok() ? "" : ": " + result.error().what));
  return std::move(result).value();
}

std::string text_of(const Json& json, const char* member) {
  const Json* value = json.find(member);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

class Life {
 public:
  explicit Life(World& world) : world_(world) {}

  Facts live() {
    work();
    reads();
    cheat();
    contest();
    dispute();
    operate();
    by_hand();
    at_once();
    return facts_;
  }

 private:
  Digest settled_job() {
    const Digest job = got(world_.order(world_.gemm_order(), "alice"), "an order");
    need(worker_->work_until([&] { return world_.is_over(job); }), "a job ends");
    return job;
  }

  // Jobs until one was audited by the worker, and one was spared by the coin.
  void work() {
    world_.add_provider("alice");
    need(world_.run_until([&] { return !text_of(world_.provider("alice"), "id").empty(); }),
         "alice registers");
    bond(world_, "alice", 50'000'000);
    worker_ = std::make_unique<Elsewhere>(world_, "w");
    while (!facts_.count("worker_result") || !facts_.count("spared_job")) {
      const Digest job = settled_job();
      const auto txn = world_.store->read();
      const reputation::View view(*txn.value());
      const auto row = *view.attestation(*view.job(job).value()->attestation_index).value();
      if (row.audit == reputation::AuditStatus::passed_over) facts_["spared_job"] = job.hex();
      if (row.verdict_index == 0) continue;
      const std::uint64_t size = view.head().value().size;
      const wire::Verdict verdict =
          wire::parse_verdict(view.log(size).leaf(row.verdict_index).value().payload).value();
      if (verdict.workers.empty() || verdict.workers[0].result == Digest{}) continue;
      facts_["worker_result"] = verdict.workers[0].result.hex();
      facts_["job"] = job.hex();
    }
    const Json job = got(world_.port().job(facts_["job"]), "the job");
    facts_["blob"] = text_of(*job.find("attestation"), "result_blob");
    facts_["provider"] = world_.id_of("alice");
    facts_["policy"] = world_.service->context().policy_digest().hex();
  }

  void reads() {
    api::Port& port = world_.port();
    const std::string& job = facts_["job"];
    need(port.receipt(job).ok() && port.result(job).ok() && port.settlement(job).ok(), "a receipt");
    need(port.score(facts_["provider"]).ok() && port.explain(facts_["provider"]).ok(), "a score");
    need(port.providers({}).ok() && port.search({}).ok() && port.trust().ok(), "providers");
    const std::string match = Json::object({{"nonce", std::string(64, 'a')}}).dump();
    (void)got(port.match(match), "a match");
    wire::OpeningRequest request;
    request.rows = {0};
    const std::string text = wire::opening_request_text(request);
    const Json asked = got(port.ask_opening(job, text), "an opening");
    facts_["opening"] = text_of(asked, "id");
    need(world_.run_until([&] {
      return text_of(got(port.ask_opening(job, text), "an opening"), "status") == "opened";
    }),
         "it is opened");
    need(port.kept_worker_result(facts_["worker_result"]).ok() && port.workers().ok(), "workers");
  }

  void cheat() {
    world_.add_provider("mallory", prover::Misbehave::skip_steps);
    need(world_.run_until([&] { return !text_of(world_.provider("mallory"), "id").empty(); }),
         "mallory registers");
    bond(world_, "mallory", 20'000'000);
    for (int i = 0; i < 40 && world_.slashes_of("mallory") == 0; ++i) {
      const Result<Digest> job = world_.order(world_.gemm_order(), "mallory");
      if (!job.ok()) break;
      worker_->work_until(
          [&] { return world_.is_over(job.value()) || world_.slashes_of("mallory") > 0; }, 20'000);
    }
    facts_["slash"] = slash_of(world_, "mallory");
    need(world_.port().evidence(facts_["slash"]).ok() && world_.port().slashes({}).ok(),
         "evidence");
  }

  void contest() {
    (void)got(appeal(world_, "mallory", facts_["slash"]), "an appeal");
    const Digest job = Digest::parse_hex(facts_["spared_job"]).value();
    const Json document = got(world_.port().job(job.hex()), "the job");
    const Json& attestation = *document.find("attestation");
    const wire::PaidChallenge challenge{
        .attestation_index = *attestation.find("index")->as_u64(),
        .attestation = Digest::parse_hex(text_of(attestation, "statement")).value(),
        .job = job,
        .challenger = world_.renter().public_key(),
        .deposit_micros = 1'000'000};
    facts_["challenge"] = std::to_string(
        got(world_.say(world_.renter(), wire::paid_challenge_statement(challenge)), "a challenge")
            .log_index);
    need(world_.port().challenge(facts_["challenge"]).ok(), "the challenge");
  }

  // About work that is right: the challenger asks on until it is convicted of being wrong.
  void dispute() {
    const Digest job = settled_job();
    Challenger challenger(world_, job);
    const std::uint64_t id = got(challenger.open(1), "a dispute");
    facts_["dispute"] = std::to_string(id);
    need(worker_->work_until(
             [&] {
               challenger.move(id);
               return !challenger.text(id, "lost").empty();
             },
             60'000),
         "the dispute ends");
  }

  void operate() {
    wire::Worker worker;
    worker.worker = SigningKey::generate(world_.random).public_key();
    worker.name = "second";
    worker.device = "cpu";
    (void)got(world_.say(bond_key(), wire::worker_statement(worker)), "a worker");
    const std::int64_t window = std::int64_t{world_.service->policy().uptime_window_seconds} * 1000;
    wire::Maintenance pause;
    pause.provider = world_.key_of("alice");
    pause.from.ms = (world_.clock.unix_now().ms / window + 2) * window +
                    std::int64_t{26} * 3'600'000 / window * window;
    pause.to = pause.from + window;
    (void)got(world_.say(world_.signing_key_of("alice"), wire::maintenance_statement(pause)),
              "maintenance");
  }

  // A provider that is at work, shown outputs of its job, and a job with a secret.
  void by_hand() {
    const SigningKey key = SigningKey::generate(world_.random);
    wire::Registration registration;
    registration.provider = key.public_key();
    registration.name = "by hand";
    registration.device_class = "cpu";
    (void)got(world_.say(key, wire::registration_statement(registration)), "a registration");
    (void)got(world_.say(bond_key(), wire::stake_statement({.provider = key.public_key(),
                                                            .move = wire::StakeMove::bond,
                                                            .amount_micros = 20'000'000,
                                                            .reference = "by hand"})),
              "a bond");
    wire::Order order = world_.gemm_order();
    const Digest secret = sha256(as_bytes("the renter's secret"));
    order.renter_secret_commitment = sha256(secret.view());
    order.provider = key.public_key();
    const Digest job =
        got(world_.say(world_.renter(), wire::order_statement(order)), "an order").statement;
    std::uint64_t seq = 0;
    const auto poll = [&](std::vector<wire::ShownOutputs> outputs) {
      wire::Heartbeat beat;
      beat.seq = ++seq;
      beat.sent = world_.clock.unix_now();
      beat.accepts_jobs = true;
      beat.outputs = std::move(outputs);
      return world_.port().poll(
          wire::seal(key, wire::statement_text(wire::heartbeat_statement(beat))));
    };
    need(world_.run_until([&] {
      const Result<std::string> reply = poll({});
      return reply.ok() && !wire::parse_poll_reply(reply.value()).value().offers.empty();
    }),
         "an offer");
    wire::Acceptance acceptance;
    acceptance.job = job;
    acceptance.expected_end = world_.clock.unix_now() + 1000;
    (void)got(world_.say(key, wire::acceptance_statement(acceptance)), "an acceptance");
    const Bytes shown = to_bytes(as_bytes("half a result"));
    need(poll({{job, 1, {shown}}}).ok(), "a preview");
    need(world_.port().preview(job.hex(), 0).ok(), "the preview");
    (void)got(world_.say(world_.renter(), wire::reveal_statement({job, secret})), "a reveal");
    facts_["running_job"] = job.hex();
    wire::Order unwanted = world_.gemm_order();
    unwanted.device_class = "nobody-has-it";
    const Digest other = got(world_.order(unwanted), "an order");
    (void)got(world_.say(world_.renter(), wire::cancel_statement({other})), "a cancel");
    facts_["cancelled_job"] = other.hex();
  }

  // Two jobs attested together, with words that contradict them or are nobody's.
  void at_once() {
    ByHand provider(world_.port(), SigningKey::generate(world_.random));
    (void)got(provider.register_as("at once"), "a registration");
    (void)got(world_.say(bond_key(), wire::stake_statement({.provider = provider.key().public_key(),
                                                            .move = wire::StakeMove::bond,
                                                            .amount_micros = 50'000'000,
                                                            .reference = "at once"})),
              "a bond");
    std::vector<std::string> envelopes;
    prover::ChainPlace place;
    for (int i = 0; i < 2; ++i) {
      const wire::Order order = world_.gemm_order();
      const Digest job = got(provider.take(order, world_.renter()), "a job");
      wire::Attestation claim = got(provider.work(job, order, place), "its work");
      envelopes.push_back(provider.seal(claim));
      place = {place.seq + 1, digest_of(claim)};
      claim.backend = "another";
      envelopes.push_back(provider.seal(claim));
    }
    envelopes.push_back(envelopes.front());
    envelopes.push_back(ByHand(world_.port(), SigningKey::generate(world_.random)).seal({}));
    const auto answers = got(world_.port().submit_attestations(envelopes), "a batch");
    const bool as_ever = answers[0].ok() && !answers[1].ok() && answers[2].ok() &&
                         !answers[3].ok() && answers[4].value().already_known && !answers[5].ok();
    need(as_ever && answers[1].error().code == Code::equivocation, "each has its own answer");
  }

  World& world_;
  std::unique_ptr<Elsewhere> worker_;
  Facts facts_;
};

}  // namespace

WorldOptions contract_world() {
  WorldOptions options;
  options.policy.first_jobs = 0;
  options.policy.audit_ppm = 1;
  options.policy.stake_required_micros = 10'000'000;
  options.policy.operators = {bond_key().public_key()};
  options.leases = first_to_workers();
  return options;
}

std::map<std::string, std::string> live(World& world) {
  return Life(world).live();
}

}  // namespace assay::test
