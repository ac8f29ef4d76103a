// The opening file of challenge.h.
#include <tuple>

#include "core/wire/challenge.h"

namespace assay::wire {

namespace {

constexpr std::string_view kMagic = "assay/opening/v1\n";
constexpr std::uint8_t kWhole = 1;
constexpr std::uint8_t kLeaf = 2;
constexpr std::size_t kPartBytesMin = 4 + 1 + 4;

auto place_of(const OpenedPart& part) {
  return std::make_tuple(part.state, !part.whole, part.whole ? 0 : part.leaf);
}

void read_leaf_path(Reader& in, OpenedPart& part) {
  part.leaf = in.u64_be();
  const std::size_t count = in.u8();
  if (count > kOpenedPathMax) {
    in.take(in.left() + 1);  // fails the reader
    return;
  }
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const ByteView hash = in.take(Digest::kSize);
    if (in.ok()) part.path.push_back(Digest::from_view(hash).value());
  }
}

OpenedPart read_part(Reader& in) {
  OpenedPart part;
  part.state = in.u32_be();
  const std::uint8_t kind = in.u8();
  part.whole = kind == kWhole;
  if (kind == kLeaf) read_leaf_path(in, part);
  const std::size_t size = in.u32_be();
  const bool sized = size >= 1 && (part.whole || size <= kOpenedLeafBytesMax);
  if ((kind != kWhole && kind != kLeaf) || !sized) in.take(in.left() + 1);
  part.data = to_bytes(in.take(size));
  return part;
}

}  // namespace

Bytes opening_file(const Opening& opening) {
  Bytes file = to_bytes(as_bytes(kMagic));
  put_u32_be(file, static_cast<std::uint32_t>(opening.parts.size()));
  for (const OpenedPart& part : opening.parts) {
    put_u32_be(file, part.state);
    file.push_back(part.whole ? kWhole : kLeaf);
    if (!part.whole) {
      ASSAY_CHECK(part.path.size() <= kOpenedPathMax, "a path longer than any tree is high");
      put_u64_be(file, part.leaf);
      file.push_back(static_cast<std::uint8_t>(part.path.size()));
      for (const Digest& hash : part.path) append(file, hash.view());
    }
    ASSAY_CHECK(part.data.size() <= UINT32_MAX, "an opened part of 4 GiB");
    put_u32_be(file, static_cast<std::uint32_t>(part.data.size()));
    append(file, part.data);
  }
  return file;
}

Result<Opening> parse_opening_file(ByteView bytes, std::size_t bytes_max) {
  if (bytes.size() > bytes_max) {
    return fail(Code::malformed, "opening: " + std::to_string(bytes.size()) +
                                     " bytes where at most " + std::to_string(bytes_max) +
                                     " are allowed");
  }
  Reader in(bytes);
  if (as_text(in.take(kMagic.size())) != kMagic) {
    return fail(Code::malformed, "opening: does not begin with assay/opening/v1");
  }
  const std::size_t count = in.u32_be();
  if (!in.ok() || count > in.left() / kPartBytesMin) {
    return fail(Code::malformed, "opening: shorter than its number of parts needs");
  }
  Opening opening;
  for (std::size_t i = 0; i < count; ++i) {
    OpenedPart part = read_part(in);
    const std::string where = "opening: part " + std::to_string(i);
    if (!in.ok()) {
      return fail(Code::malformed, where +
                                       ": cut short, of an unknown kind, or of a size outside"
                                       " its range");
    }
    if (i > 0 && !(place_of(opening.parts.back()) < place_of(part))) {
      return fail(Code::malformed, where + ": parts must ascend by state, whole first, then leaf");
    }
    opening.parts.push_back(std::move(part));
  }
  if (!in.at_end()) return fail(Code::malformed, "opening: bytes after the last part");
  return opening;
}

}  // namespace assay::wire
