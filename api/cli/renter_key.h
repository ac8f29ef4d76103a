// The renter's key: made on first use, under the user's configuration folder.
#pragma once

#include <string>

#include "core/crypto/ed25519.h"

namespace assay::cli {

// $XDG_CONFIG_HOME/assay/renter.key, or ~/.config/assay/renter.key.
//   usage        neither variable is set
Result<std::string> default_renter_key();

struct RenterKey {
  SigningKey key;
  std::string path;
  bool made = false;  // just now
};

// Loads the key of `path` (empty: the default), or makes it. One under a passphrase takes it from
// ASSAY_KEY_PASSPHRASE.
//   usage        a passphrase is needed; and those of load_key_file() and write_key_file()
Result<RenterKey> renter_key(const std::string& path);

}  // namespace assay::cli
