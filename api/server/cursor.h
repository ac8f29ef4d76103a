// Cursors as clients see them: opaque, and only those that were given here, for that list. Pure;
// any thread.
#pragma once

#include <string>

#include "core/crypto/sha256.h"

namespace assay::api {

// `list` says what the cursor is of: one of another list is none.
std::string seal_cursor(const Digest& key, std::string_view list, std::string_view inner);
//   malformed    not given here for this list, or before a restart
Result<std::string> open_cursor(const Digest& key, std::string_view list, std::string_view cursor);

}  // namespace assay::api
