// A verifier in memory that a test can script: it checks what it is sent, remembers every byte, and
// loses, repeats, refuses or lies where it is told to. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/wire/attestation.h"
#include "core/wire/challenge.h"
#include "core/wire/dsse.h"
#include "core/wire/order.h"
#include "core/wire/poll.h"
#include "tests/asked_port.h"

namespace assay::test {

// Thrown out of a call: the agent's process dies there.
struct Crash {};

enum class Moment { before, after };  // the request is lost, or the reply

class FakePort final : public AskedPort {
 public:
  FakePort(Clock& clock, const PublicKey& provider) : clock_(clock), provider_(provider) {}

  // Script.
  std::function<void(const std::string& call, Moment)> on_call;  // may throw Crash
  std::function<std::optional<Error>(const std::string& call, Moment)> fault;
  std::function<void(wire::PollReply&)> edit_reply;
  std::uint32_t poll_ms = 1000;

  Digest offer(const wire::Order& order, const SigningKey& renter) {
    const std::string text = wire::statement_text(wire::order_statement(order));
    const Digest job = wire::statement_digest(text);
    orders_[job] = wire::seal(renter, text);
    specs[job] = order.spec;
    return job;
  }
  void challenge_job(const Digest& job, std::vector<std::uint32_t> positions,
                     std::vector<std::uint64_t> rows) {
    wire::Challenge challenge;
    challenge.draw = sha256(job.view());
    challenge.attestation_index = attested.at(job).index;
    challenge.attestation = attested.at(job).digest;
    challenge.job = job;
    challenge.p_ppm = 1'000'000;
    challenge.positions = std::move(positions);
    challenge.rows = std::move(rows);
    challenge.deadline = clock_.unix_now() + 60'000;
    challenges.push_back(challenge);
  }
  void cancel(const Digest& job) { cancelled_.insert(job); }

  // What happened.
  struct Attested {
    wire::Attestation claim;
    Digest digest;
    std::uint64_t index = 0;
  };
  std::map<Digest, Attested> attested;                     // by job
  std::map<Digest, std::vector<wire::Spotcheck>> answers;  // by job
  std::map<std::uint64_t, std::set<std::string>> by_seq;   // every attestation envelope seen
  std::map<Digest, std::set<std::string>> acceptances;     // every acceptance envelope seen
  std::map<Digest, Bytes> blobs;
  std::map<Digest, wire::WorkloadSpec> specs;
  std::vector<wire::Challenge> challenges;  // open
  std::vector<wire::Notice> notices;
  std::vector<wire::Heartbeat> heartbeats;
  std::map<std::string, int> calls;
  std::string last_reply;
  std::uint64_t next_seq = 1;
  Digest prev;

  Result<api::Accepted> submit(wire::Kind kind, const std::string& envelope) override {
    const std::string call = "submit " + std::string(wire::kind_name(kind));
    return around<api::Accepted>(call, [&] { return log(kind, envelope); });
  }
  Result<std::string> poll(const std::string& envelope) override {
    return around<std::string>("poll", [&] { return answer_poll(envelope); });
  }
  Status put_blob(const Digest& digest, ByteView bytes) override {
    const auto put = around<int>("put_blob", [&]() -> Result<int> {
      if (sha256(bytes) != digest) return fail(Code::malformed, "not these bytes");
      blobs[digest] = to_bytes(bytes);
      return 0;
    });
    return put.ok() ? Status() : Status(put.error());
  }
  Result<Bytes> get_blob(const Digest& digest) override {
    return around<Bytes>("get_blob", [&]() -> Result<Bytes> {
      const auto found = blobs.find(digest);
      if (found == blobs.end()) return fail(Code::not_found, "no such blob");
      return found->second;
    });
  }
  Result<wire::Json> job(const std::string& id) override {
    return around<wire::Json>("job", [&]() -> Result<wire::Json> {
      const Digest job = Digest::parse_hex(id).value();
      wire::Json out;
      out.set("status", cancelled_.contains(job) ? "cancelled" : "accepted");
      return out;
    });
  }

 private:
  template <class T, class Body>
  Result<T> around(const std::string& call, Body body) {
    ++calls[call];
    if (on_call) on_call(call, Moment::before);
    if (fault) {
      if (auto error = fault(call, Moment::before)) return *error;
    }
    Result<T> out = body();
    if (on_call) on_call(call, Moment::after);
    if (fault) {
      if (auto error = fault(call, Moment::after)) return *error;
    }
    return out;
  }

