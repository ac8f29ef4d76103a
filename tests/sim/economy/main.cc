// assay-sim: does honesty pay? An economy of providers, renters and cheats under a virtual clock.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <CLI/CLI.hpp>

#include "core/base/file.h"
#include "core/base/time.h"
#include "tests/sim/economy/plots.h"
#include "tests/sim/economy/report.h"

namespace {

using namespace assay;

struct Arguments {
  sim::Options options;
  std::string ledger = "fast";
  std::string control;
  std::string plots;
  std::string format = "table";
  std::uint64_t audits = 0;
  bool json = false;
  bool quiet = false;
  bool version = false;
};

std::string footer() {
  std::string text = "Controls (what is changed; the row that then fails):\n";
  for (const sim::Control& it : sim::controls()) {
    text += "  " + std::string(it.name) +
            std::string(20 - std::min<std::size_t>(it.name.size(), 19), ' ') +
            std::string(it.what) + "; " + std::string(it.row) + "\n";
  }
  text += "\nKinds of providers (--only):\n";
  for (const sim::Kind& it : sim::kinds()) {
    text += "  " + std::string(it.name) + std::string(22 - it.name.size(), ' ') +
            std::string(it.what) + "\n";
  }
  return text +
         "\nA row's `caught after` and `bound` are in cheated jobs; `a cheat` is what one of them "
         "is\n"
         "expected to bring over doing it honestly, by the probabilities in force, `with rent` "
         "less\n"
         "what the tier is worth where it is lost; `profit` is what really came in, and `honest` "
         "what\n"
         "an honest provider of the same age earned. A row that is not shown did not happen in a "
         "run "
         "so short or so small.\n"
         "\nExamples:\n"
         "  assay-sim\n"
         "  assay-sim --providers 500 --seed 7 --plots /tmp/plots\n"
         "  assay-sim --ledger both --sign --providers 60 --days 10\n"
         "  assay-sim --control no-slash\n"
         "  assay-sim --audits 10000000\n"
         "  assay-sim --days 200 -o json\n"
         "\nExit codes: 0 every row holds, 1 internal, 2 usage, 14 a row does not hold.";
}

void describe(CLI::App& app, Arguments& it) {
  sim::Options& options = it.options;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  app.name("assay-sim");
  app.add_option("--seed", options.seed, "Seed of everything random (default: 1)");
  app.add_option("--providers", options.providers, "How many (default: 5000)")
      ->check(CLI::Range(12, 1'000'000));
  app.add_option("--days", options.days, "For how long (default: 30)")->check(CLI::Range(1, 3650));
  app.add_option("--only", options.only,
                 "Kinds of providers beside honest ones (default: all); repeatable");
  app.add_option("--ledger", it.ledger,
                 "Who keeps the scores: `fast`, the policy's functions alone; `real`, statements\n"
                 "through the ledger's rules; `both`, which must agree to the byte")
      ->check(CLI::IsMember({"fast", "real", "both"}));
  app.add_flag("--sign", options.sign, "With a ledger: sign every statement");
  app.add_option("--store", options.store,
                 "With a ledger: an empty folder for it, on LMDB (default: in memory)");
  std::vector<std::string> names;
  for (const sim::Control& control : sim::controls()) names.emplace_back(control.name);
  app.add_option("--control", it.control, "Change one rule and show the attack that it stops")
      ->check(CLI::IsMember(names));
  app.add_option("--audits", it.audits,
                 "Instead: so many honest audits while everything of ours goes wrong")
      ->check(CLI::PositiveNumber);
  app.add_option("--plots", it.plots, "A folder for plots (SVG) of trust against time");
  app.add_option("--threads", options.threads, "Markets at a time (default: all processors)")
      ->check(CLI::Range(1, 256));
  app.add_option("-o,--output", it.format, "Format of the result: table or json")
      ->check(CLI::IsMember({"table", "json"}));
  app.add_flag("--json", it.json, "The same as -o json");
  app.add_flag("-q,--quiet", it.quiet, "No progress");
  app.add_flag("--version", it.version, "Prints the version");
  app.footer(footer());
}

int report_error(const Error& error) {
  std::fprintf(stderr, "error (%s): %s\n", code_title(error.code), error.what.c_str());
  return static_cast<int>(error.code);
}

// A promise of the policy that is not kept.
int report_broken(const char* what) {
  std::fprintf(stderr, "error: %s\n", what);
  return static_cast<int>(Code::mismatch);
}

int run_audits(const Arguments& it) {
  const SteadyMillis began = system_clock().steady_now();
  const sim::AuditsResult result = sim::run_audits({.audits = it.audits,
                                                    .seed = it.options.seed,
                                                    .threads = it.options.threads,
                                                    .confirms = it.options.rules.confirms,
                                                    .say = it.options.say});
  const std::int64_t ms = system_clock().steady_now() - began;
  const bool exact = sim::is_exact(result);
  if (it.json) {
    wire::Json json = sim::to_json(result, ms);
    json.set("holds", exact);
    std::printf("%s\n", json.dump().c_str());
  } else {
    std::printf("%s", sim::audits_text(result, ms).c_str());
  }
  if (exact) return 0;
  return report_broken(
      "an honest provider was slashed, or a voided verdict has left a trace in a score");
}

Status write_plots(const std::string& folder, const sim::Simulation& simulation) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  for (const sim::Plot& plot : sim::plots_of(simulation)) {
    const Status written =
        write_file_durably(folder + "/" + plot.name + ".svg", as_bytes(plot.svg));
    if (!written.ok()) return written;
  }
  return {};
}

