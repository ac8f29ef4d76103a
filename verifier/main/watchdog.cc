#include "verifier/main/watchdog.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "core/wire/json.h"

namespace assay::verifier {

Watchdog::Watchdog() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  const char* microseconds = std::getenv("WATCHDOG_USEC");
  if (socket != nullptr) socket_ = socket;
  const Result<std::uint64_t> limit = wire::parse_u64(microseconds == nullptr ? "" : microseconds);
  if (limit.ok()) every_ms_ = static_cast<std::int64_t>(limit.value() / 2000);
}

void Watchdog::say(const char* word) const {
  sockaddr_un to{};
  if (socket_.empty() || socket_.size() >= sizeof to.sun_path) return;
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') to.sun_path[0] = '\0';  // an abstract name
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)::sendto(fd, word, std::strlen(word), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
                 length);
  ::close(fd);
}

void Watchdog::ready() {
  say("READY=1");
}

void Watchdog::stopping() {
  say("STOPPING=1");
}

void Watchdog::alive() {
  const SteadyMillis now = system_clock().steady_now();
  if (every_ms_ == 0 || now - said_ < every_ms_) return;
  said_ = now;
  say("WATCHDOG=1");
}

}  // namespace assay::verifier
