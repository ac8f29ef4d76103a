// Final scores: states, and whole files as a stranger checks them. The input is a statement on one
// line and what proves its snapshot after it; the harness signs the statement, or nothing behind
// the signature would ever be read.
#include <algorithm>

#include "core/wire/dsse.h"
#include "reputation/policy/score_state.h"
#include "tests/fuzz/fuzz.h"
#include "verifier/monitor/score_check.h"

namespace assay::fuzz {
namespace {

using namespace wire;

const SigningKey& key() {
  static const SigningKey fixed = SigningKey::from_seed(std::array<std::uint8_t, 32>{1}).value();
  return fixed;
}

// Trusts the log of the examples, by a key of ours.
const Trust& trust() {
  static const Trust fixed = [] {
    Trust made;
    made.logs.push_back({{"assay.example/log", NoteKeyType::ed25519, key().public_key()}, ""});
    made.verifier = key().public_key();
    made.vrf = key().public_key();
    return made;
  }();
  return fixed;
}

void read_state(ByteView bytes) {
  const Result<ScoreState> state = parse_score_state(bytes);
  if (!accepted(state)) return;
  require(std::ranges::equal(score_state_bytes(state.value()), bytes), "a state has one spelling");
  Score score;
  reputation::set_numbers(score, state.value());
  constexpr std::uint32_t kMillion = 1'000'000;
  for (const std::uint32_t ppm :
       {score.trust_ppm, score.slash_ppm, score.integrity_ppm, score.uptime_ppm,
        score.performance_ppm, score.stake_ppm, score.uncertainty_ppm}) {
    require(ppm <= kMillion, "every number of a score is a share of one");
  }
  require(score.trust_ppm <= score.uptime_ppm, "no product is larger than a factor");
  require(!score.tombstoned || score.trust_ppm == 0, "a tombstone is for ever");
}

void read_file(std::string_view text) {
  const std::size_t end = text.find('\n');
  const std::string_view payload = text.substr(0, end);
  if (payload.size() > kPayloadBytesMax) return;
  const std::string file = seal(key(), payload) + "\n" +
                           std::string(end == std::string_view::npos ? "" : text.substr(end + 1));
  const verifier::ScoreReport report = verifier::check_score(file, trust());
  require(report.ok() == !report.failure.has_value(), "what fails says why", text);
  require(!report.in_log, "nobody can sign a head for a key that is not theirs", text);
  if (report.state) {
    read_state(score_state_bytes(*report.state));
    require(report.state->provider == report.score->provider || !report.ok(),
            "a state of somebody else proves nothing", text);
  }
  if (!report.ok()) {
    check_refusal(*report.failure, {Code::malformed, Code::signature, Code::proof, Code::unbound,
                                    Code::no_evidence, Code::mismatch});
    return;
  }
  require(report.score->final, "what holds is final", text);
  require(reputation::wrong_number(*report.score, *report.state) == nullptr,
          "what holds follows from its state", text);
}

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  const MemoryBound bound(2 * memory_for(size));  // the statement, and the envelope around it
  read_state({data, size});
  read_file(assay::as_text({data, size}));
  return 0;
}
