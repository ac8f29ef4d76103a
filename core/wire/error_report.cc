#include "core/wire/error_report.h"

#include <array>

#include "core/base/bytes.h"

namespace assay::wire {

bool is_retryable(Code code) {
  return code == Code::network || code == Code::rate_limited || code == Code::storage ||
         code == Code::inconclusive || code == Code::interrupted;
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    // C1 in its UTF-8 spelling, C2 80 .. C2 9F: one of them begins a terminal's commands too.
    const bool c1 = byte(i) == 0xC2 && i + 1 < text.size() && (byte(i + 1) & 0xE0) == 0x80;
    if (c1) ++i;
    out += c1 || byte(i) < 0x20 || byte(i) == 0x7F ? '?' : text[i];
  }
  return out;
}

std::string error_line(const Error& error, bool color) {
  return std::string(color ? "\033[1;31merror\033[0m" : "error") + " (" + code_title(error.code) +
         "): " + printable(error.what);
}

Json error_json(const Error& error, Random& random) {
  std::array<std::uint8_t, 8> trace_id{};
  random.fill(trace_id);
  return Json::object({{"code", code_name(error.code)},
                       {"title", code_title(error.code)},
                       {"detail", error.what},
                       {"retryable", is_retryable(error.code)},
                       {"trace_id", to_hex(trace_id)}});
}

}  // namespace assay::wire
