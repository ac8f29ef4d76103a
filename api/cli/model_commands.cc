#include "api/cli/model_commands.h"

#include <CLI/CLI.hpp>

#include "api/cli/model_file.h"
#include "api/cli/units.h"
#include "core/base/file.h"

namespace assay::cli {
namespace {

using compute::generate::ModelConfig;
using wire::Json;

struct ModelOptions {
  std::string path;
  std::string out;
};

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string shape_text(const ModelConfig& config) {
  return number(config.layers) + " layers of " + number(config.hidden) + ", " +
         number(config.heads) + " heads (" + number(config.kv_heads) + " of keys) of " +
         number(config.head_size) + ", " + number(config.intermediate) + " between; vocabulary " +
         number(config.vocabulary) + ", context " + number(config.context);
}

void show(Session& session, const ModelFile& model, const std::string& file) {
  const ModelConfig& config = model.pack->model().config;
  Json document = Json::object({{"root", model.root.hex()},
                                {"bytes", model.manifest.size},
                                {"chunks", std::uint64_t{model.manifest.chunks.size()}},
                                {"vocabulary", config.vocabulary},
                                {"hidden", config.hidden},
                                {"layers", config.layers},
                                {"heads", config.heads},
                                {"kv_heads", config.kv_heads},
                                {"head_size", config.head_size},
                                {"intermediate", config.intermediate},
                                {"context", config.context}});
  if (!file.empty()) document.set("file", file);
  Table table{{},
              {{"root", model.root.hex()},
               {"shape", shape_text(config)},
               {"size", bytes_text(model.manifest.size) + " in " +
                            number(model.manifest.chunks.size()) + " chunks"}}};
  if (!file.empty()) table.rows.push_back({"file", file});
  session.console.result(document, table);
}

int model_show(Session& session, const ModelOptions& options) {
  const Result<ModelFile> model = open_model(options.path);
  if (!model.ok()) return session.console.error(model.error());
  show(session, model.value(), "");
  return 0;
}

int model_pack(Session& session, const ModelOptions& options) {
  session.console.progress("converting " + options.path);
  const Result<ModelFile> model = open_model(options.path);
  if (!model.ok()) return session.console.error(model.error());
  const std::string out =
      options.out.empty() ? model.value().root.hex().substr(0, 16) + ".pack" : options.out;
  const Status written = write_file_durably(out, model.value().pack->bytes());
  if (!written.ok()) return session.console.error(written.error());
  show(session, model.value(), out);
  return 0;
}

}  // namespace

void add_model_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* model = app.add_subcommand("model", "Language models: what orders of texts name");
  model->require_subcommand(1);
  const std::string help = "A Hugging Face folder, or a pack";
  CLI::App* pack = add_command(*model, chosen, "pack",
                               "Converts a model to 8 bits, and says the root that orders name",
                               "assay model pack Qwen2.5-0.5B --out qwen.pack", Asks::nobody);
  const auto pack_options = add_run(*pack, chosen, model_pack);
  pack->add_option("model", pack_options->path, help)->required();
  pack->add_option("--out", pack_options->out, "Write it here (default: <root>.pack)");
  CLI::App* shown = add_command(*model, chosen, "show", "Says what a model is, and its root",
                                "assay model show vectors/models/stories", Asks::nobody);
  const auto show_options = add_run(*shown, chosen, model_show);
  shown->add_option("model", show_options->path, help)->required();
}

}  // namespace assay::cli
