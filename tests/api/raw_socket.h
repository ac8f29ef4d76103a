// A TCP connection to 127.0.0.1 that sends any bytes it is told to, and what this process uses.
// One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::test {

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port);
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept;
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  // False once the other side takes no more.
  bool send(std::string_view bytes);
  void finish_sending();
  // Reads until the peer closes, or nothing came for `quiet_ms`.
  std::string read_all(int quiet_ms = 3000);
  // Reads one response: its head and, by its Content-Length, its body.
  std::string read_response(int timeout_ms = 5000);
  // Did the peer close within this time? Discards what comes.
  bool is_closed_within(int timeout_ms);

 private:
  int fd_;
};

// The status of a response's text; 0 when it is none.
int status_in(std::string_view response);

// Resident memory of this process, in bytes.
std::uint64_t resident_bytes();

}  // namespace assay::test
