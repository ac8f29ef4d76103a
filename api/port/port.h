// The service as everybody sees it: one interface, implemented by verifier/service directly and by
// api/client over HTTP. The prover's agent, the routes and the tests all talk to a Port, so that
// the whole system runs in one process without a socket.
//
// Thread-safe. Errors are those of the routes: malformed, signature, permission, conflict,
// rate_limited (`what` says when to come back), not_found, storage, network (client only).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/port/batch.h"
#include "core/wire/statement.h"

namespace assay::api {

// A statement that is in the log, durably. Sent only after the commit.
struct Accepted {
  Digest statement;  // its PAE digest; a job's id is this of its order
  std::uint64_t log_index = 0;
  std::int64_t log_time_ms = 0;
  bool already_known = false;  // the same statement was logged before: same index, no new leaf
};

struct Page {
  std::string cursor{};      // empty: from the start
  std::uint32_t limit = 50;  // 1..500
};

// What is asked of the list of providers.
struct Search {
  std::string query{};  // reputation/query/GRAMMAR.md; empty: everybody
  std::string sort{};   // likewise; empty: the most trusted first
  Page page{};
  std::string if_none_match{};  // the tags that the caller has, as the header lists them
};
struct Found {
  std::string etag{};                    // without quotes; empty where nobody gave one
  std::optional<wire::Json> document{};  // none: the caller has it
};

// More of one provider than its document holds: its trust over time, what it was judged by, what
// its devices are said to do and were found to do, and its slashes.
enum class ProviderPart { history, audits, devices, slashes };
inline const char* part_path(ProviderPart part) {
  constexpr const char* kNames[] = {"history", "audits", "devices", "slashes"};
  return kNames[static_cast<int>(part)];
}

class Port {
 public:
  virtual ~Port() = default;

  // Logs a signed statement of this kind: registration, order, cancel, reveal, acceptance,
  // attestation, spotcheck, dispute, dispute-move, stake, appeal, maintenance, worker,
  // paid-challenge.
  virtual Result<Accepted> submit(wire::Kind kind, const std::string& envelope) = 0;
  // Several attestations, 1..kBatchMax, as if submitted one after another: an answer for each, in
  // their order, where a refusal takes nothing from the others.
  //   malformed    none, or too many
  //   permission, network, …   nothing is known of any of them
  virtual Result<std::vector<Result<Accepted>>> submit_attestations(
      std::span<const std::string> envelopes) {
    if (const Status fits = check_batch(envelopes.size()); !fits.ok()) return fits.error();
    std::vector<Result<Accepted>> answers;
    for (const std::string& envelope : envelopes) {
      answers.push_back(submit(wire::Kind::attestation, envelope));
    }
    return answers;
  }

  // The agent's call: a heartbeat envelope in, the bytes of a poll reply out (wire/poll.h). The
  // agent hashes exactly these bytes.
  virtual Result<std::string> poll(const std::string& heartbeat_envelope) = 0;

  // Content-addressed bytes: inputs, results, traces, openings.
  virtual Status put_blob(const Digest& sha256, ByteView bytes) = 0;
  virtual Result<Bytes> get_blob(const Digest& sha256) = 0;

  // Asks the provider of an attested job for an opening beside its audits (wire/challenge.h,
  // opening_request_text()): {id, job, provider, status: "asked" or "opened"}, and once it is
  // opened blob and size_bytes. Ask again to hear how it stands.
  virtual Result<wire::Json> ask_opening(const std::string& job, const std::string& request) = 0;
  // The provider's answer to one: an opening file, which proves itself.
  //   not_found    nobody asks for it (any more)
  virtual Status give_opening(const Digest& request, ByteView file) = 0;

