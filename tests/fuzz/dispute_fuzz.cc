// Disputes played by strangers: answers, choices and convictions, honest ones among them, as a
// script.
//
//   gemm                      the job: dispute_jobs.h
//   lie 3 17                  the provider gets element 17 of operation 3 wrong
//   answer [flip AT BITS]     the provider's answer, a byte of it changed
//   choose operation 3        or state, output, child 3
//   convict 1 0 [flip AT BITS]   what opens element 0 of leaf 1, a byte of it changed
//
// Any other line's bytes are tried as an answer and as a conviction.
#include <algorithm>
#include <charconv>
#include <optional>

#include "tests/fuzz/dispute_jobs.h"
#include "tests/fuzz/fuzz.h"

namespace assay::fuzz {
namespace {

using namespace compute;

constexpr std::size_t kLinesMax = 40;

// The words of a line, one after the other; nothing and 0 after the last.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::string_view word() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    const std::string_view out = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(out.size());
    return out;
  }
  std::uint32_t number() {
    const std::string_view text = word();
    std::uint32_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
  }

 private:
  std::string_view rest_;
};

// "flip AT BITS" and no more of it.
void change(Words& words, Bytes& bytes) {
  if (words.word() != "flip" || bytes.empty()) return;
  const std::size_t at = words.number() % bytes.size();
  bytes[at] ^= static_cast<std::uint8_t>(words.number());
}

void check_file(const Tape& tape, ByteView file) {
  const MemoryBound bound(memory_for(file.size()));
  const Result<Conviction> parsed = parse_conviction_file(tape, file);
  if (!accepted(parsed)) return;
  require(std::ranges::equal(conviction_file(parsed.value()), file),
          "a conviction has one spelling");
}

class Game {
 public:
  explicit Game(DisputedJob& job)
      : job_(job),
        trace_(job.honest.trace),
        state_(job.honest.states[job.step]),
        output_(job.honest.outputs[job.step]) {}

  void play(std::string_view line) {
    Words words(line);
    const std::string_view what = words.word();
    if (what == "lie") return lie(words);
    if (!dispute_) dispute_.emplace(job_.tape, trace_, job_.step);
    if (what == "answer") return answer(words);
    if (what == "choose") return choose(words);
    if (what == "convict") return convict(words);
    take([&] { return dispute_->answer(as_bytes(line)); },
         {Code::conflict, Code::malformed, Code::proof});
    take_conviction(as_bytes(line));
  }

 private:
  // A move that is refused changes nothing; one that is taken is somebody else's turn.
  template <class Move>
  void take(Move move, std::initializer_list<Code> documented) {
    const Dispute::Turn turn = dispute_->turn();
    const std::uint32_t answers = dispute_->answers();
    const std::size_t known = dispute_->children().size() + dispute_->data().size();
    const std::uint64_t first = dispute_->first_leaf();
    const Status status = move();
    if (!status.ok()) {
      check_refusal(status.error(), documented);
      require(dispute_->turn() == turn && dispute_->answers() == answers &&
                  dispute_->children().size() + dispute_->data().size() == known &&
                  dispute_->first_leaf() == first,
              "a refused move changes nothing");
      return;
    }
    require(dispute_->turn() != turn, "a move hands the turn on");
    require(dispute_->answers() <= kAnswersMax, "there are at most eight answers");
    if (dispute_->turn() == Dispute::Turn::over && !lied_) {
      require(!dispute_->provider_lied() || dispute_->digests() != job_.run->digests().value(),
              "who was right, and said so, is not convicted");
    }
  }

  void lie(Words& words) {
    if (dispute_ || lied_) return;
    lied_ = true;
    const auto operation = static_cast<std::uint32_t>(words.number() % job_.tape.operations.size());
    const std::uint64_t element = words.number() % job_.tape.operations[operation].shape.elements();
    bent_ = test::bent_tape(job_.tape, operation, element);
    bent_run_ = std::make_unique<TapeRun>(*bent_, job_.honest.source(), engine_);
    state_ = bent_run_->state().value();
    output_ = bent_run_->output().value();
    trace_[job_.step] = {state_digest(state_), test::digest_or_zeros(output_)};
  }

  void answer(Words& words) {
    Bytes bytes;
    if (dispute_->turn() == Dispute::Turn::provider) {
      bytes = next_answer(*dispute_, lied_ ? *bent_run_ : *job_.run,
                          {[this]() -> Result<State> { return state_; },
                           [this]() -> Result<State> { return output_; }})
                  .value();
      require(bytes.size() == dispute_->answer_bytes(), "an answer has the size that is due");
    }
    change(words, bytes);
    take([&] { return dispute_->answer(bytes); }, {Code::conflict, Code::malformed, Code::proof});
  }

  void choose(Words& words) {
    const std::string_view what = words.word();
    Choice choice{Choice::What::child, words.number()};
    if (what == "operation") choice.what = Choice::What::operation;
    if (what == "state") choice.what = Choice::What::state;
    if (what == "output") choice.what = Choice::What::output;
    take([&] { return dispute_->choose(choice); }, {Code::conflict, Code::malformed});
  }

  void convict(Words& words) {
    const std::uint32_t leaf = words.number(), element = words.number();
    Bytes file;
    if (!dispute_->data().empty()) {
      const auto number = static_cast<std::uint8_t>(leaf % dispute_->data().size());
      const Result<Conviction> opened = open_operands(*dispute_, number, element, *job_.run);
      if (!accepted(opened)) return;
      file = conviction_file(opened.value());
    }
    change(words, file);
    take_conviction(file);
  }

  void take_conviction(ByteView file) {
    check_file(job_.tape, file);
    take([&] { return dispute_->convict(file); },
         {Code::conflict, Code::malformed, Code::proof, Code::no_evidence});
  }

  DisputedJob& job_;
  Engine engine_{CpuLevel::scalar, 1};
  wire::Trace trace_;
  State state_, output_;
  bool lied_ = false;
  std::optional<Tape> bent_;
  std::unique_ptr<TapeRun> bent_run_;
  std::optional<Dispute> dispute_;
};

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  std::string_view rest = assay::as_text(assay::ByteView(data, size));
  const auto next_line = [&rest] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
  };
  DisputedJob* job = disputed_job(next_line());
  if (job == nullptr) return 0;
  Game game(*job);
  for (std::size_t i = 0; i < kLinesMax && !rest.empty(); ++i) game.play(next_line());
  return 0;
}
