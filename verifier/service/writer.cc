#include "verifier/service/writer.h"

#include <algorithm>

#include "core/base/file.h"
#include "core/base/file_lock.h"

namespace assay::verifier {

using reputation::Appended;
using reputation::Submission;

namespace {

constexpr std::size_t kBatchMax = 256;

class MemoryHeadKeeper final : public HeadKeeper {
 public:
  Result<std::optional<std::string>> load() override { return note_; }
  Status keep(const std::optional<std::string>& expected, const std::string& next) override {
    if (expected != note_) return fail(Code::conflict, "another head is kept by now");
    note_ = next;
    return {};
  }

 private:
  std::optional<std::string> note_;
};

class FileHeadKeeper final : public HeadKeeper {
 public:
  explicit FileHeadKeeper(std::string path) : path_(std::move(path)) {}
  Result<std::optional<std::string>> load() override {
    return read_text_if_there(path_, wire::kNoteBytesMax);
  }
  Status keep(const std::optional<std::string>& expected, const std::string& next) override {
    if (lock_ == nullptr) {
      Result<std::unique_ptr<FileLock>> lock = FileLock::take(path_ + ".lock", true);
      if (!lock.ok()) return lock.error();
      lock_ = std::move(lock).value();
    }
    return swap_file_durably(path_, expected, next);
  }

 private:
  const std::string path_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace

std::unique_ptr<HeadKeeper> make_memory_head_keeper() {
  return std::make_unique<MemoryHeadKeeper>();
}
std::unique_ptr<HeadKeeper> make_file_head_keeper(std::string path) {
  return std::make_unique<FileHeadKeeper>(std::move(path));
}

// One caller's statements and where its answers go. Each caller has a bell of its own: with one for
// all, every commit would wake all that wait for a later one.
struct Writer::Waiting {
  std::vector<Submission> submissions;
  std::vector<Result<Appended>> answers;

