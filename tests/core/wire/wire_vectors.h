// What the vectors of the wire formats have in common, and the mutation that all must survive.
#pragma once

#include <string>

#include "tests/vectors.h"

namespace assay::test {

inline std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

// The text of a vector: its `line`s, or its `hex` where it is not whole printable lines.
inline std::string body(const Vector& vector) {
  if (!vector.has("hex")) return joined(vector.all("line"));
  return std::string(as_text(vector.bytes("hex")));
}

// Calls visit(mutated, byte) once for each bit of `text`, that bit flipped.
template <class Visit>
void flip_each_bit(std::string text, Visit visit) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      const char flip = static_cast<char>(1 << bit);
      text[i] = static_cast<char>(text[i] ^ flip);
      visit(std::as_const(text), i);
      text[i] = static_cast<char>(text[i] ^ flip);
    }
  }
}

}  // namespace assay::test
