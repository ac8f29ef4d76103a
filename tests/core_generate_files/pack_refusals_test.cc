// Packs as a stranger might send them: every one is refused, and no number of one is used before it
// was checked.
#include <bit>
#include <limits>

#include "core/base/random.h"
#include "core/compute/generate/pack.h"
#include "tests/catch.h"
#include "tests/core_generate_files/checkpoints.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::generate;

namespace {

struct Made {
  Bytes pack;
  PackConfig config;
  PackLayout layout;
};

Made made(const char* name) {
  Made out;
  out.pack = test::pack_of(test::load_tiny_model(name)).value();
  const Result<Pack> pack = Pack::from_bytes(Engine(), out.pack);
  REQUIRE(pack.ok());
  out.config = pack.value().config();
  out.layout = lay_out_pack(out.config, write_pack_config(out.config).size(),
                            pack.value().tokenizer_json().size());
  REQUIRE(out.layout.bytes == out.pack.size());
  return out;
}

std::string answer_to(const Bytes& pack) {
  const Result<Pack> parsed = Pack::from_bytes(Engine(), pack);
  if (parsed.ok()) return "ok";
  CHECK(parsed.error().code == Code::malformed);
  return parsed.error().what;
}

void put(Bytes& pack, std::uint64_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) pack[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The same pack with another config, in a layout of its own.
Bytes with_config(const Made& made, const std::string& text, std::uint64_t tokenizer_bytes) {
  PackLayout layout = lay_out_pack(made.config, text.size(), tokenizer_bytes);
  Bytes out = pack_header(layout);
  out.resize(layout.bytes);
  std::ranges::copy(as_bytes(text),
                    out.begin() + static_cast<std::ptrdiff_t>(layout.config.offset));
  return out;
}

}  // namespace

TEST_CASE("a pack that is cut, longer or of another kind is refused") {
  for (const char* name : test::kTinyModels) {
    const Made model = made(name);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{15}, std::size_t{31}, std::size_t{32}, std::size_t{63},
          model.pack.size() / 2, model.pack.size() - 1, model.pack.size() + 1}) {
      Bytes pack = model.pack;
      pack.resize(size);
      CAPTURE(name, size);
      CHECK(answer_to(pack) != "ok");
      if (size < 32) continue;
      put(pack, 24, size, 8);  // and the header lies about it
      CHECK(answer_to(pack) != "ok");
    }
  }
  Bytes pack = made("llama").pack;
  pack[16] = 2;
  CHECK(has(answer_to(pack), "version 2, only 1 is known"));
  pack[0] = 'A';
  CHECK(has(answer_to(pack), "does not begin as one does"));
}

TEST_CASE("sections that overlap, lie outside or are of absurd size are refused") {
  const Made model = made("qwen2");
  for (std::size_t section = 0; section < model.layout.sections().size(); ++section) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{64},
                                      UINT64_MAX, UINT64_MAX - 63, std::uint64_t{1} << 40}) {
      for (const std::size_t at : {32 + 16 * section, 40 + 16 * section}) {
        Bytes pack = model.pack;
        put(pack, at, value, 8);
        if (pack == model.pack) continue;
        CAPTURE(section, value);
        CHECK(answer_to(pack) != "ok");
      }
    }
  }
  Bytes pack = model.pack;
  put(pack, 20, 3, 4);
  CHECK(has(answer_to(pack), "its sections are not those"));
  put(pack, 40, 4097, 8);
  CHECK(has(answer_to(pack), "config of 4097 bytes"));
}

