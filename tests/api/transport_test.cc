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

const std::string kHost = "Host: v\r\n";

TEST_CASE("requests follow each other on one connection, also when sent at once") {
  LiveServer live;
  RawSocket socket(live.port());
  std::string all;
  for (int i = 0; i < 20; ++i) {
    all += "GET /v1/jobs/" + std::to_string(i) + " HTTP/1.1\r\n" + kHost + "\r\n";
    all += "POST /v1/poll HTTP/1.1\r\n" + kHost + "Content-Length: 4\r\n\r\nbeat";
  }
  REQUIRE(socket.send(all));
  for (int i = 0; i < 20; ++i) {
    const std::string job = socket.read_response();
    CHECK(job.ends_with(test::FakePort::document("job " + std::to_string(i)).dump()));
    CHECK(socket.read_response().ends_with(test::FakePort::text("poll beat")));
  }
  CHECK(live.service.calls() == 40);
}

TEST_CASE("HEAD has the headers of GET and no body") {
  LiveServer live;
  RawSocket socket(live.port());
  REQUIRE(socket.send("HEAD /checkpoint HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n"));
  const std::string answer = socket.read_all();
  CHECK(status_in(answer) == 200);
  CHECK(answer.ends_with("\r\n\r\n"));
  CHECK(answer.find("Content-Length: " + std::to_string(test::FakePort::text("checkpoint").size()) +
                    "\r\n") != std::string::npos);
  CHECK(answer.find("ETag: ") != std::string::npos);
}

TEST_CASE("a client that waits to be told to go on is told so, or refused without") {
  LiveServer live(8, 1000);
  RawSocket socket(live.port());
  REQUIRE(socket.send("POST /v1/poll HTTP/1.1\r\n" + kHost +
                      "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  CHECK(status_in(socket.read_response()) == 100);
  REQUIRE(socket.send("beat"));
  CHECK(status_in(socket.read_response()) == 200);

  RawSocket refused(live.port());
  REQUIRE(refused.send("PUT /v1/blobs/" + std::string(64, 'a') + " HTTP/1.1\r\n" + kHost +
                       "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n"));
  CHECK(status_in(refused.read_response()) == 413);
}

TEST_CASE("what curl sends by itself is taken: a form's content type, any size") {
  LiveServer live;
  const std::string body(100'000, 'x');
  RawSocket socket(live.port());
  REQUIRE(socket.send("POST /v1/poll HTTP/1.1\r\n" + kHost +
                      "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body));
  CHECK(status_in(socket.read_response()) == 200);
  CHECK(live.service.last_call() == "poll " + body);
}

TEST_CASE("an old client without keep-alive is answered and closed") {
  LiveServer live;
  RawSocket socket(live.port());
  REQUIRE(socket.send("GET /checkpoint HTTP/1.0\r\n" + kHost + "\r\n"));
  CHECK(status_in(socket.read_response()) == 200);
  CHECK(socket.is_closed_within(2000));
}

TEST_CASE("no server listens beyond loopback unless told to") {
  test::FakePort service;
  const api::ListenAddress everywhere = api::parse_listen_address("0.0.0.0:0").value();
  const auto refused = api::HttpServer::start(everywhere, test::site_over(service, 10));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::permission);
  CHECK(api::HttpServer::start(everywhere, test::site_over(service, 10),
                               {.threads = 2, .beyond_loopback = true})
            .ok());
}

TEST_CASE("a port that is taken is an error, not shared") {
  LiveServer live;
  test::FakePort service;
  const auto second = api::HttpServer::start(live.server->address(), test::site_over(service, 10));
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == Code::network);
  CHECK(second.error().what.find(live.url()) != std::string::npos);
}

TEST_CASE("stopping answers what is under way and does not wait for who is idle") {
  auto live = std::make_unique<LiveServer>(4);
  live->service.on_call = [] { std::this_thread::sleep_for(std::chrono::milliseconds(300)); };
  RawSocket idle(live->port());
  RawSocket busy(live->port());
  REQUIRE(busy.send("GET /checkpoint HTTP/1.1\r\n" + kHost + "\r\n"));
  while (live->service.calls() == 0) std::this_thread::yield();
  const SteadyMillis began = system_clock().steady_now();
  live->server.reset();
  CHECK(system_clock().steady_now() - began < 1500);
  CHECK(status_in(busy.read_response()) == 200);
  CHECK(idle.is_closed_within(100));
}

TEST_CASE("too many large bodies at once are put off") {
  test::FakePort service;
  const auto server = api::HttpServer::start(
      test::any_loopback_port(), test::site_over(service, std::size_t{8} << 20),
      {.threads = 8, .body_bytes_in_flight_max = std::uint64_t{4} << 20});
  REQUIRE(server.ok());
  const std::uint16_t port = server.value()->address().port;
  const std::string head = "PUT /v1/blobs/" + std::string(64, 'a') + " HTTP/1.1\r\n" + kHost +
                           "Content-Length: 3145728\r\n\r\n";
  RawSocket first(port);
  REQUIRE(first.send(head + "x"));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  RawSocket second(port);
  REQUIRE(second.send(head));
  const std::string answer = second.read_response();
  CHECK(status_in(answer) == 429);
  CHECK(answer.find("Retry-After: ") != std::string::npos);
  REQUIRE(first.send(std::string(3145727, 'x')));
  CHECK(status_in(first.read_response()) == 422);  // whole, and not what its name says
  // The room is given back when the answer has been written: a moment later, maybe.
  int status = 429;
  for (int tries = 0; status == 429 && tries < 100; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    RawSocket third(port);
    REQUIRE(third.send(head + std::string(3145728, 'x')));
    status = status_in(third.read_response());
  }
  CHECK(status == 422);
}

}  // namespace
}  // namespace assay
