// Orders with models of tests/models/, from their files to their texts.
#include <algorithm>
#include <sstream>

#include "core/compute/generate/generate.h"
#include "core/compute/generate/tokenizer.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core_generate/jobs.h"
#include "tests/core_generate_files/checkpoints.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::generate;

namespace {

// An order and all files it may ask for.
struct Order {
  wire::WorkloadSpec spec;
  std::map<std::string, Bytes> files;
  Bytes pack;

  Order(const std::string& model, const std::string& parameters, const std::vector<Bytes>& prompts,
        const Digest& nonce) {
    pack = test::pack_of(test::load_tiny_model(model)).value();
    const Manifest manifest = manifest_of(Engine(), pack);
    spec.workload = "generate";
    spec.parameters = wire::parse_json(parameters).value();
    spec.nonce = nonce;
    add("model", write_manifest(manifest));
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      add(prompts.size() == 1 ? "prompt" : "prompt-" + std::to_string(i), prompts[i]);
    }
    for (std::size_t i = 0; i < manifest.chunks.size(); ++i) {
      const ByteView part = ByteView(pack).subspan(i * kPackChunkBytes, manifest.chunk_bytes(i));
      files["model/" + std::to_string(i)] = to_bytes(part);
    }
  }

  void add(const std::string& name, const Bytes& bytes) {
    spec.inputs.push_back({name, sha256(bytes), bytes.size()});
    files[name] = bytes;
  }

  Result<std::unique_ptr<Program>> load() const {
    return load_program(spec, [&](const wire::Input& input) -> Result<Bytes> {
      const auto found = files.find(input.name);
      if (found == files.end()) return fail(Code::no_evidence, "no such file");
      return found->second;
    });
  }
};

std::string parameters_of(const std::string& model, const std::string& rest) {
  const Bytes pack = test::pack_of(test::load_tiny_model(model)).value();
  return "{\"model\":\"" + manifest_of(Engine(), pack).root().hex() + "\"," + rest + "}";
}

}  // namespace

TEST_CASE("jobs are what the independent reference makes of them, on every level") {
  for (const test::Vector& vector : test::load_vectors(
           "generate", {"model", "parameters", "nonce", "prompt", "state", "text", "result"}, 6)) {
    std::vector<Bytes> prompts;
    for (const std::string& hex : vector.all("prompt")) prompts.push_back(from_hex(hex).value());
    const Order order(vector.text("model"), vector.text("parameters"), prompts,
                      vector.fixed<Digest>("nonce"));
    const auto program = order.load();
    INFO(vector.name() << ": " << (program.ok() ? std::string() : program.error().what));
    REQUIRE(program.ok());
    for (const CpuLevel level : test::cpu_levels()) {
      const Engine engine(level, 2);
      const test::Outcome outcome = test::run(*program.value(), engine);
      std::vector<Digest> digests{state_digest(program.value()->start(engine).value())};
      for (const State& state : outcome.states) digests.push_back(state_digest(state));
      CHECK(digests == vector.all_fixed<Digest>("state"));
      CHECK(outcome.result == vector.bytes("result"));
      const std::vector<std::string> texts = vector.all("text");
      for (std::size_t text = 0; text < texts.size(); ++text) {
        std::vector<std::int32_t> want;
        std::istringstream in(texts[text]);
        for (std::string token; std::getline(in, token, ',');) want.push_back(std::stoi(token));
        CHECK(test::choices(*program.value(), outcome, text) == want);
      }
      for (std::uint32_t step = 1; step <= program.value()->plan().steps; ++step) {
        std::vector<std::uint64_t> rows;
        for (std::uint64_t row = 0; row < program.value()->plan().rows; ++row) rows.push_back(row);
        const auto good =
            program.value()->check_rows(step, rows, test::AllOpened(outcome.states), {}, engine);
        CHECK(good.value() == std::vector<bool>(rows.size(), true));
      }
    }
  }
}

