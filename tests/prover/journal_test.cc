#include "prover/journal.h"

#include <fstream>

#include "core/base/file.h"
#include "prover/offer.h"
#include "tests/catch.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::prover;
using namespace assay::test;

namespace {

const PublicKey kProvider = key_of(1).public_key();
const Digest kJob = sha256(as_bytes("job"));

std::unique_ptr<Journal> opened(const std::string& folder) {
  return std::move(Journal::open(folder, kProvider)).value();
}

PendingAttestation pending(const Journal& journal, const Digest& job) {
  return {job, journal.next(), sha256(job.view()), "the signed bytes"};
}

}  // namespace

TEST_CASE("The journal comes back as it was left") {
  TemporaryFolder folder;
  {
    const auto journal = opened(folder.path());
    CHECK(journal->fresh());
    REQUIRE(journal->begin_job(kJob, "order", "acceptance").ok());
    JobStatus status = journal->jobs().at(kJob);
    CHECK(status.stage == Stage::accepting);
    status.stage = Stage::finished;
    status.accepted = {10};
    status.started = {20};
    status.finished = {30};
    status.backend = "cuda/sm_90";
    REQUIRE(journal->set_status(kJob, status).ok());
    REQUIRE(journal->record_handed({sha256(as_bytes("n")), sha256(as_bytes("r")), 9}, true).ok());
    REQUIRE(journal->record_pending(pending(*journal, kJob)).ok());
  }
  {
    const auto journal = opened(folder.path());
    CHECK_FALSE(journal->fresh());
    CHECK(journal->handed().heartbeat_seq == 9);
    CHECK(journal->handed().nonce == sha256(as_bytes("n")));
    CHECK(journal->handed().reply == sha256(as_bytes("r")));
    CHECK(journal->jobs().at(kJob).stage == Stage::finished);
    CHECK(journal->jobs().at(kJob).started == UnixMillis{20});
    CHECK(journal->jobs().at(kJob).backend == "cuda/sm_90");
    REQUIRE(journal->pending().has_value());
    CHECK(journal->pending()->envelope == "the signed bytes");
    CHECK(journal->pending()->place.seq == 1);
    CHECK(as_text(journal->read(kJob, "acceptance.dsse", 100).value()) == "acceptance");
    REQUIRE(journal->settle_pending(77, {40}).ok());
  }
  const auto journal = opened(folder.path());
  CHECK_FALSE(journal->pending().has_value());
  CHECK(journal->next().seq == 2);
  CHECK(journal->next().prev == sha256(kJob.view()));
  CHECK(journal->jobs().at(kJob).stage == Stage::attested);
  CHECK(journal->jobs().at(kJob).log_index == 77);
}

TEST_CASE("A refusal frees the sequence number; nothing else does") {
  TemporaryFolder folder;
  const auto journal = opened(folder.path());
  REQUIRE(journal->begin_job(kJob, "order", "acceptance").ok());
  REQUIRE(journal->record_pending(pending(*journal, kJob)).ok());
  REQUIRE(journal->release_pending("too late", {5}).ok());
  CHECK(journal->next().seq == 1);
  CHECK_FALSE(journal->pending().has_value());
  CHECK(journal->jobs().at(kJob).stage == Stage::closed);
  CHECK(journal->jobs().at(kJob).detail == "too late");
}

TEST_CASE("Two agents cannot share a folder, nor two keys") {
  TemporaryFolder folder;
  auto first = opened(folder.path());
  const auto second = Journal::open(folder.path(), kProvider);
  REQUIRE(!second.ok());
  CHECK(second.error().code == Code::conflict);
  first.reset();
  CHECK(Journal::open(folder.path(), kProvider).ok());
  const auto other_key = Journal::open(folder.path(), key_of(2).public_key());
  REQUIRE(!other_key.ok());
  CHECK(other_key.error().code == Code::conflict);
}

TEST_CASE("A damaged file stops the agent and is named; a half-made job does not") {
  for (const char* name : {"chain.json", "handed.json", "notices.json"}) {
    TemporaryFolder folder;
    {
      const auto journal = opened(folder.path());
      REQUIRE(journal->record_handed({}, true).ok());
    }
    std::ofstream(folder / name) << "{\"next";
    const auto journal = Journal::open(folder.path(), kProvider);
    REQUIRE(!journal.ok());
    CHECK(journal.error().code == Code::malformed);
    CHECK(journal.error().what.find(name) != std::string::npos);
  }
  TemporaryFolder folder;
  REQUIRE(make_folders(folder / ("jobs/" + kJob.hex())).ok());
  std::ofstream(folder / ("jobs/" + kJob.hex() + "/order.dsse")) << "order";
  CHECK(opened(folder.path())->jobs().empty());
  CHECK_FALSE(std::filesystem::exists(folder / ("jobs/" + kJob.hex())));
}

