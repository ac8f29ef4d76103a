#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/wire/error_report.h"
#include "core/wire/text.h"

namespace assay::fuzz {

void finding(std::string_view promise, std::string_view detail) {
  const std::string shown = wire::people_text(detail, 4 * kMessageBytesMax);
  std::fprintf(stderr, "finding: %.*s: %s\n", static_cast<int>(promise.size()), promise.data(),
               shown.c_str());
  std::abort();
}

void check_refusal(const Error& error, std::initializer_list<Code> documented) {
  const std::string& what = error.what;
  const bool known =
      std::find(documented.begin(), documented.end(), error.code) != documented.end();
  require(known, "a refusal has a documented code",
          std::string(code_name(error.code)) + ": " + what);
  require(!what.empty(), "a refusal says what is wrong", code_name(error.code));
  require(what.size() <= kMessageBytesMax, "a message is short", what);
  require(wire::is_utf8(what), "a message is UTF-8", what);
  require(what == wire::printable(what), "a message has no control characters", what);
}

}  // namespace assay::fuzz
