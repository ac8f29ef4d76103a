#include "core/crypto/hmac.h"

#include "tests/catch.h"

using namespace assay;

namespace {

Bytes repeated(std::uint8_t byte, std::size_t times) {
  return Bytes(times, byte);
}

Bytes ascending(std::uint8_t from, std::uint8_t to) {
  Bytes bytes;
  for (std::uint8_t byte = from; byte <= to; ++byte) bytes.push_back(byte);
  return bytes;
}

Bytes text(std::string_view words) {
  return to_bytes(as_bytes(words));
}

}  // namespace

TEST_CASE("HMAC-SHA-256 gives the codes of RFC 4231") {
  struct Case {
    Bytes key;
    Bytes message;
    const char* code;
  };
  const Case cases[] = {
      {repeated(0x0b, 20), text("Hi There"),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {text("Jefe"), text("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {repeated(0xaa, 20), repeated(0xdd, 50),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {ascending(1, 25), repeated(0xcd, 50),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {repeated(0xaa, 131), text("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {repeated(0xaa, 131),
       text("This is a test using a larger than block-size key and a larger than block-size data. "
            "The key needs to be hashed before being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Case& each : cases) {
    CHECK(hmac_sha256(each.key, {each.message}).hex() == each.code);
    const ByteView whole = each.message;
    const std::size_t cut = whole.size() / 3;
    CHECK(hmac_sha256(each.key, {whole.first(cut), {}, whole.subspan(cut)}).hex() == each.code);
  }
}

TEST_CASE("codes are equal in every byte or not at all") {
  const Bytes code = ascending(1, 32);
  CHECK(equal_in_constant_time(code, code));
  CHECK(equal_in_constant_time({}, {}));
  CHECK_FALSE(equal_in_constant_time(code, ByteView(code).first(31)));
  CHECK_FALSE(equal_in_constant_time(code, {}));
  for (std::size_t i = 0; i < code.size(); ++i) {
    Bytes other = code;
    other[i] ^= 1;
    CHECK_FALSE(equal_in_constant_time(code, other));
  }
}
