// Several attestations taken in at once.
#include <set>

#include "verifier/service/intake.h"

namespace assay::verifier {
namespace {

using Answers = std::vector<std::optional<Result<TakenIn>>>;
using Claim = std::pair<Digest, Digest>;  // a job, and the provider that says it did it

// Attestations that may be logged, and are not yet.
class Unlogged {
 public:
  Unlogged(const Context& context, Answers& answers) : context_(context), answers_(answers) {}

  bool has(const Claim& claim) const { return claims_.contains(claim); }

  void add(std::size_t place, const Claim& claim, Received received) {
    claims_.insert(claim);
    entries_.emplace_back(place, std::move(received));
  }

  // In one commit.
  void log() {
    if (entries_.empty()) return;
    std::vector<reputation::Submission> submissions;
    for (const auto& [place, received] : entries_) {
      submissions.push_back({received.kind, received.opened, received.said});
    }
    const std::vector<Result<reputation::Appended>> appended =
        context_.writer.submit_all(std::move(submissions));
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      answers_[entries_[i].first] = taken_in(std::move(entries_[i].second), appended[i]);
    }
    entries_.clear();
    claims_.clear();
  }

 private:
  const Context& context_;
  Answers& answers_;
  std::set<Claim> claims_;
  std::vector<std::pair<std::size_t, Received>> entries_;
};

// Its answer where there is one by now; else it waits with the others.
std::optional<Result<TakenIn>> look_at(const Context& context, const std::string& envelope,
                                       std::size_t place, Unlogged& unlogged) {
  Result<Received> received = receive(context, wire::Kind::attestation, envelope);
  if (!received.ok()) return received.error();
  const Result<wire::Attestation> said = wire::parse_attestation(*received.value().said);
  if (!said.ok()) return said.error();
  const Claim claim{said.value().job, reputation::provider_id(received.value().opened.signer)};
  if (unlogged.has(claim)) unlogged.log();
  Result<std::optional<api::Accepted>> known = examine(context, received.value());
  if (!known.ok()) return known.error();
  if (known.value()) return TakenIn{std::move(received).value(), *known.value()};
  unlogged.add(place, claim, std::move(received).value());
  return std::nullopt;
}

}  // namespace

std::vector<Result<TakenIn>> take_in_attestations(const Context& context,
                                                  std::span<const std::string> envelopes) {
  Answers answers(envelopes.size());
  Unlogged unlogged(context, answers);
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    answers[i] = look_at(context, envelopes[i], i, unlogged);
  }
  unlogged.log();
  std::vector<Result<TakenIn>> out;
  for (std::optional<Result<TakenIn>>& answer : answers) out.push_back(std::move(*answer));
  return out;
}

}  // namespace assay::verifier
