#include "api/server/cursor.h"

#include <algorithm>

#include "core/crypto/hmac.h"

namespace assay::api {
namespace {

constexpr std::size_t kMacBytes = 16;

Bytes mac_of(const Digest& key, std::string_view list, std::string_view inner) {
  const Digest whole = hmac_sha256(
      key.view(), {as_bytes("assay/cursor/v1\n"), as_bytes(list), as_bytes("\n"), as_bytes(inner)});
  return {whole.bytes.begin(), whole.bytes.begin() + kMacBytes};
}

}  // namespace

std::string seal_cursor(const Digest& key, std::string_view list, std::string_view inner) {
  Bytes bytes = mac_of(key, list, inner);
  append(bytes, as_bytes(inner));
  std::string text = to_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

Result<std::string> open_cursor(const Digest& key, std::string_view list, std::string_view cursor) {
  const Error wrong = fail(
      Code::malformed,
      "cursor: it was not given here for this list, or before a restart: start again without one");
  const Result<Bytes> bytes = from_base64(cursor);
  if (!bytes.ok() || bytes.value().size() <= kMacBytes) return wrong;
  std::string inner(as_text(ByteView(bytes.value()).subspan(kMacBytes)));
  const ByteView mac = ByteView(bytes.value()).first(kMacBytes);
  if (!equal_in_constant_time(mac, mac_of(key, list, inner))) return wrong;
  return inner;
}

}  // namespace assay::api
