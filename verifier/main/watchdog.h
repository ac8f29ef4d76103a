// Tells systemd that the service is ready and goes on (sd_notify's protocol, one datagram a word).
// Without NOTIFY_SOCKET it does nothing. One thread.
#pragma once

#include <string>

#include "core/base/time.h"

namespace assay::verifier {

class Watchdog {
 public:
  // Reads NOTIFY_SOCKET and WATCHDOG_USEC.
  Watchdog();

  void ready();
  void stopping();
  // The service is well: said at half of the time that systemd would wait.
  void alive();

 private:
  void say(const char* word) const;

  std::string socket_;
  std::int64_t every_ms_ = 0;  // 0: nobody waits
  SteadyMillis said_{INT64_MIN / 2};
};

}  // namespace assay::verifier