  // Documents for people and programs; described in api/openapi.yaml.
  virtual Result<wire::Json> providers(const Page& page) = 0;
  // Providers by class: filtered, sorted, one page. The cursor is for this query and sort alone.
  virtual Result<Found> search(const Search& search) = 0;
  // Whom to send a job to: a request as reputation/policy/MATCHING.md has it.
  //   permission   a replica, which has no key to draw with
  virtual Result<wire::Json> match(const std::string& request) = 0;
  virtual Result<wire::Json> provider(const std::string& id) = 0;
  virtual Result<wire::Json> explain(const std::string& id) = 0;
  virtual Result<wire::Json> job(const std::string& id) = 0;
  // What its provider shows of a job while it runs, from the step after `after` on: {job, provider,
  // begun, step, steps_done, outputs (base64)}. Nobody has checked it; not_found when there is
  // none.
  virtual Result<wire::Json> preview(const std::string& job, std::uint64_t after) = 0;
  virtual Result<wire::Json> slashes(const Page& page) = 0;
  virtual Result<wire::Json> slash(const std::string& id) = 0;
  // A dispute as it stands: {id, statement, attestation_index, job, provider, challenger, step,
  // deposit_micros, deposit, moves, turn}, and once it is over lost, cause, end_index.
  virtual Result<wire::Json> dispute(const std::string& id) = 0;
  // A paid challenge as it stands: {id, attestation_index, job, provider, challenger, logged,
  // status, deposit_micros, deposit, verdict_index, slash_index, bounty_micros}.
  virtual Result<wire::Json> challenge(const std::string& id) { return not_here(id); }

  // For workers (wire/worker.h): a signed call in, a lease reply's bytes out; a signed result in.
  virtual Result<std::string> worker_call(const std::string& envelope) {
    return not_here(envelope);
  }
  virtual Status worker_result(const std::string& envelope) { return not_here(envelope); }
  // The envelope of a result that a verdict names, while it is kept.
  virtual Result<std::string> kept_worker_result(const std::string& digest) {
    return not_here(digest);
  }
  // Who replays, and what it came to: {workers, devices, drivers}.
  virtual Result<wire::Json> workers() { return not_here({}); }

  // All of the service in a few numbers: {log, policy, providers, jobs, attestations, audits,
  // draws, slashes, slashes_reversed, recent_slashes, tiers, at}.
  virtual Result<wire::Json> overview() { return not_here({}); }
  // The observed windows of a provider's uptime, [number, answered, asked] each, and what they come
  // to.
  virtual Result<wire::Json> uptime(const std::string& id) { return not_here(id); }
  // What the route of that name tells of a provider.
  virtual Result<wire::Json> provider_part(const std::string& id, ProviderPart) {
    return not_here(id);
  }

  virtual Result<wire::Json> events(std::uint64_t after, std::uint32_t limit) = 0;

  // Signed or self-certifying bytes.
  virtual Result<std::string> score(const std::string& id) = 0;  // DSSE envelope
  // The same of the last snapshot, with the proof that it follows from it. Of the headline where
  // no class is named.
  //   not_found    no snapshot yet, or none with such a class
  virtual Result<std::string> final_score(const std::string& id, const std::string& class_name) = 0;
  // Signed now: what a job that has ended comes to. DSSE envelope.
  //   conflict     it has not ended
  virtual Result<std::string> settlement(const std::string& job) = 0;
  virtual Result<std::string> receipt(const std::string& job) = 0;  // case file
  virtual Result<std::string> evidence(const std::string& slash) = 0;
  virtual Result<Bytes> result(const std::string& job) = 0;
  virtual Result<std::string> checkpoint() = 0;             // signed note
  virtual Result<Bytes> tile(const std::string& path) = 0;  // "tile/0/x001/067", "tile/entries/…"
  virtual Result<std::string> policy(const std::string& digest) = 0;  // policy_text()
  virtual Result<std::string> trust() = 0;                            // policy.txt

 private:
  static Error not_here(const std::string&) {
    return fail(Code::not_found, "nothing is known of that here");
  }
};

// For the operator alone, on the admin port.
class AdminPort {
 public:
  virtual ~AdminPort() = default;
  // {ready, checks: [{name, ok, detail}]}
  virtual wire::Json readiness() = 0;
  virtual std::string metrics() = 0;  // Prometheus text format 0.0.4
};

}  // namespace assay::api
