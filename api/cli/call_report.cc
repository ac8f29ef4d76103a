#include "api/cli/call_report.h"

#include <algorithm>

#include "api/cli/units.h"
#include "core/crypto/sha256.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::size_t kShownBodyBytesMax = std::size_t{16} << 10;

bool is_shown(ByteView body) {
  return body.size() <= kShownBodyBytesMax &&
         std::ranges::all_of(as_text(body), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string length_text(ByteView body) {
  return body.empty() ? "" : ", " + bytes_text(body.size());
}

}  // namespace

std::string curl_text(const api::OutgoingCall& call) {
  std::string text = "curl -sS ";
  if (call.method == "HEAD") {
    text += "-I ";
  } else if (call.method != "GET") {
    text += "-X " + std::string(call.method) + " ";
  }
  std::string note;
  if (!call.body.empty()) {
    text +=
        "-H " + shell_quoted("Content-Type: " + std::string(call.content_type)) + " --data-binary ";
    text += (is_shown(call.body) ? shell_quoted(as_text(call.body)) : "@body.bin") + " ";
    if (!is_shown(call.body)) {
      note = "  # body.bin: " + std::to_string(call.body.size()) + " bytes with the SHA-256 " +
             sha256(call.body).hex();
    }
  }
  return text + shell_quoted(call.url) + note;
}

api::CallWatch watch_calls(Console& console, const ShownCalls& shown,
                           std::optional<HeldCall>& held) {
  api::CallWatch watch;
  watch.before = [&console, shown, &held](const api::OutgoingCall& call) -> Status {
    if (shown.curl) console.say(curl_text(call));
    if (shown.explain) {
      console.say("> " + std::string(call.method) + " " + call.url + length_text(call.body));
    }
    if (!shown.dry_run || !call.changes) return {};
    held = HeldCall{std::string(call.method), call.url, std::string(call.content_type),
                    to_bytes(call.body)};
    console.hush();
    return fail(Code::interrupted, "not sent: --dry-run");
  };
  if (shown.explain) {
    watch.after = [&console](const api::CallOutcome& outcome) {
      console.say("< " +
                  (outcome.status == 0
                       ? "no answer"
                       : std::to_string(outcome.status) + ", " + bytes_text(outcome.bytes)) +
                  ", " + std::to_string(outcome.took_ms) + " ms");
    };
  }
  return watch;
}

int show_held(Console& console, const HeldCall& held) {
  console.unhush();
  Json document = Json::object({{"dry_run", true},
                                {"method", held.method},
                                {"url", held.url},
                                {"content_type", held.content_type},
                                {"bytes", std::uint64_t{held.body.size()}}});
  const Result<Json> body = wire::parse_json(as_text(held.body));
  if (body.ok()) document.set("body", body.value());
  console.result(document, {{},
                            {{"would send", held.method + " " + held.url},
                             {"body", bytes_text(held.body.size()) + ", " + held.content_type},
                             {"sent", "nothing (--dry-run)"}}});
  return 0;
}

}  // namespace assay::cli
