// Attestations that come together: each is answered as if it had come alone after the one before
// it, what is new and sound is one commit, and what follows from each does follow.
#include "core/wire/dsse.h"
#include "tests/catch.h"
#include "tests/service/by_hand.h"
#include "tests/service/flaky.h"
#include "tests/sim/world.h"

namespace assay::test {
namespace {

using Answers = std::vector<Result<api::Accepted>>;

SigningKey key_named(const std::string& name) {
  return SigningKey::from_seed(sha256(as_bytes("batch " + name)).view()).value();
}

// A provider with so many jobs done, and its claims in their order: nothing of them is sent.
struct Chain {
  Chain(World& world, const std::string& name, std::size_t jobs)
      : provider(world.port(), key_named(name)) {
    REQUIRE(provider.register_as(name).ok());
    prover::ChainPlace place;
    for (std::size_t i = 0; i < jobs; ++i) {
      const wire::Order order = world.gemm_order();
      const Result<Digest> job = provider.take(order, world.renter());
      REQUIRE(job.ok());
      const Result<wire::Attestation> claim = provider.work(job.value(), order, place);
      REQUIRE(claim.ok());
      claims.push_back(claim.value());
      place = {place.seq + 1, digest_of(claims.back())};
    }
  }

  std::string sealed(std::size_t i) const { return provider.seal(claims.at(i)); }
  // As a different word about the same job.
  std::string other(std::size_t i) const {
    wire::Attestation claim = claims.at(i);
    claim.backend = "cpu/another";
    return provider.seal(claim);
  }
  // As one that no other place of the chain would do for.
  std::string out_of_place(std::size_t i) const {
    wire::Attestation claim = claims.at(i);
    claim.seq += 7;
    return provider.seal(claim);
  }
  // As one whose trace was never PUT.
  std::string without_trace(std::size_t i) const {
    wire::Attestation claim = claims.at(i);
    claim.trace_blob = sha256(as_bytes("nowhere"));
    return provider.seal(claim);
  }

