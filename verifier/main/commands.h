// The subcommands of assay-verifier. Each returns the exit code.
#pragma once

#include <string>
#include <vector>

#include "verifier/main/output.h"
#include "verifier/main/servers.h"
#include "verifier/main/webhook_senders.h"

namespace assay::verifier {

struct InitOptions {
  std::string data;
  std::string origin = "verifier.example/assay";
  std::string policy = "default";  // "default", "demo" or a file
};
int init_command(const InitOptions& options, Output& output);

struct ServeOptions {
  std::string data;
  std::string listen = "127.0.0.1:8790";
  std::string admin;  // empty: no operator's port
  unsigned replay_threads = 1;
  std::string cpu_level = "best";
  std::string backend = "auto";
  std::string cuda_module;  // empty: the default one
  std::uint64_t blobs_gib = 100;
  bool beyond_loopback = false;
  api::RatesPerSecond rates;
  bool workers_first = false;
  std::uint64_t top_up_micros = 0;
  std::string change_policy;  // "default", "demo" or a file; empty: no change
  WebhookSettings webhooks;
};
// The document that a name or a file stands for.
Result<std::string> policy_text_of(const std::string& name);

// Until SIGTERM or SIGINT (0), until the storage fails (75), or until a witness is found to have
// seen more of this log than there is here (16).
int serve_command(const ServeOptions& options, Output& output);

struct FollowOptions {
  std::string url;  // of the primary
  std::string data;
  std::string policy;  // its policy.txt; may be empty once the folder has one
  std::string listen = "127.0.0.1:8790";
  std::string admin;
  std::int64_t interval_ms = 1000;
  std::uint64_t blobs_gib = 100;
  bool beyond_loopback = false;
  api::RatesPerSecond rates;
  bool once = false;  // catches up and ends, serving nothing
};
// A read replica. Until SIGTERM or SIGINT (0), or until the storage fails (75); with `once` the
// code of what was found, 20 for a forked log.
int follow_command(const FollowOptions& options, Output& output);

// What this machine replays with, of a verifier or a worker.
struct ReplaysOn {
  std::string cpu_level = "best";
  std::string backend = "auto";
  std::string cuda_module;  // empty: the default one
};

struct WorkerOptions {
  std::string url;
  std::string key;
  ReplaysOn on;
  std::string cache;        // folder for language models; empty: in memory
  bool init = false;        // makes the key, prints it, and ends
  std::uint64_t turns = 0;  // ends after so many replays; 0: never
};
// A worker of somebody's verifier. Until SIGTERM or SIGINT (0), or until the verifier suspends it
// (4).
int worker_command(const WorkerOptions& options, Output& output);

struct WorkersOptions {
  std::string url;
  std::string enable;   // a worker's key in hex
  std::string suspend;  // likewise
  std::string void_from;
  std::string name = "worker";
  std::string device = "cpu";
  std::string driver;
  std::string key;  // the operator's, or the verifier's own
};
// Lists the workers of a verifier; or enables or suspends one, by an operator's key.
int workers_command(const WorkersOptions& options, Output& output);

// Rebuilds everything from the log's leaves and compares it with what is stored.
int refold_command(const std::string& data, Output& output);
// Makes a store of this version's layout from the leaves of the one that is there, which is kept as
// store.before. No verifier may run there. What the rules refuse by now changes nothing (14).
int upgrade_command(const std::string& data, Output& output);

// Checks every record's seal, the log's root, the kept head, and the blobs that records name.
int fsck_command(const std::string& data, Output& output);

// A witness of other people's logs.
struct WitnessInitOptions {
  std::string data;
  std::string name;
};
int witness_init_command(const WitnessInitOptions& options, Output& output);

struct WitnessRunOptions {
  std::string data;
  std::vector<std::string> logs;  // trust files; empty: the folder's logs.txt
  std::string listen = "127.0.0.1:8792";
  bool beyond_loopback = false;
};
// Until SIGTERM or SIGINT (0).
int witness_run_command(const WitnessRunOptions& options, Output& output);

}  // namespace assay::verifier
