#include "api/cli/demo/demo_command.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "api/cli/demo/finale.h"
#include "api/cli/demo/pieces.h"
#include "core/base/file.h"
#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

struct DemoOptions {
  std::string folder = "assay-demo";
  bool no_story = false;
};

// The model of the texts. Null where there is none: the demo goes on without them.
std::shared_ptr<const ModelFile> stories(Console& console, const DemoOptions& options) {
  if (options.no_story) return nullptr;
  const Result<std::string> path = find_stories();
  Result<ModelFile> model = path.ok() ? open_model(path.value()) : Result<ModelFile>(path.error());
  if (model.ok()) return std::make_shared<const ModelFile>(std::move(model).value());
  console.say("no story today: " + wire::printable(model.error().what));
  return nullptr;
}

int finish_demo(Session& session, const std::vector<Actor>& cast, const Watch& watch,
                const Exhibits& exhibits, const std::string& folder) {
  Console& console = session.console;
  std::string checks;
  Status audited = audit_pieces(console, watch.pieces(), folder, checks);
  if (audited.ok()) audited = check_fraud_proof(console, folder, checks);
  const wire::Json summary = summary_json(cast, watch.elapsed_ms());
  const Status written =
      write_file_durably(folder + "/summary.json", as_bytes(summary.pretty() + "\n"));
  if (!written.ok()) return console.error(written.error());
  const bool for_people = console.format() == Format::table;
  if (for_people) console.out("\n" + exhibits_text(console, exhibits));
  console.result(summary, summary.find("providers")->items(), outcome_table(cast));
  if (for_people) console.out("\n" + outcome_text(cast) + "\n" + checks);
  if (!audited.ok()) return console.error(audited.error().in("audit"));
  if (for_people) console.out("\n" + next_steps(folder, !exhibits.story.empty()));
  return 0;
}

int demo(Session& session, const DemoOptions& options) {
  Console& console = session.console;
  const std::string& folder = options.folder;
  const SteadyMillis began = system_clock().steady_now();
  if (Status ready = prepare_folder(folder); !ready.ok()) return console.error(ready.error());
  const std::shared_ptr<const ModelFile> model = stories(console, options);
  std::vector<Actor> cast = demo_cast(model != nullptr);
  const auto honest =
      std::count_if(cast.begin(), cast.end(), [](const Actor& a) { return a.honest(); });
  console.say("starting a verifier and " + std::to_string(cast.size()) + " providers; " +
              std::to_string(honest) + " of them are honest");
  Result<Stage> stage = Stage::set(folder, cast, session.stop());
  if (!stage.ok()) return console.error(stage.error());
  api::Client& port = stage.value().port();
  Result<DemoOrders> orders = DemoOrders::prepare(port, folder + "/renter.key", folder, model);
  if (!orders.ok()) return console.error(orders.error());
  Watch watch(session, stage.value(), orders.value(), cast, began);
  if (Status ran = watch.run(); !ran.ok()) {
    console.keep_drawing();
    return console.error(ran.error());
  }
  const Result<Exhibits> exhibits = collect_pieces(port, cast, watch.pieces(), folder);
  if (!exhibits.ok()) return console.error(exhibits.error());
  const Status collected = collect_files(port, cast, folder);
  if (!collected.ok()) return console.error(collected.error());
  stage.value().stop();
  console.say("the verifier is stopped; what follows is checked from files alone");
  return finish_demo(session, cast, watch, exhibits.value(), folder);
}

}  // namespace

void add_demo_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = add_command(
      app, chosen, "demo", "Runs the whole of it on this machine, cheats among the providers",
      "assay demo --out demo", Asks::nobody);
  const auto options = std::make_shared<DemoOptions>();
  command->add_option("--out", options->folder,
                      "Folder for what it makes; an earlier demo's is replaced (default: "
                      "assay-demo)");
  command->add_flag("--no-story", options->no_story,
                    "Without texts, as where the model of little stories is not found");
  command->callback([&chosen, options] {
    chosen.run = [options](Session& session) {
      std::string& path = options->folder;
      while (path.size() > 1 && path.ends_with('/')) path.pop_back();
      return demo(session, *options);
    };
  });
}

}  // namespace assay::cli
