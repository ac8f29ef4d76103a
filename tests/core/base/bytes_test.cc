#include "core/base/bytes.h"

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/vectors.h"

using namespace assay;
using test::answer;

TEST_CASE("Hex is lower case, and only that is read") {
  CHECK(to_hex(Bytes{0x00, 0x1f, 0xa0, 0xff}) == "001fa0ff");
  CHECK(to_hex({}).empty());
  CHECK(from_hex("001fa0ff").value() == Bytes{0x00, 0x1f, 0xa0, 0xff});
  CHECK(from_hex("").value().empty());
  for (const char* text : {"0", "001", "0G", "AF", "aF", " 00", "00 ", "0x00", "0\n", "g0", "/0",
                           ":0", "`0", "\xff\xff"}) {
    INFO(text);
    CHECK(answer(from_hex(text)) == "malformed");
  }
  CHECK(answer(from_hex(std::string_view("\0\0", 2))) == "malformed");
}

TEST_CASE("Base64 is that of RFC 4648 section 10") {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : cases) {
    CHECK(to_base64(as_bytes(plain)) == text);
    CHECK(as_text(from_base64(text).value()) == plain);
    CHECK(as_text(from_base64_canonical(text).value()) == plain);
  }
}

TEST_CASE("Base64 is read in both alphabets, padded or not, but one text means one thing") {
  const Bytes bytes{0xfb, 0xff, 0xfe, 0xfa};
  for (const char* text : {"+//++g==", "-__--g==", "+//++g", "-__--g", "+_/-+g=="}) {
    INFO(text);
    CHECK(from_base64(text).value() == bytes);
  }
  for (const char* text : {"=",
                           "==",
                           "====",
                           "A",
                           "AAAAA",
                           "AA=",
                           "AAA==",
                           "AA=A",
                           "A===",
                           "AAAA====",
                           "AA==AAAA",
                           "=AAA",
                           "AAAA=",
                           "AA A",
                           " AAAA",
                           "AAAA\n",
                           "AA\n=",
                           "AA.A",
                           "\x80"
                           "AAA",
                           "Zh==",
                           "Zm9=",
                           "Zh",
                           "Zm9"}) {
    INFO(text);
    CHECK(answer(from_base64(text)) == "malformed");
  }
  CHECK(answer(from_base64(std::string_view("AA\0A", 4))) == "malformed");
}

TEST_CASE("Canonical base64 has one spelling") {
  for (const char* text : {"-__--g==", "+//++g", "-__--g", "Zg", "Zg="}) {
    INFO(text);
    CHECK(answer(from_base64_canonical(text)) == "malformed");
  }
}

TEST_CASE("Every length of bytes survives hex and base64") {
  SeededRandom random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    Bytes bytes(size);
    random.fill(bytes);
    CHECK(from_hex(to_hex(bytes)).value() == bytes);
    CHECK(from_base64(to_base64(bytes)).value() == bytes);
    CHECK(from_base64_canonical(to_base64(bytes)).value() == bytes);
  }
}

TEST_CASE("Integers are written and read in the order that their name says") {
  Bytes bytes;
  put_u16_be(bytes, 0x0102);
  put_u32_be(bytes, 0x03040506);
  put_u64_be(bytes, 0x0708090a0b0c0d0e);
  put_u32_le(bytes, 0x03040506);
  put_u64_le(bytes, 0xf708090a0b0c0d0e);
  CHECK(to_hex(bytes) ==
        "0102"
        "03040506"
        "0708090a0b0c0d0e"
        "06050403"
        "0e0d0c0b0a0908f7");
  Reader reader(bytes);
  CHECK(reader.u16_be() == 0x0102);
  CHECK(reader.u32_be() == 0x03040506);
  CHECK(reader.u64_be() == 0x0708090a0b0c0d0e);
  CHECK(reader.u32_le() == 0x03040506);
  CHECK(reader.u64_le() == 0xf708090a0b0c0d0e);
  CHECK(reader.ok());
  CHECK(reader.at_end());
}

TEST_CASE("A Reader never passes the end, and a failure stays") {
  const Bytes bytes{1, 2, 3};
  Reader reader(bytes);
  CHECK(reader.u8() == 1);
  CHECK(reader.left() == 2);
  CHECK(reader.u32_be() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);  // two bytes were left, but the record is lost
  CHECK(reader.take(0).empty());
  CHECK_FALSE(reader.ok());
  CHECK(reader.left() == 0);

  Reader all(bytes);
  CHECK(to_bytes(all.take(3)) == bytes);
  CHECK((all.ok() && all.at_end()));
  CHECK(all.take(0).empty());
  CHECK(all.ok());
  CHECK(all.take(SIZE_MAX).empty());
  CHECK_FALSE(all.ok());
}

TEST_CASE("Fixed bytes have exactly their length") {
  struct Tag;
  using Four = FixedBytes<4, Tag>;
  CHECK(Four::parse_hex("00ff10aa").value().hex() == "00ff10aa");
  CHECK(Four::from_view(Bytes{1, 2, 3, 4}).value().hex() == "01020304");
  for (const std::size_t size : {0U, 3U, 5U}) {
    CHECK(answer(Four::from_view(Bytes(size))) == "malformed");
  }
  for (const char* text : {"", "00ff10", "00ff10aabb", "00FF10aa", "00ff10a"}) {
    CHECK(answer(Four::parse_hex(text)) == "malformed");
  }
  CHECK(Four::parse_hex("00000001").value() < Four::parse_hex("01000000").value());
}
