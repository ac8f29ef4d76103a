#include <filesystem>

#include "api/client/client.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/base/random.h"
#include "reputation/ledger/state_hash.h"
#include "reputation/ledger/tables.h"
#include "verifier/main/commands.h"
#include "verifier/main/data_folder.h"
#include "verifier/main/servers.h"
#include "verifier/main/signals.h"
#include "verifier/service/market_match.h"
#include "verifier/service/replica.h"

namespace assay::verifier {
namespace {

// The replica's folder is a verifier's without keys: policy.txt, policy.json, store/, blobs/ and
// head; besides, `known`: the newest head of the primary that was seen.
std::string known_path(const DataFolder& folder) {
  return folder.path + "/known";
}

// Whom to trust: the file given, which must be the one that the folder was made with.
Result<wire::Trust> load_trust(const FollowOptions& options, const DataFolder& folder) {
  const Result<Bytes> kept = read_file(folder.trust(), wire::kTrustBytesMax);
  if (!kept.ok() && kept.error().code != Code::not_found) return kept.error();
  if (options.policy.empty()) {
    if (kept.ok()) return wire::parse_trust(as_text(kept.value()));
    return fail(Code::usage,
                "whom to trust? Give --policy, the primary's policy.txt, got from its operator");
  }
  const Result<Bytes> given = read_file(options.policy, wire::kTrustBytesMax);
  if (!given.ok()) return given.error().in("--policy");
  Result<wire::Trust> trust = wire::parse_trust(as_text(given.value()));
  if (!trust.ok()) return trust.error().in(options.policy);
  if (kept.ok()) {
    const Result<wire::Trust> before = wire::parse_trust(as_text(kept.value()));
    if (!before.ok()) return before.error().in(folder.trust());
    if (before.value().logs != trust.value().logs ||
        before.value().verifier != trust.value().verifier ||
        before.value().vrf != trust.value().vrf) {
      return fail(Code::conflict, "'" + folder.path + "' follows another log than " +
                                      options.policy + " names: choose another folder");
    }
  }
  if (const Status made = make_folders(folder.path); !made.ok()) return made.error();
  const Status written = write_file_durably(folder.trust(), given.value());
  if (!written.ok()) return written.error();
  return trust;
}

// The policy document that the trust file names, out of the folder or from the primary.
Result<std::string> load_policy(const wire::Trust& trust, const DataFolder& folder,
                                api::Client& primary) {
  if (Result<std::string> kept = load_policy_text(folder); kept.ok()) return kept;
  if (trust.policies.empty()) {
    return fail(Code::malformed,
                folder.trust() + ": #assay-policy must name the policy that the log runs by");
  }
  Result<std::string> text = primary.policy(trust.policies.front().hex());
  if (!text.ok()) return text.error().in("the primary's policy");
  if (wire::policy_digest(text.value()) != trust.policies.front()) {
    return fail(Code::unbound, "the primary's policy is not the one that the trust file names");
  }
  const Status written = write_file_durably(folder.policy(), as_bytes(text.value()));
  if (!written.ok()) return written.error();
  return text;
}

struct Running {
  std::unique_ptr<api::Client> primary;
  std::unique_ptr<reputation::Store> store;
  std::unique_ptr<Blobs> blobs;
  std::unique_ptr<monitor::KnownHead> known;
  std::unique_ptr<monitor::KnownHead> served;
  std::unique_ptr<Replica> replica;
  Servers servers;
};

ReplicaOptions replica_options(const FollowOptions& options, const DataFolder& folder,
                               const std::string& origin, Output& output) {
  ReplicaOptions out;
  out.primary_url = options.url;
  out.interval_ms = options.interval_ms;
  out.threaded = !options.once;
  out.tell = [&output](const std::string& text) { output.say(text); };
  out.forked = [&output, origin,
                path = folder.path + "/equivocation.json"](const monitor::TwoHeads& heads) {
    const Status kept = write_file_durably(path, as_bytes(monitor::two_heads_text(origin, heads)));
    output.say(kept.ok() ? "both signed heads are in " + path
                         : "the signed heads could not be kept: " + kept.error().what);
  };
  return out;
}

Status start_replica(const FollowOptions& options, Output& output, Running& run) {
  const DataFolder folder(options.data);
  std::error_code ignored;
  if (std::filesystem::exists(folder.keys(), ignored)) {
    return fail(Code::conflict, "'" + folder.path +
                                    "' is a verifier's own folder, with its keys: "
                                    "a replica needs one of its own");
  }
  api::ClientOptions client;
  client.attempts = 1;  // the replica itself tries again
  Result<std::unique_ptr<api::Client>> primary = api::Client::connect(options.url, client);
  if (!primary.ok()) return primary.error().in("--follow");
  run.primary = std::move(primary).value();
  Result<wire::Trust> trust = load_trust(options, folder);
  if (!trust.ok()) return trust.error();
  Result<std::string> policy = load_policy(trust.value(), folder, *run.primary);
  if (!policy.ok()) return policy.error();
  Result<std::unique_ptr<reputation::Store>> store = open_store(folder, false);
  if (!store.ok()) return store.error();
  run.store = std::move(store).value();
  Result<std::unique_ptr<Blobs>> blobs = open_file_blobs(folder.blobs(), options.blobs_gib << 30);
  if (!blobs.ok()) return blobs.error();
  run.blobs = std::move(blobs).value();
  run.known = monitor::make_file_known_head(known_path(folder));
  run.served = monitor::make_file_known_head(folder.head());
  const std::string origin = trust.value().logs.empty() ? "" : trust.value().logs[0].key.name;
  Result<std::unique_ptr<Replica>> replica = Replica::start(
      {*run.store, *run.blobs, *run.known, *run.served, *run.primary, system_clock(),
       system_random()},
      std::move(trust).value(), policy.value(), replica_options(options, folder, origin, output));
  if (!replica.ok()) return replica.error();
  run.replica = std::move(replica).value();
  return {};
}

// Catches up, and says what there is then.
int follow_once(Running& run, Output& output) {
  const Result<monitor::Update> update = run.replica->follow();
  if (!update.ok()) return output.error(update.error());
  for (const monitor::Finding& finding : update.value().findings) {
    output.say(std::string(monitor::finding_name(finding.kind)) + ": " + finding.text);
  }
  const auto txn = run.store->read();
  if (!txn.ok()) return output.error(txn.error());
  const Result<Digest> state = reputation::state_hash(*txn.value(), reputation::tables::kAll);
  if (!state.ok()) return output.error(state.error());
  output.result(wire::Json::object({{"leaves", update.value().size},
                                    {"head", update.value().head.checkpoint.size},
                                    {"root", update.value().head.checkpoint.root.hex()},
                                    {"state_hash", state.value().hex()}}));
  return monitor::exit_code_of(update.value().findings);
}

}  // namespace

int follow_command(const FollowOptions& options, Output& output) {
  keep_freed_memory_up_to(kMatchMemoryBytes);
  const Result<Addresses> addresses =
      parse_addresses(options.listen, options.admin, options.beyond_loopback);
  if (!addresses.ok()) return output.error(addresses.error());
  const sigset_t signals = block_stop_signals();
  raise_file_limit();
  Running run;
  Status started = start_replica(options, output, run);
  if (!started.ok()) return output.error(started.error());
  if (options.once) return follow_once(run, output);
  started = run.servers.start(addresses.value(), *run.replica, *run.replica,
                              ServiceOptions{}.blob_bytes_max, options.rates,
                              [] { return std::vector<PublicKey>(); });
  if (!started.ok()) return output.error(started.error());
  run.servers.announce(output);
  output.say("a read replica of " + options.url + ", data in " + options.data);

  const auto failed = wait_for_stop(
      signals, *run.store, [&] { return run.replica->failed(); }, output);
  if (failed) {
    run.servers.stop();
    return output.error(fail(Code::storage, failed->what));
  }
  unblock_signals(signals);
  output.say("stopping");
  run.servers.stop();
  run.replica.reset();
  output.say("stopped");
  return 0;
}

}  // namespace assay::verifier
