// Where the passphrase of a key file comes from: ASSAY_KEY_PASSPHRASE, or the terminal, unseen.
#pragma once

#include <string>

#include "core/base/result.h"

namespace assay::prover {

// `twice`: for a new key; asks again and compares.
//   usage        neither the variable nor a terminal, an empty passphrase, or two different ones
Result<std::string> ask_passphrase(const std::string& key_file, bool twice);

}  // namespace assay::prover
