#include "api/cli/demo/stage.h"

#include <filesystem>

#include "core/base/file.h"
#include "core/base/time.h"
#include "core/crypto/key_file.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = ".assay-demo";
constexpr const char* kOwnFiles[] = {
    "receipt.assay",  "picture.png", "picture.raw",      "story.assay",
    "story.txt",      "story.raw",   "simulation.assay", "simulation.png",
    "simulation.raw", "policy.txt",  "evidence.assay",   "summary.json",
    "renter.key",     "verifier",    "providers",        "logs",
    "scene",          "model.pack",  "simulation.json",  kMarker};
constexpr std::int64_t kListenWithinMs = 30'000;
constexpr std::int64_t kLookMs = 20;
constexpr std::int64_t kStopWithinMs = 5'000;
constexpr std::size_t kLogBytesMax = std::size_t{64} << 20;

// The last lines of a process's log, to show why it ended.
std::string tail_of(const std::string& log) {
  const Result<Bytes> bytes = read_file(log, kLogBytesMax);
  if (!bytes.ok()) return "";
  std::string text(as_text(bytes.value()));
  while (text.ends_with('\n')) text.pop_back();
  const std::size_t line = text.rfind('\n');
  return line == std::string::npos ? text : text.substr(line + 1);
}

Error ended(const std::string& name, const std::string& log) {
  return fail(Code::internal, name + " ended too early: \"" + tail_of(log) + "\"; its log: " + log);
}

// Where it listens, as its log says.
Result<std::string> wait_for_address(Child& verifier, const std::atomic<bool>& stop) {
  constexpr std::string_view kSays = "listening on ";
  const SteadyMillis end = system_clock().steady_now() + kListenWithinMs;
  while (system_clock().steady_now() < end) {
    if (stop) return fail(Code::interrupted, "stopped");
    const bool running = verifier.running();
    const Result<Bytes> log = read_file(verifier.log(), kLogBytesMax);
    const std::string text(log.ok() ? as_text(log.value()) : "");
    const std::size_t at = text.find(kSays);
    const std::size_t line_end = at == std::string::npos ? at : text.find('\n', at);
    if (line_end != std::string::npos) {
      const std::size_t from = at + kSays.size();
      return text.substr(from, text.find_first_of(" \n", from) - from);
    }
    if (!running) return ended("the verifier", verifier.log());
    system_clock().sleep(kLookMs);
  }
  return fail(Code::network, "the verifier did not begin to listen; its log: " + verifier.log());
}

// Runs a program to its end.
Status run_once(const std::string& program, const std::vector<std::string>& arguments,
                const std::string& log, const std::string& success_file) {
  Result<Child> child = Child::start(program, arguments, log);
  if (!child.ok()) return child.error();
  const SteadyMillis end = system_clock().steady_now() + kListenWithinMs;
  while (child.value().running()) {
    if (system_clock().steady_now() > end) return ended(program, log);
    system_clock().sleep(kLookMs);
  }
  std::error_code ignored;
  if (!fs::exists(success_file, ignored)) return ended(program, log);
  return {};
}

Status make_key(const std::string& path, Actor& actor) {
  const SigningKey key = SigningKey::generate(system_random());
  if (Status written = write_key_file(path, key, "", system_random()); !written.ok()) {
    return written;
  }
  actor.key = key.public_key();
  actor.id = key_id(actor.key);
  return {};
}

}  // namespace

Status prepare_folder(const std::string& folder) {
  std::error_code error;
  const fs::path path(folder);
  if (fs::exists(path, error)) {
    const bool empty = fs::is_directory(path, error) && fs::is_empty(path, error);
    const bool demos =
        fs::exists(path / kMarker, error) || fs::exists(path / "summary.json", error);
    if (!empty && !demos) {
      return fail(Code::conflict, folder +
                                      " holds something that is not a demo's: give --out "
                                      "another folder, or empty this one");
    }
    for (const char* own : kOwnFiles) {
      fs::remove_all(path / own, error);
      if (error) return fail(Code::storage, folder + "/" + own + " cannot be removed");
    }
  }
  if (Status made = make_folders(folder); !made.ok()) return made;
  for (const char* inner : {"/providers", "/logs"}) {
    if (Status made = make_folders(folder + inner); !made.ok()) return made;
  }
  return write_file_durably(folder + "/" + kMarker,
                            as_bytes("This folder is written and replaced by assay demo.\n"));
}

Result<Stage> Stage::set(const std::string& folder, std::vector<Actor>& cast,
                         const std::atomic<bool>& stop) {
  const Result<std::string> verifier = program_beside("assay-verifier");
  if (!verifier.ok()) return verifier.error();
  const Result<std::string> prover = program_beside("assay-prover");
  if (!prover.ok()) return prover.error();
  Stage stage;
  const std::string data = folder + "/verifier";
  const std::string log = folder + "/logs/verifier.log";
  const Status init =
      run_once(verifier.value(), {"init", "--data", data, "--policy", "demo"}, log, data);
  if (!init.ok()) return init.error();
  Result<Child> serving =
      Child::start(verifier.value(), {"serve", "--data", data, "--listen", "127.0.0.1:0"}, log);
  if (!serving.ok()) return serving.error();
  stage.children_.push_back({"the verifier", std::move(serving).value()});
  const Result<std::string> url = wait_for_address(stage.children_[0].child, stop);
  if (!url.ok()) return url.error();
  Result<std::unique_ptr<api::Client>> client = api::Client::connect(url.value());
  if (!client.ok()) return client.error();
  stage.client_ = std::move(client).value();

  for (Actor& actor : cast) {
    const std::string key = folder + "/providers/" + actor.name + ".key";
    if (Status made = make_key(key, actor); !made.ok()) return made.error();
    std::vector<std::string> words = {
        "run",    "--verifier", url.value(),  "--key",     key,
        "--name", actor.name,   "--no-color", "--threads", actor.work == Work::both ? "2" : "1"};
    if (!actor.honest()) words.insert(words.end(), {"--misbehave", actor.kind});
    Result<Child> child =
        Child::start(prover.value(), words, folder + "/logs/" + actor.name + ".log");
    if (!child.ok()) return child.error();
    stage.children_.push_back({actor.name, std::move(child).value()});
  }
  return stage;
}

Status Stage::check() {
  for (Named& named : children_) {
    if (!named.child.running()) return ended(named.name, named.child.log());
  }
  return {};
}

void Stage::stop() {
  for (std::size_t i = 1; i < children_.size(); ++i) children_[i].child.ask_to_stop();
  for (std::size_t i = children_.size(); i-- > 0;) children_[i].child.stop(kStopWithinMs);
}

}  // namespace assay::cli
