#include "api/cli/preview.h"

#include <filesystem>

#include <CLI/CLI.hpp>

#include "api/cli/job_commands.h"
#include "core/base/file.h"
#include "core/base/mapped_file.h"
#include "core/wire/text.h"

namespace assay::cli {
namespace {

using compute::generate::Pack;
using compute::generate::Tokenizer;
using wire::Json;

constexpr std::int64_t kAskEveryMs = 250;
constexpr std::uint32_t kTextsMax = 4096;

// Of a Hugging Face folder, tokenizer.json is all that is needed.
Result<Tokenizer> read_tokenizer(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    const Result<Bytes> file =
        read_file(path + "/tokenizer.json", compute::generate::kTokenizerBytesMax);
    if (!file.ok()) return file.error();
    return Tokenizer::parse(as_text(file.value()));
  }
  Result<MappedFile> file = MappedFile::open(path);
  if (!file.ok()) return file.error();
  const compute::Engine engine(compute::best_cpu_level(), 1);
  const Result<Pack> pack = Pack::from_file(engine, std::move(file).value());
  if (!pack.ok()) return pack.error();
  return pack.value().tokenizer();
}

struct WatchOptions {
  std::string id;
  std::string model;
  std::uint32_t texts = 1;
};

WatcherOutput output_to(Console& console) {
  return {[&console](const std::string& piece) { console.stream(piece); },
          [&console](const std::string& line) { console.say(line); }};
}

bool is_running(const std::string& status) {
  return status == "open" || status == "accepted";
}

Result<Json> watch_until_over(Session& session, api::Client& client, const std::string& id,
                              Watcher& watcher) {
  while (true) {
    Result<Json> job = client.job(id);
    if (!job.ok()) return job;
    const std::string status = text_of(job.value(), "status");
    if (!is_running(status)) return job;
    session.console.progress("job " + id.substr(0, 8) + ": " + status);
    watcher.look(client);
    if (session.stopped()) {
      return fail(Code::interrupted, "stopped watching; the job goes on: assay job watch " + id);
    }
    system_clock().sleep(kAskEveryMs);
  }
}

// What is shown is read as tokens: of any other job it would be its states, number by number.
Status check_is_text(api::Client& client, const std::string& id) {
  const Result<Json> job = client.job(id);
  if (!job.ok()) return job.error();
  const std::string job_class = text_of(job.value(), "class");  // "cpu/gemm@1"
  const std::string workload = job_class.substr(job_class.find('/') + 1);
  if (workload.empty() || workload.starts_with("generate@")) return {};
  return fail(Code::usage, "job " + id + " is " + wire::people_text(workload, 64) +
                               ": only texts (generate) can be watched; its result: assay job "
                               "result " +
                               id);
}

int job_watch(Session& session, const WatchOptions& options) {
  Console& console = session.console;
  const Result<Digest> id = Digest::parse_hex(options.id);
  if (!id.ok()) {
    return console.error(fail(Code::malformed, "'" + options.id +
                                                   "' is not a job: they are 64 lower-case hex " +
                                                   "digits, as assay job submit prints them"));
  }
  std::optional<Tokenizer> tokenizer;
  if (!options.model.empty()) {
    Result<Tokenizer> read = read_tokenizer(options.model);
    if (!read.ok()) return console.error(read.error().in("--model"));
    tokenizer = std::move(read).value();
  }
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  if (Status text = check_is_text(*client.value(), options.id); !text.ok()) {
    return console.error(text.error());
  }
  Watcher watcher(output_to(console), options.id, PreviewText(std::move(tokenizer), options.texts));
  const Result<Json> job = watch_until_over(session, *client.value(), options.id, watcher);
  if (!job.ok()) return console.error(job.error());
  const Status verdict = job_verdict(job.value());
  if (verdict.ok()) watcher.finish(*client.value());
  console.result(job.value(), job_table(job.value()));
  return verdict.ok() ? 0 : console.error(verdict.error());
}

}  // namespace

std::optional<Watcher> watcher_of(Console& console, const MadeOrder& made, const std::string& job) {
  if (made.model == nullptr || made.program->plan().shape != compute::Shape::appended) {
    return std::nullopt;
  }
  Result<Tokenizer> tokenizer = made.model->pack->tokenizer();
  if (!tokenizer.ok()) return std::nullopt;
  const compute::TensorShape shape = made.program->unit_shape(1);
  const auto texts = static_cast<std::uint32_t>(shape.dims[0]);
  return Watcher(output_to(console), job, PreviewText(std::move(tokenizer).value(), texts),
                 shape.bytes());
}

void add_watch(CLI::App& job, Chosen& chosen) {
  CLI::App* command = add_command(
      job, chosen, "watch", "Shows a job's texts while they are made; nobody has checked them yet",
      "assay job watch ID --model ./model");
  const auto options = add_run(*command, chosen, job_watch);
  command->add_option("id", options->id, "The job")->required();
  command->add_option("--model", options->model,
                      "The job's model, a Hugging Face folder or a pack, to spell its tokens "
                      "(default: their numbers)");
  command->add_option("--texts", options->texts, "How many prompts the job has (default: 1)")
      ->check(CLI::Range(1U, kTextsMax));
}

}  // namespace assay::cli
