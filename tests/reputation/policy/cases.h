// The rows of a vector: words separated by single spaces. One thread.
#pragma once

#include <sstream>
#include <string>

#include "reputation/policy/tiers.h"
#include "tests/catch.h"

namespace assay::reputation {

// Reads the words of one row in order; a word too few or too many fails the test.
class RowReader {
 public:
  explicit RowReader(const std::string& row) : in_(row), row_(row) {}
  RowReader(const RowReader&) = delete;
  ~RowReader() { CHECK(in_.peek() == std::istringstream::traits_type::eof()); }

  std::string word() {
    std::string text;
    INFO(row_);
    REQUIRE(in_ >> text);
    return text;
  }
  std::uint64_t u64() { return std::stoull(word()); }
  std::uint32_t u32() {
    const std::uint64_t value = u64();
    REQUIRE(value <= 0xffff'ffff);
    return static_cast<std::uint32_t>(value);
  }
  bool flag() { return u64() != 0; }
  Tier tier() {
    const std::optional<Tier> tier = parse_tier(word());
    REQUIRE(tier.has_value());
    return *tier;
  }

 private:
  std::istringstream in_;
  std::string row_;
};

}  // namespace assay::reputation
