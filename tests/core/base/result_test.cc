#include "core/base/result.h"

#include <memory>
#include <string_view>

#include "tests/catch.h"

using namespace assay;

TEST_CASE("The table of codes is frozen") {
  struct Row {
    Code code;
    int exit_code;
    std::string_view name;
  };
  const Row rows[] = {
      {Code::internal, 1, "internal"},    {Code::usage, 2, "usage"},
      {Code::not_found, 3, "not_found"},  {Code::permission, 4, "permission"},
      {Code::network, 5, "network"},      {Code::rate_limited, 6, "rate_limited"},
      {Code::conflict, 7, "conflict"},    {Code::malformed, 8, "malformed"},
      {Code::signature, 10, "signature"}, {Code::no_evidence, 11, "no_evidence"},
      {Code::proof, 12, "proof"},         {Code::unbound, 13, "unbound"},
      {Code::mismatch, 14, "mismatch"},   {Code::inconclusive, 15, "inconclusive"},
      {Code::stale, 16, "stale"},         {Code::equivocation, 20, "equivocation"},
      {Code::storage, 75, "storage"},     {Code::interrupted, 130, "interrupted"},
  };
  std::string titles;
  for (const Row& row : rows) {
    CHECK(static_cast<int>(row.code) == row.exit_code);
    CHECK(code_name(row.code) == row.name);
    const std::string title = std::string(code_title(row.code)) + "|";
    CHECK(title.size() > 4);
    CHECK(titles.find("|" + title) == std::string::npos);  // no two codes share a title
    titles += "|" + title;
  }
}

TEST_CASE("A Result holds its value or its error") {
  const Result<int> good = 7;
  CHECK(good.ok());
  CHECK(good.value() == 7);
  const Result<int> bad = fail(Code::stale, "too old");
  CHECK_FALSE(bad.ok());
  CHECK(bad.error().code == Code::stale);
  CHECK(bad.error().what == "too old");
  Result<std::unique_ptr<int>> moved = std::make_unique<int>(3);
  CHECK(*std::move(moved).value() == 3);
  CHECK(Status{}.ok());
  CHECK_FALSE(Status{fail(Code::usage, "")}.ok());
}

TEST_CASE("An error may itself be the value") {
  const Result<std::string> text = std::string("fine");
  CHECK(text.value() == "fine");
}

TEST_CASE("An error names its place from the outside in") {
  const Error error = fail(Code::malformed, "0 is outside 1..4096").in("steps").in("order");
  CHECK(error.what == "order: steps: 0 is outside 1..4096");
  CHECK(error.code == Code::malformed);
}