  ByHand provider;
  std::vector<wire::Attestation> claims;
};

std::string bent_signature(std::string envelope) {
  const std::size_t at = envelope.rfind("\"sig\":\"") + 7;
  envelope[at] = envelope[at] == 'A' ? 'B' : 'A';
  return envelope;
}

// "taken", "known", or the code of the refusal.
std::string word(const Result<api::Accepted>& answer) {
  if (!answer.ok()) return code_name(answer.error().code);
  return answer.value().already_known ? "known" : "taken";
}

std::vector<std::string> words(const Answers& answers) {
  std::vector<std::string> out;
  for (const auto& answer : answers) out.push_back(word(answer));
  return out;
}

Answers one_by_one(api::Port& port, const std::vector<std::string>& envelopes) {
  Answers answers;
  for (const std::string& envelope : envelopes) {
    answers.push_back(port.submit(wire::Kind::attestation, envelope));
  }
  return answers;
}

std::uint64_t commits(const World& world) {
  return world.service->context().writer.state().commits;
}

TEST_CASE("sound attestations are one commit, whatever stands between them") {
  World world;
  Chain alice(world, "alice", 4);
  Chain bob(world, "bob", 1);
  REQUIRE(world.port().submit(wire::Kind::attestation, alice.sealed(0)).ok());
  const std::uint64_t before = commits(world);
  const std::uint64_t size = world.service->context().writer.checkpoint().size;
  const std::vector<std::string> envelopes = {
      alice.sealed(0),
      "{}",
      alice.sealed(1),
      bent_signature(bob.sealed(0)),
      bob.sealed(0),
      alice.out_of_place(2),
      "",
      alice.without_trace(3),
  };
  const Answers answers = world.service->submit_attestations(envelopes).value();
  CHECK(words(answers) == std::vector<std::string>{"known", "malformed", "taken", "signature",
                                                   "taken", "conflict", "malformed",
                                                   "no_evidence"});
  CHECK(commits(world) == before + 1);
  CHECK(answers[2].value().log_index == size);
  CHECK(answers[2].value().statement == digest_of(alice.claims[1]));
  CHECK(answers[4].value().log_index == size + 1);
  CHECK(world.service->context().writer.checkpoint().size == size + 2);
  // What follows in memory follows for each.
  CHECK(world.job_status(alice.claims[1].job) == "attested");
  CHECK(world.job_status(bob.claims[0].job) == "attested");
  CHECK(world.job_status(alice.claims[2].job) == "accepted");

  const std::vector<std::string> rest = {alice.sealed(2), alice.sealed(3), alice.sealed(3),
                                         alice.sealed(1)};
  CHECK(words(world.service->submit_attestations(rest).value()) ==
        std::vector<std::string>{"taken", "taken", "known", "known"});
  CHECK(commits(world) == before + 2);
  CHECK(world.check_everything().ok());
}

TEST_CASE("none and too many are refused whole") {
  World world;
  CHECK(world.service->submit_attestations({}).error().code == Code::malformed);
  const std::vector<std::string> many(api::kBatchMax + 1, "{}");
  CHECK(world.service->submit_attestations(many).error().code == Code::malformed);
  const std::vector<std::string> enough(api::kBatchMax, "{}");
  CHECK(world.service->submit_attestations(enough).value().size() == api::kBatchMax);
}

TEST_CASE("two words about one job in one batch are equivocation, and slashed as such") {
  World world;
  Chain alice(world, "alice", 3);
  const std::vector<std::string> envelopes = {alice.sealed(0), alice.other(0), alice.sealed(1),
                                              alice.other(0)};
  const Answers answers = world.service->submit_attestations(envelopes).value();
  CHECK(words(answers) ==
        std::vector<std::string>{"taken", "equivocation", "taken", "equivocation"});
  const wire::Json slashes = world.port().slashes({}).value();
  REQUIRE(slashes.find("slashes")->items().size() == 1);
  const wire::Json& slash = slashes.find("slashes")->items()[0];
  CHECK(slash.find("fault")->as_string() == "equivocation");
  CHECK(slash.find("attestation_index")->as_u64() == answers[0].value().log_index);
  const std::string id = slash.find("id")->as_string();
  CHECK(world.port().evidence(id).ok());
  // The rest of the chain is judged as ever.
  CHECK(world.port().submit(wire::Kind::attestation, alice.sealed(2)).ok());
  CHECK(world.check_everything().ok());
}

TEST_CASE("a second word is held to everything when the first was refused") {
  World world;
  Chain alice(world, "alice", 1);
  // The first passes what can be seen of it alone and fails in the log.
  CHECK(words(world.service
                  ->submit_attestations(
                      std::vector<std::string>{alice.out_of_place(0), alice.without_trace(0),
                                               alice.sealed(0), alice.without_trace(0)})
                  .value()) ==
        std::vector<std::string>{"conflict", "no_evidence", "taken", "equivocation"});
  CHECK(world.check_everything().ok());
}

// Any mixture of these, in any order, is answered as it is one by one in a world that is the same.
TEST_CASE("a batch is answered as its envelopes are one by one") {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    World together;
    World apart;
    Chain first(together, "alice", 3);
    Chain second(together, "bob", 2);
    const Chain twin_of_first(apart, "alice", 3);
    const Chain twin_of_second(apart, "bob", 2);
    REQUIRE(first.claims[2].job == twin_of_first.claims[2].job);
    SeededRandom random(seed);
    std::vector<std::string> envelopes;
    for (int i = 0; i < 12; ++i) {
      const Chain& chain = random.below(3) == 0 ? second : first;
      const std::size_t at = static_cast<std::size_t>(random.below(chain.claims.size()));
      switch (random.below(8)) {
        case 0: envelopes.push_back(chain.other(at)); break;
        case 1: envelopes.push_back(chain.out_of_place(at)); break;
        case 2: envelopes.push_back(chain.without_trace(at)); break;
        case 3: envelopes.push_back(bent_signature(chain.sealed(at))); break;
        default: envelopes.push_back(chain.sealed(at)); break;
      }
    }
    INFO("seed " << seed);
    const Answers batch = together.service->submit_attestations(envelopes).value();
    const Answers single = one_by_one(apart.port(), envelopes);
    CHECK(words(batch) == words(single));
    for (std::size_t i = 0; i < envelopes.size(); ++i) {
      ++seen[word(batch[i])];
      if (!batch[i].ok()) {
        CHECK(batch[i].error().code == single[i].error().code);
      } else {
        CHECK(batch[i].value().statement == single[i].value().statement);
      }
    }
    const auto slashes_in = [](World& world) {
      return world.port().slashes({}).value().find("slashes")->items().size();
    };
    CHECK(slashes_in(together) == slashes_in(apart));
    CHECK(together.check_everything().ok());
  }
  for (const char* each :
       {"taken", "known", "equivocation", "conflict", "no_evidence", "signature"}) {
    INFO(each);
    CHECK(seen[each] > 0);
  }
}

TEST_CASE("a commit that fails acknowledges nothing of it, and the rest is sent again") {
  using Words = std::vector<std::string>;
  const struct {
    const char* name;
    std::uint64_t failing;  // which commit of the batch
    bool works;             // and is found on the disk afterwards
    Words first, again;
  } rows[] = {
      {"the first one",
       1,
       false,
       {"storage", "malformed", "storage", "storage"},
       {"taken", "malformed", "equivocation", "taken"}},
      {"the first one, too late",
       1,
       true,
       {"storage", "malformed", "storage", "storage"},
       {"known", "malformed", "equivocation", "taken"}},
      {"the second one",
       2,
       false,
       {"taken", "malformed", "storage", "storage"},
       {"known", "malformed", "equivocation", "taken"}},
      {"the second one, too late",
       2,
       true,
       {"taken", "malformed", "storage", "storage"},
       {"known", "malformed", "equivocation", "known"}},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    Trouble trouble;
    const Disk disk = make_disk();
    World world({.seed = 1, .start_service = false});
    const auto boot = [&] {
      world.stop_service();
      world.store = open_disk(disk, trouble);
      world.restart_service();
    };
    boot();
    const Chain alice(world, "alice", 2);
    const std::vector<std::string> envelopes = {alice.sealed(0), "{}", alice.other(0),
                                                alice.sealed(1)};
    trouble.fail_commit_at = trouble.commits + row.failing;
    trouble.commit_works = row.works;
    CHECK(words(world.service->submit_attestations(envelopes).value()) == row.first);
    CHECK(world.service->failed());
    boot();
    CHECK(words(world.service->submit_attestations(envelopes).value()) == row.again);
    CHECK(world.check_everything().ok());
    world.stop_service();
  }
}

}  // namespace
}  // namespace assay::test
