// Every kind of statement behind one signature: parse it as its kind and write it again.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/statement.h"

namespace assay::test {

using Rewrite = std::function<Result<std::string>(std::string_view payload)>;

struct Codec {
  wire::Kind kind;
  Rewrite rewrite;
};

const std::vector<Codec>& codecs();
// By kind_name(); stops the test when there is none.
const Codec& codec(std::string_view kind);

}  // namespace assay::test
