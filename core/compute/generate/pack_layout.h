// The pack: a model as one file, the same bytes on every machine and from every checkpoint of the
// same values. This header is its format. Pure; any thread.
//
//   offset  bytes
//   0       16     "assay/int8-pack\n"
//   16      4      version, 1
//   20      4      number of sections, N
//   24      8      bytes of the pack
//   32      16 N   offset and size of each section
//   …              the sections, each at the next multiple of 64; zeros between; none at the end
//
// Integers are u32 and u64, little-endian, and so are f32 and f64. The sections in their order,
// with (out, in) row-major, are
//
//   config          JSON, below
//   tokenizer       tokenizer.json, as it came
//   rope            f64 (head_size / 2): scaled_rope_frequencies() of model_config.h
//   embedding       matrix (vocabulary, hidden)
//   of each layer:  attention norm f32 (hidden); matrices q, k, v, o; mlp norm f32 (hidden);
//                   matrices gate, up, down
//   final norm      f32 (hidden)
//   head            matrix (vocabulary, hidden), or three empty sections when tied
//
// and a matrix is three sections: s8 (out, in), f32 scales (out), f32 bias (out) or empty. Rows are
// quantised by rx1::quantize_rows() from the checkpoint's values as f32. So all offsets and sizes
// follow from the config and the sizes of the first two sections, and others are refused.
//
// config is one JSON object, without spaces, of exactly these members in this order: integers
// vocabulary, hidden, layers, heads, kv_heads, head_size, intermediate, context; norm_epsilon_bits
// (of the f32); booleans tied, qkv_bias, output_bias, mlp_bias; stop_tokens (a list, ascending);
// begin_token (an integer or null).
//
// A pack is cut into chunks of 1 MiB, the last one shorter. The model's identity is the RFC 6962
// root over the SHA-256 digests of the chunks as leaf data (manifest.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/compute/generate/model_config.h"

namespace assay::compute::generate {

inline constexpr std::string_view kPackMagic = "assay/int8-pack\n";
inline constexpr std::uint32_t kPackVersion = 1;
inline constexpr std::size_t kPackAlignment = 64;
inline constexpr std::size_t kPackConfigBytesMax = 4096;

struct Section {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool operator==(const Section&) const = default;
};

struct MatrixSections {
  Section q, scale, bias;
};

struct LayerSections {
  Section attention_norm;
  MatrixSections q, k, v, o;
  Section mlp_norm;
  MatrixSections gate, up, down;
};

struct PackLayout {
  Section config, tokenizer, rope;
  MatrixSections embedding;
  std::vector<LayerSections> layers;
  Section final_norm;
  MatrixSections head;
  std::uint64_t bytes = 0;  // of the pack

  std::vector<Section> sections() const;  // in their order
};

// A config that passes check_model_config() (a check of the caller): no size overflows.
PackLayout lay_out_pack(const PackConfig& config, std::uint64_t config_bytes,
                        std::uint64_t tokenizer_bytes);
// The bytes before the first section, less the zeros.
Bytes pack_header(const PackLayout& layout);
// The same size from the number of layers alone, with those zeros.
std::uint64_t pack_header_bytes(std::uint32_t layers);

std::string write_pack_config(const PackConfig& config);
//   malformed    not exactly what write_pack_config() writes for a config within the limits
Result<PackConfig> parse_pack_config(std::string_view text);

// What it takes to run a model on so many tokens, apart from what depends on how it is run.
struct ModelMemory {
  std::uint64_t weight_bytes = 0;  // the pack without its tokenizer
  std::uint64_t cache_bytes = 0;   // keys s16, values s8, a scale of each per head and token
};
ModelMemory model_memory(const PackConfig& config, std::uint64_t tokens);
// Whether that fits, before anything is allocated.
//   malformed    it does not: says all the numbers
Status check_memory(const ModelMemory& needed, std::uint64_t bytes_max);

}  // namespace assay::compute::generate
