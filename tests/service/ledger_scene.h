// A ledger in memory and everybody who speaks to it: the verifier, a renter and two providers. What
// they say is signed for real; nothing is computed or replayed. For tests of what the log takes.
// One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/wire/appeal.h"
#include "core/wire/attestation.h"
#include "core/wire/events.h"
#include "reputation/ledger/snapshots.h"

namespace assay::test {

// Order by order, each holds what the one before does.
enum class Stage { empty, policy, registered, ordered, accepted, attested, drawn, opened };

class LedgerScene {
 public:
  explicit LedgerScene(wire::Policy policy, Stage until = Stage::registered);

  SigningKey verifier, vrf, renter, alice, bob, stranger;
  const wire::Policy policy;
  std::unique_ptr<reputation::Store> store;
  reputation::Ledger ledger;
  UnixMillis now{1'780'000'000'000};

  // The one job of the stages from `ordered` on, which alice does.
  Digest job;
  std::uint64_t acceptance_index = 0;
  std::uint64_t attestation_index = 0;

  // Statements, right in every field; tests bend them.
  wire::Registration registration(const SigningKey& provider) const;
  wire::Order order();  // another nonce each time
  wire::Acceptance acceptance(const Digest& job) const;
  wire::Attestation attestation(const Digest& job, const SigningKey& provider);
  wire::Draw draw();
  wire::Spotcheck spotcheck(std::uint64_t attestation);
  wire::Verdict verdict(std::uint64_t attestation, wire::Outcome outcome);
  wire::Summary summary(const wire::Verdict& verdict);
  wire::Slash slash(std::uint64_t attestation, wire::Fault fault);
  wire::Statement appeal(std::uint64_t slash);
  // Of an appeal that is drawn over: decided by what all replays, or the signatures, find.
  wire::Ruling ruling(std::uint64_t slash, wire::Outcome found);
  wire::Statement ruling_statement(const wire::Ruling& ruling);
  wire::Statement reversal(std::uint64_t slash, const char* cause);
  wire::Timeout timeout() const;
  wire::Uptime uptime() const;  // of the window before this one

  Result<reputation::Appended> say(const SigningKey& key, const wire::Statement& statement);
  // From now on every snapshot that is due comes before what is said.
  void sign_snapshots();
  // The one that would be due now, as the ledger has it, whether or not anybody signs it.
  std::optional<reputation::MadeSnapshot> due_snapshot();
  // The same, and it must be taken. Returns its leaf.
  std::uint64_t log(const SigningKey& key, const wire::Statement& statement);

  // Logs an order, by one of eight renters in turn: one alone could not lift anybody's score far.
  Digest order_one();

  // So many jobs of alice's from order to verdict, all drawn at once. Returns the attestations.
  std::vector<std::uint64_t> jobs(std::size_t count, wire::Outcome outcome);

  reputation::Head head();
  reputation::AttestationState attestation_row(std::uint64_t index);
  reputation::JobState job_row(const Digest& id);
  reputation::ProviderState provider_row(const SigningKey& key);
  reputation::SlashState slash_row(std::uint64_t index);
  reputation::StakeState stake_row(const SigningKey& key);
  reputation::ClassScore score(const SigningKey& key);  // of its only class, now

  // The log's root, every score from its events, and a ledger rebuilt from the leaves.
  Status check();

 private:
  std::uint64_t orders_ = 0;
  std::uint64_t payers_ = 0;
};

inline constexpr const char* kSceneOrigin = "scene.example/assay";
Digest scene_secret();  // what the renter commits to in every order

}  // namespace assay::test
