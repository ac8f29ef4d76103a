// Many connections at once: who is idle or slow must not keep others out.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <thread>

#include "core/base/time.h"
#include "tests/api/fake_port.h"
#include "tests/api/raw_socket.h"
#include "tests/catch.h"

namespace assay {
namespace {

using test::LiveServer;
using test::RawSocket;
using test::status_in;

const std::string kGet = "GET /checkpoint HTTP/1.1\r\nHost: v\r\n\r\n";

std::int64_t served_in_ms(std::uint16_t port) {
  const SteadyMillis began = system_clock().steady_now();
  RawSocket socket(port);
  REQUIRE(socket.send(kGet));
  REQUIRE(status_in(socket.read_response(10'000)) == 200);
  return system_clock().steady_now() - began;
}

TEST_CASE("64 idle keep-alive connections do not starve a new client") {
  LiveServer live(64);
  std::vector<RawSocket> idle;
  for (int i = 0; i < 64; ++i) {
    RawSocket& socket = idle.emplace_back(live.port());
    REQUIRE(socket.send(kGet));
    REQUIRE(status_in(socket.read_response()) == 200);
  }
  const std::int64_t waited_ms = served_in_ms(live.port());
  CAPTURE(waited_ms);
  CHECK(waited_ms < 1000);
}

TEST_CASE("connections that never say anything give way to those that do") {
  LiveServer live(8);
  std::vector<RawSocket> silent;
  for (int i = 0; i < 200; ++i) silent.emplace_back(live.port());
  CHECK(served_in_ms(live.port()) < 5000);  // 200 in turns of 8, each given 100 ms
}

TEST_CASE("heads that trickle in are cut off") {
  LiveServer live(4);
  std::vector<RawSocket> slow;
  for (int i = 0; i < 4; ++i) {
    RawSocket& socket = slow.emplace_back(live.port());
    REQUIRE(socket.send("GET /checkpoint HTTP/1.1\r\n"));
  }
  std::atomic<bool> done = false;
  std::thread trickle([&] {
    while (!done) {
      for (RawSocket& socket : slow) (void)socket.send("X: y\r\n");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  const std::int64_t waited_ms = served_in_ms(live.port());
  done = true;
  trickle.join();
  CAPTURE(waited_ms);
  CHECK(waited_ms < 4000);
}

TEST_CASE("a body that stops coming is given up, and 408 says so") {
  LiveServer live(1);  // one connection makes a crowd: the short limits
  RawSocket socket(live.port());
  REQUIRE(socket.send("POST /v1/jobs HTTP/1.1\r\nHost: v\r\nContent-Length: 10\r\n\r\nabc"));
  const std::string answer = socket.read_response(8000);
  CHECK(status_in(answer) == 408);
  CHECK(live.service.calls() == 0);
  CHECK(served_in_ms(live.port()) < 2000);
}

// Holds every call until it is released.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

TEST_CASE("the operator's port answers while every public thread is taken") {
  constexpr int kThreads = 8;
  LiveServer live(kThreads);
  Gate gate;
  live.service.on_call = [&] { gate.wait(); };
  std::vector<RawSocket> busy;
  for (int i = 0; i < 3 * kThreads; ++i) {
    REQUIRE(busy.emplace_back(live.port()).send(kGet));
  }
  gate.wait_for(kThreads);

  test::FakePort operators_view;
  const auto admin = api::HttpServer::start(
      test::any_loopback_port(),
      {[&](const api::Request& request) { return api::handle_admin(request, operators_view); }, {}},
      {.threads = 2});
  REQUIRE(admin.ok());
  for (const char* path : {"/livez", "/readyz", "/metrics"}) {
    RawSocket socket(admin.value()->address().port);
    REQUIRE(socket.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: v\r\n\r\n"));
    CHECK(status_in(socket.read_response(2000)) == 200);
  }
  gate.open();
  for (RawSocket& socket : busy) CHECK(status_in(socket.read_response()) == 200);
}

TEST_CASE("a burst of 500 connections is all served") {
  LiveServer live(8);
  std::vector<RawSocket> burst;
  for (int i = 0; i < 500; ++i) {
    REQUIRE(burst.emplace_back(live.port())
                .send("GET /checkpoint HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n"));
  }
  for (RawSocket& socket : burst) REQUIRE(status_in(socket.read_response(10'000)) == 200);
  CHECK(live.service.calls() == 500);
}

}  // namespace
}  // namespace assay
