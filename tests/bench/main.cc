// assay-bench: what this machine does, held to a peer. Correctness first, then ratios.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <CLI/CLI.hpp>

#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/base/random.h"
#include "tests/bench/figures.h"
#include "tests/bench/report.h"
#include "verifier/service/market_match.h"

namespace {

using namespace assay;

struct Case {
  const char* name;
  Result<bench::Rows> (*run)(const bench::Options&);
  const char* what;
  bool in_all = true;
  bool of_provider = false;  // in assay-prover's memory
};
constexpr Case kCases[] = {
    {"parity", bench::parity, "every CPU level and 1 to 8 threads give the definition's bits"},
    {"elementary", bench::elementary, "exp, sin, ... of all f32 on every level, by frozen hashes"},
    {"gemm", bench::gemm, "igemm8 on every level, against the scalar definition and libraries"},
    {"generate", bench::generate, "tokens a second, against plain f32; checking against generating",
     true, true},
    {"hash", bench::hash, "the digest of a state, against OpenSSL's SHA-256"},
    {"attest", bench::attest, "a job with its trace, against its bare steps", true, true},
    {"replay", bench::replay, "verifying at standard depth, against running the job"},
    {"dispute", bench::dispute, "judging the dearest operation of the largest jobs, as promised"},
    {"reads", bench::reads, "pages and matches over 100,000 providers, as promised"},
    {"ledger", bench::ledger, "intake, proofs, restart and monitoring of a log (not in all)",
     false},
    {"penalties", bench::penalties,
     "how soon a provider and a subscriber hear of a penalty (not in all)", false},
    {"fold", bench::fold, "every score again, from 10 million events (not in all)", false},
};

constexpr int kReportFilesMax = 1000;
constexpr std::size_t kFileBytesMax = 1 << 20;

struct Settings {
  std::vector<std::string> cases;
  std::string format = "table";
  bool json = false;
  bool quiet = false;
  bool no_color = false;
  bool version = false;
  std::vector<std::string> report;
  bench::Options options;
};

void describe(CLI::App& app, Settings& settings) {
  std::set<std::string> names = {"all", "version"};
  std::string footer = "Cases:\n";
  for (const Case& c : kCases) {
    names.insert(c.name);
    footer += "  " + std::string(c.name) + std::string(11 - std::string(c.name).size(), ' ') +
              c.what + "\n";
  }
  app.name("assay-bench");
  app.add_option("case", settings.cases, "What to measure (default: all)")
      ->check(CLI::IsMember(names));
  app.add_flag("--quick", settings.options.quick, "Small sizes and few rounds: seconds");
  app.add_option("--tiles", settings.options.tiles,
                 "parity: random products on each level (default: 100000; quick: 10000)")
      ->check(CLI::PositiveNumber);
  app.add_option("--jobs", settings.options.jobs,
                 "parity: random jobs of each workload (default: 100; quick: 5)")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", settings.options.seed, "Seed of everything random (default: 1)");
  app.add_option("--model", settings.options.model,
                 "generate, attest, replay: a folder with config.json, tokenizer.json and\n"
                 "model.safetensors (default: vectors/models/stories of the source)");
  app.add_option("--only", settings.options.only,
                 "attest: the rows alone that have this text in their names");
  app.add_option("--seconds", settings.options.seconds,
                 "ledger: how long statements are taken in (default: 120)")
      ->check(CLI::Range(1, 3600));
  app.add_option("--entries", settings.options.entries,
                 "ledger: of the large log (default: 10000000; quick: 20000)")
      ->check(CLI::Range(1, 1'000'000'000));
  app.add_option("--folder", settings.options.folder,
                 "ledger: where its stores are made and removed (default: a temporary folder)");
  app.add_option("-o,--output", settings.format, "Format of the result: table or json")
      ->check(CLI::IsMember({"table", "json"}));
  app.add_flag("--json", settings.json, "The same as -o json");
  app.add_flag("--no-color", settings.no_color, "Accepted; nothing here is coloured");
  app.add_flag("-q,--quiet", settings.quiet, "No progress");
  app.add_option("--report", settings.report,
                 "README FILE...: measures nothing; writes the README's figures from result files")
      ->expected(2, kReportFilesMax);
  app.add_flag("--version", settings.version, "Prints the version");
  app.footer(
      footer +
      "  all        all of them\n"
      "\n"
      "Times are processor time of one thread, medians of rounds in which both sides run in\n"
      "turn; `ratio` is ours divided by theirs. A wrong result has no time.\n"
      "\n"
      "Examples:\n"
      "  assay-bench\n"
      "  assay-bench gemm hash\n"
      "  assay-bench generate --model ~/models/Qwen2.5-0.5B-Instruct\n"
      "  assay-bench parity --tiles 1000000 --jobs 10000\n"
      "  assay-bench all --quick -o json\n"
      "  assay-bench all -o json > tests/bench/results/MACHINE-$(date +%F).json\n"
      "  assay-bench --report README.md tests/bench/results/*.json\n"
      "\n"
      "Exit codes: 0 all correct, 1 internal, 2 usage, 14 a result is wrong.");
}

int report_error(const Error& error, bool json) {
  if (json) {
    Bytes id(8);
    system_random().fill(id);
    const wire::Json problem = wire::Json::object({{"code", code_name(error.code)},
                                                   {"title", code_title(error.code)},
                                                   {"detail", error.what},
                                                   {"retryable", false},
                                                   {"trace_id", to_hex(id)}});
    std::fprintf(stderr, "%s\n", problem.dump().c_str());
  } else {
    std::fprintf(stderr, "error (%s): %s\n", code_title(error.code), error.what.c_str());
  }
  return static_cast<int>(error.code);
}

// Writes the README anew, from the files after it.
Status write_report(const std::vector<std::string>& paths) {
  std::vector<std::string> texts;
  for (const std::string& path : paths) {
    const Result<Bytes> bytes = read_file(path, kFileBytesMax);
    if (!bytes.ok()) return bytes.error();
    texts.emplace_back(bytes.value().begin(), bytes.value().end());
  }
  std::vector<bench::ResultFile> files;
  for (std::size_t i = 1; i < paths.size(); ++i) {
    files.push_back({std::filesystem::path(paths[i]).stem().string(), std::move(texts[i])});
  }
  const Result<std::string> readme = bench::with_figures(texts[0], std::move(files));
  if (!readme.ok()) return readme.error();
  return write_file_durably(paths[0], as_bytes(readme.value()));
}

int run(Settings& settings) {
  const bool json = settings.json || settings.format == "json";
  if (!settings.report.empty()) {
    const Status written = write_report(settings.report);
    return written.ok() ? 0 : report_error(written.error().in("report"), json);
  }
  bench::Options& options = settings.options;
  if (options.tiles == 0) options.tiles = options.quick ? 10'000 : 100'000;
  if (options.entries == 0) options.entries = options.quick ? 20'000 : 10'000'000;
  if (options.jobs == 0) options.jobs = options.quick ? 5 : 100;
  options.say = [&](const std::string& text) {
    if (!settings.quiet) std::fprintf(stderr, "%s\n", text.c_str());
  };
  const auto asked = [&](const Case& c) {
    const auto& cases = settings.cases;
    const bool all = cases.empty() || std::find(cases.begin(), cases.end(), "all") != cases.end();
    return (all && c.in_all) || std::find(cases.begin(), cases.end(), c.name) != cases.end();
  };
  if (std::ranges::any_of(kCases, [&](const Case& c) { return c.of_provider && asked(c); })) {
    keep_freed_memory();
  } else {
    keep_freed_memory_up_to(verifier::kMatchMemoryBytes);
  }
  bench::Rows rows;
  for (const Case& c : kCases) {
    if (!asked(c)) continue;
    const Result<bench::Rows> measured = c.run(options);
    if (!measured.ok()) return report_error(measured.error().in(c.name), json);
    rows.insert(rows.end(), measured.value().begin(), measured.value().end());
  }
  std::printf("%s\n", json ? bench::to_json(rows).dump().c_str() : bench::table(rows).c_str());
  if (bench::all_correct(rows)) return 0;
  return report_error(fail(Code::mismatch, "a result is wrong: see the rows that are not correct"),
                      json);
}

}  // namespace

int main(int argc, char** argv) try {
  Settings settings;
  CLI::App app{"Holds this machine's results to the definition, then times them against a peer."};
  describe(app, settings);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Code::usage);
  }
  const auto& cases = settings.cases;
  if (settings.version || std::find(cases.begin(), cases.end(), "version") != cases.end()) {
    std::printf("%s\n", settings.json || settings.format == "json" ? "{\"version\":\"" ASSAY_VERSION
                                                                     "\"}"
                                                                   : "assay-bench " ASSAY_VERSION);
    return 0;
  }
  return run(settings);
} catch (const std::exception& error) {
  std::fprintf(stderr, "error (internal error): %s\n", error.what());
  return static_cast<int>(assay::Code::internal);
}
