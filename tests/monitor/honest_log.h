// A log as an honest verifier, two providers and a renter write it, and the same log as anybody can
// fetch it: signed heads and tiles over raw leaves, which tests bend. Everything is signed for
// real; nothing is computed or replayed but jobs that are disputed. Seeded. One thread.
#pragma once

#include <deque>
#include <set>

#include "core/wire/trust.h"
#include "tests/monitor/dispute_game.h"
#include "tests/service/ledger_scene.h"
#include "verifier/monitor/plans.h"

namespace assay::test {

// The public face of a log: what it signed and serves, whatever its leaves are.
struct PublicLog {
  PublicLog();

  SigningKey log_key;
  std::vector<SigningKey> witnesses;
  std::vector<Bytes> leaves;

  wire::Checkpoint head(std::uint64_t size) const;
  // Signed by the log and by so many witnesses, with a line by a key that nobody knows.
  std::string note(std::uint64_t size, unsigned cosignatures = 2,
                   UnixMillis seen = UnixMillis{1'780'000'000'000}) const;
  Result<Bytes> tile(const wire::TilePath& path, std::uint64_t size) const;

  // Two of three witnesses, or none.
  wire::Trust trust(const LedgerScene& scene, bool quorum) const;

 private:
  const Tree& tree() const;
  mutable Tree tree_;                  // over the leaves below tree_.size(), as they were
  mutable std::vector<Bytes> hashed_;  // those leaves
};

wire::Policy watched_policy(std::uint64_t seed);

// The leaf that a key's statement is, whether or not any rule would take it.
Bytes leaf_by(const SigningKey& key, const wire::Statement& statement, UnixMillis time);

// A dispute in the log, which is played out move by move, or until a side falls silent.
struct OpenDispute {
  std::uint64_t index = 0;
  std::uint64_t attestation = 0;
  Digest statement;
  DisputeGame game;
  std::size_t moves = 0;   // made
  std::size_t silent = 0;  // whose turn it is after so many moves makes no more of them
  UnixMillis moved;

  bool decided() const { return moves == game.moves.size(); }
  bool lapses() const { return moves == silent && !decided(); }
  bool provider_turn() const { return moves % 2 == 0; }
};

// A slash, and the attestation that it is about.
struct Slashed {
  std::uint64_t attestation = 0;
  std::uint64_t slash = 0;
};

class HonestLog {
 public:
  explicit HonestLog(std::uint64_t seed);

  // Something happens: one leaf or some. What is due is done in time.
  void step();
  void steps(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) step();
  }

  // The parts of a step, for tests that leave some out.
  std::uint64_t attest(const SigningKey& provider);  // an order, its acceptance, its attestation
  // The same of a job that is run, and a dispute about it, silent after so many moves.
  OpenDispute& dispute(const SigningKey& provider, bool provider_lied, std::size_t silent = 99);
  void move(OpenDispute& dispute);
  void play_out(OpenDispute& dispute);  // to its conviction, or until it lapses
  void end(OpenDispute& dispute);       // as it must, and the slash
  void end_disputes();
  const SigningKey& add_silent();  // a provider that opens nothing by itself
  const SigningKey& add_cheat();   // one whose results are wrong
  bool draw();                     // over all that may be; false: nothing to
  void open(std::uint64_t attestation);
  void judge(std::uint64_t attestation, wire::Outcome outcome);  // verdict, summary, slash
  void withhold(std::uint64_t attestation);  // asked to the end: verdict and slash
  // Somebody new is slashed: for what its audit found, for withholding, for a lost dispute.
  Slashed slash_cheat();
  Slashed slash_silent();
  Slashed slash_liar();
  void appeal(const Slashed& slashed);
  // The ruling that what is found comes to, and what that leads to.
  void rule(const Slashed& slashed, wire::Outcome found);
  void reverse(const Slashed& slashed, const char* cause);
  void end_appeals();
  // A stranger pays for another audit of it; a provider takes some of its bond back; the worker
  // that some verdicts rest on is suspended, what it said from a leaf on void, and enabled again.
  void challenge(std::uint64_t attestation);
  std::uint64_t unbond(const SigningKey& provider);
  void suspend_worker(std::uint64_t void_from);
  void enable_worker();
  std::uint64_t last_said_of_worker() const;
  bool may_be_challenged(std::uint64_t attestation);
  void close_period();  // the snapshot, if one is due
  void pass(std::int64_t ms) { scene.now = scene.now + ms; }
  void say(const SigningKey& key, const wire::Statement& statement);  // must be taken

  // Statements that are right in every field.
  wire::Spotcheck spotcheck(std::uint64_t attestation);
  wire::Verdict verdict(std::uint64_t attestation, wire::Outcome outcome);
  wire::Slash withheld_slash(std::uint64_t attestation);
  std::optional<wire::Draw> next_draw();
  wire::Ruling ruling(const Slashed& slashed, wire::Outcome found);
  wire::DisputeEnd end_of(const OpenDispute& dispute);

  LedgerScene scene;
  PublicLog log;  // its leaves are the scene's
  SigningKey worker;
  bool worker_enabled = false;
  SeededRandom random;
  std::vector<std::uint64_t> due;     // attestations to be opened
  std::vector<std::uint64_t> opened;  // and those to be judged
  std::deque<OpenDispute> disputes;   // that go on
  std::vector<Slashed> slashed;       // not appealed yet
  std::vector<Slashed> appealed;      // not decided yet
  std::map<Digest, Bytes> blobs;      // what moves name, and the traces they are about

 private:
  verifier::Scope scope(std::uint64_t attestation);
  const SigningKey& provider_of(std::uint64_t attestation);
  void try_stranger();
  bool chance(std::uint32_t percent) { return random.below(100) < percent; }
  void copy_leaves();
  void do_what_is_due();
  void try_audits_again();
  void take_up(const std::vector<std::uint64_t>& attestations);
  void go_on_with_disputes();
  void go_on_with_appeals();
  std::string heartbeat_of(const SigningKey& provider) const;
  Digest accepted_order(const SigningKey& provider, wire::WorkloadSpec& spec);
  void deliver_late();

  verifier::monitor::Plans plans_;
  // Those who are not honest. Providers of one job each, as two proven faults are the end of a key.
  std::map<PublicKey, SigningKey> cheats_;   // whose results are wrong
  std::map<PublicKey, SigningKey> silents_;  // who open nothing, or late
  std::set<std::uint64_t> acquitted_;        // attestations that a ruling found right
  std::vector<Slashed> withheld_;            // likewise; what is delivered in time takes it back
  std::uint64_t uptime_window_ = 0;
  std::uint64_t payments_ = 0;
};

}  // namespace assay::test
