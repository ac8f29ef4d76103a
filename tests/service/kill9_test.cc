// The kill -9 loop. A child process runs the whole service on a real store, with eight clients, a
// provider at work, and one that attests in batches; every answer it gives is told to the parent
// after it was given. The parent kills it at a random moment, opens what is left on the disk, and
// holds it to its promises:
//
//   what was acknowledged is in the log, under the number that was told
//   the log has no gap, its root is that of its leaves, every seal holds
//   a ledger rebuilt from the leaves alone is equal byte for byte
//   no head was signed of a log longer than the one on the disk
//
// kill9_test [--seconds N] [--seed N]; prints one line of figures; exits 1 when anything was lost.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>

#include "core/wire/dsse.h"
#include "core/wire/events.h"
#include "prover/agent.h"
#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/memory_store.h"
#include "tests/service/by_hand.h"
#include "tests/temporary_folder.h"
#include "verifier/service/service.h"

namespace assay::test {
namespace {

constexpr unsigned kClients = 8;
constexpr std::uint64_t kLeavesMax = 6'000;  // then a new store: rebuilding a log takes its time
constexpr std::uint64_t kLifeMaxMs = 700;
constexpr std::uint64_t kStartMaxMs = 20'000;
constexpr const char* kOrigin = "kill9.example/assay";

// What the child tells: small enough that a pipe takes it whole or not at all.
struct Told {
  Digest statement;  // zeros: the service is up
  std::uint64_t log_index = 0;
};
static_assert(std::is_trivially_copyable_v<Told> && sizeof(Told) <= 512);

SigningKey key_of(const std::string& text) {
  return SigningKey::from_seed(sha256(as_bytes("kill9 " + text)).view()).value();
}

reputation::Roles roles() {
  return {kOrigin, key_of("verifier").public_key(), key_of("vrf").public_key()};
}

wire::Policy policy() {
  wire::Policy policy = wire::demo_policy();
  policy.open_jobs_max = 1'000'000;
  return policy;
}

// A service checks its pages while it is at work; after it, all of them are checked before anything
// else.
Result<std::unique_ptr<reputation::Store>> open_store(const std::string& folder,
                                                      bool check_in_background = false) {
  return reputation::open_lmdb_store({.folder = folder + "/store",
                                      .tables = reputation::tables::names(),
                                      .map_bytes = std::uint64_t{4} << 30,
                                      .disk_limit_percent = 99,
                                      .check_in_background = check_in_background});
}

// ---- the child ----

void tell(int fd, const Told& told) {
  if (::write(fd, &told, sizeof told) != sizeof told) ::_exit(3);
}

[[noreturn]] void give_up(const char* what, const Error& error) {
  std::fprintf(stderr, "child: %s: %s\n", what, error.what.c_str());
  ::_exit(2);
}

wire::Order order_by(const PublicKey& renter, const std::string& name) {
  wire::Order order;
  order.spec.workload = "gemm";
  order.spec.parameters =
      wire::Json::object({{"rows", 16}, {"cols", 64}, {"steps", 2}, {"weights", "philox"}});
  order.spec.nonce = sha256(as_bytes(name));
  order.device_class = "cpu";
  order.price_micros = 1'000'000;
  order.deadline_ms = 60'000;
  order.renter = renter;
  order.renter_secret_commitment = sha256(sha256(as_bytes("secret " + name)).view());
  return order;
}

// Registrations, orders, secrets revealed and orders cancelled, as fast as the service answers.
[[noreturn]] void be_client(verifier::Service& service, int fd, const std::string& who) {
  const SigningKey renter = key_of("renter " + who);
  const auto say = [&](const SigningKey& key, const wire::Statement& statement) {
    Result<api::Accepted> answer =
        service.submit(statement.kind, wire::seal(key, wire::statement_text(statement)));
    if (!answer.ok()) give_up("a client was refused", answer.error());
    tell(fd, {answer.value().statement, answer.value().log_index});
    return answer.value().statement;
  };
  for (std::uint64_t n = 0;; ++n) {
    const std::string name = who + " " + std::to_string(n);
    const SigningKey provider = key_of("provider " + name);
    wire::Registration registration;
    registration.provider = provider.public_key();
    registration.name = "p";
    registration.device_class = "none";
    say(provider, wire::registration_statement(registration));
    const Digest job = say(renter, wire::order_statement(order_by(renter.public_key(), name)));
    say(renter, wire::reveal_statement({job, sha256(as_bytes("secret " + name))}));
    // Most are not wanted any more, so that the open ones stay few enough for one provider.
    if (n % 4 != 0) {
      Result<api::Accepted> answer =
          service.submit(wire::Kind::cancel,
                         wire::seal(renter, wire::statement_text(wire::cancel_statement({job}))));
      if (answer.ok()) tell(fd, {answer.value().statement, answer.value().log_index});
    }
  }
}

[[noreturn]] void be_provider(verifier::Service& service, const std::string& folder) {
  SigningKey key = key_of("worker");
  compute::Engine engine(compute::best_cpu_level(), 1);
  Result<std::unique_ptr<prover::Journal>> journal =
      prover::Journal::open(folder + "/worker", key.public_key());
  if (!journal.ok()) give_up("journal", journal.error());
  prover::AgentOptions options;
  options.profile.name = "worker";
  options.profile.device_class = "cpu";
  options.background_jobs = false;
  prover::Agent agent({service, system_clock(), system_random()}, std::move(key), engine,
                      *journal.value(), std::move(options));
  while (true) {
    Result<prover::Step> step = agent.step();
    if (!step.ok()) give_up("agent", step.error());
    system_clock().sleep(std::min<std::int64_t>(step.value().wait_ms, 50));
  }
}

// A provider after the other, each with three jobs that it attests at once.
[[noreturn]] void be_batcher(verifier::Service& service, int fd, unsigned life) {
  const SigningKey renter = key_of("renter of batches");
  for (std::uint64_t n = 0;; ++n) {
    const std::string name = "batch " + std::to_string(life) + "." + std::to_string(n);
    ByHand provider(service, key_of(name));
    if (const auto known = provider.register_as("b"); !known.ok())
      give_up(name.c_str(), known.error());
    std::vector<std::string> envelopes;
    prover::ChainPlace place;
    for (int i = 0; i < 3; ++i) {
      const wire::Order order = order_by(renter.public_key(), name + "." + std::to_string(i));
      const Result<Digest> job = provider.take(order, renter);
      if (!job.ok()) give_up(name.c_str(), job.error());
      const Result<wire::Attestation> claim = provider.work(job.value(), order, place);
      if (!claim.ok()) give_up(name.c_str(), claim.error());
      envelopes.push_back(provider.seal(claim.value()));
      place = {place.seq + 1, digest_of(claim.value())};
    }
    const auto answers = service.submit_attestations(envelopes);
    if (!answers.ok()) give_up(name.c_str(), answers.error());
    for (const Result<api::Accepted>& answer : answers.value()) {
      if (!answer.ok()) give_up(name.c_str(), answer.error());
      tell(fd, {answer.value().statement, answer.value().log_index});
    }
  }
}

[[noreturn]] void be_service(const std::string& folder, int fd, unsigned life) {
  Result<std::unique_ptr<reputation::Store>> store = open_store(folder, true);
  if (!store.ok()) give_up("store", store.error());
  Result<std::unique_ptr<verifier::Blobs>> blobs =
      verifier::open_file_blobs(folder + "/blobs", std::uint64_t{1} << 32);
  if (!blobs.ok()) give_up("blobs", blobs.error());
  std::unique_ptr<verifier::HeadKeeper> heads = verifier::make_file_head_keeper(folder + "/head");
  Result<std::unique_ptr<verifier::Service>> service = verifier::Service::start(
      {*store.value(), *blobs.value(), *heads, system_clock(), system_random()},
      {key_of("verifier"), key_of("vrf"), key_of("log")}, kOrigin, wire::policy_text(policy()), {});
  if (!service.ok()) give_up("service", service.error());
  tell(fd, {});
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      be_client(*service.value(), fd, std::to_string(life) + "." + std::to_string(i));
    });
  }
  threads.emplace_back([&] { be_batcher(*service.value(), fd, life); });
  be_provider(*service.value(), folder);
}