TEST_CASE("the file is the text, without the prompt and without the stop token") {
  const Bytes prompt = to_bytes(as_bytes("x = "));
  const std::string parameters = parameters_of("mistral", "\"max_tokens\":9,\"stop\":false");
  const Order order("mistral", parameters, {prompt}, Digest{});
  const auto program = order.load();
  REQUIRE(program.ok());
  const test::Outcome outcome = test::run(*program.value(), Engine());
  std::vector<std::uint32_t> tokens;
  for (const std::int32_t token : test::choices(*program.value(), outcome, 0)) {
    tokens.push_back(static_cast<std::uint32_t>(token));
  }
  REQUIRE(tokens.size() == 9);
  const Pack pack = Pack::from_bytes(Engine(), order.pack).value();
  const Artefact file = program.value()->artefact(outcome.result).value();
  CHECK(file.file_name == "text.txt");
  CHECK(as_text(file.bytes) == pack.tokenizer().value().decode(tokens, true).value());
}

TEST_CASE("orders with other inputs than theirs are refused, and say which") {
  const std::string parameters = parameters_of("llama", "\"max_tokens\":3");
  const Bytes prompt = to_bytes(as_bytes("hello"));
  const auto refused = [](const Order& order, Code code, std::string_view says) {
    const auto program = order.load();
    REQUIRE_FALSE(program.ok());
    INFO(program.error().what);
    CHECK(program.error().code == code);
    CHECK(program.error().what.find(says) != std::string::npos);
  };
  const Order good("llama", parameters, {prompt}, Digest{});
  REQUIRE(good.load().ok());
  Order order = good;
  order.spec.inputs.pop_back();
  refused(order, Code::malformed, "neither \"prompt\" nor \"prompt-0\"");
  order = good;
  order.spec.inputs.erase(order.spec.inputs.begin());
  refused(order, Code::malformed, "no \"model\"");
  order = good;
  order.add("prompt-0", prompt);
  refused(order, Code::malformed, "besides \"model\"");
  order = Order("llama", parameters, {prompt, prompt}, Digest{});
  order.spec.inputs.back().name = "prompt-2";
  refused(order, Code::malformed, "without a gap");
  order = Order("qwen2", parameters, {prompt}, Digest{});
  refused(order, Code::malformed, "not of the model that the order names");
  order = good;
  order.files["model/0"][100] ^= 1;
  refused(order, Code::no_evidence, "model/0");
  order = good;
  order.files.erase("model/0");
  refused(order, Code::no_evidence, "model/0");
  order = good;
  order.files["model"][40] ^= 1;
  refused(order, Code::no_evidence, "model");
  order = Order("mistral", parameters_of("mistral", "\"max_tokens\":3"), {{}}, Digest{});
  // No text, and yet the model's begin token, where it has one, is a prompt.
  const bool begins =
      Pack::from_bytes(Engine(), order.pack).value().model().config.begin_token.has_value();
  CHECK(order.load().ok() == begins);
}

TEST_CASE("a job of a model too large for a replay is refused before anything is computed") {
  Caps caps;
  caps.step_ops_max = 1'000'000;
  const Order order("llama", parameters_of("llama", "\"max_tokens\":100,\"chunk\":512"),
                    {to_bytes(as_bytes("hello"))}, Digest{});
  const auto program = load_program(
      order.spec, [&](const wire::Input& input) { return order.files.at(input.name); }, caps);
  REQUIRE_FALSE(program.ok());
  INFO(program.error().what);
  CHECK(program.error().what.find("operations of a step") != std::string::npos);
}

TEST_CASE("a prompt that no context holds is refused before it is taken apart") {
  const std::string parameters = parameters_of("llama", "\"max_tokens\":4,\"chunk\":4");
  const Order order("llama", parameters, {Bytes(std::size_t{1} << 20, 'a')}, {});
  const auto program = order.load();
  REQUIRE_FALSE(program.ok());
  CHECK(program.error().code == Code::malformed);
  CHECK(program.error().what.find("tokens can hold") != std::string::npos);
}
