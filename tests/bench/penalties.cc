// How soon a penalty is heard of: by its provider's agent, and by a webhook's receiver over HTTP,
// while the service takes in a thousand other statements a second.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <mutex>

#include "api/client/webhook_client.h"
#include "api/server/http_server.h"
#include "prover/agent.h"
#include "prover/misbehave.h"
#include "reputation/ledger/view.h"
#include "tests/bench/bench.h"
#include "tests/bench/folder.h"
#include "tests/bench/ledger_world.h"
#include "tests/bench/load.h"
#include "verifier/service/webhooks.h"

namespace assay::bench {
namespace {

constexpr double kPromisedMillis = 5000;
constexpr unsigned kOthersPerSecond = 1000;
constexpr unsigned kClients = 16;
constexpr std::size_t kCheats = 200;
constexpr std::size_t kQuickCheats = 4;
constexpr unsigned kJobsPerSecond = 10;
constexpr std::int64_t kWaitMs = 60'000;  // for the last penalties, once all jobs are ordered
constexpr std::int64_t kHookMs = 200;     // as assay-verifier looks
constexpr unsigned kAgentThreads = 4;

SigningKey key_of(const std::string& name) {
  return SigningKey::from_seed(sha256(as_bytes("assay-bench penalties " + name)).view()).value();
}

// When each slash was heard of, by its leaf.
struct Heard {
  std::mutex mutex;
  std::map<std::uint64_t, UnixMillis> at;

  void add(std::uint64_t leaf, UnixMillis now) {
    const std::scoped_lock lock(mutex);
    at.emplace(leaf, now);  // the first time counts
  }
  std::size_t count() {
    const std::scoped_lock lock(mutex);
    return at.size();
  }
};

// The real agent on a journal of its own; half of them sign two attestations, half make results up.
struct Cheat {
  PublicKey key;
  std::unique_ptr<prover::Journal> journal;
  std::unique_ptr<prover::Agent> agent;
  std::int64_t next_ms = 0;
};

Result<Cheat> cheat(std::size_t number, const std::string& folder, verifier::Service& service,
                    compute::Engine& engine) {
  const std::string name = "cheat " + std::to_string(number);
  SigningKey key = key_of(name);
  Cheat out{key.public_key(), {}, {}, 0};
  Result<std::unique_ptr<prover::Journal>> journal =
      prover::Journal::open(folder + "/" + std::to_string(number), out.key);
  if (!journal.ok()) return journal.error();
  out.journal = std::move(journal).value();
  prover::AgentOptions options;
  options.profile.name = name;
  options.profile.device_class = "cpu";
  options.background_jobs = false;
  options.cheat = prover::make_cheat(number % 2 == 0 ? prover::Misbehave::equivocate
                                                     : prover::Misbehave::random_output);
  out.agent =
      std::make_unique<prover::Agent>(prover::AgentPorts{service, system_clock(), system_random()},
                                      std::move(key), engine, *out.journal, std::move(options));
  return out;
}

wire::Order order_for(const Cheat& provider, std::size_t number, const SigningKey& renter) {
  wire::Order order;
  order.spec.workload = "gemm";
  order.spec.parameters =
      wire::Json::object({{"rows", 16}, {"cols", 64}, {"steps", 8}, {"weights", "philox"}});
  order.spec.nonce = sha256(as_bytes("job " + std::to_string(number)));
  order.device_class = "cpu";
  order.price_micros = 1;
  order.deadline_ms = 60'000;
  order.renter = renter.public_key();
  order.provider = provider.key;
  return order;
}

// Lets agents poll whenever they are due, until told to stop. Each is stepped by one thread alone.
class Crowd {
 public:
  Crowd(verifier::Service& service, std::string folder)
      : service_(service), folder_(std::move(folder)) {}
  ~Crowd() { stop(); }

  Status add(std::size_t count) {
    for (unsigned i = 0; i < kAgentThreads; ++i) {
      engines_.push_back(std::make_unique<compute::Engine>(compute::best_cpu_level(), 1));
    }
    for (std::size_t i = 0; i < count; ++i) {
      Result<Cheat> made = cheat(i, folder_, service_, *engines_[i % kAgentThreads]);
      if (!made.ok()) return made.error();
      cheats_.push_back(std::move(made).value());
      // Registered before anything is timed.
      const Result<prover::Step> step = cheats_.back().agent->step();
      if (!step.ok()) return step.error();
    }
    return {};
  }
  void start() {
    for (unsigned i = 0; i < kAgentThreads; ++i) {
      threads_.emplace_back([this, i] { drive(i); });
    }
  }
  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  const std::vector<Cheat>& cheats() const { return cheats_; }
  Heard& heard() { return heard_; }

