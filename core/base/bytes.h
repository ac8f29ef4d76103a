// Bytes, their text spellings (hex, base64), fixed-width integers in both byte orders, and a
// bounded reader. Values and pure functions; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace assay {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;  // borrows

// Text seen as bytes and bytes seen as text; both borrow.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView view) {
  return {view.begin(), view.end()};
}

void append(Bytes& to, ByteView more);

// Lower-case hex. Parsing accepts lower case only: one spelling per value.
//   malformed    odd length or a character outside 0-9a-f
std::string to_hex(ByteView bytes);
Result<Bytes> from_hex(std::string_view text);

// Base64 with padding (RFC 4648 section 4). Parsing accepts the standard and the URL alphabet,
// with or without padding, and rejects non-zero trailing bits, so that one text decodes one way.
//   malformed    any other character, impossible length, non-canonical trailing bits
std::string to_base64(ByteView bytes);
Result<Bytes> from_base64(std::string_view text);

// The same, but only the one canonical spelling (standard alphabet, padded).
Result<Bytes> from_base64_canonical(std::string_view text);

// Fixed-width integers appended to a buffer.
void put_u16_be(Bytes& to, std::uint16_t value);
void put_u32_be(Bytes& to, std::uint32_t value);
void put_u64_be(Bytes& to, std::uint64_t value);
void put_u32_le(Bytes& to, std::uint32_t value);
void put_u64_le(Bytes& to, std::uint64_t value);

// N bytes that mean one thing; Tag keeps a key from being passed as a digest.
template <std::size_t N, class Tag>
struct FixedBytes {
  std::array<std::uint8_t, N> bytes{};

  static constexpr std::size_t kSize = N;
  auto operator<=>(const FixedBytes&) const = default;
  ByteView view() const { return bytes; }
  std::string hex() const { return to_hex(bytes); }

  // malformed    not exactly N bytes
  static Result<FixedBytes> from_view(ByteView view) {
    if (view.size() != N) {
      return fail(Code::malformed, std::to_string(view.size()) + " bytes where " +
                                       std::to_string(N) + " are needed");
    }
    FixedBytes out;
    for (std::size_t i = 0; i < N; ++i) out.bytes[i] = view[i];
    return out;
  }
  // malformed    not exactly 2N lower-case hex digits
  static Result<FixedBytes> parse_hex(std::string_view text) {
    if (text.size() != 2 * N) {
      return fail(Code::malformed, "expected " + std::to_string(2 * N) + " lower-case hex digits");
    }
    Result<Bytes> raw = from_hex(text);
    if (!raw.ok()) return raw.error();
    return from_view(raw.value());
  }
};

// Reads fields from the front of a view and never past its end. After one failed read every later
// read fails too, so a parser may read all its fields and ask ok() once.
class Reader {
 public:
  explicit Reader(ByteView view) : rest_(view) {}

  ByteView take(std::size_t count);  // empty after a failure
  std::uint8_t u8();
  std::uint16_t u16_be();
  std::uint32_t u32_be();
  std::uint64_t u64_be();
  std::uint32_t u32_le();
  std::uint64_t u64_le();

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::uint64_t integer(std::size_t width, bool big_endian);

  ByteView rest_;
  bool ok_ = true;
};

}  // namespace assay
