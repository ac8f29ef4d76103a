// Binary files and rows: traces, openings, key files, what the ledger keeps.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/compute/opening_parts.h"
#include "core/crypto/key_file.h"
#include "core/wire/challenge.h"
#include "reputation/ledger/states.h"
#include "reputation/policy/uptime_days.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/jobs.h"

namespace assay::fuzz {
namespace {

using namespace wire;

void read_trace(ByteView input) {
  for (const std::uint32_t steps : {1U, 2U, 4096U}) {
    const Result<Trace> trace = parse_trace_file(input, steps);
    if (!accepted(trace)) continue;
    require(trace.value().size() == steps + 1, "a trace has as many steps as the plan");
    require(std::ranges::equal(trace_file(trace.value()), input), "a trace has one spelling");
  }
}

// A small chain whose rows are 5 values and a scale.
const compute::Program& chain() {
  static const std::unique_ptr<compute::Program> program = [] {
    WorkloadSpec spec;
    spec.workload = "gemm";
    spec.parameters = Json::object({{"rows", 3}, {"cols", 5}, {"steps", 2}, {"weights", "philox"}});
    return std::move(compute::load_program(spec, {}, kSmallCaps)).value();
  }();
  return *program;
}

// The opened leaves as a row of that chain, and the row as one that a prover claims.
void follow_row(const std::vector<OpenedPart>& parts) {
  std::vector<Bytes> leaves;
  for (const OpenedPart& part : parts) leaves.push_back(part.data);
  const Result<Bytes> row = compute::row_from_leaves(chain().plan(), 1, leaves);
  if (!accepted(row)) return;
  for (const std::uint32_t step : {1U, 2U}) (void)accepted(chain().advance_row(step, row.value()));
}

void read_opening(ByteView input) {
  const Result<Opening> opening = parse_opening_file(input, input.size());
  if (!input.empty()) {
    require(!accepted(parse_opening_file(input, input.size() - 1)), "bytes_max is kept");
  }
  if (!accepted(opening)) return;
  for (const OpenedPart& part : opening.value().parts) {
    require(part.path.size() <= kOpenedPathMax && !part.data.empty(), "a part is within limits");
    require(part.whole || part.data.size() <= kOpenedLeafBytesMax, "a leaf is within limits");
  }
  require(std::ranges::equal(opening_file(opening.value()), input), "an opening has one spelling");
  follow_row(opening.value().parts);
}

// A file in memory alone. An encrypted one is read up to its passphrase: deriving a key is work
// that its parameters ask for, within limits of their own.
void read_key_file(ByteView input) {
  static const int file = ::memfd_create("key", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  const bool ready =
      ::fchmod(file, 0600) == 0 && ::ftruncate(file, 0) == 0 &&
      ::pwrite(file, input.data(), input.size(), 0) == static_cast<ssize_t>(input.size());
  require(ready, "the harness can write", path);
  const Result<bool> encrypted = key_file_is_encrypted(path);
  const bool is_key_file = accepted(encrypted);
  const Result<SigningKey> key = load_key_file(path, "");
  if (!accepted(key, {Code::malformed, Code::permission})) {
    const bool asks = key.error().code == Code::permission;
    require(asks == (is_key_file && encrypted.value()),
            "only an encrypted file wants a passphrase");
    return;
  }
  require(std::ranges::equal(key.value().public_key().view(), input.subspan(10, 32)),
          "a key file's keys belong together");
}

template <class Row>
void read_row(ByteView input) {
  const Result<Row> row = reputation::decode<Row>(input);
  if (!accepted(row, {Code::storage})) return;
  require(std::ranges::equal(reputation::encode(row.value()), input), "a row has one spelling");
}

void read_rows(ByteView input) {
  read_row<reputation::Head>(input);
  read_row<reputation::JobState>(input);
  read_row<reputation::AttestationState>(input);
  read_row<reputation::ClassState>(input);
  read_row<reputation::ProviderState>(input);
  read_row<reputation::SlashState>(input);
  read_row<reputation::EventState>(input);
  read_row<reputation::RoundState>(input);
  const Result<reputation::UptimeHistory> uptime = reputation::parse_uptime_bytes(input);
  if (accepted(uptime)) {
    require(std::ranges::equal(reputation::uptime_bytes(uptime.value()), input),
            "an uptime history has one spelling");
  }
  const Result<reputation::UptimeDays> days = reputation::parse_uptime_days_bytes(input);
  if (accepted(days)) {
    require(std::ranges::equal(reputation::uptime_days_bytes(days.value()), input),
            "uptime days have one spelling");
  }
}

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  const assay::ByteView input(data, size);
  (void)chain();
  const MemoryBound bound(memory_for(size));
  read_trace(input);
  read_opening(input);
  read_key_file(input);
  read_rows(input);
  return 0;
}
