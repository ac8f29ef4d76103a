// Key files: one Ed25519 seed on disk, encrypted under a passphrase or plain for services that
// are handed it (systemd credentials). Layout: core/wire/FORMAT.md, "Key file".
#pragma once

#include <string>
#include <string_view>

#include "core/crypto/ed25519.h"

namespace assay {

// Writes durably with mode 0600, never over an existing file. An empty passphrase writes the plain
// form; otherwise Argon2id (crypto_pwhash MODERATE) and XChaCha20-Poly1305.
//   conflict     the file is already there
//   storage      cannot be written, or 256 MiB for Argon2id were not to be had
Status write_key_file(const std::string& path, const SigningKey& key, std::string_view passphrase,
                      Random& random);

// Does this file need a passphrase? Errors as load_key_file.
Result<bool> key_file_is_encrypted(const std::string& path);

// Reads a key file.
//   not_found    no such file
//   permission   its mode lets group or others read it, or the passphrase is wrong
//   malformed    not a key file, damaged, a newer version, or KDF parameters out of range
//   storage      the read failed, or too little memory for its Argon2id parameters (1 GiB at most)
Result<SigningKey> load_key_file(const std::string& path, std::string_view passphrase);

}  // namespace assay
