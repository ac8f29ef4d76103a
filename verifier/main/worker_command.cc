#include <thread>

#include "api/client/client.h"
#include "core/compute/generate/generate.h"
#include "core/compute/generate/model_source.h"
#include "core/crypto/key_file.h"
#include "core/wire/dsse.h"
#include "core/wire/trust.h"
#include "verifier/main/replay_engine.h"
#include "verifier/main/signals.h"
#include "verifier/service/remote_worker.h"

namespace assay::verifier {

using wire::Json;

namespace {

constexpr std::int64_t kRetryMs = 2'000;
constexpr std::uint64_t kModelsBytesMax = std::uint64_t{100} << 30;  // of all together

Result<SigningKey> key_at(const std::string& path) {
  const char* passphrase = std::getenv("ASSAY_KEY_PASSPHRASE");
  return load_key_file(path, passphrase == nullptr ? "" : passphrase);
}

int make_key(const std::string& path, Output& output) {
  const Result<bool> there = key_file_is_encrypted(path);
  if (there.ok() || there.error().code != Code::not_found) {
    return output.error(fail(Code::conflict, path + " is there already: nothing was changed"));
  }
  const SigningKey key = SigningKey::generate(system_random());
  if (Status made = write_key_file(path, key, "", system_random()); !made.ok()) {
    return output.error(made.error());
  }
  const std::string hex = key.public_key().hex();
  output.result(Json::object({{"key", hex}, {"file", path}}));
  output.say("an operator of the verifier enables it with: assay-verifier workers --verifier URL " +
             ("--enable " + hex) + " --key OPERATOR.key");
  return 0;
}

// Whose work it is, and by which rules mismatches are confirmed.
struct Employer {
  std::string origin;
  wire::Policy policy;
};
Result<Employer> employer_of(api::Port& verifier) {
  Result<std::string> text = verifier.trust();
  if (!text.ok()) return text.error();
  Result<wire::Trust> trust = wire::parse_trust(text.value());
  if (!trust.ok()) return trust.error().in("the verifier's policy.txt");
  if (trust.value().logs.size() != 1 || trust.value().policies.empty()) {
    return fail(Code::malformed, "the verifier's policy.txt does not name one log and its policy");
  }
  Result<std::string> document = verifier.policy(trust.value().policies.back().hex());
  if (!document.ok()) return document.error();
  Result<wire::Policy> policy = wire::parse_policy(document.value());
  if (!policy.ok()) return policy.error().in("the verifier's policy");
  return Employer{trust.value().logs[0].key.name, std::move(policy).value()};
}

// Sleeps that long, or until a stop was asked for: then true.
bool wait_or_stop(const sigset_t& signals, std::int64_t ms) {
  const SteadyMillis end = system_clock().steady_now() + ms;
  do {
    if (stop_was_asked(signals)) return true;
  } while (system_clock().steady_now() < end);
  return false;
}

int work(RemoteWorker& worker, const WorkerOptions& options, const sigset_t& signals,
         Output& output) {
  std::uint64_t replays = 0;
  while (true) {
    const Result<RemoteWorker::Turn> turn = worker.turn();
    if (!turn.ok() && turn.error().code == Code::permission) return output.error(turn.error());
    if (!turn.ok() && turn.error().code == Code::not_found) return output.error(turn.error());
    if (!turn.ok()) output.say(turn.error().what);
    if (turn.ok() && turn.value().replayed) {
      output.say("replayed: " + std::string(wire::outcome_name(turn.value().outcome)));
      if (++replays == options.turns) return 0;
    }
    const std::int64_t wait_ms = turn.ok() ? turn.value().wait_ms : kRetryMs;
    if (wait_or_stop(signals, wait_ms)) return 0;
  }
}

}  // namespace

int worker_command(const WorkerOptions& options, Output& output) {
  if (options.init) return make_key(options.key, output);
  const Result<SigningKey> key = key_at(options.key);
  if (!key.ok()) return output.error(key.error().in("--key"));
  const sigset_t signals = block_stop_signals();
  std::string why;
  Result<ReplayEngine> engine = replay_engine(options.on, output, why);
  if (!engine.ok()) return output.error(engine.error());
  Result<std::unique_ptr<api::Client>> client = api::Client::connect(options.url);
  if (!client.ok()) return output.error(client.error().in("--verifier"));
  Result<Employer> employer = employer_of(*client.value());
  if (!employer.ok()) return output.error(employer.error());
  RemoteWorkerOptions how;
  how.origin = employer.value().origin;
  if (!options.cache.empty()) {
    how.models = compute::generate::stored_models(compute::generate::ModelStore(
        options.cache, compute::generate::kModelBytesMax, kModelsBytesMax));
  }
  RemoteWorker worker({*client.value(), system_clock()}, key.value(), std::move(how),
                      local_runner(employer.value().policy, {}, std::move(engine).value()));
  output.line("worker " + key.value().public_key().hex() + " of " + employer.value().origin,
              Json::object({{"worker", key.value().public_key().hex()},
                            {"origin", employer.value().origin}}));
  output.say("replays on " + why);
  std::atomic<bool> stop{false};
  std::thread keeper([&] {
    SteadyMillis next = system_clock().steady_now();
    while (!stop) {
      system_clock().sleep(100);
      if (system_clock().steady_now() < next) continue;
      const Result<std::int64_t> wait_ms = worker.keep_lease();
      next = system_clock().steady_now() + (wait_ms.ok() ? wait_ms.value() : kRetryMs);
    }
  });
  const int code = work(worker, options, signals, output);
  stop = true;
  keeper.join();
  return code;
}

namespace {

std::string cell(const Json& row, const char* name) {
  const Json* value = row.find(name);
  if (value == nullptr) return "";
  if (value->is_string()) return value->as_string();
  if (value->is_bool()) return value->as_bool() ? "yes" : "no";
  const std::optional<std::uint64_t> number = value->as_u64();
  return number ? std::to_string(*number) : "";
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() > width) text.resize(width);
  text.resize(width, ' ');
  return text;
}

// Name, device, standing, and what its replays came to.
std::string table_of(const Json& rows) {
  std::string text = padded("NAME", 18) + padded("DEVICE", 22) + padded("DRIVER", 12) +
                     padded("STATE", 11) + padded("JUDGED", 9) + padded("WRONG", 8) +
                     padded("FAILED", 8) + padded("VOID", 7) + "ODD\n";
  for (const Json& row : rows.items()) {
    text += padded(cell(row, "name"), 17) + " " + padded(cell(row, "device"), 21) + " " +
            padded(cell(row, "driver"), 11) + " " + padded(cell(row, "state"), 11) +
            padded(cell(row, "judged"), 9) + padded(cell(row, "mismatches"), 8) +
            padded(cell(row, "inconclusive"), 8) + padded(cell(row, "voided"), 7) +
            cell(row, "is_off") + "\n";
  }
  text.pop_back();
  return text;
}

Result<wire::Worker> worker_of(const WorkersOptions& options) {
  const bool enable = !options.enable.empty();
  const Result<PublicKey> key = PublicKey::parse_hex(enable ? options.enable : options.suspend);
  if (!key.ok()) return key.error().in(enable ? "--enable" : "--suspend");
  wire::Worker worker;
  worker.worker = key.value();
  worker.name = options.name;
  worker.device = options.device;
  worker.driver = options.driver;
  worker.enabled = enable;
  if (!enable) worker.cause = "operator";
  if (!options.void_from.empty()) {
    const Result<std::uint64_t> from = wire::parse_u64(options.void_from);
    if (!from.ok() || enable) {
      return fail(Code::usage, "--void-from goes with --suspend, and is the number of a leaf");
    }
    worker.void_from = from.value();
  }
  return worker;
}

// What is known of it by now: the statement says which one it follows, and a suspension renames
// nobody.
void follow_on(const Json& rows, wire::Worker& worker) {
  for (const Json& row : rows.items()) {
    if (cell(row, "key") != worker.worker.hex()) continue;
    const Json* changed = row.find("changed_index");
    worker.after = changed == nullptr ? 0 : changed->as_u64().value_or(0);
    if (worker.enabled) return;
    worker.name = cell(row, "name");
    worker.device = cell(row, "device");
    worker.driver = cell(row, "driver");
  }
}

}  // namespace

