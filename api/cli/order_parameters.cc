// Orders whose parameters are a file of their own: train and simulate.
#include "api/cli/commits.h"
#include "api/cli/order_parts.h"
#include "core/base/file.h"
#include "core/wire/text.h"

namespace assay::cli {
namespace {

constexpr std::size_t kParametersBytesMax = 65'536;

}  // namespace

Status set_from_parameters(const OrderOptions& options, MadeOrder& made) {
  if (options.parameters.empty()) {
    return fail(Code::usage, "--workload " + options.workload +
                                 " needs --parameters FILE.json; `assay job example " +
                                 (options.workload == "train" ? "stories" : "wake") +
                                 "` prints one to begin with");
  }
  const Result<Bytes> file = read_file(options.parameters, kParametersBytesMax);
  if (!file.ok()) return file.error().in("--parameters");
  Result<wire::Json> parameters = wire::parse_json(as_text(file.value()));
  if (!parameters.ok()) return parameters.error().in(options.parameters);
  made.order.spec.parameters = std::move(parameters).value();
  if (options.workload == "train" &&
      made.order.spec.parameters.find("steps_per_commit") == nullptr) {
    made.steps_per_commit = choose_steps_per_commit(made.order.spec.parameters);
    if (made.steps_per_commit) {
      made.order.spec.parameters.set("steps_per_commit", *made.steps_per_commit);
    }
  }
  for (const std::string& input : options.named_inputs) {
    const std::size_t equals = input.find('=');
    if (equals == std::string::npos || !wire::is_file_word(input.substr(0, equals))) {
      return fail(Code::usage, "--input " + wire::quoted(input) +
                                   ": NAME=FILE is needed, the name of 1 to 64 of A-Z a-z 0-9 . _ "
                                   "-");
    }
    const Result<wire::Input> added =
        add_file(input.substr(0, equals), input.substr(equals + 1), made.inputs);
    if (!added.ok()) return added.error();
    made.order.spec.inputs.push_back(added.value());
  }
  return {};
}

}  // namespace assay::cli