int run(Arguments& it) {
  it.json = it.json || it.format == "json";
  sim::Options& options = it.options;
  options.keeping = it.ledger == "fast"   ? sim::Keeping::fast
                    : it.ledger == "real" ? sim::Keeping::ledger
                                          : sim::Keeping::both;
  options.rules = sim::assay_rules();
  options.say = [quiet = it.quiet](const std::string& text) {
    if (!quiet) std::fprintf(stderr, "%s\n", text.c_str());
  };
  if (options.keeping == sim::Keeping::fast && (options.sign || !options.store.empty())) {
    return report_error(fail(Code::usage,
                             "--sign and --store are about a ledger: "
                             "say --ledger real, or --ledger both"));
  }
  if (const sim::Control* control = sim::find_control(it.control); control != nullptr) {
    if (options.keeping != sim::Keeping::fast) {
      return report_error(fail(Code::usage,
                               "--control: the ledger's rules cannot be changed; "
                               "leave --ledger out"));
    }
    control->change(options.rules);
    if (options.only.empty()) options.only = sim::kinds_for(*control);
  }
  if (it.audits > 0) return run_audits(it);

  const SteadyMillis began = system_clock().steady_now();
  const Result<sim::Simulation> simulated = sim::simulate(options);
  if (!simulated.ok()) return report_error(simulated.error());
  const sim::Simulation& simulation = simulated.value();
  const std::int64_t ms = system_clock().steady_now() - began;
  std::vector<sim::Row> rows = sim::rows_of(simulation);
  const std::vector<sim::Row> settings = sim::rows_of(
      sim::run_settings(options.rules, options.seed,
                        it.control.empty() ? sim::kSettingOwners : sim::kSettingOwnersOfControls));
  rows.insert(rows.end(), settings.begin(), settings.end());
  if (!it.plots.empty()) {
    if (Status written = write_plots(it.plots, simulation); !written.ok()) {
      return report_error(written.error().in("--plots"));
    }
  }
  if (it.json) {
    wire::Json json = sim::to_json(simulation, ms);
    json.set("seed", options.seed).set("rows", sim::to_json(rows));
    std::printf("%s\n", json.dump().c_str());
  } else {
    std::printf("%s\n%s", sim::table(rows).c_str(), sim::totals_text(simulation, ms).c_str());
  }
  if (sim::all_hold(rows)) return 0;
  return report_broken("a row does not hold: see the table");
}

}  // namespace

int main(int argc, char** argv) try {
  Arguments arguments;
  CLI::App app{
      "Plays every strategy of the adversary table against the policy, and what it earns."};
  describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Code::usage);
  }
  if (arguments.version) {
    std::printf("assay-sim " ASSAY_VERSION "\n");
    return 0;
  }
  return run(arguments);
} catch (const std::exception& error) {
  std::fprintf(stderr, "error (internal error): %s\n", error.what());
  return static_cast<int>(assay::Code::internal);
}
