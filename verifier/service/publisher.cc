#include "verifier/service/publisher.h"

#include <algorithm>

#include "core/wire/add_checkpoint.h"
#include "verifier/service/grease.h"

namespace assay::verifier {
namespace {

constexpr std::int64_t kLookMs = 5;
constexpr std::int64_t kRoundMs = 50;         // from one round's beginning to the next one's
constexpr std::int64_t kRoundMaxMs = 10'000;  // without a quorum: then a newer checkpoint is tried
constexpr std::int64_t kPauseFirstMs = 250;   // after a witness's failure; doubled each time
constexpr std::int64_t kPauseMaxMs = 30'000;
constexpr int kAsksPerTurn = 3;
constexpr int kTurnsPerTick = 4;

}  // namespace

struct Publisher::Member {
  const wire::TrustedWitness& witness;
  api::WitnessPort* port = nullptr;  // null: it cannot be asked
  std::uint64_t size = 0;            // of the checkpoint that it cosigned last, as far as we know
  bool is_met = false;               // it cosigned one since our start: it has seen no other log
  bool disagrees = false;
  std::uint64_t done_round = 0;  // the last one that it has signed
  std::uint64_t cosigned = 0;
  SteadyMillis not_before{INT64_MIN};
  std::int64_t pause_ms = kPauseFirstMs;
  std::optional<SteadyMillis> behind_since{};
  std::string trouble{};
};

Publisher::Publisher(reputation::Ledger& ledger, Writer& writer, Clock& clock, WitnessSetup setup,
                     bool threaded)
    : ledger_(ledger),
      writer_(writer),
      clock_(clock),
      setup_(std::move(setup)),
      threaded_(threaded) {
  for (std::size_t i = 0; i < setup_.trust.witnesses.size(); ++i) {
    members_.push_back(std::make_unique<Member>(Member{.witness = setup_.trust.witnesses[i]}));
    if (i < setup_.ports.size()) members_.back()->port = setup_.ports[i].get();
  }
}

Publisher::~Publisher() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

Status Publisher::start() {
  if (members_.size() > kWitnessesMax) {
    return fail(Code::malformed, "the trust file names " + std::to_string(members_.size()) +
                                     " witnesses; at most " + std::to_string(kWitnessesMax) +
                                     " can be asked");
  }
  std::vector<std::string> within_reach;
  for (const auto& member : members_) {
    if (member->port != nullptr) within_reach.push_back(member->witness.name);
  }
  if (!wire::quorum_met(setup_.trust, within_reach)) {
    return fail(Code::malformed, "the quorum \"" + setup_.trust.quorum +
                                     "\" cannot be met by the witnesses that have a URL: give "
                                     "theirs in the trust file (witness <name> <vkey> <url>)");
  }
  std::vector<std::thread> first_contacts;
  for (const auto& member : members_) {
    if (threaded_) {
      first_contacts.emplace_back([this, &member] { turn(*member); });
    } else {
      turn(*member);
    }
  }
  for (std::thread& thread : first_contacts) thread.join();
  if (const std::optional<Error> failed = writer_.failed()) return *failed;
  if (!threaded_) return {};
  for (const auto& member : members_) {
    if (member->port != nullptr) threads_.emplace_back([this, &member] { run(*member); });
  }
  return {};
}

void Publisher::run(Member& member) {
  while (!stop_) {
    if (!turn(member)) clock_.sleep(kLookMs);
  }
}

void Publisher::tick() {
  if (threaded_) return;
  for (int i = 0; i < kTurnsPerTick; ++i) {
    bool any = false;
    for (const auto& member : members_) any = turn(*member) || any;
    if (!any) return;
  }
}

// Asks one witness for the round's checkpoint, if it has not signed it yet. Returns whether it did.
bool Publisher::turn(Member& member) {
  Round asked;
  std::uint64_t old_size = 0;
  {
    const std::scoped_lock lock(mutex_);
    advance();
    const bool is_due = member.port != nullptr && round_.number > 0 &&
                        member.done_round < round_.number &&
                        clock_.steady_now() >= member.not_before;
    if (!is_due || writer_.failed()) return false;
    asked.number = round_.number;
    asked.head = round_.head;
    old_size = member.size;
  }
  const WitnessWord word = ask(member, asked.head, old_size);
  const std::scoped_lock lock(mutex_);
  record(member, asked, word);
  advance();
  return true;
}

// Begins a round when it is time for one. The mutex is held.
void Publisher::advance() {
  if (members_.empty()) return;
  const SteadyMillis now = clock_.steady_now();
  const SignedHead newest = writer_.head();
  for (const auto& member : members_) {
    if (member->size >= newest.checkpoint.size && member->is_met) {
      member->behind_since.reset();
    } else if (!member->behind_since) {
      member->behind_since = now;
    }
  }
  const bool is_shown = published_ && published_->checkpoint.size >= newest.checkpoint.size;
  if (is_shown) {
    waiting_since_.reset();
  } else if (!waiting_since_) {
    waiting_since_ = now;
  }
  if (!is_time_for_round(newest, now)) return;
  round_ = {round_.number + 1, newest, now, {}, false};
  publish_if_met();  // nobody is needed where the quorum is "none"
}

bool Publisher::is_time_for_round(const SignedHead& newest, SteadyMillis now) const {
  if (newest.note.empty()) return false;  // before Writer::start()
  if (round_.number == 0) return true;
  const std::int64_t age_ms = now - round_.began;
  if (newest.checkpoint.size == round_.head.checkpoint.size) {
    return round_.has_quorum && age_ms >= setup_.republish_ms;
  }
  // One who is ahead of the round can sign nothing in it.
  const bool is_ahead = std::any_of(members_.begin(), members_.end(), [&](const auto& member) {
    return member->size > round_.head.checkpoint.size;
  });
  return is_ahead || age_ms >= (round_.has_quorum ? kRoundMs : kRoundMaxMs);
}

Result<std::string> Publisher::request(const SignedHead& head, std::uint64_t old_size) const {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = ledger_.store().read();
  if (!txn.ok()) return txn.error();
  const reputation::LogView log = reputation::View(*txn.value()).log(head.checkpoint.size);
  const Result<std::vector<Digest>> proof =
      consistency_path(old_size, head.checkpoint.size, log.subtrees());
  if (!proof.ok()) return proof.error();
  return wire::add_checkpoint_text(old_size, proof.value(), head.note);
}

// Without the mutex: this may take seconds.
WitnessWord Publisher::ask(const Member& member, const SignedHead& head, std::uint64_t old_size) {
  WitnessWord word{Heard::other_size, {}, old_size, ""};
  for (int i = 0; i < kAsksPerTurn && word.heard == Heard::other_size; ++i) {
    if (word.size > head.checkpoint.size) return word;
    const Result<std::string> body = request(head, word.size);
    if (!body.ok()) return {Heard::useless, {}, 0, "our own failure: " + body.error().what};
    const Result<api::WitnessReply> reply = member.port->add_checkpoint(body.value());
    if (!reply.ok()) return {Heard::useless, {}, 0, reply.error().what};
    word = hear(member.witness.key, {word.size, head.checkpoint}, reply.value(), clock_.unix_now());
    const std::uint64_t ours = writer_.head().checkpoint.size;
    if (word.heard == Heard::other_size && word.size > ours) {
      return {Heard::disagrees,
              {},
              word.size,
              "it cosigned " + std::to_string(word.size) + " leaves of this log, and there are " +
                  std::to_string(ours) + " here"};
    }
  }
  return word;
}

// The mutex is held.
void Publisher::record(Member& member, const Round& asked, const WitnessWord& word) {
  const SteadyMillis now = clock_.steady_now();
  member.disagrees = word.heard == Heard::disagrees;
  member.trouble = word.detail;
  if (word.heard == Heard::cosigned) {
    member.size = asked.head.checkpoint.size;
    member.is_met = true;
    member.done_round = asked.number;
    ++member.cosigned;
    member.pause_ms = kPauseFirstMs;
    if (asked.number != round_.number) return;  // it came too late for its round
    round_.signatures[member.witness.name] = word.signature;
    publish_if_met();
    return;
  }
  if (word.heard == Heard::other_size) {
    member.size = word.size;  // where it is ahead, advance() begins a round that it can sign
    member.trouble = "it wants a proof from " + std::to_string(word.size) + " leaves";
  }
  // In every case: one that says other things all the time must not begin all the rounds.
  member.not_before = now + member.pause_ms;
  member.pause_ms = std::min(2 * member.pause_ms, kPauseMaxMs);
  if (word.heard == Heard::disagrees && !member.is_met) {
    writer_.refuse(
        fail(Code::stale, "the witness " + member.witness.name + " says: " + word.detail +
                              ". Nothing is signed: this is an old copy, or another verifier signs "
                              "with this key; restore the newest copy, or run only one"));
  }
}

// The mutex is held.
void Publisher::publish_if_met() {
  std::vector<std::string> names;
  for (const auto& [name, signature] : round_.signatures) names.push_back(name);
  if (!wire::quorum_met(setup_.trust, names)) return;
  round_.has_quorum = true;
  if (published_ && published_->checkpoint.size > round_.head.checkpoint.size) return;
  // Fewer signatures than are shown already, of a round that has only begun, would be a step back.
  if (published_ && names.empty()) return;
  show(round_.head, round_.signatures);
}

// The mutex is held.
void Publisher::show(const SignedHead& head,
                     const std::map<std::string, wire::NoteSignature>& signatures) {
  Result<wire::Note> note = wire::parse_note(head.note);
  ASSAY_CHECK(note.ok(), "our own checkpoint is a note");
  for (const auto& [name, signature] : signatures) note.value().signatures.push_back(signature);
  published_ = {wire::note_text(with_grease(std::move(note).value())), head.checkpoint};
  published_at_ = clock_.steady_now();
}

Result<SignedHead> Publisher::published() {
  const std::scoped_lock lock(mutex_);
  if (asks_nobody()) {
    const SignedHead newest = writer_.head();
    if (!published_ || published_->checkpoint.size < newest.checkpoint.size) show(newest, {});
  }
  if (published_) return *published_;
  return fail(Code::inconclusive,
              "no checkpoint has had its quorum of witnesses (\"" + setup_.trust.quorum +
                  "\") since the verifier started: what was taken in is safe; try again later");
}

std::uint64_t Publisher::size() {
  const Result<SignedHead> head = published();
  return head.ok() ? head.value().checkpoint.size : 0;
}

PublisherState Publisher::state() {
  PublisherState out;
  const Result<SignedHead> shown = published();
  const std::scoped_lock lock(mutex_);
  const SteadyMillis now = clock_.steady_now();
  out.signed_size = writer_.head().checkpoint.size;
  out.is_published = shown.ok();
  if (shown.ok()) {
    out.published_size = shown.value().checkpoint.size;
    out.published_ms_ago = now - published_at_;
  }
  if (out.published_size < out.signed_size && waiting_since_) {
    out.waiting_ms =
        now - (out.is_published ? std::max(*waiting_since_, published_at_) : *waiting_since_);
  }
  out.quorum = setup_.trust.quorum;
  for (const auto& member : members_) {
    out.witnesses.push_back({member->witness.name, member->size,
                             member->behind_since ? now - *member->behind_since : 0,
                             member->cosigned, member->disagrees, member->trouble});
  }
  return out;
}

}  // namespace assay::verifier
