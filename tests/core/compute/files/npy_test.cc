#include "core/compute/files/npy.h"

#include "tests/catch.h"

using namespace assay;
using namespace assay::compute;

namespace {

// A file with this header text, as version `major`.
Bytes file(std::string header, const Bytes& data, std::uint8_t major = 1) {
  Bytes out = {0x93, 'N', 'U', 'M', 'P', 'Y', major, 0};
  header += '\n';
  out.push_back(static_cast<std::uint8_t>(header.size() & 0xFF));
  out.push_back(static_cast<std::uint8_t>(header.size() >> 8));
  if (major > 1) append(out, Bytes{0, 0});
  append(out, as_bytes(header));
  append(out, data);
  return out;
}

const std::string kGood = "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }";

}  // namespace

TEST_CASE("npy: what NumPy writes is read") {
  const Bytes data = {1, 2, 3, 4, 5, 6};
  struct {
    std::string header;
    std::vector<std::uint64_t> dims;
    NumberType type;
  } cases[] = {
      {kGood, {2, 3}, NumberType::s8},
      {kGood + "              ", {2, 3}, NumberType::s8},
      {"{'descr': '|i1', 'fortran_order': False, 'shape': (6,), }", {6}, NumberType::s8},
      {"{'shape': (3,), 'descr': '<f2', 'fortran_order': False}", {3}, NumberType::f16},
      {"{'descr': '|i1', 'fortran_order': False, 'shape': (1, 6, 1), }", {1, 6, 1}, NumberType::s8},
  };
  for (const auto& c : cases) {
    for (std::uint8_t major = 1; major <= 3; ++major) {
      INFO(c.header);
      const Bytes bytes = file(c.header, data, major);
      const Result<NumberArray> array = parse_npy(bytes);
      REQUIRE(array.ok());
      CHECK(array.value().dims == c.dims);
      CHECK(array.value().type == c.type);
      CHECK(to_bytes(array.value().data) == data);
    }
  }
  const Bytes scalar =
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", {0, 0, 0, 0});
  REQUIRE(parse_npy(scalar).ok());
  CHECK(parse_npy(scalar).value().dims.empty());
}

TEST_CASE("npy: hostile and ambiguous files are refused by name") {
  const Bytes six(6, 1);
  const auto with = [](const char* text) { return std::string(text); };
  struct {
    const char* name;
    Bytes bytes;
    const char* message;
  } cases[] = {
      {"empty", {}, "does not begin with \\x93NUMPY"},
      {"other magic", to_bytes(as_bytes("PK\3\4 and more text")), "does not begin with \\x93NUMPY"},
      {"version 4", file(kGood, six, 4), "version is not"},
      {"cut in the header", file(kGood, six, 1), "ends within its header"},
      {"huge header", file(kGood + std::string(5000, ' '), six), "at most 4096"},
      {"trailing bytes", file(kGood, Bytes(7, 1)), "7 bytes of data where 6 are needed"},
      {"short data", file(kGood, Bytes(5, 1)), "5 bytes of data where 6 are needed"},
      {"duplicate key",
       file(with("{'descr': '|i1', 'descr': '<f4', 'fortran_order': False, "
                 "'shape': (2, 3), }"),
            six),
       "\"descr\" is there twice"},
      {"duplicate shape",
       file(with("{'descr': '|i1', 'shape': (6,), 'fortran_order': False, "
                 "'shape': (2, 3), }"),
            six),
       "\"shape\" is there twice"},
      {"unknown key",
       file(with("{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), "
                 "'more': False}"),
            six),
       "\"more\" is there twice or unknown"},
      {"no shape", file(with("{'descr': '|i1', 'fortran_order': False, }"), six), "lacks"},
      {"empty dictionary", file(with("{}"), six), "lacks"},
      {"Fortran order",
       file(with("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }"), six),
       "ascontiguousarray"},
      {"objects", file(with("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }"), six),
       "\"|O\" is not one of"},
      {"big-endian", file(with("{'descr': '>f2', 'fortran_order': False, 'shape': (3,), }"), six),
       "\">f2\" is not one of"},
      {"structured",
       file(with("{'descr': [('a', '|i1')], 'fortran_order': False, "
                 "'shape': (6,), }"),
            six),
       "structured"},
      {"negative dimension",
       file(with("{'descr': '|i1', 'fortran_order': False, "
                 "'shape': (-6,), }"),
            six),
       "tuple"},
      {"a shape that is no tuple",
       file(with("{'descr': '|i1', 'fortran_order': False, "
                 "'shape': (6), }"),
            six),
       "tuple"},
      {"leading zero",
       file(with("{'descr': '|i1', 'fortran_order': False, 'shape': (06,), }"), six), "tuple"},
      {"nine dimensions",
       file(with("{'descr': '|i1', 'fortran_order': False, "
                 "'shape': (6, 1, 1, 1, 1, 1, 1, 1, 1), }"),
            six),
       "tuple"},
      {"overflowing shape",
       file(with("{'descr': '|i1', 'fortran_order': False, 'shape': "
                 "(4294967296, 4294967296), }"),
            six),
       "6 bytes of data"},
      {"text after", file(kGood + " #", six), "more than spaces and a newline after"},
      {"not a dictionary", file(with("['descr']"), six), "not a dictionary"},
      {"unclosed", file(with("{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3)"), six),
       "not a dictionary"},
  };
  cases[3].bytes.resize(30);
  for (const auto& c : cases) {
    INFO(c.name);
    const Result<NumberArray> array = parse_npy(c.bytes);
    REQUIRE_FALSE(array.ok());
    CHECK(array.error().code == Code::malformed);
    INFO(array.error().what);
    CHECK(array.error().what.find(c.message) != std::string::npos);
  }
}

TEST_CASE("npy: every cut of a good file is refused") {
  const Bytes good = file(kGood, Bytes(6, 1));
  for (std::size_t size = 0; size < good.size(); ++size) {
    REQUIRE_FALSE(parse_npy(ByteView(good).first(size)).ok());
  }
  CHECK(parse_npy(good).ok());
}

TEST_CASE("npy: what is written is read back, its data aligned to 64 bytes") {
  const std::vector<float> values = {1.0F, -2.5F, 0.0F, 3e38F, 1e-40F, 7.0F};
  for (const std::vector<std::uint64_t>& dims :
       {std::vector<std::uint64_t>{6}, {2, 3}, {1, 2, 3}}) {
    const Bytes bytes = write_npy(dims, values);
    CHECK((bytes.size() - 24) % 64 == 0);
    const Result<NumberArray> array = parse_npy(bytes);
    REQUIRE(array.ok());
    CHECK(array.value().dims == dims);
    std::vector<float> back(6);
    read_numbers(array.value(), 0, back);
    CHECK(back == values);
  }
}
