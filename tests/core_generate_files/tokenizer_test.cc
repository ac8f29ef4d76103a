#include "core/compute/generate/tokenizer.h"

#include <sstream>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::compute::generate;

namespace {

using Ids = std::vector<std::uint32_t>;

std::vector<test::Vector> tokenizer_vectors() {
  return test::load_vectors("tokenizer", {"tokenizer", "case"}, 6);
}

Tokenizer parsed(const test::Vector& vector) {
  const Result<Tokenizer> tokenizer = Tokenizer::parse(vector.text("tokenizer"));
  REQUIRE((tokenizer.ok() ? "" : tokenizer.error().what) == "");
  return tokenizer.value();
}

Ids ids_of(std::string text) {
  Ids out;
  if (text == "-") return out;
  std::istringstream in(text);
  for (std::string id; std::getline(in, id, ',');) {
    out.push_back(static_cast<std::uint32_t>(std::stoul(id)));
  }
  return out;
}

std::string random_text(SeededRandom& random) {
  constexpr std::string_view kWords[] = {"the",       " ",      "\n", "\xe2\x96\x81", "<s>",
                                         "<|begin|>", "\xc3",   "é",  "\xff",         "12",
                                         "'s",        "<0x41>", "  "};
  std::string out;
  for (std::uint64_t left = random.below(30); left > 0; --left) {
    if (random.below(2) == 0) {
      out += kWords[random.below(std::size(kWords))];
    } else {
      out += static_cast<char>(random.below(256));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("texts have the ids that the reference gives them, and ids their texts") {
  for (const test::Vector& vector : tokenizer_vectors()) {
    const Tokenizer tokenizer = parsed(vector);
    std::size_t cases = 0;
    for (const std::string& line : vector.all("case")) {
      std::istringstream in(line);
      std::string flags, hex, ids;
      in >> flags >> hex >> ids;
      CAPTURE(vector.name(), line);
      const Result<Bytes> bytes = from_hex(hex == "-" ? "" : hex);
      REQUIRE(bytes.ok());
      const std::string text(as_text(bytes.value()));
      const EncodeOptions options{flags == "a", flags == "c"};
      REQUIRE(tokenizer.encode(text, options) == ids_of(ids));
      const Result<std::string> back = tokenizer.decode(ids_of(ids), options.continues);
      REQUIRE(back.ok());
      REQUIRE(back.value() == text);
      ++cases;
    }
    REQUIRE(cases >= 100);
  }
}

TEST_CASE("every byte string is what its tokens decode to") {
  for (const test::Vector& vector : tokenizer_vectors()) {
    CAPTURE(vector.name());
    const Tokenizer tokenizer = parsed(vector);
    SeededRandom random(3);
    for (int round = 0; round < 3000; ++round) {
      const std::string text = random_text(random);
      const EncodeOptions options{round % 2 == 0, round % 3 == 0};
      const Ids ids = tokenizer.encode(text, options);
      const Result<std::string> back = tokenizer.decode(ids, options.continues);
      REQUIRE(back.ok());
      REQUIRE(back.value() == text);
    }
  }
}

TEST_CASE("text becomes an added token only where that was asked for") {
  for (const test::Vector& vector : tokenizer_vectors()) {
    CAPTURE(vector.name());
    const Tokenizer tokenizer = parsed(vector);
    const bool byte_level = tokenizer.added_token("<|begin|>").has_value();
    const std::string spelling = byte_level ? "<|begin|>" : "<s>";
    const std::optional<std::uint32_t> id = tokenizer.added_token(spelling);
    REQUIRE(id.has_value());
    CHECK(tokenizer.encode(spelling, {.added_tokens = true}) == Ids{*id});
    const Ids as_text = tokenizer.encode(spelling);
    CHECK(as_text.size() > 1);
    CHECK(std::find(as_text.begin(), as_text.end(), *id) == as_text.end());
    CHECK_FALSE(tokenizer.added_token("<|nobody|>").has_value());
    CHECK(*id < tokenizer.vocabulary());
    CHECK_FALSE(tokenizer.decode(Ids{tokenizer.vocabulary()}).ok());
    const bool begins = vector.name() != "gpt2" && vector.name() != "qwen2";
    CHECK(tokenizer.begin_token() == (begins ? id : std::nullopt));
  }
}

// Quadratic merging would take hours.
TEST_CASE("a long text of one piece takes no longer than its length explains") {
  for (const test::Vector& vector : tokenizer_vectors()) {
    CAPTURE(vector.name());
    const Tokenizer tokenizer = parsed(vector);
    for (const char* word : {"a", "the", "\n", "\xff"}) {
      std::string text;
      while (text.size() < 1'000'000) text += word;
      const Result<std::string> back = tokenizer.decode(tokenizer.encode(text));
      REQUIRE(back.ok());
      REQUIRE((back.value() == text));
    }
  }
}
