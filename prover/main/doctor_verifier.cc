#include <algorithm>

#include "core/wire/policy.h"
#include "core/wire/predicate.h"
#include "core/wire/trust.h"
#include "prover/main/doctor.h"

namespace assay::prover {
namespace {

using wire::Json;

constexpr std::int64_t kClockSkewMaxMs = 60'000;  // what a verifier lets pass
constexpr std::int64_t kConnectMs = 3'000;

std::uint64_t number_in(const Json& document, const char* key) {
  const Json* value = document.find(key);
  return value == nullptr ? 0 : value->as_u64().value_or(0);
}

std::string text_in(const Json& document, const char* key) {
  const Json* value = document.find(key);
  return value == nullptr || !value->is_string() ? "" : value->as_string();
}

void check_policy(api::Client& client, const wire::Trust& trust, Findings& out) {
  if (trust.policies.empty()) {
    out.push_back(warns("POLICY", "the verifier's policy.txt names no policy", "ask its operator"));
    return;
  }
  const Result<std::string> text = client.policy(trust.policies.back().hex());
  const Result<wire::Policy> policy =
      text.ok() ? wire::parse_policy(text.value()) : Result<wire::Policy>(text.error());
  if (!policy.ok()) {
    out.push_back(fails("POLICY", policy.error(), "update this program, or ask the operator"));
    return;
  }
  const std::uint64_t stake = policy.value().stake_required_micros;
  out.push_back(passes(
      "POLICY", policy.value().name + ", " + trust.policies.back().hex() +
                    (stake == 0 ? "; no stake is asked for"
                                : "; asks for a stake of " + std::to_string(stake) + " micros")));
}

// The newest leaf's time is behind ours unless our clock is: its log was there before we looked.
void check_clock(api::Client& client, std::uint64_t size, Findings& out) {
  if (size == 0) {
    out.push_back(skips("CLOCK", "the log is empty: there is nothing to compare with"));
    return;
  }
  const Result<Json> events = client.events(size - 1, 1);
  const Json* list = events.ok() ? events.value().find("events") : nullptr;
  if (list == nullptr || !list->is_array() || list->items().empty()) {
    out.push_back(skips("CLOCK", "the verifier shows no event to compare with"));
    return;
  }
  const Json& newest = list->items().front();
  const std::int64_t behind_ms =
      static_cast<std::int64_t>(number_in(newest, "log_time_ms")) - system_clock().unix_now().ms;
  if (behind_ms > kClockSkewMaxMs) {
    out.push_back(fails("CLOCK",
                        fail(Code::stale, "this clock is behind the verifier's by at least " +
                                              std::to_string(behind_ms / 1000) + " s"),
                        "set it (timedatectl set-ntp true): heartbeats count within 60 s only"));
    return;
  }
  out.push_back(passes("CLOCK", "not behind the newest entry of the log"));
}

std::uint64_t check_head(api::Client& client, const wire::Trust& trust, Findings& out) {
  const Result<std::string> note = client.checkpoint();
  const Result<wire::CheckedCheckpoint> head = note.ok()
                                                   ? wire::check_checkpoint(trust, note.value())
                                                   : Result<wire::CheckedCheckpoint>(note.error());
  if (!head.ok()) {
    out.push_back(fails("LOG_HEAD", head.error(), "do not work for it before that is cleared up"));
    return 0;
  }
  out.push_back(passes("LOG_HEAD", head.value().checkpoint.origin + " at " +
                                       std::to_string(head.value().checkpoint.size) +
                                       ", signed by its key"));
  return head.value().checkpoint.size;
}

void check_chain(const Json& provider, const AskedVerifier& asked, Findings& out) {
  const Json* jobs = provider.find("jobs");
  const std::uint64_t logged = jobs == nullptr ? 0 : number_in(*jobs, "attested");
  if (!asked.attestations) {
    out.push_back(skips("CHAIN", "the state folder could not be looked into"));
  } else if (*asked.attestations < logged) {
    out.push_back(fails(
        "CHAIN",
        fail(Code::stale, "the log has " + std::to_string(logged) +
                              " attestations of this key, the state folder signed " +
                              std::to_string(*asked.attestations)),
        "this folder is older than the log: use the right --state; if that is lost for good, start "
        "once with --adopt-chain, and never two machines with one key"));
  } else {
    out.push_back(passes("CHAIN", std::to_string(logged) + " attestations logged, " +
                                      std::to_string(*asked.attestations) + " signed"));
  }
}

void check_standing(const Json& provider, Findings& out) {
  const Json* jail = provider.find("jail");
  out.push_back(jail != nullptr && jail->is_object()
                    ? warns("JAIL", text_in(*jail, "reason"), text_in(*jail, "way_out"))
                    : passes("JAIL", "not in jail: new jobs are offered"));
  const std::uint64_t slashes = number_in(provider, "slashes_standing");
  out.push_back(slashes == 0
                    ? passes("SLASHES", "none stands")
                    : warns("SLASHES", std::to_string(slashes) + " stand",
                            "read the evidence: assay slash list; contest one: assay slash "
                            "appeal ID --key FILE"));
}

void check_registered(api::Client& client, const AskedVerifier& asked, Findings& out) {
  if (!asked.provider) {
    out.push_back(skips("REGISTERED", "no --key was given"));
    return;
  }
  const Result<Json> provider = client.provider(wire::provider_digest(*asked.provider).hex());
  if (!provider.ok() && provider.error().code == Code::not_found) {
    out.push_back(
        skips("REGISTERED", "not yet: the first assay-prover run registers this provider"));
    return;
  }
  if (!provider.ok()) {
    out.push_back(fails("REGISTERED", provider.error(), ""));
    return;
  }
  if (text_in(provider.value(), "key") != asked.provider->hex()) {
    out.push_back(fails("REGISTERED",
                        fail(Code::unbound, "the verifier names another key for this provider"),
                        "do not work for this verifier"));
    return;
  }
  const std::string device_class = text_in(provider.value(), "device_class");
  const std::string text = text_in(provider.value(), "name") + ", class " + device_class +
                           ", since " + text_in(provider.value(), "since");
  out.push_back(asked.device_class == device_class
                    ? passes("REGISTERED", text)
                    : warns("REGISTERED", text,
                            "run with --class " + device_class + ", or the class changes to " +
                                asked.device_class));
  check_chain(provider.value(), asked, out);
  check_standing(provider.value(), out);
}

}  // namespace

void check_verifier(const AskedVerifier& asked, Findings& out) {
  if (asked.url.empty()) {
    out.push_back(skips("VERIFIER_ANSWERS", "no --verifier was given"));
    return;
  }
  api::ClientOptions options;
  options.connect_timeout_ms = kConnectMs;
  const Result<std::unique_ptr<api::Client>> client = api::Client::connect(asked.url, options);
  if (!client.ok()) {
    out.push_back(fails("VERIFIER_ANSWERS", client.error().in("--verifier"), ""));
    return;
  }
  const SteadyMillis began = system_clock().steady_now();
  const Result<Json> version = client.value()->version();
  if (!version.ok()) {
    out.push_back(fails("VERIFIER_ANSWERS", version.error(),
                        "only this machine dials out: look at its firewall and the address"));
    return;
  }
  out.push_back(
      passes("VERIFIER_ANSWERS", "in " + std::to_string(system_clock().steady_now() - began) +
                                     " ms, version " + text_in(version.value(), "version")));
  const Result<std::string> text = client.value()->trust();
  const Result<wire::Trust> trust =
      text.ok() ? wire::parse_trust(text.value()) : Result<wire::Trust>(text.error());
  if (!trust.ok()) {
    out.push_back(fails("TRUST", trust.error(), "ask the verifier's operator"));
    return;
  }
  check_policy(*client.value(), trust.value(), out);
  const std::uint64_t size = check_head(*client.value(), trust.value(), out);
  check_clock(*client.value(), size, out);
  check_registered(*client.value(), asked, out);
}

}  // namespace assay::prover