// ---- the parent ----

struct Figures {
  std::uint64_t kills = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t lost = 0;
  std::uint64_t leaves = 0;
  std::uint64_t attestations = 0;
  std::uint64_t verdicts = 0;
};

// One life of the service: from fork to kill. Adds what it acknowledged.
//   internal     the child ended by itself
Status live_and_die(const std::string& folder, unsigned life, Random& random,
                    std::vector<Told>& told) {
  int ends[2];
  if (::pipe(ends) != 0) return fail(Code::internal, "pipe() failed");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return fail(Code::internal, "fork() failed");
  if (child == 0) {
    ::close(ends[0]);
    be_service(folder, ends[1], life);
  }
  ::close(ends[1]);
  // Now and then it does not even finish starting.
  const bool while_starting = random.below(8) == 0;
  SteadyMillis end = system_clock().steady_now() +
                     static_cast<std::int64_t>(while_starting ? random.below(50) : kStartMaxMs);
  bool killed = false;
  bool up = false;
  while (true) {
    const std::int64_t left = end - system_clock().steady_now();
    if (left <= 0 && !killed) {
      ::kill(child, SIGKILL);
      killed = true;
    }
    pollfd waiting{ends[0], POLLIN, 0};
    (void)::poll(&waiting, 1, killed ? -1 : static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (waiting.revents == 0) continue;
    Told one;
    if (::read(ends[0], &one, sizeof one) != sizeof one) break;
    if (one.statement != Digest{}) {
      told.push_back(one);
    } else if (!while_starting) {
      up = true;
      end = system_clock().steady_now() + static_cast<std::int64_t>(random.below(kLifeMaxMs));
    }
  }
  ::close(ends[0]);
  int state = 0;
  ::waitpid(child, &state, 0);
  if (!WIFSIGNALED(state) || WTERMSIG(state) != SIGKILL) {
    return fail(Code::internal, "the service ended by itself");
  }
  if (!up && !while_starting) return fail(Code::internal, "the service did not start in time");
  return {};
}

Status check_kept_head(const std::string& folder, const reputation::Head& stored) {
  Result<std::optional<std::string>> kept =
      verifier::make_file_head_keeper(folder + "/head")->load();
  if (!kept.ok()) return kept.error();
  if (!kept.value()) return {};
  Result<wire::Note> note = wire::parse_note(*kept.value());
  if (!note.ok()) return note.error();
  Result<wire::Checkpoint> head = wire::parse_checkpoint(note.value().text);
  if (!head.ok()) return head.error();
  if (head.value().size > stored.size) {
    return fail(Code::stale, "a head of " + std::to_string(head.value().size) +
                                 " leaves was signed; the store has " +
                                 std::to_string(stored.size));
  }
  return {};
}

// Holds the store to its promises. Counts what is lost; anything else that is wrong is an error.
Status check_remains(const std::string& folder, const std::vector<Told>& told, Figures& figures,
                     std::uint64_t& leaves) {
  Result<std::unique_ptr<reputation::Store>> store = open_store(folder);
  if (!store.ok()) return store.error();
  Result<std::unique_ptr<reputation::ReadTxn>> txn = store.value()->read();
  if (!txn.ok()) return txn.error();
  if (auto seals = reputation::verify_all(*txn.value()); !seals.ok()) return seals.error();
  if (Status log = reputation::check_log(*txn.value()); !log.ok()) return log;
  const reputation::View view(*txn.value());
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return head.error();
  leaves = head.value().size;
  if (Status kept = check_kept_head(folder, head.value()); !kept.ok()) return kept;
  Result<std::uint64_t> stored = txn.value()->count(reputation::tables::kLeaves);
  if (!stored.ok()) return stored.error();
  if (stored.value() != leaves) return fail(Code::proof, "there are leaves beyond the head");
  for (const Told& one : told) {
    Result<wire::LogLeaf> leaf = view.log(leaves).leaf(one.log_index);
    if (!leaf.ok() || leaf.value().pae_digest != one.statement) {
      std::printf("lost: leaf %llu, statement %s\n", static_cast<unsigned long long>(one.log_index),
                  one.statement.hex().c_str());
      ++figures.lost;
    }
  }
  std::unique_ptr<reputation::Store> rebuilt =
      reputation::make_memory_store(reputation::tables::names());
  if (Status folded = reputation::refold(*txn.value(), roles(), *rebuilt); !folded.ok()) {
    return folded;
  }
  Result<std::unique_ptr<reputation::ReadTxn>> other = rebuilt->read();
  if (!other.ok()) return other.error();
  if (leaves > 0) {
    const Status equal =
        reputation::compare_tables(*txn.value(), *other.value(), reputation::tables::kAll);
    if (!equal.ok()) return equal;
  }
  figures.attestations = std::max(figures.attestations, head.value().attestations);
  figures.verdicts = std::max(figures.verdicts, head.value().verdicts);
  return {};
}

Status loop(std::int64_t seconds, std::uint64_t seed, Figures& figures) {
  SeededRandom random(seed);
  const SteadyMillis end = system_clock().steady_now() + seconds * 1000;
  unsigned life = 0;
  while (system_clock().steady_now() < end) {
    const TemporaryFolder folder;
    std::vector<Told> told;
    std::uint64_t leaves = 0;
    while (leaves < kLeavesMax && system_clock().steady_now() < end) {
      const std::size_t before = told.size();
      if (Status died = live_and_die(folder.path(), life++, random, told); !died.ok()) return died;
      ++figures.kills;
      figures.acknowledged += told.size() - before;
      if (Status sound = check_remains(folder.path(), told, figures, leaves); !sound.ok()) {
        return sound.error().in("after kill " + std::to_string(figures.kills));
      }
    }
    figures.leaves += leaves;
  }
  return {};
}

bool read_number(const char* text, std::uint64_t& number) {
  const char* end = text + std::strlen(text);
  return std::from_chars(text, end, number).ptr == end && end != text;
}

int run(int argc, char** argv) {
  std::uint64_t seconds = 60;
  std::uint64_t seed = system_random().u64();
  for (int i = 1; i + 1 < argc; i += 2) {
    std::uint64_t& number = std::string_view(argv[i]) == "--seed" ? seed : seconds;
    if (!read_number(argv[i + 1], number)) return static_cast<int>(Code::usage);
  }
  Figures figures;
  const Status looped = loop(static_cast<std::int64_t>(seconds), seed, figures);
  std::printf(
      "kill -9: %llu kills, %llu acknowledged, %llu lost; %llu leaves, in one store up to %llu "
      "attestations and %llu verdicts (seed %llu)\n",
      static_cast<unsigned long long>(figures.kills),
      static_cast<unsigned long long>(figures.acknowledged),
      static_cast<unsigned long long>(figures.lost),
      static_cast<unsigned long long>(figures.leaves),
      static_cast<unsigned long long>(figures.attestations),
      static_cast<unsigned long long>(figures.verdicts), static_cast<unsigned long long>(seed));
  if (!looped.ok())
    std::printf("%s: %s\n", code_name(looped.error().code), looped.error().what.c_str());
  const bool worked = figures.kills > 0 && figures.acknowledged > 0 && figures.verdicts > 0;
  return looped.ok() && figures.lost == 0 && worked ? 0 : 1;
}

}  // namespace
}  // namespace assay::test

int main(int argc, char** argv) {
  return assay::test::run(argc, argv);
}
