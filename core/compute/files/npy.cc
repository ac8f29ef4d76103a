#include "core/compute/files/npy.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "core/wire/text.h"

namespace assay::compute {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kHeaderMax = 4096;
constexpr std::size_t kAlignment = 64;
constexpr const char* kNoDictionary =
    "not a dictionary {'descr': …, 'fortran_order': …, 'shape': …} as numpy.save writes it";

Error bad(std::string what) {
  return fail(Code::malformed, ".npy: " + std::move(what));
}

// The Python dictionary of a header, as far as NumPy writes it.
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : rest_(text) {}

  bool skip(std::string_view token) {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::optional<std::string> quoted() {
    if (!skip("'")) return std::nullopt;
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) return std::nullopt;
    std::string out(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return out;
  }
  std::optional<std::uint64_t> integer() {
    skip("");
    const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (digits == 0 || digits > 18 || (digits > 1 && rest_[0] == '0')) return std::nullopt;
    std::uint64_t out = 0;
    for (char c : rest_.substr(0, digits)) out = 10 * out + static_cast<std::uint64_t>(c - '0');
    rest_.remove_prefix(digits);
    return out;
  }
  // (), (3,), (3, 4), (3, 4,)
  std::optional<std::vector<std::uint64_t>> tuple() {
    if (!skip("(")) return std::nullopt;
    std::vector<std::uint64_t> out;
    while (!skip(")")) {
      const std::optional<std::uint64_t> dim = integer();
      if (!dim || out.size() == kRankMax) return std::nullopt;
      out.push_back(*dim);
      if (skip(",")) continue;
      if (out.size() == 1 || !skip(")")) return std::nullopt;
      return out;
    }
    return out;
  }
  bool at_end() { return skip("\n") && rest_.empty(); }

  // An error where the reading stands.
  Error bad_here(const std::string& what) const {
    return bad("byte " + std::to_string(size_ - rest_.size()) + " of the header: " + what);
  }

 private:
  std::string_view rest_;
  std::size_t size_ = rest_.size();
};

struct Header {
  std::optional<std::string> descr;
  std::optional<bool> fortran;
  std::optional<std::vector<std::uint64_t>> shape;
};

Status read_member(HeaderText& in, Header& out) {
  const std::optional<std::string> key = in.quoted();
  if (!key || !in.skip(":")) return in.bad_here(kNoDictionary);
  if (*key == "descr" && !out.descr) {
    out.descr = in.quoted();
    if (!out.descr)
      return in.bad_here("descr is not one of |i1, <u2, <f2, <f4: nothing structured");
  } else if (*key == "fortran_order" && !out.fortran) {
    const bool yes = in.skip("True");
    if (!yes && !in.skip("False")) {
      return in.bad_here("fortran_order is neither True nor False");
    }
    out.fortran = yes;
  } else if (*key == "shape" && !out.shape) {
    out.shape = in.tuple();
    if (!out.shape) return in.bad_here("shape is not a tuple of at most 8 integers, as (3, 4)");
  } else {
    return in.bad_here("key " + wire::quoted(*key) + " is there twice or unknown");
  }
  return {};
}

Result<NumberArray> parse_header(std::string_view text) {
  HeaderText in(text);
  Header header;
  if (!in.skip("{")) return in.bad_here(kNoDictionary);
  bool closed = in.skip("}");
  while (!closed) {
    const Status member = read_member(in, header);
    if (!member.ok()) return member.error();
    const bool comma = in.skip(",");
    closed = in.skip("}");
    if (!comma && !closed) return in.bad_here(kNoDictionary);
  }
  if (!in.at_end()) return in.bad_here("more than spaces and a newline after the dictionary");
  if (!header.descr || !header.fortran || !header.shape) {
    return in.bad_here("the dictionary lacks descr, fortran_order or shape");
  }
  if (*header.fortran) return bad("Fortran order: save it with numpy.ascontiguousarray");
  NumberArray out;
  out.dims = *header.shape;
  if (header.descr == "|i1") {
    out.type = NumberType::s8;
  } else if (header.descr == "<u2") {
    out.type = NumberType::u16;
  } else if (header.descr == "<f2") {
    out.type = NumberType::f16;
  } else if (header.descr == "<f4") {
    out.type = NumberType::f32;
  } else {
    return bad("type " + wire::quoted(*header.descr) + " is not one of |i1, <u2, <f2, <f4");
  }
  return out;
}

}  // namespace

Result<NumberArray> parse_npy(ByteView file) {
  Reader in(file);
  if (as_text(in.take(kMagic.size())) != kMagic) {
    return bad("does not begin with \\x93NUMPY, as numpy.save writes it");
  }
  const std::uint8_t major = in.u8();
  const std::uint8_t minor = in.u8();
  if (!in.ok() || major < 1 || major > 3 || minor != 0) {
    return bad("version is not 1.0, 2.0 or 3.0");
  }
  std::size_t size = in.u8();
  size |= std::size_t{in.u8()} << 8;
  if (major > 1) {
    size |= std::size_t{in.u8()} << 16;
    size |= std::size_t{in.u8()} << 24;
  }
  if (size > kHeaderMax) {
    return bad("a header of " + std::to_string(size) + " bytes where at most " +
               std::to_string(kHeaderMax) + " are allowed");
  }
  const ByteView header = in.take(size);
  if (!in.ok()) return bad("the file ends within its header");
  Result<NumberArray> out = parse_header(as_text(header));
  if (!out.ok()) return out;
  const std::uint64_t want = array_bytes(out.value().type, out.value().dims);
  if (in.left() != want) {
    return bad("the header and the data disagree: " + std::to_string(in.left()) +
               " bytes of data where " +
               (want == UINT64_MAX ? "more than 2^64" : std::to_string(want)) + " are needed");
  }
  out.value().data = in.take(in.left());
  return out;
}

Bytes write_npy(std::span<const std::uint64_t> dims, std::span<const float> values) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    header += (i > 0 ? ", " : "") + std::to_string(dims[i]);
  }
  header += dims.size() == 1 ? ",), }" : "), }";
  const std::size_t before = kMagic.size() + 4;
  header.append(kAlignment - 1 - (before + header.size()) % kAlignment, ' ');
  header += '\n';

  Bytes out;
  out.reserve(before + header.size() + 4 * values.size());
  append(out, as_bytes(kMagic));
  append(out, Bytes{1, 0, static_cast<std::uint8_t>(header.size() & 0xFF),
                    static_cast<std::uint8_t>(header.size() >> 8)});
  append(out, as_bytes(header));
  for (float value : values) put_u32_le(out, std::bit_cast<std::uint32_t>(value));
  return out;
}

}  // namespace assay::compute
