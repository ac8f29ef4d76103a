#include "tests/vectors.h"

#include <stdexcept>

#include "tests/catch.h"

using assay::test::load_vectors;

TEST_CASE("A missing vectors folder is a failure, not an empty success") {
  CHECK_THROWS(load_vectors("no_such_folder", {}, 0));
}

TEST_CASE("Fewer vectors than expected is a failure") {
  CHECK_THROWS_AS(
      load_vectors("ecvrf", {"seed", "public_key", "alpha", "h", "proof", "output"}, 999),
      std::runtime_error);
}

TEST_CASE("An unknown key in a vector is a failure") {
  CHECK_THROWS_AS(load_vectors("ecvrf", {"seed", "public_key", "alpha", "h", "proof"}, 1),
                  std::runtime_error);
}

TEST_CASE("A vector's fields are read strictly") {
  const auto vectors = load_vectors(
      "merkle",
      {"kind", "leaf", "leaf_hash", "index", "size", "path", "root", "old_size", "old_root"}, 1);
  const assay::test::Vector* root_2 = nullptr;
  for (const auto& vector : vectors) {
    if (vector.name() == "root_2") root_2 = &vector;
  }
  REQUIRE(root_2 != nullptr);
  CHECK(root_2->expect() == "ok");
  CHECK(root_2->all("leaf") == std::vector<std::string>{"", "00"});
  CHECK(root_2->all("path").empty());
  CHECK(root_2->has("root"));
  CHECK_FALSE(root_2->has("size"));
  CHECK_THROWS(root_2->text("size"));   // absent
  CHECK_THROWS(root_2->text("leaf"));   // more than one
  CHECK_THROWS(root_2->bytes("kind"));  // not hex
  CHECK_THROWS(root_2->number("root"));
}
