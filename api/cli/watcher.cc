#include "api/cli/watcher.h"

#include <algorithm>

#include "core/wire/poll.h"
#include "core/wire/trace.h"

namespace assay::cli {
namespace {

// A preview as the verifier tells it, or nothing where it makes no sense.
struct Told {
  std::uint32_t begun = 0;
  std::uint32_t step = 0;
  std::uint32_t steps_done = 0;
  std::vector<Bytes> outputs;
};

std::optional<Told> read_preview(const wire::Json& document) {
  wire::Fields in(document, "preview");
  Told told{in.u32("begun", 1),
            in.u32("step", 1, wire::kTraceStepsMax + 1),
            in.u32("steps_done", 0, wire::kTraceStepsMax),
            {}};
  std::size_t bytes = 0;
  for (const wire::Json& item : in.array("outputs", wire::kTraceStepsMax)) {
    if (!item.is_string()) return std::nullopt;
    Result<Bytes> output = from_base64_canonical(item.as_string());
    if (!output.ok() || output.value().empty()) return std::nullopt;
    bytes += output.value().size();
    told.outputs.push_back(std::move(output).value());
  }
  const bool sound = in.ok() && bytes <= wire::kShownJobBytesMax &&
                     told.step + told.outputs.size() == std::size_t{told.steps_done} + 1;
  return sound ? std::optional(std::move(told)) : std::nullopt;
}

}  // namespace

void Watcher::begin_anew(const char* why) {
  output_.text(text_.finish());
  output_.note(why);
  begun_ = 0;
  done_ = 0;
  whole_ = true;
  shown_.clear();
}

bool Watcher::take(ByteView output) {
  const Result<std::string> text = text_.take(output);
  if (!text.ok()) return false;
  output_.text(text.value());
  append(shown_, output);
  step_bytes_ = output.size();
  return true;
}

void Watcher::look(api::Port& port) {
  const Result<Json> document = port.preview(job_, done_);
  if (!document.ok()) return;
  const std::optional<Told> told = read_preview(document.value());
  if (!told) return;
  if ((begun_ != 0 && told->begun != begun_) || told->steps_done < done_) {
    begin_anew("(the provider began anew)");
    return;  // the next look asks for all of it
  }
  begun_ = told->begun;
  std::uint32_t step = told->step;
  if (step > done_ + 1) {
    output_.note("(steps " + std::to_string(done_ + 1) + " to " + std::to_string(step - 1) +
                 " are not shown)");
    whole_ = false;
  }
  for (const Bytes& output : told->outputs) {
    if (step > done_ && !take(output)) whole_ = false;
    done_ = std::max(done_, step++);
  }
}

void Watcher::finish(api::Port& port) {
  const Result<Bytes> result = port.result(job_);
  if (!result.ok()) {
    output_.text(text_.finish());
    return;
  }
  ByteView rest = result.value();
  const bool begins = rest.size() >= shown_.size() &&
                      std::ranges::equal(rest.first(shown_.size()), ByteView(shown_));
  if (whole_ && begins) {
    rest = rest.subspan(shown_.size());
  } else if (!whole_) {
    begin_anew("(all of it:)");
  } else {
    begin_anew("what was shown is not how the result begins; the result:");
  }
  const std::size_t piece = step_bytes_ == 0 || text_.texts() == 1 ? rest.size() : step_bytes_;
  for (; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
    if (!take(rest.first(std::min(piece, rest.size())))) break;
  }
  output_.text(text_.finish());
}

}  // namespace assay::cli
