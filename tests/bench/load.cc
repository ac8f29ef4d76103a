#include "tests/bench/load.h"

#include <mutex>
#include <optional>

namespace assay::bench {

Status send_at_rate(verifier::Service& service, const std::vector<std::string>& entries,
                    unsigned per_second, unsigned clients, const Taken& taken) {
  using Clock = std::chrono::steady_clock;
  std::mutex mutex;
  std::optional<Error> failure;
  const Clock::time_point began = Clock::now();
  on_clients(clients, [&](unsigned client) {
    for (std::size_t i = client; i < entries.size(); i += clients) {
      const auto due = began + std::chrono::microseconds(1'000'000 / per_second * i);
      std::this_thread::sleep_until(due);
      const auto accepted = service.submit(wire::Kind::registration, entries[i]);
      if (accepted.ok()) taken(accepted.value().log_index, due);
      const std::scoped_lock lock(mutex);
      if (!accepted.ok()) failure = accepted.error();
      if (failure) break;
    }
  });
  if (failure) return *failure;
  return {};
}

}  // namespace assay::bench
