#include "api/server/idempotency.h"

#include <algorithm>

namespace assay::api {
namespace {

constexpr const char* kHeader = "idempotency-key";

Digest name_of(const Request& request, const std::string& sender) {
  return sha256(as_bytes(request.path + "\n" + sender + "\n" + *request.header(kHeader)));
}

bool is_key(const std::string& text) {
  return !text.empty() && text.size() <= kIdempotencyKeyBytesMax &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::optional<Response> IdempotentAnswers::begin(const Request& request,
                                                 const std::string& sender) {
  if (!is_key(*request.header(kHeader))) {
    return problem(fail(Code::malformed, "Idempotency-Key: 1 to " +
                                             std::to_string(kIdempotencyKeyBytesMax) +
                                             " printable characters are needed"));
  }
  const Digest name = name_of(request, sender);
  const Digest body = sha256(as_bytes(request.body));
  const std::scoped_lock lock(mutex_);
  forget_old();
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) {
    entries_.push_back({name, body, clock_.steady_now(), std::nullopt});
    by_name_[name] = std::prev(entries_.end());
    return std::nullopt;
  }
  const Entry& known = *at->second;
  if (known.body != body) {
    return problem(fail(Code::unbound,
                        "Idempotency-Key: it came with another body before; a new "
                        "request needs a new key"));
  }
  if (!known.answer) {
    return problem(
        fail(Code::conflict, "Idempotency-Key: the first request with it is still under way"));
  }
  Response again = *known.answer;
  again.headers.push_back({"Idempotency-Replayed", "true"});
  return again;
}

void IdempotentAnswers::end(const Request& request, const std::string& sender,
                            const Response& response) {
  const Digest name = name_of(request, sender);
  const std::scoped_lock lock(mutex_);
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return;  // crowded out meanwhile
  const auto is_taken = [](int status) { return status >= 200 && status < 300; };
  const bool kept = is_taken(response.status) && std::ranges::all_of(response.parts, is_taken) &&
                    response.body.size() <= kAnswerBytesMax;
  if (kept) {
    at->second->answer = response;
    bytes_ += response.body.size();
    return;
  }
  forget(at->second);
}

void IdempotentAnswers::forget(std::list<Entry>::iterator entry) {
  if (entry->answer) bytes_ -= entry->answer->body.size();
  by_name_.erase(entry->name);
  entries_.erase(entry);
}

void IdempotentAnswers::forget_old() {
  const auto is_old = [&](const Entry& entry) {
    return entries_.size() > kEntriesMax || bytes_ > kBytesMax ||
           clock_.steady_now() - entry.since > kKeptMs;
  };
  while (!entries_.empty() && is_old(entries_.front())) {
    forget(entries_.begin());
  }
}

}  // namespace assay::api