  void wait() {
    std::unique_lock lock(mutex_);
    bell_.wait(lock, [&] { return answered_; });
  }
  void answer() {
    {
      const std::scoped_lock lock(mutex_);
      answered_ = true;
    }
    bell_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable bell_;  // one that sleeps at once: a semaphore yields the CPU first
  bool answered_ = false;
};

Writer::Writer(reputation::Ledger& ledger, const SigningKey& log_key, HeadKeeper& heads,
               Clock& clock, bool threaded)
    : ledger_(ledger), log_key_(log_key), heads_(heads), clock_(clock), threaded_(threaded) {}

Writer::~Writer() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status Writer::start() {
  Result<std::optional<std::string>> kept = heads_.load();
  if (!kept.ok()) return kept.error();
  kept_ = kept.value();
  if (kept_) {
    Result<wire::Note> note = wire::parse_note(*kept_);
    if (!note.ok()) return note.error().in("the kept head");
    Result<wire::Checkpoint> head = wire::parse_checkpoint(note.value().text);
    if (!head.ok()) return head.error().in("the kept head");
    Result<std::unique_ptr<reputation::ReadTxn>> txn = ledger_.store().read();
    if (!txn.ok()) return txn.error();
    const reputation::View view(*txn.value());
    Result<reputation::Head> stored = view.head();
    if (!stored.ok()) return stored.error();
    if (stored.value().size < head.value().size) {
      return fail(Code::stale, "the store has " + std::to_string(stored.value().size) +
                                   " leaves, but a head of " + std::to_string(head.value().size) +
                                   " was signed: this is an old copy; restore the newest one");
    }
    Result<Digest> root = root_of(head.value().size, view.log(stored.value().size).subtrees());
    if (!root.ok()) return root.error();
    if (root.value() != head.value().root) {
      return fail(Code::stale, "the store is not the log whose head was signed");
    }
  }
  if (Status published = publish(); !published.ok()) return published;
  if (threaded_) thread_ = std::thread([this] { run(); });
  return {};
}

Result<Appended> Writer::submit(Submission submission) {
  std::vector<Submission> one;
  one.push_back(std::move(submission));
  return std::move(submit_all(std::move(one)).front());
}

std::vector<Result<Appended>> Writer::submit_all(std::vector<Submission> submissions) {
  const auto waiting = std::make_shared<Waiting>();
  waiting->submissions = std::move(submissions);
  if (!threaded_) {
    const std::scoped_lock one_at_a_time(inline_mutex_);
    Batch batch{waiting};
    commit(batch);
    return std::move(waiting->answers);
  }
  {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(waiting);
  }
  wake_.notify_one();
  waiting->wait();
  return std::move(waiting->answers);
}

void Writer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Batch batch;
    std::size_t statements = 0;
    while (!queue_.empty() && statements < kBatchMax) {
      statements += queue_.front()->submissions.size();
      batch.push_back(queue_.front());
      queue_.pop_front();
    }
    lock.unlock();
    commit(batch);
    for (const auto& waiting : batch) waiting->answer();
    lock.lock();
  }
}

void Writer::commit(Batch& batch) {
  std::vector<Submission> all;
  for (const auto& waiting : batch) {
    for (Submission& submission : waiting->submissions) all.push_back(std::move(submission));
  }
  Status state;
  // To whoever waits for an answer it is our storage that failed, whatever the reason.
  if (const std::optional<Error> before = failed()) state = fail(Code::storage, before->what);
  const UnixMillis now = clock_.unix_now();
  const SteadyMillis began = clock_.steady_now();
  if (state.ok() && now.ms + 1000 < last_now_.ms) {
    // Log time never runs backwards; a wall clock that does is not one to sign by.
    state = fail(Code::storage, "the clock went back by " + std::to_string(last_now_ - now) +
                                    " ms: nothing is signed until it is right again");
    for (const auto& waiting : batch) {
      waiting->answers.assign(waiting->submissions.size(), Result<Appended>(state.error()));
    }
    return;
  }
  {
    const std::scoped_lock lock(mutex_);
    last_now_ = std::max(last_now_, now);
    under_way_ = began;
  }
  std::vector<Result<Appended>> answers;
  if (state.ok()) {
    Result<std::vector<Result<Appended>>> appended = ledger_.append(all, now);
    if (appended.ok()) {
      answers = std::move(appended).value();
      state = publish();
      if (!state.ok()) {
        const std::scoped_lock lock(mutex_);
        failed_ = state.error();
      }
    } else {
      // Nothing happened. A full disk may pass; after a failed commit the store refuses for ever.
      state = appended.error();
      if (ledger_.store().has_failed()) {
        const std::scoped_lock lock(mutex_);
        failed_ = state.error();
      }
    }
  }
  const auto logged = std::ranges::count_if(answers, [](const Result<Appended>& each) {
    return each.ok() && !each.value().already_known;
  });
  note_commit(began, state.ok() ? static_cast<std::size_t>(logged) : 0);
  std::size_t next = 0;
  for (const auto& waiting : batch) {
    for (std::size_t i = 0; i < waiting->submissions.size(); ++i, ++next) {
      waiting->answers.push_back(state.ok() ? std::move(answers[next])
                                            : Result<Appended>(state.error()));
    }
  }
}

void Writer::note_commit(SteadyMillis began, std::size_t statements) {
  const SteadyMillis ended = clock_.steady_now();
  const std::scoped_lock lock(mutex_);
  under_way_.reset();
  if (statements == 0) return;
  last_commit_ = ended;
  ++made_.commits;
  made_.statements += statements;
  made_.last_commit_ms = ended - began;
  made_.commit_ms_total += ended - began;
}

WriterState Writer::state() const {
  const SteadyMillis steady = clock_.steady_now();
  const UnixMillis now = clock_.unix_now();
  const std::scoped_lock lock(mutex_);
  WriterState state = made_;
  state.last_commit_ms_ago = steady - last_commit_;
  state.under_way_ms = under_way_ ? std::max<std::int64_t>(steady - *under_way_, 1) : 0;
  state.clock_back_ms = std::max<std::int64_t>(last_now_ - now, 0);
  return state;
}

Status Writer::publish() {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = ledger_.store().read();
  if (!txn.ok()) return txn.error();
  Result<reputation::Head> head = reputation::View(*txn.value()).head();
  if (!head.ok()) return head.error();
  const wire::Checkpoint checkpoint{
      .origin = ledger_.roles().origin,
      .size = head.value().size,
      .root = head.value().size == 0 ? merkle_root({}) : head.value().root,
      .extension = ""};
  const wire::Note note = wire::sign_checkpoint(checkpoint, log_key_);
  const wire::NoteKey own{checkpoint.origin, wire::NoteKeyType::ed25519, log_key_.public_key()};
  if (auto verified = wire::verify_note(note, {&own, 1}); !verified.ok()) {
    return verified.error().in("our own checkpoint");
  }
  const std::string text = wire::note_text(note);
  if (Status kept = heads_.keep(kept_, text); !kept.ok()) {
    return fail(Code::storage, "the newest head: " + kept.error().what);
  }
  kept_ = text;
  const std::scoped_lock lock(mutex_);
  head_ = {text, checkpoint};
  return {};
}

SignedHead Writer::head() const {
  const std::scoped_lock lock(mutex_);
  return head_;
}

wire::Checkpoint Writer::checkpoint() const {
  const std::scoped_lock lock(mutex_);
  return head_.checkpoint;
}

void Writer::refuse(Error why) {
  const std::scoped_lock lock(mutex_);
  if (!failed_) failed_ = std::move(why);
}

std::optional<Error> Writer::failed() const {
  const std::scoped_lock lock(mutex_);
  return failed_;
}

}  // namespace assay::verifier
