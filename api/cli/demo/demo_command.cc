#include "api/cli/demo/demo_command.h"

#include "api/cli/demo/finale.h"
#include "core/base/file.h"

namespace assay::cli {
namespace {

int finish_demo(Session& session, const std::vector<Actor>& cast, const std::string& folder,
                SteadyMillis began) {
  Console& console = session.console;
  std::string checks;
  const Status audited = audit_files(console, folder, checks);
  const wire::Json summary = summary_json(cast, system_clock().steady_now() - began);
  const Status written =
      write_file_durably(folder + "/summary.json", as_bytes(summary.pretty() + "\n"));
  if (!written.ok()) return console.error(written.error());
  console.result(summary, summary.find("providers")->items(), outcome_table(cast));
  if (console.format() == Format::table) {
    console.out("\n" + outcome_text(cast) + "\n" + checks);
  }
  if (!audited.ok()) return console.error(audited.error().in("audit"));
  if (console.format() == Format::table) console.out("\n" + next_steps(folder));
  return 0;
}

int demo(Session& session, const std::string& folder) {
  Console& console = session.console;
  const SteadyMillis began = system_clock().steady_now();
  if (Status ready = prepare_folder(folder); !ready.ok()) return console.error(ready.error());
  console.say("starting a verifier and seven providers; three of them are honest");
  std::vector<Actor> cast = demo_cast();
  Result<Stage> stage = Stage::set(folder, cast, session.stop());
  if (!stage.ok()) return console.error(stage.error());
  api::Client& port = stage.value().port();
  Result<DemoOrders> orders = DemoOrders::prepare(port, folder + "/renter.key", folder + "/scene");
  if (!orders.ok()) return console.error(orders.error());
  Watch watch(session, stage.value(), orders.value(), cast, began);
  if (Status ran = watch.run(); !ran.ok()) {
    console.keep_drawing();
    return console.error(ran.error());
  }
  const Status collected = collect_files(port, cast, watch.picture(), folder);
  if (!collected.ok()) return console.error(collected.error());
  stage.value().stop();
  console.say("the verifier is stopped; what follows is checked from files alone");
  return finish_demo(session, cast, folder, began);
}

}  // namespace

void add_demo_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = add_command(
      app, chosen, "demo", "Runs the whole of it on this machine, cheats among the providers",
      "assay demo --out demo", Asks::nobody);
  const auto folder = std::make_shared<std::string>("assay-demo");
  command->add_option("--out", *folder,
                      "Folder for what it makes; an earlier demo's is replaced (default: "
                      "assay-demo)");
  command->callback([&chosen, folder] {
    chosen.run = [folder](Session& session) {
      std::string path = *folder;
      while (path.size() > 1 && path.ends_with('/')) path.pop_back();
      return demo(session, path);
    };
  });
}

}  // namespace assay::cli
