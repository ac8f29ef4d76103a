#include "core/crypto/sha256_many.h"

#include <cpuid.h>

#include "core/base/random.h"
#include "core/crypto/sha256_avx512.h"
#include "core/crypto/sha256_ni.h"
#include "tests/catch.h"

using namespace assay;

namespace {

// Every digest by sha256(), and nothing written after the last.
void check(SeededRandom& random, std::size_t length, std::size_t count) {
  INFO(count << " messages of " << length << " bytes");
  const auto prefix = static_cast<std::uint8_t>(random.below(256));
  const std::size_t offset = random.below(17);  // alignment must not matter
  Bytes bytes(offset + length * count);
  random.fill(bytes);
  const ByteView messages = ByteView(bytes).subspan(offset);
  const Digest poison = sha256(as_bytes("poison"));
  std::vector<Digest> got(count + 1, poison);
  sha256_many(prefix, messages, length, std::span(got).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    REQUIRE(got[i] == sha256({{&prefix, 1}, messages.subspan(i * length, length)}));
  }
  REQUIRE(got[count] == poison);
}

using Way = void (*)(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
                     std::size_t count, std::uint8_t* out);

// One way by itself, whatever the machine would take: for every count that is a multiple of
// `lanes`.
void check_way(Way way, std::size_t lanes, std::uint64_t seed) {
  SeededRandom random(seed);
  for (std::size_t count = 0; count <= 9 * lanes; count += lanes) {
    for (const std::size_t length : {64U, 128U, 960U, 1024U, 1088U}) {
      INFO(count << " messages of " << length << " bytes");
      const auto prefix = static_cast<std::uint8_t>(random.below(256));
      // Exactly as many bytes as there are, so that a sanitizer sees a read beyond them.
      Bytes messages(length * count);
      random.fill(messages);
      std::vector<Digest> got(count);
      way(prefix, messages.data(), length, count, reinterpret_cast<std::uint8_t*>(got.data()));
      for (std::size_t i = 0; i < count; ++i) {
        const ByteView message = ByteView(messages).subspan(i * length, length);
        REQUIRE(got[i] == sha256({{&prefix, 1}, message}));
      }
    }
  }
}

}  // namespace

TEST_CASE("Each way by itself has OpenSSL's digests, for whatever count comes to it") {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const bool known = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0;
  if (known && (ebx & 1U << 29) != 0 && __builtin_cpu_supports("avx2")) {
    check_way(sha256_ni, 1, 3);
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) {
    check_way(sha256_avx512, kAvx512Lanes, 4);
  }
}

TEST_CASE("Many messages at once have OpenSSL's digests: every length to 260, any count") {
  SeededRandom random(1);
  for (std::size_t length = 0; length <= 260; ++length) check(random, length, random.below(14));
}

TEST_CASE("So do whole blocks, which take the fast way") {
  SeededRandom random(2);
  for (std::size_t count = 0; count <= 50; ++count) {
    for (const std::size_t length : {64U, 128U, 192U, 1024U, 4096U}) check(random, length, count);
  }
  for (int round = 0; round < 500; ++round) {
    check(random, 64 * (1 + random.below(40)), random.below(70));
  }
}

TEST_CASE("A message of all ones and one of zeros carry no bit over") {
  for (const std::uint8_t fill : Bytes{0x00, 0xFF, 0x80, 0x7F}) {
    const Bytes messages(5 * 1024, fill);
    std::vector<Digest> got(5);
    sha256_many(fill, messages, 1024, got);
    for (const Digest& digest : got) {
      CHECK(digest == sha256({{&fill, 1}, ByteView(messages).first(1024)}));
    }
  }
}
