// What a batch costs: of its signers' shares, of its prefix's, and under an Idempotency-Key.
#include "api/port/batch.h"
#include "tests/api/guarded.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using api::GateLimits;
using api::RateLimiter;
using api::Request;
using api::Response;

TEST_CASE("calls that there are not are owed, and waited for") {
  ManualClock clock{UnixMillis{0}};
  RateLimiter limiter({.per_second = 10, .burst = 3}, clock);
  limiter.charge("a", 0);
  CHECK(limiter.parties() == 0);
  limiter.charge("a", 10);  // 3 of them there
  CHECK(limiter.wait_ms("a") == 800);
  CHECK(limiter.take("a") == 800);
  clock.advance(799);
  CHECK(limiter.take("a") == 1);
  clock.advance(1);
  CHECK(limiter.take("a") == 0);
  CHECK(limiter.take("b") == 0);
  RateLimiter none({}, clock);
  none.charge("a", 1'000'000);
  CHECK(none.take("a") == 0);
}

// A batch of these, answered with these statuses.
struct Batch {
  std::vector<std::string> envelopes;
  std::vector<int> statuses;
};

Response post_batch(Guarded& it, const Batch& batch, const std::string& key = "",
                    const std::string& peer = "") {
  it.answer = [&](const Request&) {
    Response response{200, "application/json", {}, std::to_string(it.calls)};
    response.parts = batch.statuses;
    return response;
  };
  return it.post(api::batch_text(batch.envelopes), key, "/v1/attestations", peer);
}

TEST_CASE("a batch takes of each signer's share what it newly took in of that signer's") {
  const GateLimits limits{.per_prefix = {}, .per_key = {.per_second = 1, .burst = 5}};
  const std::string mine = signed_by(1);
  const std::string yours = signed_by(2);
  const auto wait_s = [](Guarded& it, const std::string& envelope) {
    it.answer = [](const Request&) { return Response{200, "", {}, ""}; };
    const Response response = it.post(envelope);
    return response.status == 429 ? std::stoi(*response.header("Retry-After")) : 0;
  };
  const struct {
    const char* name;
    Batch batch;
    int my_wait, your_wait;  // seconds
  } rows[] = {
      {"within the share", {{mine, mine, mine, mine}, {201, 201, 201, 201}}, 0, 0},
      {"all of it", {{mine, mine, mine, mine, mine}, std::vector<int>(5, 201)}, 1, 0},
      {"more than it", {std::vector<std::string>(9, mine), std::vector<int>(9, 201)}, 5, 0},
      {"nothing new", {std::vector<std::string>(9, mine), std::vector<int>(9, 200)}, 0, 0},
      {"nothing right", {std::vector<std::string>(9, mine), std::vector<int>(9, 409)}, 0, 0},
      {"of two",
       {{mine, yours, mine, yours, mine, mine, "{}", mine, mine, mine},
        {201, 201, 201, 401, 201, 201, 400, 201, 200, 201}},
       2,
       0},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    Guarded it(limits);
    CHECK(post_batch(it, row.batch).status == 200);
    CHECK(wait_s(it, mine) == row.my_wait);
    CHECK(wait_s(it, yours) == row.your_wait);
  }
}

TEST_CASE("a batch waits while one of its signers has to, and says which") {
  Guarded it({.per_prefix = {}, .per_key = {.per_second = 1, .burst = 3}});
  const Batch mine{std::vector<std::string>(8, signed_by(1)), std::vector<int>(8, 201)};
  CHECK(post_batch(it, mine).status == 200);
  const Batch both{{signed_by(2), "{}", signed_by(1)}, {201, 400, 201}};
  const Response refused = post_batch(it, both);
  CHECK(refused.status == 429);
  CHECK(*refused.header("Retry-After") == "6");
  const std::string id =
      key_id(SigningKey::from_seed(Bytes(32, std::uint8_t{1})).value().public_key());
  CHECK(refused.body.find("by the key " + id) != std::string::npos);
  CHECK(it.calls == 1);
  CHECK(it.gate.counts().refused_by_key == 1);
  it.clock.advance(6'000);
  CHECK(post_batch(it, both).status == 200);
}

TEST_CASE("a prefix pays for each envelope of a batch, whatever becomes of it") {
  Guarded it({.per_prefix = {.per_second = 1, .burst = 10}, .per_key = {}});
  const std::string peer = "198.51.100.7";
  const auto ask = [&](const Batch& batch) {
    if (const auto refused = it.site.admit(request_from(peer))) return *refused;
    return post_batch(it, batch, "", peer);
  };
  CHECK(ask({std::vector<std::string>(4, "{}"), std::vector<int>(4, 400)}).status == 200);
  CHECK(ask({std::vector<std::string>(100, signed_by(1)), std::vector<int>(100, 200)}).status ==
        200);
  const Response refused = ask({{"{}"}, {400}});
  CHECK(refused.status == 429);
  CHECK(*refused.header("Retry-After") == "95");  // 104 requests, 10 at once
  CHECK_FALSE(it.site.admit(request_from("203.0.113.1")));
  it.clock.advance(95'000);
  CHECK(ask({{"{}"}, {400}}).status == 200);
  // One that is no batch after all is one request, and so is one on another route.
  Guarded other({.per_prefix = {.per_second = 1, .burst = 2}, .per_key = {}});
  const std::string many = api::batch_text(std::vector<std::string>(101, "{}"));
  CHECK_FALSE(other.site.admit(request_from(peer)));
  CHECK(other.post(many, "", "/v1/attestations", peer).status == 201);
  CHECK_FALSE(other.site.admit(request_from(peer)));
  CHECK(other.site.admit(request_from(peer)));
}

TEST_CASE("a batch has an Idempotency-Key as one has, and is kept once all of it is taken") {
  Guarded it;
  const std::string one = signed_by(1);
  const std::string two = signed_by(1, "y");
  const Batch partly{{one, two}, {201, 503}};
  CHECK(post_batch(it, partly, "k").body == "1");
  const Batch wholly{{one, two}, {200, 201}};
  CHECK(post_batch(it, wholly, "k").body == "2");  // asked again, done again
  const Response again = post_batch(it, partly, "k");
  CHECK(again.body == "2");
  CHECK(*again.header("Idempotency-Replayed") == "true");
  CHECK(it.calls == 2);
  CHECK(post_batch(it, {{one}, {200}}, "k").status == 422);         // another body
  CHECK(post_batch(it, {{signed_by(2)}, {201}}, "k").body == "3");  // another signer's key
  // Of several signers: the network's.
  const Batch mixed{{one, signed_by(2)}, {201, 201}};
  CHECK(post_batch(it, mixed, "k", "198.51.100.7").body == "4");
  CHECK(post_batch(it, mixed, "k", "198.51.100.9").body == "4");
  CHECK(post_batch(it, mixed, "k", "203.0.113.1").body == "5");
}

}  // namespace
}  // namespace assay::test
