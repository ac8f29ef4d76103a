// What a query lets pass: by hand, and against a second way of saying the same for random rows.
#include <algorithm>

#include "core/base/random.h"
#include "reputation/query/provider_fields.h"
#include "reputation/query/query.h"
#include "tests/catch.h"

namespace assay::reputation::query {
namespace {

Row host() {
  Row row(kProviderFields);
  row[kName] = std::string("alder");
  row[kRegion] = std::string("eu-west");
  row[kGpuName] = std::string("H200");
  row[kNumGpus] = std::int64_t{4'000'000};
  row[kScore] = std::int64_t{912'345};
  row[kTier] = std::int64_t{3};  // high
  row[kVerified] = true;
  return row;  // price, workload and others are not known
}

bool passes(const std::string& text, const Row& row) {
  const Result<Query> query = parse_query(text, provider_fields());
  INFO(text);
  REQUIRE(query.ok());
  return matches(query.value(), row);
}

// One condition about one field, written and decided apart from the parser.
struct Guess {
  std::string text;
  bool holds;
};

Guess guess_number(Random& random, std::optional<std::int64_t> value) {
  constexpr std::array<const char*, 6> kOps{"=", "!=", "<", "<=", ">", ">="};
  const std::size_t op = random.below(kOps.size());
  const auto bound = static_cast<std::int64_t>(random.below(12));
  const std::string text = "audits" + std::string(kOps[op]) + std::to_string(bound);
  if (!value) return {text, false};
  const std::int64_t v = *value;
  const bool holds[] = {v == bound, v != bound, v<bound, v <= bound, v> bound, v >= bound};
  return {text, holds[op]};
}

Guess guess_list(Random& random, const std::optional<std::string>& value) {
  const bool in = random.below(2) == 0;
  std::string text = in ? "region in [" : "region notin [";
  bool listed = false;
  const std::size_t count = 1 + random.below(4);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string word(1, static_cast<char>('a' + random.below(6)));
    text += (i == 0 ? "" : ",") + word;
    listed = listed || value == word;
  }
  return {text + "]", value && listed == in};
}

Guess guess_range(Random& random, std::optional<std::int64_t> value) {
  const auto low = static_cast<std::int64_t>(random.below(10));
  const auto high = low + static_cast<std::int64_t>(random.below(5));
  const bool equal = random.below(2) == 0;
  const bool inside = value && *value >= low && *value <= high;
  return {"audits" + std::string(equal ? "=" : "!=") + std::to_string(low) + ".." +
              std::to_string(high),
          value && inside == equal};
}

}  // namespace

TEST_CASE("conditions hold as they read") {
  const Row row = host();
  for (const char* text : {"",
                           "name=alder",
                           "name=ALDER",
                           "name!=birch",
                           "gpu_name=h200",
                           "region in [us,EU-west]",
                           "region notin [us,asia]",
                           "num_gpus=4",
                           "num_gpus>=4",
                           "num_gpus<=4",
                           "num_gpus<4.000001",
                           "num_gpus=1..4",
                           "num_gpus!=5..9",
                           "num_gpus in [1,2..8]",
                           "num_gpus notin [1..3,5]",
                           "score>0.912344",
                           "score=0.912345",
                           "tier>=high",
                           "tier=low..high",
                           "tier!=ultra-high",
                           "tier in [medium,high]",
                           "tier<ultra-high",
                           "verified=true",
                           "verified!=false",
                           "verified=any",
                           "price=any",
                           "name=alder num_gpus>3 verified=true"}) {
    CHECK(passes(text, row));
  }
  for (const char* text :
       {"name=birch", "name!=Alder", "name=alde", "region in [us,asia]", "region notin [eu-west]",
        "num_gpus>4", "num_gpus<4", "num_gpus!=4", "num_gpus=5..9", "num_gpus!=1..4",
        "num_gpus notin [4]", "score>0.912345", "tier>high", "tier=entry..medium", "verified=false",
        "verified!=true", "name=alder num_gpus>4"}) {
    CHECK_FALSE(passes(text, row));
  }
}

TEST_CASE("what is not known fails every condition but any") {
  const Row row = host();
  for (const char* text :
       {"price=1", "price!=1", "price<1", "price>=0", "price in [0..9]", "price notin [1]",
        "workload=gemm@1", "workload!=gemm@1", "workload notin [gemm@1]", "newcomer=true",
        "newcomer!=true", "hardware<high", "hardware!=low"}) {
    CHECK_FALSE(passes(text, row));
  }
}

TEST_CASE("random queries over random rows are decided as a second reading decides them") {
  SeededRandom random(1);
  std::uint32_t passed = 0;
  for (int run = 0; run < 20'000; ++run) {
    Row row(kProviderFields);
    std::optional<std::int64_t> audits;
    std::optional<std::string> region;
    if (random.below(8) != 0) audits = static_cast<std::int64_t>(random.below(12));
    if (random.below(8) != 0) region = std::string(1, static_cast<char>('a' + random.below(6)));
    if (audits) row[kAudits] = *audits * 1'000'000;
    if (region) row[kRegion] = *region;
    std::string text;
    bool holds = true;
    for (std::size_t i = random.below(4); i > 0; --i) {
      const std::uint64_t kind = random.below(3);
      const Guess guess = kind == 0   ? guess_number(random, audits)
                          : kind == 1 ? guess_list(random, region)
                                      : guess_range(random, audits);
      text += (text.empty() ? "" : " ") + guess.text;
      holds = holds && guess.holds;
    }
    INFO(text);
    CHECK(passes(text, row) == holds);
    passed += holds;
  }
  CHECK(passed > 4000);
  CHECK(passed < 16'000);
}

TEST_CASE("the first condition that a row fails is named") {
  const Result<Query> query =
      parse_query("name=alder score > 0.95 tier=low price in [1..2]", provider_fields());
  REQUIRE(query.ok());
  const std::size_t failed = first_failed(query.value(), host());
  REQUIRE(failed == 1);
  CHECK(condition_text(query.value().conditions[failed], provider_fields()) == "score>0.95");
  CHECK(condition_text(query.value().conditions[3], provider_fields()) == "price in [1..2]");
}

}  // namespace assay::reputation::query
