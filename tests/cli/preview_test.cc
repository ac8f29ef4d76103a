// What a watcher shows of a text while it is made.
#include "api/cli/watcher.h"
#include "core/base/file.h"
#include "tests/asked_port.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using cli::PreviewText;
using cli::take_printable;
using cli::Watcher;
using compute::generate::Tokenizer;

const std::string kOdd = "\xEF\xBF\xBD";

TEST_CASE("only what cannot steer a terminal is shown, and characters as a whole") {
  struct Case {
    std::string bytes;
    std::string shown;
    std::string held;
  };
  const Case cases[] = {
      {"", "", ""},
      {"plain\ttext\n", "plain\ttext\n", ""},
      {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
       ""},
      {"a\xC3", "a", "\xC3"},
      {"a\xE2\x82", "a", "\xE2\x82"},
      {"a\xF0\x9F\x98", "a", "\xF0\x9F\x98"},
      {"a\xC3z", "a" + kOdd + "z", ""},
      {"\x80", kOdd, ""},
      {"\xFF\xC0", kOdd + kOdd, ""},
      {"\xE2\x28\xA1", kOdd + "(" + kOdd, ""},
      {"\xED\xA0\x80", kOdd + kOdd + kOdd, ""},  // a surrogate
      {"\x1B[2Jgone", kOdd + "[2Jgone", ""},
      {"over\rwritten\b\x7F", "over" + kOdd + "written" + kOdd + kOdd, ""},
      {"\xC2\x9B"
       "31m",
       kOdd + "31m", ""},  // C1: the same as ESC [
      {"\xE2\x80\xAE"
       "txt.exe",
       kOdd + "txt.exe", ""},  // right to left
      {std::string("\0", 1), kOdd, ""},
  };
  for (const Case& each : cases) {
    INFO(to_hex(as_bytes(each.bytes)));
    std::string bytes = each.bytes;
    CHECK(take_printable(bytes, false) == each.shown);
    CHECK(bytes == each.held);
    std::string whole = each.bytes;
    const std::string rest = take_printable(whole, true);
    CHECK(rest.substr(0, each.shown.size()) == each.shown);
    CHECK(rest.empty() == each.bytes.empty());
    CHECK(whole.empty());
  }
}

Tokenizer tokenizer_of(const char* model) {
  const std::string path = std::string(ASSAY_SOURCE) + "/tests/models/" + model + "/tokenizer.json";
  return Tokenizer::parse(as_text(read_file(path, 1 << 20).value())).value();
}

Bytes output_of(const std::vector<std::int32_t>& choices) {
  Bytes out;
  for (const std::int32_t choice : choices) put_u32_le(out, static_cast<std::uint32_t>(choice));
  return out;
}

TEST_CASE("a text in pieces of any size is the text, with no character torn") {
  const std::string text =
      "Zo\xC3\xAB, \xE2\x82\xAC"
      "5 \xF0\x9F\x98\x80 \xE4\xBD\xA0\xE5\xA5\xBD.";
  for (const char* model : {"llama", "qwen2"}) {
    const Tokenizer tokenizer = tokenizer_of(model);
    const auto tokens = tokenizer.encode(text, {.continues = true});
    REQUIRE(tokens.size() > 8);
    for (std::size_t chunk = 1; chunk <= tokens.size(); ++chunk) {
      INFO(model << ", " << chunk);
      PreviewText preview(tokenizer, 1);
      std::string all;
      for (std::size_t at = 0; at < tokens.size(); at += chunk) {
        std::vector<std::int32_t> choices(chunk, -1);
        for (std::size_t i = 0; i < chunk && at + i < tokens.size(); ++i) {
          choices[i] = static_cast<std::int32_t>(tokens[at + i]);
        }
        const std::string piece = preview.take(output_of(choices)).value();
        CHECK(piece.find(kOdd) == std::string::npos);
        all += piece;
      }
      CHECK(all + preview.finish() == text);
    }
  }
}

TEST_CASE("several texts have a line for each piece; without a tokenizer tokens are numbers") {
  PreviewText preview(std::nullopt, 2);
  CHECK(preview.take(output_of({-1, 5, 7, 8})).value() == "[1] 5 \n[2] 7 8 \n");
  CHECK(preview.take(output_of({-1, -1, -1, 9})).value() == "[2] 9 \n");
  CHECK(preview.take(output_of({-1, -1, -1, -1})).value().empty());
  for (const std::size_t bytes : std::vector<std::size_t>{0, 4, 12, 15}) {
    CHECK(preview.take(Bytes(bytes)).error().code == Code::malformed);
  }
  PreviewText unknown(tokenizer_of("llama"), 1);
  CHECK(unknown.take(output_of({INT32_MAX, 1 << 20})).value().empty());
}

