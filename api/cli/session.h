// What every command works with: the options all of them share, the console, the connection.
// One thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/cli/call_report.h"
#include "api/cli/console.h"
#include "api/client/client.h"
#include "core/wire/trust.h"

namespace CLI {
class App;  // CLI11, which takes longer to read than all else: by those who add options only
}

namespace assay::cli {

struct Shared {
  std::string format = "table";
  bool json = false;
  bool no_color = false;
  bool quiet = false;
  bool verbose = false;
  std::string verifier;         // of commands that ask one
  std::string timeout = "30s";  // of one answer
  bool explain = false;         // each HTTP call on stderr
  bool curl = false;            // the same as commands of curl
  bool dry_run = false;         // sends nothing that changes anything
};

class Session {
 public:
  Session(Console& to, Shared options, const std::atomic<bool>& stop)
      : console(to), shared(std::move(options)), stop_(stop) {}

  Console& console;
  const Shared shared;

  bool stopped() const { return stop_; }
  const std::atomic<bool>& stop() const { return stop_; }

  //   usage        no --verifier, or not an address
  Result<std::unique_ptr<api::Client>> connect();
  Result<std::unique_ptr<api::Client>> connect_to(const std::string& verifier);

  // With --dry-run: the call that was not made because it changes something. It ends the command.
  const std::optional<HeldCall>& held() const { return held_; }

 private:
  const std::atomic<bool>& stop_;
  std::optional<HeldCall> held_;
};

// What was asked for on the command line: filled while it is parsed, run afterwards.
struct Chosen {
  Shared shared;
  std::function<int(Session&)> run;  // returns the exit code
  bool needs_settings = true;        // else the command runs though a file of them is wrong
};

// `named`: only whom the command's own options name.
enum class Asks { nobody, named, verifier };

// A command with the shared options and an example at the end of its help. The caller adds the
// options of its own, and the callback that sets chosen.run.
CLI::App* add_command(CLI::App& parent, Chosen& chosen, const std::string& name,
                      const std::string& description, const std::string& example,
                      Asks asks = Asks::verifier);

void set_run(CLI::App& command, Chosen& chosen, std::function<int(Session&)> run);

// Lets the command run `run` with the options it reads. The caller adds the options to what comes
// back, which lives as long as the command.
template <class Options>
std::shared_ptr<Options> add_run(CLI::App& command, Chosen& chosen,
                                 int (*run)(Session&, const Options&)) {
  const auto options = std::make_shared<Options>();
  set_run(command, chosen, [options, run](Session& session) { return run(session, *options); });
  return options;
}

// The exit code of a command that can only succeed or fail.
int finish(Session& session, const Status& status);

// A provider by its id, by the beginning of its id (four digits or more) or by its name.
//   not_found    none; the message says how to list them
//   usage        several: names them
Result<wire::Json> find_provider(api::Port& port, const std::string& text);

// Reads a policy.txt.
//   not_found    with what to do about it
Result<wire::Trust> read_trust(const std::string& path);

// The policy file given, or, where none is, what the verifier says of itself: which is said.
Result<wire::Trust> whom_to_trust(Session& session, api::Client& client, const std::string& policy);

// A member of a document that a verifier sent, or what is empty when it lacks it.
std::string text_of(const wire::Json& document, std::string_view key);
std::int64_t number_of(const wire::Json& document, std::string_view key);
const wire::Json& member_of(const wire::Json& document, std::string_view key);  // null: none
const wire::Json::Array& items_of(const wire::Json& document, std::string_view key);

// All pages of a list: `page` gets one, `key` names its items.
Result<wire::Json::Array> all_pages(const std::function<Result<wire::Json>(const api::Page&)>& page,
                                    const std::string& key);

}  // namespace assay::cli
