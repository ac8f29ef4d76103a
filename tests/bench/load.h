// Statements for a service to take in, from many clients at once.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "verifier/service/service.h"

namespace assay::bench {

// body(client) on so many threads; returns when all are done.
template <class Body>
void on_clients(unsigned clients, const Body& body) {
  std::vector<std::thread> threads;
  for (unsigned client = 0; client < clients; ++client) {
    threads.emplace_back([&body, client] { body(client); });
  }
  for (std::thread& thread : threads) thread.join();
}

// Sends registrations at the times that the rate gives, whether the service keeps up or not; each
// of the clients waits for its answers. `taken` is told each one's leaf and when it was due, from
// many threads. Ends early where one is refused, with the reason.
using Taken = std::function<void(std::uint64_t index, std::chrono::steady_clock::time_point due)>;
Status send_at_rate(verifier::Service& service, const std::vector<std::string>& entries,
                    unsigned per_second, unsigned clients, const Taken& taken);

}  // namespace assay::bench