// A verifier whose preview and result a test sets.
class Preview final : public AskedPort {
 public:
  std::uint32_t begun = 1;
  std::uint32_t first = 1;
  std::vector<Bytes> outputs;
  std::optional<wire::Json> instead;
  Bytes whole;
  std::uint64_t asked_after = 0;

  Result<Json> preview(const std::string& job, std::uint64_t after) override {
    CHECK(job == "the job");
    asked_after = after;
    if (instead) return *instead;
    if (outputs.empty()) return fail(Code::not_found, "nothing is shown");
    const std::size_t skipped =
        after < first ? 0 : std::min<std::size_t>(after - first + 1, outputs.size());
    Json shown = Json::array();
    for (std::size_t i = skipped; i < outputs.size(); ++i) shown.push(to_base64(outputs[i]));
    return Json::object({{"job", job},
                         {"begun", begun},
                         {"step", std::uint64_t{first + skipped}},
                         {"steps_done", std::uint64_t{first + outputs.size() - 1}},
                         {"outputs", std::move(shown)}});
  }
  Result<Bytes> result(const std::string&) override {
    if (whole.empty()) return fail(Code::not_found, "no result");
    return whole;
  }
};

struct Scene {
  Preview port;
  std::string out;
  Watcher watcher{{[this](const std::string& piece) { out += piece; },
                   [this](const std::string& line) { out += "<" + line + ">"; }},
                  "the job",
                  PreviewText(std::nullopt, 1)};

  std::string look() {
    out.clear();
    watcher.look(port);
    return out;
  }
  std::string finish() {
    out.clear();
    watcher.finish(port);
    return out;
  }
};

TEST_CASE("a watcher shows each step once, and then the rest of the result") {
  Scene scene;
  CHECK(scene.look().empty());
  scene.port.outputs = {output_of({1, 2}), output_of({3, 4})};
  CHECK(scene.look() == "1 2 3 4 ");
  CHECK(scene.look().empty());
  CHECK(scene.port.asked_after == 2);
  scene.port.outputs.push_back(output_of({5, -1}));
  CHECK(scene.look() == "5 ");
  scene.port.whole = output_of({1, 2, 3, 4, 5, -1, 6, 7});
  CHECK(scene.finish() == "6 7 ");
}

TEST_CASE("a watcher that saw nothing shows the whole result") {
  Scene scene;
  scene.port.whole = output_of({1, 2, 3});
  CHECK(scene.finish() == "1 2 3 ");
  Scene none;
  CHECK(none.finish().empty());
}

TEST_CASE("a watcher says when what it showed is not how the result begins") {
  Scene scene;
  scene.port.outputs = {output_of({1, 2})};
  CHECK(scene.look() == "1 2 ");
  scene.port.whole = output_of({1, 9, 3});
  CHECK(scene.finish() == "<what was shown is not how the result begins; the result:>1 9 3 ");
}

TEST_CASE("a watcher begins anew when the provider does, and says which steps it never got") {
  Scene scene;
  scene.port.outputs = {output_of({1}), output_of({2})};
  CHECK(scene.look() == "1 2 ");
  scene.port.begun = 2;
  scene.port.outputs = {output_of({1}), output_of({7})};
  CHECK(scene.look() == "<(the provider began anew)>");
  CHECK(scene.look() == "1 7 ");
  scene.port.outputs = {output_of({1})};  // a verifier and an agent that were both started anew
  CHECK(scene.look() == "<(the provider began anew)>");
  CHECK(scene.look() == "1 ");
  scene.port.first = 4;
  scene.port.outputs = {output_of({8})};
  CHECK(scene.look() == "<(steps 2 to 3 are not shown)>8 ");
  scene.port.whole = output_of({1, 7, 7, 8});
  CHECK(scene.finish() == "<(all of it:)>1 7 7 8 ");
}

TEST_CASE("a verifier's answer that makes no sense is shown as nothing") {
  const char* answers[] = {
      "{}",
      "[]",
      R"({"begun":0,"step":1,"steps_done":1,"outputs":["AAAAAA=="]})",
      R"({"begun":1,"step":0,"steps_done":0,"outputs":["AAAAAA=="]})",
      R"({"begun":1,"step":1,"steps_done":2,"outputs":["AAAAAA=="]})",
      R"({"begun":1,"step":1,"steps_done":4294967295,"outputs":[]})",
      R"({"begun":1,"step":1,"steps_done":1,"outputs":["*"]})",
      R"({"begun":1,"step":1,"steps_done":1,"outputs":[""]})",
      R"({"begun":1,"step":1,"steps_done":1,"outputs":[7]})",
      R"({"begun":1,"step":1,"steps_done":1,"outputs":{}})",
      R"({"begun":1,"step":1,"steps_done":1,"outputs":["AAAA"]})",
  };
  for (const char* answer : answers) {
    INFO(answer);
    Scene scene;
    scene.port.instead = wire::parse_json(answer).value();
    CHECK(scene.look().empty());
  }
}

}  // namespace
}  // namespace assay::test
