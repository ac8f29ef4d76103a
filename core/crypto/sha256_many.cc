#include "core/crypto/sha256_many.h"

#include <cpuid.h>

#include "core/base/check.h"
#include "core/crypto/sha256_ni.h"

namespace assay {
namespace {

// GCC 12 does not know the name "sha".
bool has_sha_instructions() {
  constexpr unsigned kLeaf = 7, kShaBit = 1U << 29;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(kLeaf, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & kShaBit) != 0 &&
         __builtin_cpu_supports("avx2") != 0;
}

}  // namespace

void sha256_many(std::uint8_t prefix, ByteView messages, std::size_t length,
                 std::span<Digest> out) {
  static const bool fast = has_sha_instructions();
  static_assert(sizeof(Digest) == 32);
  ASSAY_CHECK(messages.size() == out.size() * length, "as many bytes as the messages have");
  if (fast && length > 0 && length % 64 == 0) {
    sha256_ni(prefix, messages.data(), length, out.size(),
              reinterpret_cast<std::uint8_t*>(out.data()));
    return;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = sha256({{&prefix, 1}, messages.subspan(i * length, length)});
  }
}

}  // namespace assay
