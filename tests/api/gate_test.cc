// What stands before the routes: limits, Idempotency-Key, sealed cursors.
#include "api/server/gate.h"

#include "api/server/cursor.h"
#include "api/server/query.h"
#include "api/server/routes.h"
#include "tests/api/fake_port.h"
#include "tests/api/guarded.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using api::GateLimits;
using api::RateLimiter;
using api::Request;
using api::Response;

TEST_CASE("a bucket gives a burst, then what the rate gives, and never more") {
  ManualClock clock{UnixMillis{0}};
  RateLimiter limiter({.per_second = 10, .burst = 3}, clock);
  for (int i = 0; i < 3; ++i) CHECK(limiter.take("a") == 0);
  CHECK(limiter.take("a") == 100);
  CHECK(limiter.wait_ms("a") == 100);
  CHECK(limiter.take("b") == 0);  // somebody else
  clock.advance(99);
  CHECK(limiter.take("a") == 1);
  clock.advance(1);
  CHECK(limiter.take("a") == 0);
  CHECK(limiter.take("a") == 100);
  clock.advance(1'000'000);
  for (int i = 0; i < 3; ++i) CHECK(limiter.take("a") == 0);
  CHECK(limiter.take("a") == 100);
  RateLimiter none({}, clock);
  for (int i = 0; i < 1000; ++i) CHECK(none.take("a") == 0);
}

TEST_CASE("a limiter's memory is bounded, and crowding frees nobody who is at the limit") {
  ManualClock clock{UnixMillis{0}};
  RateLimiter limiter({.per_second = 1, .burst = 10}, clock);
  while (limiter.take("greedy") == 0) {
  }
  for (std::size_t i = 0; i < RateLimiter::kPartiesMax + 50; ++i) {
    CHECK(limiter.take("party " + std::to_string(i)) == 0);
  }
  CHECK(limiter.parties() <= RateLimiter::kPartiesMax);
  CHECK(limiter.take("greedy") > 0);
}

TEST_CASE("a prefix is the network that a request came from") {
  struct Case {
    const char* peer;
    const char* forwarded;
    const char* prefix;
  };
  const Case cases[] = {
      {"198.51.100.7", "", "198.51.100.0/24"},
      {"198.51.100.200", "", "198.51.100.0/24"},
      {"2001:db8:0:42ff::1", "", "2001:db8:0:4200::/56"},
      {"::ffff:198.51.100.7", "", "198.51.100.0/24"},
      {"127.0.0.1", "", ""},
      {"::1", "", ""},
      {"", "", ""},
      {"127.0.0.1", "203.0.113.9", "203.0.113.0/24"},
      // What a client says of itself comes before what the edge adds.
      {"127.0.0.1", "10.0.0.1, 203.0.113.9", "203.0.113.0/24"},
      {"::1", "2001:db8::1", "2001:db8::/56"},
      {"127.0.0.1", "127.0.0.1", ""},
      {"127.0.0.1", "nonsense", ""},
      // Nobody else is believed.
      {"198.51.100.7", "203.0.113.9", "198.51.100.0/24"},
  };
  for (const Case& each : cases) {
    INFO(each.peer << " for " << each.forwarded);
    CHECK(api::prefix_of(request_from(each.peer, each.forwarded)) == each.prefix);
  }
}

TEST_CASE("too many from one network are turned away by their head, others are not") {
  Guarded it({.per_prefix = {.per_second = 1, .burst = 5}, .per_key = {}});
  for (int i = 0; i < 5; ++i) CHECK_FALSE(it.site.admit(request_from("198.51.100.7")));
  const std::optional<Response> refused = it.site.admit(request_from("198.51.100.8"));
  REQUIRE(refused);
  CHECK(refused->status == 429);
  CHECK(*refused->header("Retry-After") == "1");
  CHECK(refused->body.find("198.51.100.0/24") != std::string::npos);
  CHECK_FALSE(it.site.admit(request_from("198.51.101.7")));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(it.site.admit(request_from("127.0.0.1")));
  it.clock.advance(1000);
  CHECK_FALSE(it.site.admit(request_from("198.51.100.8")));
  CHECK(it.gate.counts().refused_by_prefix == 1);
}

TEST_CASE("a key's share goes with what was newly taken in, and with nothing else") {
  Guarded it({.per_prefix = {}, .per_key = {.per_second = 1, .burst = 3}});
  for (const int status : {200, 400, 401, 403, 409, 422, 503}) {
    it.answer = [status](const Request&) { return Response{status, "", {}, ""}; };
    for (int i = 0; i < 10; ++i) CHECK(it.post(signed_by(1)).status == status);
  }
  it.answer = [](const Request&) { return Response{201, "", {}, ""}; };
  for (int i = 0; i < 3; ++i) CHECK(it.post(signed_by(1)).status == 201);
  const int calls = it.calls;
  CHECK(it.post(signed_by(1)).status == 429);
  CHECK(it.post(signed_by(1, "another")).status == 429);
  CHECK(it.calls == calls);
  CHECK(it.post(signed_by(2)).status == 201);
  CHECK(it.post("no statement").status == 201);
  it.clock.advance(1000);
  CHECK(it.post(signed_by(1)).status == 201);
  CHECK(it.gate.counts().refused_by_key == 2);
}

