#include "core/compute/generate/generate.h"
#include "core/wire/text.h"

namespace assay::compute::generate {

Result<GenerateParameters> parse_generate_parameters(const wire::Json& parameters) {
  wire::Fields in(parameters, "parameters");
  GenerateParameters out;
  out.model = in.fixed<Digest>("model");
  out.max_tokens = in.u32("max_tokens", 1, kMaxTokensMax);
  if (in.has("chunk")) out.chunk = in.u32("chunk", 1, kChunkMax);
  if (in.has("precision")) {
    const std::string name = in.text("precision");
    if (in.ok() && name != "w8a8" && name != "a16w8") {
      in.note("precision", wire::quoted(name) + " is not one of w8a8, a16w8");
    }
    out.precision = name == "a16w8" ? Precision::a16w8 : Precision::w8a8;
  }
  if (in.has("temperature_ppm")) {
    std::uint32_t& ppm = out.sampling.temperature_ppm;
    ppm = in.u32("temperature_ppm", 0, kTemperaturePpmMax);
    if (in.ok() && ppm != 0 && ppm < kTemperaturePpmMin) {
      in.note("temperature_ppm", std::to_string(ppm) + " is neither 0 (greedy) nor at least " +
                                     std::to_string(kTemperaturePpmMin));
    }
  }
  if (in.has("top_k")) out.sampling.top_k = in.u32("top_k", 0, kMillion);
  if (in.has("top_p_ppm")) out.sampling.top_p_ppm = in.u32("top_p_ppm", 1, kMillion);
  if (in.has("stop")) out.stop = in.boolean("stop");
  if (in.ok() && out.sampling.temperature_ppm == 0 &&
      (out.sampling.top_k != 0 || out.sampling.top_p_ppm != kMillion)) {
    in.note("temperature_ppm", "is 0 (greedy), where top_k and top_p_ppm have no meaning");
  }
  const Status status = in.close();
  if (!status.ok()) return status.error();
  return out;
}

}  // namespace assay::compute::generate
