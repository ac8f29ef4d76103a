#include "prover/previews.h"

namespace assay::prover {

void Previews::begin(const Digest& job) {
  const std::scoped_lock lock(mutex_);
  job_ = job;
  first_ = 1;
  outputs_.clear();
  bytes_ = 0;
}

void Previews::end(const Digest& job) {
  const std::scoped_lock lock(mutex_);
  if (job_ != job) return;
  job_ = Digest{};
  outputs_.clear();
}

void Previews::add(const Digest& job, std::uint32_t step, ByteView output) {
  const std::scoped_lock lock(mutex_);
  if (job_ != job || step != first_ + outputs_.size()) return;
  if (output.empty() || output.size() > wire::kShownBytesMax) return;
  // Later steps are not the next ones any more: the preview ends here.
  if (output.size() > wire::kShownJobBytesMax - bytes_) return;
  bytes_ += output.size();
  outputs_.push_back(to_bytes(output));
}

bool Previews::waiting() const {
  const std::scoped_lock lock(mutex_);
  return !outputs_.empty();
}

std::vector<wire::ShownOutputs> Previews::next() const {
  const std::scoped_lock lock(mutex_);
  if (outputs_.empty()) return {};
  wire::ShownOutputs shown{job_, first_, {}};
  std::size_t bytes = 0;
  for (const Bytes& output : outputs_) {
    bytes += output.size();
    if (bytes > wire::kShownBytesMax || shown.outputs.size() == wire::kShownOutputsMax) break;
    shown.outputs.push_back(output);
  }
  return {std::move(shown)};
}

void Previews::taken(const std::vector<wire::ShownOutputs>& shown) {
  const std::scoped_lock lock(mutex_);
  for (const wire::ShownOutputs& entry : shown) {
    // The job may have begun anew while the heartbeat was on its way.
    if (entry.job != job_ || entry.step != first_ || entry.outputs.size() > outputs_.size()) {
      continue;
    }
    const auto count = static_cast<std::ptrdiff_t>(entry.outputs.size());
    outputs_.erase(outputs_.begin(), outputs_.begin() + count);
    first_ += static_cast<std::uint32_t>(count);
  }
}

}  // namespace assay::prover
