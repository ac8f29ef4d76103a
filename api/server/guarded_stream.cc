#include "api/server/guarded_stream.h"

#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace assay::api {
namespace {

constexpr std::int64_t kSliceMs = 50;
constexpr std::int64_t kIdleMs = 5'000;
constexpr std::int64_t kIdleCrowdedMs = 100;
constexpr std::int64_t kGraceMs = 10'000;
constexpr std::int64_t kGraceCrowdedMs = 2'000;
constexpr std::int64_t kGraceStoppingMs = 2'000;
constexpr std::uint64_t kBytesPerMsMin = 32;
constexpr std::string_view kRangeHeader = "range:";
constexpr std::int64_t kLingerMs = 500;
constexpr std::int64_t kLingerCrowdedMs = 50;

SteadyMillis now() {
  return system_clock().steady_now();
}

std::string peer_of(socket_t fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  std::array<char, NI_MAXHOST> host{};
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host.data(), host.size(), nullptr,
                    0, NI_NUMERICHOST) != 0) {
    return "";
  }
  return host.data();
}

}  // namespace

GuardedStream::GuardedStream(socket_t fd, const Pressure& pressure)
    : fd_(fd), pressure_(pressure), peer_(peer_of(fd)) {}

bool GuardedStream::wait(short events, std::int64_t timeout_ms) const {
  pollfd entry{fd_, events, 0};
  const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(timeout_ms, 0)));
  return ready > 0;
}

// A head has a fixed time; what is longer gets more time as it moves.
std::int64_t GuardedStream::time_left_ms(SteadyMillis since, std::uint64_t moved) const {
  std::int64_t grace = pressure_.crowded() ? kGraceCrowdedMs : kGraceMs;
  if (pressure_.stopping) {
    grace = kGraceStoppingMs;
  } else if (phase_ == Phase::body) {
    grace += static_cast<std::int64_t>(moved / kBytesPerMsMin);
  }
  return grace - (now() - since);
}

bool GuardedStream::next_request() {
  phase_ = Phase::head;
  budget_ = kHeadBytesMax;
  moved_ = 0;
  matched_ = 0;
  saw_range_ = false;
  const SteadyMillis idle_since = now();
  while (begin_ == end_) {
    if (pressure_.stopping) return false;
    const std::int64_t patience = pressure_.crowded() ? kIdleCrowdedMs : kIdleMs;
    if (now() - idle_since >= patience) return false;
    if (wait(POLLIN, kSliceMs)) break;
  }
  since_ = now();
  return true;
}

void GuardedStream::begin_body(std::uint64_t bytes) {
  phase_ = Phase::body;
  budget_ = bytes;
  moved_ = 0;
  since_ = now();
}

bool GuardedStream::fill() {
  while (true) {
    const std::int64_t left = time_left_ms(since_, moved_);
    if (left <= 0) return false;
    if (!wait(POLLIN, std::min(left, kSliceMs))) continue;
    const ssize_t got = ::recv(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return false;
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
    return true;
  }
}

// "Range:" at the beginning of a line becomes "Rang-:", another header.
void GuardedStream::hide_range(char* bytes, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const char c =
        bytes[i] >= 'A' && bytes[i] <= 'Z' ? static_cast<char>(bytes[i] - 'A' + 'a') : bytes[i];
    if (c == '\n') {
      matched_ = 0;
    } else if (matched_ < kRangeHeader.size() && c == kRangeHeader[matched_]) {
      ++matched_;
      if (c == 'e') bytes[i] = '-';
      if (c == ':') saw_range_ = true;
    } else {
      matched_ = kRangeHeader.size();
    }
  }
}

ssize_t GuardedStream::read(char* to, std::size_t size) {
  if (broken_ || budget_ == 0 || (begin_ == end_ && !fill())) {
    broken_ = true;
    return -1;
  }
  const std::size_t count =
      std::min({size, end_ - begin_,
                static_cast<std::size_t>(std::min<std::uint64_t>(budget_, buffer_.size()))});
  std::copy_n(buffer_.data() + begin_, count, to);
  if (phase_ == Phase::head) hide_range(to, count);
  begin_ += count;
  budget_ -= count;
  moved_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t GuardedStream::write(const char* from, std::size_t size) {
  const SteadyMillis since = now();
  std::size_t sent = 0;
  while (sent < size) {
    const std::int64_t left = time_left_ms(since, sent);
    if (left <= 0) break;
    if (!wait(POLLOUT, std::min(left, kSliceMs))) continue;
    const ssize_t count = ::send(fd_, from + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) break;
    sent += static_cast<std::size_t>(count);
  }
  if (sent == size) return static_cast<ssize_t>(sent);
  broken_ = true;
  return -1;
}

void GuardedStream::close() {
  ::shutdown(fd_, SHUT_WR);
  // Closing with unread bytes resets the connection, and the peer would lose the answer.
  const bool was_idle = phase_ == Phase::head && moved_ == 0 && !broken_;
  const SteadyMillis since = now();
  while (!is_in_step() && !was_idle && !pressure_.stopping) {
    if (now() - since >= (pressure_.crowded() ? kLingerCrowdedMs : kLingerMs)) break;
    if (!wait(POLLIN, kLingerCrowdedMs)) continue;
    if (::recv(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) <= 0) break;
  }
  ::close(fd_);
}

bool GuardedStream::is_readable() const {
  return begin_ != end_ || wait(POLLIN, kGraceMs);
}
bool GuardedStream::is_writable() const {
  return wait(POLLOUT, kGraceMs);
}

// Nobody here decides anything by an address: the edge does.
void GuardedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}
void GuardedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace assay::api