int workers_command(const WorkersOptions& options, Output& output) {
  Result<std::unique_ptr<api::Client>> client = api::Client::connect(options.url);
  if (!client.ok()) return output.error(client.error().in("--verifier"));
  Result<wire::Worker> worker = wire::Worker{};
  const bool listed = options.enable.empty() && options.suspend.empty();
  if (!listed) worker = worker_of(options);
  if (!worker.ok()) return output.error(worker.error());
  const Result<Json> document = client.value()->workers();
  if (!document.ok()) return output.error(document.error());
  const Json* rows = document.value().find("workers");
  if (rows == nullptr || !rows->is_array()) {
    return output.error(fail(Code::network, "the verifier's answer makes no sense"));
  }
  if (listed) {
    output.rows(table_of(*rows), document.value(), rows->items());
    return 0;
  }
  follow_on(*rows, worker.value());
  const Result<SigningKey> key = key_at(options.key);
  if (!key.ok()) return output.error(key.error().in("--key"));
  const std::string text = wire::statement_text(wire::worker_statement(worker.value()));
  const Result<api::Accepted> accepted =
      client.value()->submit(wire::Kind::worker, wire::seal(key.value(), text));
  if (!accepted.ok()) return output.error(accepted.error());
  output.result(Json::object({{"worker", key_id(worker.value().worker)},
                              {"state", worker.value().enabled ? "enabled" : "suspended"},
                              {"log_index", accepted.value().log_index}}));
  return 0;
}

}  // namespace assay::verifier
