#include "core/crypto/sha256_many.h"

#include <cpuid.h>

#include "core/base/check.h"
#include "core/crypto/sha256_avx512.h"
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
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
}

}  // namespace

void sha256_many(std::uint8_t prefix, ByteView messages, std::size_t length,
                 std::span<Digest> out) {
  static const bool by_sixteen = has_avx512();
  static const bool by_four = has_sha_instructions();
  static_assert(sizeof(Digest) == 32);
  ASSAY_CHECK(messages.size() == out.size() * length, "as many bytes as the messages have");
  std::size_t done = 0;
  if (length > 0 && length % 64 == 0) {
    auto* const to = reinterpret_cast<std::uint8_t*>(out.data());
    if (by_sixteen) {
      done = out.size() / kAvx512Lanes * kAvx512Lanes;
      sha256_avx512(prefix, messages.data(), length, done, to);
    }
    if (by_four) {
      sha256_ni(prefix, messages.data() + done * length, length, out.size() - done,
                to + done * sizeof(Digest));
      return;
    }
  }
  for (std::size_t i = done; i < out.size(); ++i) {
    out[i] = sha256({{&prefix, 1}, messages.subspan(i * length, length)});
  }
}

}  // namespace assay
