// What providers show of the jobs they are at, for the renters to watch. Memory alone: previews are
// never evidence, never logged, and settle nothing; a restart forgets them.
// Thread-safe. Who may show something of a job is the caller's to know.
//
// A preview grows in the order of steps, without gaps: what comes out of order is ignored, and so
// is what goes beyond the limits, for good. What came before may come again (a reply was lost, an
// agent was started anew); where it differs, it takes the place of what there was from that step
// on, and `begun` counts up, so that a watcher knows to read again.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "core/wire/poll.h"

namespace assay::verifier {

// Of all jobs together.
inline constexpr std::size_t kPreviewsBytesMax = std::size_t{64} << 20;

struct Preview {
  std::uint32_t begun = 1;
  std::uint32_t step = 1;        // of the first of `outputs`
  std::uint32_t steps_done = 0;  // the last step shown so far
  std::vector<Bytes> outputs;
};

class Previews {
 public:
  explicit Previews(std::size_t bytes_max = kPreviewsBytesMax) : bytes_max_(bytes_max) {}

  // Takes what this provider shows of a job; another provider's preview of it is dropped.
  void take(const Digest& provider, const wire::ShownOutputs& shown);

  // This provider's preview of the job, without the steps up to `after`. Nothing when there is
  // none.
  std::optional<Preview> of(const Digest& job, const Digest& provider, std::uint64_t after) const;

  // Forgets all others. `is_current` is called with the lock held.
  void keep(const std::function<bool(const Digest& job, const Digest& provider)>& is_current);

  std::size_t bytes() const;

 private:
  struct Shown {
    Digest provider;
    std::uint32_t begun = 1;
    std::uint32_t first = 1;        // the step of the first output
    Bytes bytes;                    // outputs, one after the other
    std::vector<std::size_t> ends;  // of each
  };

  static ByteView output_of(const Shown& shown, std::size_t i);
  void cut(Shown& shown, std::size_t outputs);
  bool append_output(Shown& shown, ByteView output);

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::map<Digest, Shown> jobs_;
  std::size_t bytes_ = 0;  // of all outputs, with what it takes to keep them apart
};

}  // namespace assay::verifier
