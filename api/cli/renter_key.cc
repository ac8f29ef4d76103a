#include "api/cli/renter_key.h"

#include <cstdlib>

#include "core/base/file.h"
#include "core/crypto/key_file.h"

namespace assay::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<RenterKey> make_key(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    if (Status made = make_folders(path.substr(0, slash)); !made.ok()) return made.error();
  }
  SigningKey key = SigningKey::generate(system_random());
  if (Status written = write_key_file(path, key, "", system_random()); !written.ok()) {
    return written.error();
  }
  return RenterKey{std::move(key), path, true};
}

}  // namespace

Result<std::string> default_renter_key() {
  const std::string config = variable("XDG_CONFIG_HOME");
  if (!config.empty()) return config + "/assay/renter.key";
  const std::string home = variable("HOME");
  if (!home.empty()) return home + "/.config/assay/renter.key";
  return fail(Code::usage, "there is no HOME to keep the renter's key in: give --key FILE");
}

Result<RenterKey> renter_key(const std::string& path) {
  const Result<std::string> fallback = path.empty() ? default_renter_key() : path;
  if (!fallback.ok()) return fallback.error();
  const std::string& file = fallback.value();
  const Result<bool> encrypted = key_file_is_encrypted(file);
  if (!encrypted.ok() && encrypted.error().code == Code::not_found) return make_key(file);
  if (!encrypted.ok()) return encrypted.error();
  const std::string passphrase = encrypted.value() ? variable("ASSAY_KEY_PASSPHRASE") : "";
  if (encrypted.value() && passphrase.empty()) {
    return fail(Code::usage, file + " is under a passphrase: set ASSAY_KEY_PASSPHRASE");
  }
  Result<SigningKey> key = load_key_file(file, passphrase);
  if (!key.ok()) return key.error();
  return RenterKey{std::move(key).value(), file, false};
}

}  // namespace assay::cli
