#include "core/compute/files/safetensors.h"

#include "tests/catch.h"

using namespace assay;
using namespace assay::compute;

namespace {

Bytes file(const std::string& header, std::size_t data_bytes) {
  Bytes out;
  put_u64_le(out, header.size());
  append(out, as_bytes(header));
  for (std::size_t i = 0; i < data_bytes; ++i) out.push_back(static_cast<std::uint8_t>(i));
  return out;
}

std::string tensor(const char* dtype, const char* shape, const char* offsets) {
  return std::string("{\"dtype\":\"") + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

}  // namespace

TEST_CASE("safetensors: tensors come in the order of the header, wherever their data lies") {
  const std::string header =
      "{\"__metadata__\":{\"format\":\"pt\"},\"b\":" + tensor("I8", "[2,3]", "[4,10]") +
      ",\"a\":" + tensor("F32", "[1]", "[0,4]") + ",\"none\":" + tensor("BF16", "[0]", "[10,10]") +
      "}   ";
  const Bytes bytes = file(header, 10);
  const Result<std::vector<NamedArray>> read = parse_safetensors(bytes);
  REQUIRE(read.ok());
  REQUIRE(read.value().size() == 3);
  const NamedArray& b = read.value()[0];
  CHECK(b.name == "b");
  CHECK(b.array.type == NumberType::s8);
  CHECK(b.array.dims == std::vector<std::uint64_t>{2, 3});
  CHECK(to_bytes(b.array.data) == Bytes{4, 5, 6, 7, 8, 9});
  CHECK(read.value()[1].name == "a");
  CHECK(to_bytes(read.value()[1].array.data) == Bytes{0, 1, 2, 3});
  CHECK(read.value()[2].array.data.empty());
}

TEST_CASE("safetensors: hostile and ambiguous files are refused by name") {
  const std::string t = tensor("I8", "[4]", "[0,4]");
  const auto one = [](const std::string& value) { return "{\"x\":" + value + "}"; };
  Bytes huge = file(one(t), 4);
  huge[5] = 1;  // 2^40 bytes of header
  struct {
    const char* name;
    Bytes bytes;
    const char* message;
  } cases[] = {
      {"empty", {}, "ends within its length"},
      {"seven bytes", Bytes(7, 0), "ends within its length"},
      {"huge header", huge, "at most 1048576"},
      {"header beyond the file", Bytes{9, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, "ends within its header"},
      {"duplicate tensors", file("{\"x\":" + t + ",\"x\":" + t + "}", 4), "x"},
      {"duplicate keys",
       file(one("{\"dtype\":\"I8\",\"dtype\":\"I8\",\"shape\":[4],"
                "\"data_offsets\":[0,4]}"),
            4),
       "dtype"},
      {"unknown key",
       file(one("{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4],"
                "\"also\":1}"),
            4),
       "also"},
      {"no dtype", file(one("{\"shape\":[4],\"data_offsets\":[0,4]}"), 4), "dtype"},
      {"unknown dtype", file(one(tensor("F64", "[4]", "[0,32]")), 32), "\"F64\" is not one of"},
      {"leading space", file(" " + one(t), 4), "does not begin with '{'"},
      {"leading newline", file("\n" + one(t), 4), "does not begin with '{'"},
      {"text after", file(one(t) + "x", 4), "does not end with '}'"},
      {"two objects", file(one(t) + "{}", 4), "header"},
      {"tab padding", file(one(t) + "\t", 4), "does not end with '}'"},
      {"an array", file("[]", 0), "does not begin with '{'"},
      {"tensor is a number", file("{\"x\":1}", 0), "x"},
      {"overlap", file("{\"x\":" + t + ",\"y\":" + tensor("I8", "[4]", "[2,6]") + "}", 6),
       "overlap"},
      {"same place twice", file("{\"x\":" + t + ",\"y\":" + t + "}", 4), "overlap"},
      {"gap", file("{\"x\":" + t + ",\"y\":" + tensor("I8", "[2]", "[5,7]") + "}", 7), "gap"},
      {"does not start at 0", file(one(tensor("I8", "[4]", "[1,5]")), 5), "gap"},
      {"trailing bytes", file(one(t), 6), "2 bytes after the last tensor"},
      {"beyond the file", file(one(t), 3), "beyond the file"},
      {"no tensors but data", file("{}", 1), "1 bytes after"},
      {"shape and place differ", file(one(tensor("I8", "[5]", "[0,4]")), 4), "does not fit"},
      {"end before begin", file(one(tensor("I8", "[4]", "[4,0]")), 4), "begin and an end"},
      {"three offsets", file(one(tensor("I8", "[4]", "[0,4,4]")), 4), "data_offsets"},
      {"negative dimension", file(one(tensor("I8", "[-4]", "[0,4]")), 4), "unsigned integer"},
      {"fractional dimension", file(one(tensor("I8", "[4.0]", "[0,4]")), 4), "header"},
      {"overflowing shape", file(one(tensor("I8", "[4294967296,4294967296]", "[0,0]")), 0),
       "does not fit"},
      {"nine dimensions", file(one(tensor("I8", "[4,1,1,1,1,1,1,1,1]", "[0,4]")), 4), "shape"},
      {"deep header", file("{\"x\":[[[[[[[[[[]]]]]]]]]]}", 0), "header"},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    const Result<std::vector<NamedArray>> read = parse_safetensors(c.bytes);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == Code::malformed);
    INFO(read.error().what);
    CHECK(read.error().what.find(c.message) != std::string::npos);
  }
}

TEST_CASE("safetensors: every cut of a good file is refused") {
  const Bytes good = file("{\"x\":" + tensor("I8", "[4]", "[0,4]") + "}", 4);
  for (std::size_t size = 0; size < good.size(); ++size) {
    REQUIRE_FALSE(parse_safetensors(ByteView(good).first(size)).ok());
  }
  CHECK(parse_safetensors(good).ok());
}
