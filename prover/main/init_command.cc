#include <algorithm>
#include <thread>

#include "core/crypto/key_file.h"
#include "core/wire/json.h"
#include "prover/main/commands.h"
#include "prover/main/passphrase.h"

namespace assay::prover {

Result<unsigned> engine_threads(const EngineOptions& options) {
  const unsigned all = std::max(1u, std::thread::hardware_concurrency());
  if (options.threads > 4 * all) {
    return fail(Code::usage, "--threads " + std::to_string(options.threads) +
                                 ": this machine has " + std::to_string(all) + " processors");
  }
  return options.threads == 0 ? all : options.threads;
}

Result<SigningKey> load_key(const std::string& path) {
  const Result<bool> encrypted = key_file_is_encrypted(path);
  if (!encrypted.ok()) {
    Error error = encrypted.error();
    if (error.code == Code::not_found) {
      error.what += "; make one with: assay-prover init --key '" + path + "'";
    }
    return error;
  }
  if (!encrypted.value()) return load_key_file(path, "");
  const Result<std::string> passphrase = ask_passphrase(path, false);
  if (!passphrase.ok()) return passphrase.error();
  return load_key_file(path, passphrase.value());
}

int init_command(const InitOptions& options, Console& console) {
  std::string passphrase;
  if (options.encrypt) {
    Result<std::string> asked = ask_passphrase(options.key, true);
    if (!asked.ok()) return console.error(asked.error());
    passphrase = std::move(asked).value();
  }
  const SigningKey key = SigningKey::generate(system_random());
  const Status written = write_key_file(options.key, key, passphrase, system_random());
  if (!written.ok()) return console.error(written.error());
  const std::string id = key_id(key.public_key());
  console.result("provider    " + id + "\npublic key  " + key.public_key().hex() +
                     "\nkey file    " + options.key +
                     (options.encrypt ? " (encrypted)" : " (plain, mode 0600)"),
                 wire::Json::object({{"key_file", options.key},
                                     {"provider", id},
                                     {"public_key", key.public_key().hex()},
                                     {"encrypted", options.encrypt}}));
  return 0;
}

}  // namespace assay::prover
