#include "core/compute/train/model_file.h"

#include "core/wire/json.h"

namespace assay::compute::train {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kLossesMax = 32768;  // of at most 13 bytes: half of a header's 1 MiB

// Losses are finite and not negative; what is beyond a million is shown as that.
std::string loss_text(float loss) {
  const double shown = loss < 1e6F ? static_cast<double>(loss) : 1e6;
  const std::uint64_t scaled = static_cast<std::uint64_t>(shown * 10000);
  const std::string decimals = std::to_string(scaled % 10000);
  return std::to_string(scaled / 10000) + "." + std::string(4 - decimals.size(), '0') + decimals;
}

}  // namespace

Bytes write_model(const std::vector<ParameterTensor>& layout, ByteView parameters,
                  std::span<const float> losses) {
  const std::size_t every = (losses.size() + kLossesMax - 1) / kLossesMax;
  std::string loss;
  for (std::size_t step = every; step <= losses.size() && every > 0; step += every) {
    loss += (loss.empty() ? "" : " ") + loss_text(losses[step - 1]);
  }
  wire::Json metadata = wire::Json::object({{"format", "pt"}, {"loss", loss}});
  if (every > 1) metadata.set("loss_every", std::to_string(every));
  wire::Json header = wire::Json::object();
  header.set("__metadata__", metadata);
  for (const ParameterTensor& tensor : layout) {
    wire::Json shape = wire::Json::array();
    for (const std::uint64_t dim : tensor.dims) shape.push(dim);
    const std::uint64_t begin = tensor.offset * sizeof(float);
    const std::uint64_t end = begin + tensor.size() * sizeof(float);
    header.set(tensor.name,
               wire::Json::object({{"dtype", "F32"},
                                   {"shape", shape},
                                   {"data_offsets", wire::Json::array({begin, end})}}));
  }
  std::string text = header.dump();
  text.append(kAlignment - 1 - (sizeof(std::uint64_t) + text.size() + kAlignment - 1) % kAlignment,
              ' ');
  Bytes out;
  out.reserve(sizeof(std::uint64_t) + text.size() + parameters.size());
  put_u64_le(out, text.size());
  append(out, as_bytes(text));
  append(out, parameters);
  return out;
}

}  // namespace assay::compute::train