TEST_CASE("Jobs that ended are forgotten after retention, with their challenges") {
  TemporaryFolder folder;
  const auto journal = opened(folder.path());
  const Digest running = sha256(as_bytes("running"));
  for (const Digest& job : {kJob, running}) REQUIRE(journal->begin_job(job, "o", "a").ok());
  JobStatus status;
  status.stage = Stage::attested;
  status.ended = {1000};
  REQUIRE(journal->set_status(kJob, status).ok());
  wire::Challenge challenge;
  challenge.job = kJob;
  challenge.positions = {1};
  REQUIRE(journal->add_challenge(challenge).ok());
  journal->forget_old({1500}, 500);
  CHECK(journal->jobs().size() == 2);
  journal->forget_old({1501}, 500);
  CHECK(journal->jobs().size() == 1);
  CHECK(journal->jobs().contains(running));
  CHECK(journal->challenges().empty());
  CHECK_FALSE(std::filesystem::exists(folder / ("jobs/" + kJob.hex())));
}

TEST_CASE("Challenges outlive a crash, and the same asking is kept once") {
  TemporaryFolder folder;
  wire::Challenge challenge;
  challenge.job = kJob;
  challenge.positions = {1, 3};
  challenge.rows = {2};
  challenge.deadline = {100};
  {
    const auto journal = opened(folder.path());
    REQUIRE(journal->begin_job(kJob, "o", "a").ok());
    REQUIRE(journal->add_challenge(challenge).ok());
    challenge.deadline = {200};
    REQUIRE(journal->add_challenge(challenge).ok());
    CHECK(journal->challenges().size() == 1);
  }
  const auto journal = opened(folder.path());
  REQUIRE(journal->challenges().size() == 1);
  const auto& [key, kept] = *journal->challenges().begin();
  CHECK(kept.positions == challenge.positions);
  CHECK(kept.rows == challenge.rows);
  CHECK(kept.deadline == UnixMillis{200});
  journal->drop_challenge(Digest(key));
  CHECK(journal->challenges().empty());
}

TEST_CASE("What the verifier has told is kept, and known again when it is said again") {
  TemporaryFolder folder;
  const wire::Notice slash{"slash", "slash 42: wrong-result", 42};
  const wire::Notice warning{"warning", "asking 1 of 3", 7};
  const auto fresh = [](Journal& journal, const wire::Notice& notice) {
    const Result<bool> answer = journal.remember_notice(notice, {1'000});
    REQUIRE(answer.ok());
    return answer.value();
  };
  {
    const auto journal = opened(folder.path());
    CHECK(fresh(*journal, slash));
    CHECK_FALSE(fresh(*journal, slash));
    CHECK_FALSE(fresh(*journal, {"slash", "the same in other words", 42}));
    CHECK(fresh(*journal, {"ruling", "about the same leaf", 42}));
    CHECK(fresh(*journal, warning));
    CHECK_FALSE(fresh(*journal, warning));
    CHECK(fresh(*journal, {"warning", "asking 2 of 3", 7}));
  }
  const auto journal = opened(folder.path());
  REQUIRE(journal->notices().size() == 4);
  CHECK(journal->notices().front().notice.detail == slash.detail);
  CHECK(journal->notices().front().heard == UnixMillis{1'000});
  CHECK_FALSE(fresh(*journal, slash));
  for (std::uint64_t i = 0; i < 2 * kNoticesRemembered; ++i) {
    CHECK(fresh(*journal, {"timeout", "", i}));
  }
  CHECK(journal->notices().size() == kNoticesRemembered);
  CHECK(fresh(*journal, slash));  // long ago
}

TEST_CASE("An offer is taken only if its order is signed, is that job, and is meant for us") {
  const SigningKey renter = key_of(20);
  const wire::Order good = order_for(gemm_spec(1), renter);
  const auto offer_of = [](const wire::Order& order, const SigningKey& signer) {
    const std::string text = wire::statement_text(wire::order_statement(order));
    return wire::Offer{wire::statement_digest(text), wire::seal(signer, text)};
  };
  const auto code = [](const wire::Offer& offer) {
    const auto order = check_offer(offer, kProvider, "cpu");
    return order.ok() ? std::optional<Code>() : order.error().code;
  };
  CHECK(code(offer_of(good, renter)) == std::nullopt);
  CHECK(code(offer_of(good, key_of(21))) == Code::signature);
  wire::Offer renamed = offer_of(good, renter);
  renamed.job = kJob;
  CHECK(code(renamed) == Code::unbound);
  CHECK(code({kJob, "not an envelope"}) == Code::malformed);
  wire::Order named = good;
  named.provider = kProvider;
  CHECK(code(offer_of(named, renter)) == std::nullopt);
  named.provider = key_of(2).public_key();
  CHECK(code(offer_of(named, renter)) == Code::unbound);
  wire::Order classed = good;
  classed.device_class = "h100-sxm";
  CHECK(code(offer_of(classed, renter)) == Code::unbound);
}