TEST_CASE("large answers are kept for a key while there is room, and the oldest goes first") {
  Guarded it;
  it.answer = [&](const Request&) {
    return Response{
        200, "application/json", {}, std::string(api::IdempotentAnswers::kAnswerBytesMax, 'x')};
  };
  const std::size_t fit =
      api::IdempotentAnswers::kBytesMax / api::IdempotentAnswers::kAnswerBytesMax;
  api::IdempotentAnswers answers(it.clock);
  const auto asked = [&](std::size_t number) {
    Request request{"POST", "/v1/match", "", {{"idempotency-key", std::to_string(number)}}, "{}"};
    if (const auto kept = answers.begin(request, "a"); kept) return true;
    answers.end(request, "a", it.answer(request));
    return false;
  };
  for (std::size_t i = 0; i <= fit; ++i) CHECK_FALSE(asked(i));
  CHECK(asked(fit));      // the newest
  CHECK_FALSE(asked(0));  // made room
  CHECK(asked(fit - 1));
}

TEST_CASE("an Idempotency-Key gives the first answer again, to whoever had it") {
  Guarded it;
  it.answer = [&](const Request&) {
    return Response{
        201, "application/json", {{"Cache-Control", "no-store"}}, std::to_string(it.calls)};
  };
  CHECK(it.post(signed_by(1), "k").body == "1");
  const Response again = it.post(signed_by(1), "k");
  CHECK(again.body == "1");
  CHECK(again.status == 201);
  CHECK(*again.header("Idempotency-Replayed") == "true");
  CHECK(it.calls == 1);
  CHECK(it.gate.counts().replayed == 1);

  CHECK(it.post(signed_by(1, "y"), "k").status == 422);             // another body
  CHECK(it.post(signed_by(2), "k").body == "2");                    // another sender's key
  CHECK(it.post(signed_by(1), "k", "/v1/challenges").body == "3");  // another route
  CHECK(it.post(signed_by(1), "other").body == "4");
  CHECK(it.post(signed_by(1)).body == "5");
  CHECK(it.post("{}", "k", "/v1/match", "198.51.100.7").body == "6");
  CHECK(it.post("{}", "k", "/v1/match", "198.51.100.9").body == "6");
  CHECK(it.post("{}", "k", "/v1/match", "203.0.113.1").body == "7");
  CHECK(it.post(signed_by(1), std::string(129, 'k')).status == 400);
  CHECK(it.post(signed_by(1), "\x01").status == 400);

  it.clock.advance(api::IdempotentAnswers::kKeptMs + 1);
  CHECK(it.post(signed_by(1), "k").body == "8");
}

TEST_CASE("what failed is tried again, and what is under way is not done twice") {
  Guarded it;
  for (const int status : {400, 409, 429, 500, 503}) {
    it.answer = [status](const Request&) { return Response{status, "", {}, ""}; };
    CHECK(it.post(signed_by(1), "k").status == status);
  }
  it.on_call = [] { throw std::runtime_error("a bug"); };
  CHECK_THROWS(it.post(signed_by(1), "k"));
  int inner = 0;
  it.answer = [](const Request&) { return Response{201, "", {}, ""}; };
  it.on_call = [&] {
    if (inner != 0) return;
    inner = -1;
    inner = it.post(signed_by(1), "k").status;
  };
  CHECK(it.post(signed_by(1), "k").status == 201);
  CHECK(inner == 409);
}

TEST_CASE("ten thousand answers are kept, the oldest goes first") {
  Guarded it;
  it.answer = [&](const Request&) { return Response{200, "", {}, std::to_string(it.calls)}; };
  for (std::size_t i = 0; i <= api::IdempotentAnswers::kEntriesMax; ++i) {
    (void)it.post("x", std::to_string(i));
  }
  const int calls = it.calls;
  CHECK(it.post("x", "1").body == "2");
  CHECK(it.calls == calls);
  (void)it.post("x", "0");
  CHECK(it.calls == calls + 1);
}

TEST_CASE("a cursor is opened where it was sealed, whole, and nowhere else") {
  const Digest key = sha256(as_bytes("key"));
  const Digest other = sha256(as_bytes("other"));
  for (const std::string inner :
       {"7", "12345678901234567890",
        "0de3bb5c179be925663c2eb29903b0daa7b73832920fd584071ccc9339ee6c37"}) {
    const std::string cursor = api::seal_cursor(key, "/v1/slashes", inner);
    CHECK(cursor.size() <= api::kWordBytesMax);
    if (inner.size() > 4) CHECK(cursor.find(inner) == std::string::npos);
    CHECK(api::open_cursor(key, "/v1/slashes", cursor).value() == inner);
    CHECK_FALSE(api::open_cursor(key, "/v1/providers", cursor).ok());
    CHECK_FALSE(api::open_cursor(other, "/v1/slashes", cursor).ok());
    CHECK_FALSE(api::open_cursor(key, "/v1/slashes", inner).ok());
    for (std::size_t i = 0; i < cursor.size(); ++i) {
      std::string bent = cursor;
      bent[i] = bent[i] == 'A' ? 'Q' : 'A';  // differ in a bit that counts, also in the last one
      CHECK_FALSE(api::open_cursor(key, "/v1/slashes", bent).ok());
    }
  }
}

TEST_CASE("lists give sealed cursors and take no others") {
  FakePort port;
  const api::RouteOptions options{.cursor_key = sha256(as_bytes("key"))};
  const auto get = [&](const std::string& query) {
    Request request{
        .method = "GET", .path = "/v1/slashes", .query = query, .headers = {}, .body = {}};
    return api::handle(request, port, options);
  };
  CHECK(get("").status == 200);
  CHECK(get("cursor=7").status == 400);
  const std::string cursor = api::seal_cursor(options.cursor_key, "/v1/slashes", "7");
  CHECK(get("cursor=" + cursor).status == 200);
  CHECK(port.last_call() == "slashes 7 50");
}

}  // namespace
}  // namespace assay::test
