// Numbers of at most 32 bits as LEB128 in their one shortest spelling: for rows of small counts.
// Pure; any thread. Private to reputation/policy.
#pragma once

#include <limits>
#include <string>

#include "core/base/bytes.h"

namespace assay::reputation {

inline void put_varint(Bytes& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 0x80));
  to.push_back(static_cast<std::uint8_t>(value));
}

//   malformed    cut short, not the shortest, or beyond 32 bits; says of what it is
inline Result<std::uint32_t> take_varint(Reader& reader, const char* of) {
  const auto wrong = [of](const char* why) {
    return fail(Code::malformed, std::string(of) + ": " + why);
  };
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const std::uint8_t byte = reader.u8();
    if (!reader.ok()) return wrong("cut short");
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte & 0x80) continue;
    if (byte == 0 && shift > 0) return wrong("a number with leading zeros");
    if (value > std::numeric_limits<std::uint32_t>::max()) break;
    return static_cast<std::uint32_t>(value);
  }
  return wrong("a number beyond 32 bits");
}

}  // namespace assay::reputation
