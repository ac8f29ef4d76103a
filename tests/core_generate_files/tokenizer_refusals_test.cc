#include <string>

#include "core/compute/generate/tokenizer.h"
#include "core/wire/json.h"
#include "tests/catch.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::compute::generate;

namespace {

std::string tokenizer_json(std::string_view name) {
  for (const test::Vector& vector : test::load_vectors("tokenizer", {"tokenizer", "case"}, 6)) {
    if (vector.name() == name) return vector.text("tokenizer");
  }
  throw std::runtime_error("no such tokenizer");
}

std::string answer_to(const std::string& json) {
  const Result<Tokenizer> tokenizer = Tokenizer::parse(json);
  if (tokenizer.ok()) return "ok";
  CHECK(tokenizer.error().code == Code::malformed);
  CHECK(tokenizer.error().what.size() <= 1024);
  return tokenizer.error().what;
}

struct Change {
  const char* file;
  const char* from;
  const char* to;
  const char* says;  // a part of the message
};

}  // namespace

TEST_CASE("a tokenizer that is not understood is refused, and what was not is named") {
  const Change changes[] = {
      {"gpt2", R"("type":"BPE")", R"("type":"Unigram")", "\"BPE\""},
      {"gpt2", R"("dropout":null)", R"("dropout":0.1)", "dropout is set"},
      {"gpt2", R"("end_of_word_suffix":null)", R"("end_of_word_suffix":"</w>")", "is set"},
      {"gpt2", R"("normalizer":null)", R"("normalizer":{"type":"Lowercase"})", "\"Lowercase\""},
      {"gpt2", R"("normalizer":null)", R"("normalizer":{"type":"Replace"})", "normalizer"},
      {"gpt2", R"("pre_tokenizer":{"type":"ByteLevel")", R"("pre_tokenizer":{"type":"Whitespace")",
       "\"Whitespace\""},
      {"gpt2", R"("add_prefix_space":false)", R"("add_prefix_space":true)", "add_prefix_space"},
      {"gpt2", R"("use_regex":true)", R"("use_regex":false)", "one pattern"},
      {"gpt2", R"("decoder":{"type":"ByteLevel")", R"("decoder":{"type":"WordPiece")",
       "\"WordPiece\""},
      {"gpt2", R"("post_processor":{"type":"ByteLevel")",
       R"("post_processor":{"type":"BertProcessing")", "\"BertProcessing\""},
      {"gpt2", R"("lstrip":false)", R"("lstrip":true)", "lstrip is not supported"},
      {"gpt2", R"("id":346)", R"("id":345)", "id 345"},
      {"gpt2", R"("id":346)", R"("id":1048576)", "at most 1048575"},
      {"gpt2", R"("id":346)", R"("id":-1)", "without an id"},
      {"gpt2", R"("content":"<|end|>")", R"("content":"<|begin|>")", "there twice"},
      {"gpt2", R"("content":"<|end|>")", R"("content":"")", "1..256 bytes"},
      {"gpt2", R"("merges":[)", R"("merges":["Ġt",)", "not two tokens"},
      {"gpt2", R"("merges":[)", R"("merges":[["Ġ","t","h"],)", "pair of texts"},
      {"gpt2", R"("merges":[)", R"("merges":["Ġ ~",)", "is not in the vocabulary"},
      {"gpt2", R"("merges":[)", R"("merges":["h e",)", "the same pair"},
      {"gpt2", R"("vocab":{"Ā":0,)", R"("vocab":{)", "no token for the byte 0"},
      {"gpt2", R"("vocab":{"Ā":0,)", R"("vocab":{"Ā":0,"Ā":0,)", "second"},
      {"gpt2", R"("vocab":{"Ā":0,)", R"("vocab":{"Ā":"0",)", "has no number"},
      {"llama3", R"("Isolated")", R"("Removed")", "not Isolated"},
      {"llama3", R"("invert":false)", R"("invert":true)", "inverted"},
      {"llama3", R"(\\p{N}{1,3})", R"(\\p{N}{1,4})", "{1,4}"},
      {"llama3", R"({"Sequence":{"id":"A","type_id":0}}])",
       R"({"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"<|end|>"}}])",
       "more after its text"},
      {"llama3", R"("SpecialToken":{"id":"<|begin|>")", R"("SpecialToken":{"id":"<|x|>")",
       "is no added token"},
      {"llama2", R"("byte_fallback":true)", R"("byte_fallback":false)", "byte_fallback"},
      {"llama2", R"("<0x41>":68,)", R"("<0x4x>":68,)", "no token for the byte 65"},
      {"llama2", R"("prepend":"▁")", R"("prepend":"_")", "U+2581"},
      {"llama2", R"("String":" ")", R"("String":"x")", "U+2581"},
      {"llama2", R"("pre_tokenizer":null)", R"("pre_tokenizer":{"type":"Metaspace"})",
       "pre_tokenizer"},
      {"llama2", R"("merges":[)", R"("merges":["<0x41> a",)", "stands for one byte"},
      {"mistral_first", R"("split":false)", R"("split":true)", "splits"},
      {"mistral_first", R"("replacement":"▁")", R"("replacement":"_")", "U+2581"},
      {"mistral_first", R"("prepend_scheme":"first")", R"("prepend_scheme":"last")",
       "prepend_scheme"},
  };
  for (const Change& change : changes) {
    std::string json = tokenizer_json(change.file);
    CAPTURE(change.file, change.from, change.to);
    REQUIRE(answer_to(json) == "ok");
    const std::size_t at = json.find(change.from);
    REQUIRE(at != std::string::npos);
    json.replace(at, std::string(change.from).size(), change.to);
    const std::string answer = answer_to(json);
    CAPTURE(answer);
    CHECK(answer.find(change.says) != std::string::npos);
  }
}

TEST_CASE("what normalisation Qwen2 asks for, and tokenizers in a Sequence of one, are accepted") {
  std::string json = tokenizer_json("qwen2");
  const std::string from = R"("normalizer":null)";
  json.replace(json.find(from), from.size(),
               R"("normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"}]})");
  CHECK(answer_to(json) == "ok");
}

TEST_CASE("a merge that would make an added token is left out") {
  const std::string from = R"("merges":[)";
  std::string json = tokenizer_json("llama2");
  json.replace(json.find(from), from.size(), R"("merges":["< s","<s >",)");
  const std::string vocabulary = R"("vocab":{)";
  json.replace(json.find(vocabulary), vocabulary.size(), R"("vocab":{"<":900,">":901,"<s":902,)");
  const Result<Tokenizer> tokenizer = Tokenizer::parse(json);
  REQUIRE((tokenizer.ok() ? "" : tokenizer.error().what) == "");
  const auto ids = tokenizer.value().encode("<s>", {.continues = true});
  CHECK(ids == std::vector<std::uint32_t>{902, 901});
}

TEST_CASE("JSON of hostile shape is refused before it costs much") {
  std::string deep(100, '[');
  deep = R"({"model":)" + deep + std::string(100, ']') + "}";
  CHECK(answer_to(deep).find("nesting deeper than 16") != std::string::npos);
  CHECK(answer_to("[]").find("not an object") != std::string::npos);
  CHECK(answer_to("{}").find("pre_tokenizer") != std::string::npos);
  CHECK(answer_to("").find("not JSON") != std::string::npos);
  CHECK(answer_to(std::string(kTokenizerBytesMax + 1, ' ')).find("at most") != std::string::npos);
  std::string many = R"({"model":[)";
  for (int i = 0; i < (1 << 22); ++i) many += "1,";
  CHECK(answer_to(many + "1]}").find("more than 4194304 values") != std::string::npos);
}
