#include "api/server/http_server.h"
#include "verifier/main/commands.h"
#include "verifier/main/signals.h"
#include "verifier/main/witness_folder.h"
#include "verifier/main/witness_site.h"

namespace assay::verifier {
namespace {

struct Running {
  std::unique_ptr<witness::HeadStore> heads;
  std::unique_ptr<witness::Witness> witness;
  std::unique_ptr<api::HttpServer> server;
  std::size_t logs = 0;
};

Status start(const WitnessRunOptions& options, Running& run) {
  const WitnessFolder folder(options.data);
  Result<api::ListenAddress> listen = api::parse_listen_address(options.listen);
  if (!listen.ok()) return listen.error().in("--listen");
  Result<WitnessIdentity> identity = load_witness(folder);
  if (!identity.ok()) return identity.error();
  Result<std::vector<wire::NoteKey>> logs = load_witnessed_logs(
      options.logs.empty() ? std::vector<std::string>{folder.logs()} : options.logs);
  if (!logs.ok()) return logs.error();
  Result<std::unique_ptr<witness::HeadStore>> heads = witness::open_file_head_store(folder.heads());
  if (!heads.ok()) return heads.error();
  run.heads = std::move(heads).value();
  run.logs = logs.value().size();
  run.witness = std::make_unique<witness::Witness>(
      identity.value().vkey.name, std::move(identity.value().key), std::move(logs).value(),
      *run.heads, system_clock());
  api::HttpServerOptions http;
  http.beyond_loopback = options.beyond_loopback;
  Result<std::unique_ptr<api::HttpServer>> server =
      api::HttpServer::start(std::move(listen).value(), witness_site(*run.witness), http);
  if (!server.ok()) return server.error().in("--listen");
  run.server = std::move(server).value();
  return {};
}

}  // namespace

int witness_init_command(const WitnessInitOptions& options, Output& output) {
  const WitnessFolder folder(options.data);
  const Result<wire::NoteKey> made = create_witness_folder(folder, options.name);
  if (!made.ok()) return output.error(made.error());
  output.result(wire::Json::object({{"data", options.data},
                                    {"name", options.name},
                                    {"vkey", wire::vkey_text(made.value())},
                                    {"logs", folder.logs()}}));
  output.say("keep '" + folder.key() + "' safe; write the logs into '" + folder.logs() +
             "' and start with: assay-verifier witness run --data '" + options.data + "'");
  return 0;
}

int witness_run_command(const WitnessRunOptions& options, Output& output) {
  const sigset_t signals = block_stop_signals();
  Running run;
  if (const Status started = start(options, run); !started.ok()) {
    return output.error(started.error());
  }
  const std::string url = run.server->address().url();
  const std::string vkey = wire::vkey_text(run.witness->vkey());
  output.line("listening on " + url + "\nvkey " + vkey,
              wire::Json::object({{"listening", url}, {"vkey", vkey}}));
  output.say("witness of " + std::to_string(run.logs) + " log keys, data in " + options.data);
  while (!stop_was_asked(signals)) {
  }
  unblock_signals(signals);
  run.server.reset();
  output.say("stopped");
  return 0;
}

}  // namespace assay::verifier