 private:
  void drive(unsigned thread) {
    while (!stop_) {
      const std::int64_t now = system_clock().steady_now().ms;
      for (std::size_t i = thread; i < cheats_.size() && !stop_; i += kAgentThreads) {
        Cheat& it = cheats_[i];
        if (now < it.next_ms) continue;
        const Result<prover::Step> step = it.agent->step();
        it.next_ms = system_clock().steady_now().ms + (step.ok() ? step.value().wait_ms : kWaitMs);
        for (const prover::HeardNotice& one : it.journal->notices()) {
          if (one.notice.kind == "slash") heard_.add(one.notice.log_index, one.heard);
        }
      }
      system_clock().sleep(1);
    }
  }

  verifier::Service& service_;
  const std::string folder_;
  std::vector<std::unique_ptr<compute::Engine>> engines_;
  std::vector<Cheat> cheats_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  Heard heard_;
};

// A subscriber on a port of loopback, and the sender of its messages.
class Subscriber {
 public:
  ~Subscriber() { stop(); }

  Status start(const verifier::Context& context) {
    auto server = api::HttpServer::start(
        {"127.0.0.1", 0, true}, {[this](const api::Request& request) { return take(request); },
                                 [](const api::Request&) { return std::size_t{1} << 20; }});
    if (!server.ok()) return server.error();
    server_ = std::move(server).value();
    auto client = api::WebhookClient::make(server_->address().url() + "/",
                                           {.allow_private = true, .ca_file = {}, .resolve = {}});
    if (!client.ok()) return client.error();
    client_ = std::move(client).value();
    auto hooks = verifier::Webhooks::open(
        context, key_,
        [this](const wire::WebhookHeaders& headers, const std::string& body) {
          return client_->post(headers, body);
        },
        std::make_unique<Place>(), 0, [](const std::string&) {});
    if (!hooks.ok()) return hooks.error();
    hooks_ = std::move(hooks).value();
    thread_ = std::thread([this] {
      while (!stop_) {
        if (!hooks_->step()) system_clock().sleep(kHookMs);
      }
    });
    return {};
  }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  Heard& heard() { return heard_; }
  std::uint64_t refused() const { return refused_; }

 private:
  class Place final : public verifier::WebhookPlace {
   public:
    Result<std::optional<std::uint64_t>> load() override { return next_; }
    Status save(std::uint64_t next) override {
      next_ = next;
      return {};
    }

   private:
    std::optional<std::uint64_t> next_;
  };

  api::Response take(const api::Request& request) {
    const UnixMillis now = system_clock().unix_now();
    const auto text = [&](const char* name) {
      const std::string* value = request.header(name);
      return value == nullptr ? std::string() : *value;
    };
    const wire::WebhookHeaders headers{text("webhook-id"), text("webhook-timestamp"),
                                       text("webhook-signature")};
    const Result<wire::Json> body = wire::parse_json(request.body);
    if (!wire::check_webhook(key_.public_key(), headers, request.body, now).ok() || !body.ok()) {
      ++refused_;
      return {.status = 400, .content_type = "text/plain", .headers = {}, .body = {}};
    }
    const wire::Json* type = body.value().find("type");
    const wire::Json* data = body.value().find("data");
    if (type != nullptr && data != nullptr && type->as_string() == "slash.pending") {
      const Result<std::uint64_t> leaf = wire::parse_u64(data->find("id")->as_string());
      if (leaf.ok()) heard_.add(leaf.value(), now);
    }
    return {.status = 204, .content_type = "text/plain", .headers = {}, .body = {}};
  }

