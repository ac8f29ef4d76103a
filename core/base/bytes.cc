#include "core/base/bytes.h"

namespace assay {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

constexpr std::uint8_t kNoDigit = 0xFF;

// The value of each character as a digit of either alphabet.
constexpr std::array<std::uint8_t, 256> make_base64_values() {
  std::array<std::uint8_t, 256> values{};
  for (std::uint8_t& value : values) value = kNoDigit;
  for (std::uint8_t i = 0; i < 64; ++i) values[static_cast<std::uint8_t>(kBase64Digits[i])] = i;
  values['-'] = 62;
  values['_'] = 63;
  return values;
}
constexpr std::array<std::uint8_t, 256> kBase64Values = make_base64_values();

std::uint32_t base64_value(char c) {
  return kBase64Values[static_cast<std::uint8_t>(c)];
}

void put(Bytes& to, std::uint64_t value, std::size_t width, bool big_endian) {
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t shift = 8 * (big_endian ? width - 1 - i : i);
    to.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

}  // namespace

void append(Bytes& to, ByteView more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kHexDigits[byte >> 4]);
    text.push_back(kHexDigits[byte & 15]);
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return fail(Code::malformed, "hex text of odd length");
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) {
      return fail(Code::malformed, "not lower-case hex at character " + std::to_string(i));
    }
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                                (left > 1 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0) |
                                (left > 2 ? static_cast<std::uint32_t>(bytes[i + 2]) : 0);
    text.push_back(kBase64Digits[group >> 18]);
    text.push_back(kBase64Digits[(group >> 12) & 63]);
    text.push_back(left > 1 ? kBase64Digits[(group >> 6) & 63] : '=');
    text.push_back(left > 2 ? kBase64Digits[group & 63] : '=');
  }
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  std::string_view digits = text;
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && !digits.empty() && digits.back() == '='; ++i) digits.remove_suffix(1);
  }
  if (digits.size() % 4 == 1) return fail(Code::malformed, "base64 text of impossible length");
  Bytes bytes(digits.size() / 4 * 3 + (digits.size() % 4 == 0 ? 0 : digits.size() % 4 - 1));
  std::uint8_t* out = bytes.data();
  std::size_t i = 0;
  for (; i + 4 <= digits.size(); i += 4) {
    const std::uint32_t a = base64_value(digits[i]), b = base64_value(digits[i + 1]);
    const std::uint32_t c = base64_value(digits[i + 2]), d = base64_value(digits[i + 3]);
    if ((a | b | c | d) > 63) break;  // the loop below says where
    const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    *out++ = static_cast<std::uint8_t>(group >> 16);
    *out++ = static_cast<std::uint8_t>(group >> 8);
    *out++ = static_cast<std::uint8_t>(group);
  }
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (; i < digits.size(); ++i) {
    const std::uint32_t value = base64_value(digits[i]);
    if (value > 63) return fail(Code::malformed, "not base64 at character " + std::to_string(i));
    group = group << 6 | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      *out++ = static_cast<std::uint8_t>(group >> bits);
    }
  }
  if ((group & ((1U << bits) - 1)) != 0) {
    return fail(Code::malformed, "base64 text with non-zero trailing bits");
  }
  return bytes;
}

Result<Bytes> from_base64_canonical(std::string_view text) {
  // Padded, and of the standard alphabet: with no loose bits, one text is left for the bytes.
  if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string_view::npos) {
    return fail(Code::malformed, "base64 text is not in its canonical spelling");
  }
  return from_base64(text);
}

void put_u16_be(Bytes& to, std::uint16_t value) {
  put(to, value, 2, true);
}
void put_u32_be(Bytes& to, std::uint32_t value) {
  put(to, value, 4, true);
}
void put_u64_be(Bytes& to, std::uint64_t value) {
  put(to, value, 8, true);
}
void put_u32_le(Bytes& to, std::uint32_t value) {
  put(to, value, 4, false);
}
void put_u64_le(Bytes& to, std::uint64_t value) {
  put(to, value, 8, false);
}

ByteView Reader::take(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const ByteView front = rest_.first(count);
  rest_ = rest_.subspan(count);
  return front;
}

std::uint64_t Reader::integer(std::size_t width, bool big_endian) {
  const ByteView field = take(width);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const std::size_t at = big_endian ? i : field.size() - 1 - i;
    value = value << 8 | field[at];
  }
  return value;
}

std::uint8_t Reader::u8() {
  return static_cast<std::uint8_t>(integer(1, true));
}
std::uint16_t Reader::u16_be() {
  return static_cast<std::uint16_t>(integer(2, true));
}
std::uint32_t Reader::u32_be() {
  return static_cast<std::uint32_t>(integer(4, true));
}
std::uint64_t Reader::u64_be() {
  return integer(8, true);
}
std::uint32_t Reader::u32_le() {
  return static_cast<std::uint32_t>(integer(4, false));
}
std::uint64_t Reader::u64_le() {
  return integer(8, false);
}

}  // namespace assay
