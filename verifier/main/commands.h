// The subcommands of assay-verifier. Each returns the exit code.
#pragma once

#include <string>
#include <vector>

#include "verifier/main/output.h"
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
  bool once = false;  // catches up and ends, serving nothing
};
// A read replica. Until SIGTERM or SIGINT (0), or until the storage fails (75); with `once` the
// code of what was found, 20 for a forked log.
int follow_command(const FollowOptions& options, Output& output);

// Rebuilds everything from the log's leaves and compares it with what is stored.
int refold_command(const std::string& data, Output& output);

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
