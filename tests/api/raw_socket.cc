#include "tests/api/raw_socket.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace assay::test {
namespace {

constexpr int kSendTimeoutMs = 5000;

using SteadyClock = std::chrono::steady_clock;

bool ready(int fd, short events, int timeout_ms) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, timeout_ms) > 0;
}

}  // namespace

RawSocket::RawSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd_ < 0 ||
      ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("cannot connect");
  }
}
RawSocket::~RawSocket() {
  if (fd_ >= 0) ::close(fd_);
}
RawSocket::RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!ready(fd_, POLLOUT, kSendTimeoutMs)) return false;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawSocket::finish_sending() {
  ::shutdown(fd_, SHUT_WR);
}

std::string RawSocket::read_all(int quiet_ms) {
  std::string all;
  char buffer[16384];
  while (ready(fd_, POLLIN, quiet_ms)) {
    const ssize_t got = ::recv(fd_, buffer, sizeof(buffer), 0);
    if (got <= 0) break;
    all.append(buffer, static_cast<std::size_t>(got));
  }
  return all;
}

std::string RawSocket::read_response(int timeout_ms) {
  std::string text;
  std::size_t wanted = std::string::npos;
  char byte = 0;
  while (text.size() < wanted && ready(fd_, POLLIN, timeout_ms)) {
    if (::recv(fd_, &byte, 1, 0) != 1) break;
    text += byte;
    if (wanted != std::string::npos || !text.ends_with("\r\n\r\n")) continue;
    const std::size_t length = text.find("Content-Length: ");
    wanted = text.size() + (length == std::string::npos ? 0 : std::stoul(text.substr(length + 16)));
  }
  return text;
}

bool RawSocket::is_closed_within(int timeout_ms) {
  const auto until = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  char buffer[16384];
  while (SteadyClock::now() < until) {
    if (ready(fd_, POLLIN, 20) && ::recv(fd_, buffer, sizeof(buffer), 0) <= 0) return true;
  }
  return false;
}

int status_in(std::string_view response) {
  if (!response.starts_with("HTTP/1.1 ") || response.size() < 12) return 0;
  return std::stoi(std::string(response.substr(9, 3)));
}

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace assay::test