  const SigningKey key_ = key_of("webhook");
  Heard heard_;
  std::atomic<std::uint64_t> refused_{0};
  std::unique_ptr<api::HttpServer> server_;
  std::unique_ptr<api::WebhookClient> client_;
  std::unique_ptr<verifier::Webhooks> hooks_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Every slash that the log holds, with the time of its leaf.
Result<std::map<std::uint64_t, UnixMillis>> slashes_of(reputation::Store& store) {
  const auto txn = store.read();
  if (!txn.ok()) return txn.error();
  const reputation::View view(*txn.value());
  const auto head = view.head();
  if (!head.ok()) return head.error();
  std::map<std::uint64_t, UnixMillis> out;
  for (std::uint64_t index = 0; index < head.value().size; ++index) {
    const auto slash = view.slash(index);
    if (!slash.ok()) return slash.error();
    if (!slash.value()) continue;
    const auto leaf = view.log(head.value().size).leaf(index);
    if (!leaf.ok()) return leaf.error();
    out.emplace(index, leaf.value().time);
  }
  return out;
}

Row measured(const char* name, const std::map<std::uint64_t, UnixMillis>& slashes, Heard& heard,
             std::size_t cheats) {
  Row row{.bench = "penalties", .name = name, .peer = "promised", .unit = "ms"};
  const std::scoped_lock lock(heard.mutex);
  std::vector<double> millis;
  for (const auto& [leaf, logged] : slashes) {
    const auto it = heard.at.find(leaf);
    if (it != heard.at.end()) millis.push_back(static_cast<double>(it->second - logged));
  }
  row.correct = slashes.size() == cheats && millis.size() == cheats && heard.at.size() == cheats;
  if (!row.correct) {
    row.note = std::to_string(cheats) + " cheats, " + std::to_string(slashes.size()) +
               " penalties, of which " + std::to_string(millis.size()) + " were heard";
    return row;
  }
  std::sort(millis.begin(), millis.end());
  row.ours = millis[millis.size() * 99 / 100];
  row.theirs = kPromisedMillis;
  char text[120];
  std::snprintf(text, sizeof text,
                "%zu penalties while %u other statements a second came: median %.0f, longest %.0f",
                cheats, kOthersPerSecond, millis[millis.size() / 2], millis.back());
  row.note = text;
  return row;
}

// Orders one job for each cheat at the rate, then waits until both have heard of all penalties.
Status order_jobs(LedgerWorld& world, Crowd& crowd, Subscriber& subscriber) {
  const SigningKey renter = key_of("renter");
  const std::size_t count = crowd.cheats().size();
  for (std::size_t i = 0; i < count; ++i) {
    const wire::Order order = order_for(crowd.cheats()[i], i, renter);
    const auto accepted = world.service().submit(
        wire::Kind::order, wire::seal(renter, wire::statement_text(wire::order_statement(order))));
    if (!accepted.ok()) return accepted.error();
    system_clock().sleep(1000 / kJobsPerSecond);
  }
  for (std::int64_t waited = 0; waited < kWaitMs; waited += kHookMs) {
    if (crowd.heard().count() == count && subscriber.heard().count() == count) break;
    system_clock().sleep(kHookMs);
  }
  return {};
}

}  // namespace

Result<Rows> penalties(const Options& options) {
  Result<Folder> folder = Folder::make(options.folder);
  if (!folder.ok()) return folder.error();
  const std::size_t count = options.quick ? kQuickCheats : kCheats;
  Result<std::unique_ptr<LedgerWorld>> made = LedgerWorld::make(folder.value().path());
  if (!made.ok()) return made.error();
  LedgerWorld& world = *made.value();
  Subscriber subscriber;
  if (Status started = subscriber.start(world.service().context()); !started.ok()) {
    return started.error();
  }
  Crowd crowd(world.service(), folder.value().path() + "/agents");
  if (Status added = crowd.add(count); !added.ok()) return added.error();

  const std::size_t seconds = count / kJobsPerSecond + 5;
  options.say("penalties: " + std::to_string(count) + " cheats under " +
              std::to_string(kOthersPerSecond) + " other statements a second");
  const std::vector<std::string> others = signed_entries(0, kOthersPerSecond * seconds);
  crowd.start();
  Status sent;
  std::thread load([&] {
    sent = send_at_rate(world.service(), others, kOthersPerSecond, kClients,
                        [](std::uint64_t, std::chrono::steady_clock::time_point) {});
  });
  const Status ordered = order_jobs(world, crowd, subscriber);
  load.join();
  crowd.stop();
  subscriber.stop();
  if (!sent.ok()) return sent.error();
  if (!ordered.ok()) return ordered.error();
  const auto slashes = slashes_of(world.store());
  if (!slashes.ok()) return slashes.error();
  Rows rows = {
      measured("until its provider's agent has heard, p99", slashes.value(), crowd.heard(), count),
      measured("until a webhook's receiver has it, p99", slashes.value(), subscriber.heard(),
               count)};
  if (subscriber.refused() > 0) {
    rows.back().correct = false;
    rows.back().note = std::to_string(subscriber.refused()) + " deliveries did not verify";
  }
  return rows;
}

}  // namespace assay::bench
