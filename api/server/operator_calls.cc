#include "api/server/operator_calls.h"

#include <algorithm>

#include "api/server/route_handlers.h"
#include "api/signature/http_signature.h"
#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::api {

using wire::Json;

namespace {

constexpr std::size_t kNonceBytesMin = 8;
constexpr std::size_t kNonceBytesMax = 64;
constexpr std::uint32_t kRateMax = 1'000'000;

HttpMessage message_of(const Request& request) {
  HttpMessage message{.method = request.method,
                      .scheme = "",
                      .path = request.path,
                      .query = {},
                      .fields = request.headers,
                      .status = 0};
  if (!request.query.empty()) message.query = request.query;
  return message;
}

struct Signed {
  SignatureInput input;
  Bytes signature;
};

// The only signature there is.
Result<Signed> signature_of(const Request& request) {
  const std::string* input = request.header("signature-input");
  const std::string* value = request.header("signature");
  if (input == nullptr || value == nullptr) {
    return fail(Code::signature,
                "an operator's call is signed: Signature-Input and Signature (RFC 9421)");
  }
  Result<std::map<std::string, SignatureInput>> inputs = parse_signature_input(*input);
  if (!inputs.ok()) return inputs.error();
  Result<std::map<std::string, Bytes>> values = parse_signatures(*value);
  if (!values.ok()) return values.error();
  if (inputs.value().size() != 1 || values.value().size() != 1 ||
      inputs.value().begin()->first != values.value().begin()->first) {
    return fail(Code::malformed, "one signature is wanted, under one label in both headers");
  }
  return Signed{std::move(inputs.value().begin()->second),
                std::move(values.value().begin()->second)};
}

Status check_cover(const Request& request, const SignatureInput& input) {
  for (const char* component : {"@method", "@authority", "@path", "@query"}) {
    if (!input.covers(component)) {
      return fail(Code::malformed, std::string("the signature must cover ") + component);
    }
  }
  // What scheme the caller used only an edge knows.
  if (input.covers("@scheme") || input.covers("@target-uri")) {
    return fail(Code::malformed, "@scheme and @target-uri are not known here: cover @authority");
  }
  for (const char* parameter : {"created", "expires", "nonce", "keyid"}) {
    if (input.find(parameter) == nullptr) {
      return fail(Code::malformed, std::string("the signature must have ") + parameter);
    }
  }
  const std::string* algorithm = input.find("alg");
  if (algorithm != nullptr && *algorithm != "ed25519") {
    return fail(Code::malformed, "alg: ed25519 is the only one");
  }
  if (request.body.empty()) return {};
  const std::string* digest = request.header("content-digest");
  if (!input.covers("content-digest") || digest == nullptr) {
    return fail(Code::malformed, "the signature must cover content-digest");
  }
  if (*digest == content_digest(as_bytes(request.body))) return {};
  return fail(Code::signature, "Content-Digest: it is not the body's sha-256");
}

}  // namespace

Status OperatorCalls::check_time(const std::string& created, const std::string& expires) const {
  const std::int64_t now = ports_.clock.unix_now().ms / 1000;
  const auto from = static_cast<std::int64_t>(wire::parse_u64(created).value());
  const auto to = static_cast<std::int64_t>(wire::parse_u64(expires).value());
  if (from > now + kWindowSeconds || from < now - kWindowSeconds) {
    return fail(Code::signature, "created: it is " + std::to_string(from - now) +
                                     " s from the verifier's clock; 60 s at most");
  }
  if (to <= now) return fail(Code::signature, "expires: it is over");
  if (to > from + 2 * kWindowSeconds) {
    return fail(Code::signature, "expires: at most 120 s after created");
  }
  return {};
}

Status OperatorCalls::use_nonce(const std::string& nonce) {
  if (nonce.size() < kNonceBytesMin || nonce.size() > kNonceBytesMax) {
    return fail(Code::malformed, "nonce: 8 to 64 characters are needed");
  }
  const std::int64_t now = ports_.clock.unix_now().ms / 1000;
  const std::scoped_lock lock(mutex_);
  std::erase_if(nonces_, [&](const auto& each) { return each.second < now; });
  if (nonces_.size() >= kNoncesMax) {
    return fail(Code::rate_limited, "too many operator's calls; try again in a minute");
  }
  // Until no signature of this moment can be good any more.
  if (nonces_.emplace(nonce, now + 4 * kWindowSeconds).second) return {};
  return fail(Code::conflict, "nonce: it has been used; each call needs its own");
}

Status OperatorCalls::check(const Request& request) {
  const Result<Signed> given = signature_of(request);
  if (!given.ok()) return given.error();
  const SignatureInput& input = given.value().input;
  if (Status covered = check_cover(request, input); !covered.ok()) return covered;
  if (Status timely = check_time(*input.find("created"), *input.find("expires")); !timely.ok()) {
    return timely;
  }
  const std::vector<PublicKey> keys = ports_.keys();
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const PublicKey& each) {
    return key_id(each) == *input.find("keyid");
  });
  if (key == keys.end()) {
    return fail(Code::permission, "keyid: the policy names no operator " +
                                      wire::people_text(*input.find("keyid"), 64));
  }
  if (Status good = check_signature(message_of(request), input, given.value().signature, *key);
      !good.ok()) {
    return good;
  }
  return use_nonce(*input.find("nonce"));
}

Response OperatorCalls::readiness() {
  return answer_ok(kJson, ports_.admin.readiness().dump());
}

Response OperatorCalls::metrics() {
  return answer_ok(kMetrics, ports_.admin.metrics());
}

Response OperatorCalls::set_limits(const std::string& body) {
  const Result<Json> json = wire::parse_json(body);
  if (!json.ok()) return problem(json.error());
  wire::Fields in(json.value(), "limits");
  RatesPerSecond rates = ports_.gate.rates();
  if (in.has("prefix_per_second")) rates.of_prefix = in.u32("prefix_per_second", 0, kRateMax);
  if (in.has("key_per_second")) rates.of_key = in.u32("key_per_second", 0, kRateMax);
  if (const Status read = in.close(); !read.ok()) return problem(read.error());
  ports_.gate.set_rates(rates);
  return answer_ok(kJson, Json::object({{"prefix_per_second", rates.of_prefix},
                                        {"key_per_second", rates.of_key}})
                              .dump());
}

}  // namespace assay::api
