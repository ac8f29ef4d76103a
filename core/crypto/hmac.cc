#include "core/crypto/hmac.h"

#include <algorithm>
#include <array>

#include <sodium.h>

namespace assay {
namespace {

constexpr std::size_t kBlockBytes = 64;

using Block = std::array<std::uint8_t, kBlockBytes>;

Block padded(const Block& key, std::uint8_t with) {
  Block block = key;
  for (std::uint8_t& byte : block) byte = static_cast<std::uint8_t>(byte ^ with);
  return block;
}

}  // namespace

Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> pieces) {
  Block block{};
  if (key.size() > kBlockBytes) {
    const Digest hashed = sha256(key);
    std::copy(hashed.bytes.begin(), hashed.bytes.end(), block.begin());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  Sha256 inner;
  inner.update(padded(block, 0x36));
  for (const ByteView piece : pieces) inner.update(piece);
  const Block outer = padded(block, 0x5c);
  const Digest hashed = inner.finish();
  return sha256({outer, hashed.view()});
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace assay