TEST_CASE("every value that the contract does not have is refused where it is") {
  const Made model = made("qwen2");
  const std::uint32_t nan = 0x7FC00000, infinity = 0x7F800000, below = 0x80000000;
  const LayerSections& layer = model.layout.layers[1];
  struct Value {
    std::uint64_t at, value;
    std::size_t bytes;
    bool allowed;
  };
  const Value values[] = {
      {layer.q.q.offset + 5, 0x80, 1, false},
      {layer.q.q.offset + 5, 0x81, 1, true},
      {layer.down.q.offset + layer.down.q.size - 1, 0x80, 1, false},
      {model.layout.embedding.q.offset, 0x80, 1, false},
      {model.layout.embedding.scale.offset, nan, 4, false},
      {layer.v.scale.offset + layer.v.scale.size - 4, infinity, 4, false},
      {layer.v.scale.offset, below, 4, false},
      {layer.v.scale.offset, 0, 4, true},
      {layer.v.bias.offset, nan | below, 4, false},
      {layer.v.bias.offset, infinity | below, 4, false},
      {layer.v.bias.offset, 0x3F800000 | below, 4, true},
      {layer.attention_norm.offset, nan, 4, false},
      {layer.mlp_norm.offset + 4, 0x7F800001, 4, false},
      {model.layout.final_norm.offset + model.layout.final_norm.size - 4, infinity, 4, false},
      {model.layout.rope.offset, std::bit_cast<std::uint64_t>(1.5), 8, false},
      {model.layout.rope.offset, std::bit_cast<std::uint64_t>(-0.5), 8, false},
      {model.layout.rope.offset, std::bit_cast<std::uint64_t>(0.5), 8, true},
      {model.layout.rope.offset, std::uint64_t{0x7FF8} << 48, 8, false},
  };
  for (const Value& value : values) {
    Bytes pack = model.pack;
    put(pack, value.at, value.value, value.bytes);
    CAPTURE(value.at, value.value, answer_to(pack));
    CHECK((answer_to(pack) == "ok") == value.allowed);
  }
  std::uint64_t end = pack_header(model.layout).size();
  std::size_t between = 0;
  for (const Section& section : model.layout.sections()) {
    if (section.size == 0) continue;
    for (; end < section.offset; ++end, ++between) {
      Bytes pack = model.pack;
      pack[end] = 1;
      CHECK(has(answer_to(pack), "not all zeros"));
    }
    end = section.offset + section.size;
  }
  CHECK(between > 100);
}

TEST_CASE("a config that is not in its one spelling, or beyond the limits, is refused") {
  const Made model = made("llama");
  const std::string text = write_pack_config(model.config);
  CHECK(parse_pack_config(text).value() == model.config);
  struct Change {
    const char *from, *to, *says;
  };
  const Change changes[] = {
      {"{\"vocabulary\"", "{ \"vocabulary\"", "one spelling"},
      {"\"hidden\":32", "\"hidden\":32,\"extra\":1", "extra"},
      {"\"hidden\":32", "\"hidden\":131073", "hidden size 131073"},
      {"\"hidden\":32,", "", "hidden"},
      {"\"layers\":2", "\"layers\":4294967295", "number of layers 4294967295"},
      {"\"layers\":2", "\"layers\":0", "number of layers 0"},
      {"\"layers\":2", "\"layers\":3", "where its config needs"},
      {"\"heads\":4", "\"heads\":5", "a multiple"},
      {"\"head_size\":8", "\"head_size\":7", "even"},
      {"\"tied\":false", "\"tied\":true", "where its config needs"},
      {"\"qkv_bias\":false", "\"qkv_bias\":true", "where its config needs"},
      {"\"norm_epsilon_bits\":925353388", "\"norm_epsilon_bits\":2143289344", "epsilon"},
      {"[317,318]", "[318,317]", "ascending"},
      {"[317,318]", "[317,319]", "in the vocabulary"},
      {"\"begin_token\":316", "\"begin_token\":319", "begin token"},
  };
  for (const Change& change : changes) {
    std::string changed = text;
    CAPTURE(text, change.to);
    test::replace_once(changed, change.from, change.to);
    const std::string answer = answer_to(with_config(model, changed, 100));
    CAPTURE(answer);
    CHECK(has(answer, change.says));
  }
}

TEST_CASE("a pack whose tokenizer does not fit its config has no tokenizer") {
  const Made model = made("llama");
  const Result<Pack> pack =
      Pack::from_bytes(Engine(), with_config(model, write_pack_config(model.config), 100));
  REQUIRE((pack.ok() ? "" : pack.error().what) == "");
  CHECK_FALSE(pack.value().tokenizer().ok());
  Made other = made("llama");
  std::string text = write_pack_config(other.config);
  test::replace_once(text, "\"begin_token\":316", "\"begin_token\":315");
  Bytes bytes = other.pack;
  std::ranges::copy(as_bytes(text),
                    bytes.begin() + static_cast<std::ptrdiff_t>(other.layout.config.offset));
  const Result<Pack> begins = Pack::from_bytes(Engine(), bytes);
  REQUIRE(begins.ok());
  CHECK(has(begins.value().tokenizer().error().what, "begins texts with another token"));
}

TEST_CASE("every changed byte of a header is noticed") {
  const Made model = made("mistral");
  SeededRandom random(5);
  for (int round = 0; round < 400; ++round) {
    Bytes pack = model.pack;
    const std::uint64_t at = random.below(pack_header_bytes(model.config.model.layers));
    pack[at] = static_cast<std::uint8_t>(pack[at] ^ (1 + random.below(255)));
    CAPTURE(at);
    const Result<Pack> parsed = Pack::from_bytes(Engine(), pack);
    // A tokenizer that ends some zeros later fills its place too, but zeros are no JSON.
    REQUIRE((!parsed.ok() || (at == 56 && !parsed.value().tokenizer().ok())));
  }
}