  Result<wire::OpenedEnvelope> open(const std::string& envelope) const {
    const Result<wire::Envelope> parsed = wire::parse_envelope(envelope);
    if (!parsed.ok()) return parsed.error();
    return wire::open_envelope(parsed.value(), provider_);
  }

  Result<api::Accepted> log(wire::Kind kind, const std::string& envelope) {
    const Result<wire::OpenedEnvelope> opened = open(envelope);
    if (!opened.ok()) return opened.error();
    const std::string& payload = opened.value().payload;
    const Digest digest = opened.value().pae_digest;
    // What was sent counts, whether or not it is taken.
    if (kind == wire::Kind::attestation) {
      by_seq[wire::parse_attestation(payload).value().seq].insert(envelope);
    }
    if (kind == wire::Kind::acceptance) {
      acceptances[wire::parse_acceptance(payload).value().job].insert(envelope);
    }
    if (const auto known = logged_.find(digest); known != logged_.end()) {
      return api::Accepted{digest, known->second, clock_.unix_now().ms, true};
    }
    if (Status taken = take(kind, payload, digest); !taken.ok()) return taken.error();
    const std::uint64_t index = logged_.size();
    logged_[digest] = index;
    return api::Accepted{digest, index, clock_.unix_now().ms, false};
  }

  Status take(wire::Kind kind, const std::string& payload, const Digest& digest) {
    if (kind == wire::Kind::registration) {
      registered_ = true;
      return {};
    }
    if (kind == wire::Kind::acceptance) {
      const Digest job = wire::parse_acceptance(payload).value().job;
      if (!orders_.contains(job)) return fail(Code::not_found, "no such job");
      if (!accepted_.insert(job).second) return fail(Code::conflict, "accepted already");
      return {};
    }
    if (kind == wire::Kind::spotcheck) {
      const wire::Spotcheck answer = wire::parse_spotcheck(payload).value();
      if (!blobs.contains(answer.opening_blob)) return fail(Code::no_evidence, "no opening");
      for (const auto& [job, claim] : attested) {
        if (claim.digest == answer.attestation) answers[job].push_back(answer);
      }
      std::erase_if(challenges, [&](const wire::Challenge& challenge) {
        return challenge.attestation == answer.attestation && challenge.ordinal == answer.ordinal;
      });
      return {};
    }
    return attest(wire::parse_attestation(payload).value(), digest);
  }

  Status attest(const wire::Attestation& claim, const Digest& digest) {
    if (!accepted_.contains(claim.job)) return fail(Code::conflict, "not accepted");
    if (attested.contains(claim.job)) return fail(Code::equivocation, "attested already");
    if (claim.seq != next_seq || claim.prev != prev) return fail(Code::conflict, "out of sequence");
    if (!blobs.contains(claim.trace_blob) || !blobs.contains(claim.result_blob)) {
      return fail(Code::no_evidence, "trace or result is not here");
    }
    attested[claim.job] = {claim, digest, logged_.size()};
    next_seq = claim.seq + 1;
    prev = digest;
    return {};
  }

  Result<std::string> answer_poll(const std::string& envelope) {
    const Result<wire::OpenedEnvelope> opened = open(envelope);
    if (!opened.ok()) return opened.error();
    const wire::Heartbeat beat = wire::parse_heartbeat(opened.value().payload).value();
    if (!registered_) return fail(Code::not_found, "not registered");
    if (!heartbeats.empty() && beat.seq <= heartbeats.back().seq) {
      return fail(Code::conflict, "a heartbeat that goes back");
    }
    heartbeats.push_back(beat);
    wire::PollReply reply;
    reply.nonce = sha256(as_bytes(envelope));
    reply.next_poll_ms = poll_ms;
    reply.now = clock_.unix_now();
    reply.next_seq = next_seq;
    reply.prev = prev;
    for (const auto& [job, order] : orders_) {
      if (!accepted_.contains(job)) reply.offers.push_back({job, order});
    }
    reply.challenges = challenges;
    reply.notices = std::exchange(notices, {});
    if (edit_reply) edit_reply(reply);
    last_reply = wire::poll_reply_text(reply);
    return last_reply;
  }

  Clock& clock_;
  PublicKey provider_;
  bool registered_ = false;
  std::map<Digest, std::string> orders_;
  std::set<Digest> accepted_;
  std::set<Digest> cancelled_;
  std::map<Digest, std::uint64_t> logged_;
};

}  // namespace assay::test
