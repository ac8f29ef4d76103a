// What an order may say and what its inputs may hold: everything else is refused by name.
#include "core/base/file.h"
#include "core/compute/files/npy.h"
#include "tests/core_train/train_jobs.h"

namespace assay {
namespace {

using namespace compute;

const std::string kTransformer =
    R"({"model":"transformer","vocab":256,"hidden":8,"layers":1,"heads":2,"ffn":8,"sequence":8,)"
    R"("steps":2,"batch":2,"optimizer":"adam","learning_rate_ppm":1000})";
const std::string kMlp =
    R"({"model":"mlp","widths":[4,3],"task":"classify","steps":2,"batch":2,"optimizer":"sgd",)"
    R"("learning_rate_ppm":1000})";

// The order with one member replaced, or added in front where it is not there.
std::string with(const std::string& order, const std::string& key, const std::string& value) {
  const std::size_t at = order.find("\"" + key + "\":");
  if (at == std::string::npos) return "{\"" + key + "\":" + value + "," + order.substr(1);
  const std::size_t from = at + key.size() + 3;
  const std::size_t end =
      order[from] == '[' ? order.find(']', from) + 1 : order.find_first_of(",}", from);
  return order.substr(0, from) + value + order.substr(end);
}

void refused(const Result<std::unique_ptr<Program>>& program, const std::string& part) {
  REQUIRE_FALSE(program.ok());
  INFO(program.error().what);
  CHECK(program.error().code == Code::malformed);
  CHECK(program.error().what.find(part) != std::string::npos);
}

Bytes u16_npy(const std::vector<std::uint16_t>& values) {
  std::string header = "{'descr': '<u2', 'fortran_order': False, 'shape': (" +
                       std::to_string(values.size()) + ",), }";
  header.append(117 - header.size(), ' ');
  header += '\n';
  Bytes out = to_bytes(as_bytes("\x93NUMPY"));
  append(out, Bytes{1, 0, static_cast<std::uint8_t>(header.size()), 0});
  append(out, as_bytes(header));
  for (const std::uint16_t value : values) {
    append(out,
           Bytes{static_cast<std::uint8_t>(value & 0xFF), static_cast<std::uint8_t>(value >> 8)});
  }
  return out;
}

Bytes matrix(std::uint64_t rows, std::uint64_t columns, float value = 1) {
  const std::uint64_t dims[] = {rows, columns};
  return write_npy(dims, std::vector<float>(rows * columns, value));
}

}  // namespace

TEST_CASE("train: parameters outside the schema are refused by name") {
  const test::Files text{{"text", test::alphabet(100)}};
  CHECK(test::load_train(kTransformer, text).ok());
  CHECK(test::load_train(with(kMlp, "examples", "10")).ok());
  struct {
    const char* key;
    const char* value;
    const char* part;
  } cases[] = {
      {"model", "\"cnn\"", "is not one of transformer, mlp"},
      {"steps", "0", "steps"},
      {"steps", "4097", "steps"},
      {"steps_per_commit", "0", "steps_per_commit"},
      {"steps_per_commit", "65", "steps_per_commit"},
      {"steps_per_commit", "4", "2 is no multiple of steps_per_commit 4"},
      {"batch", "0", "batch"},
      {"batch", "65536", "more than 65536 tokens a step"},
      {"optimizer", "\"lion\"", "is not one of adam, momentum, sgd"},
      {"learning_rate_ppm", "0", "learning_rate_ppm"},
      {"learning_rate_ppm", "1000001", "learning_rate_ppm"},
      {"learning_rate_ppm", "\"3\"", "learning_rate_ppm"},
      {"warmup_steps", "3", "warmup_steps"},
      {"decay", "\"step\"", "is not one of none, linear, cosine"},
      {"final_rate_ppm", "5", "final_rate_ppm"},
      {"momentum_ppm", "5", "momentum_ppm"},
      {"beta1_ppm", "1000000", "beta1_ppm"},
      {"clip_norm_ppm", "0", "clip_norm_ppm"},
      {"weight_decay_ppm", "-1", "weight_decay_ppm"},
      {"vocab", "1", "vocab"},
      {"vocab", "65537", "vocab"},
      {"hidden", "9", "does not divide hidden 9"},
      {"hidden", "6", "heads of an even size"},
      {"heads", "3", "does not divide hidden 8"},
      {"kv_heads", "3", "does not divide heads 2"},
      {"sequence", "1", "sequence"},
      {"sequence", "513", "sequence"},
      {"layers", "65", "layers"},
      {"ffn", "0", "ffn"},
      {"rope_base", "0", "rope_base"},
      {"widths", "[4,3]", "widths"},
      {"dropout", "1", "dropout"},
  };
  for (const auto& c : cases) {
    INFO(c.key << " " << c.value);
    refused(test::load_train(with(kTransformer, c.key, c.value), text), c.part);
  }
  const struct {
    const char* key;
    const char* value;
    const char* part;
  } mlps[] = {
      {"widths", "[4]", "fewer than 2"},
      {"widths", "[4,0,3]", "1..8192"},
      {"widths", "[4,8193]", "1..8192"},
      {"widths", "[4,1]", "fewer than 2 classes"},
      {"widths", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]", "widths"},
      {"task", "\"guess\"", "is not one of classify, regress"},
      {"examples", "0", "examples"},
      {"vocab", "4", "vocab"},
  };
  for (const auto& c : mlps) {
    INFO(c.key << " " << c.value);
    refused(test::load_train(with(with(kMlp, "examples", "10"), c.key, c.value)), c.part);
  }
  refused(test::load_train(with(with(kMlp, "examples", "16384"), "widths", "[1023,2]")),
          "to draw them makes 67174400 bytes");
}

TEST_CASE("train: jobs beyond the caps are refused before anything is read") {
  const test::Files text{{"text", test::alphabet(100)}};
  Caps caps;
  const Plan plan = test::load_train(kTransformer, text).value()->plan();
  CHECK(plan.shape == Shape::chained);
  CHECK(plan.steps == 2);
  // 3 limb products of 3 passes of 16 tokens through 2,872 parameters, and 7 of attention.
  CHECK(plan.step_ops >= 3 * (3 * 16 * 2520 + 7 * 16 * 8 * 8));
  caps.step_ops_max = plan.step_ops - 1;
  refused(test::load_train(kTransformer, text, caps), "operations of a step");
  caps.step_ops_max = plan.step_ops;
  CHECK(test::load_train(kTransformer, text, caps).ok());
  caps.job_ops_max = 2 * plan.step_ops - 1;
  refused(test::load_train(kTransformer, text, caps), "operations of the job");
  caps = Caps{};
  caps.state_bytes_max = plan.result_bytes - 1;
  refused(test::load_train(kTransformer, text, caps), "bytes of a state");
  std::string big = kTransformer;
  for (const auto& [key, value] :
       {std::pair{"layers", "64"}, {"ffn", "32768"}, {"hidden", "8192"}, {"heads", "16"}}) {
    big = with(big, key, value);
  }
  refused(test::load_train(big, text), "operations of a step");
  caps = Caps{};
  caps.step_ops_max = caps.job_ops_max = UINT64_MAX;
  refused(test::load_train(
              with(with(with(kTransformer, "batch", "8192"), "vocab", "65536"), "ffn", "8192"),
              text, caps),
          "bytes of activations");
}

TEST_CASE("train: inputs that do not fit the order are refused by name") {
  const std::string drawn = with(kMlp, "examples", "10");
  const std::string regress = with(kMlp, "task", "\"regress\"");
  const test::Files x{{"x", matrix(5, 4)}};
  const Bytes tokenizer =
      read_file(ASSAY_VECTORS "/models/stories/tokenizer.json", 1 << 20).value();
  const auto and_y = [&](Bytes y) {
    test::Files files = x;
    files["y"] = std::move(y);
    return files;
  };
  struct {
    const char* name;
    std::string order;
    test::Files files;
    const char* part;
  } cases[] = {
      {"nothing", kTransformer, {}, "one of \"text\" and \"tokens\" is needed"},
      {"both", kTransformer, {{"text", {1}}, {"tokens", {1}}}, "one of \"text\" and \"tokens\""},
      {"another",
       kTransformer,
       {{"txt", {1}}},
       "this model's inputs are text, tokenizer, tokens, checkpoint"},
      {"short", kTransformer, {{"text", test::alphabet(8)}}, "no more than a sequence of 8"},
      {"large byte",
       with(kTransformer, "vocab", "100"),
       {{"text", test::alphabet(100)}},
       "is 100 where vocab is 100"},
      {"large token",
       kTransformer,
       {{"tokens", u16_npy({1, 2, 3, 4, 5, 6, 7, 8, 9, 256})}},
       "token 9 is 256"},
      {"f32 tokens", kTransformer, {{"tokens", matrix(2, 50)}}, "not u16 (<u2) of one dimension"},
      {"no .npy", kTransformer, {{"tokens", {1, 2, 3}}}, "NUMPY"},
      {"a tokenizer that is none",
       kTransformer,
       {{"text", test::alphabet(100)}, {"tokenizer", {1}}},
       "input \"tokenizer\": "},
      {"a tokenizer of more tokens",
       kTransformer,
       {{"text", test::alphabet(100)}, {"tokenizer", tokenizer}},
       "it has 1024 tokens where vocab is 256"},
      {"a tokenizer besides tokens",
       kTransformer,
       {{"tokens", u16_npy({1})}, {"tokenizer", tokenizer}},
       "it is not used where the tokens are given"},
      {"x alone", kMlp, x, "\"x\" and \"y\" are needed"},
      {"x besides examples", drawn, x, "this model's inputs are checkpoint"},
      {"x too wide", kMlp, {{"x", matrix(5, 5)}, {"y", matrix(5, 3)}}, "[N, 4]"},
      {"x infinite",
       kMlp,
       {{"x", matrix(5, 4, 3e38F)}, {"y", u16_npy({0, 0, 0, 0, 0})}},
       "is no number of magnitude up to 2^64"},
      {"y of another kind", kMlp, and_y(matrix(5, 3)), "classes are u16"},
      {"a class too many", kMlp, and_y(u16_npy({0, 1, 2, 3, 0})), "element 3 is no class of 3"},
      {"y too short", kMlp, and_y(u16_npy({0, 1, 2, 0})), "4 answers to 5 examples"},
      {"y to regress too wide", regress, and_y(matrix(5, 4)), "[N, 3]"},
      {"no examples", regress, {{"x", matrix(0, 4)}, {"y", matrix(0, 3)}}, "[N, 4]"},
      {"a checkpoint that is none", drawn, {{"checkpoint", {0, 1}}}, "safetensors"},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    refused(test::load_train(c.order, c.files), c.part);
  }
  CHECK(test::load_train(kMlp, and_y(u16_npy({0, 1, 2, 1, 0}))).ok());
  CHECK(test::load_train(regress, and_y(matrix(5, 3))).ok());
  CHECK(test::load_train(kTransformer, {{"tokens", u16_npy({1, 2, 3, 4, 5, 6, 7, 8, 255})}}).ok());
}

TEST_CASE("train: a checkpoint has the model's tensors and no others") {
  const std::string drawn = with(kMlp, "examples", "10");
  const auto program = test::load_train(drawn);
  const Bytes file = program.value()
                         ->artefact(state_bytes(test::run(*program.value(), Engine()).back()))
                         .value()
                         .bytes;
  CHECK(test::load_train(drawn, {{"checkpoint", file}}).ok());
  refused(test::load_train(with(drawn, "widths", "[4,4]"), {{"checkpoint", file}}),
          "tensor \"layers.0.weight\" is not of F32, F16 or BF16 and shape [4, 4]");
  refused(test::load_train(with(drawn, "widths", "[4,3,3]"), {{"checkpoint", file}}),
          "tensor \"layers.1.weight\" is missing");
  const auto two = test::load_train(with(drawn, "widths", "[4,3,3]"));
  const Bytes larger =
      two.value()->artefact(state_bytes(test::run(*two.value(), Engine()).back())).value().bytes;
  refused(test::load_train(drawn, {{"checkpoint", larger}}), "4 tensors where 2 are the model's");
  Bytes infinite = file;
  infinite[infinite.size() - 1] = 0x7F;
  infinite[infinite.size() - 2] = 0x80;
  refused(test::load_train(drawn, {{"checkpoint", infinite}}),
          "tensor \"layers.0.bias\": element 2 is no number");
}

}  // namespace assay
