// Where heads are kept: by compare-and-swap, durably, by one process alone.
#include "verifier/witness/head_store.h"

#include <filesystem>

#include "core/base/file.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"
#include "tests/vectors.h"

namespace assay {
namespace {

using test::answer;
using witness::HeadStore;

void check_compare_and_swap(HeadStore& heads) {
  CHECK(heads.load("a").value() == std::nullopt);
  CHECK(answer(heads.keep("a", "something", "1")) == "conflict");
  CHECK(heads.load("a").value() == std::nullopt);
  REQUIRE(heads.keep("a", {}, "1").ok());
  CHECK(answer(heads.keep("a", {}, "2")) == "conflict");
  CHECK(answer(heads.keep("a", "", "2")) == "conflict");
  CHECK(answer(heads.keep("a", "12", "2")) == "conflict");
  CHECK(heads.load("a").value() == "1");
  REQUIRE(heads.keep("a", "1", "22").ok());
  CHECK(answer(heads.keep("a", "1", "3")) == "conflict");
  CHECK(heads.load("a").value() == "22");
  CHECK(heads.load("b").value() == std::nullopt);  // each log has its own
}

TEST_CASE("a head is replaced only by who knows it") {
  check_compare_and_swap(*witness::make_memory_head_store());
  const test::TemporaryFolder folder;
  check_compare_and_swap(*witness::open_file_head_store(folder / "heads").value());
}

TEST_CASE("heads are there after a restart, and for one process alone") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "heads";
  {
    const auto first = witness::open_file_head_store(path);
    REQUIRE(first.value()->keep("log.example/../x", {}, "1").ok());
    const auto second = witness::open_file_head_store(path);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().code == Code::conflict);
  }
  const auto again = witness::open_file_head_store(path);
  REQUIRE(again.ok());
  CHECK(again.value()->load("log.example/../x").value() == "1");
}

TEST_CASE("what another process wrote, or what cannot be read, is noticed") {
  const test::TemporaryFolder folder;
  const auto heads = witness::open_file_head_store(folder / "heads");
  REQUIRE(heads.value()->keep("a", {}, "1").ok());
  std::string path;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "heads")) {
    if (entry.path().filename() != "lock") path = entry.path();
  }
  REQUIRE(write_file_durably(path, as_bytes("x")).ok());
  CHECK(answer(heads.value()->keep("a", "1", "2")) == "conflict");
  REQUIRE(std::filesystem::remove(path));
  CHECK(answer(heads.value()->keep("a", "1", "2")) == "conflict");
  REQUIRE(std::filesystem::create_directory(path));
  CHECK(answer(heads.value()->load("a")) == "storage");
  CHECK_FALSE(heads.value()->keep("a", {}, "2").ok());
}

}  // namespace
}  // namespace assay
