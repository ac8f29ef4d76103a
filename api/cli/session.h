// What every command works with: the options all of them share, the console, the connection.
// One thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

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
  std::string verifier;         // of commands that ask one
  std::string timeout = "30s";  // of one answer
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
  Result<std::unique_ptr<api::Client>> connect() const;

 private:
  const std::atomic<bool>& stop_;
};

// What was asked for on the command line: filled while it is parsed, run afterwards.
struct Chosen {
  Shared shared;
  std::function<int(Session&)> run;  // returns the exit code
};

enum class Asks { nobody, verifier };

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

// A member of a document that a verifier sent, or what is empty when it lacks it.
std::string text_of(const wire::Json& document, std::string_view key);
std::int64_t number_of(const wire::Json& document, std::string_view key);
const wire::Json& member_of(const wire::Json& document, std::string_view key);  // null: none
const wire::Json::Array& items_of(const wire::Json& document, std::string_view key);

// All pages of a list: `page` gets one, `key` names its items.
Result<wire::Json::Array> all_pages(const std::function<Result<wire::Json>(const api::Page&)>& page,
                                    const std::string& key);

}  // namespace assay::cli
