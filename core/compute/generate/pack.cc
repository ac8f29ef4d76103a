#include "core/compute/generate/pack.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "core/compute/rx1/float_ops.h"

namespace assay::compute::generate {
namespace {

static_assert(std::endian::native == std::endian::little, "packs are read as memory has them");

constexpr std::size_t kScanAtOnce = std::size_t{1} << 20;

Error bad(std::string what) {
  return fail(Code::malformed, "pack: " + std::move(what));
}

template <class T>
std::span<const T> values_of(ByteView pack, const Section& section) {
  const ByteView bytes = pack.subspan(section.size > 0 ? section.offset : 0, section.size);
  ASSAY_CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0,
              "a pack begins where numbers may");
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

rx1::RowsS8 rows_of(ByteView pack, const MatrixSections& sections) {
  return {values_of<std::int8_t>(pack, sections.q), values_of<float>(pack, sections.scale)};
}

Linear linear_of(ByteView pack, const MatrixSections& sections) {
  return {rows_of(pack, sections), values_of<float>(pack, sections.bias)};
}

ModelView view_of(ByteView pack, const ModelConfig& config, const PackLayout& layout) {
  ModelView out;
  out.config = config;
  out.embedding = rows_of(pack, layout.embedding);
  for (const LayerSections& layer : layout.layers) {
    out.layers.push_back({values_of<float>(pack, layer.attention_norm), linear_of(pack, layer.q),
                          linear_of(pack, layer.k), linear_of(pack, layer.v),
                          linear_of(pack, layer.o), values_of<float>(pack, layer.mlp_norm),
                          linear_of(pack, layer.gate), linear_of(pack, layer.up),
                          linear_of(pack, layer.down)});
  }
  out.final_norm = values_of<float>(pack, layout.final_norm);
  out.head = config.tied ? out.embedding : rows_of(pack, layout.head);
  out.rope_frequency = values_of<double>(pack, layout.rope);
  return out;
}

bool is_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

// What a section holds, and so what it may not.
enum class Values { s8, number, scale };

struct Part {
  Section section;
  Values values = Values::s8;
};

void add_parts(const Section& section, Values values, std::vector<Part>& to) {
  for (std::uint64_t at = 0; at < section.size; at += kScanAtOnce) {
    const std::uint64_t size = std::min<std::uint64_t>(kScanAtOnce, section.size - at);
    to.push_back({{section.offset + at, size}, values});
  }
}

void add_parts(const MatrixSections& matrix, std::vector<Part>& to) {
  add_parts(matrix.q, Values::s8, to);
  add_parts(matrix.scale, Values::scale, to);
  add_parts(matrix.bias, Values::number, to);
}

// Without a branch for each value, so that it becomes vector code.
bool all_allowed(ByteView pack, const Part& part) {
  bool bad = false;
  if (part.values == Values::s8) {
    for (const std::int8_t value : values_of<std::int8_t>(pack, part.section)) bad |= value == -128;
    return !bad;
  }
  const std::uint32_t mask = part.values == Values::scale ? ~0U : rx1::kAbsMask;
  for (const float value : values_of<float>(pack, part.section)) {
    bad |= (rx1::bits(value) & mask) >= rx1::kInfinityBits;
  }
  return !bad;
}

// Checks the header except its table, and returns where config and tokenizer lie.
Result<std::array<Section, 2>> read_header(ByteView pack) {
  Reader in(pack);
  const ByteView magic = in.take(kPackMagic.size());
  if (!in.ok() || as_text(magic) != kPackMagic) return bad("does not begin as one does");
  const std::uint32_t version = in.u32_le();
  in.u32_le();  // the number of sections: compared with the table
  const std::uint64_t size = in.u64_le();
  std::array<Section, 2> out;
  for (Section& section : out) section = {in.u64_le(), in.u64_le()};
  if (!in.ok()) return bad("ends within its header");
  if (version != kPackVersion) {
    return bad("version " + std::to_string(version) + ", only " + std::to_string(kPackVersion) +
               " is known");
  }
  if (size != pack.size()) {
    return bad(std::to_string(pack.size()) + " bytes where its header says " +
               std::to_string(size));
  }
  const std::uint64_t most[] = {kPackConfigBytesMax, kTokenizerBytesMax};
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].size > most[i] || out[i].offset > size || out[i].size > size - out[i].offset) {
      return bad(std::string(i == 0 ? "config" : "tokenizer") + " of " +
                 std::to_string(out[i].size) + " bytes at byte " + std::to_string(out[i].offset) +
                 ": it lies outside, or has more than " + std::to_string(most[i]));
    }
  }
  return out;
}

}  // namespace

