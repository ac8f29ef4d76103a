#include "tests/fuzz/bundle.h"

#include <algorithm>

namespace assay::fuzz {
namespace {

constexpr std::string_view kMark = "=== ";

}  // namespace

std::vector<BundledFile> split_bundle(ByteView input) {
  std::vector<BundledFile> files;
  std::string_view rest = as_text(input);
  while (rest.starts_with(kMark)) {
    rest.remove_prefix(kMark.size());
    const std::size_t line = std::min(rest.find('\n'), rest.size());
    std::string name(rest.substr(0, line));
    rest.remove_prefix(line);  // the newline stays: the next mark may follow at once
    const std::size_t end = std::min(rest.find("\n" + std::string(kMark)), rest.size());
    const std::string_view body =
        rest.substr(std::min<std::size_t>(1, end), end - std::min<std::size_t>(1, end));
    files.push_back({std::move(name), to_bytes(as_bytes(body))});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return files;
}

compute::InputSource BundledJob::source() const {
  return [this](const wire::Input& input) -> Result<Bytes> {
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (spec.inputs[i].name == input.name) return files[i].bytes;
    }
    return fail(Code::no_evidence, "not at hand");
  };
}

std::size_t BundledJob::bytes() const {
  std::size_t total = 0;
  for (const BundledFile& file : files) total += file.bytes.size();
  return total;
}

std::optional<BundledJob> bundled_job(const std::string& workload, std::vector<BundledFile> files) {
  BundledJob job;
  job.spec.workload = workload;
  bool parameters = false;
  for (BundledFile& file : files) {
    if (file.name == "parameters") {
      Result<wire::Json> json = wire::parse_json(as_text(file.bytes));
      if (!json.ok()) return std::nullopt;
      job.spec.parameters = std::move(json).value();
      parameters = true;
    } else {
      job.spec.inputs.push_back({file.name, sha256(file.bytes), file.bytes.size()});
      job.files.push_back(std::move(file));
    }
  }
  wire::Order order;  // as it would come: what no order may hold is not tried
  order.spec = job.spec;
  order.device_class = "cpu";
  order.deadline_ms = 1;
  if (!parameters || !wire::order_from_json(wire::order_to_json(order)).ok()) return std::nullopt;
  return job;
}

}  // namespace assay::fuzz
