// Follows a running job's preview and turns it into text that grows. Nobody has checked what is
// shown: it is the provider's word, as the verifier hands it on. Only a receipt and the result that
// goes with it count.
// One thread.
#pragma once

#include <functional>

#include "api/cli/preview_text.h"
#include "api/port/port.h"

namespace assay::cli {

// Where it is shown: pieces of the texts as they come, and words of ours between them.
struct WatcherOutput {
  std::function<void(const std::string& piece)> text;
  std::function<void(const std::string& line)> note;
};

class Watcher {
 public:
  Watcher(WatcherOutput output, std::string job, PreviewText text)
      : output_(std::move(output)), job_(std::move(job)), text_(std::move(text)) {}

  // Shows what is new. Nothing new, a verifier that does not answer, and one whose answer makes no
  // sense are no errors here.
  void look(api::Port& port);
  // Once the job is attested: shows the rest, and says so when what was shown is not how the
  // result begins.
  void finish(api::Port& port);

 private:
  bool take(ByteView output);
  void begin_anew(const char* why);

  WatcherOutput output_;
  std::string job_;
  PreviewText text_;
  std::uint32_t begun_ = 0;     // as the preview counts; 0: nothing was shown yet
  std::uint32_t done_ = 0;      // the last step shown
  std::size_t step_bytes_ = 0;  // of the outputs shown last
  bool whole_ = true;           // every step from the first on was shown
  Bytes shown_;                 // their outputs
};

}  // namespace assay::cli