Result<Pack> Pack::from_bytes(const Engine& engine, Bytes bytes) {
  Pack out;
  out.owned_ = std::move(bytes);
  out.bytes_ = out.owned_;
  const Status status = out.read(engine);
  if (!status.ok()) return status.error();
  return out;
}

Result<Pack> Pack::from_file(const Engine& engine, MappedFile file) {
  Pack out;
  out.bytes_ = file.view();
  out.file_ = std::move(file);
  const Status status = out.read(engine);
  if (!status.ok()) return status.error();
  return out;
}

std::string_view Pack::tokenizer_json() const {
  return as_text(bytes_.subspan(layout_.tokenizer.offset, layout_.tokenizer.size));
}

Result<Tokenizer> Pack::tokenizer() const {
  Result<Tokenizer> out = Tokenizer::parse(tokenizer_json());
  if (!out.ok()) return out.error().in("pack");
  if (out.value().vocabulary() > config_.model.vocabulary) {
    return bad("its tokenizer has " + std::to_string(out.value().vocabulary()) +
               " tokens, its vocabulary " + std::to_string(config_.model.vocabulary));
  }
  if (out.value().begin_token() != config_.model.begin_token) {
    return bad("its tokenizer begins texts with another token than its config says");
  }
  return out;
}

Status Pack::read(const Engine& engine) {
  const Result<std::array<Section, 2>> texts = read_header(bytes_);
  if (!texts.ok()) return texts.error();
  const auto& [config, tokenizer] = texts.value();
  const Result<PackConfig> parsed =
      parse_pack_config(as_text(bytes_.subspan(config.offset, config.size)));
  if (!parsed.ok()) return parsed.error().in("pack");
  config_ = parsed.value();
  // From the config and the sizes of the first two sections all the rest follows.
  layout_ = lay_out_pack(config_, config.size, tokenizer.size);
  if (layout_.bytes != bytes_.size()) {
    return bad(std::to_string(bytes_.size()) + " bytes where its config needs " +
               std::to_string(layout_.bytes));
  }
  const Bytes header = pack_header(layout_);
  if (!std::ranges::equal(header, bytes_.first(header.size()))) {
    return bad("its sections are not those that its config needs");
  }
  std::uint64_t at = header.size();
  for (const Section& section : layout_.sections()) {
    if (section.size == 0) continue;
    if (!is_zero(bytes_.subspan(at, section.offset - at))) {
      return bad("not all zeros between sections, before byte " + std::to_string(section.offset));
    }
    at = section.offset + section.size;
  }
  model_ = view_of(bytes_, config_.model, layout_);
  return check_values(engine);
}

Status Pack::check_values(const Engine& engine) const {
  for (const double frequency : model_.rope_frequency) {
    if (!(frequency >= 0 && frequency <= 1)) return bad("a rotary frequency outside 0..1");
  }
  std::vector<Part> parts;
  add_parts(layout_.final_norm, Values::number, parts);
  add_parts(layout_.embedding, parts);
  add_parts(layout_.head, parts);
  for (const LayerSections& layer : layout_.layers) {
    add_parts(layer.attention_norm, Values::number, parts);
    add_parts(layer.mlp_norm, Values::number, parts);
    for (const MatrixSections* matrix :
         {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down}) {
      add_parts(*matrix, parts);
    }
  }
  std::atomic<std::uint64_t> first_bad = UINT64_MAX;  // the offset, so that one is always named
  engine.parallel_for(parts.size(), [&](std::uint64_t i) {
    const Section& part = parts[i].section;
    if (all_allowed(bytes_, parts[i])) return;
    std::uint64_t before = first_bad.load();
    while (part.offset < before && !first_bad.compare_exchange_weak(before, part.offset)) {
    }
  });
  if (first_bad == UINT64_MAX) return {};
  return bad("a value that is -128, NaN, infinite or a negative scale, in the " +
             std::to_string(kScanAtOnce) + " bytes from byte " + std::to_string(first_bad) + " on");
}

}  // namespace assay::compute::generate
