// The attacks that the HTTP library by itself falls to. Each must be answered 4xx or cut off, use
// little memory, and leave a server that answers.
#include <algorithm>

#include "core/base/time.h"
#include "tests/api/fake_port.h"
#include "tests/api/raw_socket.h"
#include "tests/catch.h"

namespace assay {
namespace {

using test::LiveServer;
using test::RawSocket;
using test::status_in;

constexpr std::int64_t kFloodMs = 5000;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kMemoryMax = std::uint64_t{200} << 20;  // a sanitizer's shadow counts too
#else
constexpr std::uint64_t kMemoryMax = std::uint64_t{20} << 20;
#endif
const std::string kHost = "Host: verifier\r\n";

// Sends `piece` until the server takes no more; milliseconds until then.
std::int64_t flood(RawSocket& socket, const std::string& piece) {
  const SteadyMillis began = system_clock().steady_now();
  std::int64_t took_ms = 0;
  while (took_ms < kFloodMs && socket.send(piece)) took_ms = system_clock().steady_now() - began;
  return took_ms;
}

void still_serves(LiveServer& live) {
  RawSocket honest(live.port());
  REQUIRE(honest.send("GET /checkpoint HTTP/1.1\r\n" + kHost + "\r\n"));
  CHECK(status_in(honest.read_response()) == 200);
}

struct Attack {
  const char* name;
  std::string head;          // sent first
  std::string piece;         // then this, over and over, for kFloodMs
  std::vector<int> answers;  // what it may be answered with
};

std::vector<Attack> attacks() {
  const std::string post = "POST /v1/jobs HTTP/1.1\r\n" + kHost;
  std::string ranges = "bytes=0-";
  while (ranges.size() < 8000) ranges += ",0-";
  std::string name_64k(65536, 'n');
  return {
      {"a chunked body without end",
       post + "Transfer-Encoding: chunked\r\n\r\n",
       "10000\r\n" + std::string(65536, 'x') + "\r\n",
       {411}},
      {"a compressed bomb",
       post + "Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n",
       std::string(100000, '\0'),
       {415}},
      {"a header line without end",
       "GET /checkpoint HTTP/1.1\r\n" + kHost + "X: ",
       name_64k,
       {400}},
      {"a request line without end", "GET /", name_64k, {400, 414}},
      {"headers without end", "GET /checkpoint HTTP/1.1\r\n" + kHost, "A: b\r\nC: d\r\n", {400}},
      {"overlapping ranges",
       "GET /v1/jobs/x/result HTTP/1.1\r\n" + kHost + "Range: " + ranges + "\r\n\r\n",
       "",
       {416}},
      {"two lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "", {400}},
      {"a length and chunks",
       post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "",
       {411}},
      {"two hosts", "GET /checkpoint HTTP/1.1\r\n" + kHost + kHost + "\r\n", "", {400}},
      {"a body of 4 GiB, promised",
       "PUT /v1/blobs/" + std::string(64, 'a') + " HTTP/1.1\r\n" + kHost +
           "Content-Length: 4294967296\r\n\r\n",
       name_64k,
       {413}},
      {"a form of a million parts",
       post + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n",
       "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n",
       {415}},
      {"a body that belongs to no GET",
       "GET /checkpoint HTTP/1.1\r\n" + kHost + "Content-Length: 1000000\r\n\r\n",
       name_64k,
       {413}},
  };
}

TEST_CASE("each of the twelve attacks is refused, cheaply, and the server goes on") {
  LiveServer live;
  still_serves(live);
  for (const Attack& attack : attacks()) {
    INFO(attack.name);
    const std::uint64_t before = test::resident_bytes();
    RawSocket socket(live.port());
    REQUIRE(socket.send(attack.head));
    const std::int64_t flooded_ms = attack.piece.empty() ? 0 : flood(socket, attack.piece);
    const int answer = status_in(socket.read_all());
    CAPTURE(answer, flooded_ms);
    // An answer may be lost to a peer that goes on sending and is reset.
    const bool cut_off = !attack.piece.empty() && answer == 0;
    CHECK((cut_off || std::count(attack.answers.begin(), attack.answers.end(), answer) == 1));
    CHECK(test::resident_bytes() < before + kMemoryMax);
    CHECK(flooded_ms < 2000);
    still_serves(live);
  }
}

TEST_CASE("long ranges cost no memory on any thread") {
  LiveServer live;
  still_serves(live);
  std::string ranges = "0-";
  while (ranges.size() < 8000) ranges += ",0-";
  for (const char* name : {"Range", "range", "RANGE"}) {
    const std::uint64_t before = test::resident_bytes();
    std::vector<RawSocket> all;
    for (int i = 0; i < 128; ++i) {
      REQUIRE(all.emplace_back(live.port())
                  .send("GET /checkpoint HTTP/1.1\r\n" + kHost + name + ": bytes=" + ranges +
                        "\r\n\r\n"));
    }
    for (RawSocket& socket : all) CHECK(status_in(socket.read_response()) == 416);
    CHECK(test::resident_bytes() < before + kMemoryMax);
  }
  RawSocket other(live.port());
  REQUIRE(other.send("GET /checkpoint HTTP/1.1\r\n" + kHost +
                     "X-Range: bytes=0-0\r\nRanges: bytes=0-0\r\n\r\n"));
  CHECK(status_in(other.read_response()) == 200);
}

TEST_CASE("what follows a refused body is never read as a request") {
  LiveServer live;
  const std::string hidden = "GET /v1/jobs/hidden HTTP/1.1\r\n" + kHost + "\r\n";
  const std::string heads[] = {
      "POST /v1/jobs HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /v1/jobs HTTP/1.1\r\n" + kHost + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
      "GET /checkpoint HTTP/1.1\r\n" + kHost + "Content-Length: " + std::to_string(hidden.size()) +
          "\r\n\r\n",
      "HEAD /checkpoint HTTP/1.1\r\n" + kHost + "Content-Length: " + std::to_string(hidden.size()) +
          "\r\n\r\n",
      "DELETE /v1/jobs HTTP/1.1\r\n" + kHost + "Content-Length: " + std::to_string(hidden.size()) +
          "\r\n\r\n",
      "OPTIONS /v1/jobs HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n",
      "BREW /v1/jobs HTTP/1.1\r\n" + kHost + "\r\n",
      "GET /checkpoint HTTP/9.9\r\n" + kHost + "\r\n",
  };
  for (const std::string& head : heads) {
    INFO(head);
    RawSocket socket(live.port());
    REQUIRE(socket.send(head + hidden));
    const std::string answer = socket.read_all();
    CHECK(status_in(answer) >= 400);
    CHECK(answer.find("hidden") == std::string::npos);
    CHECK(answer.find("HTTP/1.1", 8) == std::string::npos);  // one answer, then the end
    CHECK(live.service.last_call() != "job hidden");
  }
}

TEST_CASE("what the service throws is answered without its text") {
  LiveServer live;
  live.service.on_call = [] { throw std::runtime_error("the secret of the house"); };
  RawSocket socket(live.port());
  REQUIRE(socket.send("GET /checkpoint HTTP/1.1\r\n" + kHost + "\r\n"));
  const std::string answer = socket.read_response();
  CHECK(status_in(answer) == 500);
  CHECK(answer.find("secret") == std::string::npos);
  CHECK(answer.find("\"code\":\"internal\"") != std::string::npos);
  live.service.on_call = nullptr;
  still_serves(live);
}

TEST_CASE("claimed addresses and methods change nothing") {
  LiveServer live;
  RawSocket socket(live.port());
  REQUIRE(socket.send("GET /v1/jobs/j HTTP/1.1\r\n" + kHost +
                      "REMOTE_ADDR: 127.0.0.1\r\nX-HTTP-Method-Override: PUT\r\n"
                      "X-Forwarded-For: 10.0.0.1\r\n\r\n"));
  CHECK(status_in(socket.read_response()) == 200);
  CHECK(live.service.last_call() == "job j");
}

TEST_CASE("an answer is not compressed, whatever the client would take") {
  LiveServer live;
  RawSocket socket(live.port());
  REQUIRE(socket.send("GET /v1/jobs/j HTTP/1.1\r\n" + kHost + "Accept-Encoding: gzip, br\r\n\r\n"));
  const std::string answer = socket.read_response();
  CHECK(answer.find("Content-Encoding") == std::string::npos);
  CHECK(answer.ends_with(test::FakePort::document("job j").dump()));
}

}  // namespace
}  // namespace assay
