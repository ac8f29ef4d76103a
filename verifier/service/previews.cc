#include "verifier/service/previews.h"

#include <algorithm>

namespace assay::verifier {

namespace {

std::size_t cost_of(std::size_t output_bytes) {
  return output_bytes + sizeof(std::size_t);
}

}  // namespace

ByteView Previews::output_of(const Shown& shown, std::size_t i) {
  const std::size_t begin = i == 0 ? 0 : shown.ends[i - 1];
  return ByteView(shown.bytes).subspan(begin, shown.ends[i] - begin);
}

// Leaves so many outputs.
void Previews::cut(Shown& shown, std::size_t outputs) {
  while (shown.ends.size() > outputs) {
    bytes_ -= cost_of(output_of(shown, shown.ends.size() - 1).size());
    shown.ends.pop_back();
    shown.bytes.resize(shown.ends.empty() ? 0 : shown.ends.back());
  }
}

bool Previews::append_output(Shown& shown, ByteView output) {
  if (output.size() > wire::kShownJobBytesMax - shown.bytes.size()) return false;
  if (cost_of(output.size()) > bytes_max_ - bytes_) return false;
  append(shown.bytes, output);
  shown.ends.push_back(shown.bytes.size());
  bytes_ += cost_of(output.size());
  return true;
}

void Previews::take(const Digest& provider, const wire::ShownOutputs& shown) {
  const std::scoped_lock lock(mutex_);
  const auto [found, fresh] = jobs_.try_emplace(shown.job);
  Shown& held = found->second;
  if (fresh || held.provider != provider || shown.step < held.first) {
    cut(held, 0);
    held = Shown{provider, fresh ? 1 : held.begun + 1, shown.step, {}, {}};
  }
  std::size_t at = shown.step - held.first;
  for (const Bytes& output : shown.outputs) {
    if (at > held.ends.size()) break;
    if (at < held.ends.size() && !std::ranges::equal(output_of(held, at), output)) {
      cut(held, at);
      ++held.begun;
    }
    if (at == held.ends.size() && !append_output(held, output)) break;
    ++at;
  }
  if (held.ends.empty()) jobs_.erase(found);
}

std::optional<Preview> Previews::of(const Digest& job, const Digest& provider,
                                    std::uint64_t after) const {
  const std::scoped_lock lock(mutex_);
  const auto found = jobs_.find(job);
  if (found == jobs_.end() || found->second.provider != provider) return std::nullopt;
  const Shown& held = found->second;
  Preview out;
  out.begun = held.begun;
  out.steps_done = held.first + static_cast<std::uint32_t>(held.ends.size()) - 1;
  const std::uint64_t skipped = after < held.first ? 0 : after - held.first + 1;
  const std::size_t from = std::min<std::uint64_t>(skipped, held.ends.size());
  out.step = held.first + static_cast<std::uint32_t>(from);
  for (std::size_t i = from; i < held.ends.size(); ++i) {
    out.outputs.push_back(to_bytes(output_of(held, i)));
  }
  return out;
}

void Previews::keep(
    const std::function<bool(const Digest& job, const Digest& provider)>& is_current) {
  const std::scoped_lock lock(mutex_);
  for (auto at = jobs_.begin(); at != jobs_.end();) {
    if (is_current(at->first, at->second.provider)) {
      ++at;
      continue;
    }
    cut(at->second, 0);
    at = jobs_.erase(at);
  }
}

std::size_t Previews::bytes() const {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

}  // namespace assay::verifier
