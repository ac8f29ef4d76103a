// Mapped files and files in the making.
#include "core/base/file.h"
#include "core/base/mapped_file.h"
#include "core/base/part_file.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace assay;

TEST_CASE("a mapped file has the bytes of the file, wherever it is moved") {
  const test::TemporaryFolder folder;
  const Bytes bytes(10'000, 42);
  REQUIRE(write_file_durably(folder / "a", bytes).ok());
  REQUIRE(write_file_durably(folder / "empty", {}).ok());
  Result<MappedFile> file = MappedFile::open(folder / "a");
  REQUIRE(file.ok());
  const std::uint8_t* at = file.value().view().data();
  MappedFile moved = std::move(file.value());
  CHECK(moved.view().data() == at);
  CHECK(to_bytes(moved.view()) == bytes);
  CHECK(file.value().view().empty());
  moved = MappedFile::open(folder / "empty").value();
  CHECK(moved.view().empty());
  CHECK(MappedFile::open(folder / "none").error().code == Code::not_found);
  CHECK(MappedFile::open(folder.path()).error().code == Code::malformed);
  CHECK(MappedFile::open("/dev/null").error().code == Code::malformed);
}

TEST_CASE("a part is written in any order, kept, gone on with and published") {
  const test::TemporaryFolder folder;
  const std::string part = folder / "x.part", whole = folder / "x";
  {
    PartFile file = PartFile::open(part).value();
    CHECK(PartFile::open(part).error().code == Code::conflict);
    CHECK(file.size() == 0);
    REQUIRE(file.resize(6).ok());
    CHECK(file.size() == 6);
    REQUIRE(file.write_at(4, as_bytes("ef")).ok());
    CHECK(as_text(file.read_at(3, 3).value()) == std::string_view("\0ef", 3));
    CHECK(file.read_at(4, 3).error().code == Code::storage);
  }
  PartFile file = PartFile::open(part).value();
  REQUIRE(file.write_at(0, as_bytes("abcd")).ok());
  REQUIRE(file.publish(whole).ok());
  CHECK(as_text(read_file(whole, 100).value()) == "abcdef");
  CHECK(folder.entries() == 1);
  // The published file is nobody's part any more.
  REQUIRE(PartFile::open(part).value().write_at(0, as_bytes("z")).ok());
  CHECK(as_text(read_file(whole, 100).value()) == "abcdef");
  PartFile::open(part).value().discard();
  CHECK(folder.entries() == 1);
  CHECK(PartFile::open(folder / "none/x").error().code == Code::not_found);
}
