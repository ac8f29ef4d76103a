// Orders of texts: a model, prompts, and how its tokens are chosen.
#include <cmath>

#include "api/cli/order_parts.h"
#include "core/base/file.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::uint64_t kMillion = 1'000'000;

// A share or a temperature as parts in a million.
Result<std::uint64_t> ppm_of(const char* name, double value, double max) {
  if (!(value >= 0 && value <= max)) {
    return fail(Code::usage, std::string(name) + ": a number from 0 to " +
                                 std::to_string(static_cast<int>(max)) + " is needed");
  }
  return static_cast<std::uint64_t>(std::llround(value * static_cast<double>(kMillion)));
}

std::string prompt_name(std::size_t number, std::size_t count) {
  return count == 1 ? "prompt" : "prompt-" + std::to_string(number);
}

Status add_prompts(const OrderOptions& options, MadeOrder& made) {
  const std::size_t count = options.prompts.size() + options.prompt_files.size();
  if (count == 0) {
    return fail(Code::usage, "a text needs a beginning: --prompt FILE or --prompt-text TEXT");
  }
  std::vector<wire::Input>& inputs = made.order.spec.inputs;
  for (const std::string& text : options.prompts) {
    const std::string name = prompt_name(inputs.size() - 1, count);
    inputs.push_back(add_bytes(name, to_bytes(as_bytes(text)), made.inputs));
  }
  for (const std::string& path : options.prompt_files) {
    const Result<wire::Input> input =
        add_file(prompt_name(inputs.size() - 1, count), path, made.inputs);
    if (!input.ok()) return input.error();
    inputs.push_back(input.value());
  }
  return {};
}

}  // namespace

Status set_generate(const OrderOptions& options, MadeOrder& made) {
  if (options.model.empty()) {
    return fail(Code::usage,
                "--workload generate needs --model: a Hugging Face folder, or a pack made by "
                "`assay model pack`");
  }
  const Result<std::uint64_t> temperature = ppm_of("--temperature", options.temperature, 16);
  if (!temperature.ok()) return temperature.error();
  const Result<std::uint64_t> top_p = ppm_of("--top-p", options.top_p, 1);
  if (!top_p.ok()) return top_p.error();
  Result<ModelFile> model = open_model(options.model);
  if (!model.ok()) return model.error();
  made.model = std::make_shared<const ModelFile>(std::move(model).value());
  made.order.spec.inputs.push_back(
      add_bytes("model", compute::generate::write_manifest(made.model->manifest), made.inputs));
  Json parameters = Json::object({{"model", made.model->root.hex()},
                                  {"max_tokens", options.max_tokens},
                                  {"chunk", options.chunk},
                                  {"precision", options.precision},
                                  {"temperature_ppm", temperature.value()}});
  if (options.top_k > 0) parameters.set("top_k", options.top_k);
  if (top_p.value() < kMillion) parameters.set("top_p_ppm", top_p.value());
  if (options.no_stop) parameters.set("stop", false);
  made.order.spec.parameters = std::move(parameters);
  return add_prompts(options, made);
}

}  // namespace assay::cli
