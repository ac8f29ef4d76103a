#include "verifier/main/signals.h"

#include <ctime>

namespace assay::verifier {

sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void unblock_signals(const sigset_t& signals) {
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

bool stop_was_asked(const sigset_t& signals) {
  constexpr long kLookMs = 200;
  const timespec pause{0, kLookMs * 1'000'000};
  return ::sigtimedwait(&signals, nullptr, &pause) > 0;
}

}  // namespace assay::verifier
