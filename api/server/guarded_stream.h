// The bytes of one accepted connection, rationed. The HTTP library reads whatever a peer sends for
// as long as it sends; here every request has a budget of head bytes and of time, a body has
// exactly its Content-Length, and bodies and answers must move at a least rate. One thread;
// Pressure is shared by all connections of a server.
#pragma once

#include <httplib.h>

#include <array>
#include <atomic>
#include <string>

#include "core/base/time.h"

namespace assay::api {

// How busy a server is. When three quarters of its threads are taken, idle and slow connections are
// given up sooner, so that they do not keep others out.
struct Pressure {
  explicit Pressure(unsigned thread_count) : threads(thread_count) {}

  const unsigned threads;
  std::atomic<unsigned> busy{0};
  std::atomic<std::uint64_t> body_bytes{0};  // of the bodies being read and worked on
  std::atomic<bool> stopping{false};

  bool crowded() const { return busy * 4 >= threads * 3; }
};

inline constexpr std::size_t kHeadBytesMax = std::size_t{32} << 10;

class GuardedStream final : public httplib::Stream {
 public:
  GuardedStream(socket_t fd, const Pressure& pressure);

  // The address at the other end; empty where there is none.
  const std::string& peer() const { return peer_; }

  // Waits for the first byte of the next request and begins its head. False: the peer is gone, was
  // idle for too long, or the server stops.
  bool next_request();
  // The head is over; `bytes` of body follow.
  void begin_body(std::uint64_t bytes);
  // The request was read to its end and within its budgets: another one may follow.
  bool is_in_step() const { return !broken_ && phase_ == Phase::body && budget_ == 0; }
  // Did the head have a Range? The library never sees one: it would run a recursive regular
  // expression over it, megabytes of stack for a long one, before anybody could refuse.
  bool saw_range() const { return saw_range_; }
  // Closes. A peer that is still sending gets a moment to read the answer.
  void close();

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return fd_; }

 private:
  enum class Phase { head, body };

  bool wait(short events, std::int64_t timeout_ms) const;
  std::int64_t time_left_ms(SteadyMillis since, std::uint64_t moved) const;
  bool fill();
  void hide_range(char* bytes, std::size_t count);

  const socket_t fd_;
  const Pressure& pressure_;
  const std::string peer_;
  std::array<char, 16384> buffer_;
  std::size_t begin_ = 0;  // of what has been received and not read
  std::size_t end_ = 0;
  Phase phase_ = Phase::head;
  std::uint64_t budget_ = 0;  // bytes that may still be read in this phase
  std::uint64_t moved_ = 0;   // bytes read in this phase
  SteadyMillis since_;
  std::size_t matched_ = 0;  // of "range:", at the beginning of the head's line
  bool saw_range_ = false;
  bool broken_ = false;
};

}  // namespace assay::api
