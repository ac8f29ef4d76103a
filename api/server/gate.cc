#include "api/server/gate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "api/port/batch.h"
#include "api/port/paths.h"
#include "core/wire/dsse.h"
#include "core/wire/text.h"

namespace assay::api {
namespace {

constexpr std::uint32_t kBurst = 10;
constexpr std::size_t kSignedBytesMax = std::size_t{128} << 10;

using Address = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

std::optional<Address> parse_address(std::string text) {
  Address address{};
  if (::inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
  address[10] = address[11] = 0xff;
  if (::inet_pton(AF_INET, text.c_str(), address.data() + 12) == 1) return address;
  return std::nullopt;
}

bool is_v4(const Address& address) {
  return std::all_of(address.begin(), address.begin() + 10, [](auto b) { return b == 0; }) &&
         address[10] == 0xff && address[11] == 0xff;
}

bool is_this_machine(const Address& address) {
  if (is_v4(address)) return address[12] == 127;
  return std::all_of(address.begin(), address.begin() + 15, [](auto b) { return b == 0; }) &&
         address[15] == 1;
}

std::string last_element(const std::string& list) {
  const std::size_t comma = list.rfind(',');
  std::string last = comma == std::string::npos ? list : list.substr(comma + 1);
  last.erase(0, std::min(last.find_first_not_of(' '), last.size()));
  return last;
}

// Who says that it signed this; a hint until somebody has checked it. Empty: nobody.
std::string signer_of(std::string_view body) {
  if (body.size() > kSignedBytesMax) return "";
  const Result<wire::Envelope> envelope = wire::parse_envelope(body);
  if (!envelope.ok() || envelope.value().signatures.empty()) return "";
  return envelope.value().signatures.front().keyid;
}

// Of each envelope of a batch, or of the one that the body is.
std::vector<std::string> signers_of(const Request& request) {
  if (request.method != "POST") return {};
  if (request.path != submit_path(wire::Kind::attestation) || !is_batch(request.body)) {
    return {signer_of(request.body)};
  }
  const Result<std::vector<std::string_view>> batch = parse_batch(request.body);
  if (!batch.ok()) return {};
  std::vector<std::string> signers;
  for (const std::string_view envelope : batch.value()) signers.push_back(signer_of(envelope));
  return signers;
}

// The one that signed it all; empty where there is no such one.
std::string only_signer(const std::vector<std::string>& signers) {
  if (signers.empty()) return "";
  return std::ranges::count(signers, signers.front()) == std::ssize(signers) ? signers.front() : "";
}

Response too_many(const std::string& who, std::int64_t wait_ms) {
  const std::int64_t seconds = (wait_ms + 999) / 1000;
  Response response = problem(fail(
      Code::rate_limited, "too many requests " + who + ": wait " + std::to_string(seconds) + " s"));
  for (Header& header : response.headers) {
    if (header.first == "Retry-After") header.second = std::to_string(seconds);
  }
  return response;
}

// "0.005": milliseconds as a decimal number of seconds.
std::string seconds_text(std::uint64_t ms) {
  std::string fraction = std::to_string(1'000 + ms % 1'000).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::to_string(ms / 1'000) + (fraction.empty() ? "" : "." + fraction);
}

// Something new in the log or an answer that counts once: what a stranger cannot bring about.
bool was_taken_in(const Request& request, const Response& response) {
  return response.status == 201 ||
         (response.status == 200 &&
          (request.path == "/v1/poll" || request.path == "/v1/workers/lease"));
}

}  // namespace

GateLimits limits_of(const RatesPerSecond& rates) {
  return {.per_prefix = {.per_second = rates.of_prefix, .burst = rates.of_prefix * kBurst},
          .per_key = {.per_second = rates.of_key, .burst = rates.of_key * kBurst}};
}

std::string prefix_of(const Request& head) {
  std::optional<Address> address = parse_address(head.peer);
  if (address && is_this_machine(*address)) {
    const std::string* forwarded = nullptr;
    for (const Header& header : head.headers) {
      if (header.first == "x-forwarded-for") forwarded = &header.second;  // the last one
    }
    if (forwarded == nullptr) return "";
    address = parse_address(last_element(*forwarded));
    if (address && is_this_machine(*address)) return "";
  }
  if (!address) return "";
  const std::size_t kept = is_v4(*address) ? 15 : 7;
  std::fill(address->begin() + static_cast<std::ptrdiff_t>(kept), address->end(), 0);
  char text[INET6_ADDRSTRLEN] = {};
  const bool v4 = is_v4(*address);
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address->data() + (v4 ? 12 : 0), text, sizeof(text));
  return std::string(text) + (v4 ? "/24" : "/56");
}

std::optional<Response> Gate::admit(const Request& head) {
  const std::string prefix = prefix_of(head);
  if (prefix.empty()) return std::nullopt;
  const std::int64_t wait_ms = by_prefix_.take(prefix);
  if (wait_ms == 0) return std::nullopt;
  ++refused_by_prefix_;
  note(429, 0);
  return too_many("from " + prefix, wait_ms);
}

void Gate::note(int status, std::int64_t took_ms) {
  if (status >= 0 && static_cast<std::size_t>(status) < kStatusMax) {
    ++by_status_[static_cast<std::size_t>(status)];
  }
  took_ms_ += static_cast<std::uint64_t>(took_ms);
  ++by_time_[static_cast<std::size_t>(std::ranges::lower_bound(kBoundsMs, took_ms) -
                                      kBoundsMs.begin())];
}

Response Gate::handle(const Request& request, const Site& site) {
  const SteadyMillis began = clock_.steady_now();
  try {
    Response response = pass(request, site);
    note(response.status, clock_.steady_now() - began);
    return response;
  } catch (...) {
    note(500, clock_.steady_now() - began);
    throw;
  }
}

std::optional<Response> Gate::admit_signers(const std::vector<std::string>& signers) {
  for (const std::string& signer : signers) {
    const std::int64_t wait_ms = signer.empty() ? 0 : by_key_.wait_ms(signer);
    if (wait_ms == 0) continue;
    ++refused_by_key_;
    return too_many(
        signers.size() == 1 ? "by this key" : "by the key " + wire::people_text(signer, 64),
        wait_ms);
  }
  return std::nullopt;
}

void Gate::count_taken(const Request& request, const Response& response,
                       const std::vector<std::string>& signers) {
  if (response.parts.empty()) {
    const std::string signer = only_signer(signers);
    if (!signer.empty() && was_taken_in(request, response)) (void)by_key_.take(signer);
    return;
  }
  for (std::size_t i = 0; i < std::min(signers.size(), response.parts.size()); ++i) {
    if (response.parts[i] == 201 && !signers[i].empty()) by_key_.charge(signers[i], 1);
  }
}

Response Gate::pass(const Request& request, const Site& site) {
  const std::vector<std::string> signers = signers_of(request);
  const std::string prefix = prefix_of(request);
  // Its head was counted before it could be known how many these are.
  if (signers.size() > 1 && !prefix.empty()) by_prefix_.charge(prefix, signers.size() - 1);
  if (std::optional<Response> refused = admit_signers(signers)) return std::move(*refused);
  // An operator's calls have a nonce each, and are never answered without a look at the signature.
  const bool is_named = request.method == "POST" && request.header("idempotency-key") != nullptr &&
                        !request.path.starts_with("/v1/operator/");
  const std::string signer = only_signer(signers);
  const std::string sender = signer.empty() ? "from " + prefix : signer;
  if (is_named) {
    if (std::optional<Response> known = idempotent_.begin(request, sender)) {
      ++replayed_;
      return std::move(*known);
    }
  }
  try {
    Response response = site.handle(request);
    count_taken(request, response, signers);
    if (is_named) idempotent_.end(request, sender, response);
    return response;
  } catch (...) {
    if (is_named) idempotent_.end(request, sender, Response{500, "", {}, ""});
    throw;
  }
}

Site Gate::guard(Site site) {
  return {[this, site](const Request& request) { return handle(request, site); },
          site.body_bytes_max, [this](const Request& head) { return admit(head); }};
}

RatesPerSecond Gate::rates() const {
  return {.of_prefix = by_prefix_.limit().per_second, .of_key = by_key_.limit().per_second};
}

void Gate::set_rates(const RatesPerSecond& rates) {
  const GateLimits limits = limits_of(rates);
  by_prefix_.set_limit(limits.per_prefix);
  by_key_.set_limit(limits.per_key);
}

GateCounts Gate::counts() const {
  return {.refused_by_prefix = refused_by_prefix_,
          .refused_by_key = refused_by_key_,
          .replayed = replayed_};
}

std::string Gate::metrics() const {
  std::string text =
      "# HELP assay_http_responses_total Answers of the public port, by status.\n"
      "# TYPE assay_http_responses_total counter\n";
  for (std::size_t status = 0; status < kStatusMax; ++status) {
    if (by_status_[status] == 0) continue;
    text += "assay_http_responses_total{status=\"" + std::to_string(status) + "\"} " +
            std::to_string(by_status_[status]) + "\n";
  }
  text +=
      "# HELP assay_http_response_seconds How long they took, without sending.\n"
      "# TYPE assay_http_response_seconds histogram\n";
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < by_time_.size(); ++i) {
    sum += by_time_[i];
    text += "assay_http_response_seconds_bucket{le=\"" +
            (i < kBoundsMs.size() ? seconds_text(static_cast<std::uint64_t>(kBoundsMs[i]))
                                  : std::string("+Inf")) +
            "\"} " + std::to_string(sum) + "\n";
  }
  text += "assay_http_response_seconds_sum " + seconds_text(took_ms_) +
          "\nassay_http_response_seconds_count " + std::to_string(sum) + "\n";
  text +=
      "# HELP assay_http_refused_total Requests that were too many.\n"
      "# TYPE assay_http_refused_total counter\n"
      "assay_http_refused_total{by=\"prefix\"} " +
      std::to_string(refused_by_prefix_) + "\nassay_http_refused_total{by=\"key\"} " +
      std::to_string(refused_by_key_) +
      "\n# HELP assay_http_replayed_total Answers given again to an Idempotency-Key.\n"
      "# TYPE assay_http_replayed_total counter\nassay_http_replayed_total " +
      std::to_string(replayed_) + "\n";
  return text;
}

}  // namespace assay::api
