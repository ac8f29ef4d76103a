#include "verifier/service/replica.h"

#include <algorithm>

namespace assay::verifier {

using monitor::Finding;
using monitor::FindingKind;
using monitor::Update;

namespace {

constexpr std::int64_t kStopLookMs = 50;

Digest drawn(Random& random) {
  Digest digest;
  random.fill(digest.bytes);
  return digest;
}

monitor::FollowerOptions with_stop(monitor::FollowerOptions options,
                                   const std::atomic<bool>& stop) {
  if (options.stop == nullptr) options.stop = &stop;
  return options;
}

}  // namespace

Replica::Replica(ReplicaPorts ports, wire::Trust trust, reputation::Roles roles,
                 wire::Policy policy, ReplicaOptions options)
    : ports_(ports),
      trust_(std::move(trust)),
      roles_(std::move(roles)),
      options_(std::move(options)),
      policies_(std::move(policy)),
      blobs_(ports.blobs, ports.primary, options_.primary_url),
      reading_{ports_.store,
               roles_.origin,
               blobs_,
               ports_.clock,
               policies_,
               options_.service,
               [this]() -> Result<SignedHead> {
                 if (std::optional<SignedHead> head = standing().head) return std::move(*head);
                 return fail(Code::inconclusive, "this replica has not followed " +
                                                     options_.primary_url + " to a head yet");
               }},
      index_(reading_, drawn(ports.random), options_.threaded, {}),
      follower_({ports_.store, ports_.known, [this] { return ports_.primary.checkpoint(); },
                 [this](const wire::TilePath& path) {
                   return ports_.primary.tile(wire::tile_path_text(path));
                 }},
                trust_, roles_, with_stop(options_.follow, stop_)) {}

Result<std::unique_ptr<Replica>> Replica::start(ReplicaPorts ports, wire::Trust trust,
                                                std::string_view policy_text,
                                                ReplicaOptions options) {
  Result<reputation::Roles> roles = monitor::roles_of(trust);
  if (!roles.ok()) return roles.error();
  Result<wire::Policy> policy = wire::parse_policy(policy_text);
  if (!policy.ok()) return policy.error();
  if (!trust.policies.empty() && !trust.trusts_policy(wire::policy_digest(policy_text))) {
    return fail(Code::unbound, "the policy is none that the trust file names");
  }
  std::unique_ptr<Replica> replica(new Replica(ports, std::move(trust), std::move(roles).value(),
                                               std::move(policy).value(), std::move(options)));
  if (Status booted = replica->boot(); !booted.ok()) return booted.error();
  return replica;
}

// What was served before is served again, whether the primary lives or not.
Status Replica::boot() {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = ports_.store.read();
  if (!txn.ok()) return txn.error();
  const reputation::View view(*txn.value());
  Result<reputation::Head> stored = view.head();
  if (!stored.ok()) return stored.error();
  const Digest given = reading_.policy_digest();
  if (Status read = policies_.refresh(ports_.store, ports_.clock.unix_now()); !read.ok()) {
    return read;
  }
  const Result<std::optional<std::string>> logged = view.policy_text(given);
  if (!logged.ok()) return logged.error();
  if (stored.value().size > 0 && !logged.value()) {
    return fail(Code::unbound,
                "the log that was followed runs by policy " + stored.value().policy.hex());
  }
  Result<std::optional<std::string>> note = ports_.served.load();
  if (!note.ok()) return note.error();
  if (note.value()) {
    Result<wire::CheckedCheckpoint> head = wire::check_checkpoint(trust_, *note.value());
    if (!head.ok()) return head.error().in("the head that was served");
    const wire::Checkpoint& checkpoint = head.value().checkpoint;
    if (checkpoint.size > stored.value().size) {
      return fail(Code::stale, "the store has " + std::to_string(stored.value().size) +
                                   " leaves, but a head of " + std::to_string(checkpoint.size) +
                                   " was served: this is an old copy; start with an empty folder");
    }
    Result<Digest> root = root_of(checkpoint.size, view.log(stored.value().size).subtrees());
    if (!root.ok()) return root.error();
    if (root.value() != checkpoint.root) {
      return fail(Code::stale, "the store is not the log whose head was served");
    }
    standing_.head = SignedHead{std::move(*note.value()), checkpoint};
    standing_.primary_size = checkpoint.size;
  }
  txn.value().reset();
  index_.start();
  if (options_.threaded) thread_ = std::thread([this] { run(); });
  return {};
}

Replica::~Replica() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Replica::run() {
  std::int64_t pause_ms = options_.interval_ms;
  while (!stop_) {
    const Result<Update> update = follow();
    const bool good = update.ok() && update.value().good();
    if (standing().ended || standing().failed) return;
    pause_ms = good ? options_.interval_ms
                    : std::min(options_.pause_max_ms, std::max<std::int64_t>(1, pause_ms) * 2);
    for (std::int64_t left = pause_ms; left > 0 && !stop_; left -= kStopLookMs) {
      ports_.clock.sleep(std::min(left, kStopLookMs));
    }
  }
}

void Replica::tell(const std::string& text) {
  if (options_.tell) options_.tell(text);
}

Result<Update> Replica::follow() {
  Result<Update> update = follower_.update();
  if (update.ok()) {
    if (update.value().good()) {
      if (Status kept = ports_.served.keep(update.value().note); !kept.ok()) {
        update = fail(Code::storage, kept.error().what);
      }
    }
  }
  if (update.ok()) {
    (void)policies_.refresh(ports_.store, ports_.clock.unix_now());  // or with the next update
    note(update.value());
    return update;
  }
  if (update.error().code == Code::interrupted) return update;
  const std::scoped_lock lock(mutex_);
  if (standing_.trouble != update.error().what) tell(update.error().what);
  standing_.trouble = update.error().what;
  if (update.error().code == Code::storage) standing_.failed = update.error();
  return update;
}

void Replica::note(const Update& update) {
  if (update.evidence && options_.forked) options_.forked(*update.evidence);
  std::string trouble;
  for (const Finding& finding : update.findings) {
    trouble += (trouble.empty() ? "" : "; ") + std::string(monitor::finding_name(finding.kind)) +
               ": " + finding.text;
  }
  const std::scoped_lock lock(mutex_);
  standing_.primary_size = update.head.checkpoint.size;
  if (update.good()) {
    standing_.head = SignedHead{update.note, update.head.checkpoint};
    standing_.good_at = ports_.clock.steady_now();
  }
  for (const Finding& finding : update.findings) {
    standing_.forked |= finding.kind == FindingKind::split_view;
    standing_.ended |= finding.kind == FindingKind::split_view || finding.leaf == update.size;
  }
  if (standing_.ended) trouble += "; not followed any further";
  if (!trouble.empty() && trouble != standing_.trouble) tell(trouble);
  standing_.trouble = trouble;
}

Replica::Standing Replica::standing() const {
  const std::scoped_lock lock(mutex_);
  return standing_;
}

std::optional<Error> Replica::failed() const {
  return standing().failed;
}

}  // namespace assay::verifier
