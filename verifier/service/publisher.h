// What the world is shown of the log: the newest checkpoint that has its quorum of witnesses.
// Fails closed: without its quorum nothing is published as witnessed. What was published stays
// while newer checkpoints gather signatures, and statements are taken in all the time: an
// acknowledgement means that a statement is on the disk under a checkpoint that this log has
// signed, not yet that witnesses have seen it. Receipts and evidence are made of what is published.
//
// Checkpoints gather cosignatures in rounds. A round asks every witness for one checkpoint, the
// newest at its beginning; each witness at its own pace, so that a slow or dead one delays nobody
// else. When the quorum is there the checkpoint is published, and the next round begins once there
// is a newer one, or after `republish_ms`, so that the witnesses' times stay fresh.
//
// Rollback: the first thing that a witness says since our start must fit what we have. One that
// cosigned more leaves than there are here, or another tree, means that this store or a copy of it
// has moved on elsewhere: from then on nothing is signed (Writer::refuse). Later, a witness that
// says so is only shown as disagreeing; the quorum protects readers then.
//
// With the quorum "none" every checkpoint is published as soon as it is signed; witnesses that are
// named all the same are asked, and sign when the log rests.
//
// Thread-safe. With `threaded` each witness has a thread; without, everything happens in tick().
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/wire/trust.h"
#include "verifier/service/witness_word.h"
#include "verifier/service/writer.h"

namespace assay::verifier {

inline constexpr std::size_t kWitnessesMax = 32;

struct WitnessSetup {
  wire::Trust trust;  // of it the witnesses, groups and quorum
  // One for each witness of `trust`, in its order; null or missing: it cannot be asked.
  std::vector<std::shared_ptr<api::WitnessPort>> ports;
  // So old a published checkpoint is cosigned once more when nothing new came.
  std::int64_t republish_ms = 60'000;
};

// One witness, as metrics and readiness show it.
struct WitnessState {
  std::string name;
  std::uint64_t size = 0;      // of the newest checkpoint that it cosigned
  std::int64_t behind_ms = 0;  // how long there has been one that it has not cosigned
  std::uint64_t cosigned = 0;  // checkpoints since our start
  bool disagrees = false;
  std::string trouble;  // of its last answer; empty: it was a cosignature, or none was asked for
};

struct PublisherState {
  std::uint64_t signed_size = 0;
  bool is_published = false;
  std::uint64_t published_size = 0;
  std::int64_t published_ms_ago = 0;
  std::int64_t waiting_ms = 0;  // of the newest checkpoint for its quorum; 0: it has it
  std::string quorum;
  std::vector<WitnessState> witnesses;
};

class Publisher {
 public:
  Publisher(reputation::Ledger& ledger, Writer& writer, Clock& clock, WitnessSetup setup,
            bool threaded);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Asks every witness once, all at a time, and waits for their answers or time-outs. After
  // Writer::start(), before anything is logged.
  //   stale        a witness has seen more than there is here, or another tree
  //   malformed    more than kWitnessesMax witnesses, or the quorum cannot be met by those that
  //                have a URL
  Status start();

  // Without threads: asks the witnesses that are due.
  void tick();

  // The newest published checkpoint as a note with cosignatures and grease, and its parsed form.
  //   inconclusive none has had its quorum since our start: try again later
  Result<SignedHead> published();
  std::uint64_t size();  // of it; 0: none

  PublisherState state();

 private:
  struct Member;
  struct Round {
    std::uint64_t number = 0;  // 0: none yet
    SignedHead head;
    SteadyMillis began;
    std::map<std::string, wire::NoteSignature> signatures;  // by the witness's name in the trust
    bool has_quorum = false;
  };

  void run(Member& member);
  bool turn(Member& member);
  void advance();
  bool is_time_for_round(const SignedHead& newest, SteadyMillis now) const;
  WitnessWord ask(const Member& member, const SignedHead& head, std::uint64_t old_size);
  Result<std::string> request(const SignedHead& head, std::uint64_t old_size) const;
  void record(Member& member, const Round& asked, const WitnessWord& word);
  void publish_if_met();
  void show(const SignedHead& head, const std::map<std::string, wire::NoteSignature>& signatures);
  bool asks_nobody() const { return setup_.trust.quorum == "none"; }

  reputation::Ledger& ledger_;
  Writer& writer_;
  Clock& clock_;
  const WitnessSetup setup_;
  const bool threaded_;

  std::mutex mutex_;  // guards everything below, and the members
  std::vector<std::unique_ptr<Member>> members_;
  Round round_;
  std::optional<SignedHead> published_;
  SteadyMillis published_at_;
  std::optional<SteadyMillis> waiting_since_;  // of a newer checkpoint than the published one

  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace assay::verifier
